"""What two stations say to each other over a connection: one asks, the other answers; then they change places.

    message = length u32 || MessagePack
    question = [name, argument...]      answer = what it asks for, or an error
    "turn" is answered like any other question; then whoever answered asks

Rules kept here:
  * A station answers with what it gives who asks: sealed journals, its public keys, grants. A ward's station is given
    its ward's journal, and no other.
  * Names in a question are looked up among what is given; none becomes part of a path.
  * A message has a greatest length, a question a time limit, a connection a rate: a peer fills no memory and no line.
"""

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, TypeVar

import msgspec

from contrefeu.base import Clock, StorageError
from contrefeu.journal import JournalFiles
from contrefeu.proof import ProofMismatch, Verifier
from contrefeu.vault.exchange import Exchange
from contrefeu.vault.peers import Peer
from contrefeu.vault.shelf import NOTE_BYTES_MAX, OFFERS_MAX, Offer

READ_BYTES_MAX = 2**20  # of a segment in one answer
MESSAGE_BYTES_MAX = 4 * 2**20  # offers of a thousand journals; grants and cosignatures come in parts
QUESTION_S_MAX = 15.0  # the longest wait for an answer: a disk that is slow to spin up
IDLE_S_MAX = 120.0  # the longest wait for a question: twice the longest pause between two rounds
NUMBERS_MAX = 4096  # segments in one answer: half a year of hours
NODES_MAX = 256  # stations in one question
NOTES_BYTES_MAX = 2**20  # of grants in one answer
RATE_WINDOW_S = 1.0  # what was not used of the rate may be used later, this long

_LENGTH = Struct(">I")
T = TypeVar("T")


class PeerAway(StorageError):
    """A peer does not answer, or says what is no answer."""

    kind = "peer-away"


class Rate:
    """So many bytes a second."""

    def __init__(self, bytes_per_s: int) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_at = time.monotonic()
        self._lock = threading.Lock()

    def spend(self, count: int, wait: Callable[[float], Any] = time.sleep) -> None:
        """Wait until *count* bytes may pass."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now - RATE_WINDOW_S) + count / self._bytes_per_s
            ahead = self._free_at - now
        if ahead > 0:
            wait(ahead)


class Wire:
    """One connection to a peer that showed its certificate."""

    def __init__(self, connection: ssl.SSLSocket, rate: Rate) -> None:
        connection.settimeout(QUESTION_S_MAX)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._rate = rate

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # whoever waits on it in another thread is woken
        self._connection.close()

    def send(self, value: Any) -> None:
        """Say *value*."""
        data = msgspec.msgpack.encode(value)
        assert len(data) <= MESSAGE_BYTES_MAX, "answers are cut before"
        self._rate.spend(len(data))
        try:
            self._connection.settimeout(QUESTION_S_MAX)
            self._connection.sendall(_LENGTH.pack(len(data)) + data)
        except OSError as gone:
            raise _away(gone) from None

    def receive(self, kind: type[T], wait_s: float = QUESTION_S_MAX) -> T:
        """What the peer says, if it is a *kind*.

        Raises:
            PeerAway: It says nothing, or something else.
        """
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, wait_s))
        if length > MESSAGE_BYTES_MAX:
            raise PeerAway("A peer's message is too long.")
        self._rate.spend(length)
        try:
            return msgspec.msgpack.decode(self._exactly(length), type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise PeerAway("A peer's message is not one.") from None

    def _exactly(self, count: int, wait_s: float = QUESTION_S_MAX) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                self._connection.settimeout(wait_s)
                part = self._connection.recv(count - len(data))
            except OSError as gone:
                raise _away(gone) from None
            if not part:
                raise PeerAway("A peer hung up.")
            data += part
        return bytes(data)


def _away(gone: OSError) -> PeerAway:
    return PeerAway(
        f"A peer does not answer: {gone.strerror or type(gone).__name__}.",
        safe="Everything that was taken so far.",
        next="The exchange goes on by itself when the peer is back.",
    )


class PeerShelf:
    """What the peer at the other end offers."""

    direct = True

    def __init__(self, wire: Wire, giver: str) -> None:
        self._wire = wire
        self.giver = giver

    def _ask(self, kind: type[T], *question: Any) -> T:
        self._wire.send(question)
        return self._wire.receive(kind)

    def offers(self) -> Sequence[Offer]:
        """The journals that it has."""
        found = []
        for line, note in self._ask(list[tuple[str, bytes]], "offers")[:OFFERS_MAX]:
            try:
                if len(note) <= NOTE_BYTES_MAX:
                    found.append(Offer(Verifier.parse(line), note))
            except ProofMismatch:
                continue
        return found

    def expired(self, journal: str) -> bytes:
        """The note that says how far a journal has ended."""
        return self._ask(bytes, "expired", journal)

    def numbers(self, journal: str, after: int) -> Sequence[int]:
        """Segments above *after*, in order."""
        found = self._ask(list[int], "numbers", journal, after)
        if found != sorted(found) or (found and found[0] <= after):
            raise PeerAway("A peer names segments out of order.")
        return found

    def read(self, journal: str, number: int, offset: int, length: int) -> bytes:
        """Bytes of a segment."""
        data = bytearray()
        while len(data) < length:
            wanted = min(length - len(data), READ_BYTES_MAX)
            part = self._ask(bytes, "read", journal, number, offset + len(data), wanted)
            data += part[:wanted]
            if len(part) < wanted:
                break
        return bytes(data)

    def reading_keys(self, nodes: Sequence[str]) -> dict[str, bytes]:
        """The notes of the reading keys of *nodes*."""
        return self._ask(dict[str, bytes], "reading-keys", nodes)

    def grants(self, wanted: dict[str, dict[str, int]]) -> Sequence[tuple[str, bytes]]:
        """Grants of each journal above a segment; more of them come when asked again."""
        return self._ask(list[tuple[str, bytes]], "grants", wanted)

    def cosigned(self) -> Sequence[bytes]:
        """This station's checkpoints, as the peer cosigned them."""
        return self._ask(list[bytes], "cosigned")

    def clock(self) -> int:
        """What time it is there; ns."""
        return self._ask(int, "clock")

    def turn(self, taken: dict[str, int]) -> None:
        """Let the peer ask; it is told how many entries were taken."""
        self._ask(bool, "turn", taken)


class Answerer:
    """Answers one peer."""

    def __init__(self, exchange: Exchange, peer: Peer, clock: Clock) -> None:
        self._exchange = exchange
        self._peer = peer
        self._clock = clock
        self._given: dict[str, JournalFiles] = {}

    def answer_until_turn(self, wire: Wire) -> dict[str, int]:
        """Answer the peer's questions until it gives the turn; returns what it says that it took.

        Raises:
            PeerAway: It went away, or asked what is no question.
        """
        while True:
            name, *arguments = wire.receive(list[Any], IDLE_S_MAX) or [""]
            if name == "turn":
                wire.send(True)
                return _counts(arguments)
            if self._exchange.peers.get(self._peer.node) is not self._peer:
                raise PeerAway("The peer was revoked, or joined anew.")
            try:
                wire.send(self._answer(str(name), *arguments))
            except (TypeError, ValueError, IndexError, OverflowError, msgspec.MsgspecError):
                raise PeerAway("A peer's question is not one.") from None

    def _answer(self, name: str, *arguments: Any) -> Any:
        if name == "offers":
            offers = self._exchange.offers([self._peer])
            journals = self._exchange.journals
            self._given = {offer.verifier.name: JournalFiles.of(journals, offer.verifier.name) for offer in offers}
            return [(str(offer.verifier), offer.note) for offer in offers]
        if name == "numbers":
            return self._numbers(*arguments)
        if name == "expired":
            return self._expired(*arguments)
        if name == "read":
            return self._read(*arguments)
        if name == "reading-keys":
            return self._exchange.reading_keys(msgspec.convert(arguments[0], list[str])[:NODES_MAX])
        if name == "grants":
            return self._grants(*arguments)
        if name == "cosigned":
            return _cut(self._exchange.cosigned_for(self._peer))
        if name == "clock":
            return self._clock.now_ns()
        raise ValueError(name)

    def _numbers(self, journal: str, after: int) -> list[int]:
        files = self._given.get(journal)
        return [n for n in files.segments() if n > after][:NUMBERS_MAX] if files is not None else []

    def _expired(self, journal: str) -> bytes:
        files = self._given.get(journal)
        try:
            return files.expired.read_bytes()[:NOTE_BYTES_MAX] if files is not None else b""
        except FileNotFoundError:
            return b""

    def _read(self, journal: str, number: int, offset: int, length: int) -> bytes:
        files = self._given.get(journal)
        if files is None or number < 1 or offset < 0 or not 0 <= length <= READ_BYTES_MAX:
            return b""
        head = files.read_head()
        if head is not None and number >= head.segment:
            length = min(length, head.offset - offset) if number == head.segment else 0  # beyond are reserved zeros
        try:
            fd = os.open(files.segment(int(number)), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return b""
        try:
            return os.pread(fd, max(0, length), offset)
        finally:
            os.close(fd)

    def _grants(self, wanted: Any) -> list[tuple[str, bytes]]:
        """Sealed to whom they are for: who asks may have those of others too, to pass them on."""
        found: list[tuple[str, bytes]] = []
        size = 0
        for node, journals in msgspec.convert(wanted, dict[str, dict[str, int]]).items():
            for note in self._exchange.grants_to(node, {j: n for j, n in journals.items() if j in self._given}):
                size += len(note)
                if size > NOTES_BYTES_MAX:
                    return found
                found.append((node, note))
        return found


def _cut(notes: Sequence[bytes]) -> list[bytes]:
    """The first notes, as many as one answer holds."""
    found: list[bytes] = []
    size = 0
    for note in notes:
        size += len(note)
        if size > NOTES_BYTES_MAX and found:
            break
        found.append(note)
    return found


def _counts(arguments: Sequence[Any]) -> dict[str, int]:
    try:
        return msgspec.convert(arguments[0], dict[str, int]) if arguments else {}
    except msgspec.ValidationError:
        return {}
