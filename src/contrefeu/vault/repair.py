"""Repair: a segment that is damaged or missing is fetched from another copy, compared, and both are kept.

Rules kept here:
  * A segment counts as the good one when its writer signed for it: its header, each frame whole, and the tree behind it
    the one that the next header or a checkpoint names. Nothing else is ever put in a journal's place.
  * The damaged file is evidence: it lies in aside/, under a name that says what it is, before another takes its place.
  * The segment that a writer is at work on is left alone, and in a store the last one: it may be growing.
  * In a store nothing is replaced: the good segment is laid beside, as a version that counts for more.
  * Stopped half-way nothing is lost: the same repair goes on.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from contrefeu.base import durable_makedirs, sync_dir, write_file
from contrefeu.journal import JournalFiles, Verified, verify_journal
from contrefeu.proof import ProofMismatch, Verifier, open_checkpoint
from contrefeu.vault.place import JOURNALS, Vault
from contrefeu.vault.walk import Header, frames_from, read_header

FETCHED = frozenset(["altered", "missing", "reordered", "repeated"])  # kinds of damage that a copy can mend


@dataclass(frozen=True, slots=True)
class Copy:
    """A journal as it lies in one place."""

    place: str  # "home", or a vault's address
    numbers: Callable[[], list[int]]
    segment: Callable[[int], bytes]  # nothing when it is not there
    read: Callable[[int, int, int], bytes]  # of a segment, from an offset, so many bytes
    small: Callable[[str], bytes]  # a file beside the segments


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of one segment, or of the public key."""

    journal: str
    segment: int  # 0: the public key
    source: str  # the copy that stands there now; "" when none of them is the one that was signed for
    kept: str  # name of the damaged file in aside/, in a store of the version; "" when there was none
    differs_at: int  # first byte that was not what it is now; -1 when nothing was there


@runtime_checkable
class ObjectStore(Vault, Protocol):
    """A vault in which nothing is ever replaced."""

    def lay_beside(self, name: str, data: bytes) -> str:
        """Put a whole segment beside what there is under *name*; returns what that one is called, "" if none is."""
        ...

    def kept_since_ns(self) -> int:
        """What was received before need not be there any more, by the store's clock and the address's days."""
        ...


def copy_in_folder(place: str, files: JournalFiles) -> Copy:
    """A journal's copy in a folder of this machine."""

    def read(number: int, offset: int, length: int) -> bytes:
        try:
            with files.segment(number).open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except FileNotFoundError:
            return b""

    return Copy(
        place,
        files.segments,
        lambda number: _bytes(files.segment(number)),
        read,
        lambda name: _bytes(files.folder / name),
    )


def copy_in_vault(vault: Vault, name: str) -> Copy:
    """The copy of the journal in folder *name* that a vault holds."""
    folder = f"{JOURNALS}/{name}"

    def numbers() -> list[int]:
        stems = (found.removesuffix(".seg") for found in vault.names(f"{folder}/segments"))
        return [int(stem) for stem in stems if len(stem) == 10 and stem.isdigit()]

    def read(number: int, offset: int = 0, length: int = -1) -> bytes:
        return vault.read(f"{folder}/segments/{number:010d}.seg", offset, length)

    return Copy(vault.url, numbers, read, read, lambda name: vault.read(f"{folder}/{name}"))


def repair(
    files: JournalFiles, copies: Sequence[Copy], custodians: Sequence[Verifier] = ()
) -> tuple[list[Repaired], Verified]:
    """Mend the journal in *files* from *copies*; what was done, and what a check finds afterwards.

    What has ended, as *custodians* signed, is not brought back.
    """
    verifier = files.verifier()
    done: list[Repaired] = []
    tried: set[int] = set()
    found = verify_journal(files, writing=True, custodians=custodians)
    # One mended segment can show what is wrong with the next: each is tried once.
    while wanted := [number for number in _wanted(files, found, copies) if number not in tried]:
        tried.add(wanted[0])
        done += _mend(files, wanted[0], verifier, copies)
        found = verify_journal(files, writing=True, custodians=custodians)
    return done, found


def repair_store(store: ObjectStore, name: str, verifier: Verifier, copies: Sequence[Copy]) -> list[Repaired]:
    """Mend the copy of the journal in folder *name* of an object store; one segment is in memory at a time.

    What is missing at its beginning is put back unless all of it is older than what the store keeps.
    """
    own = copy_in_vault(store, name)
    here = own.numbers()
    last = max(here, default=0)
    elsewhere = {number for copy in copies for number in copy.numbers()}
    roots = _roots([own, *copies], verifier)
    following = read_header(partial(_slice, own.segment(last)), last, verifier) if here else None
    done: list[Repaired] = []
    for number in sorted({number for number in elsewhere | set(here) if number < last}, reverse=True):
        there = own.segment(number)
        good = _signed_for(there, number, verifier, following, roots)
        if not good:
            source, good = _good_one(copies, number, verifier, following, roots)
            if number < min(here) and not _is_kept(good, number, verifier, store.kept_since_ns()):
                break
            kept = store.lay_beside(f"{JOURNALS}/{name}/segments/{number:010d}.seg", good) if good else ""
            differs_at = _difference(there, good) if good else -1
            done.append(Repaired(verifier.name, number, source, kept, differs_at))
        following = read_header(partial(_slice, good or there), number, verifier)
    return done


def _good_one(
    copies: Sequence[Copy], number: int, verifier: Verifier, following: Header | None, roots: dict[int, bytes]
) -> tuple[str, bytes]:
    """The place that has the segment as it was signed for, and its bytes; nothing and nothing when none has."""
    for copy in copies:
        data = _signed_for(copy.segment(number), number, verifier, following, roots)
        if data:
            return copy.place, data
    return "", b""


def _is_kept(data: bytes, number: int, verifier: Verifier, since_ns: int) -> bool:
    """Whether anything in a segment was received after *since_ns*."""
    header = read_header(partial(_slice, data), number, verifier)
    return header is not None and any(
        frame.received_ns > since_ns for _at, frame, _end in frames_from(partial(_slice, data), header, len(data))
    )


def _wanted(files: JournalFiles, found: Verified, copies: Sequence[Copy]) -> Iterator[int]:
    """The segments to fetch: damaged ones, and those that copies have and that are missing between others."""
    damaged = {d.segment for d in found.damage if d.kind in FETCHED and d.segment}
    if not damaged:
        return
    here = files.segments()
    open_one = max(here, default=0) if files.is_being_written() else 0
    first = min(here) if any(d.kind == "expired" for d in found.damage) else 0  # what has ended is not wanted
    last = max([*here, *damaged])
    elsewhere = {number for copy in copies for number in copy.numbers() if first <= number <= last}
    yield from sorted((damaged | (elsewhere - set(here))) - {open_one})


def _mend(files: JournalFiles, number: int, verifier: Verifier, copies: Sequence[Copy]) -> list[Repaired]:
    path = files.segment(number)
    there = _bytes(path)
    own = copy_in_folder("home", files)
    roots = _roots([own, *copies], verifier)
    following = _following(number, verifier, [own, *copies])
    if there and _signed_for(there, number, verifier, following, roots):
        return []
    source, data = _good_one(copies, number, verifier, following, roots)
    if not data:
        return [Repaired(verifier.name, number, "", "", -1)]
    return [Repaired(verifier.name, number, source, _exchange(files, path, data), _difference(there, data))]


def _signed_for(
    data: bytes, number: int, verifier: Verifier, following: Header | None, roots: dict[int, bytes]
) -> bytes:
    """*data* as far as it is the segment that was signed for; nothing when it is not."""
    read = partial(_slice, data)
    header = read_header(read, number, verifier)
    if header is None:
        return b""
    limit = following.said.tree.size if following is not None else 1 << 62
    stop, proved, tree = header.length, False, header.said.tree
    for at, frame, end in frames_from(read, header, len(data)):
        root = roots.get(end.tree.size)
        if end.tree.size > limit or not frame.whole or (root is not None and root != end.tree.root()):
            return b""
        stop, tree = at + frame.length, end.tree
        proved = proved or root is not None
        if end.tree.size == limit:
            break
    if following is not None:
        same = (tree.size, tree.peaks) == (following.said.tree.size, following.said.tree.peaks)
        return data[:stop] if same else b""
    signed_later = any(header.said.tree.size < size and size > tree.size for size in roots)
    return data[:stop] if proved and not signed_later else b""


def _following(number: int, verifier: Verifier, copies: Sequence[Copy]) -> Header | None:
    """The header of the next segment, from whichever copy has one that its writer signed."""
    later = sorted({other for copy in copies for other in copy.numbers() if other > number})
    for other in later:
        for copy in copies:
            header = read_header(partial(_slice, copy.segment(other)), other, verifier)
            if header is not None:
                return header
    return None


def _roots(copies: Iterable[Copy], verifier: Verifier) -> dict[int, bytes]:
    roots = {}
    for copy in copies:
        try:
            point = open_checkpoint(copy.small("checkpoint"), [verifier])
        except ProofMismatch:
            continue
        roots[point.size] = point.root
    return roots


def _exchange(files: JournalFiles, path: Path, data: bytes) -> str:
    """Put *data* in the place of *path*, whose file moves to aside/; returns its name there."""
    durable_makedirs(files.segments_folder)
    durable_makedirs(files.aside)
    kept = ""
    if path.exists():
        count = 1
        while (aside := files.aside / f"{path.name}.{count}.damaged").exists():
            count += 1
        os.link(path, aside)  # the same file under both names, until the good one takes the first
        sync_dir(files.aside)
        kept = aside.name
    mode = path.stat().st_mode & 0o777 if kept else 0o640
    write_file(path, data, mode=mode)
    return kept


def _difference(there: bytes, data: bytes) -> int:
    if not there:
        return -1
    return next((at for at, (a, b) in enumerate(zip(there, data, strict=False)) if a != b), min(len(there), len(data)))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _slice(data: bytes, offset: int, length: int) -> bytes:
    return data[offset : offset + length]
