"""What the journals' headers say of the node's reading keys: where each was used last, and how long ago that was.

Rules kept here:
  * Time is what the journals lived through: the days on which this node's own writers opened a segment that a signed
    checkpoint covers. The machine's clock is not asked, so a clock set 400 days ahead proves one day, not 400.
  * A key's days count from behind its last use in the order of each journal, and past the day it is named for: neither
    a clock that was set back nor one that was ahead makes a key look older than it is.
  * A segment that is read by a grant counts as sealed to the key it was granted to.
  * Headers are read once: memory holds a few words a segment.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from pathlib import Path

from contrefeu.custody.horizon import day_of
from contrefeu.journal import (
    JournalFiles,
    JournalReader,
    JournalTampered,
    JournalUnreadable,
    SegmentHeader,
    SegmentReader,
    journals_in,
)
from contrefeu.proof import ProofMismatch, open_checkpoint

SHORT = 16  # digits of a fingerprint in a grant's name
_GRANT = re.compile(r"(\d{10})\.([0-9a-f]{16})\.grant")


@dataclass(frozen=True, slots=True)
class Segment:
    """What one header says, without its sealed keys."""

    number: int
    day: str  # opened, by the writer's clock
    first_sequence: int
    first_leaf: int
    recipients: frozenset[str]  # fingerprints


@dataclass(slots=True)
class JournalUse:
    """One journal's headers, in order."""

    files: JournalFiles
    journal: str
    segments: list[Segment] = field(default_factory=list)
    granted: dict[str, int] = field(default_factory=dict)  # short fingerprint -> last segment granted to it
    signed_leaves: int = 0
    last_sequence: int = 0  # of the journal as it stands on disk
    unreadable: bool = False  # a header could not be read: nothing is known of what it was sealed to
    _last: dict[str, int] = field(default_factory=dict)  # fingerprint -> position of the last one sealed to it
    _runs: list[tuple[int, int, str]] = field(default_factory=list)  # first and last position opened on one day

    def add(self, segments: list[Segment]) -> None:
        """Take more headers, wherever they belong."""
        self.segments = sorted([*self.segments, *segments], key=lambda one: one.number)
        self._last = {fp: at for at, segment in enumerate(self.segments) for fp in segment.recipients}
        self._runs = []
        for at, segment in enumerate(self.segments):
            if self._runs and self._runs[-1][2] == segment.day:
                self._runs[-1] = (self._runs[-1][0], at, segment.day)
            else:
                self._runs.append((at, at, segment.day))

    def last_use(self, fingerprint: str) -> int:
        """Position in `segments` of the last one that the key opens; -1 when there is none."""
        granted = self.granted.get(fingerprint[:SHORT], 0)
        # The last segment up to the one granted: what is not there any more needs no key.
        by_grant = bisect_right(self.segments, granted, key=lambda one: one.number) - 1 if granted else -1
        return max(by_grant, self._last.get(fingerprint, -1))

    def end_of(self, at: int) -> int:
        """Sequence of the last entry of the segment at position *at*."""
        if at + 1 < len(self.segments):
            return self.segments[at + 1].first_sequence - 1
        return self.last_sequence

    def days_after(self, at: int, day: str) -> set[str]:
        """Days that are proven behind position *at* and later than *day*."""
        return {
            opened
            for first, last, opened in self._runs
            if last > at and opened > day and self.segments[max(first, at + 1)].first_leaf < self.signed_leaves
        }


class KeyUse:
    """Every journal of a home, its headers read on as they come."""

    def __init__(self, journals: Path, grants: Path) -> None:
        self._journals = journals
        self._grants = grants
        self._known: dict[str, JournalUse] = {}

    def look(self) -> list[JournalUse]:
        """Read what is new; returns every journal there is."""
        for files in journals_in(self._journals):
            name = files.folder.name
            if name not in self._known:
                self._known[name] = JournalUse(files, files.verifier().name)
            self._read_on(self._known[name])
        return list(self._known.values())

    def _read_on(self, use: JournalUse) -> None:
        verifier = use.files.verifier()
        use.unreadable = False
        seen = {segment.number for segment in use.segments}
        found: list[Segment] = []
        for number in use.files.segments():
            if number in seen:
                continue
            try:
                segment = SegmentReader(use.files, number, verifier)
            except (JournalTampered, OSError):
                use.unreadable = True
                continue
            segment.close()
            found.append(_kept(segment.header))
        if found:
            use.add(found)
        use.signed_leaves = _signed_leaves(use.files)
        reader = JournalReader(use.files, _no_key)
        head = reader.head()
        reader.close()
        use.last_sequence = head.sequence if head is not None else 0
        use.granted = granted_in(self._grants, use.files.folder.name)


def granted_in(grants: Path, folder: str) -> dict[str, int]:
    """Short fingerprints that segments of a journal are granted to, each with the last segment."""
    found: dict[str, int] = {}
    for number, recipients in granted_recipients(grants, folder).items():
        for short in recipients:
            found[short] = max(found.get(short, 0), number)
    return found


def granted_recipients(grants: Path, folder: str) -> dict[int, set[str]]:
    """Segments of a journal that are granted to somebody, each with the short fingerprints."""
    found: dict[int, set[str]] = {}
    place = grants / folder
    for path in place.iterdir() if place.is_dir() else []:
        named = _GRANT.fullmatch(path.name)
        if named:
            found.setdefault(int(named[1]), set()).add(named[2])
    return found


def proven_days(uses: Iterable[JournalUse], own: Set[str], fingerprint: str, day: str) -> set[str]:
    """Days that this node's own journals prove since the key of *day* was used last."""
    days: set[str] = set()
    for use in uses:
        if use.journal in own:
            days |= use.days_after(use.last_use(fingerprint), day)
    return days


def _kept(header: SegmentHeader) -> Segment:
    return Segment(
        header.segment,
        day_of(header.opened_ns),
        header.first_sequence,
        header.tree.size,
        frozenset(key.fingerprint for key in header.keys),
    )


def _signed_leaves(files: JournalFiles) -> int:
    try:
        return open_checkpoint(files.checkpoint.read_bytes(), [files.verifier()]).size
    except (FileNotFoundError, ProofMismatch):
        return 0


def _no_key(header: SegmentHeader) -> bytes:
    raise JournalUnreadable(f'Headers of "{header.origin}" are read with no key.')
