"""Compressed files and archives, opened in memory: .gz .xz .zst .tar .zip, told by their first bytes.

Rules kept here:
  * Nothing is unpacked to disk: what is inside names patients.
  * A bomb is refused, not suffered: unpacked bytes have a limit, and archives in archives a depth of their own making.
  * A zip that is itself a document (an office file) is a document.
"""

import gzip
import io
import lzma
import mmap
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard

UNPACKED_BYTES_MAX = 2**30  # one compressed file or archive member: what a command may take of memory

Buffer = bytes | mmap.mmap


class BrokenArchive(ValueError):
    """It cannot be unpacked; says why, never what is inside."""


def unpack(content: Buffer) -> bytes | None:
    """What a compressed file holds; None when *content* is no compressed file.

    Raises:
        BrokenArchive: It is cut, damaged, or unpacks to more than UNPACKED_BYTES_MAX.
    """
    head = bytes(content[:6])
    try:
        if head[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
                return _bounded(stream)
        if head == b"\xfd7zXZ\x00":
            with lzma.LZMAFile(io.BytesIO(content)) as packed:
                return _bounded(packed)
        if head[:4] == b"\x28\xb5\x2f\xfd":
            with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content), read_across_frames=True) as reader:
                return _bounded(reader)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, zstandard.ZstdError) as broken:
        raise BrokenArchive(f"compressed data that does not unpack ({type(broken).__name__})") from None
    return None


def members(content: Buffer) -> Iterator[tuple[str, bytes]] | None:
    """The files inside an archive, by name; None when *content* is no archive."""
    if bytes(content[:4]) == b"PK\x03\x04":
        return _of_zip(content)
    if bytes(content[257:262]) == b"ustar":
        return _of_tar(content)
    return None


def _of_zip(content: Buffer) -> Iterator[tuple[str, bytes]] | None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise BrokenArchive("a zip archive that does not open") from None
    names = archive.namelist()
    if "[Content_Types].xml" in names or "mimetype" in names:
        return None  # an office document (ECMA-376, ODF), not a folder of files
    return _zipped(archive)


def _zipped(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for info in sorted(archive.infolist(), key=lambda i: i.filename):
        if info.is_dir():
            continue
        try:
            with archive.open(info) as member:
                yield info.filename, _bounded(member)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as broken:
            raise BrokenArchive(f"a member of a zip archive does not open ({type(broken).__name__})") from None


def _of_tar(content: Buffer) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for info in archive:
                if not info.isfile():
                    continue
                member = archive.extractfile(info)
                assert member is not None
                yield info.name, _bounded(member)
    except (tarfile.TarError, EOFError):
        raise BrokenArchive("a tar archive that does not open") from None


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _bounded(stream: _Readable) -> bytes:
    data = stream.read(UNPACKED_BYTES_MAX + 1)
    if len(data) > UNPACKED_BYTES_MAX:
        raise BrokenArchive(f"it unpacks to more than {UNPACKED_BYTES_MAX} bytes")
    return data
