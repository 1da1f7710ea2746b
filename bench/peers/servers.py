"""Starting the receivers: each a process that says `ready HOST PORT` and ends with its standard input."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VENV_PYTHON = HERE / ".venv" / "bin" / "python"
READY_S = 30


class Running(NamedTuple):
    """A receiver at work."""

    pid: int
    host: str
    port: int


class Peer(NamedTuple):
    """A receiver that ours is measured against."""

    name: str
    keeps: bool  # whether a message is on disk before it is answered
    start: Callable[[Path], AbstractContextManager[Running]]
    """Given an empty folder, runs it."""


class NotInstalled(Exception):
    """The peer is not on this machine: bench/peers/install.sh brings it."""


@contextlib.contextmanager
def process(command: list[str], *, env: dict[str, str] | None = None) -> Iterator[Running]:
    """Run *command* until the block ends."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **(env or {})}
    running = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    try:
        said = running.stdout.readline().split()
        assert said[:1] == ["ready"], f"{command[0]} did not start"
        yield Running(running.pid, said[1], int(said[2]))
    finally:
        try:
            running.communicate(timeout=READY_S)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextlib.contextmanager
def _bare(_folder: Path) -> Iterator[Running]:
    with process([sys.executable, "-m", "bench.peers.receiver", "bare"]) as running:
        yield running


@contextlib.contextmanager
def _synced(folder: Path) -> Iterator[Running]:
    with process([sys.executable, "-m", "bench.peers.receiver", "synced", str(folder / "messages")]) as running:
        yield running


@contextlib.contextmanager
def _sqlite(folder: Path) -> Iterator[Running]:
    with process([sys.executable, "-m", "bench.peers.receiver", "sqlite", str(folder / "messages.db")]) as running:
        yield running


@contextlib.contextmanager
def _python_hl7(_folder: Path) -> Iterator[Running]:
    python = _installed(VENV_PYTHON)
    with process([python, "-m", "bench.peers.python_hl7"], env={"PYTHONPATH": str(ROOT)}) as running:
        yield running


@contextlib.contextmanager
def _medplum(_folder: Path) -> Iterator[Running]:
    with _node("medplum.mjs", "@medplum/hl7") as running:
        yield running


@contextlib.contextmanager
def _simple_hl7(_folder: Path) -> Iterator[Running]:
    with _node("simple_hl7.cjs", "simple-hl7") as running:
        yield running


@contextlib.contextmanager
def _node(program: str, package: str) -> Iterator[Running]:
    node = shutil.which("node")
    _installed(HERE / "node_modules" / package)
    if node is None:
        raise NotInstalled("node")
    with process([node, str(HERE / program), str(_free_port())]) as running:
        yield running


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[Running]:
    """A cluster of its own, with Debian's settings: fsync and synchronous_commit on."""
    python = _installed(VENV_PYTHON)
    tools = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not tools:
        raise NotInstalled("postgresql")
    as_postgres: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        as_postgres = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
        for above in (folder, *folder.parents[:2]):
            above.chmod(above.stat().st_mode | 0o011)
    data, port = folder / "data", str(_free_port())
    options = f"-k {folder} -c listen_addresses= -p {port} -c synchronous_commit=on -c fsync=on"
    control = [*as_postgres, str(tools[-1] / "pg_ctl"), "-D", str(data), "-s", "-w"]
    _quietly([*as_postgres, str(tools[-1] / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"])
    _quietly([*control, "-l", str(folder / "log"), "-o", options, "start"])
    try:
        command = [python, "-m", "bench.peers.receiver", "postgres", str(folder), port]
        with process(command, env={"PYTHONPATH": str(ROOT)}) as running:
            yield running
    finally:
        _quietly([*control, "-m", "fast", "stop"])


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _installed(path: Path) -> str:
    if not path.exists():
        raise NotInstalled(path.name)
    return str(path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


PEERS = (
    Peer("bare uvloop receiver", False, _bare),
    Peer("bare receiver that syncs", True, _synced),
    Peer("python-hl7 0.4.5", False, _python_hl7),
    Peer("@medplum/hl7 4.5.2", False, _medplum),
    Peer("simple-hl7 3.3.0", False, _simple_hl7),
    Peer("SQLite, a commit a message", True, _sqlite),
    Peer("PostgreSQL, a commit a message", True, _postgres),
)
