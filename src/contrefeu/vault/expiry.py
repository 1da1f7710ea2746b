"""What a vault host lets go: segments that it kept for its own number of days, when its administrator says so.

    copies/<node>/journals/<name>/let-go.jsonl    one line a segment, chained: each names the SHA-256 of the line before

Rules kept here:
  * Nothing goes by itself, nothing while `hold` stands in `vault.toml`, and nothing that a node says moves a date: a
    segment's age is counted on this host's clock, from the last byte that this host wrote to it.
  * A line is on disk before its segment goes: what was let go is known, with its digest, for ever.
  * Oldest first, without gaps, and never the last segment of a journal: what is left is one whole end.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from contrefeu.base import Clock, FileLock, OperatorError, remove, rfc3339, sync_dir
from contrefeu.journal import JournalFiles
from contrefeu.vault.place import JOURNALS
from contrefeu.vault.walk import frames_from, read_header

if TYPE_CHECKING:
    from contrefeu.vault.host import NodeSettings, VaultHost

RECORD = "let-go.jsonl"
_DAY_NS = 86_400 * 10**9


class LetGo(msgspec.Struct, frozen=True):
    """A segment that was let go: a line of the record."""

    at: str  # RFC 3339, by this host's clock
    journal: str
    segment: int
    bytes: int
    sha256: str
    first_entry: int
    last_entry: int
    written: str  # when this host last wrote to it
    days: int  # what `vault.toml` said
    before: str  # SHA-256 of the line before; "" on the first


@dataclass(frozen=True, slots=True)
class Due:
    """A segment whose time is over."""

    files: JournalFiles
    number: int
    written_ns: int


def due_in(host: "VaultHost", node: "NodeSettings", clock: Clock) -> Iterator[Due]:
    """The segments of a node's copies whose time is over, journal by journal, the oldest first."""
    until_ns = clock.now_ns() - host.settings().days * _DAY_NS
    folder = host.copies(node) / JOURNALS
    for journal in sorted(folder.iterdir()) if folder.is_dir() else []:
        files = JournalFiles(journal)
        for number in files.segments()[:-1]:
            written_ns = files.segment(number).stat().st_mtime_ns
            if written_ns > until_ns:
                break
            yield Due(files, number, written_ns)


def let_go(host: "VaultHost", node: "NodeSettings", clock: Clock) -> list[LetGo]:
    """Remove what is due of a node's copies, each with its line in the record.

    Raises:
        OperatorError: `hold` stands in `vault.toml`.
    """
    settings = host.settings()
    if settings.hold:
        raise OperatorError(
            "`hold` stands in vault.toml: nothing is let go here.",
            safe="All copies.",
            next="Whoever had it written there says when it may be taken out.",
        )
    done = []
    with FileLock(host.root / "let-go.lock"):
        for due in due_in(host, node, clock):
            done.append(_write_down(due, settings.days, clock))
            remove(due.files.segment(due.number))
            sync_dir(due.files.segments_folder)
    return done


def let_go_of(files: JournalFiles) -> list[LetGo]:
    """What the record in a copy's folder says was let go; nothing when its chain does not hold."""
    try:
        return read_record((files.folder / RECORD).read_bytes())
    except FileNotFoundError:
        return []


def read_record(data: bytes) -> list[LetGo]:
    """What the record says was let go; nothing when its chain does not hold."""
    before, found = "", []
    for line in data.splitlines():
        try:
            said = msgspec.json.decode(line, type=LetGo)
        except msgspec.MsgspecError:
            return []
        if said.before != before:
            return []
        found.append(said)
        before = sha256(line).hexdigest()
    return found


def _write_down(due: Due, days: int, clock: Clock) -> LetGo:
    verifier = due.files.verifier()
    data = due.files.segment(due.number).read_bytes()
    first, last = _entries(data, due)
    record = due.files.folder / RECORD
    lines = record.read_bytes().splitlines() if record.is_file() else []
    line = LetGo(
        at=rfc3339(clock.now_ns()),
        journal=verifier.name,
        segment=due.number,
        bytes=len(data),
        sha256=sha256(data).hexdigest(),
        first_entry=first,
        last_entry=last,
        written=rfc3339(due.written_ns),
        days=days,
        before=sha256(lines[-1]).hexdigest() if lines else "",
    )
    _append(record, msgspec.json.encode(line) + b"\n")
    return line


def _entries(data: bytes, due: Due) -> tuple[int, int]:
    """The first and the last entry of a segment; below the first when it holds none, or cannot be read."""
    read = partial(_slice, data)
    header = read_header(read, due.number, due.files.verifier())
    if header is None:
        return 1, 0
    last = header.said.first_sequence - 1
    for _at, frame, _end in frames_from(read, header, len(data)):
        last = frame.last_sequence
    return header.said.first_sequence, last


def _append(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    try:
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    sync_dir(path.parent)


def _slice(data: bytes, offset: int, length: int) -> bytes:
    return data[offset : offset + length]
