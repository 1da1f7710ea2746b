"""A node that offers and a vault host that pulls, over TLS on this machine; and what can stand between them."""

import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from contrefeu.base import SystemClock
from contrefeu.journal import MEDIA_HL7V2, Draft
from contrefeu.proof import Verifier
from contrefeu.vault import CopyState, DirectoryVault, NodeSettings, Offers, VaultHost, public_of
from contrefeu.vault.pace import Pace
from contrefeu.vault.pairing import parse_pulled
from contrefeu.vault.pull import LinkPuller, NodeShipper
from contrefeu.vault.pulled import NodeLink
from contrefeu.vault.quota import QuotaVault
from tests.vault.house import House

GIB = 2**30
NOISE = Random(7)
WAIT_S = 60


def until(claim: Callable[[], bool], seconds: float = WAIT_S) -> float:
    """Wait for *claim*; returns how long it took."""
    began = time.monotonic()
    while not claim():
        assert time.monotonic() - began < seconds, "it did not come true"
        time.sleep(0.01)
    return time.monotonic() - began


def say_much(house: House, count: int, size: int) -> None:
    """Append entries that take their size on disk; then sign for them."""
    writer = house.start()
    for _ in range(count):
        house.said += 1
        writer.append([Draft("LAB@CHU", MEDIA_HL7V2, NOISE.randbytes(size), house.clock.now_ns())])
        house.clock.advance(seconds=1)
    writer.checkpoint()


class Node:
    """A house that offers to one vault host."""

    def __init__(self, house: House, host: VaultHost) -> None:
        self.house = house
        self.seed_file = house.root / "node" / "serve.seed"
        self.seed_file.parent.mkdir(parents=True, exist_ok=True)
        if not self.seed_file.exists():
            self.seed_file.write_bytes(secrets.token_bytes(32))
        self.url = f"pull+https://127.0.0.1:0?key={host.cosigner().key}"
        self.run = house.root / "run"
        self.run.mkdir(exist_ok=True)
        self.offers = Offers(house, self.seed_file, self.run)
        self.offers.keep([self.url])
        until(lambda: bool(self.offers.addresses()))

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.offers.addresses()[0][1]

    @property
    def key(self) -> str:
        """The line that vault hosts must know."""
        return str(Verifier("n1", public_of(self.seed_file.read_bytes())))

    def url_at(self, port: int = 0, key: str = "") -> str:
        """The address that the vault host has."""
        return f"pull+https://127.0.0.1:{port or self.port}?key={key or self.key}"

    def told(self) -> dict[str, Any]:
        """How the node shows the copy."""
        return self.offers.described(self.url)


@contextlib.contextmanager
def offering(house: House, host: VaultHost) -> Iterator[Node]:
    """A node that offers until the test is done with it."""
    node = Node(house, host)
    try:
        yield node
    finally:
        node.offers.close()


@contextlib.contextmanager
def pulling(
    host: VaultHost, url: str, *, quota_gib: float = 1.0, bytes_per_second_max: int = 0
) -> Iterator[LinkPuller]:
    """A vault host that pulls, in a thread, as `contrefeu vault pull` runs it."""
    node = NodeSettings("chu", url, quota_gib, bytes_per_second_max)
    puller = LinkPuller(host, host.settings(), node, SystemClock())
    puller.start()
    try:
        yield puller
    finally:
        puller.leave()
        puller.join(20)
        assert not puller.is_alive()


def copies(host: VaultHost) -> DirectoryVault:
    """The vault that the copies of the one node are."""
    root = host.root / "copies" / "chu"
    return DirectoryVault(f"file://{root}", root)


class PulledSteps:
    """A `Shipper` to the suite of claims: each step is a look, a pull and a word back, over TLS."""

    running: list[Node]

    def __init__(self, house: House, vault: QuotaVault) -> None:
        host = VaultHost(vault.folder("").parent / "host")
        if not host.root.exists():
            VaultHost.make(host.root, "vault-b", 400)
        node = Node(house, host)
        self.running.append(node)
        self.link = NodeLink(parse_pulled(node.url_at()), host.seed(), Pace(0))
        self.shipper = NodeShipper(self.link, vault, vault.folder("").parent / "rights")

    def step(self, bytes_max: int = 1 << 62) -> CopyState:
        """One step."""
        self.shipper.take(self.link.look("again", 0))
        found = self.shipper.pull(bytes_max)
        assert found.state != "full"
        return CopyState(found.entries, found.state, found.problem, found.complete)


class Between:
    """A proxy between vault host and node: passes bytes, cuts, delays or changes them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.budget = 1 << 60  # bytes from the node before the connection is cut
        self.change: Callable[[bytes], bytes] = lambda data: data
        self.passed = bytearray()
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept nobody any more."""
        self.server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                self.connections += 1
                threading.Thread(target=self._pass, args=(near,), daemon=True).start()

    def _pass(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near, socket.create_connection(("127.0.0.1", self._port)) as far:
            back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while data := near.recv(65536):
                    far.sendall(data)
            with contextlib.suppress(OSError):
                far.shutdown(socket.SHUT_RDWR)
            back.join(10)

    def _pump(self, far: socket.socket, near: socket.socket) -> None:
        left = self.budget
        with contextlib.suppress(OSError):
            while data := far.recv(min(65536, max(1, left))):
                left -= len(data)
                self.passed += data
                near.sendall(self.change(data))
                if left <= 0:
                    break
        for end in (near, far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def made_host(tmp_path: Path) -> VaultHost:
    """A vault host."""
    return VaultHost.make(tmp_path / "host", "vault-b", 400)
