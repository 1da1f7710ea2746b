"""From the journals on disk to a chart store, and on.

Rules kept here:
  * One process writes a store, under its lock; any number read it beside.
  * Journals are read together in the order of their hybrid clocks, so that little has to be folded twice; one that
    appears late is read too.
  * A journal that does not open or is damaged stops where it is: the others go on, and its position says how far.
  * An entry that a ward's journal carries is read as the one it is, in a journal of another station of this house;
    what this station itself writes for wards is read here in the journals it came from, and there alone.
  * Memory holds one batch, and what was read ahead of it: a frame a journal. While there is a great deal to read, it
    holds the next batch too, which other processes read meanwhile.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from contrefeu.base import Clock, ContrefeuError, FileLock, SystemClock, durable_makedirs
from contrefeu.chart.ahead import Ahead, Begin
from contrefeu.chart.answers import Charts, rules_of
from contrefeu.chart.batches import Batches
from contrefeu.chart.refold import open_store
from contrefeu.chart.stores import ChartStore, place_of
from contrefeu.chart.sweeps import few_sweeps
from contrefeu.chart.views import STATION
from contrefeu.hospital import Settings
from contrefeu.journal import (
    Entry,
    HeadWatch,
    JournalFiles,
    JournalReader,
    KeyOf,
    NoJournal,
    journals_in,
    of_station,
    unpacked,
    ward_prefix,
)

BATCH_ENTRIES = 4_000  # in one transaction: charts are written once a batch
BATCH_BYTES = 8 * 2**20  # the same for messages that carry scanned pages, which weigh ten times this once read
GREAT_BATCHES = 5  # times as much when there was more than one batch to read: a great rebuild; some 300 MB meanwhile
BATCH_S = 1.0  # the longest that what was read waits to be seen
LOCK_WAIT_S = 600.0  # a command waits for another one that reads a great import
JOURNALS_AGAIN_S = 1.0  # how often the folder is looked at for new journals
TROUBLE_AGAIN_S = 5.0  # how often a journal in trouble is tried again

# What a damaged, closed or missing file raises; anything else is our own mistake
_TROUBLES = (ContrefeuError, OSError, ValueError)


class _Stream:
    """One journal, read ahead by a frame."""

    def __init__(self, files: JournalFiles, key_of: KeyOf, position: int, opened: Callable[[Entry], Entry]) -> None:
        self.folder = files.folder
        self.reader = JournalReader(files, key_of)
        self._opened = opened
        self._read = position
        self.ahead: deque[Entry] = deque()
        self.quiet_until = 0.0

    def fill(self) -> bool:
        """Read a frame ahead, if there is one; returns whether there is something."""
        while not self.ahead:
            frames = self.reader.after(self._read)
            frame = next(frames, None)
            frames.close()  # type: ignore[attr-defined]
            if frame is None:
                return False
            self.ahead.extend(map(self._opened, frame))
            if frame:
                self._read = frame[-1].sequence
        return True


class Follower:
    """Reads journals into a store."""

    def __init__(
        self,
        store: ChartStore,
        journals: Path,
        key_of: KeyOf,
        settings: Settings,
        counts: Callable[[str], bool] = lambda _: True,
        begin: Begin | None = None,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._folder = journals
        self._key_of = key_of
        self._counts = counts
        self._node = settings.node.id
        self._own_wards = ward_prefix(settings.node.id)
        rules = rules_of(settings)
        self._batches = Batches(store, rules, give_way=give_way)
        self._ahead = Ahead(rules, self._gathered, begin)
        self._more = False  # whether the last batch was full
        self._streams: dict[str, _Stream] = {}
        self._watch: HeadWatch | None = None
        self._acts: HeadWatch | None = None  # of the journals in which people act
        self._looked = -JOURNALS_AGAIN_S
        self._unopened: dict[str, Exception] = {}  # folder -> why its journal cannot be followed
        self._stopped: dict[str, Exception] = {}  # journal -> why it is not read on

    @property
    def troubles(self) -> dict[str, str]:
        """Journals that are not read on -> the kind of error."""
        found = {**self._unopened, **self._stopped}
        return {journal: getattr(found[journal], "kind", type(found[journal]).__name__) for journal in sorted(found)}

    @property
    def outdated(self) -> bool:
        """Whether the store must be opened anew: what it holds counts, and its charts are folded again (refold.py)."""
        return self._batches.outdated

    def close(self) -> None:
        """Let the journals go."""
        self._ahead.close()
        for stream in self._streams.values():
            stream.reader.close()
        self._streams.clear()
        for watch in filter(None, (self._watch, self._acts)):
            watch.close()
        self._watch = self._acts = None

    def wait(self, timeout_s: float) -> None:
        """Return when there may be something new, at the latest after *timeout_s*."""
        self._watch = self._watch or HeadWatch()
        for files in journals_in(self._folder):
            self._watch.add(files.folder)
        self._watch.wait(timeout_s)

    def rest(self, timeout_s: float) -> None:
        """Return after *timeout_s*, or when people here may have acted: who acts waits to see it."""
        acting = [stream.folder for journal, stream in self._streams.items() if journal.endswith(STATION)]
        if not acting:
            time.sleep(timeout_s)
            return
        self._acts = self._acts or HeadWatch()
        for folder in acting:
            self._acts.add(folder)
        self._acts.wait(timeout_s)

    def step(self) -> int:
        """Read one batch; returns how many entries, 0 when there is nothing new.

        Raises:
            StorageError: The store cannot be written; nothing of the batch counts.
        """
        try:
            batch, readings = self._ahead.next()
            if batch:
                self._batches.take(batch, readings)
        except BaseException:
            self.close()  # what was read ahead is read again
            self._looked = -JOURNALS_AGAIN_S
            raise
        return len(batch)

    def _gathered(self) -> tuple[list[Entry], bool]:
        """The next entries of all journals, in order, and whether they fill a batch."""
        self._look()
        batch: list[Entry] = []
        times = GREAT_BATCHES if self._more else 1
        size, started, streams = 0, time.monotonic(), dict(self._streams)
        while not (full := len(batch) >= times * BATCH_ENTRIES or size >= times * BATCH_BYTES):
            for journal, stream in list(streams.items()):
                if not self._fill(journal, stream):
                    del streams[journal]  # for this batch
            if not streams:
                break
            entry = min(streams.values(), key=lambda stream: stream.ahead[0].order).ahead.popleft()
            batch.append(entry)
            size += len(entry.body)
            if time.monotonic() - started > times * BATCH_S:
                break
        self._more = full
        return batch, full

    def _fill(self, journal: str, stream: _Stream) -> bool:
        if stream.ahead:
            return True
        if stream.quiet_until > time.monotonic():
            return False
        try:
            filled = stream.fill()
        except _TROUBLES as trouble:
            self._stopped[journal] = trouble
            stream.quiet_until = time.monotonic() + TROUBLE_AGAIN_S
            return False
        self._stopped.pop(journal, None)
        return filled

    def _unpacked(self, entry: Entry) -> Entry:
        """What *entry* carries, unless it would speak for this station: nobody else says what was done here."""
        found = unpacked(entry)
        return entry if of_station(found.journal, self._node) else found

    def _look(self) -> None:
        """See which journals there are."""
        if time.monotonic() - self._looked < JOURNALS_AGAIN_S:
            return
        self._looked = time.monotonic()
        positions = self._store.kept.positions()
        for files in journals_in(self._folder):
            try:
                journal = files.verifier().name
                if journal not in self._streams and not journal.startswith(self._own_wards):
                    opened = self._unpacked if self._counts(journal) else _as_it_is
                    self._streams[journal] = _Stream(files, self._key_of, positions.get(journal, 0), opened)
                self._unopened.pop(files.folder.name, None)
            except NoJournal:
                continue  # it is being made
            except _TROUBLES as trouble:
                self._unopened[files.folder.name] = trouble


def _as_it_is(entry: Entry) -> Entry:
    return entry


@contextmanager
def open_charts(
    path: Path,
    key: bytes,
    journals: Path,
    key_of: KeyOf,
    settings: Settings,
    *,
    server: str = "",
    clock: Clock | None = None,
    counts: Callable[[str], bool] = lambda _: True,
    told: Callable[[int], None] = lambda _: None,
    begin: Begin | None = None,
    after: Mapping[str, int] | None = None,
) -> Iterator[Charts]:
    """Open the charts at *path*, brought up to date with the journals under the folder *journals*.

    Args:
        path: Of the store; it is made when it is not there.
        key: Its key.
        journals: One folder a journal.
        key_of: What opens their segments.
        settings: Of the node.
        server: The postgresql:// URL that it lies at instead; the lock stays beside *path*.
        clock: What time it is, for what is due.
        counts: Whether a journal's declarations of downtime count here.
        told: Called after each batch with how many entries it held.
        begin: Gives who reads ahead where there is a great deal to read; processes of this machine when it is None.
        after: Of each journal, the last entry that a new store leaves out.

    Raises:
        StorageError: The store does not open, or another process has been writing it for long.
        OperatorError: What the server needs is not installed.
    """
    durable_makedirs(path.parent)
    with lock_of(path):
        store = open_store(place_of(path, key, server), rules_of(settings))
        try:
            _leave_out(store, after or {})
            while True:
                with closing(Follower(store, journals, key_of, settings, counts, begin)) as follower, few_sweeps():
                    while read := follower.step():
                        told(read)
                    troubles = follower.troubles
                if not follower.outdated:
                    break
                store.close()
                store = open_store(place_of(path, key, server), rules_of(settings))
            beside = store.reader()
        finally:
            store.close()
    charts = Charts(beside, settings, clock or SystemClock(), lambda: troubles, counts)
    try:
        yield charts
    finally:
        charts.close()


def _leave_out(store: ChartStore, after: Mapping[str, int]) -> None:
    """Have a store begin behind these entries; one that has begun goes on where it is."""
    begun = store.kept.positions()
    with store.transaction():
        for journal, sequence in after.items():
            if journal not in begun:
                store.kept.set_position(journal, sequence)


def lock_of(path: Path) -> FileLock:
    """What the one writer of the store at *path* holds."""
    return FileLock(path.with_name(f"{path.name}.lock"), wait_s=LOCK_WAIT_S)
