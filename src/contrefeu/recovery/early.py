"""Who lies in a bed now, first: charts of the newest entries, then of all that names those patients, while the rest of
the history is brought and folded (docs/decisions/0065).

Rules kept here:
  * The end of each journal comes home first, and the journals of people's acts whole: without them nobody could log in,
    and what two persons withdrew would be seen.
  * An end that does not reach the furthest signed checkpoint opens no home: the newest entries are missing.
  * Stores of part of the history say so themselves (chart/partial.py), and are removed when the whole one stands.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from contrefeu.base import rfc3339
from contrefeu.chart import AUDIT, STATION, Present, Restoring, fold_partial
from contrefeu.custody import HomePaths
from contrefeu.hospital import Settings
from contrefeu.journal import Entry, JournalFiles, JournalReader, KeyOf
from contrefeu.recovery.gather import JournalCopies, slice_of
from contrefeu.vault import frames_from, read_header

RECENT_ENTRIES = 20_000  # of each journal: a large hospital's last day, folded in seconds
RECENT_S = 3 * 86_400.0  # seconds before the last entry: longer than most are out of every message, in bed
_SECOND = 1_000_000_000


class Early:
    """The newest entries of journals, and what names who is present."""

    def __init__(self, journals: Sequence[JournalCopies], files_of: Callable[[JournalCopies], JournalFiles]) -> None:
        """Find the newest entries in what is home of *journals*; *files_of* says where that is."""
        self._journals = journals
        self._files_of = files_of
        self.after: dict[str, int] = {}  # journal -> last entry that the newest ones leave out
        self.entries: dict[str, int] = {}  # journal -> its last entry
        self.since_ns = 0  # what was received from then on is in the newest ones, whole
        frames = {copies.journal: list(_frames(copies, files_of(copies))) for copies in journals}
        last_ns = max((found[-1][1] for found in frames.values() if found), default=0)
        for copies in journals:
            self._start(copies, frames[copies.journal], last_ns - int(RECENT_S * _SECOND))

    def _start(self, copies: JournalCopies, frames: Sequence[tuple[int, int]], from_ns: int) -> None:
        first = min((copies.headers[n].said.first_sequence for n in copies.brought), default=1)
        last = self.entries[copies.journal] = frames[-1][0] if frames else first - 1
        after, begins_ns = first - 1, 0
        if not copies.journal.endswith(STATION):
            for sequence, received_ns in frames:
                if received_ns >= from_ns and sequence > last - RECENT_ENTRIES:
                    begins_ns = received_ns
                    break
                after = sequence
        self.after[copies.journal] = after
        if after and not copies.journal.endswith((STATION, AUDIT)):
            self.since_ns = max(self.since_ns, begins_ns or from_ns)

    @property
    def is_whole(self) -> bool:
        """Whether the newest entries are all there are."""
        return not any(self.after.values())

    def lacks(self, *, present: bool = False) -> Restoring:
        """What charts of the newest entries lack; *present*: beside which all that names who is present stands."""
        of = sum(self.entries.values())
        return Restoring(rfc3339(self.since_ns), of - sum(self.after.values()), of, present)

    def older(self, present: Present, key_of: KeyOf, told: Callable[[int], None]) -> Iterator[Entry]:
        """The older entries that may name any of those who are present, in journal order."""
        streams = [
            self._older_of(copies, present, key_of, told) for copies in self._journals if self.after[copies.journal]
        ]
        return heapq.merge(*streams, key=lambda entry: (entry.hlc, entry.journal, entry.sequence))

    def _older_of(
        self, copies: JournalCopies, present: Present, key_of: KeyOf, told: Callable[[int], None]
    ) -> Iterator[Entry]:
        after = self.after[copies.journal]
        reader = JournalReader(self._files_of(copies), key_of)
        try:
            for entries in reader.after(0):
                told(len(entries))
                for entry in entries:
                    if entry.sequence > after:
                        return
                    if present.named_in(entry.body):
                        yield entry
        finally:
            reader.close()


def bring_ends(
    journals: Sequence[JournalCopies],
    files_of: Callable[[JournalCopies], JournalFiles],
    told: Callable[[int], None],
) -> bool:
    """Bring the end of each journal; whether all of them reach what was signed for."""
    reached = True
    for copies in journals:
        for number in sorted(copies.headers, reverse=True):
            told(copies.bring(number, files_of(copies)))
            if number not in copies.brought or _is_enough(copies, number):
                break
        copies.bring_rest(files_of(copies))
        reached = reached and copies.reaches_signed
    return reached


def _is_enough(copies: JournalCopies, number: int) -> bool:
    if copies.journal.endswith(STATION):
        return False
    return copies.end.sequence - copies.headers[number].said.first_sequence >= RECENT_ENTRIES


def fold_recent(early: Early, paths: HomePaths, settings: Settings, journals: Path, key_of: KeyOf) -> None:
    """Fold the newest entries, unless they are folded already."""
    recent, present = paths.early_charts
    if not recent.exists() and not present.exists():
        key = paths.store_key.read_bytes()
        fold_partial(recent, key, settings, journals, key_of, after=early.after, lacks=early.lacks())


def fold_present(
    early: Early, paths: HomePaths, settings: Settings, key_of: KeyOf, told: Callable[[int], None] = lambda _: None
) -> None:
    """Fold all that names who is present, then the newest entries, in a store of its own."""
    recent, present = paths.early_charts
    if present.exists():
        return
    key = paths.store_key.read_bytes()
    older = early.older(Present(recent, key), key_of, told)
    lacks = early.lacks(present=True)
    fold_partial(present, key, settings, paths.journals, key_of, after=early.after, older=older, lacks=lacks)


def _frames(copies: JournalCopies, files: JournalFiles) -> Iterator[tuple[int, int]]:
    for number in sorted(copies.brought):
        data = files.segment(number).read_bytes()
        read = partial(slice_of, data)
        header = read_header(read, number, copies.verifier)
        assert header is not None, "it was checked as it came"
        for _at, frame, end in frames_from(read, header, copies.brought[number].offset):
            yield end.sequence, frame.received_ns
