"""Space kept back for what people do, and for who looked at what, on the day that feeds fill the disk (S11).

    HOME/reserve/space   RESERVE_BYTES of nothing; cut piece by piece when an act or an audit entry finds no room

Rules kept here:
  * Only journals of acts and audit take from it, and only when the disk says that it is full.
  * A piece is given back to the disk and asked for again at once; feeds may be quicker, so there are several pieces.
  * It is filled again once the disk has room for it twice: it never fights for the last bytes.
"""

import asyncio
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from contrefeu.base import fallocate
from contrefeu.journal import Draft, JournalFailed, JournalWriter

RESERVE_BYTES = 64 * 2**20  # S11: 41,000 entries of 700 bytes fitted in, measured while a feed fought for the room
PIECE_BYTES = 8 * 2**20  # what a new segment reserves for itself, and as much for what its folders need
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

log = structlog.get_logger("capture")


class Reserve:
    """The space kept back in one home; lives in the one process that may take from it."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size

    @property
    def left(self) -> int:
        """Bytes still kept back."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def fill(self) -> None:
        """Keep back what is missing, if the disk has room for it twice."""
        missing = self._size - self.left
        room = os.statvfs(self._path.parent)
        if missing <= 0 or room.f_bavail * room.f_frsize < 2 * missing:
            return
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fallocate(fd, 0, self._size)
        except OSError as refused:
            log.warning("no space could be kept back for acts", reason=refused.strerror)
        finally:
            os.close(fd)

    async def fill_every(self, seconds: float) -> None:
        """Fill it now and then, for ever."""
        while True:
            self.fill()
            await asyncio.sleep(seconds)

    def give(self) -> bool:
        """Give a piece back to the disk; False when nothing is left."""
        left = self.left
        if left == 0:
            return False
        try:
            os.truncate(self._path, max(0, left - PIECE_BYTES))
        except OSError:
            return False
        log.warning("the disk is full: acts are written into the space kept back for them", bytes=left)
        return True


class ReservedWriter(JournalWriter):
    """The writer of a journal that may take from the reserve."""

    def __init__(self, *given: Any, reserve: Reserve, **named: Any) -> None:
        """Take a journal as any writer does; a full disk stops it no sooner than *reserve*."""
        self._spare = reserve
        super().__init__(*given, **named)

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append *drafts* and return their sequences, durable.

        Raises:
            JournalFailed: The disk refused, and the reserve did not help.
            EntryTooLong: A body is above the limit; none of them was written.
        """
        kept = 0
        while True:
            try:
                written = super().append(drafts[kept:])
            except JournalFailed as failed:
                kept += failed.kept
                if not _is_full(failed) or not self._spare.give():
                    failed.kept = kept
                    raise
            else:
                return range(written.start - kept, written.stop)


def _is_full(failed: BaseException | None) -> bool:
    while failed is not None:
        if isinstance(failed, OSError) and failed.errno in _FULL:
            return True
        failed = failed.__cause__
    return False
