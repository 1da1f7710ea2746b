"""A whole home as one sealed file, that a code opens: how a station travels on a stick (docs/spec/crisis-stick-v1.md).

    file   = header chunk*
    header = MAGIC || salt (16) || prefix (7)
    key    = argon2id(code, salt; ROUNDS, MEMORY_KIB, LANES), 32 bytes
    chunk  = AES-256-GCM(key, prefix || number (u32) || last (u8), CHUNK_BYTES of the archive; associated data: header)

Rules kept here:
  * A chunk that was moved, repeated, dropped or cut off at the end does not open, and nothing of it is used: the nonce
    counts them and marks the last one.
  * Sockets and what lives as long as a process does are left out: an empty folder stands in their place.
  * Names come from an archive that this key sealed: whoever can write one holds the code.
  * A home comes out whole or not at all: it is unpacked beside, and takes its name at the end.
"""

import io
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import IO

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contrefeu.base import OperatorError

MAGIC = b"contrefeu sealed home v1\n"
CHUNK_BYTES = 2**20  # opened in memory, one at a time
ROUNDS, MEMORY_KIB, LANES = 3, 64 * 1024, 4  # RFC 9106, second recommended option; a drawn code has 79 bits besides
_SALT, _PREFIX, _TAG = 16, 7, 16
_NONCE = Struct(">7sIB")
LEFT_OUT = frozenset({"run"})


def seal_home(home: Path, file: IO[bytes], code: str) -> None:
    """Write the home in *home* to *file*, sealed with *code*."""
    header = MAGIC + secrets.token_bytes(_SALT + _PREFIX)
    file.write(header)
    out = io.BufferedWriter(_Sealing(file, header, code), CHUNK_BYTES)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(home.rglob("*")):
            name = path.relative_to(home)
            if name.parts[0] not in LEFT_OUT and (path.is_dir() or path.is_file()) and not path.is_symlink():
                archive.add(path, str(name), recursive=False)
    out.close()


def open_home(file: IO[bytes], code: str, home: Path) -> None:
    """Unpack a sealed home into *home*, which is not there yet.

    Raises:
        OperatorError: The code is another one, or the file is not as it was written.
    """
    if home.exists():
        raise OperatorError(
            f"{home} is there already.", safe="Nothing was changed.", next="Name a folder that is not there."
        )
    part = home.with_name(f"{home.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    try:
        _unpack(file, code, part)
        for name in LEFT_OUT:
            (part / name).mkdir(mode=0o700)  # a node expects it, empty
        part.rename(home)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _unpack(file: IO[bytes], code: str, to: Path) -> None:
    opened = io.BufferedReader(_Opening(file, code), CHUNK_BYTES)
    try:
        with tarfile.open(fileobj=opened, mode="r|") as archive:
            for entry in archive:
                path = to / entry.name
                if entry.isdir():
                    path.mkdir(mode=entry.mode & 0o777, parents=True, exist_ok=True)
                elif entry.isreg() and (stream := archive.extractfile(entry)) is not None:
                    with os.fdopen(
                        os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, entry.mode & 0o777), "wb"
                    ) as out:
                        shutil.copyfileobj(stream, out)
        while opened.read(CHUNK_BYTES):
            pass  # to the last chunk: what was cut off is missed
    except (tarfile.TarError, EOFError, InvalidTag):
        raise OperatorError(
            "The sealed home does not open: the code is another one, or the file is not as it was written.",
            safe="Nothing was made.",
            next="Type the code again; contrefeu stick verify says whether the stick is whole.",
        ) from None


def _key(header: bytes, code: str) -> AESGCM:
    salt = header[len(MAGIC) : len(MAGIC) + _SALT]
    typed = "".join(c for c in code.casefold() if c.isalnum())  # however it was written down
    return AESGCM(hash_secret_raw(typed.encode(), salt, ROUNDS, MEMORY_KIB, LANES, 32, Type.ID))


class _Sealing(io.RawIOBase):
    """Takes bytes, writes chunks."""

    def __init__(self, file: IO[bytes], header: bytes, code: str) -> None:
        self._file, self._header, self._key = file, header, _key(header, code)
        self._waiting = bytearray()
        self._number = 0

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, data: object) -> int:
        """Take bytes; a chunk is written when more than one is there, since the last one is marked."""
        taken = bytes(data)  # type: ignore[call-overload]
        self._waiting += taken
        while len(self._waiting) > CHUNK_BYTES:
            self._chunk(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(taken)

    def close(self) -> None:
        """Write the last chunk."""
        if not self.closed:
            self._chunk(bytes(self._waiting), last=True)
        super().close()

    def _chunk(self, data: bytes, *, last: bool) -> None:
        nonce = _NONCE.pack(self._header[-_PREFIX:], self._number, last)
        self._file.write(self._key.encrypt(nonce, data, self._header))
        self._number += 1


class _Opening(io.RawIOBase):
    """Reads chunks, gives bytes."""

    def __init__(self, file: IO[bytes], code: str) -> None:
        header = file.read(len(MAGIC) + _SALT + _PREFIX)
        if not header.startswith(MAGIC):
            raise OperatorError("That is no sealed home.", safe="Nothing was made.", next="Name the stick's folder.")
        self._chunks = _opened(file, header, _key(header, code))
        self._waiting = b""

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: object) -> int:
        """Give what is there, at most as much as *buffer* holds."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._waiting:
            found = next(self._chunks, None)
            if found is None:
                return 0
            self._waiting = found
        given = self._waiting[: len(view)]
        view[: len(given)] = given
        self._waiting = self._waiting[len(given) :]
        return len(given)


def _opened(file: IO[bytes], header: bytes, key: AESGCM) -> Iterator[bytes]:
    data, number = file.read(CHUNK_BYTES + _TAG), 0
    while True:
        following = file.read(CHUNK_BYTES + _TAG)
        yield key.decrypt(_NONCE.pack(header[-_PREFIX:], number, not following), data, header)
        if not following:
            return
        data, number = following, number + 1
