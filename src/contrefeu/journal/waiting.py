"""Waiting for a journal to grow, without asking it all the time.

A writer writes `head` after each commit; inotify(7) tells who watches the folder. Where there is no inotify (another
system, no watch left, a folder on a network) the wait is a short sleep: late by that much, never wrong.

Rules kept here:
  * A wait is a hint: who is woken looks at the head, and who is not woken looks all the same when the time is over.
"""

import ctypes
import os
import select
import time
from pathlib import Path

LOOK_AGAIN_S = 0.01  # how late a follower is where nothing tells: a fifth of what it may be

_IN_MODIFY, _IN_MOVED_TO, _IN_CREATE = 0x2, 0x80, 0x100
_EVENTS_BYTES = 65_536


class HeadWatch:
    """Waits until one of some journals may have grown; not thread safe."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = -1
        if hasattr(self._libc, "inotify_init1"):
            self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._watched: dict[Path, bool] = {}  # folder -> whether inotify took it

    def add(self, folder: Path) -> None:
        """Watch the journal in *folder*; once is enough."""
        if folder in self._watched:
            return
        taken = -1
        if self._fd >= 0:
            events = _IN_MODIFY | _IN_MOVED_TO | _IN_CREATE
            taken = self._libc.inotify_add_watch(self._fd, os.fsencode(folder), events)
        self._watched[folder] = taken >= 0

    def wait(self, timeout_s: float) -> None:
        """Return when a journal may have grown, at the latest after *timeout_s*."""
        if not self._watched or not all(self._watched.values()):
            time.sleep(min(timeout_s, LOOK_AGAIN_S))
            return
        asked = select.poll()  # select() knows no file beyond the first 1,024 of a process
        asked.register(self._fd, select.POLLIN)
        if asked.poll(timeout_s * 1000):
            os.read(self._fd, _EVENTS_BYTES)  # what is left of them only wakes once more

    def close(self) -> None:
        """Watch no more."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._watched.clear()
