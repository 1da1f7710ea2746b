"""Short questions go before messages: both are one process's, and somebody waits for an answer.

Rules kept here:
  * Who reads messages stops between two of them while a short question is open, GIVE_S_MAX at most each time: questions
    without end slow the reading down, and do not stop it.
  * Questions are opened and closed by one thread, the event loop's.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

GIVE_S_MAX = 0.003  # a short answer takes about one; beside the reading it would wait for each of its statements


class RightOfWay:
    """Between those who ask and the one who reads."""

    def __init__(self) -> None:
        self._open = 0
        self._clear = threading.Event()
        self._clear.set()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A short question is open."""
        self._open += 1
        self._clear.clear()
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._clear.set()

    def give(self) -> None:
        """Let those by who ask now."""
        if self._open:
            self._clear.wait(GIVE_S_MAX)
