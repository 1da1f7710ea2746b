"""Ending the beginning of a journal when its time is over (F42, C6; journal/expiry.py).

The order is a promise: killed behind any step, the same command goes on, and nothing is ended that nobody signed for.

  1. The leaf hashes of what ends MUST be on disk before the note.
  2. The note MUST be on disk, and the journal's entry that says so, before anything is destroyed.
  3. Grants go before segments: a header that is left opens nothing.

Rules kept here:
  * Time is what the journals lived through, as for reading keys (usage.py): frozen days, and days that a clock only
    jumped over, do not count.
  * A journal never ends whole: its last segment, and every one that a checkpoint does not cover, stays.
"""

import contextlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from contrefeu.base import sync_dir, write_file
from contrefeu.custody.erase import erase
from contrefeu.custody.usage import JournalUse, KeyUse
from contrefeu.journal import (
    HEADER_BYTES_MAX,
    Expiry,
    JournalFiles,
    JournalTampered,
    SegmentReader,
    ended_leaves,
    frames,
    leaves_file,
    read_expiry,
)
from contrefeu.proof import Frontier, hash_leaf


@dataclass(frozen=True, slots=True)
class Ending:
    """What of one journal has outlived its time."""

    files: JournalFiles
    expiry: Expiry

    @property
    def going(self) -> list[int]:
        """Segments that are still there and end now."""
        return [number for number in self.files.segments() if number <= self.expiry.segments]


def endings(
    journals: Path, grants: Path, kept_days: Callable[[str], int], frozen: Callable[[str], bool], now_ns: int
) -> Iterator[Ending]:
    """What has outlived the days that *kept_days* gives for its journal (0: for ever), or was half ended before."""
    for use in KeyUse(journals, grants).look():
        days = kept_days(use.journal)
        at = _first_kept(use, days, frozen) if days and not use.unreadable else 0
        before = read_expiry(use.files)
        if at and (before is None or use.segments[at].number > before.segments + 1):
            yield Ending(use.files, _expiry(use, at, days, now_ns))
        elif before is not None and _is_half_done(use.files, before):
            yield Ending(use.files, before)


def _is_half_done(files: JournalFiles, expiry: Expiry) -> bool:
    return any(number <= expiry.segments for number in files.segments()) or any(files.segments_folder.glob("*.ended"))


def _first_kept(use: JournalUse, days: int, frozen: Callable[[str], bool]) -> int:
    """Position of the first segment that stays."""

    def is_young(at: int) -> bool:
        proven = use.days_after(at, use.segments[at].day)
        return sum(not frozen(day) for day in proven) < days

    last = len(use.segments) - 1
    at = bisect_left(range(last), True, key=is_young)  # behind an older one fewer days are proven
    while at and use.segments[at].first_leaf > use.signed_leaves:
        at -= 1
    return at


def _expiry(use: JournalUse, at: int, days: int, now_ns: int) -> Expiry:
    segment = SegmentReader(use.files, use.segments[at].number, use.files.verifier())
    segment.close()
    header, last = segment.header, use.segments[at - 1].number
    time_ns = now_ns // 1000 * 1000
    return Expiry(use.journal, last, header.first_sequence - 1, header.tree.size, header.tree.root(), days, time_ns)


def end(ending: Ending, note: bytes, grants: Path, record: Callable[[], None]) -> int:
    """Destroy what ends; returns how many segments went.

    Args:
        ending: What.
        note: Its expiry, signed by writer and custodians; the one that lies there, when it was half ended before.
        grants: The home's.
        record: Leaves the journal's entry; durable on return. When it raises nothing is destroyed.

    Raises:
        JournalTampered: What is there is not the tree that the note names; nothing was destroyed.
        OSError: The disk refuses: it goes on when it is done again.
    """
    files, going = ending.files, ending.going
    if not files.expired.exists() or files.expired.read_bytes() != note:
        _keep_leaves(files, going, ending.expiry)
        write_file(files.expired, note, mode=0o644)
    record()
    for number in going:
        folder = grants / files.folder.name
        for path in sorted(folder.glob(f"{number:010d}.*.grant")) if folder.is_dir() else []:
            erase(path)
    for number in going:  # in order: what is left behind a crash is an end, never a hole
        _set_out_of_use(files.segment(number))
    sync_dir(files.segments_folder)
    for path in sorted(files.segments_folder.glob("*.ended")):
        erase(path, HEADER_BYTES_MAX)  # the sealed keys: without them the rest is noise
    return len(going)


def _set_out_of_use(segment: Path) -> None:
    """Under another name it is not a segment any more; then its keys are destroyed."""
    segment.rename(segment.with_suffix(".ended"))


def _keep_leaves(files: JournalFiles, going: Sequence[int], expiry: Expiry) -> None:
    headers = [*_headers(files, going), (0, expiry.leaves)]
    tree = Frontier()
    for leaf in ended_leaves(files):
        tree.append(leaf)
    for (number, first), (_following, behind) in pairwise(headers):
        leaves = _leaves_in(files, number, behind - first)
        for leaf in leaves:
            tree.append(leaf)
        write_file(leaves_file(files, number), b"".join(leaves), mode=0o640)
    if (tree.size, tree.root()) != (expiry.leaves, expiry.root):
        raise JournalTampered(
            f'The beginning of journal "{expiry.origin}" is not what its headers sign for.',
            safe="Nothing was destroyed.",
            next="contrefeu journal verify says where; contrefeu vault repair fetches it.",
        )


def _headers(files: JournalFiles, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Segment, and the size of the tree before it; a file without a whole header counts for nothing."""
    for number in numbers:
        with contextlib.suppress(JournalTampered):
            segment = SegmentReader(files, number, files.verifier())
            segment.close()
            yield number, segment.header.tree.size


def _leaves_in(files: JournalFiles, number: int, count: int) -> list[bytes]:
    """The leaves of one segment; frames beyond *count* were abandoned."""
    segment = SegmentReader(files, number, files.verifier())
    try:
        found = islice(frames(segment.fd, segment.start, segment.size, hashed=False), max(0, count - 1))
        return [hash_leaf(segment.note), *(frame.leaf for frame in found)][:count]
    finally:
        segment.close()
