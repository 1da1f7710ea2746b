"""Power cuts under a real process: a file system in user space (FUSE) that drops what was not synced.

The process is a writer of its own (tests/journal/appender.py); between it and the disk stands the kernel; under the
kernel stands the simulated disk (tests/journal/simulated_disk.py). Each round it appends, is killed in the middle of an
append, and the power is cut. What was confirmed must be there, once, and the journal whole.

    python -m tests.drills.power_cuts --rounds 100 --seed 1    needs root, /dev/fuse, libfuse2, `pip install fusepy`
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from tests.journal.appender import body_of
from tests.journal.desk import Desk
from tests.journal.simulated_disk import SimulatedDisk
from tests.journal.test_real_disk import Appender

SHOWN = ("st_atime", "st_ctime", "st_gid", "st_mode", "st_mtime", "st_nlink", "st_size", "st_uid")
MOUNT_S_MAX = 30.0


def serve(memory: str, mounted: str, seed: int) -> None:
    """Serve the simulated disk on the folder *memory* at *mounted*; when it is unmounted, the power is cut."""
    import fuse

    def refusing(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(*arguments: Any) -> Any:
            try:
                return method(*arguments)
            except OSError as refused:
                raise fuse.FuseOSError(refused.errno) from None

        return call

    disk = SimulatedDisk(Path(memory), random.Random(seed))

    class Served(fuse.Operations):  # type: ignore[misc]
        """The calls of fuse.Operations that a writer makes."""

        @staticmethod
        def _at(path: str) -> Path:
            return Path(memory + path)

        @refusing
        def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
            found = os.lstat(self._at(path))
            return {name: getattr(found, name) for name in SHOWN}

        @refusing
        def readdir(self, path: str, fh: int) -> list[str]:
            return [".", "..", *(one.name for one in self._at(path).iterdir())]

        @refusing
        def open(self, path: str, flags: int) -> int:
            return os.open(self._at(path), os.O_RDWR)

        @refusing
        def create(self, path: str, mode: int, fi: Any = None) -> int:
            return disk.open(self._at(path), os.O_RDWR | os.O_CREAT, mode)

        @refusing
        def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
            return os.pread(fh, size, offset)

        @refusing
        def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
            return disk.pwrite(fh, data, offset)

        @refusing
        def truncate(self, path: str, length: int, fh: int | None = None) -> None:
            fd = os.open(self._at(path), os.O_RDWR)
            disk.ftruncate(fd, length)
            os.close(fd)

        @refusing
        def fsync(self, path: str, datasync: int, fh: int) -> None:
            disk.fsync(fh)

        @refusing
        def fsyncdir(self, path: str, datasync: int, fh: int) -> None:
            fd = os.open(self._at(path), os.O_RDONLY)
            disk.fsync(fd)
            os.close(fd)

        @refusing
        def rename(self, old: str, new: str) -> None:
            disk.replace(self._at(old), self._at(new))

        @refusing
        def unlink(self, path: str) -> None:
            disk.unlink(self._at(path))

        @refusing
        def mkdir(self, path: str, mode: int) -> None:
            disk.mkdir(self._at(path), mode)

        def flush(self, path: str, fh: int) -> int:
            return 0  # close() is no sync

        def release(self, path: str, fh: int) -> None:
            os.close(fh)

        def destroy(self, path: str) -> None:
            disk.cut_power()

    fuse.FUSE(Served(), mounted, foreground=True, nothreads=True, direct_io=True)


def _mounted(memory: Path, place: Path, seed: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.drills.power_cuts", "--serve", str(memory), str(place), "--seed", str(seed)]
    process = subprocess.Popen(command)
    deadline = time.monotonic() + MOUNT_S_MAX
    while not place.is_mount():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("nothing is mounted: root, /dev/fuse, libfuse2 and `pip install fusepy` are needed")
        time.sleep(0.02)
    return process


def rounds(folder: Path, count: int, seed: int) -> str:
    """Cut the power *count* times; says what was found.

    Raises:
        AssertionError: Something confirmed is missing, or there twice, or the journal is damaged.
    """
    memory, place = folder / "memory", folder / "mounted"
    memory.mkdir()
    place.mkdir()
    chance, kept, number, entries = random.Random(seed), [], 0, 0
    for turn in range(count):
        disk = _mounted(memory, place, seed * 1_000_003 + turn)
        try:
            with Appender(place / "journals") as appender:
                assert appender.ready, f"cut {turn}: the writer did not start"
                for _ in range(chance.randrange(1, 25)):
                    number += 1
                    appender.append(number, chance.choice([30, 300, 5000]))
                    if chance.random() < 0.2:
                        appender.say("sign")
                number += 1
                assert appender.process.stdin is not None
                appender.process.stdin.write(f"append {number} 3000\n")
                appender.process.stdin.flush()
                time.sleep(chance.uniform(0, 0.02))
                appender.process.kill()  # in the middle of it
                appender.process.wait()
                kept += appender.kept
        finally:
            subprocess.run(["umount", place], check=True)
            disk.wait(30)
        desk = Desk(memory / "journals")
        bodies, confirmed = desk.bodies(), [body_of(*one) for one in kept]
        told = set(confirmed)
        assert [body for body in bodies if body in told] == confirmed, f"cut {turn}: confirmed, and not there"
        assert len(set(bodies)) == len(bodies), f"cut {turn}: twice"
        assert desk.verify().intact, f"cut {turn}: {desk.verify().damage}"
        entries = len(bodies)
    return f"{count} power cuts: {len(kept)} messages confirmed, {entries} entries, none missing, none twice\n"


def main() -> None:
    """Cut the power, again and again."""
    parser = argparse.ArgumentParser(description="Power cuts under a writer, on a FUSE file system.")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", nargs=2, metavar=("MEMORY", "PLACE"))
    chosen = parser.parse_args()
    if chosen.serve:
        serve(*chosen.serve, chosen.seed)
        return
    with tempfile.TemporaryDirectory(prefix="cuts-") as folder:
        sys.stdout.write(rounds(Path(folder), chosen.rounds, chosen.seed))


if __name__ == "__main__":
    main()
