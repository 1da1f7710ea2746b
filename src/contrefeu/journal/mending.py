"""What a writer does to the files it finds, before it goes on behind them (docs/spec/journal-v1.md, "Starting").

Rules kept here:
  * What is taken up is written again before it counts: the process before may have been killed after a failed sync.
  * What does not count is copied to `aside/` before it is cut off, and never deleted (S3).
  * On a full or failing disk it stays where it is: the next segment's header leaves it out.
"""

import os
from pathlib import Path

import structlog

from contrefeu.base import cut_off, durable_makedirs, remove, sync_dir, sync_file, write_at, write_file
from contrefeu.journal.files import JournalFiles
from contrefeu.journal.scan import is_zero
from contrefeu.journal.standing import Standing

_COPY_BYTES = 1 << 20

log = structlog.get_logger("journal")


def make_durable(files: JournalFiles, found: Standing) -> None:
    """Write what is taken up beyond the published head again, in its place.

    After a failed sync the bytes may be in memory alone and be believed to be on the disk: no further sync writes
    them. The same bytes in the same place do no harm.

    Raises:
        OSError: The disk refuses.
    """
    published = files.read_head()
    start = min(published.offset, found.end) if published is not None and published.segment == found.segment else 0
    if start == found.end:
        return
    fd = os.open(files.segment(found.segment), os.O_RDWR)
    try:
        for offset in range(start, found.end, _COPY_BYTES):
            write_at(fd, os.pread(fd, min(_COPY_BYTES, found.end - offset), offset), offset)
        sync_file(fd)
    finally:
        os.close(fd)


def set_tails_aside(files: JournalFiles, journal: str, found: Standing, now_ns: int) -> None:
    """Set aside and cut off what does not count."""
    try:
        for number in found.headless:
            _cut(files, journal, number, 0, now_ns)
        if found.tail:
            _cut(files, journal, found.segment, found.end, now_ns)
    except OSError as refused:
        log.warning("a torn tail stays where it is", journal=journal, reason=refused.strerror)


def _cut(files: JournalFiles, journal: str, number: int, end: int, now_ns: int) -> None:
    """Copy what lies beyond the good frames to `aside/`, then cut it off; a file without a header goes whole."""
    path = files.segment(number)
    fd = os.open(path, os.O_RDWR)
    try:
        _set_aside(files, journal, fd, f"{number:010d}.{end}.{now_ns}.tail", end)
        if end == 0:
            remove(path)
            sync_dir(files.segments_folder)
        else:
            cut_off(fd, end)
            sync_file(fd)
    finally:
        os.close(fd)


def _set_aside(files: JournalFiles, journal: str, fd: int, name: str, start: int) -> None:
    """Copy what lies beyond the good frames; zeros are reserved space, not a tail."""
    stop = os.fstat(fd).st_size
    if is_zero(fd, start, stop):
        return
    tail = os.pread(fd, stop - start, start).rstrip(b"\x00")
    durable_makedirs(files.aside)
    path: Path = files.aside / name
    write_file(path, tail)
    log.warning("torn tail set aside", journal=journal, file=name, bytes=len(tail))
