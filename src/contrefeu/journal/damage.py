"""What is said of a journal that is not what was written: where, which entries, in what way."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

from contrefeu.journal.scan import Located

Kind = Literal["altered", "missing", "reordered", "repeated", "tail", "forked", "rolled-back", "expired"]


@dataclass(frozen=True, slots=True)
class Damage:
    """One place where the journal is not what was written."""

    journal: str
    segment: int  # 0: not in a segment, but in the journal's checkpoint or its public key
    offset: int
    first_entry: int
    last_entry: int  # below first_entry when no entry is touched
    kind: Kind


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands: what comes next after *entries* entries."""

    segment: int
    offset: int
    entries: int


@dataclass(slots=True)
class Gap:
    """Frames that are not where they should be; some may be met further on."""

    offset: int
    first_number: int
    next_number: int
    first: int
    last: int

    def held(self, number: int, first: int, last: int) -> bool:
        """Whether a frame met elsewhere is one of these."""
        return self.first_number <= number < self.next_number and self.first <= first <= last <= self.last


class FramesMet:
    """The frames of one segment that were met in their place: number, offset, first entry."""

    def __init__(self, segment: int) -> None:
        self.segment = segment
        self._numbers, self._offsets, self._firsts = array("Q"), array("Q"), array("Q")

    def add(self, frame: Located) -> None:
        """Remember a frame; they come in order."""
        self._numbers.append(frame.head.number)
        self._offsets.append(frame.offset)
        self._firsts.append(frame.head.first_sequence)

    def offset_of(self, number: int) -> int | None:
        """Where the frame of this number was met."""
        at = bisect_left(self._numbers, number)
        return self._offsets[at] if at < len(self._numbers) and self._numbers[at] == number else None

    def between(self, start: int, stop: int, last_entry: int) -> tuple[int, int, int] | None:
        """Offset, first and last entry of the frames numbered from *start* to below *stop*."""
        low, high = bisect_left(self._numbers, max(start, 0)), bisect_left(self._numbers, max(stop, 0))
        if low >= high:
            return None
        last = self._firsts[high] - 1 if high < len(self._firsts) else last_entry
        return self._offsets[low], self._firsts[low], last
