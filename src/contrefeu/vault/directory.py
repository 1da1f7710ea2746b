"""A vault in a folder: another machine's disk, or a removable one. `file:///FOLDER`

Rules kept here:
  * Nothing is written where there is no marker: a mount point whose disk is away is an empty folder.
  * Bytes that were shown as copied are never written again: a file only grows, beyond its good end.
  * Read-back asks the medium: the system's own memory of the file is dropped first (D8).
  * No file stays open between two calls: a disk can be taken away at any time.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from contrefeu.base import OperatorError, durable_makedirs, sync_dir, write_file
from contrefeu.journal import JournalFiles
from contrefeu.vault.pace import Pace
from contrefeu.vault.place import MARKER, VaultAway, VaultShrunk

PACE_S = 0.1  # between two steps: a tenth of the second that a copy may lag (C5)
_TITLE = "contrefeu vault v1"
# What an operating system lays on a disk that it mounts: ext4, Windows, macOS; and each user's bin (freedesktop.org).
_OF_THE_DISK = frozenset([
    "lost+found", "System Volume Information", "$RECYCLE.BIN", "RECYCLER", ".Trashes", "._.Trashes", ".fseventsd",
    ".Spotlight-V100", ".TemporaryItems", ".DocumentRevisions-V100", ".DS_Store", ".apdisk", ".metadata_never_index",
])  # fmt: skip
_BIN = ".Trash-"  # and the number of a user


def belongs_to_disk(name: str) -> bool:
    """Whether what stands in the first folder of a disk under *name* is an operating system's, and nobody's."""
    return name in _OF_THE_DISK or name.startswith(_BIN)


class DirectoryVault:
    """A folder that holds copies."""

    pace_s = PACE_S

    def __init__(self, url: str, root: Path, pace: Pace | None = None) -> None:
        self._url = url
        self._root = root
        self._pace = pace or Pace()

    @property
    def url(self) -> str:
        """How settings and commands name it."""
        return self._url

    def make(self) -> None:
        """Make the vault, or find that it is there.

        Raises:
            OperatorError: There is no folder to make it in, or something else lies there.
            VaultAway: The disk refuses.
        """
        with self._reaching():
            if (self._root / MARKER).is_file():
                return
            if not self._root.parent.is_dir():
                raise OperatorError(
                    f"There is no folder {self._root.parent}.",
                    safe="Nothing was changed.",
                    next="Mount the disk, or make the folder; then add the vault again.",
                )
            if self._root.exists() and not all(belongs_to_disk(p.name) for p in self._root.iterdir()):
                raise OperatorError(
                    f"{self._root} is not empty, and is no vault.",
                    safe="Nothing in it was changed.",
                    next="Name an empty folder, or one that is not there.",
                )
            durable_makedirs(self._root, mode=0o750)
            write_file(self._root / MARKER, f"{_TITLE}\nid {secrets.token_hex(16)}\n".encode(), mode=0o644)

    def identity(self) -> str:
        """Which vault answers.

        Raises:
            VaultAway: None answers, or what is there is no vault.
        """
        with self._reaching():
            marker = (self._root / MARKER).read_text()
            if not marker.startswith(f"{_TITLE}\n"):
                raise VaultAway(f"{self._url} is no vault of a version known here.", safe="Nothing was changed.")
            return f"{marker}{self._root.stat().st_dev}"

    def names(self, folder: str) -> list[str]:
        """What lies in *folder*, sorted."""
        with self._reaching(), contextlib.suppress(FileNotFoundError):
            return sorted(path.name for path in (self._root / folder).iterdir() if not path.name.startswith("."))
        return []

    def size(self, name: str) -> int | None:
        """Bytes of a file."""
        with self._reaching(), contextlib.suppress(FileNotFoundError):
            return (self._root / name).stat().st_size
        return None

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Bytes of a file."""
        with self._reaching(), contextlib.suppress(FileNotFoundError), _open(self._root / name, os.O_RDONLY) as fd:
            return _pread(fd, offset, length if length >= 0 else os.fstat(fd).st_size - offset)
        return b""

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Put *data* at *offset* of a segment, where good bytes end; durable and read back on return."""
        path = self._root / name
        self._pace.spend(len(data))
        with self._reaching():
            durable_makedirs(path.parent, mode=0o750)
            is_new = not path.exists()
            with _open(path, os.O_RDWR | os.O_CREAT) as fd:
                self._write(fd, path, offset, data)
                os.fsync(fd)
                if is_new:
                    sync_dir(path.parent)
                self._read_back(fd, path, offset, data)

    def put(self, name: str, data: bytes) -> None:
        """Put a small file at *name*, whole or not at all."""
        path = self._root / name
        with self._reaching():
            durable_makedirs(path.parent, mode=0o750)
            write_file(path, data, mode=0o640)
            with _open(path, os.O_RDONLY) as fd:
                self._read_back(fd, path, 0, data)

    def close_before(self, folder: str, number: int) -> None:
        """A file that grew is kept as it is."""

    def finish(self) -> None:
        """Nothing is done beside the copying."""

    def settle(self, name: str) -> None:
        """Make sure that what `read` gives of a file is on the medium."""
        with self._reaching(), contextlib.suppress(FileNotFoundError), _open(self._root / name, os.O_RDONLY) as fd:
            os.fsync(fd)
            _forget(fd, 0)

    def folder(self, name: str) -> Path:
        """A folder of the vault."""
        return self._root / name

    def journal(self, name: str) -> JournalFiles:
        """A copy or a branch."""
        return JournalFiles(self._root / name)

    def _write(self, fd: int, path: Path, offset: int, data: bytes) -> None:
        there = os.fstat(fd).st_size
        if there < offset:
            raise VaultShrunk(f"{path.name} in {self._url} is shorter than it was.", safe="What is left of it.")
        beyond = _pread(fd, offset, there - offset)
        if beyond.startswith(data):
            return
        if not data.startswith(beyond):
            self._set_aside(path, offset, beyond)
            os.ftruncate(fd, offset)
            beyond = b""
        view = memoryview(data)[len(beyond) :]
        at = offset + len(beyond)
        while view:
            written = os.pwrite(fd, view, at)
            view, at = view[written:], at + written

    def _set_aside(self, path: Path, offset: int, torn: bytes) -> None:
        """Keep what a torn write left; zeros are nothing."""
        if not torn.strip(b"\x00"):
            return
        folder = path.parent.parent / "aside"
        durable_makedirs(folder, mode=0o750)
        number = 1
        while (kept := folder / f"{path.name}.{offset}.{number}.tail").exists():
            number += 1
        write_file(kept, torn, mode=0o640)

    def _read_back(self, fd: int, path: Path, offset: int, data: bytes) -> None:
        _forget(fd, offset)
        if _pread(fd, offset, len(data)) != data:
            raise VaultAway(
                f"{path.name} in {self._url} does not read back as it was written.",
                safe="The journal itself, and what was shown as copied before.",
                next="Replace that disk; copies go on by themselves.",
            )

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        """Whatever the disk says is about the vault, not about the journal."""
        try:
            yield
        except OSError as refused:
            reason = refused.strerror or type(refused).__name__
            raise VaultAway(
                f"{self._url} is out of reach: {reason}.",
                safe="The journals; what the vault held it still holds.",
                next="Mount it, or give it space; copies go on by themselves.",
            ) from refused


@contextlib.contextmanager
def _open(path: Path, flags: int) -> Iterator[int]:
    fd = os.open(path, flags | os.O_CLOEXEC, 0o640)
    try:
        yield fd
    finally:
        os.close(fd)


def _pread(fd: int, offset: int, length: int) -> bytes:
    """*length* bytes, or what there is of them."""
    parts: list[bytes] = []
    while length > 0:
        part = os.pread(fd, length, offset)
        if not part:
            break
        parts.append(part)
        offset, length = offset + len(part), length - len(part)
    return b"".join(parts) if len(parts) != 1 else parts[0]


def _forget(fd: int, offset: int) -> None:
    """Drop the system's memory of the file from *offset* on, so that the next read asks the medium."""
    start = offset // 4096 * 4096  # whole pages only are dropped
    os.posix_fadvise(fd, start, 0, os.POSIX_FADV_DONTNEED)
