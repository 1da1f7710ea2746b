"""What a writer has heard of: the hybrid clocks of the journals that lie beside its own (DESIGN S7).

    JOURNALS/<name>/clock = hybrid clock u64 || CRC-32 of these 8 bytes u32, big endian

Each journal's writer, or who holds it for another station, says there how far its hybrid clock is. A writer asks before
it writes, so that what people do stands behind what they had before their eyes.

Rules kept here:
  * It is not synced and not signed: it only moves the next entry's place forward, by AHEAD_NS_MAX at most. One that is
    torn or gone counts as nothing heard.
  * Whoever writes tells after the sync and before readers see the entry.
"""

import contextlib
import os
from pathlib import Path
from struct import Struct
from zlib import crc32

from contrefeu.base import is_far_ahead

CLOCK_FILE = "clock"
_CLOCK = Struct(">QI")


class Hearing:
    """The clocks beside one journal."""

    def __init__(self, folder: Path) -> None:
        """Listen for the journal in *folder*, which lies among the others."""
        self._folder = folder
        self._changed = 0
        self._silent: list[Path] = []  # journals that have said nothing yet
        self._neighbours: list[int] = []
        self._own = -1

    def highest(self, now_ns: int) -> int:
        """The highest hybrid clock heard of; those that are far ahead of *now_ns* left out."""
        self._look()
        clocks = (_read(fd) for fd in self._neighbours)
        return max((clock for clock in clocks if not is_far_ahead(clock, now_ns)), default=0)

    def tell(self, hlc: int) -> None:
        """Say how far this journal's own hybrid clock is."""
        with contextlib.suppress(OSError):
            if self._own < 0:
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
                self._own = os.open(self._folder / CLOCK_FILE, flags, 0o644)
            packed = hlc.to_bytes(8, "big")
            os.pwrite(self._own, packed + crc32(packed).to_bytes(4, "big"), 0)

    def close(self) -> None:
        """Let the files go."""
        self._let_go()
        self._changed = 0
        if self._own >= 0:
            os.close(self._own)
        self._own = -1

    def _look(self) -> None:
        """See whether there are other journals than before; one that is being made has no clock yet."""
        with contextlib.suppress(OSError):
            changed = self._folder.parent.stat().st_mtime_ns
            if changed != self._changed:
                self._let_go()
                others = (folder for folder in self._folder.parent.iterdir() if folder != self._folder)
                self._silent = [folder / CLOCK_FILE for folder in others]
                self._changed = changed
        for path in list(self._silent):
            with contextlib.suppress(OSError):
                self._neighbours.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
                self._silent.remove(path)

    def _let_go(self) -> None:
        for fd in self._neighbours:
            os.close(fd)
        self._neighbours.clear()


def _read(fd: int) -> int:
    try:
        data = os.pread(fd, _CLOCK.size, 0)
    except OSError:
        return 0
    if len(data) < _CLOCK.size:
        return 0
    clock, check = _CLOCK.unpack(data)
    return int(clock) if crc32(data[:8]) == check else 0
