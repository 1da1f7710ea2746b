"""Meeting peers: calling them, answering them, round after round for as long as the link is up.

Rules kept here:
  * A round is: one takes, then the other takes, over the same connection: a peer that cannot be called is served by
    its own call.
  * Each end is known by its pinned certificate; who has none is hung up on before a question is read.
  * A peer that hangs, floods or lies costs its own thread and its own line, and no other peer's.
  * Each round measures the peer's clock: offset, and half the time the question took as its uncertainty.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from contrefeu.base import Clock, ClockOffset, ContrefeuError, OperatorError
from contrefeu.vault.exchange import Exchange
from contrefeu.vault.identity import client_context, server_context
from contrefeu.vault.peers import Peer
from contrefeu.vault.report import Found, Report
from contrefeu.vault.wire import Answerer, PeerAway, PeerShelf, Rate, Wire

CONNECT_S_MAX = 5.0  # a peer that is up answers at once
CALL_AGAIN_S_MAX = 5.0  # a peer that came back is called within so long
PENDING_MAX = 32  # connections that have shown no certificate yet

log = structlog.get_logger("exchange")


@dataclass(slots=True)
class PeerState:
    """How it stands with one peer."""

    state: str = "never met"  # up-to-date, catching-up, refused, alarm, unreachable
    last_ns: int = 0  # end of the last whole round
    offset: ClockOffset | None = None
    found: list[Found] = field(default_factory=list)
    problem: str = ""


class Meeting:
    """One station's meetings with all of its peers."""

    def __init__(
        self, exchange: Exchange, identity: Path, clock: Clock, *, every_s: float = 1.0, bytes_per_s: int = 16 * 2**20
    ) -> None:
        """Stand ready.

        Args:
            exchange: This station's side.
            identity: The folder of its TLS key (identity.py).
            clock: What time it is.
            every_s: Seconds between two rounds with one peer.
            bytes_per_s: The most that goes over one connection.
        """
        self._exchange = exchange
        self._identity = identity
        self._clock = clock
        self._every_s = every_s
        self._bytes_per_s = bytes_per_s
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str], Wire] = {}  # (who called, node) -> the connection
        self._pending = threading.BoundedSemaphore(PENDING_MAX)
        self._callers: dict[str, threading.Thread] = {}
        self._listener: socket.socket | None = None
        self.states: dict[str, PeerState] = {}
        self.measured: Callable[[str, ClockOffset], None] = lambda _node, _offset: None

    # Answering.

    def listen(self, address: str) -> str:
        """Answer peers at *address* (HOST:PORT); returns where.

        Raises:
            OSError: The address is not to be had.
        """
        host, _, port = address.rpartition(":")
        host = host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, int(port)), family=family, backlog=PENDING_MAX)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="peers", daemon=True).start()
        bound = listener.getsockname()
        return f"[{bound[0]}]:{bound[1]}" if family == socket.AF_INET6 else f"{bound[0]}:{bound[1]}"

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if not self._pending.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._answer, args=(connection,), name="peer", daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            met = self._shaken(connection)
        finally:
            self._pending.release()
        if met is None:
            connection.close()
            return
        wire, peer = met
        self._hold(("peer", peer.node), wire)
        try:
            answerer = Answerer(self._exchange, peer, self._clock)
            while not self._stopping.is_set():
                answerer.answer_until_turn(wire)
                shelf = PeerShelf(wire, peer.node)
                report = self._take(shelf, peer)
                shelf.turn(report.taken)
                self._done(peer, report)
        except ContrefeuError as away:
            self._away(peer, away)
        except Exception as defect:
            log.error("an exchange stopped on something unforeseen", peer=peer.node, error=type(defect).__name__)
        finally:
            self._let_go(("peer", peer.node), wire)

    def _shaken(self, connection: socket.socket) -> tuple[Wire, Peer] | None:
        connection.settimeout(CONNECT_S_MAX)
        peers = [peer for peer in self._exchange.peers.joined() if peer.card.certificate]
        try:
            context = server_context(self._identity, (peer.card.certificate for peer in peers))
            secure = context.wrap_socket(connection, server_side=True)
        except (OSError, ValueError):
            return None
        shown = secure.getpeercert(binary_form=True)
        peer = next((peer for peer in peers if peer.card.certificate == shown), None)
        if peer is None:
            secure.close()
            return None
        return Wire(secure, Rate(self._bytes_per_s)), peer

    # Calling.

    def follow(self) -> None:
        """See whom to call: one thread a peer that has an address; to be asked again now and then."""
        for peer in self._exchange.peers.joined():
            thread = self._callers.get(peer.node)
            if peer.address and (thread is None or not thread.is_alive()):
                thread = threading.Thread(target=self._call_on, args=(peer.node,), name="call", daemon=True)
                self._callers[peer.node] = thread
                thread.start()

    def _call_on(self, node: str) -> None:
        pause_s = 0.5
        while not self._stopping.is_set():
            peer = self._exchange.peers.get(node)
            if peer is None or peer.decided.revoked or not peer.address:
                return
            if self._called_by(node):
                self._stopping.wait(self._every_s)
                continue
            began = time.monotonic()
            try:
                self._rounds(peer, peer.address)
            except ContrefeuError as away:
                self._away(peer, away)
            except Exception as defect:
                log.error("an exchange stopped on something unforeseen", peer=node, error=type(defect).__name__)
            pause_s = 0.5 if time.monotonic() - began > CALL_AGAIN_S_MAX else min(CALL_AGAIN_S_MAX, pause_s * 2)
            self._stopping.wait(pause_s)

    def _called_by(self, node: str) -> bool:
        """Whether the peer calls here, and its calls are the ones that count: of two, one connection is enough."""
        with self._lock:
            return ("peer", node) in self._open and node < self._exchange.node

    def _rounds(self, peer: Peer, address: str) -> None:
        wire = self._connect(peer, address)
        self._hold(("here", peer.node), wire)
        try:
            while not self._stopping.is_set() and not self._called_by(peer.node):
                report = self._round(wire, peer)
                self._done(peer, report)
                if not report.more:
                    self._stopping.wait(self._every_s)
        finally:
            self._let_go(("here", peer.node), wire)

    def once(self, url: str) -> Report:
        """Meet the peer at *url* (https://HOST:PORT) until neither has anything new for the other.

        Raises:
            OperatorError: No peer that was joined is reached there.
            PeerAway: It does not answer.
        """
        parts = urlsplit(url)
        address = parts.netloc
        known = [peer for peer in self._exchange.peers.joined() if peer.card.certificate]
        peer = next((peer for peer in known if peer.address == address), None)
        candidates = [peer] if peer is not None else known
        for one in candidates:
            wire = self._try(one, address)
            if wire is None:
                continue
            try:
                whole = Report()
                for _ in range(3):  # what the first round brings (keys), the next ones answer (grants, cosignatures)
                    report = self._round(wire, one)
                    while report.more:
                        self._add(whole, report)
                        report = self._round(wire, one)
                    self._add(whole, report)
                whole.found = report.found
                return whole
            finally:
                wire.close()
        raise OperatorError(
            f"No station that was joined answers at {address}.",
            safe="Nothing was given and nothing was taken.",
            next="contrefeu station list names the peers; their operator says where they answer.",
        )

    def _try(self, peer: Peer, address: str) -> Wire | None:
        try:
            return self._connect(peer, address)
        except PeerAway:
            if peer.address == address:
                raise
            return None

    def _connect(self, peer: Peer, address: str) -> Wire:
        host, _, port = address.rpartition(":")
        try:
            connection = socket.create_connection((host.strip("[]"), int(port)), CONNECT_S_MAX)
        except (OSError, ValueError) as gone:
            reason = getattr(gone, "strerror", "") or type(gone).__name__
            raise PeerAway(f'"{peer.node}" does not answer at {address}: {reason}.') from None
        try:
            context = client_context(self._identity, [peer.card.certificate])
            secure = context.wrap_socket(connection)
        except (ssl.SSLError, OSError):
            connection.close()
            raise PeerAway(
                f'Whoever answers at {address} is not "{peer.node}", or did not join this station.'
            ) from None
        if secure.getpeercert(binary_form=True) != peer.card.certificate:
            secure.close()
            raise PeerAway(f'Whoever answers at {address} is not "{peer.node}".')
        return Wire(secure, Rate(self._bytes_per_s))

    # A round.

    def _round(self, wire: Wire, peer: Peer) -> Report:
        shelf = PeerShelf(wire, peer.node)
        report = self._take(shelf, peer)
        shelf.turn(report.taken)
        report.given = Answerer(self._exchange, peer, self._clock).answer_until_turn(wire)
        return report

    def _take(self, shelf: PeerShelf, peer: Peer) -> Report:
        self._measure(shelf, peer)
        report = Report()
        self._exchange.take(shelf, report)
        return report

    def _measure(self, shelf: PeerShelf, peer: Peer) -> None:
        asked, asked_ns = time.monotonic(), self._clock.now_ns()
        there_ns = shelf.clock()
        half_ns = int((time.monotonic() - asked) * 1e9 / 2)
        offset = ClockOffset(there_ns - asked_ns - half_ns, half_ns)
        self._state(peer).offset = offset
        self.measured(peer.node, offset)

    def _add(self, whole: Report, part: Report) -> None:
        for name, count in part.taken.items():
            whole.taken[name] = whole.taken.get(name, 0) + count
        for name, count in part.given.items():
            whole.given[name] = whole.given.get(name, 0) + count

    # States.

    def _state(self, peer: Peer) -> PeerState:
        with self._lock:
            return self.states.setdefault(peer.node, PeerState())

    def _done(self, peer: Peer, report: Report) -> None:
        state = self._state(peer)
        status = report.exit_status
        state.found, state.problem = report.found, ""
        state.state = (
            "refused" if status == 12 else "alarm" if status else "catching-up" if report.more else "up-to-date"
        )
        state.last_ns = self._clock.now_ns()

    def _away(self, peer: Peer, away: ContrefeuError) -> None:
        if self._stopping.is_set():
            return
        state = self._state(peer)
        if state.state != "unreachable":
            log.warning("a peer is away", peer=peer.node, kind=away.kind)
        state.state, state.problem = "unreachable", away.what

    def _hold(self, key: tuple[str, str], wire: Wire) -> None:
        with self._lock:
            old, self._open[key] = self._open.get(key), wire
        if old is not None:
            old.close()  # the peer calls anew: the old connection is a dead one

    def _let_go(self, key: tuple[str, str], wire: Wire) -> None:
        with self._lock:
            if self._open.get(key) is wire:
                del self._open[key]
        wire.close()

    def stop(self) -> None:
        """End every meeting."""
        self._stopping.set()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._lock:
            wires = list(self._open.values())
        for wire in wires:
            wire.close()
        for thread in self._callers.values():
            thread.join(CONNECT_S_MAX)
