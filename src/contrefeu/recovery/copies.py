"""Bringing copies home: which bytes of a vault's copy a new home gets, and getting them there.

Rules kept here:
  * Bytes go over as they lie in the copy; a torn write at its end stays behind.
  * With an instant, what was received later stays in the vault. A frame that holds entries from both sides of it comes
    along, for an entry is never cut off from the frame that it was signed in; charts asked for that instant leave
    those entries out.
  * A segment's file is there under its name only when it is whole: what is there is not copied again.
  * A checkpoint that signs for more than came home stays in the vault: it would read as a loss.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from contrefeu.base import durable_makedirs, sync_dir, write_file
from contrefeu.journal import Head, JournalFiles, JournalReader, KeyOf, pack_head
from contrefeu.proof import Verifier, open_checkpoint
from contrefeu.vault import CHUNK_BYTES, JOURNALS, End, Header, Vault, VaultAway, frames_from, reach_of, read_header


@dataclass(frozen=True, slots=True)
class Copied:
    """How far a journal comes home."""

    journal: str
    end: End

    @property
    def entries(self) -> int:
        """Entries that come home."""
        return self.end.sequence


def segment_headers(files: JournalFiles, *, last_first: bool = False) -> Iterator[Header]:
    """The headers of a copy's segments, in order; a file without one (a torn write) is passed over."""
    verifier = files.verifier()
    for number in sorted(files.segments(), reverse=last_first):
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
    for header in segment_headers(files, last_first=True):
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


def bring(vault: Vault, files: JournalFiles, to: JournalFiles, wanted: Copied) -> None:
    """Copy what is *wanted* of the copy in *files* to the new home."""
    durable_makedirs(to.segments_folder)
    name = f"{JOURNALS}/{files.folder.name}"
    end = wanted.end
    for number in files.segments():
        if number > end.segment:
            break
        segment = f"{name}/segments/{number:010d}.seg"
        length = end.offset if number == end.segment else vault.size(segment) or 0
        _bring_file(vault, segment, length, to.segment(number))
    if end.segment:
        write_file(to.head, pack_head(Head(end.segment, end.offset, end.sequence, end.tree.size)), mode=0o644)
    note = vault.read(f"{name}/checkpoint")
    if note and open_checkpoint(note, [files.verifier()]).size <= end.tree.size:
        write_file(to.checkpoint, note, mode=0o644)
    expired = vault.read(f"{name}/expired")
    if expired:
        write_file(to.expired, expired, mode=0o644)
    # Last: a folder is a journal once it has its verifier.
    write_file(to.verifier_file, vault.read(f"{name}/verifier"), mode=0o644)


def _bring_file(vault: Vault, name: str, length: int, to: Path) -> None:
    if to.exists() and to.stat().st_size == length:
        return
    beside = to.with_name(f".{to.name}.new")
    with beside.open("wb") as file:
        offset = 0
        while offset < length:
            block = vault.read(name, offset, min(CHUNK_BYTES, length - offset))
            if not block:
                raise VaultAway(f"{name} in {vault.url} is shorter than it was.", safe="What was restored so far.")
            file.write(block)
            offset += len(block)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(to)
    sync_dir(to.parent)


def _leaves_signed_for(files: JournalFiles, verifier: Verifier) -> int:
    try:
        return open_checkpoint(files.checkpoint.read_bytes(), [verifier]).size
    except FileNotFoundError:
        return 0


def _pread(fd: int, offset: int, length: int) -> bytes:
    return os.pread(fd, length, offset)
