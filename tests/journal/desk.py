"""A journal in a folder of the test's own, and a disk that refuses or loses power where it is told to."""

import errno
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from contrefeu.base import ManualClock, durable
from contrefeu.custody import KeyPair
from contrefeu.journal import (
    MEDIA_HL7V2,
    Draft,
    Entry,
    JournalFiles,
    JournalReader,
    JournalWriter,
    Recipient,
    Verified,
    verify_journal,
)
from contrefeu.proof import Signer

ORIGIN = "drill/test-capture"
PAIR = KeyPair("recovery", bytes(range(32)))
SIGNER = Signer(ORIGIN, bytes([1]) * 32)


def drafts(*bodies: bytes) -> list[Draft]:
    """Drafts of one source."""
    return [Draft("ADM@CHU", MEDIA_HL7V2, body, 1_790_000_000_000_000_000 + n) for n, body in enumerate(bodies)]


class Desk:
    """One journal: its folder, its clock, its writer when one is at work."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.files = JournalFiles.of(folder, ORIGIN)
        self.clock = ManualClock()
        self.recipients: list[Recipient] = [PAIR.recipient]
        self.settings = settings
        self._writer: JournalWriter | None = None

    @property
    def writer(self) -> JournalWriter:
        """The writer at work; taken when it is first asked for."""
        if self._writer is None:
            self._writer = JournalWriter(self.folder, SIGNER, lambda: self.recipients, self.clock, **self.settings)
        return self._writer

    def append(self, *bodies: bytes) -> range:
        """Append one batch."""
        return self.writer.append(drafts(*bodies))

    def close(self) -> None:
        """Close the writer, as a process that ends does."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def kill(self) -> None:
        """End the writer as kill -9 does: files are closed by the system, nothing else happens."""
        if self._writer is not None:
            self._writer._forget()
            self._writer._let_go()
            self._writer = None

    def reader(self) -> JournalReader:
        """A reader with the recovery key."""
        return JournalReader(self.files, lambda header: PAIR.open(header.keys[0].sealed, header.origin, header.segment))

    def entries(self) -> list[Entry]:
        """All that a reader is given."""
        reader = self.reader()
        found = [entry for batch in reader.after(0) for entry in batch]
        reader.close()
        return found

    def bodies(self) -> list[bytes]:
        """Their bodies, after checking that they are numbered from 1 without a gap."""
        found = self.entries()
        assert [entry.sequence for entry in found] == list(range(1, len(found) + 1))
        assert all(one.hlc < other.hlc for one, other in itertools.pairwise(found))
        return [entry.body for entry in found]

    def verify(self, **more: Any) -> Verified:
        """What a check without a key finds."""
        return verify_journal(self.files, **more)

    def aside(self) -> list[bytes]:
        """What was set aside."""
        return [path.read_bytes() for path in sorted(self.files.aside.iterdir())] if self.files.aside.is_dir() else []


class PowerCut(BaseException):
    """The machine is gone."""


class Disk:
    """The `os` that the writer sees: counts what it is asked to change, and fails where it is told to.

    `kept` says whether the failing call had done its work all the same.
    """

    CHANGES = frozenset(["pwrite", "write", "fdatasync", "fsync", "ftruncate", "posix_fallocate"])

    def __init__(self, fails: Callable[[int], bool], kept: bool = False, failure: int = errno.EIO) -> None:
        self.calls: list[str] = []
        self._fails = fails
        self._kept = kept
        self._failure = failure

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in self.CHANGES:
            return real

        def call(*arguments: Any) -> Any:
            self.calls.append(name)
            fails = self._fails(len(self.calls))
            done = self._kept or not fails
            result = real(*arguments) if done and not name.endswith("sync") else None  # power is cut in play only
            if not fails:
                return result
            raise PowerCut if self._failure == 0 else OSError(self._failure, os.strerror(self._failure))

        return call

    def under(self, monkeypatch: Any) -> None:
        """Put this disk under the writer."""
        monkeypatch.setattr(durable, "os", self)


class Volatile(Disk):
    """A disk whose power is cut: of what was written since the last sync, what *keeps* says, by sector, and no more.

    A file whose name was not synced may be gone too.
    """

    SECTOR = 512

    def __init__(self, fails: Callable[[int], bool], keeps: Callable[[], bool]) -> None:
        super().__init__(fails, failure=0)
        self._keeps = keeps
        self._unsynced: dict[Path, list[tuple[int, bytes, bytes]]] = {}
        self._unnamed: set[Path] = set()

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)
        if name == "open":
            return self._open
        if name not in {"pwrite", "fsync", "fdatasync"}:
            return call
        return lambda fd, *rest: self._change(name, call, fd, *rest)

    def _open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        fd = os.open(path, flags, mode)
        if flags & os.O_EXCL:
            self._unnamed.add(Path(path))
        return fd

    def _change(self, name: str, call: Any, fd: int, *rest: Any) -> Any:
        path = Path(f"/proc/self/fd/{fd}").readlink()
        if name == "pwrite":
            data, offset = bytes(rest[0]), rest[1]
            old = os.pread(fd, len(data), offset).ljust(len(data), b"\0")
            # Written, whether the power goes now or later: what of it lasts is decided when it goes.
            os.pwrite(fd, data, offset)
            self._unsynced.setdefault(path, []).append((offset, old, data))
            return call(fd, b"", offset) or len(data)
        result = call(fd, *rest)
        self._unsynced.pop(path, None)
        self._unnamed = {one for one in self._unnamed if one.parent != path}
        return result

    def cut(self) -> None:
        """Lose what was not synced."""
        for path, writes in self._unsynced.items():
            if path.is_file():
                data = bytearray(path.read_bytes())
                for offset, old, new in reversed(writes):
                    self._lose(data, offset, old, new)
                path.write_bytes(bytes(data))
        for path in self._unnamed:
            if not self._keeps():
                path.unlink(missing_ok=True)

    def _lose(self, data: bytearray, offset: int, old: bytes, new: bytes) -> None:
        at = offset
        while at < offset + len(new):
            stop = min((at // self.SECTOR + 1) * self.SECTOR, offset + len(new))
            if not self._keeps():
                data[at:stop] = old[at - offset : stop - offset]
            at = stop


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    """*data* with one bit turned."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def each_file(files: JournalFiles) -> Iterator[Path]:
    """The files that a check reads."""
    yield from (files.segment(number) for number in files.segments())
    yield files.checkpoint


def bodies_of(count: int, start: int = 0) -> Sequence[bytes]:
    """Bodies that differ."""
    return [b"MSH|^~\\&|ADM|CHU|||20261124||ADT^A01|M%05d\r" % n for n in range(start, start + count)]
