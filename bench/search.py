"""One patient among BENCH_PATIENTS: found by what people type, and their chart opened, in SQLite and in PostgreSQL.

    search: KIND, ENGINE, p50 | p99   milliseconds of one question, against the 200 that a ward may wait (W6)
    search: KIND, ENGINE, processor   the same, what this process worked for one, the database's own process left out
    search: KIND, ENGINE, found       share of the people asked for who are among the first 20 answers, against all
    search: a chart, ENGINE, p50 | p99 | processor          milliseconds to read one whole chart, by its id, against 10

Each kind is asked QUESTIONS times, of people drawn from all (those in bed, where a bed is asked for), through what
answers the ward app; nothing is remembered between questions but what the database keeps. Times are processor and
waiting together: on a machine that does other work they say little. "found" counts who has more namesakes than a page
has lines as not found. The store is made before, out of the time (bench/invented/million.py); BENCH_DIR says where.
"""

import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.invented.million import BEDS, WHOLE, Person, fill, people
from bench.peers.rows import at, row
from contrefeu.base import SystemClock
from contrefeu.chart.answers import Charts
from contrefeu.chart.fold import chart_id
from contrefeu.chart.spelling import fold, name_words
from contrefeu.chart.stores import ChartStore, Place, place_of
from contrefeu.hospital import parse_settings

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "1000000"))
QUESTIONS = 200
SEARCH_MS, CHART_MS = 200.0, 10.0
STORE_KEY = bytes(range(32))  # of a store that is gone in a minute
SETTINGS = parse_settings('[node]\nid = "bench"\n')
SCRIPT = Path(__file__).parents[1] / "scripts" / "postgres.sh"


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's own user must get at its folder
        for engine, opened in (("SQLite", _sqlite), ("PostgreSQL", _postgres)):
            with opened(Path(folder)) as place:
                rows += _missing(engine) if place is None else _measured(engine, place)
    return rows


def _measured(engine: str, place: Place) -> list[dict[str, Any]]:
    fill(place, PATIENTS)
    charts = Charts(ChartStore(place).reader(), SETTINGS, SystemClock())
    everybody, in_bed, whole = _drawn()
    rows = []
    for kind, asked in KINDS.items():
        taken, found, worked = [], 0, time.process_time()
        for person in in_bed if kind == "a bed" else everybody:
            chance = random.Random(person.n)
            question = asked(person, chance)
            began = time.perf_counter()
            hits = charts.find(question)
            taken.append(1000 * (time.perf_counter() - began))
            found += any(hit.id == chart_id(person.key, "P") for hit in hits)
        worked = 1000 * (time.process_time() - worked) / len(taken)
        rows += _timed(f"search: {kind}, {engine}", taken, worked, SEARCH_MS)
        rows.append(row(f"search: {kind}, {engine}, found", found / len(taken), 1.0, "of 1"))
    taken, worked = [], time.process_time()
    for person in whole:
        began = time.perf_counter()
        chart = charts.chart(chart_id(person.key, "P"))
        taken.append(1000 * (time.perf_counter() - began))
        assert chart is not None and chart.kept, "a whole chart has results"
    worked = 1000 * (time.process_time() - worked) / len(taken)
    return rows + _timed(f"search: a chart, {engine}", taken, worked, CHART_MS)


def _timed(name: str, taken: list[float], worked_ms: float, limit_ms: float) -> list[dict[str, Any]]:
    waited = [row(f"{name}, p{p}", at(taken, p), limit_ms, "ms", target="<= 1") for p in (50, 99)]
    return [*waited, row(f"{name}, processor", worked_ms, limit_ms, "ms")]


def _missing(engine: str) -> list[dict[str, Any]]:
    return [row(f"search: {engine}", 0.0, None, "ms")]


def _drawn() -> tuple[list[Person], list[Person], list[Person]]:
    """People to ask for: of all, of those in bed, of those with a whole chart."""
    chance = random.Random(7)
    beds = min(PATIENTS, BEDS)
    numbers = set(chance.sample(range(1, PATIENTS + 1), min(QUESTIONS, PATIENTS)))
    lying = set(chance.sample(range(1, beds + 1), min(QUESTIONS, beds)))
    wholes = range(WHOLE, PATIENTS + 1, WHOLE)
    full = set(chance.sample(wholes, min(QUESTIONS, len(wholes))))
    wanted = {one.n: one for one in people(PATIENTS) if one.n in numbers | lying | full}
    return tuple([wanted[n] for n in sorted(some)] for some in (numbers, lying, full))  # type: ignore[return-value]


def _slip(word: str, chance: random.Random) -> str:
    """*word* with one letter left out, doubled, changed or swapped, not the first."""
    if len(word) < 4:
        return word
    n = chance.randrange(1, len(word) - 1)
    return chance.choice(
        (
            word[:n] + word[n + 1 :],
            word[:n] + word[n] + word[n:],
            word[:n] + "k" + word[n + 1 :],
            word[:n] + word[n + 1] + word[n] + word[n + 2 :],
        )
    )


def _date(person: Person) -> str:
    born = person.birth_date
    return f"{born[6:]}/{born[4:6]}/{born[:4]}"


def _misspelt(person: Person, chance: random.Random) -> str:
    """The longest word of the surname, with a slip, and the given name."""
    longest = max(fold(person.family).replace("'", " ").split(), key=len)
    return f"{_slip(longest, chance)} {person.given}"


KINDS: dict[str, Callable[[Person, random.Random], str]] = {
    "a full name": lambda one, _: f"{one.family} {one.given}",
    "first name first": lambda one, _: f"{one.given} {one.family}",
    "no accents, no particle": lambda one, _: fold(f"{one.given} {one.family.replace(chr(39), ' ').split()[-1]}"),
    "a surname written as one": lambda one, _: f"{name_words(one.family)[-1]} {one.given}",
    "a surname alone": lambda one, _: one.family,
    "a first name alone": lambda one, _: one.given,
    "a name begun": lambda one, _: f"{one.given} {fold(one.family)[:4]}",
    "two letters": lambda one, _: fold(one.family)[:2],
    "a misspelt name": _misspelt,
    "a misspelt name and a birth date": lambda one, chance: f"{_misspelt(one, chance)} {_date(one)}",
    "a birth date": lambda one, _: _date(one),
    "a first name and a year": lambda one, _: f"{one.given} {one.birth_date[:4]}",
    "a number": lambda one, _: one.number,
    "a bed": lambda one, _: f"{one.ward} {one.room}{one.bed}",
    "nobody": lambda one, _: f"{one.family[::-1]}qx {one.given}",
}


@contextmanager
def _sqlite(folder: Path) -> Iterator[Place | None]:
    yield place_of(folder / "charts.db", STORE_KEY)
    for file in folder.glob("charts.db*"):
        file.unlink()


@contextmanager
def _postgres(folder: Path) -> Iterator[Place | None]:
    where = folder / "postgres"
    try:
        subprocess.run([SCRIPT, "start", where], check=True, capture_output=True)
    except subprocess.CalledProcessError:
        yield None
        return
    try:
        yield place_of(None, STORE_KEY, f"postgresql://postgres@/postgres?host={where}")
    finally:
        subprocess.run([SCRIPT, "stop", where], check=True, capture_output=True)
