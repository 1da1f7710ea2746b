"""A clock that a drill turns, for a process tree of its own: a day in minutes, at a pace that may change meanwhile.

Rules kept here:
  * Wall and monotonic time go at one pace, forwards: a process under it sees no jump (fast_clock.c says what it does).
  * Nothing of it is the program's: what runs under it is what runs anywhere, with a library in front of libc's.
"""

import mmap
import os
import shutil
import subprocess
import time
from pathlib import Path
from struct import Struct

_TURNED = Struct("=Qqqqqq")  # struct turned of fast_clock.c
_SOURCE = Path(__file__).with_suffix(".c")
NS = 1_000_000_000


def can_turn() -> bool:
    """Whether this machine has a C compiler and is Linux."""
    return shutil.which("cc") is not None and Path("/proc/self/exe").exists()


class FastClock:
    """One clock; *env* puts a command under it."""

    def __init__(self, folder: Path) -> None:
        library, file = folder / "fast_clock.so", folder / "fast_clock"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"], check=True)
        file.write_bytes(bytes(_TURNED.size))
        with file.open("r+b") as held:
            self._map = mmap.mmap(held.fileno(), _TURNED.size)
        self._version = 0
        self._raw0 = time.monotonic_ns()
        self._wall0, self._mono0 = time.time_ns(), self._raw0
        self._rate, self._sync_ms = 1, 0
        self._write()
        self.env = {**os.environ, "LD_PRELOAD": str(library), "FAST_CLOCK": str(file)}

    def turn(self, rate: int) -> None:
        """Go on from now at *rate* times the real pace."""
        now = time.monotonic_ns()
        gone = (now - self._raw0) * self._rate
        self._raw0, self._wall0, self._mono0, self._rate = now, self._wall0 + gone, self._mono0 + gone, rate
        self._write()

    def slow_disk(self, sync_ms: int) -> None:
        """Let each sync take so long by this clock; 0: as long as it takes."""
        self._sync_ms = sync_ms
        self._write()

    def wall_ns(self) -> int:
        """What it says now."""
        return self._wall0 + (time.monotonic_ns() - self._raw0) * self._rate

    def wait_s(self, seconds: float) -> float:
        """Real seconds that *seconds* of it take."""
        return seconds / self._rate

    def _write(self) -> None:
        self._version += 2
        self._map[:8] = (self._version - 1).to_bytes(8, "little")
        told = _TURNED.pack(self._version - 1, self._raw0, self._wall0, self._mono0, self._rate, self._sync_ms)
        self._map[8:] = told[8:]
        self._map[:8] = self._version.to_bytes(8, "little")
