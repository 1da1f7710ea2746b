"""A node's journals as a vault host finds them: over a connection that the vault host opened.

Rules kept here:
  * What a node says of itself is believed as little as what its files say: every byte goes through the same checks.
  * Numbers, lengths and names are bounded before they are used.
  * A cut is no event: sources outlive connections, and go on with the next one.
  * A line is never idle for want of a question: pieces, and the beginnings of closed segments, are asked for ahead.
"""

import socket
import ssl
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator

from contrefeu.journal import JOURNAL_ID, Head, JournalUnreadable
from contrefeu.proof import ProofMismatch, Verifier, open_checkpoint
from contrefeu.vault.link import (
    JOURNALS_MAX,
    MESSAGE_S_MAX,
    READ_BYTES_MAX,
    SILENCE_S_MAX,
    WAIT_MS_MAX,
    Answered,
    Asked,
    Bytes,
    Give,
    Gone,
    Journal,
    LinkCut,
    Look,
    Noted,
    Numbers,
    Ranges,
    Read,
    ReadGrant,
    ReadSettings,
    Seen,
    Shared,
    receive_answer,
    send_message,
)
from contrefeu.vault.pace import Pace
from contrefeu.vault.pairing import Pulled
from contrefeu.vault.pins import NotPinned, peer_of, tls_context
from contrefeu.vault.source import Source
from contrefeu.vault.walk import Header

READ_BYTES_MIN = 16 * 1024  # in one answer over a line that is cut again and again
GIVE_BYTES_MIN = 4 * 1024  # a third of a second at 12 kB/s
GIVE_S = 0.1  # that giving a piece may take: copying waits for it
CONNECT_S_MAX = 2.0  # for a node to take a connection: asked twice, and then anew
HANDSHAKE_S_MAX = 10.0  # for it to show its key
READS_UNDER_WAY = 4  # asked for ahead: the line is not idle for a round trip between two answers
OPENING_BYTES = 128 * 1024  # of a closed segment, asked for with the next ones': an hour's at night is no longer
OPENINGS = 8  # segments whose beginnings are asked for at once: a megabyte
OPENINGS_HELD = 64  # beginnings held of all journals of a node, whatever it says that it has: eight megabytes
NAME_LENGTH_MAX = 128  # of a journal; it becomes a folder's name
SEGMENTS_MAX = 1_000_000  # of a journal: a hundred years of one an hour
SEGMENT_BYTES_MAX = 256 * 2**20  # a segment ends at 64 MiB, and its last frame may hold one more scan of as much
UNSIGNED_LEAVES_MAX = 2**20  # frames that no checkpoint covers: a node signs twice a second, and memory holds these


class Openings:
    """How closed segments begin, which changes no more: of all journals of a node, the ones asked for last."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int], Bytes] = {}

    def of(self, journal: str, number: int) -> Bytes | None:
        """Return how that segment begins, where it is held."""
        return self._held.get((journal, number))

    def keep(self, journal: str, number: int, opening: Bytes) -> None:
        """Hold one more; the oldest gives way."""
        self._held[journal, number] = opening
        if len(self._held) > OPENINGS_HELD:
            del self._held[next(iter(self._held))]

    def forget(self, journal: str) -> None:
        """Let those of *journal* go."""
        self._held = {key: opening for key, opening in self._held.items() if key[0] != journal}


class NodeLink:
    """The connection to one node, opened again when it was cut."""

    def __init__(self, node: Pulled, seed: bytes, pace: Pace) -> None:
        self._node = node
        self._context = tls_context(seed, [node.node.public], server=False)
        self._pace = pace
        self._connection: ssl.SSLSocket | None = None
        self.piece = READ_BYTES_MAX  # asked for at once: less over a line that is cut again and again
        self._way = GIVE_S * 100  # seconds there and back: the shortest that giving took
        self.piece_to_give = GIVE_BYTES_MIN  # at once: what goes in a tenth of a second
        self.received = 0  # bytes of segments, to see whether anything comes
        self.openings = Openings()

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def look(self, mark: str, wait_ms: int) -> Seen:
        """What the node has, as soon as it is something else than *mark*."""
        wait_ms = min(wait_ms, WAIT_MS_MAX)
        answer = self.ask(Look(mark, wait_ms), wait_s=wait_ms / 1000 + SILENCE_S_MAX)
        if not isinstance(answer, Seen) or len(answer.journals) > JOURNALS_MAX:
            raise self._nonsense()
        return answer

    def shared(self) -> Shared:
        """The node's `contrefeu.toml`, and the custodians' keys and rights."""
        answer = self.ask(ReadSettings())
        if not isinstance(answer, Shared) or len(answer.settings) > READ_BYTES_MAX:
            raise self._nonsense()
        return answer

    def grant(self, folder: str, name: str) -> bytes:
        """One grant; nothing when it is gone."""
        answer = self.ask(ReadGrant(folder, name))
        if not isinstance(answer, Bytes | Gone):
            raise self._nonsense()
        return answer.data if isinstance(answer, Bytes) else b""

    def numbers(self, journal: str) -> list[int]:
        """The segments of a journal, in order."""
        answer = self.ask(Numbers(journal))
        if isinstance(answer, Gone):
            return []
        if not isinstance(answer, Ranges):
            raise self._nonsense()
        found: list[int] = []
        last = 0
        for first, end in answer.ranges:
            if not last < first <= end or len(found) + end - first >= SEGMENTS_MAX or end >= 10**10:
                raise self._nonsense()
            found += range(first, end + 1)
            last = end
        return found

    def read(self, journal: str, segment: int, offset: int, length: int) -> Iterator[bytes]:
        """Bytes of a segment, piece by piece, fewer at its end.

        Raises:
            FileNotFoundError: It is not there.
        """
        stop, ended, gone = offset + length, False, False

        def pieces() -> Iterator[Read]:
            at = offset
            while at < stop and not ended:
                piece = min(stop - at, self.piece)
                yield Read(journal, segment, at, piece)
                at += piece

        for question, answer in self.reads(pieces()):
            gone = gone or isinstance(answer, Gone)
            if not ended and isinstance(answer, Bytes):
                ended = len(answer.data) < question.length
                yield answer.data
        if gone:
            raise FileNotFoundError(segment)

    def reads(self, questions: Iterator[Read]) -> Iterator[tuple[Read, Bytes | Gone]]:
        """Ask *questions*, some ahead of their answers, and give each with its answer, in order."""
        asked: deque[Read] = deque()
        try:
            while True:
                while len(asked) < self._under_way and (question := next(questions, None)) is not None:
                    self._pace.spend(question.length)
                    self._send(question)
                    asked.append(question)
                if not asked:
                    return
                question = asked[0]
                answer = self._answer_to(question)
                asked.popleft()
                yield question, answer
        except LinkCut:
            self.piece = max(READ_BYTES_MIN, self.piece // 2)  # what does not get through whole comes in less
            raise
        finally:
            if asked:
                self.close()  # an answer that nobody took would be taken for another's

    @property
    def _under_way(self) -> int:
        """One where a limit lets less than a piece a second go: an answer must not wait for the next question."""
        rate = self._pace.bytes_per_s
        return READS_UNDER_WAY if not rate or rate >= READ_BYTES_MAX else 1

    def _answer_to(self, question: Read) -> Bytes | Gone:
        answer = self._receive(SILENCE_S_MAX)
        if not isinstance(answer, Bytes | Gone) or (isinstance(answer, Bytes) and len(answer.data) > question.length):
            raise self._nonsense()
        if isinstance(answer, Bytes):
            self.received += len(answer.data)
            if question.length == self.piece:
                self.piece = min(READ_BYTES_MAX, self.piece * 2)
        return answer

    def tell(self, said: Asked) -> None:
        """Tell the node something that it notes."""
        if not isinstance(self.ask(said), Noted):
            raise self._nonsense()

    def give(self, piece: Give) -> bool:
        """Give the node a piece of what it asked back, behind what is to be copied; False when it takes none.

        Raises:
            LinkCut: Asked for less, it may get through.
        """
        self._pace.spend_behind(len(piece.data))
        began = time.monotonic()
        try:
            answer = self.ask(piece, wait_s=MESSAGE_S_MAX)
        except LinkCut:
            self.piece_to_give = max(GIVE_BYTES_MIN, self.piece_to_give // 4)
            raise
        if not isinstance(answer, Noted | Gone):
            raise self._nonsense()
        self._size_by(time.monotonic() - began, len(piece.data))
        return isinstance(answer, Noted)

    def _size_by(self, took: float, given: int) -> None:
        """More at once where bytes add little to the way there and back, and less where they add much."""
        self._way = min(self._way, took)
        if took - self._way > GIVE_S:
            self.piece_to_give = max(GIVE_BYTES_MIN, self.piece_to_give // 2)
        elif took - self._way < GIVE_S / 4 and given == self.piece_to_give:
            self.piece_to_give = min(READ_BYTES_MAX, self.piece_to_give * 2)

    def ask(self, question: Asked, *, wait_s: float = SILENCE_S_MAX) -> Answered:
        """Ask, and wait for the answer.

        Raises:
            LinkCut: There is none; the next question opens another connection.
        """
        self._send(question)
        return self._receive(wait_s)

    def _send(self, question: Asked) -> None:
        connection = self._connect()
        try:
            send_message(connection, question)
        except LinkCut:
            self.close()
            raise

    def _receive(self, wait_s: float) -> Answered:
        if self._connection is None:
            raise LinkCut("The link was cut.")
        try:
            return receive_answer(self._connection, wait_s=wait_s)
        except LinkCut:
            self.close()
            raise

    def _connect(self) -> ssl.SSLSocket:
        if self._connection is not None:
            return self._connection
        node = self._node
        try:
            plain = socket.create_connection((node.host, node.port), timeout=CONNECT_S_MAX)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(HANDSHAKE_S_MAX)
            connection = self._context.wrap_socket(plain)
        except ssl.SSLError:
            raise LinkCut(
                "Whoever answers at the node's address does not hold the node's key, or does not know ours.",
                safe="The copies. Nothing was said.",
                next="Compare the keys: contrefeu vault host key here, contrefeu vault serve --key there.",
            ) from None
        except OSError as refused:
            raise LinkCut(
                f"The node does not answer: {refused.strerror or type(refused).__name__}.",
                safe="The copies; what is missing comes when it answers.",
            ) from None
        try:
            peer_of(connection, [node.node.public])
        except NotPinned as stranger:
            connection.close()
            raise LinkCut(stranger.what, safe=stranger.safe) from None
        self._connection = connection
        self._way = GIVE_S * 100
        return connection

    def _nonsense(self) -> LinkCut:
        self.close()
        return LinkCut("The node's answer is not one to that question.")


class PulledSource(Source):
    """One journal of a node, read over the link."""

    def __init__(self, link: NodeLink, verifier: Verifier) -> None:
        super().__init__(verifier)
        self._link = link
        self._said: Journal | None = None
        self._files: dict[int, str] = {}  # which file the segment was that was read last
        self._begun: tuple[int, int, bytes] = (0, 0, b"")  # segment, offset and bytes of a read that was cut
        self._walking = False  # whether headers are read one after the other

    def update(self, said: Journal) -> None:
        """Take what the node said last."""
        self._said = said

    def close(self) -> None:
        """Forget which file was read."""
        self._files.clear()
        self._link.openings.forget(self.verifier.name)
        self._begun = (0, 0, b"")

    def is_another(self) -> bool:
        """Whether the node says that another file stands where the open segment was."""
        head = self.head()
        known = self._files.get(head.segment) if head is not None else None
        return known is not None and self._said is not None and known != self._said.file

    def head(self) -> Head | None:
        """How far the journal is on the node's disk.

        Raises:
            JournalUnreadable: It says what cannot be.
        """
        if self._said is None or self._said.head is None:
            return None
        head = Head(*self._said.head)
        if min(head) < 0 or head.segment >= 10**10 or head.offset > SEGMENT_BYTES_MAX or max(head) >= 2**63:
            raise JournalUnreadable(f'The head of "{self.verifier.name}" is none.')
        if head.leaves - self._leaves_signed_for() > UNSIGNED_LEAVES_MAX:
            raise JournalUnreadable(f'The node signs for nothing any more of "{self.verifier.name}".')
        return head

    def checkpoint(self) -> bytes:
        """The last signed checkpoint."""
        return self._said.checkpoint if self._said is not None else b""

    def expired(self) -> bytes:
        """The note that says how far the journal has ended."""
        return self._said.expired if self._said is not None else b""

    def listed(self) -> list[int]:
        """The segments that are there now, in order."""
        return self._link.numbers(self.verifier.name)

    def size(self, number: int) -> int:
        """Bytes of a segment's file, up to what a segment may have."""
        known = self._link.openings.of(self.verifier.name, number)
        if known is None:
            [(_question, answer)] = self._link.reads(iter([Read(self.verifier.name, number, 0, 0)]))
            if isinstance(answer, Gone):
                raise FileNotFoundError(number)
            known = answer
        return min(known.size, SEGMENT_BYTES_MAX)

    def following(self, number: int, upto: int) -> Header | None:
        """The next segment after *number* that counts; the beginnings of those behind it come with it."""
        self._walking = True
        try:
            return super().following(number, upto)
        finally:
            self._walking = False

    def read(self, number: int, offset: int, length: int) -> bytes:
        """Bytes of a segment."""
        if self._said is not None and self._said.head is not None and number == self._said.head[0]:
            self._files = {number: self._files.get(number, self._said.file)}
        length = min(length, SEGMENT_BYTES_MAX - offset)
        got = bytearray(self._begun[2][:length] if self._begun[:2] == (number, offset) else b"")
        opening = self._opening(number)
        if opening is not None:
            got = got or bytearray(opening.data[offset : offset + length])
            length = min(length, max(0, opening.size - offset))
        try:
            for part in self._link.read(self.verifier.name, number, offset + len(got), length - len(got)):
                got += part
        except LinkCut:
            if len(got) > len(self._begun[2]) or self._begun[:2] == (number, offset):
                self._begun = (number, offset, bytes(got))
            raise
        if self._begun[:2] == (number, offset):
            self._begun = (0, 0, b"")
        return bytes(got)

    def _opening(self, number: int) -> Bytes | None:
        """How a closed segment begins, where that is known or worth asking for with the next ones'."""
        name, held = self.verifier.name, self._link.openings
        last = self._said.head[0] if self._said is not None and self._said.head is not None else 0
        if held.of(name, number) is None and self._walking and number < last:
            ahead = self._numbers[bisect_left(self._numbers, number) :][:OPENINGS]
            wanted = [one for one in ahead if one < last and held.of(name, one) is None]
            asked = (Read(name, one, 0, min(OPENING_BYTES, self._link.piece)) for one in wanted)
            for read, answer in self._link.reads(asked):  # each is kept when it comes: the next may be cut
                if isinstance(answer, Bytes):
                    held.keep(name, read.segment, answer)
        return held.of(name, number)

    def _leaves_signed_for(self) -> int:
        try:
            return open_checkpoint(self.checkpoint(), [self.verifier]).size
        except ProofMismatch:
            return 0


def verifier_in(said: Journal) -> Verifier:
    """The journal's public key as the node gives it.

    Raises:
        ProofMismatch: It is none, or its name cannot be a journal's.
    """
    verifier = Verifier.parse(said.verifier)
    if not is_journal_name(verifier.name):
        raise ProofMismatch("not the name of a journal")
    return verifier


def is_journal_name(name: str) -> bool:
    """Whether a journal may have that name here: it becomes a folder's."""
    return len(name) <= NAME_LENGTH_MAX and JOURNAL_ID.fullmatch(name) is not None
