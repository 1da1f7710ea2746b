"""Reading a journal on from a position, with a key that opens its segments.

Rules kept here:
  * A reader never goes beyond the head its writer published: it shows nothing that a crash could take back.
  * Frames that a later segment's header leaves out (abandoned after a failed sync) are passed over.
  * Memory holds one frame at a time; finding an entry reads heads, not bodies.
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator

from contrefeu.journal.entry import Entry
from contrefeu.journal.errors import JournalTampered
from contrefeu.journal.files import Head, JournalFiles, read_note
from contrefeu.journal.header import PREAMBLE_BYTES, SegmentHeader, commitment_of, open_header
from contrefeu.journal.scan import frames
from contrefeu.journal.segment import SegmentOpener
from contrefeu.proof import PREFIX_BYTES, FrameHead, Verifier, read_prefix

KeyOf = Callable[[SegmentHeader], bytes]
"""Gives a segment's data key, or raises JournalUnreadable."""


class SegmentReader:
    """One segment file, open for reading."""

    def __init__(self, files: JournalFiles, number: int, verifier: Verifier) -> None:
        self.number = number
        self.fd = os.open(files.segment(number), os.O_RDONLY)
        note = read_note(self.fd)
        if note is None:
            os.close(self.fd)
            raise JournalTampered(f'Segment {number} of journal "{verifier.name}" has no whole header.')
        self.note = note
        self.header = open_header(note, verifier)
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

    def frame(self, offset: int, stop: int) -> tuple[FrameHead, bytes] | None:
        """The frame at *offset* if it ends before *stop*: its head and ciphertext."""
        if offset + PREFIX_BYTES > stop:
            return None
        block = os.pread(self.fd, 64 * 1024, offset)
        found = read_prefix(block[:PREFIX_BYTES])
        if found is None:
            return None
        head, _digest = found
        end = PREFIX_BYTES + head.length
        if offset + end > stop:
            return None
        if end > len(block):
            return head, os.pread(self.fd, head.length, offset + PREFIX_BYTES)
        return head, block[PREFIX_BYTES:end]


class JournalReader:
    """Reads the entries of one journal, in order."""

    def __init__(self, files: JournalFiles, key_of: KeyOf) -> None:
        self._files = files
        self._verifier = files.verifier()
        self._key_of = key_of
        self._segment: SegmentReader | None = None
        self._offset = 0
        self._sequence = 0  # last entry given
        self.journal = self._verifier.name

    def close(self) -> None:
        """Let its file go."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def head(self) -> Head | None:
        """How far the journal is on disk."""
        return self._files.read_head()

    def after(self, sequence: int) -> Iterator[list[Entry]]:
        """Yield the entries after *sequence*, a frame at a time, up to the head as it stands.

        Called again with the last sequence it gave, it goes on where it was.

        Raises:
            JournalTampered: A frame is not what was sealed.
            JournalUnreadable: No key opens a segment.
        """
        head = self.head()
        if head is None or head.sequence <= sequence:
            return
        if self._segment is None or sequence != self._sequence:
            self._seek(sequence)
        while self._segment is not None:
            yield from self._rest_of_segment(head, sequence)
            if self._segment.number >= head.segment or not self._next_segment():
                return

    def entry(self, sequence: int) -> Entry | None:
        """One entry, or None when the journal does not hold it."""
        head = self.head()
        if head is None or not 1 <= sequence <= head.sequence:
            return None
        self._seek(sequence - 1)
        self._sequence = -1  # the next `after` seeks again
        while self._segment is not None:
            stop = self._stop(head)
            for frame in frames(self._segment.fd, self._offset, stop, hashed=False):
                if frame.head.count and frame.head.first_sequence <= sequence <= frame.head.last_sequence:
                    found = self._segment.frame(frame.offset, stop)
                    assert found is not None
                    return self._segment.opener(self._key_of).entries(*found)[sequence - found[0].first_sequence]
            if self._segment.number >= head.segment or not self._next_segment():
                return None
        return None

    def _rest_of_segment(self, head: Head, sequence: int) -> Iterator[list[Entry]]:
        segment = self._segment
        assert segment is not None
        stop = self._stop(head)
        last = self._last_sequence(head)
        while True:
            found = segment.frame(self._offset, stop)
            if found is None:
                if segment.number == head.segment and self._offset < stop:
                    raise JournalTampered(
                        f'Segment {segment.number} of journal "{self.journal}" is damaged at byte {self._offset}.',
                        next="contrefeu journal verify says how far; contrefeu vault repair fetches it.",
                    )
                return
            frame, ciphertext = found
            if frame.count and frame.first_sequence > last:
                return  # abandoned: the next segment begins here
            self._offset += PREFIX_BYTES + frame.length
            if frame.count and frame.last_sequence > sequence:
                entries = segment.opener(self._key_of).entries(frame, ciphertext)
                self._sequence = frame.last_sequence
                yield [e for e in entries if e.sequence > sequence]

    def _stop(self, head: Head) -> int:
        assert self._segment is not None
        return head.offset if self._segment.number == head.segment else self._segment.size

    def _last_sequence(self, head: Head) -> int:
        """The last sequence that counts in the present segment."""
        assert self._segment is not None
        following = self._following()
        if following is None or self._segment.number >= head.segment:
            return head.sequence
        after = SegmentReader(self._files, following, self._verifier)
        after.close()
        return after.header.first_sequence - 1

    def _following(self) -> int | None:
        assert self._segment is not None
        numbers = self._files.segments()
        at = bisect_right(numbers, self._segment.number)
        return numbers[at] if at < len(numbers) else None

    def _next_segment(self) -> bool:
        following = self._following()
        if following is None:
            return False
        self._open(following)
        return True

    def _open(self, number: int) -> None:
        self.close()
        self._segment = SegmentReader(self._files, number, self._verifier)
        self._offset = self._segment.start

    def _seek(self, sequence: int) -> None:
        """Stand at the start of the last segment that can hold the entry after *sequence*."""
        numbers = self._files.segments()
        low, high = 0, len(numbers) - 1
        while low < high:
            middle = (low + high + 1) // 2
            self._open(numbers[middle])
            assert self._segment is not None
            if self._segment.header.first_sequence <= sequence + 1:
                low = middle
            else:
                high = middle - 1
        if numbers:
            self._open(numbers[low])
            self._sequence = sequence
