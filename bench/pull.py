"""A copy that a vault host pulls over TLS, against the copy that the node itself writes to a folder, at once.

    lag p50, p99          seconds from the journal's sync to the bytes being in the copy, of each message
    vouched p50, p99      seconds from the sync to the vault's cosignature being on the node, against the pace at which
                          the node signs checkpoints (its writer's, every half second)
    lag p99, bringing     the first again, while the vault host brings its copy back without end, against the second
                          that a copy may lag (C5)

`contrefeu part copies` and `contrefeu vault pull` run in processes of their own, as they do in a hospital; the journal
is written here, 1,000 messages a second.
"""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contrefeu.base import SystemClock
from contrefeu.cli.node import Node
from contrefeu.cli.vault_host import prepare_offer
from contrefeu.custody import KeyPair, make_home
from contrefeu.journal import MEDIA_HL7V2, Draft
from contrefeu.proof import ProofMismatch, Verifier, open_checkpoint
from contrefeu.vault import NodeSettings, VaultHost, brought_back, is_pulled, make_vault, public_of

MESSAGES = 10_000
PER_SECOND = 1000
BODY_BYTES = 1200
LAG_S_MAX = 1.0  # C5
SIGN_S = 0.5  # as capture.checkpoint_s
WAIT_S = 60.0  # for the last message to be copied


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> list[dict[str, Any]]:
    node, host = paired(folder)
    with start(node.paths.root, "part", "copies", "--parent", str(os.getpid())), start(host.root, "vault", "pull"):
        pulled, pushed, vouched = _lags(node, host, folder)
        with _bringing_back(node):
            meanwhile, _pushed, _vouched = _lags(node, host, folder)
    rows = []
    for name, at in (("p50", 0.5), ("p99", 0.99)):
        rows.append(_row(f"pull: lag {name}", _quantile(pulled, at), _quantile(pushed, at)))
    for name, at in (("p50", 0.5), ("p99", 0.99)):
        rows.append(_row(f"pull: vouched {name}", _quantile(vouched, at), SIGN_S))
    rows.append(_row("pull: lag p99, bringing", _quantile(meanwhile, 0.99), LAG_S_MAX))
    return rows


@contextlib.contextmanager
def _bringing_back(node: Node) -> Iterator[None]:
    """Have the vault host bring its copy back, and once more as soon as it is here."""
    files = node.journal_files(node.capture_journal)
    url = next(vault.url for vault in node.settings.vaults if is_pulled(vault.url))
    stop = threading.Event()

    def bring() -> None:
        while not stop.is_set():
            with brought_back(node.paths.run, url, {files.folder.name: (1, 10**9)}, 2**30):
                pass

    brings = threading.Thread(target=bring)
    brings.start()
    try:
        yield
    finally:
        stop.set()
        brings.join()


def _lags(node: Node, host: VaultHost, folder: Path) -> tuple[list[float], list[float], list[float]]:
    """Seconds until each message was in the pulled copy, in the folder, and vouched for."""
    journal = node.capture_journal
    writer = node.writer(journal)
    files = node.journal_files(journal)
    places = [host.root / "copies" / "chu", folder / "vault"]
    waiting: list[list[tuple[float, int, int]]] = [[], [], []]  # when, end of the bytes, sequence
    lags: list[list[float]] = [[], [], []]
    body = os.urandom(BODY_BYTES)
    began = signed = time.monotonic()
    sent = 0

    def settle() -> None:
        now = time.monotonic()
        for n, place in enumerate(places):
            _settle(waiting[n], lags[n], now, 1, _held(place, files.folder.name))
        if waiting[2]:
            seen = _vouched(node.paths.root, files.folder.name, files.verifier())
            _settle(waiting[2], lags[2], now, 2, seen)

    while sent < MESSAGES or (any(waiting) and time.monotonic() - began < MESSAGES / PER_SECOND + WAIT_S):
        due = min(MESSAGES, int((time.monotonic() - began) * PER_SECOND) + 1)
        if sent < due:
            count = min(due - sent, 100)
            now_ns = node.clock.now_ns()
            writer.append([Draft("BENCH@CHU", MEDIA_HL7V2, body, now_ns) for _ in range(count)])
            sent += count
            head = files.read_head()
            assert head is not None
            for line in waiting:
                line.extend([(time.monotonic(), (head.segment << 40) + head.offset, head.sequence)] * count)
        if time.monotonic() - signed > SIGN_S:
            writer.checkpoint()
            signed = time.monotonic()
        settle()
        time.sleep(0.001)
    writer.close()
    assert not any(waiting), "something was never copied"
    return lags[0], lags[1], lags[2]


def _settle(waiting: list[tuple[float, int, int]], lags: list[float], now: float, by: int, reached: int) -> None:
    while waiting and waiting[0][by] <= reached:
        lags.append(now - waiting.pop(0)[0])


def _held(vault: Path, journal: str) -> int:
    """How far the copy goes: segment, then bytes of it."""
    found = sorted((vault / "journals" / journal / "segments").glob("*.seg"))
    return (int(found[-1].stem) << 40) + found[-1].stat().st_size if found else 0


def _vouched(home: Path, journal: str, verifier: Verifier) -> int:
    """The last entry that the vault vouched for."""
    notes = [path.read_bytes() for path in home.glob(f"vouched/[0-9a-f]*/{journal}.checkpoint")]  # not "store-…"
    try:
        return max((open_checkpoint(note, [verifier]).entries for note in notes), default=0)
    except ProofMismatch:
        return 0


def paired(folder: Path) -> tuple[Node, VaultHost]:
    """A home with a folder as its vault, and a vault host that pulls from it."""
    pair = KeyPair("recovery", bytes(range(32)))
    make_home(folder / "home", "drill/bench", "Bench", pair.recipient, SystemClock())
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    host = VaultHost.make(folder / "host", "vault-b", 400)
    node = Node.at(folder / "home")
    url = f"pull+https://127.0.0.1:{port}?key={host.cosigner().key}"
    prepare_offer(node, url)
    vault = make_vault(f"file://{folder}/vault", outside=node.paths.root)
    with node.paths.settings.open("a") as settings:
        settings.write(f'\n[[vaults]]\nurl = "{url}"\n\n[[vaults]]\nurl = "{vault.url}"\n')
    own = Verifier("n1", public_of(node.paths.signing_seed("serve").read_bytes()))
    host.add(NodeSettings("chu", f"pull+https://127.0.0.1:{port}?key={own}"))
    node.writer(node.capture_journal).close()
    return Node.at(folder / "home"), host


@contextlib.contextmanager
def start(home: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """A process of its own, and what it says when it is ready; it is ended behind."""
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), *arguments]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert program.stdout is not None
    try:
        ready: dict[str, Any] = json.loads(program.stdout.readline())
        assert ready["event"] == "ready"
        yield ready
    finally:
        program.terminate()
        program.wait(20)
        program.stdout.close()


def _quantile(values: list[float], at: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * at))] if at != 0.5 else statistics.median(values)


def _row(name: str, ours: float, reference: float) -> dict[str, Any]:
    return {"name": name, "ours": ours, "reference": reference, "ratio": ours / reference, "unit": "s"}
