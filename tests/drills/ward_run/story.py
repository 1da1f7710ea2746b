"""The four weeks: one process writes, folds and shows, and is never started again.

Rules kept here:
  * The disk is foreseen before the first act (cli/growth.py) and weighed after the last.
  * Every patient's chart is compared with what was written of them: as many entries, as many objects of each type.
  * The process's memory is taken each week: what grows with what was written would be a restart some day.
"""

import io
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from contrefeu.base import ManualClock, parse_rfc3339
from contrefeu.chart import Charts, rules_of
from contrefeu.chart.follow import Follower, lock_of
from contrefeu.chart.refold import open_store
from contrefeu.chart.sheet import Sheet
from contrefeu.chart.stores import place_of
from contrefeu.cli.growth import downtime_bytes
from contrefeu.cli.main import run
from contrefeu.cli.node import Node
from tests.drills.recover.ward import WARDS
from tests.drills.ward_run.ward import ROUNDS, FullHouse

START_NS = parse_rfc3339("2026-03-02T07:00:00+01:00")  # a Monday morning; fixed, so that a seed is a hospital
DAY_NS = 86_400 * 10**9
HEADROOM = 0.25  # of what was foreseen: a bound that is four times too large is none


@dataclass
class Report:
    """What four weeks did; `wrong` says what is not as it must be."""

    inpatients: int
    days: float
    patients: int
    acts: dict[str, int]
    entries: int
    acts_a_day: float  # of one inpatient
    foreseen_bytes: int
    home_bytes: int
    journal_bytes: int
    charts_bytes: int
    memory_mb: list[float]  # at the end of each quarter
    cpu_s: float
    seconds: float
    wrong: list[str]


class Run:
    """One house."""

    def __init__(self, folder: Path, inpatients: int, days: float, seed: int) -> None:
        self._home, self._inpatients, self._days = folder / "home", inpatients, days
        self._command("init", "--drill", "--facility", "Exercise", "--shares-out", str(folder / "shares"))
        self._clock = ManualClock(START_NS)
        self._node = Node.at(self._home)
        self._node.clock = self._clock
        self._chance = Random(seed)
        self._memory: list[float] = []

    def live(self) -> Report:
        """Live through it."""
        node, began, cpu = self._node, time.monotonic(), time.process_time()
        foreseen = downtime_bytes(self._inpatients, self._days)
        before = _bytes(self._home)
        node.reading_keys().make_ahead(START_NS)
        with ExitStack() as open_:
            journal = open_.enter_context(closing(node.writer(node.station_journal)))
            open_.enter_context(lock_of(node.paths.charts_now))
            store = open_.enter_context(
                closing(
                    open_store(
                        place_of(node.paths.charts_now, node.paths.store_key.read_bytes()), rules_of(node.settings)
                    )
                )
            )
            follower = open_.enter_context(
                closing(Follower(store, node.paths.journals, node.data_keys(), node.settings, node.counts))
            )
            charts = open_.enter_context(closing(Charts(store.reader(), node.settings, self._clock)))
            ward = FullHouse(node, self._clock, self._chance, journal)
            self._weeks(ward, follower, charts)
            wrong = [*self._lost(ward, charts), *(f"not read: {one}" for one in follower.troubles)]
        verified = self._command("journal", "verify")
        if not verified["intact"]:
            wrong.append("the journal is not whole")
        home = _bytes(self._home) - before
        if not HEADROOM * foreseen <= home <= foreseen:
            wrong.append(f"the home grew by {home} bytes; foreseen were {foreseen}")
        written = sum(ward.facts.acts.values())
        return Report(
            inpatients=self._inpatients, days=self._days, patients=len(ward.facts.newcomers),
            acts=dict(ward.facts.acts), entries=sum(ward.entries.values()),
            acts_a_day=round(written / self._inpatients / self._days, 1),
            foreseen_bytes=foreseen, home_bytes=home, journal_bytes=_bytes(node.paths.journals),
            charts_bytes=_bytes(node.paths.charts_now.parent), memory_mb=self._memory,
            cpu_s=round(time.process_time() - cpu, 1), seconds=round(time.monotonic() - began, 1), wrong=wrong,
        )  # fmt: skip

    def _weeks(self, ward: FullHouse, follower: Follower, charts: Charts) -> None:
        rounds = max(4, round(self._days * ROUNDS))
        for n in range(rounds):
            self._clock.set(max(self._clock.now_ns(), START_NS + int(n * self._days * DAY_NS / rounds)))
            self._node.reading_keys().make_ahead(self._clock.now_ns())
            ward.fill(self._inpatients)
            _read(follower)
            ward.cares(self._sheets(ward, charts))
            _read(follower)
            shown = sum(len(charts.board(one, "T").rows) for one in WARDS)
            assert shown == len(ward.present), "boards show who lies there"
            if (n + 1) % (rounds // 4) == 0:
                self._memory.append(_memory_mb())

    def _sheets(self, ward: FullHouse, charts: Charts) -> Iterator[tuple[str, Sheet]]:
        for patient in ward.present:
            chart = charts.chart(patient)
            assert chart is not None, patient
            yield patient, Sheet(chart, self._clock.now_ns())

    def _lost(self, ward: FullHouse, charts: Charts) -> Iterator[str]:
        for patient, entries in ward.entries.items():
            chart = charts.chart(patient)
            if chart is None:
                yield f"no chart: {patient}"
                continue
            if chart.entries != entries:
                yield f"entries of {patient}: {chart.entries} of {entries}"
            found = Counter(kept.kind for kept in chart.kept.values())
            if wanted := {k: n for k, n in ward.objects[patient].items() if found[k] != n}:
                yield f"objects of {patient}: {dict(found)}, wanted {wanted}"

    def _command(self, *arguments: str) -> dict[str, Any]:
        out = io.TextIOWrapper(io.BytesIO())
        with redirect_stdout(out):
            ended = run(["--home", str(self._home), *arguments, "--json"])
        out.flush()
        assert ended == 0, (arguments, ended)
        found: dict[str, Any] = json.loads(out.buffer.getvalue())
        return found


def _read(follower: Follower) -> None:
    while follower.step():
        pass


def _bytes(path: Path) -> int:
    return sum(one.stat().st_blocks * 512 for one in path.rglob("*") if one.is_file())


def _memory_mb() -> float:
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)
