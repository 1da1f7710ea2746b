"""One direction of a TCP connection, put back together as its receiver saw it (RFC 9293, 3.4 and 3.10).

    segments in any order --> Bytes in order, Hole where some are missing for good, End

Rules kept here:
  * Bytes are given once, in order; of bytes that came twice the first stand, and a difference is counted.
  * Nothing is given past missing bytes before it is known that they do not come any more: their receiver has them
    (it acknowledged past them) and REORDER_S went by; or, when its answers are not seen, ONE_WAY_S went by.
  * What waits is bounded: beyond PENDING_BYTES_MAX or PIECES_MAX the missing bytes are given up.
  * Numbers wrap: they are compared by their distance (RFC 9293, 3.4), and counted on beyond 32 bits here.
  * A stream whose beginning was not seen begins with the lowest number of its first SETTLE_S.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

PENDING_BYTES_MAX = 4 << 20  # of one direction, beyond missing bytes: the window of a fast sender nearby
PIECES_MAX = 4096  # of the same
REORDER_S = 1.0  # a mirror port may show an answer before what it answers, by some ms
ONE_WAY_S = 30.0  # a sender repeats what is not answered within some seconds (RFC 6298)
SETTLE_S = 0.2  # segments of one burst overtake each other by less
_HALF, _ALL = 1 << 31, 1 << 32


class Bytes(NamedTuple):
    """The next bytes of the stream."""

    data: bytes


class Hole(NamedTuple):
    """Bytes that the receiver has and the tap did not see."""

    length: int


class End(NamedTuple):
    """Nothing follows."""


Event = Bytes | Hole | End


class Stream:
    """One direction."""

    def __init__(self) -> None:
        self._next: int | None = None  # number of the byte that comes next, beyond 32 bits
        self._first: int | None = None  # as SYN said, or the first that was seen: numbers are counted from there
        self._settling_ns = 0  # since when a beginning that was not seen is waited for; 0: it is not
        self._starts: list[int] = []  # of the pieces that wait, in order
        self._pieces: list[bytes] = []
        self._acknowledged: int | None = None
        self._stuck_ns = 0  # since when the byte that comes next is missing
        self._end: int | None = None  # number after the last byte, once FIN said so
        self.syn = False  # whether its beginning was seen
        self.pending_bytes = 0
        self.repeated = 0  # bytes that came again
        self.differing = 0  # bytes that came again, and otherwise

    @property
    def waits(self) -> bool:
        """Whether time alone may bring something."""
        return bool(self._stuck_ns or self._settling_ns)

    def opens(self, sequence: int) -> bool:
        """SYN; returns whether it is another connection between the same ports than the one that is followed."""
        if self._first is not None:
            return not (self.syn and self._first == (sequence + 1) % _ALL)
        self._first = self._next = (sequence + 1) % _ALL
        self.syn = True
        return False

    def take(self, sequence: int, data: bytes, length: int, at_ns: int) -> None:
        """*data*, the beginning of *length* bytes that were sent, stands at *sequence*."""
        if not length:
            return
        if self._first is None:
            self._first, self._settling_ns = sequence, at_ns or 1
        start = self._number(sequence)
        if self._next is not None and start < self._next:
            self.repeated += min(length, self._next - start)
            data, start = data[self._next - start :], self._next
        self._insert(start, data)
        if self._stuck_ns == 0:
            self._stuck_ns = at_ns or 1

    def ends(self, sequence: int) -> None:
        """FIN stands at *sequence*."""
        if self._first is None:
            self._first = self._next = sequence
        self._end = self._number(sequence)

    def answered(self, acknowledges: int, at_ns: int) -> None:
        """The other side says that it has all before *acknowledges*."""
        if self._first is None:
            return
        number = self._number(acknowledges)
        if self._acknowledged is None or number > self._acknowledged:
            self._acknowledged = number
        if self._stuck_ns == 0:
            self._stuck_ns = at_ns or 1

    def events(self, at_ns: int, *, over: bool = False) -> Iterator[Event]:
        """Yield what is ready at *at_ns*; with *over* all that there is: no segment comes any more."""
        if self._first is None or not self._settled(at_ns, over):
            return
        assert self._next is not None, "a settled stream has a beginning"
        while True:
            if self._starts and self._starts[0] == self._next:
                yield Bytes(self._pop(at_ns))
            elif self._end is not None and self._next >= self._end:
                yield End()
                return
            elif self._is_lost(at_ns, over):
                yield from self._skip(at_ns)
            else:
                break
        if not self._starts and (self._acknowledged is None or self._acknowledged <= self._next):
            self._stuck_ns = 0

    def _settled(self, at_ns: int, over: bool) -> bool:
        if self._next is None:
            full = self.pending_bytes > PENDING_BYTES_MAX or len(self._starts) > PIECES_MAX
            if not self._starts or not (over or full or at_ns - self._settling_ns >= SETTLE_S * 1e9):
                return False
            self._next, self._settling_ns = self._starts[0], 0
        return True

    def _is_lost(self, at_ns: int, over: bool) -> bool:
        """Whether the byte that comes next was sent and is not coming any more."""
        assert self._next is not None, "asked once there is a beginning"
        had = self._acknowledged is not None and self._acknowledged > self._next
        if not self._starts and not had:
            return False
        if over or self.pending_bytes > PENDING_BYTES_MAX or len(self._starts) > PIECES_MAX:
            return True
        waited = (at_ns - self._stuck_ns) / 1e9 if self._stuck_ns else 0.0
        return waited >= (REORDER_S if had else ONE_WAY_S if self._acknowledged is None else float("inf"))

    def _skip(self, at_ns: int) -> Iterator[Event]:
        assert self._next is not None, "asked once there is a beginning"
        to = self._starts[0] if self._starts else self._acknowledged
        assert to is not None, "something shows that bytes are missing"
        length, self._next, self._stuck_ns = to - self._next, to, at_ns or 1
        if length == 1 and not self._starts:
            yield End()  # the one number that FIN takes
        else:
            yield Hole(length)

    def _pop(self, at_ns: int) -> bytes:
        assert self._next is not None, "asked once there is a beginning"
        data = self._pieces.pop(0)
        del self._starts[0]
        self._next += len(data)
        self.pending_bytes -= len(data)
        self._stuck_ns = at_ns or 1
        return data

    def _insert(self, start: int, data: bytes) -> None:
        """Keep of *data* what no piece that waits has already."""
        at = bisect_left(self._starts, start)
        if at and self._starts[at - 1] + len(self._pieces[at - 1]) > start:
            at -= 1
        while data and at < len(self._starts) and self._starts[at] < start + len(data):
            have, piece = self._starts[at], self._pieces[at]
            if start < have:
                self._keep(at, start, data[: have - start])
                data, start, at = data[have - start :], have, at + 1
            same = piece[start - have : start - have + len(data)]
            self.repeated += len(same)
            self.differing += 0 if same == data[: len(same)] else len(same)
            data, start, at = data[len(same) :], start + len(same), at + 1
        if data:
            self._keep(at, start, data)

    def _keep(self, at: int, start: int, data: bytes) -> None:
        self._starts.insert(at, start)
        self._pieces.insert(at, data)
        self.pending_bytes += len(data)

    def _number(self, sequence: int) -> int:
        """*sequence* counted on beyond 32 bits: the number nearest to where the stream is."""
        near = self._next if self._next is not None else self._first
        assert near is not None, "a number is near something"
        return near + (sequence - near + _HALF) % _ALL - _HALF
