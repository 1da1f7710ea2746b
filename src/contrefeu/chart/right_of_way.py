"""Short questions go before messages: both are one process's, and somebody waits for an answer.

Rules kept here:
  * Who reads messages stops between two of them while a short question is open, GIVE_S_MAX at most, then works for
    WORK_S_MIN at least: questions without end take three quarters of its time and no more.
  * Questions are opened and closed by one thread, the event loop's.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

GIVE_S_MAX = 0.003  # s; a short answer takes 1 ms; beside the reading it would wait for each of its statements
WORK_S_MIN = 0.001  # s of reading between two times that it gives way: some three messages


class RightOfWay:
    """Between those who ask and the one who reads."""

    def __init__(self) -> None:
        self._open = 0
        self._clear = threading.Event()
        self._clear.set()
        self._again = 0.0  # monotonic, s: when it may give way again

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
        if self._open and time.monotonic() >= self._again:
            self._clear.wait(GIVE_S_MAX)
            self._again = time.monotonic() + WORK_S_MIN
