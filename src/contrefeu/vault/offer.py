"""Offering: the node's side of a pulled copy. It listens for vault hosts whose keys are in the settings.

Rules kept here:
  * Whoever does not hold a pinned key gets a closed connection, and at most HANDSHAKES_MAX try at once.
  * One connection a vault host: a new one takes the place of the old one, which may be half dead.
  * How a copy stands is what the vault host said after its last step, and how long ago it was complete.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog

from contrefeu.base import OperatorError
from contrefeu.vault.answers import Answers
from contrefeu.vault.back import Brought
from contrefeu.vault.link import WAIT_MS_MAX, LinkCut, Stand, Vouch, receive_question, send_message
from contrefeu.vault.pairing import Offered, parse_offered
from contrefeu.vault.pins import NotPinned, peer_of, tls_context
from contrefeu.vault.ship import Home
from contrefeu.vault.vouched import VouchedBy

HANDSHAKES_MAX = 16  # strangers who have not shown a key yet; further ones are hung up on
HANDSHAKE_S_MAX = 10.0  # for a vault host to show its key
QUIET_S_MAX = 2 * WAIT_MS_MAX / 1000  # a vault host asks again at once: one that is so quiet is gone
BIND_S = 1.0  # an address that cannot be listened on is tried again so often
AWAY_S = 5.0  # after so long without a word the vault host is shown as away
STATES = frozenset(["up-to-date", "catching-up", "alarm", "refused"])
PROBLEM_LENGTH_MAX = 500  # of a text that another machine gave and people are shown

log = structlog.get_logger("vault")


class OfferedCopy:
    """One pulling vault as the node sees it."""

    def __init__(self, url: str, home: Home, run: Path) -> None:
        self.url = url
        self.brought = Brought(run, url)
        self.address = parse_offered(url)
        self.vouched = VouchedBy(home.journals, self.address.witness)
        self._home = home
        self._lock = threading.Lock()
        self._connection: ssl.SSLSocket | None = None
        self._state, self._problem, self._entries = "unreachable", "", sum(self.vouched.positions().values())
        self._heard_at = self._fresh_at = time.monotonic()
        self._looked: dict[str, float] = {}  # when each of the last marks was still the news

    def described(self) -> dict[str, Any]:
        """`url`, `entries`, `lag_seconds`, `state`, `problem`, as of any vault."""
        now = time.monotonic()
        away = self._connection is None or now - self._heard_at > AWAY_S
        gone = f"{self.address.witness.name} is not connected: it is the vault host that connects."
        return {
            "url": self.url,
            "entries": self._entries,
            "lag_seconds": round(max(0.0, now - self._fresh_at), 3),
            "state": "unreachable" if away and self._state != "refused" else self._state,
            "problem": f"{gone} {self._problem}".strip() if away else self._problem,
        }

    def serve(self, connection: ssl.SSLSocket, stop: threading.Event) -> None:
        """Answer until the vault host is gone, or another connection of it is there."""
        with self._lock:
            before, self._connection = self._connection, connection
        if before is not None:
            _hang_up(before)
        log.info("a vault host connected", vault=self.address.witness.name)
        answers = Answers(self._home, self._note, self._stand, stop.is_set, self.brought)
        try:
            while not stop.is_set():
                question = receive_question(connection, wait_s=QUIET_S_MAX)
                answer = answers.to(question)
                self._heard_at = time.monotonic()
                mark = getattr(answer, "mark", "")
                if mark and mark not in self._looked:
                    self._looked = dict(list(self._looked.items())[-8:]) | {mark: self._heard_at}
                elif mark:
                    self._looked[mark] = self._heard_at
                send_message(connection, answer)
        except LinkCut as cut:
            log.info("a vault host is gone", vault=self.address.witness.name, reason=cut.what)
        finally:
            answers.close()
            with self._lock:
                if self._connection is connection:
                    self._connection = None

    def hang_up(self) -> None:
        """End the connection."""
        with self._lock:
            connection = self._connection
        if connection is not None:
            _hang_up(connection)

    def _note(self, said: Vouch) -> None:
        self.vouched.note(said.journal, said.note)

    def _stand(self, said: Stand) -> None:
        self._state = said.state if said.state in STATES else "alarm"
        self._problem = "".join(c for c in said.problem if c.isprintable())[:PROBLEM_LENGTH_MAX]
        self._entries = max(0, sum(said.entries.values()))
        if self._state in {"up-to-date", "alarm"}:
            self._fresh_at = max(self._fresh_at, self._looked.get(said.mark, 0.0))


class Offers:
    """All pulling vaults of a node: listens where the settings say, for the keys that they name."""

    def __init__(self, home: Home, seed_file: Path | None, run: Path) -> None:
        """Offer what is in *home*, under the key in *seed_file*; what is asked back passes through *run*."""
        self._home = home
        self._run = run
        self._seed_file = seed_file
        self._urls: list[str] = []
        self._copies: dict[str, OfferedCopy] = {}
        self._listeners: dict[tuple[str, int], _Listener] = {}
        self._refused: dict[str, str] = {}  # addresses that are none, and why

    def keep(self, urls: Iterable[str]) -> None:
        """Offer to the vault hosts in *urls*, and to no other."""
        wanted = list(urls)
        if wanted == self._urls:
            return
        self._urls = wanted
        self._refused.clear()
        for url in [url for url in self._copies if url not in wanted]:
            left = self._copies.pop(url)
            left.hang_up()
            left.brought.forget()
        for url in wanted:
            if url not in self._copies:
                try:
                    self._copies[url] = OfferedCopy(url, self._home, self._run)
                except OperatorError as refused:
                    self._refused[url] = refused.what
        self._listen()

    def _listen(self) -> None:
        by_place: dict[tuple[str, int], list[OfferedCopy]] = {}
        for copy in self._copies.values():
            by_place.setdefault(_place(copy.address), []).append(copy)
        for place in [place for place in self._listeners if place not in by_place]:
            self._listeners.pop(place).close()
        if not by_place:
            return
        seed = self._seed()
        if not seed:
            self._refused |= dict.fromkeys(self._copies, "This node has no key yet: contrefeu vault serve --key.")
            self._copies.clear()
            self._urls = []  # asked again: the key may come
            return
        for place, copies in by_place.items():
            listener = self._listeners.get(place)
            if listener is None:
                listener = self._listeners[place] = _Listener(place, seed)
                listener.let_in(copies)
                listener.start()
            else:
                listener.let_in(copies)

    def _seed(self) -> bytes:
        try:
            return self._seed_file.read_bytes() if self._seed_file is not None else b""
        except OSError:
            return b""

    def described(self, url: str) -> dict[str, Any]:
        """How one of them stands."""
        if url in self._refused:
            problem = self._refused[url]
            return {"url": url, "entries": 0, "lag_seconds": None, "state": "unreachable", "problem": problem}
        copy = self._copies[url]
        listener = self._listeners[_place(copy.address)]
        told = copy.described()
        if listener.problem:
            told |= {"state": "unreachable", "problem": listener.problem}
        return told

    def tidy(self) -> None:
        """Take away what was brought back and nobody asks for any more, connected or not."""
        for copy in self._copies.values():
            copy.brought.wanted()

    def vouched(self, url: str) -> dict[str, int]:
        """The last entry of each journal that the vault at *url* vouched for: what `ack = "vault"` waits for."""
        copy = self._copies.get(url)
        return copy.vouched.positions() if copy is not None else {}

    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens now."""
        return [listener.address for listener in self._listeners.values() if listener.address[1]]

    def problems(self) -> list[str]:
        """Why it does not listen where it should."""
        found = [*self._refused.values(), *(listener.problem for listener in self._listeners.values())]
        return [problem for problem in found if problem]

    def close(self) -> None:
        """Stop listening, and hang up."""
        for copy in self._copies.values():
            copy.hang_up()
        for listener in self._listeners.values():
            listener.close()
        self._copies.clear()
        self._listeners.clear()
        self._urls = []


class _Listener(threading.Thread):
    """One address, for the vault hosts that are to come there."""

    def __init__(self, place: tuple[str, int], seed: bytes) -> None:
        super().__init__(name="offer", daemon=True)
        self._place = place
        self._seed = seed
        self._stop_now = threading.Event()
        self._strangers = threading.Semaphore(HANDSHAKES_MAX)
        self._known: tuple[ssl.SSLContext, dict[bytes, OfferedCopy]] | None = None
        self.address: tuple[str, int] = ("", 0)
        self.problem = ""

    def let_in(self, copies: list[OfferedCopy]) -> None:
        """Let in the vault hosts of *copies*; who is connected already stays."""
        by_key = {copy.address.witness.public: copy for copy in copies}
        self._known = tls_context(self._seed, by_key, server=True), by_key

    def close(self) -> None:
        """Stop listening."""
        self._stop_now.set()

    def run(self) -> None:
        """Listen until closed."""
        while not self._stop_now.is_set():
            try:
                family = socket.AF_INET6 if ":" in self._place[0] else socket.AF_INET
                with socket.create_server(self._place, family=family, backlog=HANDSHAKES_MAX) as server:
                    self.problem = ""
                    self.address = server.getsockname()[:2]
                    server.settimeout(0.2)
                    self._accept(server)
            except OSError as refused:
                self.problem = f"Nothing listens on port {self._place[1]}: {refused.strerror or 'no such address'}."
                self._stop_now.wait(BIND_S)

    def _accept(self, server: socket.socket) -> None:
        while not self._stop_now.is_set():
            try:
                connection, _peer = server.accept()
            except TimeoutError:
                continue
            if not self._strangers.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._greet, args=(connection,), name="offer", daemon=True).start()

    def _greet(self, connection: socket.socket) -> None:
        """Find out who calls; answer when it is a vault host that is known."""
        assert self._known is not None, "it listens for somebody"
        context, known = self._known
        connection.settimeout(HANDSHAKE_S_MAX)
        secure = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        too_long = threading.Timer(HANDSHAKE_S_MAX, _hang_up, [secure])
        too_long.daemon = True
        too_long.start()
        try:
            try:
                secure.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                secure.do_handshake()
                copy = known[peer_of(secure, known)]
            except (OSError, ValueError, NotPinned):
                log.warning("a stranger was hung up on", port=self._place[1])
                return
            finally:
                too_long.cancel()
                self._strangers.release()
            copy.serve(secure, self._stop_now)
        finally:
            _hang_up(secure)
            secure.close()


def _place(address: Offered) -> tuple[str, int]:
    return address.host, address.port


def _hang_up(connection: ssl.SSLSocket) -> None:
    """Whoever reads or writes it finds it cut; its own thread closes it."""
    with contextlib.suppress(OSError):
        # Not SSLSocket's own, which takes the encryption off first, under another thread's hands.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
