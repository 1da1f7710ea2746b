"""Reading ahead: while one batch is folded, other processes read what the entries of the next one say.

Rules kept here:
  * What an entry says depends on its bytes and its sender's rules alone (`mapping.read`): it may be read anywhere, and
    the charts are the same, byte for byte.
  * Who needs a part that no other process has begun reads it itself, and one that is not back yet is waited for over
    another part, not longer: the work is shared as it comes, whatever else the machine does.
  * The others are given rules and entries: no key, no file, no socket. They give way to what else runs here, show
    their memory to no other process, and end with the one that began them, however it ends.
  * One that dies costs time and nothing else: what it was to read is read here.
"""

import contextlib
import ctypes
import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection

from contrefeu.journal import Entry
from contrefeu.mapping import Reading, Rules, read

READERS_MAX = 3  # beside the one that folds: more of them would wait for it
PART_ENTRIES = 125  # read at once: some 30 ms, and 200 kB on the way back
PARTS_OUT_MAX = 16  # handed out, and not folded yet: some 50 MB
PARTS_MEANWHILE_MAX = 2  # parts that are read here while one is not back
PATIENCE_S = 0.2  # then it is read here too
GC_THRESHOLD = 100_000  # objects made between two sweeps for cycles, which reading makes none of (FINDINGS: 4 times)
_NICER = 5  # steps behind whoever receives messages
_PR_SET_DUMPABLE = 4

_Batch = tuple[list[Entry], Iterator[Reading], bool]


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
    """Some entries; whether a process was given them, and what it read."""

    __slots__ = ("back", "begun", "entries", "readings")

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.begun = False
        self.back = threading.Event()
        self.readings: list[Reading] | None = None


class Readers:
    """Processes that read ahead, each driven by a thread that waits for it."""

    def __init__(self, rules: Rules, count: int) -> None:
        """Begin *count* processes.

        Raises:
            OSError: The system gives none.
        """
        self._rules = rules
        self._left: deque[_Part] = deque()  # asked for, and not begun
        self._out = 0  # parts that were begun, and not used yet
        self._closed = False
        self._change = threading.Condition()
        context = get_context("spawn")  # a copy of this process would hold its keys
        self.processes = []
        try:
            for _ in range(count):
                ours, theirs = context.Pipe()
                with theirs:
                    process = context.Process(target=_serve, args=(rules, theirs), daemon=True)
                    process.start()
                self.processes.append(process)
                threading.Thread(target=self._drive, args=(ours,), daemon=True).start()
        except OSError:
            self.close()
            raise

    def ask(self, entries: Sequence[Entry]) -> Iterator[Reading]:
        """Have *entries* read; what they say is yielded in their order, now or later."""
        parts = deque(_Part(list(entries[at : at + PART_ENTRIES])) for at in range(0, len(entries), PART_ENTRIES))
        with self._change:
            self._left += parts
            self._change.notify_all()
        return self._readings(parts)

    def close(self) -> None:
        """Let them end; what they were asked is not read any more."""
        with self._change:
            self._closed = True
            self._left.clear()
            self._change.notify_all()

    def _readings(self, parts: deque[_Part]) -> Iterator[Reading]:
        try:
            while parts:
                if self._is_begun(parts[0]):
                    self._await(parts[0])
                yield from parts[0].readings or self._read_here(parts[0])
                self._let_go(parts.popleft())
        finally:
            while parts:  # nobody wants them any more
                self._let_go(parts.popleft())

    def _is_begun(self, part: _Part) -> bool:
        """Whether a process has *part*; from now on none will."""
        with self._change:
            if part in self._left:
                self._left.remove(part)
            return part.begun

    def _let_go(self, part: _Part) -> None:
        if self._is_begun(part):
            with self._change:
                self._out -= 1
                self._change.notify_all()

    def _await(self, part: _Part) -> None:
        """Give the process that has *part* some time, and use it."""
        for _ in range(PARTS_MEANWHILE_MAX):
            if part.back.is_set():
                return
            with self._change:
                other = self._left.popleft() if self._left else None
            if other is None:
                break
            other.readings = self._read_here(other)
        part.back.wait(PATIENCE_S)

    def _read_here(self, part: _Part) -> list[Reading]:
        return [read(entry, self._rules.of(entry.source)) for entry in part.entries]

    def _drive(self, other: "Connection[list[Entry], list[Reading]]") -> None:
        """Give one process a part after another."""
        with other:
            while (part := self._begun()) is not None:
                try:
                    other.send(part.entries)
                    part.readings = other.recv()
                except Exception:  # it died, or what it read does not come through: whoever needs it reads it
                    return
                finally:
                    part.back.set()

    def _begun(self) -> _Part | None:
        """The next part that nobody has begun; None when there will be none."""
        with self._change:
            self._change.wait_for(lambda: self._closed or (self._left and self._out < PARTS_OUT_MAX))
            if self._closed:
                return None
            self._out += 1
            part = self._left.popleft()
            part.begun = True
            return part


def _serve(rules: Rules, asking: "Connection[list[Reading], list[Entry]]") -> None:
    """Read for another process, until it asks no more or is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.nice(_NICER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it ends it
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 100)
    with contextlib.suppress(EOFError, OSError):
        while True:
            asking.send([read(entry, rules.of(entry.source)) for entry in asking.recv()])
