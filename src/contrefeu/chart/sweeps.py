"""When Python looks for cycles among what it keeps: readings and charts hold none, and are many.

A sweep looks through all that is there. With Python's own rhythm it costs more than reading a chart does, and four
times what reading messages does.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MADE = 100_000  # objects made between two sweeps, where one thing is read after the other
_MADE_IN_BATCHES = 1_000_000  # where thousands are read together and let go together: some 300 MB at the most


def sweep_seldom(made: int = MADE) -> None:
    """Sweep seldom from now on, and never through what is here now."""
    gc.freeze()
    gc.set_threshold(made, 20, 100)


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
