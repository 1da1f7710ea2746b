"""A copy of a journal that lies elsewhere: of its segments one at a time is on this machine."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from contrefeu.journal import PREAMBLE_BYTES, JournalFiles, header_length
from contrefeu.vault.stored import StoredSegment


class FetchedFiles(JournalFiles):
    """The small files of a copy in a folder, and its segments in a store."""

    def __init__(self, folder: Path, stored: Mapping[int, StoredSegment]) -> None:
        super().__init__(folder)
        self._stored = stored

    def segments(self) -> list[int]:
        """Numbers of the segments that are there, in order."""
        return sorted(self._stored)

    @contextlib.contextmanager
    def opened(self, number: int, *, header_only: bool = False) -> Iterator[int]:
        """A descriptor of a file that is gone when it is closed; behind a header alone it is as long, and empty."""
        if number not in self._stored:
            raise FileNotFoundError(self.segment(number))
        stored = self._stored[number]
        with tempfile.TemporaryFile(dir=self.folder) as file:
            file.write(_header(stored) if header_only else stored.read())
            if header_only:
                file.truncate(stored.size)
            file.flush()
            yield file.fileno()


def _header(stored: StoredSegment) -> bytes:
    preamble = stored.read(0, PREAMBLE_BYTES)
    return preamble + stored.read(PREAMBLE_BYTES, header_length(preamble) or 0)
