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
from contrefeu.journal.files import Head, JournalFiles, read_note
from contrefeu.journal.header import PREAMBLE_BYTES, SegmentHeader, open_header
from contrefeu.journal.scan import Located, find_frame, is_whole, is_zero, locate
from contrefeu.journal.standing import read_checkpoint
from contrefeu.proof import Checkpoint, Frontier, ProofMismatch, hash_leaf, open_checkpoint

Kind = Literal["altered", "missing", "reordered", "repeated", "tail", "forked", "rolled-back", "expired"]


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
    misplaced: bool  # a good header, of another segment
    holds: bool  # frames, behind a header that is not good


def verify_journal(files: JournalFiles, *, held_elsewhere: Iterable[bytes] = (), writing: bool = False) -> Verified:
    """Check the journal in *files*.

    Args:
        files: The journal, or a copy of it.
        held_elsewhere: Signed checkpoints that others kept: a journal cut back or forked is caught against them.
        writing: Whether its writer may be at work: what lies beyond the published head is then being written.
    """
    verifier = files.verifier()
    found = Verified(verifier.name)
    walk = _Walk(files, found)
    points: list[tuple[Checkpoint, bool]] = []
    try:
        found.checkpoint = read_checkpoint(files, verifier)
        if found.checkpoint is not None:
            points.append((found.checkpoint, False))
    except ProofMismatch:
        found.damage.append(Damage(found.journal, 0, 0, 1, 0, "altered"))
    for data in held_elsewhere:
        try:
            points.append((open_checkpoint(data, [verifier]), True))
        except ProofMismatch:  # altered where it was kept; it says nothing about this journal
            found.damage.append(Damage(found.journal, 0, 0, 1, 0, "altered"))
    walk.wanted = {point.size: None for point, _ in points}
    signed = max([(0, 0), *((point.size, point.entries) for point, _ in points)])
    walk.run(signed, files.read_head() if writing and files.is_being_written() else None)
    for point, elsewhere in points:
        _compare(found, walk, point, elsewhere=elsewhere)
    return found


def _compare(found: Verified, walk: "_Walk", point: Checkpoint, *, elsewhere: bool) -> None:
    if point.origin != found.journal:
        found.damage.append(Damage(found.journal, 0, 0, 1, 0, "forked"))
    elif point.size > found.size:
        own = found.checkpoint
        kind: Kind = "rolled-back" if elsewhere and own is not None and own.size < point.size else "missing"
        if not any(d.kind != "tail" and d.last_entry >= point.entries for d in found.damage):
            found.damage.append(
                Damage(found.journal, walk.last_number, walk.last_end, found.entries + 1, point.entries, kind)
            )
    elif walk.wanted[point.size] != (point.root, point.entries) and not any(d.kind != "tail" for d in found.damage):
        found.damage.append(Damage(found.journal, 0, 0, 1, point.entries, "forked" if elsewhere else "altered"))


class _Walk:
    """One reading of all segments, in order."""

    def __init__(self, files: JournalFiles, found: Verified) -> None:
        self._files = files
        self._found = found
        self._tree = Frontier()
        self._head: Head | None = None
        self._signed_leaves = self._signed_entries = 0
        self.wanted: dict[int, tuple[bytes, int] | None] = {}  # root and entries at the sizes that were signed for
        self.last_number = 0
        self.last_end = 0

    def run(self, signed: tuple[int, int], head: Head | None) -> None:
        """Walk; *signed* is the most that was signed for (leaves, entries), *head* what a writer at work published."""
        self._signed_leaves, self._signed_entries = signed
        self._head = head
        self._note_root()  # an empty journal may have been signed for
        segments = [segment for number in self._files.segments() if (segment := self._read_header(number)) is not None]
        for i, segment in enumerate(segments):
            following = next((s.header for s in segments[i + 1 :] if s.header is not None), None)
            self.last_number, self.last_end = segment.number, 0
            self._segment(segment, following)
        self._found.size, self._found.root = self._tree.size, self._tree.root()

    def _read_header(self, number: int) -> _Segment | None:
        try:
            fd = os.open(self._files.segment(number), os.O_RDONLY)
        except FileNotFoundError:
            return None  # a writer at work took back a file that it could not make
        try:
            size = os.fstat(fd).st_size
            note = read_note(fd)
            header = None
            misplaced = False
            if note is not None:
                try:
                    header = open_header(note, self._files.verifier())
                    misplaced = (header.segment, header.origin) != (number, self._found.journal)
                except JournalTampered:
                    header = None
            holds = header is None and find_frame(fd, 0, size) is not None
        finally:
            os.close(fd)
        return _Segment(number, None if misplaced else header, note or b"", size, misplaced, holds)

    def _segment(self, segment: _Segment, following: SegmentHeader | None) -> None:
        header = segment.header
        if header is None:
            self._headless(segment, following)
            return
        if following is not None and following.tree.size == header.tree.size == self._tree.size:
            return  # a file that its writer could neither sync nor take back: the next one stands in its place
        self._join(segment, header)
        self._grow(hash_leaf(segment.note))
        fd = os.open(self._files.segment(segment.number), os.O_RDONLY)
        try:
            self._frames(fd, segment, following)
        finally:
            os.close(fd)

    def _headless(self, segment: _Segment, following: SegmentHeader | None) -> None:
        """A file without a good header: harmless when the journal goes on as if it had never been."""
        first = self._found.entries + 1
        last = following.first_sequence - 1 if following is not None else self._signed_entries
        unneeded = following is not None and following.tree.size == self._tree.size
        unsigned = following is None and not self._is_signed() and not segment.holds
        if not segment.misplaced and (unneeded or unsigned):
            if self._head is None or segment.number <= self._head.segment:
                self._damage(segment.number, 0, first, first - 1, "tail")
            return
        self._damage(segment.number, 0, first, last, "reordered" if segment.misplaced else "altered")
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
        self._found.entries = header.first_sequence - 1
        self._note_root()

    def _reported_up_to(self, entry: int) -> bool:
        return any(d.kind != "tail" and d.last_entry >= entry for d in self._found.damage)

    def _frames(self, fd: int, segment: _Segment, following: SegmentHeader | None) -> None:
        offset, stop = PREAMBLE_BYTES + len(segment.note), segment.size
        number, closed = 0, False
        limit = following.tree.size if following is not None else None
        last = following.first_sequence - 1 if following is not None else None
        while offset < stop:
            self.last_end = offset
            if limit is not None and self._tree.size >= limit:
                break  # abandoned after a failed sync: the next header leaves it out
            frame = locate(fd, offset, stop)
            whole = frame is not None and is_whole(fd, frame)
            in_place = frame is not None and not closed and frame.head.number == number and self._in_place(frame)
            if frame is not None and in_place and (whole or self._is_damaged(fd, frame, stop, last)):
                if not whole:
                    self._damage(segment.number, offset, frame.head.first_sequence, frame.head.last_sequence, "altered")
                self._found.entries = max(self._found.entries, frame.head.last_sequence)
                self._grow(frame.leaf)  # known either way: the head is whole
                number, offset, closed = number + 1, frame.end, frame.head.closing
                continue
            if frame is not None and whole:
                number, offset = self._out_of_place(segment.number, frame, number)
                continue
            if is_zero(fd, offset, stop):
                break
            number, offset = self._broken(fd, segment.number, offset, stop, number, last)
        else:
            self.last_end = offset

    def _in_place(self, frame: Located) -> bool:
        return frame.head.first_sequence == self._found.entries + 1

    def _is_damaged(self, fd: int, frame: Located, stop: int, last: int | None) -> bool:
        """Whether a frame whose ciphertext is not the one its head names is damage, and not a torn tail."""
        return (
            last is not None
            or self._is_signed()
            or self._is_published(frame.offset)
            or find_frame(fd, frame.end, stop, frame.head.number) is not None
        )

    def _is_signed(self) -> bool:
        """Whether a checkpoint commits to more than was met so far."""
        return self._signed_leaves > self._tree.size

    def _is_published(self, offset: int) -> bool:
        return self._head is not None and (self.last_number, offset) < (self._head.segment, self._head.offset)

    def _out_of_place(self, segment: int, frame: Located, expected: int) -> tuple[int, int]:
        head, first = frame.head, self._found.entries + 1
        if head.number > expected and head.first_sequence >= first:
            self._damage(segment, frame.offset, first, head.first_sequence - 1, "missing")
            self._lose(head.number - expected)
            self._found.entries = max(self._found.entries, head.last_sequence)
            self._grow(frame.leaf)
            return head.number + 1, frame.end
        kind: Kind = "repeated" if head.number == expected - 1 else "reordered"
        self._damage(segment, frame.offset, head.first_sequence, head.last_sequence, kind)
        return expected, frame.end

    def _broken(self, fd: int, segment: int, offset: int, stop: int, number: int, last: int | None) -> tuple[int, int]:
        """Bytes that are no frame: find where frames go on, and say what lies between."""
        first = self._found.entries + 1
        following = find_frame(fd, offset + 1, stop, number)
        if following is None:
            lost = last if last is not None else max(self._signed_entries, first - 1)
            if last is None and not self._is_signed() and not self._is_published(offset):
                if self._head is None:  # else it is being written
                    self._damage(segment, offset, first, first - 1, "tail")
            else:
                self._damage(segment, offset, first, lost, "altered")
                self._found.entries = max(self._found.entries, lost)
            return number, stop
        self._damage(segment, offset, first, following.head.first_sequence - 1, "altered")
        self._lose(following.head.number - number)
        self._found.entries = following.head.first_sequence - 1
        return following.head.number, following.offset

    def _lose(self, leaves: int) -> None:
        """Keep the size of the tree right where leaves are not known; the damage is reported, no root is compared."""
        for _ in range(leaves):
            self._tree.append(bytes(32))

    def _grow(self, leaf: bytes) -> None:
        self._tree.append(leaf)
        self._note_root()

    def _note_root(self) -> None:
        if self._tree.size in self.wanted:
            self.wanted[self._tree.size] = self._tree.root(), self._found.entries

    def _damage(self, segment: int, offset: int, first: int, last: int, kind: Kind) -> None:
        self._found.damage.append(Damage(self._found.journal, segment, offset, first, last, kind))
