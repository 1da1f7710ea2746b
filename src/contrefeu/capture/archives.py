"""Compressed files and archives, opened in memory: .gz .xz .zst .tar .zip, told by their first bytes.

Rules kept here:
  * Nothing is unpacked to disk: what is inside names patients.
  * A bomb is refused, not suffered: what one file unpacks to has a limit (Budget), in all its depths together, and so
    has the depth.
  * A zip that is itself a document (an office file) is a document.
  * One member that does not open hides no other.
  * What is on disk is read where it lies: an archive larger than memory is no trouble.
"""

import io
import lzma
import mmap
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard

UNPACKED_BYTES_MAX = 2**30  # one compressed file or archive member: what a command may take of memory
UNPACKED_RATIO_MAX = 1000  # of one file in all; text packs 5 to 50 times, the densest honest logs some hundred
XZ_MEMORY_BYTES_MAX = 2**28  # what unpacking may take beside: xz -9 takes 65 MiB
DEPTH_MAX = 8  # archives in archives: a backup of zipped exports in a tar.gz is 4; a zip that holds itself has no end

_PIECE_BYTES = 4096  # unpacked at once: a piece of a bomb gives at most 128 MiB (zstd, a block of 128 KiB in 4 bytes)

Buffer = bytes | mmap.mmap


class BrokenArchive(ValueError):
    """It cannot be unpacked; says why, never what is inside."""


class Budget:
    """What one file may still unpack to, however it is nested."""

    def __init__(self, packed_bytes: int) -> None:
        self._left = max(UNPACKED_BYTES_MAX, UNPACKED_RATIO_MAX * packed_bytes)
        self._of_one = 0

    def start(self) -> None:
        """What is taken from here on is one compressed file or member."""
        self._of_one = 0

    def take(self, count: int) -> None:
        """Account for *count* bytes more of it.

        Raises:
            BrokenArchive: That is more than may be taken.
        """
        self._of_one += count
        self._left -= count
        if self._of_one > UNPACKED_BYTES_MAX or self._left < 0:
            raise BrokenArchive("it unpacks to more than may be taken of memory, or of what it is packed in")

    def read(self, stream: "_Readable") -> bytes:
        """All that *stream* gives.

        Raises:
            BrokenArchive: It is more than may be taken.
        """
        self.start()
        data = stream.read(max(0, min(UNPACKED_BYTES_MAX, self._left)) + 1)
        self.take(len(data))
        return data


def unpack(content: Buffer, budget: Budget) -> bytes | None:
    """What a compressed file holds, all its streams one after the other; None when it is no compressed file.

    Raises:
        BrokenArchive: It is cut, damaged, followed by something else, or unpacks to more than *budget* allows.
    """
    head = bytes(content[:6])
    for magic, decompressor in _COMPRESSED:
        if head.startswith(magic):
            try:
                return _streams(content, decompressor, budget)
            except (lzma.LZMAError, zlib.error, zstandard.ZstdError) as broken:
                raise BrokenArchive(f"compressed data that does not unpack ({type(broken).__name__})") from None
    return None


def members(content: Buffer, budget: Budget) -> Iterator[tuple[str, bytes | BrokenArchive]] | None:
    """The files inside an archive, by name, each whole or with why it does not open; None when it is no archive.

    Raises:
        BrokenArchive: The archive itself does not open, or ends before its end (then after the members before that).
    """
    if bytes(content[:4]) == b"PK\x03\x04":
        return _of_zip(content, budget)
    if bytes(content[257:262]) == b"ustar":
        return _of_tar(content, budget)
    return None


def _streams(content: Buffer, decompressor: "Callable[[], _Decompressor]", budget: Budget) -> bytes:
    budget.start()
    parts: list[bytes] = []
    stream: _Decompressor | None = None
    for at in range(0, len(content), _PIECE_BYTES):
        piece = bytes(content[at : at + _PIECE_BYTES])
        while piece:
            if stream is None:
                piece = piece.lstrip(b"\x00")  # padding after a stream (gzip on tapes; xz, "Stream Padding")
                if not piece:
                    break
                stream = decompressor()
            parts.append(stream.decompress(piece))
            budget.take(len(parts[-1]))
            piece = stream.unused_data if stream.eof else b""
            if stream.eof:
                stream = None
    if stream is not None:
        raise BrokenArchive("compressed data that ends before its end")
    return b"".join(parts)


def _of_zip(content: Buffer, budget: Budget) -> Iterator[tuple[str, bytes | BrokenArchive]] | None:
    try:
        archive = zipfile.ZipFile(_file(content))
        names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise BrokenArchive("a zip archive that does not open") from None
    if "[Content_Types].xml" in names or "mimetype" in names:
        return None  # an office document (ECMA-376, ODF), not a folder of files
    return _zipped(archive, budget)


def _zipped(archive: zipfile.ZipFile, budget: Budget) -> Iterator[tuple[str, bytes | BrokenArchive]]:
    for info in sorted(archive.infolist(), key=lambda i: i.filename):
        if info.is_dir():
            continue
        try:
            with archive.open(info) as member:
                yield info.filename, budget.read(member)
        except BrokenArchive as refused:
            yield info.filename, refused
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as broken:
            reason = f"a member of a zip archive that does not open ({type(broken).__name__})"
            yield info.filename, BrokenArchive(reason)
        except (zlib.error, lzma.LZMAError) as broken:
            reason = f"a member of a zip archive that does not unpack ({type(broken).__name__})"
            yield info.filename, BrokenArchive(reason)


def _of_tar(content: Buffer, budget: Budget) -> Iterator[tuple[str, bytes | BrokenArchive]]:
    try:
        with tarfile.open(fileobj=_file(content), mode="r:") as archive:
            for info in archive:
                if not info.isfile():
                    continue
                member = archive.extractfile(info)
                assert member is not None
                try:
                    data: bytes | BrokenArchive = budget.read(member)
                except BrokenArchive as refused:
                    data = refused
                if isinstance(data, bytes) and len(data) < info.size:
                    raise BrokenArchive("a tar archive that ends before its end")
                yield info.name, data
                archive.members.clear()  # type: ignore[attr-defined]  # of those behind us nothing is asked again
            # tarfile takes a damaged header, and a cut between members, for the end; the end is a block of zeros.
            if bytes(content[archive.offset : archive.offset + tarfile.BLOCKSIZE]) != bytes(tarfile.BLOCKSIZE):
                raise BrokenArchive("a tar archive that ends before its end")
    except (tarfile.TarError, EOFError, OSError, ValueError) as broken:
        if isinstance(broken, BrokenArchive):
            raise
        raise BrokenArchive("a tar archive that does not open") from None


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


# First bytes -> what unpacks (RFC 1952; the .xz format, 2.1.1; RFC 8878, 3.1.1).
_COMPRESSED: tuple[tuple[bytes, Callable[[], _Decompressor]], ...] = (
    (b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31)),
    (b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES_MAX)),
    (b"\x28\xb5\x2f\xfd", lambda: zstandard.ZstdDecompressor().decompressobj()),
)


class _View(io.RawIOBase):
    """A buffer as a file, without a copy of it."""

    def __init__(self, content: Buffer) -> None:
        super().__init__()
        self._content = content
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = (0, self._at, len(self._content))[whence]
        if start + offset < 0:
            raise ValueError("before the beginning")
        self._at = start + offset
        return self._at

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        data = self._content[self._at : self._at + len(into)]
        into[: len(data)] = data
        self._at += len(data)
        return len(data)


def _file(content: Buffer) -> io.BufferedReader:
    return io.BufferedReader(_View(content), 2**18)
