"""Every night patients are restored from each copy and compared with the charts that wards see; red if any differs.

Method: a home with patients and a folder as its vault; the night's test, run by hand; then a copy that differs.
"""

import datetime as dt
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contrefeu.base import ManualClock
from contrefeu.chart import Charts
from contrefeu.cli import selftest as nightly
from contrefeu.cli.node import Node
from contrefeu.cli.selftest import is_due
from contrefeu.recovery import selftest
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

File = Callable[[str, bytes], Path]


@pytest.fixture
def copied(cli: Commands, filed: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Commands, Path]:
    """A home and its vault; what was received a moment ago counts at once."""
    monkeypatch.setattr(selftest, "SETTLED_S", 0)
    cli.told("vault", "add", f"file://{tmp_path / 'vault'}")
    cli.told("import", filed("1.hl7", admission() + potassium()))
    cli.told("vault", "copy")
    return cli, tmp_path / "vault"


@pytest.mark.req("G1")
def test_a_copy_that_gives_the_charts_back_is_green(copied: tuple[Commands, Path]) -> None:
    """Compared as of one instant; status knows it; nothing is left behind."""
    cli, _ = copied
    report = cli.told("vault", "selftest")
    [found] = report["vaults"]
    assert (report["same"], found["state"], found["patients"], found["differing"]) == (True, "same", 1, [])
    assert [one["state"] for one in cli.told("status")["selftest"]] == ["same"]
    assert [p.name for p in (cli.home / "run").iterdir() if p.name.startswith("selftest-")] == []


@pytest.mark.req("G1")
def test_a_copy_that_lacks_something_is_red(copied: tuple[Commands, Path], filed: File) -> None:
    """Not copied any more, or emptied: exit status 10, and status says so until the next night."""
    cli, vault = copied
    cli.told("import", filed("2.hl7", potassium()))
    report = cli.told("vault", "selftest", status=10)
    assert [one["state"] for one in report["vaults"]] == ["failed"]
    shutil.rmtree(vault / "journals")
    assert cli.told("vault", "selftest", status=10)["same"] is False
    assert [one["state"] for one in cli.told("status", status=10)["selftest"]] == ["failed"]


@pytest.mark.req("G1")
def test_a_chart_that_differs_is_named(copied: tuple[Commands, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The charts that wards see say something that the copy does not: its id stands in the report."""
    cli, _ = copied
    real = Charts.bundle
    calls = []

    def bundle(self: Charts, id: str, at_ns: int | None = None) -> bytes | None:
        calls.append(id)
        found = real(self, id, at_ns)
        return found.replace(b"mmol", b"mmoI") if found and len(calls) % 2 == 0 else found

    monkeypatch.setattr(Charts, "bundle", bundle)
    report = cli.told("vault", "selftest", status=10)
    assert [one["state"] for one in report["vaults"]] == ["different"]
    assert report["vaults"][0]["differing"] == calls[:1]


def test_a_night_has_one_test_in_a_process_of_its_own(
    copied: tuple[Commands, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the node's own clock and zone: due at three, run as the command, not again before the next night."""
    cli, _ = copied
    node = Node.at(cli.home)
    tonight = dt.datetime(2031, 1, 15, 2, 59, tzinfo=ZoneInfo(node.settings.node.zone)).timestamp()
    clock = ManualClock(int(tonight * 1e9))
    node.clock = clock
    monkeypatch.setattr(nightly, "LOOK_S", 0.01)
    ran: list[int] = []

    def run_apart(node: Node, identity: object, stop: threading.Event) -> None:
        ran.append(clock.now_ns())
        result = node.paths.run / "selftest.json"
        result.touch()
        os.utime(result, ns=(clock.now_ns(), clock.now_ns()))

    monkeypatch.setattr(nightly, "run_apart", run_apart)
    stop = threading.Event()
    night = threading.Thread(target=nightly.every_night, args=(node, None, stop))
    night.start()
    for hours in (0, 0.05, 0.5, 20, 3.5):  # 2:59, 3:02, 3:32, 23:32, 3:02 of the next night
        clock.advance(hours=hours)
        time.sleep(0.3)
    stop.set()
    night.join(10)
    assert not night.is_alive()
    assert [round((at / 1e9 - tonight) / 3600, 2) for at in ran] == [0.05, 24.05]


def test_it_runs_once_a_night(tmp_path: Path) -> None:
    """At three in the hospital's zone, and not again before the next night."""
    clock = ManualClock()
    hours = []
    for hour in range(48):
        if is_due(clock, "Europe/Paris", tmp_path / "result"):
            hours.append(hour)
            (tmp_path / "result").touch()
            os.utime(tmp_path / "result", ns=(clock.now_ns(), clock.now_ns()))
        clock.advance(hours=0.5)
        assert not hours or not is_due(clock, "Europe/Paris", tmp_path / "result") or hour - hours[-1] > 20
        clock.advance(hours=0.5)
    assert len(hours) == 2
    assert hours[1] - hours[0] == 24
