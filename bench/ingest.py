"""Messages over MLLP, each durable before it is acknowledged, against other receivers in the same run.

    N connections, against X   acknowledged messages a second, one in flight on each connection, as interfaces send
    acknowledgement p50, p99   of one connection alone, against this machine's own fdatasync of the same bytes; and, as
                               what can be had at all, against the bare receiver that syncs and keeps in clear
    CPU a message              of the receiver's process at 32 connections, against the bare receiver's
    memory                     megabytes of the capture process after the last round, against after the first
    start                      seconds a writer takes to start after that, against an empty journal

Ours is the capture process of a node in a home of its own (`contrefeu part capture`), everything switched on: sealed
to the recovery key and the day's reading key, signed for every second, the journal on disk (BENCH_DIR says where).
Charts and copies are other processes of a node and are off: the machine has to run client and receiver. Of the peers
only SQLite, PostgreSQL and the bare receiver that syncs keep anything. All run from one client (bench/peers/client.py)
and take turns; medians of ROUNDS. bench/peers/install.sh brings them; a row of one that is missing says "not
installed".
"""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.peers.processes import cpu_s
from bench.peers.rows import at, row
from bench.peers.servers import PEERS, ROOT, NotInstalled, Peer, Running
from contrefeu.cli.node import Node

ROUNDS = 3
SECONDS = 1.0  # of each measurement
CONNECTIONS = (1, 32, 128)
SYNCS = 500  # of the machine's own, a round
ENTRY_BYTES = 900  # what one message alone takes on disk: sealed, with its frame's head
OURS = "ours"
BARE, SYNCED = PEERS[0].name, PEERS[1].name
# At 32 connections, but for the bare receiver: how many times ours is to be as fast.
TARGETS = {
    (32, "python-hl7 0.4.5"): ">= 30",
    (32, "@medplum/hl7 4.5.2"): ">= 2.5",
    (32, "simple-hl7 3.3.0"): ">= 2.5",
    (32, "SQLite, a commit a message"): ">= 10",
    (32, "PostgreSQL, a commit a message"): ">= 10",
    (128, BARE): ">= 0.5",
}

Samples = dict[tuple[int, str], list[dict[str, float]]]
"""By connections and receiver: what the client said, a round each."""


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> list[dict[str, Any]]:
    samples: Samples = {}
    syncs: list[float] = []
    memory: list[float] = []
    with contextlib.ExitStack() as running:
        receivers = {OURS: running.enter_context(capture(folder / "home"))}
        for number, peer in enumerate(PEERS):
            with contextlib.suppress(NotInstalled):
                receivers[peer.name] = running.enter_context(_started(peer, folder / str(number)))
        for _ in range(ROUNDS):
            for connections in CONNECTIONS:
                for name, receiver in receivers.items():
                    samples.setdefault((connections, name), []).append(_sample(receiver, connections))
            syncs += _syncs_us(folder / "plain")
            memory.append(_resident_mb(receivers[OURS].pid))
    rows = _rates(samples)
    rows += _delays(samples[1, OURS], syncs)
    rows += _against_synced(samples[1, OURS], samples[1, SYNCED])
    cpu = [statistics.median(s["cpu_us"] for s in samples[32, name]) for name in (OURS, BARE)]
    rows.append(row("ingest: CPU a message, 32 connections", *cpu, "us"))
    rows.append(row(f"ingest: memory after {ROUNDS} rounds", memory[-1], memory[0], "MB"))
    # As after a power cut: nothing but the last segment may be read.
    starts = [_start_s(folder / "home"), _start_s(_home(folder / "empty"))]
    return [*rows, row("ingest: start after them", *starts, "s")]


def _rates(samples: Samples) -> list[dict[str, Any]]:
    rows = []
    for connections in CONNECTIONS:
        ours = statistics.median(s["rate"] for s in samples[connections, OURS])
        for peer in PEERS:
            theirs = samples.get((connections, peer.name))
            rows.append(
                row(
                    f"ingest: {connections} connections, against {peer.name}",
                    ours,
                    statistics.median(s["rate"] for s in theirs) if theirs else None,
                    "messages/s",
                    target=TARGETS.get((connections, peer.name)),
                )
            )
    return rows


def _delays(ours: list[dict[str, float]], syncs: list[float]) -> list[dict[str, Any]]:
    return [
        row(
            f"ingest: acknowledgement p{percent} against fdatasync",
            statistics.median(s[f"p{percent}_us"] for s in ours),
            at(syncs, percent),
            "us",
            target=target,
        )
        for percent, target in ((50, "<= 1.6"), (99, "<= 2"))
    ]


def _against_synced(ours: list[dict[str, float]], synced: list[dict[str, float]]) -> list[dict[str, Any]]:
    return [
        row(
            f"ingest: acknowledgement p{percent} against {SYNCED}",
            *(statistics.median(s[f"p{percent}_us"] for s in samples) for samples in (ours, synced)),
            "us",
        )
        for percent in (50, 99)
    ]


@contextlib.contextmanager
def capture(home: Path) -> Iterator[Running]:
    """The capture process of a node at *home*, with the day's reading key, as `up` starts it."""
    command = [sys.executable, "-m", "contrefeu", "--home", str(_home(home)), "part", "capture"]
    command += ["--parent", str(os.getpid()), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment())
    assert process.stdout is not None
    try:
        host, _, port = json.loads(process.stdout.readline())["mllp"].rpartition(":")
        yield Running(process.pid, host, int(port))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _home(home: Path) -> Path:
    shares = home.with_name(f"{home.name}-shares")
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), "init", "--shares-out", str(shares), "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment())
    node = Node.at(home)
    node.reading_keys().make_ahead(node.clock.now_ns())
    return home


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@contextlib.contextmanager
def _started(peer: Peer, folder: Path) -> Iterator[Running]:
    folder.mkdir()
    with peer.start(folder) as running:
        yield running


def _sample(receiver: Running, connections: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.peers.client", receiver.host, str(receiver.port)]
    before = cpu_s(receiver.pid)
    done = subprocess.run(
        [*command, str(connections), str(SECONDS)], check=True, capture_output=True, cwd=ROOT, env=_environment()
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found | {"cpu_us": (cpu_s(receiver.pid) - before) / found["answered"] * 1e6}


def _syncs_us(path: Path) -> list[float]:
    """This machine's own: what one message takes, written into reserved space and synced."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(fd, 0, SYNCS * ENTRY_BYTES)
        os.fsync(fd)
        taken = []
        for number in range(SYNCS):
            data = os.urandom(ENTRY_BYTES)
            started = time.perf_counter()
            os.pwrite(fd, data, number * ENTRY_BYTES)
            os.fdatasync(fd)
            taken.append((time.perf_counter() - started) * 1e6)
        return taken
    finally:
        os.close(fd)
        path.unlink()


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _start_s(home: Path) -> float:
    node = Node.at(home)
    started = time.perf_counter()
    writer = node.writer(node.capture_journal)
    seconds = time.perf_counter() - started
    writer.close()
    return seconds
