"""When Python looks for cycles among what it keeps: readings and charts hold none, and are many.

A sweep looks through all that is there. With Python's own rhythm it costs more than reading a chart does, and four
times what reading messages does.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

MADE = 100_000  # objects made between two sweeps, where one thing is read after the other
_MADE_BETWEEN_PAGES = 5_000  # the same where somebody waits for an answer: a sweep takes 0.6 us an object
_NEVER = 1_000_000_000  # sweeps of what is new, after which what has outlived one would be looked through again
ALL_S = 86_400.0  # s between two sweeps through everything: each stops the process for a second, and has found nothing
_MADE_IN_BATCHES = 1_000_000  # where thousands are read together and let go together: some 300 MB at the most


def sweep_seldom(made: int = MADE) -> None:
    """Sweep seldom from now on, and never through what is here now."""
    gc.freeze()
    gc.set_threshold(made, 20, 100)


class ShortSweeps:
    """Sweeps through what is new alone, for as long as a process reads messages and answers pages.

    A sweep stops whoever answers: one through a million objects did for half a second. What has outlived one is looked
    through once in ALL_S, by `all_when_due`.
    """

    def __enter__(self) -> "ShortSweeps":
        self._before = gc.get_threshold()
        self._all_at = time.monotonic() + ALL_S
        gc.freeze()
        gc.set_threshold(_MADE_BETWEEN_PAGES, _NEVER, _NEVER)
        return self

    def __exit__(self, *_: object) -> None:
        gc.set_threshold(*self._before)
        gc.unfreeze()

    def all_when_due(self) -> None:
        """Sweep through everything, if that is due."""
        if time.monotonic() >= self._all_at:
            self._all_at = time.monotonic() + ALL_S
            gc.unfreeze()
            gc.collect()
            gc.freeze()


@contextmanager
def few_sweeps() -> Iterator[None]:
    """Sweep seldom, for as long as much is read."""
    before = gc.get_threshold()
    sweep_seldom(_MADE_IN_BATCHES)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def no_sweep() -> Iterator[None]:
    """Do not sweep at all, for as long as one chart takes."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
