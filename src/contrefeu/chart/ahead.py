"""Reading ahead: while one batch is folded, other processes read what the entries of the next one say.

Rules kept here:
  * What an entry says depends on its bytes and its sender's rules alone (`mapping.read`): it may be read anywhere, and
    the charts are the same, byte for byte.
  * Who needs a part that no other process has begun reads it itself: two processes share the work as it comes, and
    neither waits for a slower one.
  * The others are given rules and entries: no key, no file, no socket. They give way to what else runs here, show
    their memory to no other process, and end with the one that began them, however it ends.
  * One that dies costs time and nothing else: what it was to read is read here.
"""

import ctypes
import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process

from contrefeu.journal import Entry
from contrefeu.mapping import Reading, Rules, read

READERS_MAX = 3  # beside the one that folds: more of them would wait for it
PART_ENTRIES = 125  # read at once: some 30 ms, and 200 kB on the way back
PARTS_OUT_MAX = 32  # read, and not folded yet: some 100 MB
GC_THRESHOLD = 100_000  # objects made between two sweeps for cycles, which reading makes none of (FINDINGS: 4 times)
_NICER = 5  # steps behind whoever receives messages
_PR_SET_DUMPABLE = 4

_Batch = tuple[list[Entry], Iterator[Reading], bool]
_rules = Rules()  # of a process that reads ahead


class Ahead:
    """Batches of entries and what they say, the next batch read while the one at hand is folded.

    Other processes are begun when as much lies behind a full batch as is in it, and end when nothing lies ahead: a feed
    that is followed live is read here.
    """

    def __init__(self, rules: Rules, gather: Callable[[], tuple[list[Entry], bool]]) -> None:
        """Read what *gather* gives: a batch a call, and whether it is a full one, with more behind it."""
        self._rules = rules
        self._gather = gather
        self._next: _Batch | None = None
        self._readers: Readers | None = None

    def next(self) -> tuple[list[Entry], Iterator[Reading]]:
        """Return a batch and what it says; an empty one when there is nothing new."""
        if self._next is None:
            self.close()
        batch, readings, full = self._next or self._asked(*self._gather())
        self._next = None
        if full:
            more, full = self._gather()
            if len(more) >= len(batch) and self._readers is None:
                self._readers = _readers(self._rules)
            self._next = self._asked(more, full) if more else None
        return batch, readings

    def close(self) -> None:
        """Forget what was read ahead."""
        self._next = None
        if self._readers is not None:
            self._readers.close()
            self._readers = None

    def _asked(self, batch: list[Entry], full: bool) -> "_Batch":
        if self._readers is not None:
            return batch, self._readers.ask(batch), full
        return batch, (read(entry, self._rules.of(entry.source)) for entry in batch), full


def _readers(rules: Rules) -> "Readers | None":
    """Processes for the processors that nobody folds on; None where there are none."""
    count = min(len(os.sched_getaffinity(0)) - 1, READERS_MAX)
    try:
        return Readers(rules, count) if count > 0 else None
    except OSError:
        return None


class _Part:
    """Some entries, and whether another process was told to read them."""

    __slots__ = ("begun", "entries")

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.begun: Future[list[Reading]] | None = None


class Readers:
    """Processes that read ahead."""

    def __init__(self, rules: Rules, count: int) -> None:
        """Begin *count* processes.

        Raises:
            OSError: The system gives none.
        """
        self._rules = rules
        context = get_context("spawn")  # a copy of this process would hold its keys
        self._pool = ProcessPoolExecutor(count, context, initializer=_begin, initargs=(rules,))
        self._left: deque[_Part] = deque()  # asked for, and not handed out yet
        self._out = 0  # parts that are handed out, and not used yet

    def ask(self, entries: Sequence[Entry]) -> Iterator[Reading]:
        """Have *entries* read; what they say is yielded in their order, now or later."""
        parts = deque(_Part(list(entries[at : at + PART_ENTRIES])) for at in range(0, len(entries), PART_ENTRIES))
        self._left += parts
        self._hand_out()
        return self._readings(parts)

    def close(self) -> None:
        """End them; what they were asked is not read any more."""
        self._left.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hand_out(self) -> None:
        while self._left and self._out < PARTS_OUT_MAX:
            part = self._left.popleft()
            try:
                part.begun = self._pool.submit(_read, part.entries)
            except (RuntimeError, OSError):
                continue  # they are gone: it is read here
            self._out += 1

    def _readings(self, parts: deque[_Part]) -> Iterator[Reading]:
        while parts:
            part = parts.popleft()
            found = None
            if part.begun is not None:
                found = _there(part.begun)
                self._out -= 1
            elif part in self._left:
                self._left.remove(part)
            self._hand_out()
            yield from found or (read(entry, self._rules.of(entry.source)) for entry in part.entries)


def _there(begun: Future[list[Reading]]) -> list[Reading] | None:
    """What another process read; None when nobody has begun to."""
    try:
        return None if begun.cancel() else begun.result()
    except Exception:  # it died, or what it read does not come through: read here, the feed goes on
        return None


def _begin(rules: Rules) -> None:
    """Set up a process that reads ahead."""
    global _rules  # noqa: PLW0603 - what a pool's process is begun with has no other place
    _rules = rules
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.nice(_NICER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it ends it
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 100)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
    os._exit(0)


def _read(entries: list[Entry]) -> list[Reading]:
    return [read(entry, _rules.of(entry.source)) for entry in entries]
