"""What a running node does beside its parts, once a night, in processes of their own.

Method: the node's own clock, set by hand; the loop with a file in the place of the command's result.
"""

import datetime as dt
import json
import os
import subprocess
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contrefeu.base import ManualClock
from contrefeu.cli import beside, copying, incoming, selftest, separation, wardtest
from contrefeu.cli.beside import every_night, is_due, run_apart
from contrefeu.cli.node import Node
from tests.cli.conftest import Commands

pytestmark = pytest.mark.req("G1")
PARIS = "Europe/Paris"
WRITERS = {"ready": "contrefeu-web", "selftest": "contrefeu-reader", "copies": "contrefeu-copies"}


def at(hours: float) -> ManualClock:
    """A clock *hours* after midnight of a day in January, in Paris."""
    midnight = dt.datetime(2031, 1, 15, tzinfo=ZoneInfo(PARIS)).timestamp()
    return ManualClock(int((midnight + hours * 3600) * 1e9))


def written(result: Path, clock: ManualClock) -> Path:
    """*result*, as a command that ran at that time leaves it."""
    result.touch()
    os.utime(result, ns=(clock.now_ns(), clock.now_ns()))
    return result


def test_it_runs_once_a_night(tmp_path: Path) -> None:
    """At three in the hospital's zone, and not again before the next night."""
    clock, hours = at(0), []
    for quarter in range(4 * 24 * 3):
        if is_due(clock, PARIS, tmp_path / "result"):
            hours.append(quarter / 4)
            written(tmp_path / "result", clock)
        clock.advance(hours=0.25)
    assert hours == [3, 27, 51]


@pytest.mark.parametrize(("ran_h", "due"), [(-12, True), (2.98, True), (3, False), (3.2, False)])
def test_what_was_run_by_hand_takes_no_night_away(tmp_path: Path, ran_h: float, due: bool) -> None:
    """In the afternoon, or a minute before: the night's own comes all the same; within its hour it is the night's."""
    result = written(tmp_path / "result", at(ran_h))
    assert is_due(at(3.5), PARIS, result) == due
    assert not is_due(at(4.01), PARIS, result), "the night is over"


def test_the_night_runs_a_command_in_a_process_of_its_own(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once due it is run apart, and leaves what it found for everybody who reads; it ends when the node does."""
    node, stop = Node.at(cli.home), threading.Event()
    result = node.paths.run / wardtest.RESULT
    monkeypatch.setattr(beside, "LOOK_S", 0.01)
    monkeypatch.setattr(beside, "is_due", lambda _clock, _zone, file: file == result and not file.exists())
    words = (node, None, stop, wardtest.COMMAND, wardtest.RESULT)
    night = threading.Thread(target=every_night, args=words, daemon=True)
    night.start()
    for _ in range(600):
        if result.exists():
            break
        stop.wait(0.1)
    stop.set()
    night.join(60)
    assert not night.is_alive()
    assert json.loads(result.read_bytes()) == []
    assert result.stat().st_mode & 0o777 == 0o640


def test_what_root_ran_by_hand_can_be_said_anew(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """With users of their own, the file of run/ that a command wrote belongs to who writes it every night."""
    given: list[tuple[str, str, str]] = []
    monkeypatch.setattr(separation, "is_separate", lambda _node: True)
    monkeypatch.setattr(separation, "_uid", separation.USERS.get)
    monkeypatch.setattr(separation, "_gid", str)
    monkeypatch.setattr(os, "chown", lambda path, user, group, **_: given.append((path.name, user, group)))
    node = Node.at(cli.home)
    wardtest.try_wards(node, "fr")
    selftest.run_selftest(node)
    copying.copy_all(node)
    assert given == [(f"{name}.json", user, "contrefeu") for name, user in WRITERS.items()]


def test_errors_go_to_the_log_unless_they_may_name_somebody(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan's file is called after its patient: what is taken in apart says nothing to the service's log."""
    node, stop, errors = Node.at(cli.home), threading.Event(), list[object]()
    stop.set()
    real = subprocess.Popen

    def started(command: list[str], **streams: object) -> object:
        errors.append(streams.get("stderr"))
        return real(command, **streams)  # type: ignore[call-overload]

    monkeypatch.setattr(beside.subprocess, "Popen", started)
    for quiet in (False, True):
        run_apart(node, None, stop, ("scan", "--waiting"), quiet=quiet)
    assert errors == [None, subprocess.DEVNULL]


def test_pages_that_wait_are_taken_in_quietly(cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the loop of a running node does."""
    stop, asked = threading.Event(), list[dict[str, object]]()

    def apart(*_: object, **named: object) -> int:
        asked.append(named)
        stop.set()
        return 0

    monkeypatch.setattr(incoming, "LOOK_S", 0.01)
    monkeypatch.setattr(incoming, "run_apart", apart)
    node = Node.at(cli.home)
    (node.paths.run / "station").mkdir(exist_ok=True)
    (node.paths.run / "station" / incoming.FLAG).touch()
    incoming.every_look(node, None, stop)
    assert [one["quiet"] for one in asked] == [True]


def test_a_node_that_stops_waits_for_no_command(cli: Commands) -> None:
    """The command is ended with the wish to stop, and says so by its status."""
    stop = threading.Event()
    stop.set()
    assert run_apart(Node.at(cli.home), None, stop, wardtest.COMMAND) < 0
