"""When a journal cannot be gone on with, its writer begins another (docs/spec/journal-v1.md, "Successors").

    n1-capture  ->  n1.2-capture  ->  n1.3-capture

Rules kept here:
  * The hospital's feed is never refused because of what a disk or an intruder did to yesterday (S4): a journal that is
    damaged where it must be gone on, or is behind or beside what was vouched for, is left as it was found.
  * A successor is a journal like any other, from entry 1, under the same key. Every checkpoint of it names the head of
    the one before as its writer found it; the first is kept before the journal counts as one.
  * Its hybrid clock goes on where the one before stood. Readers fold both.
  * A name that others hold and this home does not is never taken again: that would be a fork. They hold it when its
    writer signed for it: what anybody may lay somewhere takes no name away.
  * Another key than the journal's is the operator's to mend, and begins nothing.
"""

import contextlib
import errno
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from contrefeu.base import Clock, ContrefeuError
from contrefeu.journal.errors import AnotherKey, JournalTampered, NoJournal
from contrefeu.journal.files import JournalFiles, journals_in
from contrefeu.journal.recipients import Recipient
from contrefeu.journal.standing import read_checkpoint, survey
from contrefeu.journal.store import JournalWriter, Limits
from contrefeu.proof import Checkpoint, Followed, Frontier, ProofMismatch, Signer, Verifier, open_checkpoint

SUCCESSORS_MAX = 1000  # of one journal: somebody starts a writer on a broken disk again and again
_READ_BYTES = 1 << 20
_ROLE = re.compile(r"(\.[0-9]+)?-")  # behind a node's name

log = structlog.get_logger("journal")


def successor_name(journal: str, number: int) -> str:
    """The *number*th name of a journal; the first is its own.

    >>> successor_name("drill/n1-capture", 2)
    'drill/n1.2-capture'
    """
    before, after = _around(journal)
    return journal if number == 1 else f"{before}.{number}{after}"


def of_station(journal: str, node: str) -> bool:
    """Whether a journal has the name of one of *node*'s, or of a successor: a node's own name has no full stop.

    >>> of_station("drill/n1.2-capture", "drill/n1"), of_station("drill/n1x-capture", "drill/n1")
    (True, False)
    """
    return journal.startswith(node) and _ROLE.match(journal, len(node)) is not None


def _around(journal: str) -> tuple[str, str]:
    """What stands before and after the number in the names of its successors: what it is for ends the name."""
    node, dash, role = journal.rpartition("-")
    return (node, f"{dash}{role}") if dash else (journal, "")


def chain(journals: Path, journal: str) -> list[str]:
    """The names of *journal* and its successors in this home, oldest first; at least its own."""
    before, after = _around(journal.replace("/", "_"))
    name = re.compile(f"{re.escape(before)}\\.([0-9]+){re.escape(after)}")
    there = [path for path in journals.iterdir() if name.fullmatch(path.name)] if journals.is_dir() else []
    later = sorted(int(name.sub(r"\1", path.name)) for path in there if (path / "verifier").exists())
    return [journal, *(successor_name(journal, number) for number in later)]


@dataclass(frozen=True, slots=True)
class Succession:
    """One journal that was begun in the place of another."""

    journal: str
    follows: Followed
    mended: bool  # whether the one before is here, and is whole as far as its own checkpoint and head say


def successions(journals: Path) -> list[Succession]:
    """Every journal in *journals* that says what it follows."""
    found = []
    for files in journals_in(journals):
        with contextlib.suppress(OSError, ProofMismatch, NoJournal):
            point = read_checkpoint(files, files.verifier())
            if point is not None and point.follows is not None:
                before = JournalFiles.of(journals, point.follows.origin)
                found.append(Succession(point.origin, point.follows, _is_sound(before)))
    return found


def _is_sound(files: JournalFiles) -> bool:
    try:
        survey(files, files.verifier())
    except (OSError, ContrefeuError, ProofMismatch):
        return False
    return True


def open_writer(
    journals: Path,
    journal: str,
    seed: bytes,
    recipients: Callable[[], Sequence[Recipient]],
    clock: Clock,
    *,
    held_elsewhere: Mapping[str, Sequence[bytes]] | None = None,
    limits: Limits | None = None,
    make: Callable[..., JournalWriter] = JournalWriter,
) -> JournalWriter:
    """Take *journal*, or the last of its successors, as its one writer; begin a successor if it cannot be gone on with.

    Args:
        journals: The folder of all journals.
        journal: Its first name.
        seed: The writer's signing seed; 32 bytes.
        recipients: To whom a segment that is opened now is sealed.
        clock: The time.
        held_elsewhere: Signed checkpoints that others hold, by the name of the journal's folder.
        limits: When segments are closed, and what is left of the disk.
        make: The kind of writer; takes what JournalWriter does.

    Raises:
        StorageError: Another process writes this journal.
        AnotherKey: It was signed by another key.
        OSError: The disk refuses.
    """
    held = held_elsewhere or {}
    names = chain(journals, journal)
    name = names[-1]
    try:
        hlc = 0
        if len(names) > 1 and len(JournalFiles.of(journals, name).segments()) < 2:  # perhaps without an entry yet
            _, hlc = _head_of(JournalFiles.of(journals, names[-2]), Signer(names[-2], seed).verifier)
        return _writer(journals, Signer(name, seed), recipients, clock, held, limits, make, after_hlc=hlc)
    except AnotherKey:
        raise
    except JournalTampered as found:
        log.error("a journal is not gone on with", journal=name, reason=found.what)
    except OSError as refused:
        if refused.errno != errno.EIO or _can_be_read(JournalFiles.of(journals, name)):
            raise  # a full or a read-only disk, or a write that failed: it passes, and the writer is started again
        log.error("a journal is not gone on with", journal=name, reason=refused.strerror)
    follows, hlc = _head_of(JournalFiles.of(journals, name), Signer(name, seed).verifier)
    successor = _free_name(journals, journal, seed, held)
    log.error("a successor is begun", journal=successor, reason=f"in the place of {name}")
    return _writer(
        journals, Signer(successor, seed), recipients, clock, held, limits, make, follows=follows, after_hlc=hlc
    )


def _writer(
    journals: Path,
    signer: Signer,
    recipients: Callable[[], Sequence[Recipient]],
    clock: Clock,
    held: Mapping[str, Sequence[bytes]],
    limits: Limits | None,
    make: Callable[..., JournalWriter],
    *,
    follows: Followed | None = None,
    after_hlc: int = 0,
) -> JournalWriter:
    vouched = _vouched(journals, signer.verifier, held)
    return make(
        journals,
        signer,
        recipients,
        clock,
        **(limits or Limits())._asdict(),
        vouched=vouched,
        follows=follows,
        after_hlc=after_hlc,
    )


def _vouched(journals: Path, verifier: Verifier, held: Mapping[str, Sequence[bytes]]) -> list[Checkpoint]:
    notes = held.get(JournalFiles.of(journals, verifier.name).folder.name, ())
    return [point for note in notes if (point := _opened(note, verifier)) is not None]


def _opened(note: bytes, verifier: Verifier) -> Checkpoint | None:
    """A checkpoint that was altered where it was kept says nothing about this journal."""
    try:
        return open_checkpoint(note, [verifier])
    except ProofMismatch:
        log.warning("a checkpoint held elsewhere is not the writer's", journal=verifier.name)
        return None


def _head_of(files: JournalFiles, verifier: Verifier) -> tuple[Followed, int]:
    """The head of a journal that is not gone on with, and its hybrid clock, as far as its files still say."""
    try:
        found = survey(files, verifier, strict=False)
    except OSError:
        point = _checkpoint(files, verifier)
        size, root = (point.size, point.root) if point is not None else (0, Frontier().root())
        return Followed(verifier.name, size, root), 0
    return Followed(verifier.name, found.tree.size, found.tree.root()), found.hlc


def _can_be_read(files: JournalFiles) -> bool:
    """Whether the disk gives back the last segment, which a writer must read."""
    try:
        for number in files.segments()[-1:]:
            fd = os.open(files.segment(number), os.O_RDONLY)
            try:
                for offset in range(0, os.fstat(fd).st_size, _READ_BYTES):
                    os.pread(fd, _READ_BYTES, offset)
            finally:
                os.close(fd)
    except OSError:
        return False
    return True


def _checkpoint(files: JournalFiles, verifier: Verifier) -> Checkpoint | None:
    try:
        return read_checkpoint(files, verifier)
    except (OSError, ProofMismatch):
        return None


def _free_name(journals: Path, journal: str, seed: bytes, held: Mapping[str, Sequence[bytes]]) -> str:
    last = chain(journals, journal)[-1]
    for number in range(2, SUCCESSORS_MAX + 1):
        name = successor_name(journal, number)
        files = JournalFiles.of(journals, name)
        if not files.verifier_file.exists() and not _vouched(journals, Signer(name, seed).verifier, held):
            return name
    raise JournalTampered(
        f'Journal "{last}" cannot be gone on with, and has {SUCCESSORS_MAX} successors already.',
        safe="All of them, as they were found.",
        next="The disk or the machine is broken: mend it; contrefeu journal verify says what is touched.",
    )
