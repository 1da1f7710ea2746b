"""A ward's pack from charts to PDF, against the same pages set by WeasyPrint and by ReportLab.

    pack against weasyprint        pages a second of processor: charts into values, pages, codes with their signatures
    pack against reportlab         the same, two of our processes on two cores against one of its
    one patient's pack             pages a second when a pack has one patient: what does not grow with pages
    a ward after one change        seconds of processor for its pack and its sealed page, of the largest ward
    every ward of 2,500 beds       seconds of processor of one process: a ward's, as many times
    the same by two processes      seconds on the clock, as `packs make` sets them: HOUSE_BEDS beds, as many times
    memory                         megabytes, of the two processes, the most seen after a ward, and of the one that
                                   orders as it is when it begins: it unpacks no chart

The charts are a simulated hospital's: BEDS beds for HOURS hours and what went before. The peers set the same words,
heads, feet, boxes, curves and codes (peers/pages.py); pages are ours for all, as theirs break elsewhere. All take turns
in one run, each time in a process of its own, as the typesetter remembers what it set. Medians of ROUNDS. The row on
the clock is for a machine that does nothing else; BENCH_HOUSE_BEDS=2500 sets a whole house once and reckons nothing.
WeasyPrint and ReportLab are nobody's dependency here (peers/requirements.txt): where they are missing, the row says so.
"""

import importlib.util
import multiprocessing
import os
import re
import site
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench.peers import pages
from bench.peers.rows import row
from contrefeu.base import SystemClock, rfc3339
from contrefeu.chart import Board, Chart, open_charts, whole
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.hl7 import peek
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalWriter
from contrefeu.paper import Issuer, Order, PageKey, Setters, Setting, WardPack, print_pack, sealed_page, ward_pack
from contrefeu.proof import Signer

FORKS = True  # run it where nothing has typeset before
ROUNDS = 3
BEDS = 48
WARD_BEDS = 25  # of a ward: the house's beds in order, so many at a time
HOURS = 2
ORIGIN = "drill/bench-capture"
STORE_KEY = bytes(range(32))  # of a store that is gone in a minute
SETTINGS = parse_settings('[node]\nid = "bench"\n')
NOW_NS = START_NS + HOURS * 3600 * 10**9
SETTING = Setting("fr", "Europe/Paris", NOW_NS)
PASSWORD = "orage-bleu-27"
HOUSE_BEDS, HOUSE_S = 2_500, 120.0  # W3
PRINTED_BEDS = int(os.environ.get("BENCH_HOUSE_BEDS", "225"))  # of a house that two processes print
CHANGE_S, MEMORY_MB = 2.0, 300.0  # issue 7
CORES = 2
PEERS = Path(__file__).parent / "peers" / ".venv"  # peers/install.sh
_MEMORY = "smaps_rollup"  # of /proc/PID
Charts = dict[str, Chart]


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    for folder in PEERS.glob("lib/python*/site-packages"):
        site.addsitedir(str(folder))  # behind our own: what both need is ours
    whole, wards, charts = _hospital()
    largest = max(wards, key=lambda one: len(one.rows))
    small = Board(whole.ward, whole.name, whole.world, whole.rows[:1], [], whole.as_of, whole.feeds)
    jobs: dict[str, Callable[[], int]] = {
        "whole": lambda: _print([whole], charts),
        "small": lambda: _print([small], charts),
        "largest": lambda: _print([largest], charts, sealed=True),
        "wards": lambda: _print(wards, charts, sealed=True),
    }
    for name in ("weasyprint", "reportlab"):
        if importlib.util.find_spec(name):
            jobs[name] = partial(_set, getattr(pages, name), whole, charts)
    rounds = [{name: _apart(job) for name, job in jobs.items()} for _ in range(ROUNDS)]
    seconds = {name: statistics.median(one[name].seconds for one in rounds) for name in jobs}
    count = rounds[0]["whole"].pages
    rates = {name: count / seconds[name] for name in ("whole", "weasyprint", "reportlab") if name in jobs}
    alone = rounds[0]["small"].pages / seconds["small"]
    beds = sum(len(one.rows) for one in wards)
    house_s, memory = _house(wards, charts)
    return [
        row("paper: pack against weasyprint", rates["whole"], rates.get("weasyprint"), "pages/s", target=">= 20"),
        row(
            "paper: pack on two cores against reportlab on one",
            rates["whole"] * CORES,
            rates.get("reportlab"),
            "pages/s",
            target=">= 1.5",
        ),
        row("paper: one patient's pack against the whole", alone, rates["whole"], "pages/s"),
        row("paper: a ward after one change", seconds["largest"], CHANGE_S, "s", target="<= 1"),
        row("paper: every ward of 2,500 beds", seconds["wards"] / beds * HOUSE_BEDS, HOUSE_S, "s", target="<= 1"),
        row("paper: every ward of 2,500 beds, by two processes, on the clock", house_s, HOUSE_S, "s", target="<= 1"),
        row("paper: memory, ward after ward", memory, MEMORY_MB, "MB", target="<= 1"),
    ]


class Took(NamedTuple):
    """What one job took."""

    pages: int
    seconds: float  # of processor


def _apart(job: Callable[[], int]) -> Took:
    """Do *job* in a process of its own, which has the charts and remembers nothing."""
    here, there = multiprocessing.Pipe(duplex=False)

    def measured() -> None:
        started = time.process_time()
        count = job()
        there.send((count, time.process_time() - started))

    child = multiprocessing.get_context("fork").Process(target=measured)
    child.start()
    there.close()
    took = Took(*here.recv())
    child.join()
    return took


def _hospital() -> tuple[Board, list[Board], Charts]:
    """The board of a whole house, those of its wards, and its charts."""
    hospital = Hospital.for_drill(seed=1, beds=BEDS, style="fr", now_ns=START_NS)
    sent = list(hospital.run(hours=HOURS))
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        pair, _ = KeyPair.draw("recovery")
        signer = Signer(ORIGIN, bytes(range(32)))
        writer = JournalWriter(folder / "journals", signer, lambda: [pair.recipient], SystemClock())
        for at in range(0, len(sent), 256):
            writer.append([_draft(one.message, one.at_ns) for one in sent[at : at + 256]])
        writer.close()
        keys = DataKeys(None, recovery=pair)
        with open_charts(folder / "charts.db", STORE_KEY, folder / "journals", keys, SETTINGS) as charts:
            board = charts.board()
            found = {one.id: charts.chart(one.id) for one in board.rows}
    rows = [board.rows[at : at + WARD_BEDS] for at in range(0, len(board.rows), WARD_BEDS)]
    wards = [Board(board.ward, board.name, board.world, some, [], board.as_of, board.feeds) for some in rows]
    return board, wards, {id_: chart for id_, chart in found.items() if chart is not None}


def _draft(body: bytes, at_ns: int) -> Draft:
    header = peek(body)
    return Draft(header.source if header is not None else "", MEDIA_HL7V2, body, at_ns)


def _print(boards: list[Board], charts: Charts, *, sealed: bool = False) -> int:
    count = 0
    for board in boards:
        pack, of = ward_pack(board, charts.get, SETTING, "CHU")
        count += print_pack(pack, of, Issuer(PageKey(STORE_KEY), "", rfc3339(NOW_NS)), PASSWORD).pages
        if sealed:
            sealed_page(pack, board.as_of.time, SETTING, PASSWORD)
    return count


def _house(wards: list[Board], charts: Charts) -> tuple[float, float]:
    """Seconds in which two processes set the packs of a house of HOUSE_BEDS, and the megabytes of all of them."""
    written = {id_: whole(chart) for id_, chart in charts.items()}
    beds, memory, command = 0, 0.0, _command_megabytes()

    def orders() -> Iterator[Order]:
        ordered = 0
        while ordered < PRINTED_BEDS:
            for board in wards:
                ordered += len(board.rows)
                mine = {one.id: written[one.id] for one in board.rows}
                yield Order(board, mine, SETTING, "CHU", STORE_KEY, ahead=True, password=PASSWORD)

    with Setters(len(wards) + 1) as setters:
        started = time.monotonic()
        for order, _ in setters.each(orders()):
            beds += len(order.board.rows)
            memory = max(memory, command + sum(_megabytes(one.pid) for one in multiprocessing.active_children()))
        return (time.monotonic() - started) / beds * HOUSE_BEDS, memory


def _command_megabytes() -> float:
    """What `packs make` takes when it begins, by a process of its own: this one holds a whole hospital."""
    command = [sys.executable, "-c", f"import contrefeu.cli.making; print(open('/proc/self/{_MEMORY}').read())"]
    return _pss_megabytes(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _megabytes(pid: int | None) -> float:
    return _pss_megabytes(Path(f"/proc/{pid}/{_MEMORY}").read_text())


def _pss_megabytes(told: str) -> float:
    """What a process takes, pages that it shares with others in part."""
    found = re.search(r"^Pss: +([0-9]+) kB", told, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _set(peer: Callable[[WardPack], bytes], board: Board, charts: Charts) -> int:
    peer(ward_pack(board, charts.get, SETTING, "CHU")[0])
    return 0
