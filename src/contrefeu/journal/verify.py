"""Checking that a journal, or a copy of one, is whole and unaltered, without reading what it holds.

Rules kept here:
  * Public keys only: heads, ciphertext hashes, header signatures and checkpoints suffice.
  * Headers are signed and say where the tree stood: damage is kept to the segment it is in, and the walk goes on.
  * A tail is the end of the last segment, above the last checkpoint, with no frame after it; all else is damage (S3).
  * Memory holds one segment's leaves.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from contrefeu.journal.errors import JournalTampered
from contrefeu.journal.files import JournalFiles, read_note
from contrefeu.journal.header import PREAMBLE_BYTES, SegmentHeader, open_header
from contrefeu.journal.scan import Located, frames, is_zero
from contrefeu.proof import (
    PREFIX_BYTES,
    Checkpoint,
    Frontier,
    ProofMismatch,
    hash_leaf,
    open_checkpoint,
    read_prefix,
)

Kind = Literal["altered", "missing", "reordered", "repeated", "tail", "forked", "rolled-back", "expired"]
_RESYNC_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Damage:
    """One place where the journal is not what was written."""

    journal: str
    segment: int
    offset: int
    first_entry: int
    last_entry: int  # below first_entry when no entry is touched
    kind: Kind


@dataclass(slots=True)
class Verified:
    """What a check found."""

    journal: str
    entries: int = 0
    size: int = 0
    root: bytes = b""
    checkpoint: Checkpoint | None = None
    damage: list[Damage] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing that was signed for is lost or changed; a torn tail alone is harmless."""
        return all(d.kind == "tail" for d in self.damage)

    @property
    def exit_status(self) -> int:
        """0 whole, 13 entries missing, 12 tampered."""
        kinds = {d.kind for d in self.damage} - {"tail", "expired"}
        if kinds - {"missing"}:
            return 12
        return 13 if kinds else 0


@dataclass(slots=True)
class _Segment:
    number: int
    header: SegmentHeader | None
    note: bytes
    size: int


def verify_journal(files: JournalFiles, *, held_elsewhere: Iterable[bytes] = (), writing: bool = False) -> Verified:
    """Check the journal in *files*.

    Args:
        files: The journal, or a copy of it.
        held_elsewhere: Signed checkpoints that others kept: a journal cut back or forked is caught against them.
        writing: Whether its writer is at work: what lies beyond the published head is then still being written.
    """
    verifier = files.verifier()
    found = Verified(verifier.name)
    walk = _Walk(files, found)
    points: list[tuple[Checkpoint, bool]] = []
    try:
        data = files.checkpoint.read_bytes()
        found.checkpoint = open_checkpoint(data, [verifier])
        points.append((found.checkpoint, False))
    except FileNotFoundError:
        pass
    except ProofMismatch:
        found.damage.append(Damage(found.journal, 0, 0, 1, 0, "altered"))
    points.extend((open_checkpoint(data, [verifier]), True) for data in held_elsewhere)
    walk.wanted = {point.size: None for point, _ in points}
    signed_entries = max([0, *(point.entries for point, _ in points)])
    walk.run(signed_entries, writing=writing)
    for point, elsewhere in points:
        _compare(found, walk, point, elsewhere=elsewhere)
    return found


def _compare(found: Verified, walk: "_Walk", point: Checkpoint, *, elsewhere: bool) -> None:
    if point.origin != found.journal:
        found.damage.append(Damage(found.journal, 0, 0, 1, 0, "forked"))
    elif point.size > found.size:
        own = found.checkpoint
        kind: Kind = "rolled-back" if elsewhere and own is not None and own.size < point.size else "missing"
        if kind == "rolled-back" or not any(d.kind == "missing" for d in found.damage):
            found.damage.append(
                Damage(found.journal, walk.last_number, walk.last_end, found.entries + 1, point.entries, kind)
            )
    elif walk.wanted[point.size] != point.root and not any(d.kind != "tail" for d in found.damage):
        found.damage.append(Damage(found.journal, 0, 0, 1, point.entries, "forked" if elsewhere else "altered"))


class _Walk:
    """One reading of all segments, in order."""

    def __init__(self, files: JournalFiles, found: Verified) -> None:
        self._files = files
        self._found = found
        self._tree = Frontier()
        self.wanted: dict[int, bytes | None] = {}
        self.last_number = 0
        self.last_end = 0

    def run(self, signed_entries: int, *, writing: bool) -> None:
        segments = [self._read_header(number) for number in self._files.segments()]
        head = self._files.read_head() if writing else None
        for i, segment in enumerate(segments):
            following = next((s.header for s in segments[i + 1 :] if s.header is not None), None)
            self.last_number = segment.number
            stop = segment.size
            if head is not None and segment.number == head.segment:
                stop = min(stop, head.offset)
            elif head is not None and segment.number > head.segment:
                continue
            self._segment(segment, following, stop, signed_entries)
        self._found.size, self._found.root = self._tree.size, self._tree.root()

    def _read_header(self, number: int) -> _Segment:
        fd = os.open(self._files.segment(number), os.O_RDONLY)
        try:
            size = os.fstat(fd).st_size
            note = read_note(fd)
        finally:
            os.close(fd)
        header = None
        if note is not None:
            try:
                header = open_header(note, self._files.verifier())
                if header.segment != number or header.origin != self._found.journal:
                    header = None
            except JournalTampered:
                header = None
        return _Segment(number, header, note or b"", size)

    def _segment(self, segment: _Segment, following: SegmentHeader | None, stop: int, signed_entries: int) -> None:
        header = segment.header
        if header is None:
            self._headless(segment, following, signed_entries)
            return
        self._join(segment, header)
        self._grow(hash_leaf(segment.note))
        fd = os.open(self._files.segment(segment.number), os.O_RDONLY)
        try:
            self._frames(fd, segment, following, stop, signed_entries)
        finally:
            os.close(fd)

    def _headless(self, segment: _Segment, following: SegmentHeader | None, signed_entries: int) -> None:
        """A file without a good header: harmless when the journal goes on as if it had never been."""
        first = self._found.entries + 1
        last = following.first_sequence - 1 if following is not None else signed_entries
        unneeded = following is not None and following.tree.size == self._tree.size
        if unneeded or (following is None and last < first and not segment.note):
            self._damage(segment.number, 0, first, first - 1, "tail")
            return
        self._damage(segment.number, 0, first, last, "altered")
        if following is None:
            self._found.entries = max(self._found.entries, last)

    def _join(self, segment: _Segment, header: SegmentHeader) -> None:
        """The signed header says where the tree stood; if ours is elsewhere, what lies between is damaged."""
        if header.tree.size > self._tree.size and not self._reported_up_to(header.first_sequence - 1):
            first = self._found.entries + 1
            self._damage(segment.number - 1, 0, first, header.first_sequence - 1, "missing")
        elif header.tree.size == self._tree.size and header.tree.peaks != self._tree.peaks:
            if not any(d.kind != "tail" for d in self._found.damage):
                self._damage(segment.number - 1, 0, 1, header.first_sequence - 1, "altered")
        elif header.tree.size < self._tree.size:
            self._damage(segment.number, 0, header.first_sequence, self._found.entries, "repeated")
        self._tree = header.tree.copy()
        self._note_root()
        self._found.entries = header.first_sequence - 1

    def _reported_up_to(self, entry: int) -> bool:
        return any(d.kind != "tail" and d.last_entry >= entry for d in self._found.damage)

    def _frames(
        self, fd: int, segment: _Segment, following: SegmentHeader | None, stop: int, signed_entries: int
    ) -> None:
        offset = PREAMBLE_BYTES + len(segment.note)
        number = 0
        limit = following.tree.size if following is not None else None
        last = following.first_sequence - 1 if following is not None else None
        while offset < stop:
            if limit is not None and self._tree.size >= limit:
                break  # abandoned after a failed sync: the next header leaves it out
            frame = next(frames(fd, offset, stop), None)
            if frame is not None and frame.head.number == number and self._in_place(frame):
                self._grow(frame.leaf)
                self._found.entries = max(self._found.entries, frame.head.last_sequence)
                number, offset = number + 1, frame.end
                continue
            if frame is not None:
                number, offset = self._out_of_place(segment.number, frame, number)
                continue
            if is_zero(fd, offset, stop):
                break
            number, offset = self._broken(fd, segment.number, offset, stop, number, last, signed_entries)
        self.last_end = offset

    def _in_place(self, frame: Located) -> bool:
        return frame.head.first_sequence == self._found.entries + 1

    def _out_of_place(self, segment: int, frame: Located, expected: int) -> tuple[int, int]:
        head, first = frame.head, self._found.entries + 1
        if head.number > expected:
            self._damage(segment, frame.offset, first, head.first_sequence - 1, "missing")
            self._grow(frame.leaf)
            self._found.entries = max(self._found.entries, head.last_sequence)
            return head.number + 1, frame.end
        kind: Kind = "repeated" if head.number == expected - 1 else "reordered"
        self._damage(segment, frame.offset, head.first_sequence, head.last_sequence, kind)
        return expected, frame.end

    def _broken(
        self, fd: int, segment: int, offset: int, stop: int, number: int, last: int | None, signed: int
    ) -> tuple[int, int]:
        """Bytes that are no frame: find where frames go on, and say what lies between."""
        first = self._found.entries + 1
        following = _resync(fd, offset + 1, stop, number)
        if following is None:
            lost = last if last is not None else signed
            if last is None and signed < first:
                self._damage(segment, offset, first, first - 1, "tail")
            else:
                self._damage(segment, offset, first, lost, "altered")
                self._found.entries = max(self._found.entries, lost)
            return number, stop
        self._damage(segment, offset, first, following.head.first_sequence - 1, "altered")
        self._found.entries = following.head.first_sequence - 1
        return following.head.number, following.offset

    def _grow(self, leaf: bytes) -> None:
        self._tree.append(leaf)
        self._note_root()

    def _note_root(self) -> None:
        if self._tree.size in self.wanted:
            self.wanted[self._tree.size] = self._tree.root()

    def _damage(self, segment: int, offset: int, first: int, last: int, kind: Kind) -> None:
        self._found.damage.append(Damage(self._found.journal, segment, offset, first, last, kind))


def _resync(fd: int, start: int, stop: int, number: int) -> Located | None:
    """The next whole frame after a broken one, numbered as one that can follow."""
    for block_at in range(start, stop, _RESYNC_BLOCK):
        block = os.pread(fd, _RESYNC_BLOCK + PREFIX_BYTES, block_at)
        at = block.find(b"CF")
        while 0 <= at < _RESYNC_BLOCK:
            found = read_prefix(block[at : at + PREFIX_BYTES])
            if found is not None and found[0].number >= number:
                frame = next(frames(fd, block_at + at, stop), None)
                if frame is not None:
                    return frame
            at = block.find(b"CF", at + 1)
    return None
