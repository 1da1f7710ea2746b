"""Walking the frames of a segment with no key: how far the bytes at hand are a journal.

Rules kept here:
  * A frame is in its place when its head's check holds and its number and first sequence are the next ones.
  * A frame in its place whose ciphertext is not the one its head names is *damaged*: it counts, for its leaf is in
    the tree, and it is said.
  * Bytes in, values out: whose bytes they are is the caller's business.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from contrefeu.journal import PREAMBLE_BYTES, JournalTampered, SegmentHeader, header_length, open_header
from contrefeu.proof import PREFIX_BYTES, Frontier, Verifier, frame_leaf, hash_leaf, read_prefix

CHUNK_BYTES = 4 * 2**20  # one step of a copy: read, hashed, written, synced and read back in some 50 ms

Read = Callable[[int, int], bytes]
"""Gives *length* bytes at *offset*, or fewer at the end."""


@dataclass(slots=True)
class End:
    """How far a copy reaches: where its next byte belongs, and what must come there."""

    segment: int = 0  # the last one with a whole header; 0 when there is none
    offset: int = 0
    frame: int = 0  # number of the next frame
    sequence: int = 0  # of the last entry
    tree: Frontier = field(default_factory=Frontier)
    closed: bool = False  # whether the segment's writer closed it

    def copy(self) -> "End":
        """The same, that moves on its own."""
        return End(self.segment, self.offset, self.frame, self.sequence, self.tree.copy(), self.closed)

    def enter(self, header: "Header") -> None:
        """Stand behind the header of a segment."""
        self.segment, self.offset, self.frame = header.said.segment, header.length, 0
        self.sequence = header.said.first_sequence - 1
        self.tree = header.said.tree.copy()
        self.tree.append(hash_leaf(header.note))
        self.closed = False

    def pass_frame(self, frame: "Frame") -> None:
        """Stand behind a frame."""
        self.offset += frame.length
        self.frame += 1
        self.sequence = frame.last_sequence
        self.closed = frame.closing
        self.tree.append(frame.leaf)


@dataclass(frozen=True, slots=True)
class Header:
    """A segment's header as its file begins with it."""

    said: SegmentHeader
    note: bytes
    length: int  # bytes of the file that it takes


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame in its place."""

    length: int  # bytes of the file that it takes
    last_sequence: int
    received_ns: int  # when it was committed
    leaf: bytes
    whole: bool
    closing: bool  # nothing follows in its segment
    last_hlc: int = 0  # hybrid clock of its last entry


def read_header(read: Read, number: int, verifier: Verifier) -> Header | None:
    """The header of segment *number*, or None when the file does not begin with one that its writer signed."""
    length = header_length(read(0, PREAMBLE_BYTES))
    if length is None:
        return None
    note = read(PREAMBLE_BYTES, length)
    try:
        said = open_header(note, verifier)
    except JournalTampered:
        return None
    if said.segment != number or said.origin != verifier.name:
        return None
    return Header(said, note, PREAMBLE_BYTES + len(note))


def chunk(read: Read, offset: int, stop: int, bytes_max: int = CHUNK_BYTES) -> bytes:
    """Bytes from *offset* on, before *stop*: as many as *bytes_max*, or one frame that is longer."""
    block = read(offset, min(stop - offset, bytes_max))
    found = read_prefix(block[:PREFIX_BYTES])
    if found is not None and PREFIX_BYTES + found[0].length > len(block):
        block = read(offset, min(stop - offset, PREFIX_BYTES + found[0].length))
    return block


def frames_in(block: bytes, end: End) -> Iterator[Frame]:
    """The frames that *block* begins with and that continue *end*; the caller moves *end* as it takes them."""
    at, number, sequence = 0, end.frame, end.sequence
    while True:
        found = read_prefix(block[at : at + PREFIX_BYTES])
        if found is None:
            return
        head, digest = found
        stop = at + PREFIX_BYTES + head.length
        if stop > len(block) or head.number != number or head.first_sequence != sequence + 1:
            return
        whole = sha256(memoryview(block)[at + PREFIX_BYTES : stop]).digest() == digest
        leaf = frame_leaf(block[at : at + PREFIX_BYTES])
        yield Frame(stop - at, head.last_sequence, head.received_ns, leaf, whole, head.closing, head.last_hlc)
        at, number, sequence = stop, number + 1, head.last_sequence


def frames_from(read: Read, header: Header, stop: int) -> Iterator[tuple[int, Frame, End]]:
    """Walk a segment up to *stop* bytes: each frame in its place, where it begins, and the end behind it.

    The same `End` moves on with the walk: copy it to keep it.
    """
    end = End()
    end.enter(header)
    moved = True
    while moved and end.offset < stop:
        moved = False
        for frame in frames_in(chunk(read, end.offset, stop), end):
            at = end.offset
            end.pass_frame(frame)
            moved = True
            yield at, frame, end


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a segment's frames reach."""

    end: End
    leaves: list[bytes]  # behind the header's own
    damaged: list[int]  # offsets of frames that count and are not what was sealed


def reach_of(read: Read, size: int, header: Header, signed_leaves: int) -> Reach:
    """How far the frames of a segment reach that was written and perhaps torn.

    Its last frames count only when they are whole, or when somebody signed for a tree of *signed_leaves* with them.
    """
    found = [frame for _at, frame, _end in frames_from(read, header, size)]
    first_leaf = header.said.tree.size + 1
    whole = max((at + 1 for at, frame in enumerate(found) if frame.whole), default=0)
    counted = min(len(found), max(whole, signed_leaves - first_leaf))
    end = End()
    end.enter(header)
    damaged = []
    for frame in found[:counted]:
        if not frame.whole:
            damaged.append(end.offset)
        end.pass_frame(frame)
    return Reach(end, [frame.leaf for frame in found[:counted]], damaged)
