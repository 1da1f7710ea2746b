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
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pickle import dumps, loads
from queue import SimpleQueue
from typing import Protocol

from contrefeu.chart.sweeps import sweep_seldom
from contrefeu.journal import Entry
from contrefeu.mapping import Reading, Rules, read

READERS_MAX = 3  # beside the one that folds: more of them would wait for it
PART_ENTRIES = 125  # read at once: some 30 ms, and 200 kB on the way back
PARTS_OUT_MAX = 16  # handed out, and not folded yet: some 50 MB
PARTS_MEANWHILE_MAX = 2  # parts that are read here while one is not back
PATIENCE_S = 0.2  # then it is read here too
IN_HAND_MAX = 2  # parts that a process has: one that it reads, and one so that it does not wait for the next
_NICER = 5  # steps behind whoever receives messages
_PR_SET_DUMPABLE = 4

_Batch = tuple[list[Entry], Iterator[Reading], bool]


class Asked(Protocol):
    """Whoever reads ahead: processes of this machine, or a cluster's."""

    def ask(self, entries: Sequence[Entry]) -> Iterator[Reading]:
        """Have *entries* read; what they say is yielded in their order, now or later."""
        ...

    def close(self) -> None:
        """Let go; what was asked is not read any more."""
        ...


class Ahead:
    """Batches of entries and what they say, the next batch read while the one at hand is folded.

    Other processes are begun when as much lies behind a full batch as is in it, and end when nothing lies ahead: a feed
    that is followed live is read here.
    """

    def __init__(
        self, rules: Rules, gather: Callable[[], tuple[list[Entry], bool]], begin: "Begin | None" = None
    ) -> None:
        """Read what *gather* gives: a batch a call, and whether it is a full one, with more behind it.

        *begin* gives who reads ahead, or nobody; processes of this machine when it is None.
        """
        self._rules = rules
        self._gather = gather
        self._begin = begin or _readers
        self._next: _Batch | None = None
        self._readers: Asked | None = None

    def next(self) -> tuple[list[Entry], Iterator[Reading]]:
        """Return a batch and what it says; an empty one when there is nothing new."""
        if self._next is None:
            self.close()
        batch, readings, full = self._next or self._asked(*self._gather())
        self._next = None
        if full:
            more, full = self._gather()
            if len(more) >= len(batch) and self._readers is None:
                self._readers = self._begin(self._rules)
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


Begin = Callable[[Rules], Asked | None]


def _readers(rules: Rules) -> "Readers | None":
    """Processes for the processors that nobody folds on; None where there are none."""
    count = min(len(os.sched_getaffinity(0)) - 1, READERS_MAX)
    try:
        return Readers(rules, count) if count > 0 else None
    except OSError:
        return None


class _Part:
    """Some entries; whether a process was given them, and what it read, pickled: whoever needs it opens it."""

    __slots__ = ("back", "begun", "entries", "pickled", "readings")

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.begun = False
        self.back = threading.Event()
        self.pickled = b""
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
                yield from self._read(parts[0])
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

    def _read(self, part: _Part) -> list[Reading]:
        """What *part* says, from whoever read it."""
        if part.readings is None and part.pickled:
            with contextlib.suppress(Exception):  # what does not come through is read here
                return loads(part.pickled)  # type: ignore[no-any-return] # of our own process  # noqa: S301
        return part.readings or self._read_here(part)

    def _read_here(self, part: _Part) -> list[Reading]:
        return [read(entry, self._rules.of(entry.source)) for entry in part.entries]

    def _drive(self, other: "Connection[list[Entry], bytes]") -> None:
        """Give one process a part after another, always one more than it reads."""
        given: deque[_Part] = deque()
        # One that dies, or whose answer does not come through, has read nothing: whoever needs it reads it.
        with other, contextlib.suppress(Exception):
            while (part := self._begun(wait=not given)) is not None or given:
                if part is not None:
                    given.append(part)
                    other.send(part.entries)
                if part is None or len(given) == IN_HAND_MAX:
                    given[0].pickled = other.recv_bytes()
                    given.popleft().back.set()
        for part in given:
            part.back.set()

    def _begun(self, *, wait: bool) -> _Part | None:
        """The next part that nobody has begun; None when there is none: now, or ever where this was to *wait*."""
        with self._change:
            ready = self._change.wait_for(self._may_begin, None if wait else 0)
            if self._closed or not ready:
                return None
            self._out += 1
            part = self._left.popleft()
            part.begun = True
            return part

    def _may_begin(self) -> bool:
        return self._closed or bool(self._left and self._out < PARTS_OUT_MAX)


def _serve(rules: Rules, asking: "Connection[bytes, list[Entry]]") -> None:
    """Read for another process, until it asks no more or is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.nice(_NICER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it ends it
    sweep_seldom()
    asked: SimpleQueue[list[Entry] | None] = SimpleQueue()
    # Beside the reading: both would wait for ever if each had more to say than the line between them holds.
    threading.Thread(target=_receive, args=(asking, asked), daemon=True).start()
    with contextlib.suppress(OSError):
        while (entries := asked.get()) is not None:
            asking.send_bytes(dumps([read(entry, rules.of(entry.source)) for entry in entries]))


def _receive(asking: "Connection[bytes, list[Entry]]", asked: "SimpleQueue[list[Entry] | None]") -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked.put(asking.recv())
    asked.put(None)
