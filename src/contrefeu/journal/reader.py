"""Reading a journal on from a position, with a key that opens its segments.

Rules kept here:
  * While its writer is at work a reader never goes beyond the head that was published: it shows nothing that a crash
    could take back. When nobody writes, the end of the good frames is the head: a head file may be old, torn or gone.
  * Entries come once each, in order, or JournalTampered says which are missing; who has shown that goes on after them.
  * What has ended (expiry.py) is gone on behind: an entry of it is asked for in vain, and said to have ended.
  * Frames that a later segment's header leaves out (abandoned after a failed sync) are passed over.
  * Memory holds one frame at a time, and a number a segment. Finding an entry reads a few blocks of its segment
    (seek.py); a find that leads to no entry that opens is made again head by head, from the segment's start.
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from hashlib import sha256

from contrefeu.journal.entry import Entry
from contrefeu.journal.errors import JournalEnded, JournalTampered
from contrefeu.journal.expiry import read_expiry
from contrefeu.journal.files import Head, JournalFiles, read_note
from contrefeu.journal.header import PREAMBLE_BYTES, SegmentHeader, commitment_of, open_header
from contrefeu.journal.scan import Located, find_frame, locate
from contrefeu.journal.seek import seek
from contrefeu.journal.segment import SegmentOpener
from contrefeu.journal.standing import read_checkpoint, survey
from contrefeu.proof import ProofMismatch, Verifier

KeyOf = Callable[[SegmentHeader], bytes]
"""Gives a segment's data key, or raises JournalUnreadable."""

_NEXT = "contrefeu journal verify says how far; contrefeu vault repair fetches it."


class SegmentReader:
    """One segment file, open for reading."""

    def __init__(self, files: JournalFiles, number: int, verifier: Verifier) -> None:
        self.number = number
        self.fd = os.open(files.segment(number), os.O_RDONLY)
        try:
            note = read_note(self.fd)
            if note is None:
                raise JournalTampered(f'Segment {number} of journal "{verifier.name}" has no whole header.', next=_NEXT)
            self.note = note
            self.header = open_header(note, verifier)
            if (self.header.segment, self.header.origin) != (number, verifier.name):
                raise JournalTampered(f'Segment {number} of journal "{verifier.name}" is another one\'s.', next=_NEXT)
        except BaseException:
            self.close()
            raise
        self.start = PREAMBLE_BYTES + len(note)
        self._opener: SegmentOpener | None = None

    def close(self) -> None:
        """Let the file go."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return os.fstat(self.fd).st_size

    def opener(self, key_of: KeyOf) -> SegmentOpener:
        """What opens the frames of this segment."""
        if self._opener is None:
            data_key = key_of(self.header)
            if commitment_of(data_key) != self.header.commitment:
                raise JournalTampered(f"The data key of segment {self.number} is not the one that was sealed.")
            self._opener = SegmentOpener(self.header.origin, self.note, data_key)
        return self._opener

    def ciphertext(self, frame: Located) -> bytes:
        """What a frame holds, sealed."""
        return os.pread(self.fd, frame.head.length, frame.body)


def headers(files: JournalFiles) -> Iterator[tuple[int, SegmentHeader]]:
    """Yield number and header of each segment; one whose header is damaged is passed over (`verify` says where)."""
    verifier = files.verifier()
    for number in files.segments():
        try:
            segment = SegmentReader(files, number, verifier)
        except JournalTampered:
            continue
        segment.close()
        yield number, segment.header


class JournalReader:
    """Reads the entries of one journal, in order."""

    def __init__(self, files: JournalFiles, key_of: KeyOf) -> None:
        self._files = files
        self._verifier = files.verifier()
        self._key_of = key_of
        self._segment: SegmentReader | None = None
        self._offset = 0
        self._number = 0  # of the frame that must come next
        self._expected = 1  # the sequence that must come next
        self._given = -1  # last entry given; -1: the next `after` seeks
        self._leapt = False  # whether the place was found by leaping, and nothing there has opened yet
        self._firsts: dict[int, int] = {}  # segment -> its first sequence: what was published never changes
        self._numbers: list[int] = []  # of the segments, as they were seen last
        self._surveyed: tuple[object, Head] | None = None
        self._promised = 0  # entries that the checkpoint of a journal that nobody writes commits to
        self.journal = self._verifier.name

    def close(self) -> None:
        """Let its file go."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def head(self) -> Head | None:
        """How far the journal is on disk; None when it holds nothing."""
        published = self._files.read_head()
        if self._files.is_being_written():
            self._promised = 0
            return published
        numbers = self._numbers = self._files.segments()
        if not numbers:
            return published
        seen = self._files.segment(numbers[-1]).stat()
        state = (published, numbers[-1], seen.st_size, seen.st_mtime_ns)
        if self._surveyed is None or self._surveyed[0] != state:
            found = survey(self._files, self._verifier, strict=False).head
            # What was published and is not there is met as damage when it is read.
            self._surveyed = state, max(found, published or found)
            self._promised = self._signed_for()
            if self._files.is_being_written():  # it began meanwhile: what was seen may not be synced
                self._surveyed, self._promised = None, 0
                return self._files.read_head()
        return self._surveyed[1]

    def after(self, sequence: int) -> Iterator[list[Entry]]:
        """Yield the entries after *sequence*, a frame at a time, up to the head as it stands.

        Called again with the last sequence it gave, it goes on where it was.

        Raises:
            JournalTampered: What comes next is not what was sealed, or is not there. Its `last` is the last entry that
                is touched: `after(last)` goes on behind the damage.
            JournalUnreadable: No key opens a segment.
        """
        head = self.head()
        if head is None or max(head.sequence, self._promised) <= sequence:
            return
        if self._segment is None or sequence != self._given:
            self._seek(head, sequence)
        while self._segment is not None:
            yield from self._rest_of_segment(head, sequence)
            if not self._next_segment(head, sequence):
                break
        if self._expected <= max(head.sequence, self._promised):
            raise self._missing(max(head.sequence, self._promised))

    def entry(self, sequence: int) -> Entry | None:
        """One entry, or None when the journal does not hold it.

        Raises:
            JournalTampered: It did hold it.
            JournalUnreadable: No key opens its segment; JournalEnded: its time is over.
        """
        head = self.head()
        if head is None or not 1 <= sequence <= max(head.sequence, self._promised):
            return None
        for entries in self.after(sequence - 1):
            if entries[0].sequence > sequence:
                raise JournalEnded(
                    f'Entry {sequence} of "{self.journal}" has ended: its time was over, and the custodians signed so.',
                    safe=f"The journal from entry {entries[0].sequence} on.",
                    next="contrefeu journal verify names what has ended.",
                )
            return entries[0]
        return None

    def _has_ended(self, sequence: int) -> bool:
        """Whether everything up to *sequence* has ended, as its writer signed."""
        expiry = read_expiry(self._files)
        return expiry is not None and sequence <= expiry.entries

    def _signed_for(self) -> int:
        """Entries that must be there, whatever became of the files; a checkpoint that is not good says nothing."""
        try:
            point = read_checkpoint(self._files, self._verifier)
        except ProofMismatch:
            return 0
        return point.entries if point is not None and point.origin == self.journal else 0

    def _rest_of_segment(self, head: Head, sequence: int) -> Iterator[list[Entry]]:
        segment = self._segment
        assert segment is not None
        stop = head.offset if segment.number == head.segment else segment.size
        last = self._last_sequence(head)
        while self._expected <= last:
            frame = locate(segment.fd, self._offset, stop)
            if frame is None or (frame.head.number, frame.head.first_sequence) != (self._number, self._expected):
                if self._leapt:
                    self._stand_at_start(segment)
                    continue
                frame = self._past_damage(segment, frame, stop, last, sequence)
                if frame is None:
                    return
            if frame.head.last_sequence > last:
                return  # abandoned: the next segment begins here
            if frame.head.last_sequence > sequence:
                try:
                    entries = self._opened(segment, frame)
                except JournalTampered:
                    if not self._leapt:
                        raise
                    self._stand_at_start(segment)
                    continue
                self._leapt = False
                self._stand_after(frame)
                if entries:
                    yield [e for e in entries if e.sequence > sequence]
            else:
                self._stand_after(frame)

    def _opened(self, segment: SegmentReader, frame: Located) -> list[Entry]:
        try:
            sealed = segment.ciphertext(frame)
            if sha256(sealed).digest() != frame.digest:
                raise JournalTampered(f'Frame {frame.head.number} of journal "{self.journal}" is not what was sealed.')
            return segment.opener(self._key_of).entries(frame.head, sealed)
        except JournalTampered as found:
            self._given = -1
            found.what = f"Segment {segment.number}, byte {frame.offset}: {found.what}"
            found.args = (found.what,)
            found.first, found.last = frame.head.first_sequence, frame.head.last_sequence
            found.segment, found.offset = segment.number, frame.offset
            found.next = found.next or _NEXT
            raise

    def _stand_after(self, frame: Located) -> None:
        self._offset, self._number = frame.end, frame.head.number + 1
        self._expected = frame.head.last_sequence + 1
        self._given = frame.head.last_sequence

    def _past_damage(
        self, segment: SegmentReader, found: Located | None, stop: int, last: int, sequence: int
    ) -> Located | None:
        """The frame after bytes that are no frame in its place, if the caller has been told; None: the next segment."""
        start = self._offset if found is not None else self._offset + 1
        while (frame := find_frame(segment.fd, start, stop, self._number)) is not None:
            if self._expected <= frame.head.first_sequence <= last + 1:
                break
            start = frame.end
        lost = frame.head.first_sequence - 1 if frame is not None else last
        if lost > sequence:
            raise self._missing(lost)
        self._expected = lost + 1
        return frame

    def _missing(self, last: int) -> JournalTampered:
        """The entries from the one expected to *last* are not where they were written."""
        self._given = -1
        number = self._segment.number if self._segment is not None else 0
        touched = f"entries {self._expected} to {last} are" if last >= self._expected else "a frame is"
        found = JournalTampered(
            f'Segment {number} of journal "{self.journal}" is damaged at byte {self._offset}: '
            f"{touched} not what was written there.",
            next=_NEXT,
            first=self._expected,
            last=max(last, self._expected - 1),
        )
        found.segment, found.offset = number, self._offset
        return found

    def _last_sequence(self, head: Head) -> int:
        """The last sequence that counts in the present segment."""
        assert self._segment is not None
        if self._segment.number >= head.segment:
            return head.sequence
        for number in self._upto(head):
            if number > self._segment.number:
                first = self._first_of(number)
                if first is not None:
                    return first - 1
        return head.sequence

    def _next_segment(self, head: Head, sequence: int) -> bool:
        assert self._segment is not None
        if self._segment.number >= head.segment:
            return False
        for number in self._upto(head):
            if number > self._segment.number:
                following = self._try(number)
                if following is None:
                    continue
                first = following.header.first_sequence
                passed = first - 1 <= sequence or self._has_ended(first - 1)
                if first != self._expected and (first < self._expected or not passed):
                    following.close()
                    raise self._missing(first - 1)
                self._stand_in(following)
                return True
        return False

    def _try(self, number: int) -> SegmentReader | None:
        """A segment, or None when it has no header: a crash while it was made, or damage, which is seen behind it."""
        try:
            return SegmentReader(self._files, number, self._verifier)
        except (JournalTampered, FileNotFoundError):
            return None

    def _upto(self, head: Head) -> list[int]:
        """Numbers of the segments up to the head's, in order."""
        if not self._numbers or self._numbers[-1] < head.segment:
            self._numbers = self._files.segments()
        return self._numbers[: bisect_right(self._numbers, head.segment)]

    def _first_of(self, number: int) -> int | None:
        """First sequence of a segment, from its header; None when it has none."""
        first = self._firsts.get(number)
        if first is None:
            segment = self._try(number)
            if segment is not None:
                first = self._firsts[number] = segment.header.first_sequence
                segment.close()
        return first

    def _stand_in(self, segment: SegmentReader) -> None:
        self.close()
        self._segment = segment
        self._firsts[segment.number] = segment.header.first_sequence
        self._stand_at_start(segment)

    def _stand_at_start(self, segment: SegmentReader) -> None:
        self._leapt = False
        self._offset, self._number = segment.start, 0
        self._expected = segment.header.first_sequence

    def _leap(self, head: Head, sequence: int) -> None:
        """Stand at a frame at or before the one that holds the entry after *sequence*, near it."""
        segment = self._segment
        assert segment is not None
        if sequence < segment.header.first_sequence:
            return  # the start it is: whoever reads all of a segment passes over no frame of it
        stop = head.offset if segment.number == head.segment else segment.size
        span = (segment.header.first_sequence, self._last_sequence(head))
        frame = seek(segment.fd, segment.start, stop, sequence + 1, span)
        if frame is not None:
            self._leapt = True
            self._offset, self._number, self._expected = frame.offset, frame.head.number, frame.head.first_sequence

    def _seek(self, head: Head, sequence: int) -> None:
        """Stand at the start of the last segment that can hold the entry after *sequence*."""
        self._offset, self._number, self._expected, self._given = 0, 0, 1, -1
        numbers = self._upto(head)
        low, high = 0, len(numbers)  # the one wanted is in numbers[low:high]
        wanted = 0
        while low < high:
            middle = (low + high) // 2
            first = self._first_of(numbers[middle])
            if first is None:
                del numbers[middle]
                high -= 1
            elif first <= sequence + 1:
                wanted, low = numbers[middle], middle + 1
            else:
                high = middle
        if self._segment is not None and self._segment.number == wanted:
            self._stand_at_start(self._segment)
            self._leap(head, sequence)
            return
        self.close()
        found = self._try(wanted) if wanted else None
        if found is not None:
            self._stand_in(found)
            self._leap(head, sequence)
        if self._segment is None and numbers:
            # The first ones are gone: what is left is met with what is missing before it.
            left = self._try(numbers[0])
            if left is not None:
                lost = left.header.first_sequence - 1
                if lost > sequence and not self._has_ended(lost):
                    left.close()
                    raise self._missing(lost)
                self._stand_in(left)
