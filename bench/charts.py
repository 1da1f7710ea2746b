"""Messages into charts, against splitting the same bytes into components eagerly: what understanding costs.

    read            messages read into FHIR a second (`mapping.read`), all of them new
    follow          messages a second from a sealed journal on disk into a sealed chart store, written down
    follow again    the same with a store that has them all: what a start costs when nothing is new

The messages are a hospital's: BEDS beds for HOURS hours and what went before, from the drill. Ours and the reference
take turns in one run, in seconds of processor, each time with nothing remembered. Medians of ROUNDS; higher is better.
"""

import functools
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contrefeu.base import SystemClock
from contrefeu.chart import open_charts
from contrefeu.chart.sweeps import few_sweeps
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.hl7 import peek
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft, Entry, JournalWriter
from contrefeu.mapping import FeedRules, read
from contrefeu.proof import Signer

ROUNDS = 3
BEDS = 12
HOURS = 24
ORIGIN = "drill/bench-capture"
STORE_KEY = bytes(range(32))  # of a store that is gone in a minute
SETTINGS = parse_settings('[node]\nid = "bench"\n')


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    hospital = Hospital.for_drill(seed=1, beds=BEDS, style="fr", now_ns=START_NS)
    bodies = [sent.message for sent in hospital.run(hours=HOURS)]
    seconds: dict[str, list[float]] = {"read": [], "follow": [], "again": [], "reference": []}
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        follow = _Follow(Path(folder), bodies)
        entries = [Entry(ORIGIN, n, START_NS, n, _source(body), MEDIA_HL7V2, body) for n, body in enumerate(bodies, 1)]
        rules = FeedRules()
        with few_sweeps():
            for _ in range(ROUNDS):
                _forget()
                seconds["read"].append(_seconds(lambda: [read(entry, rules) for entry in entries]))
                seconds["reference"].append(_seconds(lambda: [_components(body) for body in bodies]))
                _forget()
                follow.begin()
                seconds["follow"].append(_seconds(follow.step))
                seconds["again"].append(_seconds(follow.step))
    rates = {name: len(bodies) / statistics.median(taken) for name, taken in seconds.items()}
    names = {"read": "read", "follow": "follow", "again": "follow again"}
    return [_row(f"charts: {words}", rates[name], rates["reference"]) for name, words in names.items()]


class _Follow:
    """A journal on disk, and the store that follows it."""

    def __init__(self, folder: Path, bodies: list[bytes]) -> None:
        self._folder = folder
        self._pair, _ = KeyPair.draw("recovery")
        signer = Signer(ORIGIN, bytes(range(32)))
        writer = JournalWriter(folder / "journals", signer, lambda: [self._pair.recipient], SystemClock())
        for at in range(0, len(bodies), 256):
            writer.append([Draft(_source(body), MEDIA_HL7V2, body, START_NS) for body in bodies[at : at + 256]])
        writer.close()

    def begin(self) -> None:
        """Have no store."""
        for file in self._folder.glob("charts.db*"):
            file.unlink()

    def step(self) -> None:
        """Bring the store up to date."""
        keys = DataKeys(None, recovery=self._pair)
        with open_charts(self._folder / "charts.db", STORE_KEY, self._folder / "journals", keys, SETTINGS):
            pass


def _components(body: bytes) -> list[list[list[bytes]]]:
    return [[field.split(b"^") for field in segment.split(b"|")] for segment in body.split(b"\r")]


def _source(body: bytes) -> str:
    header = peek(body)
    return header.source if header is not None else ""


def _forget() -> None:
    """Empty what remembers: a message read twice is no measure of reading."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper):
            found.cache_clear()


def _seconds(body: Callable[[], Any]) -> float:
    started = time.process_time()
    body()
    return time.process_time() - started


def _row(name: str, ours: float, reference: float) -> dict[str, Any]:
    return {"name": name, "ours": ours, "reference": reference, "ratio": ours / reference, "unit": "messages/s"}
