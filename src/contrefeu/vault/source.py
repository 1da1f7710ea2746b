"""A journal as whoever copies it finds it: what is durable, segment by segment, with no key.

Rules kept here:
  * Nothing is read beyond the head that the writer published: a copy never holds what a crash could take back.
  * A segment counts when the headers after it say that the tree went on behind it: one that was made and left
    after a failed sync is passed over, as readers do.
"""

import os
from abc import ABC, abstractmethod
from bisect import bisect_right
from functools import partial

from contrefeu.journal import Head, JournalFiles, JournalReader, JournalUnreadable, SegmentHeader
from contrefeu.proof import Verifier
from contrefeu.vault.walk import Header, read_header


class Source(ABC):
    """One journal, wherever it lies."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self._numbers: list[int] = []

    @abstractmethod
    def close(self) -> None:
        """Let its file go."""

    @abstractmethod
    def is_another(self) -> bool:
        """Whether another file stands where the open segment was: the journal was put back from somewhere."""

    @abstractmethod
    def head(self) -> Head | None:
        """How far the journal is on disk: as its writer published it, or where it ends when nobody writes it."""

    @abstractmethod
    def checkpoint(self) -> bytes:
        """The last signed checkpoint; nothing when there is none yet."""

    def expired(self) -> bytes:
        """The note that says how far the journal has ended; nothing when it has not."""
        return b""

    @abstractmethod
    def listed(self) -> list[int]:
        """The segments that are there now, in order."""

    @abstractmethod
    def size(self, number: int) -> int:
        """Bytes of a segment's file."""

    @abstractmethod
    def read(self, number: int, offset: int, length: int) -> bytes:
        """Bytes of a segment.

        Raises:
            FileNotFoundError: It is not there.
        """

    def numbers(self) -> list[int]:
        """The segments that are there now, in order."""
        self._numbers = self.listed()
        return self._numbers

    def header(self, number: int) -> Header | None:
        """The header of a segment, or None when it has none that its writer signed."""
        try:
            return read_header(partial(self.read, number), number, self.verifier)
        except FileNotFoundError:
            self._numbers = []  # its writer took back a file that it could not make
            return None

    def following(self, number: int, upto: int) -> Header | None:
        """The next segment after *number* that counts, *upto* at the latest."""
        if not self._numbers or self._numbers[-1] < upto:
            self.numbers()
        found: Header | None = None
        for later in self._numbers[bisect_right(self._numbers, number) :]:
            if later > upto:
                break
            header = self.header(later)
            if header is None:
                continue
            if found is not None and header.said.tree.size > found.said.tree.size:
                return found
            found = header
        return found


class HomeSource(Source):
    """One journal of a home."""

    def __init__(self, files: JournalFiles) -> None:
        super().__init__(files.verifier())
        self.files = files
        self._reader = JournalReader(files, _no_key)
        self._fd = -1
        self._open_number = 0

    def close(self) -> None:
        """Let its file go."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._open_number = -1, 0

    def is_another(self) -> bool:
        """Whether another file stands where the open segment was."""
        if self._fd < 0:
            return False
        try:
            return self.files.segment(self._open_number).stat().st_ino != os.fstat(self._fd).st_ino
        except FileNotFoundError:
            return True

    def head(self) -> Head | None:
        """How far the journal is on disk."""
        return self._reader.head()

    def checkpoint(self) -> bytes:
        """The last signed checkpoint."""
        try:
            return self.files.checkpoint.read_bytes()
        except FileNotFoundError:
            return b""

    def expired(self) -> bytes:
        """The note that says how far the journal has ended."""
        try:
            return self.files.expired.read_bytes()
        except FileNotFoundError:
            return b""

    def listed(self) -> list[int]:
        """The segments that are there now, in order."""
        return self.files.segments()

    def size(self, number: int) -> int:
        """Bytes of a segment's file."""
        return os.fstat(self._file(number)).st_size

    def read(self, number: int, offset: int, length: int) -> bytes:
        """Bytes of a segment."""
        return os.pread(self._file(number), length, offset)

    def which(self, number: int) -> str:
        """Which file a segment is: another one when the journal was put back. Nothing when it is not there."""
        try:
            found = os.fstat(self._file(number))
        except FileNotFoundError:
            return ""
        return f"{found.st_dev}.{found.st_ino}"

    def _file(self, number: int) -> int:
        if number != self._open_number:
            self.close()
            self._fd = os.open(self.files.segment(number), os.O_RDONLY | os.O_CLOEXEC)
            self._open_number = number
        return self._fd


def _no_key(header: SegmentHeader) -> bytes:
    raise JournalUnreadable(f'Whoever copies "{header.origin}" holds no key.')
