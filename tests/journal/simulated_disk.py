"""A disk that fails as disks do, under contrefeu.base.durable: every change of the writer's goes through it.

What is modelled, on real files in a folder that stand for the system's memory of the disk:
  * A write is in memory until a sync; a power cut keeps any subset of its 512-byte sectors, and either length.
  * A new, renamed or removed name is in memory until its folder is synced; a power cut keeps any of these changes.
  * A killed process loses nothing; what it had not synced stays unsynced for the next one.
  * A sync that fails has written any of the sectors and believes all of them written: no later sync tries again
    (fsyncgate). The memory keeps what was written, or falls back to what the disk has. Names alone are tried again:
    file systems journal them.
  * A write may take less than it was given; it may fail having written nothing, some or all of it.
  * A disk may be full, read-only or failing for a while.
"""

import errno
import os
import random
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

SECTOR = 512

Mood = Literal["well", "flaky", "full", "read-only", "failing"]


class Gone(BaseException):
    """The process is no more: killed, or without power. Whatever still runs of it changes nothing."""


@dataclass(slots=True)
class _File:
    """One file as the disk itself has it."""

    data: bytearray = field(default_factory=bytearray)
    dirty: set[int] = field(default_factory=set)  # sectors that differ in memory


@dataclass(slots=True)
class _Folder:
    """The names of a folder as the disk has them, and what was changed since."""

    names: dict[str, int] = field(default_factory=dict)  # -> inode; folders too
    changes: list[tuple[str, int | None]] = field(default_factory=list)  # name -> inode, or taken away


class SimulatedDisk:
    """Stands in for `os` in contrefeu.base.durable; what it does not change, `os` does."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.mood: Mood = "well"
        self.steps = 0
        self.dies_at = -1  # step at which the process is killed, or the power cut
        self.interrupts_at = -1  # step at which somebody types Ctrl-C
        self.lied = False  # whether a sync failed since the power came
        self._chance = chance
        self._down = False
        self._files: dict[int, _File] = {}
        self._folders: dict[int, _Folder] = {}
        self._register(folder)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    # What durable asks for.

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        path = Path(path)
        if not flags & os.O_CREAT or path.exists():
            return os.open(path, flags, mode)
        self._step("open")
        fd = os.open(path, flags, mode)
        self._changed(path, os.fstat(fd).st_ino)
        self._after()
        return fd

    def pwrite(self, fd: int, data: Any, offset: int) -> int:
        self._must_live()
        data = bytes(data)
        cut = self._chance.randrange(len(data) + 1)
        try:
            self._step("write")
        except OSError:
            self._write(fd, data[: self._chance.choice([0, cut, len(data)])], offset)
            raise
        except BaseException:  # the last thing that the process did, whole or in part
            self._write(fd, data[:cut], offset)
            raise
        if self._chance.random() < 0.05 and cut:
            data = data[:cut]
        self._write(fd, data, offset)
        self._after()
        return len(data)

    def write(self, fd: int, data: Any) -> int:
        offset = os.lseek(fd, 0, os.SEEK_CUR)
        written = self.pwrite(fd, data, offset)
        os.lseek(fd, offset + written, os.SEEK_SET)
        return written

    def posix_fallocate(self, fd: int, offset: int, length: int) -> None:
        self._step("allocate")
        os.posix_fallocate(fd, offset, length)
        self._after()

    def ftruncate(self, fd: int, length: int) -> None:
        self._step("truncate")
        os.ftruncate(fd, length)
        self._after()

    def fsync(self, fd: int) -> None:
        inode = os.fstat(fd).st_ino
        if inode not in self._folders and stat.S_ISDIR(os.fstat(fd).st_mode):
            return  # a folder above this disk's
        try:
            self._step("sync")
        except OSError:
            if inode in self._folders:
                pending = list(self._folders[inode].changes)
                self._settle_names(inode, lambda: self._chance.random() < 0.5)
                self._folders[inode].changes = pending  # file systems journal names: these are tried again
            else:
                self._lie(fd, inode)
            raise
        if inode in self._folders:
            self._settle_names(inode, lambda: True)
        else:
            self._settle(_now(fd), self._file(inode), lambda: True)
        self._after()

    fdatasync = fsync

    def replace(self, source: Any, target: Any) -> None:
        self._step("rename")
        inode = Path(source).stat().st_ino
        os.replace(source, target)  # noqa: PTH105
        self._changed(Path(source), None)
        self._changed(Path(target), inode)
        self._after()

    def unlink(self, path: Any) -> None:
        self._step("unlink")
        os.unlink(path)  # noqa: PTH108
        self._changed(Path(path), None)
        self._after()

    def mkdir(self, path: Any, mode: int = 0o777) -> None:
        self._step("mkdir")
        os.mkdir(path, mode)  # noqa: PTH102
        inode = Path(path).stat().st_ino
        self._folders[inode] = _Folder()
        self._changed(Path(path), inode)
        self._after()

    # What a story does to it.

    def kill(self) -> None:
        """The process that used it is gone; the system's memory is not."""
        self._revive()

    def cut_power(self) -> None:
        """Lose what was not synced, any part of it."""
        kept = self._kept(self.folder, self.folder.stat().st_ino)
        self._replace_all(kept)
        self.lied = False

    def snapshot(self) -> dict[Path, bytes]:
        """All files as a machine's snapshot holds them."""
        return {path.relative_to(self.folder): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def put_back(self, snapshot: dict[Path, bytes]) -> None:
        """The machine is restored from a snapshot of its disk."""
        self._replace_all(snapshot)
        self.lied = False

    # Failing.

    def _step(self, name: str) -> None:
        self._must_live()
        self._after()
        if failure := self._failure(name):
            raise OSError(failure, os.strerror(failure))

    def _must_live(self) -> None:
        if self._down:
            raise Gone

    def _after(self) -> None:
        """An instant between two changes: the process may end here."""
        self.steps += 1
        if self.steps == self.dies_at:
            self._down = True
            raise Gone
        if self.steps == self.interrupts_at:
            raise KeyboardInterrupt

    def _failure(self, name: str) -> int:
        if self.mood == "read-only":
            return errno.EROFS if name != "sync" else 0
        if self.mood == "full":
            return errno.ENOSPC if name in {"open", "write", "allocate", "mkdir"} and self._chance.random() < 0.9 else 0
        often = {"well": 0.0, "flaky": 0.15, "failing": 0.9}[self.mood]
        return self._chance.choice([errno.EIO, errno.ENOSPC]) if self._chance.random() < often else 0

    def _revive(self) -> None:
        self._down = False
        self.dies_at = self.interrupts_at = -1

    # Memory and disk.

    def _file(self, inode: int) -> _File:
        return self._files.setdefault(inode, _File())

    def _write(self, fd: int, data: bytes, offset: int) -> None:
        if not data:
            return
        os.pwrite(fd, data, offset)
        first, last = offset // SECTOR, (offset + len(data) - 1) // SECTOR
        self._file(os.fstat(fd).st_ino).dirty.update(range(first, last + 1))

    def _settle(self, now: bytes, file: _File, keeps: Any) -> None:
        """Bring what *keeps* says of the memory (*now*) to the disk; it is all believed to be there afterwards."""
        if len(file.data) != len(now) and keeps():
            del file.data[len(now) :]
            file.data.extend(bytes(len(now) - len(file.data)))
        for sector in file.dirty:
            at = sector * SECTOR
            if at < len(file.data) and keeps():
                stop = min(at + SECTOR, len(file.data), len(now))
                file.data[at:stop] = now[at:stop]
        file.dirty.clear()

    def _lie(self, fd: int, inode: int) -> None:
        self.lied = True
        file, now = self._file(inode), _now(fd)
        self._settle(now, file, lambda: self._chance.random() < 0.5)
        if self._chance.random() < 0.5:  # the memory falls back to what the disk has
            os.pwrite(fd, bytes(file.data).ljust(len(now), b"\0")[: len(now)], 0)

    # Names.

    def _register(self, folder: Path) -> None:
        """Take what is in *folder* as being on the disk."""
        names = {}
        for path in folder.iterdir():
            names[path.name] = path.stat().st_ino
            if path.is_dir():
                self._register(path)
            else:
                self._files[path.stat().st_ino] = _File(bytearray(path.read_bytes()))
        self._folders[folder.stat().st_ino] = _Folder(names)

    def _changed(self, path: Path, inode: int | None) -> None:
        self._folders[path.parent.stat().st_ino].changes.append((path.name, inode))

    def _settle_names(self, inode: int, keeps: Any) -> None:
        folder = self._folders[inode]
        for name, target in folder.changes:
            if keeps():
                if target is None:
                    folder.names.pop(name, None)
                else:
                    folder.names[name] = target
        folder.changes.clear()

    def _kept(self, path: Path, inode: int) -> dict[Path, bytes]:
        """What a power cut leaves in a folder, by path below the disk's."""
        self._settle_names(inode, lambda: self._chance.random() < 0.5)
        memory = {one.stat().st_ino: one for one in path.iterdir()} if path.is_dir() else {}
        kept: dict[Path, bytes] = {}
        for name, target in self._folders[inode].names.items():
            if target in self._folders:
                kept |= self._kept(path / name, target)
                continue
            file = self._file(target)
            if target in memory:
                luck = self._chance.choice([0.0, 0.5, 0.9])
                self._settle(memory[target].read_bytes(), file, lambda luck=luck: self._chance.random() < luck)
            kept[(path / name).relative_to(self.folder)] = bytes(file.data)
        return kept

    def _replace_all(self, files: dict[Path, bytes]) -> None:
        self._revive()
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, data in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self._files.clear()
        self._folders.clear()
        self._register(self.folder)


def _now(fd: int) -> bytes:
    """What the memory holds of an open file, whatever it was opened for."""
    return Path(f"/proc/self/fd/{fd}").read_bytes()
