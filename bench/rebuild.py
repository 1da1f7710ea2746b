"""Rebuilding every chart from the journal: how fast, on one core and on two, in how much memory, and how evenly.

    one process           messages a second of its processor, against the 20,000 that are wanted
    two processes         messages a second of the clock, against one process
    memory                highest, of both processes together, against the 1,500 MB that are allowed
    cost of a message     processor time, in the whole journal against its first tenth

From a sealed journal on disk into a sealed chart store: opened, read, folded, indexed, written. Each rebuild is a
process of its own, one and two take turns, medians of ROUNDS; all must give the same charts. The messages are the
drill's: BENCH_REBUILD_BEDS beds (default 60) for BENCH_REBUILD_HOURS (72), about 14,000. A million: 1,000 beds for 700
hours; below some 100,000 the start weighs on the first tenth.
"""

import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from contrefeu.base import SystemClock
from contrefeu.chart import ahead, open_charts
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.hl7 import sender_of
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalWriter
from contrefeu.proof import Signer

ROUNDS = 3
BEDS = int(os.environ.get("BENCH_REBUILD_BEDS", "60"))
HOURS = int(os.environ.get("BENCH_REBUILD_HOURS", "72"))
WANTED = 20_000  # messages a second and core
TWICE = 1.7  # times one process
MEMORY_MB = 1_500
FLAT = 1.2
FRAME = 256  # messages
ORIGIN = "drill/bench-capture"
STORE_KEY = bytes(range(32))  # of a store that is gone in a minute
SETTINGS = parse_settings('[node]\nid = "bench"\n')


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    from contrefeu.drill.hospital import Hospital  # noqa: PLC0415 - a process that reads ahead begins no hospital
    from contrefeu.drill.scenario import START_NS  # noqa: PLC0415

    hospital = Hospital.for_drill(seed=1, beds=BEDS, style="fr", now_ns=START_NS)
    bodies = [sent.message for sent in hospital.run(hours=HOURS)]
    first = max(len(bodies) // 10, 1)
    found: dict[str, list[dict[str, Any]]] = {"one": [], "two": [], "tenth": []}
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        whole, tenth = Path(folder) / "whole", Path(folder) / "tenth"
        seeds = _journal(whole, bodies), _journal(tenth, bodies[:first])
        for _ in range(ROUNDS):
            found["one"].append(_rebuilt(whole, seeds[0], 0))
            found["two"].append(_rebuilt(whole, seeds[0], 1))
            found["tenth"].append(_rebuilt(tenth, seeds[1], 0))
    assert len({one["charts_sha256"] for one in found["one"] + found["two"]}) == 1, "the charts depend on who reads"
    return _rows(found, len(bodies), first)


def _rows(found: dict[str, list[dict[str, Any]]], count: int, first: int) -> list[dict[str, Any]]:
    def median(which: str, what: str) -> float:
        return statistics.median(one[what] for one in found[which])

    per_s, cost = "messages/s", "us of CPU"
    rates = [count / median(which, "wall_s") for which in ("two", "one")]
    costs = median("one", "cpu_s") / count * 1e6, median("tenth", "cpu_s") / first * 1e6
    return [
        _row("one process, of its processor", count / median("one", "cpu_s"), WANTED, per_s, ">= 1"),
        _row("two processes against one", *rates, per_s, f">= {TWICE}"),
        _row("memory of two processes", median("two", "memory_mb"), MEMORY_MB, "MB", "<= 1"),
        _row(f"a message of {count}, against {first}", *costs, cost, f"<= {FLAT}"),
    ]


def _row(name: str, ours: float, reference: float, unit: str, target: str) -> dict[str, Any]:
    ratio, (sign, limit) = ours / reference, target.split()
    met = ratio >= float(limit) if sign == ">=" else ratio <= float(limit)
    row = {"name": f"rebuild: {name}", "ours": ours, "reference": reference, "ratio": ratio, "unit": unit}
    return {**row, "target": target, "met": met}


def _journal(folder: Path, bodies: list[bytes]) -> bytes:
    """Write a journal; returns the seed of what opens it."""
    pair, seed = KeyPair.draw("recovery")
    signer = Signer(ORIGIN, bytes(range(32)))
    writer = JournalWriter(folder / "journals", signer, lambda: [pair.recipient], SystemClock())
    for at in range(0, len(bodies), FRAME):
        writer.append([Draft(sender_of(body), MEDIA_HL7V2, body, at) for body in bodies[at : at + FRAME]])
    writer.close()
    return seed


def _rebuilt(folder: Path, seed: bytes, readers: int) -> dict[str, Any]:
    """Rebuild the charts of a journal in another process; what it measured of itself."""
    command = [sys.executable, __file__, str(folder), str(readers)]
    done = subprocess.run(command, input=seed, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _rebuild(folder: Path, seed: bytes, readers: int) -> dict[str, Any]:
    ahead.READERS_MAX = readers
    for file in folder.glob("charts.db*"):
        file.unlink()
    keys = DataKeys(None, recovery=KeyPair("recovery", seed))
    began, worked = time.perf_counter(), time.process_time()
    with open_charts(folder / "charts.db", STORE_KEY, folder / "journals", keys, SETTINGS) as charts:
        wall_s, cpu_s = time.perf_counter() - began, time.process_time() - worked
        digest = charts.sha256()
    for process in multiprocessing.active_children():
        process.join(10)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "wall_s": wall_s,
        "cpu_s": cpu_s + theirs.ru_utime + theirs.ru_stime,
        "memory_mb": (_highest_kb() + theirs.ru_maxrss) / 1024,
        "charts_sha256": digest,
    }


def _highest_kb() -> int:
    """The most memory that this program had; `ru_maxrss` is also that of the process that began it."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


if __name__ == "__main__":  # one rebuild, a process of its own
    print(json.dumps(_rebuild(Path(sys.argv[1]), sys.stdin.buffer.read(), int(sys.argv[2]))))
