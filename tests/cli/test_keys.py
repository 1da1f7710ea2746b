"""`contrefeu keys`: what custodians and the recovery team do, from the command line, on a real home.

Method: commands in this process; time passes by writing the journals under another clock.
"""

import json
import shutil
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from contrefeu.base import ManualClock
from contrefeu.cli.horizon import KeyKeeper
from contrefeu.cli.node import Node
from contrefeu.custody import OpenedRecovery, combine_shares
from contrefeu.journal import MEDIA_HL7V2, Draft
from tests.cli.conftest import Commands
from tests.drills.node import RunningNode

DAY_S = 86_400
MIDNIGHT_S = 90  # before the end of a day (UTC)


def shares(folder: Path, *numbers: int) -> list[Path]:
    """Files of these shares."""
    return [next(folder.glob(f"share-{number}-of-*.txt")) for number in numbers]


@pytest.mark.req("F40")
def test_a_custodian_confirms_alone(cli: Commands, tmp_path: Path) -> None:
    """By number, in the journal; a stranger's share is not noted; no word of it is shown or kept."""
    [path] = shares(tmp_path / "home-shares", 4)
    told = cli.told("keys", "confirm", "--share", path)
    assert (told["share"], told["of"]) == (4, 5)
    assert sorted(cli.told("keys", "status")["custodians"]["confirmed"]) == ["1", "2", "3", "4", "5"]
    other = tmp_path / "other"
    assert cli.at(other / "home")("init", "--shares-out", other / "shares").status == 0
    [strange] = shares(other / "shares", 1)
    ran = cli("keys", "confirm", "--share", strange)
    assert ran.status == 10
    for words in (one.read_text().split("\n")[-2].split() for one in (path, strange)):
        assert len(words) > 20
        assert not [pair for pair in pairwise(words) if " ".join(pair) in ran.err], "one word may be in any sentence"


@pytest.mark.req("C4", "F40")
def test_a_rehearsal_is_timed_and_an_entry_and_reads_no_body(cli: Commands, tmp_path: Path) -> None:
    """Every header opens; too few shares and another hospital's are key trouble, and change nothing."""
    folder = tmp_path / "home-shares"
    told = cli.told("keys", "rehearse", "--shares", *shares(folder, 1, 3, 5))
    assert (told["closed"], told["shares"]) == ([], [1, 3, 5])
    assert told["opened"] >= 1
    assert told["seconds"] >= 0
    status = cli.told("keys", "status")
    assert status["custodians"]["rehearsed_segments"] == told["opened"]
    assert status["alarms"] == []
    printed = [one.with_suffix(".html") for one in shares(folder, 1, 3, 5)]
    assert cli.told("keys", "rehearse", "--shares", *printed)["shares"] == [1, 3, 5], "the page to print serves as well"
    assert cli("keys", "rehearse", "--shares", *shares(folder, 1, 2)).status == 14
    other = tmp_path / "other"
    cli.at(other / "home")("init", "--shares-out", other / "shares")
    ran = cli("keys", "rehearse", "--shares", *shares(other / "shares", 1, 2, 3))
    assert ran.status == 14
    assert "in force" in ran.err


@pytest.mark.req("C4")
def test_custodians_are_replaced_and_a_vault_alone_is_enough_for_the_new_ones(cli: Commands, tmp_path: Path) -> None:
    """Old and new segments come back with the new shares; with the old ones alone they do not."""
    url = f"file://{tmp_path}/vault"
    cli("vault", "add", url)
    cli("downtime", "declare", "--reason", "before")
    cli("vault", "copy")
    old, new = shares(tmp_path / "home-shares", 2, 4, 5), tmp_path / "new"
    told = cli.told("keys", "rotate", "--shares", *old, "--shares-out", new, "--custodians", 4, "--threshold", 2)
    assert (told["number"], len(told["shares"]), told["granted"] > 0) == (2, 4, True)
    cli("downtime", "lift", "--reason", "after")
    assert cli("vault", "copy").status == 0, "a vault that was told of a rotation raises no alarm"
    assert [r["in_force"] for r in cli.told("keys", "status")["recipients"]] == [False, True]
    assert cli.told("keys", "rehearse", "--shares", *shares(new, 1, 4))["closed"] == []
    shutil.rmtree(tmp_path / "home")
    ran = cli("restore", "--from", url, "--shares", *old, "--to", tmp_path / "no")
    assert ran.status == 14
    back = cli.at(tmp_path / "back")
    done = cli.told("restore", "--from", url, "--shares", *shares(new, 2, 3), "--to", back.home)
    assert done["entries"] > 4
    assert back.told("downtime", "status")["state"] == "normal"
    assert back.told("keys", "status")["horizon"]["held"] == "restored from a vault"
    # And once more, from a vault that the restored node filled.
    second = f"file://{tmp_path}/second"
    back("vault", "add", second)
    assert back("vault", "copy").status == 0
    shutil.rmtree(back.home)
    again = cli.told("restore", "--from", second, "--shares", *shares(new, 1, 2), "--to", tmp_path / "again")
    assert again["entries"] > done["entries"]
    assert cli.at(tmp_path / "again").told("keys", "rehearse", "--shares", *shares(new, 1, 2))["closed"] == []


def test_a_rotation_is_finished_by_the_old_shares(cli: Commands, tmp_path: Path) -> None:
    """Run again it makes no third key; the shares it wrote first stay the ones in force."""
    old, new = shares(tmp_path / "home-shares", 1, 2, 3), tmp_path / "new"
    first = cli.told("keys", "rotate", "--shares", *old, "--shares-out", new)
    again = cli.told("keys", "rotate", "--shares", *old, "--shares-out", new)
    assert (again["shares"], again["number"], again["recipients"]) == ([], 2, first["recipients"])
    assert cli("keys", "rotate", "--shares", *old, "--shares-out", tmp_path / "home" / "in").status == 0
    ran = cli("keys", "rotate", "--shares", *shares(new, 1, 2, 3), "--shares-out", tmp_path / "home" / "in")
    assert ran.status == 1
    assert "inside the home" in ran.err


@pytest.mark.req("C4")
def test_nothing_of_either_key_stays_in_the_home(cli: Commands, tmp_path: Path) -> None:
    """No seed, no authority, no three words of a share, after a rotation."""
    old, new = shares(tmp_path / "home-shares", 1, 2, 3), tmp_path / "new"
    cli("keys", "rotate", "--shares", *old, "--shares-out", new)
    hidden = []
    for paths in (old, shares(new, 1, 2, 3)):
        words = [path.read_text().split("\n")[-2] for path in paths]
        seed = combine_shares(words)
        assert OpenedRecovery.from_shares(words).pair.fingerprint
        hidden += [seed, seed.hex().encode()]
        for share in words:
            parts = share.split()
            hidden += [" ".join(parts[at : at + 3]).encode() for at in range(2, len(parts) - 2)]
    for path in sorted((tmp_path / "home").rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            assert not [h for h in hidden if h in content], path


@pytest.mark.req("F38")
def test_the_horizon_is_held_and_released(cli: Commands) -> None:
    """By a command, with a reason that stands in the journal; and by downtime."""
    assert cli.told("keys", "hold", "--reason", "recovery")["horizon"]["held"] == "recovery"
    assert cli.told("status")["keys"]["horizon"]["held"] == "recovery"
    assert cli.told("keys", "release")["horizon"]["held"] == ""
    cli("downtime", "declare")
    assert cli.told("keys", "status")["horizon"]["held"] == "downtime"


def live(home: Path, days: int) -> None:
    """*days* days of one message each, the last of them yesterday, written as the node would have written them."""
    node = Node.at(home)
    clock = ManualClock(node.clock.now_ns() - days * DAY_S * 10**9)
    node.clock = clock
    for _ in range(days):
        node.reading_keys().make_ahead(clock.now_ns())
        writer = node.writer(node.capture_journal)
        message = b"MSH|^~\\&|ADM|CHU|||20260101||ADT^A01|%d|P|2.5\rPID|1||7^^^CHU^PI||A^B\r" % clock.now_ns()
        writer.append([Draft("ADM@CHU", MEDIA_HL7V2, message, clock.now_ns())])
        writer.close()
        clock.advance(seconds=DAY_S)


@pytest.mark.req("C4", "F38")
def test_a_running_node_destroys_what_its_horizon_passed(cli: Commands, tmp_path: Path) -> None:
    """Only once the charts have read it; then commands say what lies beyond, and the custodians still read it."""
    if (left_s := DAY_S - time.time() % DAY_S) < MIDNIGHT_S:
        time.sleep(left_s)  # days are counted: this must not live through the end of one
    live(cli.home, 12)
    settings = cli.home / "contrefeu.toml"
    settings.write_text(settings.read_text() + "[keys]\nhorizon_days = 7\n")
    node = Node.at(cli.home)
    keeper = KeyKeeper(node, node.reading_keys())
    keeper.look()
    assert keeper.look() == [], "the node does not run: the entry that says so cannot be left"
    with RunningNode(cli.home):
        cli.told("status")
        gone = keeper.look()
        assert len(gone) == 6, "eleven days follow the first; today makes twelve"
        assert keeper.look() == []
        assert not [day for day in gone if (cli.home / "keys" / "reading" / f"{day}.seed").exists()]
        horizon = cli.told("keys", "status")["horizon"]
        assert horizon["oldest_key"] > max(gone)
        said = cli.told("journal", "show", "--journal", node.station_journal)["entries"]
        assert said[-1]["source"] == "console"
    capture = node.capture_journal
    listed = cli.told("journal", "show", "--journal", capture, status=14)
    assert [one["first_entry"] for one in listed["beyond_horizon"]] == [1, 2, 3, 4, 5, 6]
    assert [entry["seq"] for entry in listed["entries"]] == list(range(7, 13))
    ran = cli("journal", "show", "--entry", f"{capture}/1", "--raw")
    assert (ran.status, ran.out) == (14, b"")
    assert "beyond-horizon" in ran.err
    assert cli("journal", "prove", "--entry", f"{capture}/1").status == 14
    some = shares(tmp_path / "home-shares", 1, 2, 3)
    ran = cli("journal", "show", "--entry", f"{capture}/1", "--raw", "--shares", *some)
    assert (ran.status, ran.out[:4]) == (0, b"MSH|")
    assert cli.told("journal", "show", "--journal", capture, "--shares", *some)["beyond_horizon"] == []
    assert cli.told("journal", "prove", "--entry", f"{capture}/1", "--shares", *some)["entry_index"] == 0
    assert cli.told("find", "B")["patients"], "charts keep what they were made from"


def test_what_the_commands_print_is_what_they_json(cli: Commands) -> None:
    """People get the same in words."""
    ran = cli("keys", "status")
    assert ran.status == 0
    told: dict[str, Any] = json.loads(cli("keys", "status", "--json").out)
    assert told["recipients"][0]["fingerprint"][:16] in ran.out.decode()
    assert "400 days" in ran.out.decode()
