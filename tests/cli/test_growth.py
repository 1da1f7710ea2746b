"""For how many days the disk of a home lasts, from what was closed in the last week.

Method: sizes and times of segments as files have them; then a home of the command with segments laid in it.
"""

import os
from pathlib import Path

import pytest

from contrefeu.cli import machine
from contrefeu.cli.growth import DAY_S, Growth, bytes_a_day
from contrefeu.cli.machine import DAYS_LEFT_ACT, DAYS_LEFT_LOOK
from contrefeu.cli.node import Node
from tests.cli.conftest import Commands

NOW_S = 1_790_000_000.0


def daily(days: int, size: int) -> list[tuple[float, int]]:
    """A segment an hour for *days* days, each of *size* bytes."""
    return [(NOW_S - hour * 3600, size) for hour in range(days * 24 + 1)]


@pytest.mark.req("D7")
def test_the_pace_is_that_of_the_last_week_with_the_charts_beside() -> None:
    """24 segments a day; what came before the week does not count; the store's share is that of all journals."""
    assert bytes_a_day(daily(28, 1000), 0, NOW_S) == 24_000
    assert bytes_a_day([*daily(28, 1000), (NOW_S - 20 * DAY_S, 10**9)], 0, NOW_S) == 24_000
    whole = sum(size for _, size in daily(28, 1000))
    assert bytes_a_day(daily(28, 1000), 9 * whole, NOW_S) == 240_000


@pytest.mark.req("D7")
def test_a_restore_and_an_import_are_no_pace() -> None:
    """Nothing, one segment, or less than three days say nothing; a day that took years in is one day among others."""
    assert bytes_a_day([], 0, NOW_S) is None
    assert bytes_a_day([(NOW_S, 10**9)], 0, NOW_S) is None
    assert bytes_a_day(daily(28, 1000)[: 3 * 24], 0, NOW_S) is None
    restored = [*daily(3, 1000), *((NOW_S - 3 * DAY_S - 60, 10**9) for _ in range(100))]
    assert bytes_a_day(restored, 0, NOW_S) == 24_000
    imported = [*daily(7, 1000), (NOW_S - 2 * DAY_S - 60, 10**11), (NOW_S - DAY_S - 60, 10**11)]
    assert bytes_a_day(imported, 0, NOW_S) == 24_000


@pytest.mark.req("D7")
def test_doctor_and_status_say_how_long_the_disk_lasts(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week of segments in a real home gives a pace; below three months one looks, below four weeks one acts."""
    assert cli.told("status")["disk"]["bytes_a_day"] is None
    node = Node.at(cli.home)
    files = next(one for one in node.journals() if one.verifier().name == node.capture_journal)
    now_s = node.clock.now_ns() / 1e9
    closed = [_segment(files.segment(n), now_s - (9 - n) * DAY_S) for n in range(1, 10)]
    told = cli.told("status")["disk"]
    assert told["bytes_a_day"] >= 7 * closed[0] / 8
    assert told["days_left"] == pytest.approx(told["free_bytes"] / told["bytes_a_day"], rel=0.1, abs=0.1)

    for days, severity in ((DAYS_LEFT_ACT - 1, "act"), (DAYS_LEFT_LOOK - 1, "look"), (DAYS_LEFT_LOOK + 1, None)):
        monkeypatch.setattr(machine, "growth", lambda _node, days=days: Growth(days * 2**30, 2**30, float(days)))
        found = {one.id: one for one in machine.disk(node)}
        assert (found["disk-days"].severity if severity else "disk-days" in found) == (severity or False)
    monkeypatch.setattr(machine, "growth", lambda _node: Growth(2**30, 2**30, 1.0))
    what = next(one.what for one in machine.disk(node) if one.id == "disk-days")
    assert "lasts 1 days at the pace of the last week: 1.00 GiB a day" in what


@pytest.mark.req("D7")
def test_doctor_says_when_four_weeks_of_downtime_do_not_fit(cli: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound of all beds of the settings, against what is free; nothing is said while it fits."""
    assert "disk-downtime" not in {one.id for one in machine.disk(Node.at(cli.home))}
    with Node.at(cli.home).paths.settings.open("a") as settings:
        settings.write('\n[[wards]]\nid = "MED"\nname = "Médecine"\nbeds = ["1", "2"]\n')
    monkeypatch.setattr(machine, "downtime_bytes", lambda beds, days: beds * days * 10**15)
    found = {one.id: one for one in machine.disk(Node.at(cli.home))}
    assert found["disk-downtime"].severity == "act"
    assert "28 days of downtime with 2 patients" in found["disk-downtime"].what


def _segment(path: Path, written_s: float) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(10_000))
    os.utime(path, (written_s, written_s))
    return 10_000
