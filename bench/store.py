"""The chart store against plain `sqlite3` that keeps the same charts as JSON: what a message costs it, and a page.

    store: updated    charts written after a message touched TOUCHED of their objects; a transaction a hundred charts
    store: whole      charts written with all their objects, as a rebuild does
    store: size       bytes on disk of all charts, ours sealed and theirs in clear; lower is better
    store: read p99   milliseconds to read one whole chart into what pages are made of; lower is better

Both begin with the same charts in memory and end with them on disk, JSON included, and both read them back into the
same values; theirs is one row of JSON a chart, in a write-ahead log, not synced, as ours is. Seconds are the
processor's. The charts are a hospital's (BEDS beds for HOURS hours, from the drill). One half trains the dictionary,
the other half is measured. Ours and theirs take turns; medians of ROUNDS.
"""

import os
import random
import sqlite3
import statistics
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from bench.peers.rows import at, row
from contrefeu.chart.batches import Batches
from contrefeu.chart.fold import Chart
from contrefeu.chart.stores import ChartStore, place_of
from contrefeu.chart.stores.compress import train
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.fhir import encode
from contrefeu.hl7 import peek
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, Rules

BEDS, HOURS = 24, 24
ROUNDS = 3
CHARTS = 300  # written and read: the drill's, as often as it takes, each under a number of its own
BATCH = 100
TOUCHED = 3  # objects, of what one message says (FINDINGS 2e: 5.8 with the patient, the stay and their kin)
STORE_KEY = bytes(range(32))  # of a store that is gone in a minute
_decoder = msgspec.json.Decoder(Chart, float_hook=Decimal)


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    teach, charts = _charts()
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        for number in range(ROUNDS):
            for name, store in (
                ("ours", _Ours(Path(folder) / f"ours-{number}.db", teach)),
                ("theirs", _Theirs(Path(folder) / f"theirs-{number}.db")),
            ):
                for what, figure in _measured(store, charts).items():
                    taken.setdefault(f"{what} {name}", []).append(figure)
    found = {name: statistics.median(figures) for name, figures in taken.items()}
    return [
        row("store: updated", found["updated ours"], found["updated theirs"], "charts/s", target=">= 1.8"),
        row("store: whole", found["whole ours"], found["whole theirs"], "charts/s"),
        row("store: size", found["size ours"], found["size theirs"], "bytes", target="<= 0.125"),
        row("store: read p99", found["read ours"], found["read theirs"], "ms", target="<= 1"),
    ]


def _measured(store: "_Ours | _Theirs", charts: list[bytes]) -> dict[str, float]:
    values = [_decoder.decode(one) for one in charts]
    whole = _seconds(lambda: store.write(list(enumerate(values, 1))))
    opened = [(root, store.opened(root)) for root in range(1, len(values) + 1)]
    chance = random.Random(3)
    names = {root: chance.sample(list(one.kept), min(TOUCHED, len(one.kept))) for root, one in enumerate(values, 1)}

    def touch() -> None:
        for root, chart in opened:
            chart.entries += 1
            for name in names[root]:
                chart.kept.get(name)

    touch()
    updated = _seconds(lambda: store.write(opened))
    reads = []
    for root in chance.sample(range(1, len(values) + 1), len(values)):
        began = time.process_time()
        chart = store.read(root)
        reads.append(1000 * (time.process_time() - began))
        assert chart.entries == values[root - 1].entries + 1, "what was written is what is read"
    size = store.close()
    return {"whole": len(values) / whole, "updated": len(opened) / updated, "read": at(reads, 99), "size": float(size)}


class _Ours:
    def __init__(self, path: Path, teach: list[Chart]) -> None:
        self._path = path
        trained = train(encode(kept) for chart in teach for kept in chart.kept.values())
        db = place_of(path, STORE_KEY).connect(writes=True)
        db.lay_out()
        if trained is not None:
            db.run("INSERT INTO dictionaries VALUES(?, 'objects', ?)", trained)
        db.close()
        self._store = ChartStore(place_of(path, STORE_KEY))

    def write(self, charts: list[tuple[int, Chart]]) -> None:
        for n in range(0, len(charts), BATCH):
            with self._store.transaction():
                for root, chart in charts[n : n + BATCH]:
                    self._store.folded.keep(root, chart)

    def opened(self, root: int) -> Chart:
        chart = self._store.folded.opened(root)
        assert chart is not None
        return chart

    def read(self, root: int) -> Chart:
        chart = self._store.folded.chart(root)
        assert chart is not None
        return chart

    def close(self) -> int:
        self._store.close()
        return self._path.stat().st_size


class _Theirs:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA cache_size = -65536")
        self._db.execute("CREATE TABLE charts(node INTEGER PRIMARY KEY, chart TEXT NOT NULL)")

    def write(self, charts: list[tuple[int, Chart]]) -> None:
        for n in range(0, len(charts), BATCH):
            self._db.execute("BEGIN")
            rows = [(root, encode(chart)) for root, chart in charts[n : n + BATCH]]
            self._db.executemany("INSERT OR REPLACE INTO charts VALUES(?, ?)", rows)
            self._db.execute("COMMIT")

    def read(self, root: int) -> Chart:
        (found,) = self._db.execute("SELECT chart FROM charts WHERE node = ?", (root,)).fetchone()
        return _decoder.decode(found)

    opened = read

    def close(self) -> int:
        self._db.close()
        return self._path.stat().st_size


def _charts() -> tuple[list[Chart], list[bytes]]:
    """Charts to learn from, and the JSON of those to write."""
    hospital = Hospital.for_drill(seed=1, beds=BEDS, style="fr", now_ns=START_NS)
    store = ChartStore(place_of(None, STORE_KEY))
    batches = Batches(store, Rules(FeedRules()))
    entries = []
    for n, sent in enumerate(hospital.run(hours=HOURS), 1):
        header = peek(sent.message)
        source = header.source if header is not None else ""
        entries.append(Entry("drill/bench-capture", n, START_NS + n, START_NS + n, source, MEDIA_HL7V2, sent.message))
    batches.take(entries)
    folded = [chart for root in store.folded.roots() if (chart := store.folded.chart(root)) is not None and chart.kept]
    teach, measured = folded[::2], [encode(chart) for chart in folded[1::2]]
    return teach, [measured[n % len(measured)] for n in range(CHARTS)]


def _seconds(body: Any) -> float:
    began = time.process_time()
    body()
    return time.process_time() - began
