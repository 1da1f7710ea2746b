"""Files that are on disk when a function returns.

Rules kept here:
  * A file is replaced whole: written beside, synced, renamed, and its folder synced.
  * A new name counts only once its folder is synced.
  * After a failed sync nothing is retried on the same file (fsyncgate): the caller starts another one.
  * Whatever must outlive a power cut changes the disk through this module alone: a test puts a disk of its own
    under it (tests/journal/simulated_disk.py), and then nothing escapes.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from contrefeu.base.errors import StorageError

SYNCS = 16  # at once: each then took a sixteenth of the 17 ms that one alone took on a busy disk
WAITING_BYTES_MAX = 128 * 2**20  # two segments may wait for the disk while the next is read


def sync_dir(path: Path) -> None:
    """Make the names in folder *path* durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(path: Path) -> None:
    """Make folder *path* durable with all that lies below it, and have its disk write what it still holds.

    What this user may not read is somebody else's, such as a disk's `lost+found`: it is left to the disk.

    Raises:
        OSError: Something of it was refused.
    """
    for folder, _, names in os.walk(path, topdown=False, onerror=_unless_not_ours):
        for name in names:
            with contextlib.suppress(PermissionError):
                _sync_plain(Path(folder, name))
        sync_dir(Path(folder))
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _sync_disk(fd)
    finally:
        os.close(fd)


def _unless_not_ours(error: OSError) -> None:
    if not isinstance(error, PermissionError):
        raise error


def _sync_plain(path: Path) -> None:
    if path.is_symlink() or not path.is_file():
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_disk(fd: int) -> None:
    """Sync the whole file system (syncfs(2)): tables of FAT belong to no file. Where there is none, files must do."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "syncfs") and libc.syncfs(fd):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def write_at(fd: int, data: bytes, offset: int) -> None:
    """Write all of *data* at *offset*; not yet durable.

    Raises:
        OSError: The disk refused; any part of it may be there.
    """
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[_some(written) :], offset + written


def sync_data(fd: int) -> None:
    """Make what was written to a file durable (fdatasync); after an OSError the file is not to be written again."""
    os.fdatasync(fd)


def sync_file(fd: int) -> None:
    """Make a file durable with its length (fsync)."""
    os.fsync(fd)


def create_file(path: Path, mode: int) -> int:
    """Make a new file and open it for reading and writing; its name is not yet durable.

    Raises:
        FileExistsError: There is one.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)


def open_file(path: Path, mode: int) -> int:
    """Open a file for reading and writing, made if need be; a new name is not yet durable."""
    return os.open(path, os.O_RDWR | os.O_CREAT, mode)


def cut_off(fd: int, length: int) -> None:
    """Shorten a file to *length* bytes; not yet durable."""
    os.ftruncate(fd, length)


def remove(path: Path) -> None:
    """Take a name away; not yet durable."""
    os.unlink(path)  # noqa: PTH108 - a disk under test is put in the place of `os`


def durable_makedirs(path: Path, mode: int = 0o700) -> None:
    """Create folder *path* and its parents, each name durable."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    # Whoever made the last one that is there may have died before its name was synced.
    with contextlib.suppress(PermissionError):
        sync_dir(path.parent)
    for folder in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, mode)  # noqa: PTH102 - as in `remove`
        sync_dir(folder.parent)


def write_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put *data* at *path*, whole or not at all, durable on return.

    Raises:
        OSError: What stood at *path* still stands; or *data* does, and only its name may not outlive a power cut.
    """
    _put(path, data, mode)
    sync_dir(path.parent)


@contextlib.contextmanager
def text_file(path: Path, mode: int = 0o600) -> Iterator[IO[str]]:
    """A text that is written line by line: at *path* once it is left, whole or not at all, durable.

    Raises:
        OSError: As `write_file`.
    """
    with _replacing(path, mode) as fd, os.fdopen(fd, "w", encoding="utf-8", newline="", closefd=False) as file:
        yield file
    sync_dir(path.parent)


class ManyFiles:
    """Puts many files in place, several at once: each whole or not at all, and all of them durable when it is left.

    A disk syncs a dozen files in hardly more time than one: a year has ten thousand segments.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(SYNCS, "many-files")
        self._under_way: deque[tuple[Future[None], int]] = deque()
        self._bytes = 0
        self._folders: set[Path] = set()

    def put(self, path: Path, data: bytes, mode: int = 0o600) -> None:
        """Put *data* at *path*, soon.

        Raises:
            OSError: What was put before was refused; what stood there still stands.
        """
        while self._under_way and (len(self._under_way) >= 2 * SYNCS or self._bytes + len(data) > WAITING_BYTES_MAX):
            self._settle()
        self._folders.add(path.parent)
        self._bytes += len(data)
        self._under_way.append((self._pool.submit(_put, path, data, mode), len(data)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            while self._under_way:
                self._settle()
        finally:
            self._pool.shutdown(cancel_futures=True)
        for folder in self._folders:
            sync_dir(folder)

    def _settle(self) -> None:
        done, size = self._under_way.popleft()
        self._bytes -= size
        done.result()


def _put(path: Path, data: bytes, mode: int) -> None:
    """Put *data* at *path*, whole or not at all; its name may not outlive a power cut."""
    with _replacing(path, mode) as fd:
        view = memoryview(data)
        while view:
            view = view[_some(os.write(fd, view)) :]


@contextlib.contextmanager
def _replacing(path: Path, mode: int) -> Iterator[int]:
    """A file beside *path* that takes its place once it is left; left by an error, what stood there still stands."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        try:
            yield fd
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(beside, path)  # noqa: PTH105 - as in `remove`
    except BaseException:
        with contextlib.suppress(OSError):
            remove(beside)
        raise


def swap_file(path: Path, data: bytes) -> None:
    """Replace *path* with *data*: whole for whoever reads it, and not synced: it can be made again.

    Raises:
        OSError: The disk refused; the file is as it was.
    """
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)


def fallocate(fd: int, offset: int, length: int) -> None:
    """Write *length* zeros from *offset*: a full disk is met here, not while a sender waits.

    Reserved alone is not enough: the first write to each block of it has the file system note that the block now holds
    something, and each sync waits for that note. A sync of 7 KB took 1.4 times as long, of 25 KB 1.6 times.
    """
    os.posix_fallocate(fd, offset, length)
    zeros, end = bytes(min(length, 2**20)), offset + length
    while offset < end:
        offset += os.pwrite(fd, zeros[: end - offset], offset)


def _some(written: int) -> int:
    """What a write took: a disk that takes nothing and says no error would be asked for ever."""
    if written <= 0:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return written


def is_locked(path: Path) -> bool:
    """Whether a process holds the FileLock at *path*."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


class FileLock:
    """One process at a time, for as long as the process lives (flock)."""

    def __init__(self, path: Path, *, wait_s: float = 5.0) -> None:
        self._path = path
        self._wait_s = wait_s
        self._fd = -1

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock, waiting at most `wait_s` seconds for a process that is going away.

        Raises:
            StorageError: Another process holds it.
        """
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o640)  # is_locked reads it
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < deadline:
                    time.sleep(0.02)
                    continue
                os.close(fd)
                raise StorageError(
                    f"Another process is writing here ({self._path.name} is locked).",
                    safe="Nothing was changed.",
                    next="Use the running node, or stop it first (contrefeu status shows it).",
                ) from None
            self._fd = fd
            return

    def release(self) -> None:
        """Give the lock back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
