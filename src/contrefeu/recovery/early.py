"""Who lies in a bed now, first: charts of the newest entries and of who came and went before, then of all that names
those patients, while the rest of the history is brought and folded (docs/decisions/0065).

Rules kept here:
  * The end of each journal comes home first, and the journals of people's acts whole: without them nobody could log in,
    and what two persons withdrew would be seen.
  * An end that does not reach the furthest signed checkpoint opens no home: the newest entries are missing.
  * Stores of part of the history say so themselves (chart/partial.py), and are removed when the whole one stands.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from contrefeu.base import ManyFiles, durable_makedirs, rfc3339
from contrefeu.chart import AUDIT, STATION, Present, Restoring, fold_partial
from contrefeu.custody import HomePaths
from contrefeu.hospital import Settings
from contrefeu.journal import Entry, JournalFiles, JournalReader, KeyOf
from contrefeu.recovery.gather import JournalCopies, slice_of
from contrefeu.vault import frames_from, read_header

RECENT_ENTRIES = 20_000  # of each journal: folded in some twenty seconds
RECENT_S = 3 * 86_400.0  # seconds before the last entry: what a ward looks back on
MOVES_S = 7 * 86_400.0  # seconds in which who came and went is looked for: most who lie in a bed were moved in them
_SECOND = 1_000_000_000


class Early:
    """The newest entries of journals, and what names who is present: plain values, for another process too."""

    def __init__(self, journals: Sequence[JournalCopies], files_of: Callable[[JournalCopies], JournalFiles]) -> None:
        """Find the newest entries in what is home of *journals*; *files_of* says where that is."""
        self._folders = {copies.journal: copies.folder for copies in journals}
        self.after: dict[str, int] = {}  # journal -> last entry that the newest ones leave out
        self.moves_after: dict[str, int] = {}  # journal -> last entry before those that tell who came and went
        self.entries: dict[str, int] = {}  # journal -> its last entry
        self.since_ns = 0  # what was received from then on is in the newest ones, whole
        frames = {copies.journal: list(_frames(copies, files_of(copies))) for copies in journals}
        last_ns = max((found[-1][1] for found in frames.values() if found), default=0)
        for copies in journals:
            self._start(copies, frames[copies.journal], last_ns)

    def _start(self, copies: JournalCopies, frames: Sequence[tuple[int, int]], last_ns: int) -> None:
        first = min((copies.headers[n].said.first_sequence for n in copies.brought), default=1)
        last = self.entries[copies.journal] = frames[-1][0] if frames else first - 1
        self.after[copies.journal] = self.moves_after[copies.journal] = first - 1
        if copies.journal.endswith(STATION):
            return
        from_ns = last_ns - int(RECENT_S * _SECOND)
        new = [(at, ns) for at, ns in frames if ns >= from_ns and at > last - RECENT_ENTRIES]
        old = [at for at, ns in frames if not new or at < new[0][0]]
        self.after[copies.journal] = max(old, default=first - 1)
        moves = [at for at, ns in frames if ns < last_ns - int(MOVES_S * _SECOND)]
        self.moves_after[copies.journal] = min(max(moves, default=first - 1), self.after[copies.journal])
        if self.after[copies.journal] and not copies.journal.endswith(AUDIT):
            self.since_ns = max(self.since_ns, new[0][1] if new else from_ns)

    @property
    def is_whole(self) -> bool:
        """Whether the newest entries are all there are."""
        return not any(self.after.values())

    def lacks(self, *, present: bool = False) -> Restoring:
        """What charts of the newest entries lack; *present*: beside which all that names who is present stands."""
        of = sum(self.entries.values())
        return Restoring(rfc3339(self.since_ns), of - sum(self.after.values()), of, present)

    def moves(self, journals: Path, key_of: KeyOf) -> Iterator[Entry]:
        """The entries of some days before the newest ones that tell who came and went, in journal order."""
        return self._older(journals, key_of, self.moves_after, lambda entry: _moves(entry.body))

    def older(self, journals: Path, key_of: KeyOf, present: Present, told: Callable[[int], None]) -> Iterator[Entry]:
        """The same, and all older entries that may name any of those who are present, in journal order."""

        def wanted(entry: Entry) -> bool:
            moves = entry.sequence > self.moves_after[entry.journal] and _moves(entry.body)
            return moves or present.named_in(entry.body)

        return self._older(journals, key_of, dict.fromkeys(self.after, 0), wanted, told)

    def _older(
        self,
        journals: Path,
        key_of: KeyOf,
        after: Mapping[str, int],
        wanted: Callable[[Entry], bool],
        told: Callable[[int], None] = lambda _: None,
    ) -> Iterator[Entry]:
        streams = [
            _read(JournalFiles(journals / folder), key_of, after[journal], self.after[journal], wanted, told)
            for journal, folder in self._folders.items()
            if after[journal] < self.after[journal]
        ]
        return heapq.merge(*streams, key=lambda entry: entry.order)


def _read(
    files: JournalFiles,
    key_of: KeyOf,
    after: int,
    last: int,
    wanted: Callable[[Entry], bool],
    told: Callable[[int], None],
) -> Iterator[Entry]:
    """The entries of a journal behind *after*, up to *last*, that are *wanted*."""
    reader = JournalReader(files, key_of)
    try:
        for entries in reader.after(after):
            told(len(entries))
            yield from (entry for entry in entries if entry.sequence <= last and wanted(entry))
            if entries[-1].sequence >= last:
                return
    finally:
        reader.close()


def _moves(body: bytes) -> bool:
    """Whether *body* may tell that somebody came, moved or went: an ADT message, or a FHIR Encounter."""
    return b"|ADT" in body[:400] or b'"Encounter"' in body


def bring_ends(
    journals: Sequence[JournalCopies],
    files_of: Callable[[JournalCopies], JournalFiles],
    told: Callable[[int], None],
) -> bool:
    """Bring the end of each journal; whether all of them reach what was signed for."""
    reached = True
    for copies in journals:
        durable_makedirs(files_of(copies).segments_folder)
        with ManyFiles() as home:
            for number in sorted(copies.headers, reverse=True):
                told(copies.bring(number, files_of(copies), home))
                if number not in copies.brought:
                    reached = False  # damaged in every vault, or of another history
                    break
                if _is_enough(copies, number):
                    break
        copies.bring_rest(files_of(copies))
        reached = reached and copies.reaches_signed
    return reached


def _is_enough(copies: JournalCopies, number: int) -> bool:
    """Whether what comes before segment *number* is older than what is looked for; acts are never old enough."""
    began_ns = copies.headers[number].said.opened_ns
    return not copies.journal.endswith(STATION) and began_ns <= copies.opened_ns - int(MOVES_S * _SECOND)


def fold_recent(early: Early, paths: HomePaths, settings: Settings, journals: Path, key_of: KeyOf) -> None:
    """Fold the newest entries, unless they are folded already."""
    recent, present = paths.early_charts
    if not recent.exists() and not present.exists():
        key = paths.store_key.read_bytes()
        older, lacks = early.moves(journals, key_of), early.lacks()
        fold_partial(recent, key, settings, journals, key_of, after=early.after, older=older, lacks=lacks)


def fold_present(
    early: Early, paths: HomePaths, settings: Settings, key_of: KeyOf, told: Callable[[int], None] = lambda _: None
) -> None:
    """Fold all that names who is present, then the newest entries, in a store of its own."""
    recent, present = paths.early_charts
    if present.exists():
        return
    key = paths.store_key.read_bytes()
    older = early.older(paths.journals, key_of, Present(recent, key), told)
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
