"""How far a journal that came home goes, or what of it was received by an instant; and cutting the rest off.

Rules kept here:
  * With an instant, what was received later does not stay in the new home. A frame that holds entries from both sides
    of it does, for an entry is never cut off from the frame that it was signed in; charts asked for that instant leave
    those entries out.
  * A checkpoint that signs for more than stays is left out: it would read as a loss.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from contrefeu.base import sync_dir
from contrefeu.journal import JournalFiles, JournalReader, KeyOf
from contrefeu.proof import Verifier, open_checkpoint
from contrefeu.vault import End, Header, frames_from, reach_of, read_header


@dataclass(frozen=True, slots=True)
class Copied:
    """How far a journal comes home."""

    journal: str
    end: End

    @property
    def entries(self) -> int:
        """Entries that come home."""
        return self.end.sequence


def _headers_last_first(files: JournalFiles) -> Iterator[Header]:
    """The headers of a copy's segments, the last one first; a file without one (a torn write) is passed over."""
    verifier = files.verifier()
    for number in sorted(files.segments(), reverse=True):
        with files.segment(number).open("rb") as file:
            header = read_header(partial(_pread, file.fileno()), number, verifier)
        if header is not None:
            yield header


def reach(files: JournalFiles, until_ns: int | None, key_of: KeyOf) -> Copied:
    """How far the copy in *files* goes, or what of it was received by *until_ns*."""
    verifier = files.verifier()
    signed = _leaves_signed_for(files, verifier)
    in_time = _committed(files, signed, until_ns)
    if until_ns is None or not in_time.segment:
        return Copied(verifier.name, in_time)
    # An entry is committed a moment after it was received: frames behind the instant may hold some from before it.
    last = _last_in_time(files, in_time.sequence, until_ns, key_of)
    return Copied(verifier.name, _committed(files, signed, until_ns, at_least=last))


def _committed(files: JournalFiles, signed: int, until_ns: int | None, *, at_least: int = 0) -> End:
    """The end of the last frame that was committed by *until_ns*, or holds entries up to *at_least*.

    Clocks are set back at times: the last frame counts, not the first that is late.
    """
    before_all = End()
    for header in _headers_last_first(files):
        with files.segment(header.said.segment).open("rb") as file:
            read = partial(_pread, file.fileno())
            end = reach_of(read, os.fstat(file.fileno()).st_size, header, signed).end
            if until_ns is None:
                return end
            found: End | None = None
            for _at, frame, behind in frames_from(read, header, end.offset):
                if frame.received_ns <= until_ns or frame.last_sequence <= at_least:
                    found = behind.copy()
        if found is not None:
            return found
        before_all.enter(header)
    return before_all


def _last_in_time(files: JournalFiles, sequence: int, until_ns: int, key_of: KeyOf) -> int:
    """The last sequence of the frames behind *sequence* that hold an entry received by *until_ns*."""
    reader = JournalReader(files, key_of)
    try:
        for entries in reader.after(sequence):
            if all(entry.received_ns > until_ns for entry in entries):
                break
            sequence = entries[-1].sequence
    finally:
        reader.close()
    return sequence


def cut(files: JournalFiles, end: End) -> None:
    """Leave of the journal in *files* what lies before *end*: the rest stays in the vault."""
    for number in files.segments():
        if number > end.segment:
            files.segment(number).unlink()
    if end.segment:
        with files.segment(end.segment).open("r+b") as file:
            file.truncate(end.offset)
            os.fsync(file.fileno())
    if _leaves_signed_for(files, files.verifier()) > end.tree.size:
        files.checkpoint.unlink()
    sync_dir(files.segments_folder)
    sync_dir(files.folder)


def _leaves_signed_for(files: JournalFiles, verifier: Verifier) -> int:
    try:
        return open_checkpoint(files.checkpoint.read_bytes(), [verifier]).size
    except FileNotFoundError:
        return 0


def _pread(fd: int, offset: int, length: int) -> bytes:
    return os.pread(fd, length, offset)
