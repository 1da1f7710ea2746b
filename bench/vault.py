"""Copies: how far they lag, how fast they catch up, what an answer that waits for one costs, what a lost disk takes.

    lag p50, p99          seconds from the journal's sync until the node knows that the vault gave the entry back,
                          of all messages, at 1,000 and 10,000 a second; against the second of C5
    catching up           bytes a second after an outage, against the limit: the setting's, or the line's
    answer p50, p99       acknowledgement with `ack = "vault"`, against `ack = "disk"`, in turns
    lost                  the node's disk destroyed at random instants (tests/drills/lost_disks.py): acknowledged
                          messages that no vault has

Kinds: a folder; an object store, the one that BENCH_S3 names (a folder of scripts/radosgw.sh) or one that is started
here when radosgw is installed; a vault host that pulls (its positions are what it vouched for: a checkpoint later).
`contrefeu part copies` and `contrefeu vault pull` run in processes of their own, as in a hospital; the journal is
written here, HL7 of about 1,200 bytes. BENCH_SECONDS of each lag, BENCH_TRIALS of lost disks.
"""

import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.peers.client import BEFORE, message_after
from bench.peers.rows import at, row
from bench.pull import paired, start
from contrefeu.base import SystemClock
from contrefeu.cli.copying import STATE
from contrefeu.cli.node import Node
from contrefeu.custody import KeyPair, make_home
from contrefeu.journal import MEDIA_HL7V2, Draft
from contrefeu.vault import credentials_file, make_vault

ROOT = Path(__file__).parents[1]
PLACES = ("folder", "object store", "pulled")
PER_SECOND = (1000, 10_000)
ROUNDS = 3
TRIALS = int(os.environ.get("BENCH_TRIALS", "100"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
LAG_S_MAX = 1.0  # C5
SIGN_S = 0.5  # as capture.checkpoint_s
BODIES = 2048
WAIT_S = 60.0  # for the last message to be copied
LIMIT = 4_000_000  # bytes a second, of the setting
WAITING = 20_000  # messages that came while the line was cut; 0: it is not cut
LINE = 1_000_000  # bytes a second, of the line that was cut
OUTAGE_BYTES = 80_000_000


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        with _store(folder / "store") if "object store" in PLACES else contextlib.nullcontext() as store:
            rows = [line for kind in PLACES for line in _lag_rows(kind, folder, store)]
            rows += [*_limited(folder, store), *_after_a_cut()]
        return [*rows, *_answers(folder), *_lost()]


def _lag_rows(kind: str, folder: Path, store: dict[str, str] | None) -> Iterator[dict[str, Any]]:
    for rate in PER_SECOND:
        place = folder / f"{kind} {rate}".replace(" ", "-")
        lags = _lags(kind, place, rate, store) if store or kind != "object store" else None
        shutil.rmtree(place, ignore_errors=True)
        yield from (_lag_row(kind, rate, percent, lags) for percent in (50, 99))


def _limited(folder: Path, store: dict[str, str] | None) -> Iterator[dict[str, Any]]:
    """An outage's bytes, to a vault with `bytes_per_second_max`."""
    for kind in (kind for kind in PLACES if kind != "pulled"):
        name = f"vault: catching up, {kind}, against its limit in the settings"
        if kind == "object store" and store is None:
            yield row(name, 0.0, None, "bytes/s")
            continue
        place = folder / f"limited-{kind}".replace(" ", "-")
        place.mkdir()
        node = home_with(place, store if kind == "object store" else None, limit=LIMIT)
        written = _backlog(node)
        with start(node.paths.root, "part", "copies", "--parent", str(os.getpid())):
            began, positions = time.monotonic(), _Positions(node)
            _until(lambda: positions.reached() == written[0], 10 * OUTAGE_BYTES / LIMIT)  # noqa: B023 - at once
            yield row(name, written[1] / (time.monotonic() - began), LIMIT, "bytes/s", target=">= 0.8")


def _backlog(node: Node) -> tuple[int, int]:
    """Write what came during an outage: images that do not compress; the last entry, and the bytes."""
    writer = node.writer(node.capture_journal)
    for _ in range(OUTAGE_BYTES // 400_000):
        writer.append([Draft("PACS@CHU", "application/pdf", os.urandom(400_000), node.clock.now_ns())])
    writer.checkpoint()
    files = node.journal_files(node.capture_journal)
    head = files.read_head()
    assert head is not None
    writer.close()
    closed = (number for number in files.segments() if number < head.segment)
    return head.sequence, head.offset + sum(files.segment(number).stat().st_size for number in closed)


def _after_a_cut() -> Iterator[dict[str, Any]]:
    """A vault that pulls, over a line of a known rate that was cut (tests/drills/cut_network.py): root alone."""
    name = "vault: catching up, pulled, against its line"
    told = _drill("cut_network", "--waiting", str(WAITING), "--rate", str(LINE)) if WAITING else None
    if told is None:
        yield row(name, 0.0, None, "bytes/s")
        return
    yield row(name, told["bytes_per_s"], LINE, "bytes/s", target=">= 0.8")
    yield row("vault: messages taken, with it cut against with it up", told["rate_cut"], told["rate_up"], "messages/s")
    yield row("vault: CPU a message, with it cut against with it up", told["cpu_us_cut"], told["cpu_us_up"], "us")


def _answers(folder: Path) -> Iterator[dict[str, Any]]:
    """One connection and 32, with each `ack`, in turns."""
    samples: dict[tuple[int, str], list[dict[str, float]]] = {}
    with contextlib.ExitStack() as running:
        receivers = {ack: running.enter_context(_receiver(folder / f"ack-{ack}", ack)) for ack in ("vault", "disk")}
        for _ in range(ROUNDS):
            for connections in (1, 32):
                for ack, (host, port) in receivers.items():
                    samples.setdefault((connections, ack), []).append(_sample(host, port, connections))
    for connections in (1, 32):
        for percent in (50, 99):
            ours, plain = (
                statistics.median(one[f"p{percent}_us"] for one in samples[connections, ack]) for ack in receivers
            )
            yield row(f'vault: answer with ack = "vault", {connections} connections, p{percent}', ours, plain, "us")


@contextlib.contextmanager
def _receiver(folder: Path, ack: str) -> Iterator[tuple[str, int]]:
    """A node's capture and copies processes, and a folder as their vault."""
    folder.mkdir()
    node = home_with(folder, None, settings=f'[capture]\nack = "{ack}"\nwhen_no_vault = "wait"\n')
    home, parent = node.paths.root, ["--parent", str(os.getpid())]
    with (
        start(home, "part", "copies", *parent),
        start(home, "part", "capture", *parent, "--listen", "127.0.0.1:0") as ready,
    ):
        host, _, port = ready["mllp"].rpartition(":")
        yield host, int(port)


def _sample(host: str, port: int, connections: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.peers.client", host, str(port), str(connections), "1.0"]
    done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=_environment())
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _lost() -> Iterator[dict[str, Any]]:
    """Disks destroyed at random instants; the reference is what was acknowledged in all trials."""
    for ack in ("vault", "disk"):
        told = _drill("lost_disks", "--ack", ack, "--trials", str(TRIALS))
        if told is None:
            yield row(f'vault: lost with the disk, ack = "{ack}"', 0.0, None, "messages")
            continue
        name = f'vault: lost with the disk, ack = "{ack}"'
        target = "<= 0" if ack == "vault" else None
        yield row(f"{name}, {told['trials']} trials", told["lost"], told["acknowledged"], "messages", target=target)
        if ack == "disk":
            for at_, value in told["lost_messages"].items():
                yield row(f"{name}, {at_}", value, told["acknowledged"] / told["trials"], "messages")
            for at_, value in told["lost_ms"].items():
                yield row(f"{name}, {at_}", value, LAG_S_MAX * 1000, "ms")


def _drill(name: str, *arguments: str) -> dict[str, Any] | None:
    """What a drill found; None where this machine does not let it run."""
    command = [sys.executable, "-m", f"tests.drills.{name}", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, cwd=ROOT, env=_environment())
    if not done.stdout:
        sys.stderr.write(done.stderr.decode()[-500:])
        return None
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}


def _lag_row(kind: str, rate: int, percent: int, lags: list[float] | None) -> dict[str, Any]:
    name = f"vault: {kind}, lag p{percent} at {rate:,} messages/s"
    if lags is None:
        return row(name, 0.0, None, "s")
    return row(name, at(lags, percent), LAG_S_MAX, "s", target="<= 1" if percent == 99 else None)


def _lags(kind: str, folder: Path, rate: int, store: dict[str, str] | None) -> list[float]:
    """Seconds until the node knew each message to be in the vault."""
    with contextlib.ExitStack() as running:
        if kind == "pulled":
            node, host = paired(folder)
            running.enter_context(start(host.root, "vault", "pull"))
        else:
            node = home_with(folder, store if kind == "object store" else None)
        running.enter_context(start(node.paths.root, "part", "copies", "--parent", str(os.getpid())))
        return _written(node, rate)


def _written(node: Node, rate: int) -> list[float]:
    writer = node.writer(node.capture_journal)
    positions = _Positions(node)
    waiting: deque[tuple[float, int, int]] = deque()  # when synced, sequence, messages
    lags: list[float] = []
    bodies = _bodies()
    writer.append([Draft("BENCH@CHU", MEDIA_HL7V2, bodies[0], node.clock.now_ns())])
    writer.checkpoint()
    _until(lambda: positions.reached() == writer.sequence)  # the link is up
    messages = int(rate * SECONDS)
    began = signed = time.monotonic()
    sent = 0
    while sent < messages or (waiting and time.monotonic() - began < SECONDS + WAIT_S):
        due = min(messages, int((time.monotonic() - began) * rate) + 1)
        if sent < due:
            count = min(due - sent, 200)
            now_ns = node.clock.now_ns()
            drafts = [Draft("BENCH@CHU", MEDIA_HL7V2, bodies[(sent + n) % BODIES], now_ns) for n in range(count)]
            writer.append(drafts)
            sent += count
            waiting.append((time.monotonic(), writer.sequence, count))
        if time.monotonic() - signed > SIGN_S:
            writer.checkpoint()
            signed = time.monotonic()
        reached = positions.reached()
        while waiting and waiting[0][1] <= reached:
            since, _, count = waiting.popleft()
            lags += [time.monotonic() - since] * count
        time.sleep(0.001)
    took = time.monotonic() - began
    writer.close()
    assert not waiting, "something was never copied"
    sys.stderr.write(f"  {rate} a second asked for, {sent / took:.0f} written and copied\n")
    return lags


def _until(claim: Callable[[], bool], seconds: float = WAIT_S) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "nothing was copied"
        time.sleep(0.002)


class _Positions:
    """What the copies process says of the capture journal in its one vault."""

    def __init__(self, node: Node) -> None:
        self._path = node.paths.run / STATE
        self._folder = node.capture_journal.replace("/", "_")
        self._seen = (0, 0)
        self._reached = 0

    def reached(self) -> int:
        """The last entry that the vault gave back."""
        with contextlib.suppress(FileNotFoundError):
            found = self._path.stat()
            if (found.st_ino, found.st_mtime_ns) != self._seen:
                said = msgspec.json.decode(self._path.read_bytes())
                self._reached = max((one["positions"].get(self._folder, 0) for one in said), default=0)
                self._seen = (found.st_ino, found.st_mtime_ns)
        return self._reached


def home_with(folder: Path, store: dict[str, str] | None, *, settings: str = "", limit: int = 0) -> Node:
    """A home with one vault: a folder, or a new bucket of *store*."""
    pair = KeyPair("recovery", bytes(range(32)))
    home = folder / "home"
    make_home(home, "drill/bench", "Bench", pair.recipient, SystemClock())
    node = Node.at(home)
    url, key = f"file://{folder}/vault", None
    if store is not None:
        url, key = _bucket(folder, store)
        credentials_file(node.paths.vault_credentials, url).parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(key, credentials_file(node.paths.vault_credentials, url))
    make_vault(url, outside=home, credentials=key)
    node.paths.run.mkdir(exist_ok=True)
    with node.paths.settings.open("a") as written:
        written.write(f'\n{settings}\n[[vaults]]\nurl = "{url}"\nbytes_per_second_max = {limit}\n')
    return Node.at(home)


def _bucket(folder: Path, store: dict[str, str]) -> tuple[str, Path]:
    from contrefeu.vault.address import Credentials, parse_s3  # noqa: PLC0415 - boto3 is an extra
    from contrefeu.vault.bucket import connect  # noqa: PLC0415

    name = f"bench-{random.randbytes(6).hex()}"
    url = f"s3://{name}/node?endpoint={store['endpoint']}&days=1&open-days=1"
    client = connect(parse_s3(url), Credentials(store["access_key"], store["secret_key"]))
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    key = folder / "credentials.toml"
    key.touch(mode=0o600)
    key.write_text(f'access_key = "{store["access_key"]}"\nsecret_key = "{store["secret_key"]}"\n')
    return url, key


@contextlib.contextmanager
def _store(folder: Path) -> Iterator[dict[str, str] | None]:
    """A real object store; None where there is none."""
    known = os.environ.get("BENCH_S3")
    if known:
        yield json.loads((Path(known) / "s3.json").read_text())
        return
    if shutil.which("radosgw") is None:
        yield None
        return
    script = ROOT / "scripts" / "radosgw.sh"
    subprocess.run([script, "start", folder, "18733"], check=True, stdout=subprocess.DEVNULL)
    try:
        yield json.loads((folder / "s3.json").read_text())
    finally:
        subprocess.run([script, "stop", folder], check=True)


def _bodies() -> list[bytes]:
    chance = random.Random(11)
    return [(BEFORE + b"B%09d" % number + message_after(chance))[1:-2] for number in range(BODIES)]
