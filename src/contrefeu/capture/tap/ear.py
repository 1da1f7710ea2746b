"""What one direction of a connection says, in messages: MLLP is found, or known to be there by its port.

Rules kept here:
  * A frame, and bytes outside one, become what the listener on the socket makes of them (`mllp_server`): the same body,
    the same media type; the source is the sender's name after TAP.
  * An acknowledgement is counted and is no message: MSH-9 ACK, or nothing beside MSH and MSA but what explains it.
  * No message is put together over missing bytes: what stood before them is kept as cut, and they are told as a gap.
  * What is not MLLP is forgotten soon: a mirrored port shows everything else too.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from contrefeu.hl7 import Frame, Framer, Message, NotHl7, StrayBytes, peek
from contrefeu.hospital import TAP
from contrefeu.journal import MEDIA_HL7V2, MEDIA_OTHER

SEARCH_BYTES_MAX = 64 << 10  # of a stream's beginning, kept while it is not known to be MLLP
# VT, a first segment, and marks between two of the same: six bytes that other traffic has once in some 10**12
_BEGINS = re.compile(rb"\x0b(?:MSH|FHS|BHS)([^\w\s])[^\w\s]{1,5}\1")
_TLS = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")  # a record's type and version (RFC 8446, 5.1)
_TLS_BYTES = 3
_OF_AN_ANSWER = frozenset(["MSH", "SFT", "UAC", "MSA", "ERR"])  # the ACK structure (HL7 v2.9, 2.14.1)


class Heard(Struct, tag=True, frozen=True):
    """Something to journal."""

    source: str
    media_type: str
    body: bytes


class Gap(Struct, tag=True, frozen=True):
    """Bytes of a feed that were not seen: a message may be missing."""

    source: str
    length: int  # bytes; 0 when nobody knows
    reason: str


class TapCounts(Struct):
    """What a tap saw since it began."""

    packets: int = 0
    segments: int = 0  # of TCP, on the ports that are listened to
    connections: int = 0  # that spoke MLLP
    messages: int = 0
    stray: int = 0  # cut messages and bytes outside a frame: kept
    acknowledged: int = 0  # positive answers of receivers
    rejected: int = 0  # negative ones: AE, AR, CE, CR
    repeated_bytes: int = 0  # that came again
    differing_bytes: int = (
        0  # the same, and were not the same: somebody writes into the connection, or a card is broken
    )
    gaps: int = 0
    missing_bytes: int = 0
    encrypted: int = 0  # connections on the ports that are TLS: a tap cannot read them
    dropped_packets: int = 0  # that this machine's kernel had no room for


class Ear:
    """One direction."""

    def __init__(self, counts: TapCounts, message_bytes_max: int, *, named: bool) -> None:
        """*named*: its port was, so all that it says is MLLP, or TLS."""
        self._counts = counts
        self._max = message_bytes_max
        self._named = named
        self._framer: Framer | None = None  # None: MLLP was not found yet
        self._searched = bytearray()
        self._left = message_bytes_max  # bytes that may still be searched
        self._within = False  # a message is being passed over: only a beginning ends it
        self._source = ""
        self._lost = 0  # bytes that were missed before MLLP was found
        self._answers = self._messages = 0
        self.deaf = False  # nothing that it says from now on is of interest
        self.found = False  # it spoke MLLP

    @property
    def unfinished(self) -> int:
        """Bytes held."""
        return len(self._searched) + (self._framer.unfinished if self._framer is not None else 0)

    def hears(self, data: bytes, *, from_the_beginning: bool) -> Iterator[Heard | Gap]:
        """The next bytes of a stream whose beginning was seen, or not."""
        if self._framer is None:
            data = self._search(data, from_the_beginning)
        if self._framer is None:
            return
        for one in self._framer.receive(data):
            yield from self._frame(one)
        if self._framer.overlong:
            yield self._gap(0, "a frame above the limit")
            self._framer, self._left, self._within = None, self._max, True

    def misses(self, length: int, reason: str = "bytes are missing") -> Iterator[Heard | Gap]:
        """*length* bytes were sent that are not known."""
        if self._framer is None:
            self._searched.clear()
            self._lost += 0 if self.deaf else length
            return
        yield from self._rest()
        if self._messages or not self._answers:  # of a direction that only answers, no message is missing
            yield self._gap(length, reason)

    def admits(self, *, spoken_to: bool) -> Iterator[Gap]:
        """Tell what was missed before it was known to matter; *spoken_to*: the other way speaks MLLP."""
        if self._lost and not self.deaf and (self._messages or (not self._answers and (spoken_to or self._named))):
            length, self._lost = self._lost, 0
            yield self._gap(length, "bytes are missing")

    def ends(self) -> Iterator[Heard | Gap]:
        """Nothing follows."""
        if self._framer is None and self._named and self._searched and not self.deaf:
            self._begin()
            assert self._framer is not None, "just begun"
            for one in self._framer.receive(bytes(self._searched)):
                yield from self._frame(one)
            self._searched.clear()
        yield from self._rest()

    def _search(self, data: bytes, from_the_beginning: bool) -> bytes:
        """Look for MLLP; returns what is to be framed once it is found."""
        self._searched += data
        seen = bytes(self._searched)
        if self._named and _TLS.match(seen):
            self._counts.encrypted += 1
            return self._gives_up()
        found = _BEGINS.search(seen)
        from_the_beginning = from_the_beginning and not self._within
        if found or (self._named and from_the_beginning and len(seen) >= _TLS_BYTES):
            passed = found.start() if found and self._within else 0  # the rest of what is above the limit
            self._begin()
            self._searched.clear()
            return seen[passed:]
        self._left -= 0 if self._within else len(data)
        if self._left < 0 or (from_the_beginning and not self._named and len(seen) > SEARCH_BYTES_MAX):
            return self._gives_up()
        del self._searched[:-SEARCH_BYTES_MAX]
        return b""

    def _begin(self) -> None:
        self._framer, self._within = Framer(self._max), False
        if not self.found:
            self.found = True
            self._counts.connections += 1

    def _gives_up(self) -> bytes:
        self.deaf = True
        self._searched.clear()
        return b""

    def _rest(self) -> Iterator[Heard | Gap]:
        """What was cut; then listen anew."""
        rest = self._framer.end() if self._framer is not None else None
        if self._framer is not None:
            self._framer = Framer(self._max)
        if rest is not None:
            yield from self._frame(rest)

    def _frame(self, one: Frame | StrayBytes) -> Iterator[Heard | Gap]:
        counts = self._counts
        body = one.body if isinstance(one, Frame) else one.data
        header = peek(body)
        if header is not None:
            self._source = header.source
        source = f"{TAP}{self._source or 'mllp'}"
        if isinstance(one, StrayBytes):
            counts.stray += 1
            yield Heard(source, MEDIA_OTHER, body)
        elif header is None:
            counts.messages += 1
            self._messages += 1
            yield Heard(source, MEDIA_OTHER, body)
        elif (answer := _answer(body, header.code)) is not None:
            self._answers += 1
            counts.acknowledged += answer in ("AA", "CA")
            counts.rejected += answer not in ("AA", "CA")
        else:
            counts.messages += 1
            self._messages += 1
            yield Heard(source, MEDIA_HL7V2, body)

    def _gap(self, length: int, reason: str) -> Gap:
        self._counts.gaps += 1
        self._counts.missing_bytes += length
        return Gap(f"{TAP}{self._source or 'mllp'}", length, reason)


def _answer(body: bytes, code: str) -> str | None:
    """MSA-1 of an acknowledgement; None when *body* says something of its own."""
    if b"MSA" not in body:
        return None
    try:
        message = Message.parse(body)
    except NotHl7:
        return None
    if code != "ACK" and any(segment.name not in _OF_AN_ANSWER for segment in message.segments):
        return None
    msa = next((segment for segment in message.segments if segment.name == "MSA"), None)
    return msa.text(1) if msa is not None else None
