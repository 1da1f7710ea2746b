"""Where a journal's files lie, and the small ones among them.

    JOURNALS/<name>/            name = journal id with "/" written "_"
        verifier                the writer's public key, one line
        lock                    held by the one writer
        head                    how far the journal is on disk: what readers may read
        checkpoint              the last signed checkpoint
        expired                 how far it has ended (expiry.py); in most journals not there
        segments/0000000001.seg
        aside/                  torn tails and abandoned frames, never deleted

Rules kept here:
  * `head` is advanced after the sync and before the answer to a sender: a view never shows what a crash could
    take back. It is not synced itself: it binds readers while a writer is at work; else it is computed again.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from contrefeu.base import is_locked
from contrefeu.journal.errors import NoJournal
from contrefeu.journal.header import PREAMBLE_BYTES, header_length
from contrefeu.proof import ProofMismatch, Verifier

JOURNAL_ID = re.compile(r"[a-z0-9][a-z0-9.-]*(/[a-z0-9][a-z0-9.-]*)*")
SEGMENT_NAME = re.compile(r"(\d{10})\.seg")
_HEAD = Struct(">4sQQQQI")
_HEAD_MAGIC = b"CFH1"
_HEAD_READS = 3  # a reader may meet it half written


class Head(NamedTuple):
    """How far a journal is on disk."""

    segment: int  # number of the open segment
    offset: int  # bytes of it that count
    sequence: int  # last entry
    leaves: int  # size of the tree


class JournalFiles:
    """The names in one journal's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.segments_folder = folder / "segments"
        self.aside = folder / "aside"
        self.lock = folder / "lock"
        self.head = folder / "head"
        self.checkpoint = folder / "checkpoint"
        self.expired = folder / "expired"
        self.verifier_file = folder / "verifier"

    @classmethod
    def of(cls, journals: Path, journal: str) -> "JournalFiles":
        """The files of *journal* under the folder *journals*."""
        assert JOURNAL_ID.fullmatch(journal), "journal ids are ours to choose"
        return cls(journals / journal.replace("/", "_"))

    def verifier(self) -> Verifier:
        """The writer's public key.

        Raises:
            NoJournal: There is none.
            ProofMismatch: What is there is no key.
        """
        try:
            return Verifier.parse(self.verifier_file.read_text())
        except FileNotFoundError:
            raise NoJournal(
                f"There is no journal in {self.folder.name}.",
                next="contrefeu init makes a home; --home says where it is.",
            ) from None
        except (ProofMismatch, UnicodeDecodeError):
            raise ProofMismatch(
                f"The file verifier of the journal in {self.folder.name} is not its writer's public key.",
                safe="The journal's other files, as they were.",
                next=f"Bring that file back from a copy: journals/{self.folder.name}/verifier of a home or a vault.",
            ) from None

    def segment(self, number: int) -> Path:
        """The file of segment *number*."""
        return self.segments_folder / f"{number:010d}.seg"

    @contextlib.contextmanager
    def opened(self, number: int, *, header_only: bool = False) -> Iterator[int]:  # noqa: ARG002 - who fetches asks
        """A descriptor of the file of segment *number*, to read.

        Args:
            number: Which.
            header_only: Nothing behind the header is read; a copy that lies elsewhere is then not fetched whole.

        Raises:
            FileNotFoundError: It is not there.
        """
        fd = os.open(self.segment(number), os.O_RDONLY)
        try:
            yield fd
        finally:
            os.close(fd)

    def segments(self) -> list[int]:
        """Numbers of the segments that are there, in order."""
        try:
            names = os.listdir(self.segments_folder)  # noqa: PTH208 (a path each costs more than all the rest of a look)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(int(match[1]) for match in map(SEGMENT_NAME.fullmatch, names) if match)

    def read_head(self) -> Head | None:
        """How far the writer says that readers may read; None before the first one, or when it is torn."""
        for _ in range(_HEAD_READS):
            try:
                found = unpack_head(self.head.read_bytes())
            except FileNotFoundError:
                return None
            if found is not None:
                return found
        return None

    def is_being_written(self) -> bool:
        """Whether a writer is at work here."""
        return is_locked(self.lock)


def journals_in(folder: Path) -> Iterator[JournalFiles]:
    """Every journal under *folder*, in order of name."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if (path / "verifier").is_file():
            yield JournalFiles(path)


def keyless_in(folder: Path) -> Iterator[JournalFiles]:
    """What lies under *folder* of journals without their writer's public key: nobody can check it."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        files = JournalFiles(path)
        if not files.verifier_file.is_file() and (files.segments() or files.checkpoint.is_file()):
            yield files


def pack_head(head: Head) -> bytes:
    """Return the 40 bytes of a head file."""
    packed = _HEAD.pack(_HEAD_MAGIC, *head, 0)[:-4]
    return packed + crc32(packed).to_bytes(4, "big")


def unpack_head(data: bytes) -> Head | None:
    """Read a head file; None when it is torn."""
    if len(data) < _HEAD.size or data[:4] != _HEAD_MAGIC:
        return None
    *_, check = values = _HEAD.unpack_from(data)
    return Head(*values[1:5]) if crc32(data[: _HEAD.size - 4]) == check else None


def read_note(fd: int) -> bytes | None:
    """The header note at the start of an open segment file, or None when it has none whole."""
    length = header_length(os.pread(fd, PREAMBLE_BYTES, 0))
    if length is None:
        return None
    note = os.pread(fd, length, PREAMBLE_BYTES)
    return note if len(note) == length else None
