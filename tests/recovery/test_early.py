"""Today's inpatients first: while the rest of the history comes, charts that say what they lack, and never more.

Method: a hospital with some patients of long ago and some in beds; a restore that takes four entries for the newest is
looked at from where its user would look, at each of its stages, and compared with the charts of the lost node.
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contrefeu.base import FindingError, parse_rfc3339
from contrefeu.chart import Charts, open_charts
from contrefeu.custody import DataKeys, HomePaths, ReadingKeys
from contrefeu.hospital import parse_settings
from contrefeu.recovery import early, half, rebuild, restore
from tests.recovery.hospital import Hospital, admission, charts_of, discharge, result

NEWEST = 4
MOVES = 12  # admissions, transfers and discharges before them


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    """Patients 0 to 5 came a while ago; 3, 4 and 5 are in beds; only 4 and 5 were heard of lately."""
    hospital = Hospital(tmp_path)
    hospital.live()
    for number in range(3):
        hospital.hear(discharge(number))
    hospital.clock.advance(hours=30)
    hospital.hear(admission(4, 2), result(4, "5.5"), result(5, "3.1"), admission(5, 3))
    hospital.copy()
    yield hospital
    hospital.close()


@pytest.fixture(autouse=True)
def four_are_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "RECENT_ENTRIES", NEWEST)


@contextmanager
def charts_at(root: Path, store: Path | None = None) -> Iterator[Charts]:
    """What a command sees in the home, read with that home's own keys."""
    home = HomePaths(root)
    settings = parse_settings(home.settings.read_text())
    keys = DataKeys(ReadingKeys(home.keys), grants=home.grants)
    path = store or home.charts_now
    with open_charts(path, home.store_key.read_bytes(), home.journals, keys, settings) as charts:
        yield charts


@dataclass
class Looking:
    """Looks at the home as soon as it opens."""

    root: Path
    seen: dict[str, Any] = field(default_factory=dict)

    def phase(self, name: str, total: int) -> None:
        """Pass."""

    def told(self, count: int) -> None:
        """Pass."""

    def opened(self) -> None:
        """Somebody opens the ward's board, and a chart."""
        self.seen["store"] = HomePaths(self.root).charts_now.name
        with charts_at(self.root) as charts:
            board = charts.board()
            self.seen["patients"] = sorted(row.identifiers[0][-1] for row in board.rows)
            self.seen["restoring"] = charts.status().restoring
            self.seen["text"] = charts.text(board.rows[0].id, language="en")
            self.seen["bundle"] = json.loads(charts.bundle(board.rows[0].id) or b"")
            with pytest.raises(FindingError, match="history is still being restored"):
                charts.export(self.root / "export")


@pytest.mark.req("R1", "G3")
def test_the_newest_entries_are_read_first_and_say_what_they_lack(hospital: Hospital, tmp_path: Path) -> None:
    """On the board: who is in a bed. On each chart, in large type, and in each bundle: not all of it."""
    looking = Looking(tmp_path / "again")
    done = restore([hospital.vault.url], hospital.shares[:3], looking.root, clock=hospital.clock, watcher=looking)

    lacks = looking.seen["restoring"]
    assert (lacks.read, lacks.of, lacks.present) == (NEWEST + MOVES, 25, False)
    assert looking.seen["store"] == "recent.db"
    assert looking.seen["patients"] == ["3", "4", "5"]
    assert looking.seen["text"].startswith("HISTORY BEING RESTORED: THIS CHART IS NOT COMPLETE (16 of 25 entries).\n")
    assert [tag["code"] for tag in looking.seen["bundle"]["meta"]["tag"]] == ["SUBSETTED"]
    assert 0 < hospital.clock.now_ns() - parse_rfc3339(lacks.since) < 5e9  # the first of the newest: four seconds ago
    assert 0 < done.first_board_seconds < done.seconds
    assert (done.charts_sha256, done.patients) == charts_of(hospital.home)


def test_who_came_before_those_days_is_not_seen_yet(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moves are looked for in so many days before the last entry, and not before."""
    monkeypatch.setattr(early, "MOVES_S", 3600.0)
    looking = Looking(tmp_path / "again")
    restore([hospital.vault.url], hospital.shares[:3], looking.root, clock=hospital.clock, watcher=looking)
    assert looking.seen["patients"] == ["4", "5"]
    assert looking.seen["restoring"].read == NEWEST


def test_when_it_is_over_nothing_of_the_first_charts_is_left(hospital: Hospital, tmp_path: Path) -> None:
    """The whole store answers, without a word about restoring; the same charts as the lost node's."""
    to = tmp_path / "again"
    restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock)
    assert sorted(p.name for p in (to / "charts").iterdir() if p.suffix == ".db") == ["charts.db"]
    assert not (to / half.STAGED).exists()
    assert not (to / half.UNFINISHED).exists()
    assert charts_of(HomePaths(to)) == charts_of(hospital.home)
    with charts_at(to) as charts:
        assert charts.status().restoring is None


@pytest.mark.req("R1", "G3")
def test_who_lies_in_a_bed_is_whole_before_the_rest(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that names a present patient, of years ago too: the chart the lost node had, while others are folded."""
    to, seen = tmp_path / "again", {}

    @contextmanager
    def slowly(*arguments: Any, **named: Any) -> Iterator[Charts]:
        present = HomePaths(to).early_charts[1]
        until = time.monotonic() + 60
        while not present.exists() and time.monotonic() < until:
            time.sleep(0.05)
        with charts_at(to) as charts:
            seen["restoring"] = charts.status().restoring
            for row in charts.board().rows:
                seen[row.id] = json.loads(charts.bundle(row.id) or b"")["entry"]
        with open_charts(*arguments, **named) as charts:
            yield charts

    monkeypatch.setattr(rebuild, "open_charts", slowly)
    restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock)

    lacks = seen.pop("restoring")
    assert (lacks.present, lacks.of) == (True, 25)
    assert lacks.read == NEWEST + MOVES + 4  # and the results of patients 3, 4 and 5
    own = DataKeys(ReadingKeys(hospital.home.keys))
    home, settings = hospital.home, parse_settings(hospital.home.settings.read_text())
    with open_charts(home.charts_db, home.store_key.read_bytes(), home.journals, own, settings) as charts:
        wanted = {n: json.loads(charts.bundle(n) or b"")["entry"] for n in seen}
    assert len(seen) == 3
    assert seen == wanted


def test_what_is_done_meanwhile_is_kept_and_seen(hospital: Hospital, tmp_path: Path) -> None:
    """The home is one from its first board on: what its own writers append is in those charts and the whole ones."""
    to = tmp_path / "again"

    class Working(Looking):
        def opened(self) -> None:
            home = HomePaths(self.root)
            node = parse_settings(home.settings.read_text()).node.id
            writer = hospital.writer_of(home, node, "capture")
            hospital.say(writer, admission(5, 7))
            writer.close()
            with charts_at(self.root) as charts:
                self.seen["beds"] = sorted(row.bed for row in charts.board().rows)

    working = Working(to)
    restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock, watcher=working)
    assert working.seen["beds"] == ["1", "2", "7"]
    with charts_at(to) as charts:
        assert sorted(row.bed for row in charts.board().rows) == ["1", "2", "7"]


def test_an_end_that_is_missing_opens_no_home(hospital: Hospital, tmp_path: Path) -> None:
    """The newest entries were signed for and are gone: no board may look like today's."""
    folder = hospital.vault.folder("journals/drill_nlost-capture/segments")
    sorted(folder.iterdir())[-1].unlink()
    looking = Looking(tmp_path / "again")
    with pytest.raises(Exception, match="Entries are missing"):
        restore([hospital.vault.url], hospital.shares[:3], looking.root, clock=hospital.clock, watcher=looking)
    assert looking.seen == {}
    assert not (looking.root / "contrefeu.toml").exists()


def test_a_hole_in_the_past_leaves_the_first_charts_and_is_told(hospital: Hospital, tmp_path: Path) -> None:
    """What is readable stays readable, saying what it lacks; with another vault the same command goes on."""
    whole = tmp_path / "whole"
    shutil.copytree(hospital.vault.folder(""), whole)
    folder = hospital.vault.folder("journals/drill_nlost-capture/segments")
    sorted(folder.iterdir())[0].unlink()
    to = tmp_path / "again"
    with pytest.raises(Exception, match="Entries are missing"):
        restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock)
    with charts_at(to) as charts:
        assert charts.status().restoring is not None
        assert len(charts.board().rows) >= 2
    urls = [hospital.vault.url, f"file://{whole}"]
    done = restore(urls, hospital.shares[:3], to, clock=hospital.clock)
    assert done.charts_sha256 == charts_of(hospital.home)[0]
