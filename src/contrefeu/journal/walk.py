"""One reading of all segments of a journal, in order, without a key: what is not in its place, and where.

Rules kept here:
  * Headers are signed and say where the tree stood: damage is kept to the segment it is in, and the walk goes on.
  * A tail is the end of the last segment, above all that is vouched for, with no frame after it; all else is damage.
  * While a writer is at work nothing beyond the head that it published is looked at: it is being written.
  * A frame that cannot stand where it is found moves nothing: what is signed for bounds what it may claim.
  * Memory holds three numbers a frame of one segment.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

from contrefeu.journal.damage import Damage, FramesMet, Gap, Kind, Place
from contrefeu.journal.errors import JournalTampered
from contrefeu.journal.expiry import Expiry
from contrefeu.journal.files import Head, JournalFiles, read_note
from contrefeu.journal.header import PREAMBLE_BYTES, SegmentHeader, header_length, open_header
from contrefeu.journal.scan import Located, find_frame, is_whole, is_zero, locate
from contrefeu.proof import FRAME_ENTRIES_MAX, PREFIX_BYTES, Frontier, Verifier, hash_leaf, read_prefix


@dataclass(slots=True)
class _Segment:
    number: int
    header: SegmentHeader | None
    note: bytes
    size: int
    misplaced: int = 0  # the segment whose good header this is, when it is another one's
    holds: bool = False  # frames, behind a header that is not good
    cut: bool = False  # in its header


class Walk:
    """The walk, and what it found."""

    def __init__(
        self,
        files: JournalFiles,
        verifier: Verifier,
        head: Head | None,
        *,
        vouched: tuple[int, int],
        sizes: set[int],
        end_kind: Callable[[int], Kind],
        ended: Expiry | None = None,
    ) -> None:
        """Make ready.

        Args:
            files: The journal.
            verifier: Its writer's public key.
            head: What a writer at work published; None when nobody writes.
            vouched: Leaves and entries that must be there: signed for, or published.
            sizes: Sizes of the tree at which a root was signed for.
            ended: How far the journal has ended, as its custodians signed.
            end_kind: What it is called that the last segment ends after so many leaves, before what is vouched for.
        """
        self._files = files
        self._verifier = verifier
        self._head = head
        self._vouched_leaves, self._vouched_entries = vouched
        self._sizes = sizes
        self._tree = Frontier()
        self._sound = True  # every leaf since the last header is known
        self._hlc: int | None = 0  # of the last entry; None when it is not known
        self._frames = FramesMet(0)
        self._leaves_of_frames = 0
        self._most = self._vouched_entries  # the last entry that anything signed knows of
        self._gaps: list[Gap] = []
        self._strays: list[tuple[int, int, int]] = []  # number, first and last entry of frames out of place
        self._at_home: set[int] = set()  # segments with a good header in their own place
        self._known: dict[int, tuple[SegmentHeader, bytes]] = {}  # good headers, wherever they stand, and their hash
        self._end_kind = end_kind
        self._ended = ended
        self.damage: list[Damage] = []
        self.entries = 0
        self.roots: dict[int, tuple[bytes, int]] = {}  # size -> root and entries, where they are known
        self.places: dict[int, Place] = {0: Place(1, 0, 0)}  # behind trees of the sizes signed for
        self.headers: dict[int, Place] = {}  # behind the header that says this size: it is signed itself
        self.headed = 0  # the largest tree that a header vouched for and that was met
        self.end = Place(1, 0, 0)

    @property
    def journal(self) -> str:
        """Whose journal it is."""
        return self._verifier.name

    @property
    def size(self) -> int:
        """Leaves that were met, or are known to be missing."""
        return self._tree.size

    @property
    def root(self) -> bytes:
        """Root above them."""
        return self._tree.root()

    def reported(self, entries: int) -> bool:
        """Whether damage up to entry *entries*, or behind it, was found."""
        return any(d.kind != "tail" and d.last_entry >= entries for d in self.damage)

    def run(self) -> None:
        """Read every segment once."""
        self._note_root(Place(1, 0, 0))  # an empty journal may have been signed for
        numbers = [n for n in self._files.segments() if self._head is None or n <= self._head.segment]
        segments = [segment for number in numbers if (segment := self._read_header(number)) is not None]
        self._most = max([self._most, *(header.first_sequence - 1 for header, _ in self._known.values())])
        self._at_home = {s.number for s in segments if s.header is not None}
        for i, segment in enumerate(segments):
            following = next((s for s in segments[i + 1 :] if s.header is not None), None)
            self._segment(segment, following)

    # Headers.

    def _read_header(self, number: int) -> _Segment | None:
        try:
            with self._files.opened(number, header_only=True) as fd:
                size, note = os.fstat(fd).st_size, read_note(fd)
                found = _Segment(number, None, note or b"", size)
                if note is None:
                    length = header_length(os.pread(fd, PREAMBLE_BYTES, 0))
                    found.cut = size < PREAMBLE_BYTES or length is not None
                else:
                    self._open_header(found)
            if found.header is None:
                with self._files.opened(number) as fd:
                    found.holds = find_frame(fd, 0, size) is not None
        except FileNotFoundError:
            return None  # a writer at work took back a file that it could not make
        return found

    def _open_header(self, found: _Segment) -> None:
        try:
            header = open_header(found.note, self._verifier)
        except JournalTampered:
            return
        if (header.segment, header.origin) == (found.number, self._verifier.name):
            found.header = header
            self._known[found.number] = header, hash_leaf(found.note)
        elif header.origin == self._verifier.name:
            found.misplaced = header.segment
            self._known.setdefault(header.segment, (header, hash_leaf(found.note)))
        else:
            found.misplaced = -1

    def _segment(self, segment: _Segment, following: _Segment | None) -> None:
        header, after = segment.header, following.header if following is not None else None
        if header is None:
            self._headless(segment, after)
            return
        if after is not None and after.tree.size == header.tree.size == self._tree.size:
            return  # a file that its writer could neither sync nor take back: the next one stands in its place
        self._join(segment, header)
        self._frames = FramesMet(segment.number)
        start = PREAMBLE_BYTES + len(segment.note)
        self._grow(hash_leaf(segment.note), Place(segment.number, start, self.entries))
        with self._files.opened(segment.number) as fd:
            offset, closed = self._read_frames(fd, segment, after)
        self._settle_gaps(segment.number)
        self.end = Place(segment.number + 1, 0, self.entries) if closed else Place(segment.number, offset, self.entries)
        if following is not None and after is not None and following.number == segment.number + 1:
            self._cut_short(segment.number, offset, after)

    def _headless(self, segment: _Segment, after: SegmentHeader | None) -> None:
        """A file without a good header: harmless when the journal goes on as if it had never been."""
        first = self.entries + 1
        unneeded = after is not None and after.tree.size == self._tree.size
        unsigned = after is None and not self._is_vouched() and not segment.holds
        if not segment.misplaced and (unneeded or unsigned):
            self._damage(segment.number, 0, first, first - 1, "tail")
            return
        # The header of a later segment says where this one ended, even if it stands in another one's place.
        bound = min((n for n in self._known if n > segment.number), default=0)
        ended = self._known[bound][0] if bound else None
        last = max(ended.first_sequence - 1 if ended is not None else self._vouched_entries, self.entries)
        kind: Kind = "missing" if segment.cut and not segment.holds else "altered"
        if segment.misplaced:
            own = self._known.get(segment.misplaced)
            at_home = own is not None and segment.misplaced in self._at_home
            kind = "repeated" if at_home and own is not None and own[1] == hash_leaf(segment.note) else "reordered"
        self._damage(segment.number, 0, first, last, kind)
        self._lose(ended.tree.size - self._tree.size if ended is not None else 0)
        self.entries = last
        self.end = Place(segment.number, 0, last)

    def _join(self, segment: _Segment, header: SegmentHeader) -> None:
        """The signed header says where the tree stood; if ours is elsewhere, what lies between is damaged."""
        last = header.first_sequence - 1
        if header.tree.size > self._tree.size:  # what a segment before lost, was counted there
            missing = min(self._frames.segment + 1, segment.number - 1)
            self._damage(max(missing, 1), 0, self.entries + 1, last, self._gone(header))
        elif header.tree.size < self._tree.size:
            self._damage(segment.number, 0, header.first_sequence, self.entries, "forked")
        elif self._sound and header.tree.peaks != self._tree.peaks:
            self._mismatch(segment.number, header)
        elif self._sound and last != self.entries:
            kind: Kind = "missing" if last > self.entries else "repeated"
            self._damage(segment.number, 0, min(self.entries, last) + 1, max(self.entries, last), kind)
        elif self._sound and self._hlc not in {None, header.last_hlc}:
            self._damage(segment.number, 0, last + 1, last, "altered")
        else:
            self.headed = header.tree.size
        self._tree, self._sound, self._hlc = header.tree.copy(), True, header.last_hlc
        self.entries = last
        self._note_root(Place(segment.number, 0, last))
        self.places[header.tree.size] = Place(segment.number, 0, last)
        self.headers[header.tree.size] = Place(segment.number, PREAMBLE_BYTES + len(segment.note), last)

    def _gone(self, header: SegmentHeader) -> Kind:
        """What it is called that nothing stands before a header: only what ended from the first entry on is excused."""
        ended = self._ended
        if ended is None or self._tree.size or header.tree.size > ended.leaves or self.damage:
            return "missing"
        if header.tree.size == ended.leaves and header.tree.root() != ended.root:
            return "missing"
        return "expired"

    def _mismatch(self, number: int, header: SegmentHeader) -> None:
        """The next header knows other leaves: those under the first subtree that differs are not what was written."""
        base = self._tree.size - self._leaves_of_frames
        stop, found = 0, None
        for ours, theirs, size in zip(self._tree.peaks, header.tree.peaks, _subtrees(self._tree.size), strict=True):
            start, stop = stop, stop + size
            if ours == theirs:
                continue
            found = self._frames.between(start - base, stop - base, header.first_sequence - 1)
            if found is not None:
                self._damage(self._frames.segment, *found, "altered")
        if found is None:  # two headers that contradict each other: both are signed
            self._damage(number, 0, header.first_sequence, header.first_sequence - 1, "forked")
        self.roots = {size: root for size, root in self.roots.items() if size < base}

    # Frames.

    def _read_frames(self, fd: int, segment: _Segment, after: SegmentHeader | None) -> tuple[int, bool]:
        """Read the frames of a segment; returns where they end, and whether the segment is closed."""
        offset, stop = PREAMBLE_BYTES + len(segment.note), segment.size
        if self._head is not None and self._head.segment == segment.number:
            stop = min(stop, self._head.offset)
        self._leaves_of_frames = 0
        number, closed = 0, False
        while offset < stop:
            beyond = after is not None and self._tree.size >= after.tree.size
            if beyond and not self._gaps:
                break  # abandoned after a failed sync: the next header leaves it out
            frame = locate(fd, offset, stop)
            whole = frame is not None and is_whole(fd, frame)
            if beyond and not whole:
                break
            in_place = frame is not None and not closed and not beyond and self._is_next(frame, number)
            if frame is not None and in_place and (whole or self._is_damaged(fd, frame, stop, after)):
                if not whole or not self._follows_in_time(frame):
                    self._damage(segment.number, offset, frame.head.first_sequence, frame.head.last_sequence, "altered")
                self._take(segment.number, frame)
                number, offset, closed = number + 1, frame.end, frame.head.closing
            elif frame is not None and whole:
                number, closed = self._out_of_place(fd, segment.number, frame, number, closed, after)
                offset = frame.end
            elif is_zero(fd, offset, stop):
                break
            else:
                number, offset = self._broken(fd, segment.number, offset, stop, number, after)
        return offset, closed

    def _is_next(self, frame: Located, number: int) -> bool:
        return (frame.head.number, frame.head.first_sequence) == (number, self.entries + 1)

    def _follows_in_time(self, frame: Located) -> bool:
        if self._hlc is None:
            return True
        return frame.head.first_hlc == self._hlc if frame.head.closing else frame.head.first_hlc > self._hlc

    def _take(self, segment: int, frame: Located) -> None:
        """A frame in its place, whole or with a whole head: its leaf is known."""
        self._frames.add(frame)
        self._leaves_of_frames += 1
        self.entries = frame.head.last_sequence
        self._hlc = frame.head.last_hlc
        self._grow(frame.leaf, Place(segment, frame.end, self.entries))

    def _is_damaged(self, fd: int, frame: Located, stop: int, after: SegmentHeader | None) -> bool:
        """Whether a frame whose ciphertext is not the one its head names is damage, and not a torn tail."""
        return after is not None or self._is_vouched() or find_frame(fd, frame.end, stop, frame.head.number) is not None

    def _is_vouched(self) -> bool:
        """Whether more than was met so far was signed for, or published."""
        return self._vouched_leaves > self._tree.size

    def _can_follow(self, frame: Located, number: int, after: SegmentHeader | None) -> bool:
        """Whether a frame may come later in this segment: frames lost before it have 1 to FRAME_ENTRIES_MAX entries."""
        frames, entries = frame.head.number - number, frame.head.first_sequence - self.entries - 1
        if not 0 <= frames <= entries <= frames * FRAME_ENTRIES_MAX:
            return False
        if after is None:
            return True
        return self._tree.size + frames < after.tree.size and frame.head.last_sequence < after.first_sequence

    def _out_of_place(
        self, fd: int, segment: int, frame: Located, expected: int, closed: bool, after: SegmentHeader | None
    ) -> tuple[int, bool]:
        """A whole frame that is not the next one; returns the number that comes next, and whether that is none."""
        head = frame.head
        if not closed and head.number > expected and self._can_follow(frame, expected, after):
            self._gaps.append(Gap(frame.offset, expected, head.number, self.entries + 1, head.first_sequence - 1))
            self._lose(head.number - expected)
            self._take(segment, frame)
            return head.number + 1, head.closing
        own = self._frames.offset_of(head.number)
        there = locate(fd, own, frame.offset) if own is not None else None
        if there is not None and there.leaf == frame.leaf:
            self._damage(segment, frame.offset, head.first_sequence, head.last_sequence, "repeated")
            return expected, closed
        first, last = head.first_sequence, head.last_sequence
        self._strays.append((head.number, first, last))
        if last > max(self.entries, self._most):
            first, last = self.entries + 1, self.entries  # it names entries that nobody signed for
        self._damage(segment, frame.offset, first, last, "reordered")
        return expected, closed

    def _settle_gaps(self, segment: int) -> None:
        """What was met elsewhere is reordered; what was not is missing."""
        for gap in self._gaps:
            first = gap.first
            met = sorted((start, last) for number, start, last in self._strays if gap.held(number, start, last))
            for start, last in [*met, (gap.last + 1, gap.last + 1)]:
                if start > first:
                    self._damage(segment, gap.offset, first, start - 1, "missing")
                first = max(first, last + 1)
        self._gaps.clear()
        self._strays.clear()

    def _broken(
        self, fd: int, segment: int, offset: int, stop: int, number: int, after: SegmentHeader | None
    ) -> tuple[int, int]:
        """Bytes that are no frame: find where frames go on, and say what lies between."""
        first, start = self.entries + 1, offset + 1
        while (later := find_frame(fd, start, stop, number)) is not None and not self._can_follow(later, number, after):
            start = later.end
        if later is None:
            self._ends_badly(fd, segment, offset, stop, after)
            return number, stop
        self._damage(segment, offset, first, later.head.first_sequence - 1, "altered")
        self._lose(later.head.number - number)
        self.entries = later.head.first_sequence - 1
        return later.head.number, later.offset

    def _ends_badly(self, fd: int, segment: int, offset: int, stop: int, after: SegmentHeader | None) -> None:
        first = self.entries + 1
        if after is None and not self._is_vouched():
            self._damage(segment, offset, first, first - 1, "tail")
            return
        last = after.first_sequence - 1 if after is not None else max(self._vouched_entries, self.entries)
        # A head that is whole, or has no room, and a file that ends before its frame does: cut, not changed.
        cut = stop - offset < PREFIX_BYTES or read_prefix(os.pread(fd, PREFIX_BYTES, offset)) is not None
        kind = self._end_kind(self._tree.size) if cut and after is None else "missing" if cut else "altered"
        self._damage(segment, offset, first, last, kind)
        self._lose(after.tree.size - self._tree.size if after is not None else 0)
        self._sound, self.entries = False, last

    def _cut_short(self, segment: int, offset: int, after: SegmentHeader) -> None:
        """The next header knows of more leaves than this segment holds."""
        if self._tree.size < after.tree.size:
            self._damage(segment, offset, self.entries + 1, after.first_sequence - 1, "missing")
            self._lose(after.tree.size - self._tree.size)
            self.entries = after.first_sequence - 1

    def _lose(self, leaves: int) -> None:
        """Keep the size of the tree right where leaves are not known: no root is compared until the next header."""
        if leaves > 0:
            size = self._tree.size + leaves
            self._tree = Frontier(size, [bytes(32)] * size.bit_count())
            self._leaves_of_frames += leaves
            self._sound, self._hlc = False, None

    def _grow(self, leaf: bytes, after: Place) -> None:
        self._tree.append(leaf)
        self._note_root(after)

    def _note_root(self, place: Place) -> None:
        size = self._tree.size
        if size in self._sizes and self._sound:
            self.roots[size] = self._tree.root(), self.entries
            self.places[size] = place

    def _damage(self, segment: int, offset: int, first: int, last: int, kind: Kind) -> None:
        self.damage.append(Damage(self._verifier.name, segment, offset, first, last, kind))


def _subtrees(size: int) -> list[int]:
    """Sizes of the complete subtrees of a tree, largest first."""
    return [1 << bit for bit in reversed(range(size.bit_length())) if size >> bit & 1]
