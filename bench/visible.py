"""From a message on the wire to a chart that says it, while a large hospital's feeds come in.

    sent to charted, p50 | p99   milliseconds from the first byte of a message to the moment from which whoever opens
                                 the chart is shown it, at RATE messages a second; p99 against the two seconds of W1
    highest rate                 messages a second at which that p99 held too, of RATES tried in turn, against RATE

A node of its own, everything on, with a house of BEDS beds in which more than 50,000 messages came before; the house
goes on, at the speed that is asked for. One connection, one message in flight: a message's number in the journal tells
which it is. The charts are asked every LOOK_S how far they have read. No message is about a patient whom nobody knows.
"""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.peers.rows import at, row
from contrefeu.chart import SyncChartsClient
from contrefeu.cli.node import Node
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS

BEDS = int(os.environ.get("BENCH_VISIBLE_BEDS", "2500"))
HOURS = float(os.environ.get("BENCH_VISIBLE_HOURS", "7"))  # that the house goes on: some 7,000 messages an hour
RATE = 200  # a second (W1)
RATES = (400, 600, 800, 1200, 1600)  # tried until one is too much
SECONDS = float(os.environ.get("BENCH_VISIBLE_SECONDS", "30"))  # at RATE; a third of it at each of the others
LIMIT_MS = 2_000.0  # W1
LOOK_S = 0.01
WAIT_S = 120.0  # for the last message to be charted
ROOT = Path(__file__).parents[1]


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    hospital = Hospital.for_drill(seed=1, beds=BEDS, style="fr", now_ns=START_NS)
    past = [sent.message for sent in hospital.run(hours=0)]
    bodies = (sent.message for sent in hospital.run(hours=HOURS))
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        waited, highest = _measured(Path(folder), past, bodies)
    return [
        row(f"visible: {RATE} messages/s, {BEDS} beds, p50", at(waited, 50), LIMIT_MS, "ms"),
        row(f"visible: {RATE} messages/s, {BEDS} beds, p99", at(waited, 99), LIMIT_MS, "ms", target="<= 1"),
        row("visible: highest rate with that p99", highest, RATE, "messages/s", target=">= 1"),
    ]


def _measured(folder: Path, past: list[bytes], bodies: Iterator[bytes]) -> tuple[list[float], int]:
    """How long each message at RATE waited, and the highest rate that was kept up with."""
    with _node(folder, past) as charted:
        waited = charted.waited_ms(list(itertools.islice(bodies, max(2, int(RATE * SECONDS)))), RATE)
        highest = RATE if at(waited, 99) <= LIMIT_MS else 0
        for rate in RATES if highest else ():
            some = list(itertools.islice(bodies, int(rate * SECONDS / 3)))
            if not some or at(charted.waited_ms(some, rate), 99) > LIMIT_MS:
                break
            highest = rate
    return waited, highest


class _Charted:
    """A node that is sent messages and asked for charts."""

    def __init__(self, node: Node, mllp: tuple[str, int]) -> None:
        self._charts = SyncChartsClient(node.charts_socket)
        self._journal = node.capture_journal
        self._feed = socket.create_connection(mllp)

    def waited_ms(self, bodies: list[bytes], rate: float) -> list[float]:
        """Send *bodies* when they are due, and return how long after its first byte each was charted."""
        self._until(before := self._read())
        sent: list[float] = []
        seen: list[tuple[int, float]] = []  # how far the charts were, and when that was first seen
        over = threading.Event()
        looking = threading.Thread(target=self._look, args=(before + len(bodies), seen, over))
        looking.start()
        try:
            self._send(bodies, rate, sent)
        except BaseException:
            over.set()
            raise
        finally:
            looking.join()
        assert seen[-1][0] == before + len(bodies), "every message is charted"
        moments = iter(seen)
        reached, when = next(moments)
        waited = []
        for number, began in enumerate(sent, before + 1):
            while reached < number:
                reached, when = next(moments)
            waited.append(1000 * (when - began))
        return waited

    def _send(self, bodies: list[bytes], rate: float, sent: list[float]) -> None:
        began = time.perf_counter()
        for n, body in enumerate(bodies):
            time.sleep(max(0.0, began + n / rate - time.perf_counter()))
            sent.append(time.perf_counter())
            self._feed.sendall(b"\x0b" + body + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                answer += self._feed.recv(4096)
            assert b"MSA|AA" in answer or b"MSA|CA" in answer, answer

    def _look(self, last: int, seen: list[tuple[int, float]], over: threading.Event) -> None:
        until = time.perf_counter() + WAIT_S + SECONDS
        reached = -1
        while reached < last and time.perf_counter() < until and not over.is_set():
            if (found := self._read()) > reached:
                reached = found
                seen.append((found, time.perf_counter()))
            time.sleep(LOOK_S)

    def _read(self) -> int:
        return self._charts.status().positions.get(self._journal, 0)

    def _until(self, reached: int) -> None:
        """Wait until the charts rest."""
        while True:
            time.sleep(1.0)
            if (found := self._read()) == reached:
                return
            reached = found

    def close(self) -> None:
        """Hang up."""
        self._feed.close()
        self._charts.close()


@contextlib.contextmanager
def _node(folder: Path, past: list[bytes]) -> Iterator[_Charted]:
    home = folder / "home"
    _contrefeu(home, "init", "--drill", "--facility", "Exercise", "--shares-out", str(folder / "shares"))
    messages = folder / "past.hl7"
    messages.write_bytes(b"\r\n".join(past))
    _contrefeu(home, "import", str(messages), "--source", "DPI@CHU")
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), "up", "--insecure-http"]
    command += ["--mllp", "127.0.0.1:0", "--web", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment())
    try:
        assert process.stdout is not None
        host, _, port = json.loads(process.stdout.readline())["mllp"].rpartition(":")
        charted = _Charted(Node.at(home), (host, int(port)))
        with contextlib.closing(charted):
            yield charted
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _contrefeu(home: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), *arguments, "--json"]
    subprocess.run(command, check=True, capture_output=True, env=_environment())


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path])}
