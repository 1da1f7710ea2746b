"""Messages over MLLP into a sealed journal, against the same listener over a journal that keeps nothing.

    32 connections      acknowledged messages a second, one in flight on each connection, as interfaces send
    1 connection        the same with one: one sync a message
    memory              megabytes of the capture process after the last round, against after the first (1 is flat)
    start               seconds a writer takes to start after that, against an empty journal (it reads the last segment)

The listener runs in a process of its own, as in a node, on uvloop; the senders run here. Rounds take turns; medians.
"""

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import uvloop

from contrefeu.base import SystemClock
from contrefeu.capture import Intake, MllpListener
from contrefeu.custody import KeyPair
from contrefeu.journal import Draft, JournalWriter
from contrefeu.proof import Signer

ROUNDS = 3
MESSAGES = 20_000  # a round at 32 connections
CONNECTIONS = 32
ORIGIN = "bench-capture"


class _KeepsNothing:
    """A journal that answers at once: what the socket, the framing and the acknowledgement cost alone."""

    journal = ORIGIN
    sequence = 0

    def append(self, drafts: Sequence[Draft]) -> range:
        first = self.sequence + 1
        self.sequence += len(drafts)
        return range(first, self.sequence + 1)

    def close(self) -> None: ...


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> list[dict[str, Any]]:
    many: dict[str, list[float]] = {"ours": [], "reference": []}
    one: dict[str, list[float]] = {"ours": [], "reference": []}
    memory: list[float] = []
    with _listening(folder / "journals") as (pid, ours), _listening(None) as (_, reference):
        for _ in range(ROUNDS):
            for name, address in (("ours", ours), ("reference", reference)):
                many[name].append(uvloop.run(_rate(address, CONNECTIONS, MESSAGES)))
                one[name].append(uvloop.run(_rate(address, 1, max(1, MESSAGES // 20))))
            memory.append(_resident_mb(pid))
    # As after a power cut: nothing but the last segment may be read.
    start = [_start_s(folder / "journals"), _start_s(folder / "empty")]
    return [
        _row(f"ingest: {CONNECTIONS} connections", *map(statistics.median, many.values()), "messages/s"),
        _row("ingest: 1 connection", *map(statistics.median, one.values()), "messages/s"),
        _row(f"ingest: memory after {ROUNDS} rounds", memory[-1], memory[0], "MB"),
        _row("ingest: start after them", *start, "s"),
    ]


@contextlib.contextmanager
def _listening(journals: Path | None) -> Iterator[tuple[int, tuple[str, int]]]:
    """A listener in a process of its own: its pid and address."""
    command = [sys.executable, __file__, *([str(journals)] if journals else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        host, port = process.stdout.readline().decode().split()
        yield process.pid, (host, int(port))
    finally:
        process.communicate()


async def _serve(journals: Path | None) -> None:
    """Listen until stdin is closed."""
    writer: Any = _writer(journals) if journals else _KeepsNothing()
    intake = Intake(writer, SystemClock())
    listener = MllpListener(intake, message_bytes_max=1 << 20, connections_max=1024, refuse=())
    host, port = await listener.listen("127.0.0.1", 0)
    print(host, port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await listener.drain()
    intake.close()


def _writer(journals: Path) -> JournalWriter:
    pair = KeyPair("recovery", bytes(range(32)))
    return JournalWriter(journals, Signer(ORIGIN, bytes(range(32))), lambda: [pair.recipient], SystemClock())


async def _rate(address: tuple[str, int], connections: int, messages: int) -> float:
    """Acknowledged messages a second."""
    each = -(-messages // connections)
    loop = asyncio.get_running_loop()
    senders = [(await loop.create_connection(lambda n=n: _Sender(n, each), *address))[1] for n in range(connections)]
    started = time.perf_counter()
    for sender in senders:
        sender.send()
    await asyncio.gather(*(sender.done for sender in senders))
    return each * connections / (time.perf_counter() - started)


class _Sender(asyncio.Protocol):
    """Sends a message when the one before is acknowledged."""

    def __init__(self, number: int, count: int) -> None:
        self._number, self._left = number, count
        self._received = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self) -> None:
        """The next one."""
        self._control_id = f"{self._number}-{self._left}"
        self._transport.write(b"\x0b" + _message(self._control_id) + b"\x1c\r")

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(b"\x1c\r"):
            return
        assert f"MSA|AA|{self._control_id}\r".encode() in self._received
        self._received = b""
        self._left -= 1
        if self._left:
            self.send()
        else:
            self._transport.close()
            self.done.set_result(None)


def _message(control_id: str) -> bytes:
    """A blood count of about 1,200 bytes."""
    lines = [
        f"MSH|^~\\&|LABO|CHU|CF|CHU|20261124030000||ORU^R01^ORU_R01|{control_id}|P|2.5",
        "PID|1||8001234^^^CHU^PI||ESSAI^ADA||19700101|F",
        "OBR|1|P1|F1|58410-2^Numération formule sanguine^LN|||20261124025000",
        *(
            f"OBX|{n}|NM|{700 + n}-1^Analyte {n}^LN||{n}.{n % 9}|10*9/L|1-{n + 20}||||F|||20261124025000"
            for n in range(14)
        ),
    ]
    return ("\r".join(lines) + "\r").encode()


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _start_s(journals: Path) -> float:
    started = time.perf_counter()
    writer = _writer(journals)
    seconds = time.perf_counter() - started
    writer.close()
    return seconds


def _row(name: str, ours: float, reference: float, unit: str) -> dict[str, Any]:
    return {"name": name, "ours": ours, "reference": reference, "ratio": ours / reference, "unit": unit}


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
