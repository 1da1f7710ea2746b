"""Costs a message as a journal grows, and what they come to for a hospital, a group, a country.

    seal      CPU to seal, prove and write a message (256 a batch), against the smallest journal
    open      CPU to open, check and give back a message
    rebuild   CPU from the sealed journal to a sealed chart store: opened, read, folded, indexed, written
    journal   bytes on disk a message
    charts    bytes of the chart store a message

One simulated hospital, the first SIZES of its messages; each size's rebuild is a process of its own. CPU time, so that
a machine that does other work bends the figures less. `python -m bench.scale` writes bench/scale.json and the tables of
docs/explain/scale.md from it; BENCH_SCALE_SIZES says how far ("10000,100000,1000000").
"""

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench import rebuild

ROUNDS = 1
MESSAGES = 0  # at most so many, of all sizes; 0: as they are
SIZES = tuple(int(size) for size in os.environ.get("BENCH_SCALE_SIZES", "10000,30000,100000").split(","))
BEDS = 400  # of the simulated hospital: enough messages in some simulated days
FLAT = 1.2
COSTS = ("seal", "open", "rebuild", "journal", "charts")
UNITS = {"seal": "us of CPU", "open": "us of CPU", "rebuild": "us of CPU", "journal": "B", "charts": "B"}
HERE = Path(__file__).parent
RESULT, PAGE = HERE / "scale.json", HERE.parent / "docs" / "explain" / "scale.md"


# What is measured.


def run() -> list[dict[str, Any]]:
    """Measure; one row a cost, the largest journal against the smallest."""
    found = measure()
    first, last = found[0], found[-1]
    rows = []
    for cost in COSTS:
        ratio = last[cost] / first[cost]
        name = f"scale: {cost}, a message of {last['messages']} against {first['messages']}"
        row = {"name": name, "ours": last[cost], "reference": first[cost], "ratio": ratio, "unit": UNITS[cost]}
        rows.append({**row, "target": f"<= {FLAT}", "met": ratio <= FLAT})
    return rows


def measure() -> list[dict[str, Any]]:
    """Every cost a message, for each size."""
    sizes = sorted({min(size, MESSAGES) if MESSAGES else size for size in SIZES})
    bodies = list(islice(_messages(), max(sizes)))
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        return [_measured(Path(folder) / str(at), bodies[:size]) for at, size in enumerate(sizes)]


def _messages() -> Iterator[bytes]:
    from contrefeu.drill.hospital import Hospital  # noqa: PLC0415 - see bench/rebuild.py
    from contrefeu.drill.scenario import START_NS  # noqa: PLC0415

    hospital = Hospital.for_drill(seed=1, beds=min(BEDS, MESSAGES or BEDS), style="fr", now_ns=START_NS)
    while True:
        yield from (sent.message for sent in hospital.run(hours=6))


def _measured(folder: Path, bodies: list[bytes]) -> dict[str, Any]:
    count, began = len(bodies), time.process_time()
    seed = rebuild._journal(folder, bodies)
    sealed, began = time.process_time() - began, time.process_time()
    opened = sum(1 for _ in _entries(folder, seed))
    read = time.process_time() - began
    assert opened == count, "what was sealed opens"
    built = rebuild._rebuilt(folder, seed, 0)
    return {
        "messages": count,
        "body": sum(map(len, bodies)) / count,
        "seal": sealed / count * 1e6,
        "open": read / count * 1e6,
        "rebuild": built["cpu_s"] / count * 1e6,
        "journal": _bytes_of(folder / "journals") / count,
        "charts": _bytes_of(folder, "charts.db*") / count,
        "memory_mb": built["memory_mb"],
    }


def _entries(folder: Path, seed: bytes) -> Iterator[Any]:
    from contrefeu.custody import DataKeys, KeyPair  # noqa: PLC0415
    from contrefeu.journal import JournalReader, journals_in  # noqa: PLC0415

    keys = DataKeys(None, recovery=KeyPair("recovery", seed))
    for files in journals_in(folder / "journals"):
        reader = JournalReader(files, keys)
        for frame in reader.after(0):
            yield from frame
        reader.close()


def _bytes_of(folder: Path, pattern: str = "**/*") -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.glob(pattern) if path.is_file())


# What it comes to.


@dataclass(frozen=True)
class House:
    """Somebody who keeps journals; how much they send is an assumption, and linear."""

    name: str
    sites: int
    per_day: float  # messages, of all sites
    history: float  # messages that a rebuild reads: what is kept


YEAR = 365
HOUSES = (
    House("1 hospital, 2,500 beds", 1, 1e6, 1e6 * 400),
    House("120 clinics, 60,000 messages a day each", 120, 120 * 6e4, 120 * 6e4 * 400),
    House("176 M patients, 200 messages each", 4_000, 176e6 * 200 / (7 * YEAR), 176e6 * 200),
)
TWO = 1.23  # times one core that a second one gives (`bench rebuild` when nothing else ran, docs/explain/speed.md)
PEAK = 3.0  # the busiest hour against the mean: rounds in the morning
COPIES = 3  # the node's own and two vaults
CORE_HOUR, GB_MONTH = 0.05, 0.02  # euro: assumed, of the order of what clouds ask; change them here


def tables(found: list[dict[str, Any]]) -> dict[str, str]:
    """The tables of the page, from what was measured."""
    return {"costs": _costs_table(found), "houses": _houses_table(found[-1])}


def _costs_table(found: list[dict[str, Any]]) -> str:
    head = "| messages | " + " | ".join(f"{cost}, {UNITS[cost]}" for cost in COSTS) + " | memory, MB |"
    lines = [head, "| --- " * (len(COSTS) + 2) + "|"]
    for one in found:
        lines.append(_line([one["messages"], *(one[cost] for cost in COSTS), one["memory_mb"]]))
    ratios = " | ".join(f"{found[-1][cost] / found[0][cost]:.2f}" for cost in COSTS)
    return "\n".join([*lines, f"| last against first | {ratios} | |"])


def _houses_table(cost: dict[str, Any]) -> str:
    columns = [_house(house, cost) for house in HOUSES]
    lines = ["| | " + " | ".join(house.name for house in HOUSES) + " |", "| --- " * (len(HOUSES) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(_figure(one[name]) for one in columns) + " |" for name in columns[0]]
    return "\n".join(lines)


def _house(house: House, cost: dict[str, Any]) -> dict[str, float]:
    live = cost["seal"] + cost["open"] + cost["rebuild"]  # a message is sealed once, and read and folded once
    journal, charts = house.history * cost["journal"] / 1e9, house.history * cost["charts"] / 1e9
    core_hours = house.history * cost["rebuild"] / 3.6e9
    return {
        "messages a day": house.per_day,
        "a second in the busiest hour": house.per_day / 86_400 * PEAK,
        "cores in the busiest hour, all sites": house.per_day / 86_400 * PEAK * live / 1e6,
        "messages kept": house.history,
        "journals, GB, one copy": journal,
        "chart stores, GB": charts,
        "core-hours to rebuild everything": core_hours,
        f"hours, 2 cores a site (at {TWO} times one)": core_hours / house.sites / TWO,
        "hours to open and check everything, 1 core a site": house.history * cost["open"] / 3.6e9 / house.sites,
        "euro a month, copies in object stores": journal * COPIES * GB_MONTH,
        "euro, one rebuild": core_hours * CORE_HOUR,
    }


def _line(values: list[float]) -> str:
    return "| " + " | ".join(map(_figure, values)) + " |"


def _figure(value: float) -> str:
    """Three figures: nothing here is known better."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"


def paged(text: str, found: list[dict[str, Any]]) -> str:
    """The page with its tables made anew."""
    for name, table in tables(found).items():
        marks = rf"(<!-- {name}: .*? -->\n).*?(\n<!-- /{name} -->)"
        text = re.sub(marks, lambda at, table=table: at[1] + table + at[2], text, flags=re.DOTALL)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    if "--tables" not in sys.argv:
        RESULT.write_text(json.dumps(measure(), indent=1) + "\n")
    PAGE.write_text(paged(PAGE.read_text(), json.loads(RESULT.read_text())))
