"""Where a journal stands on disk: the good end of its last segment (docs/spec/journal-v1.md, "Starting").

Rules kept here:
  * Only the last segment is read: the headers are signed and say where the tree stood before them.
  * What follows the good frames is a *tail* when no whole frame comes after it and nobody vouched for it: no
    checkpoint signed for it, no head was published for it. Anything else is damage (S3): no frame is ever cut off
    that somebody may have been told of.
  * A damaged frame whose head is whole still has its leaf and its sequences: the journal goes on after it.
  * What others hold (a vault's checkpoint) binds as the journal's own checkpoint does: a journal that is behind it, or
    has another tree at its size, is not gone on with (succession.py).
  * Nothing is changed here.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from contrefeu.base import sync_data, sync_dir
from contrefeu.journal.errors import JournalTampered
from contrefeu.journal.files import Head, JournalFiles, read_note
from contrefeu.journal.header import PREAMBLE_BYTES, SegmentHeader, open_header
from contrefeu.journal.scan import find_frame, is_whole, is_zero, locate
from contrefeu.proof import Checkpoint, Frontier, ProofMismatch, Verifier, hash_leaf, open_checkpoint


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a journal goes."""

    segment: int  # the last one with a header; 0 when there is none
    end: int  # bytes of it that count
    sequence: int
    hlc: int
    tree: Frontier
    tail: bool  # whether something that does not count lies beyond `end`
    headless: tuple[int, ...]  # later files that hold no header: a crash while they were made
    damaged: tuple[int, ...]  # offsets of frames that count and are not what was sealed

    @property
    def head(self) -> Head:
        """The same, as it is published."""
        return Head(self.segment, self.end, self.sequence, self.tree.size)


def survey(
    files: JournalFiles, verifier: Verifier, *, strict: bool = True, vouched: Sequence[Checkpoint] = ()
) -> Standing:
    """Say where the journal stands, making sure that what counts is on disk.

    Args:
        files: The journal; nobody may be writing it.
        verifier: Its writer's public key.
        strict: Whether to raise at damage (a writer), or to stop before it (a reader, who meets it when it is there).
        vouched: Checkpoints of this journal that others hold.

    Raises:
        JournalTampered: Something that counted is not there, or not what was written.
    """
    point = _own_checkpoint(files, verifier) if strict else None
    published = files.read_head()
    headless: list[int] = []
    found: Standing | None = None
    for number in reversed(files.segments()):
        fd = os.open(files.segment(number), os.O_RDONLY)
        try:
            # A killed writer may have left a frame in memory only, or the name of the file.
            sync_data(fd)
            sync_dir(files.segments_folder)
            header = _header(fd, number, verifier, strict=strict)
            if header is not None:
                found = _stand(fd, header, tuple(headless), point, published, strict=strict)
                break
        finally:
            os.close(fd)
        headless.append(number)
    if found is None:
        found = Standing(0, 0, 0, 0, Frontier(), tail=False, headless=tuple(headless), damaged=())
    if strict:
        points = [*vouched, *([point] if point is not None else [])]
        _compare(files, verifier, found, points, published)
    return found


def read_checkpoint(files: JournalFiles, verifier: Verifier) -> Checkpoint | None:
    """The checkpoint in the journal's folder, or None when there is none.

    Raises:
        ProofMismatch: It is not the writer's.
    """
    try:
        return open_checkpoint(files.checkpoint.read_bytes(), [verifier])
    except FileNotFoundError:
        return None


def _own_checkpoint(files: JournalFiles, verifier: Verifier) -> Checkpoint | None:
    try:
        return read_checkpoint(files, verifier)
    except ProofMismatch:
        raise JournalTampered(
            f'The checkpoint of journal "{verifier.name}" is not one that its writer signed.',
            safe="Every byte is as it was found, and so are the copies in the vaults.",
            next="contrefeu journal verify says what is whole; a vault holds the last good checkpoint.",
        ) from None


def root_at(files: JournalFiles, verifier: Verifier, size: int) -> bytes | None:
    """Root of the journal's tree when it had *size* leaves; None when the files do not say."""
    for number in reversed(files.segments()):
        fd = os.open(files.segment(number), os.O_RDONLY)
        try:
            found = _header(fd, number, verifier, strict=False)
            if found is None or found[1].tree.size > size:
                continue
            return _root_in(fd, *found, size)
        finally:
            os.close(fd)
    return Frontier().root() if size == 0 else None


def _root_in(fd: int, note: bytes, header: SegmentHeader, size: int) -> bytes | None:
    tree = header.tree.copy()
    if tree.size < size:
        tree.append(hash_leaf(note))
    offset, stop = PREAMBLE_BYTES + len(note), os.fstat(fd).st_size
    while tree.size < size:
        frame = locate(fd, offset, stop)
        if frame is None:
            return None
        tree.append(frame.leaf)
        offset = frame.end
    return tree.root()


def _header(fd: int, number: int, verifier: Verifier, *, strict: bool) -> tuple[bytes, SegmentHeader] | None:
    """The header of a segment; None when it was never whole."""
    note = read_note(fd)
    try:
        if note is None:
            raise JournalTampered(f'Segment {number} of journal "{verifier.name}" has no whole header.')
        header = open_header(note, verifier)
    except JournalTampered:
        # A header is synced before the first frame is written: with a frame behind it, it was whole once.
        if strict and find_frame(fd, 0, os.fstat(fd).st_size) is not None:
            raise
        return None
    if header.segment != number or header.origin != verifier.name:
        if not strict:
            return None
        raise JournalTampered(f'Segment {number} of journal "{verifier.name}" is another one\'s.')
    return note, header


def _stand(
    fd: int,
    found: tuple[bytes, SegmentHeader],
    headless: tuple[int, ...],
    point: Checkpoint | None,
    published: Head | None,
    *,
    strict: bool,
) -> Standing:
    note, header = found
    tree = header.tree.copy()
    tree.append(hash_leaf(note))
    sequence, hlc = header.first_sequence - 1, header.last_hlc
    end, size = PREAMBLE_BYTES + len(note), os.fstat(fd).st_size
    number, closed = 0, False
    damaged: list[int] = []
    while True:
        frame = locate(fd, end, size)
        if frame is not None and (closed or (frame.head.number, frame.head.first_sequence) != (number, sequence + 1)):
            frame = None
        if frame is None or not is_whole(fd, frame):
            if is_zero(fd, end, size):
                tail = False
                break
            vouched = (point is not None and point.size > tree.size) or (
                published is not None and published.segment == header.segment and published.offset > end
            )
            if not vouched and find_frame(fd, end if frame is None else frame.end, size) is None:
                tail = True
                break
            if frame is None:
                if strict:
                    raise _damaged(header, end)
                tail = True
                break
            damaged.append(end)
        tree.append(frame.leaf)
        sequence, hlc = frame.head.last_sequence, frame.head.last_hlc
        end, number, closed = frame.end, number + 1, frame.head.closing
    return Standing(header.segment, end, sequence, hlc, tree, tail, headless, tuple(damaged))


def _damaged(header: SegmentHeader, offset: int) -> JournalTampered:
    return JournalTampered(
        f'Segment {header.segment} of journal "{header.origin}" is damaged at byte {offset}: no torn tail.',
        safe="Every byte is as it was found; no sender was told that more was kept.",
        next="contrefeu journal verify says what is touched; contrefeu vault repair fetches it from a copy.",
    )


def _compare(
    files: JournalFiles, verifier: Verifier, found: Standing, points: Sequence[Checkpoint], published: Head | None
) -> None:
    """What was signed for, and what was published, must be there."""
    told = max([0, *(point.size for point in points), published.leaves if published is not None else 0])
    forked = any(
        point.origin != verifier.name
        or (point.size <= found.tree.size and root_at(files, verifier, point.size) not in (None, point.root))
        for point in points
    )
    if told > found.tree.size or forked:
        vouched = "another tree" if forked else told
        raise JournalTampered(
            f'Journal "{verifier.name}" holds {found.tree.size} leaves and vouched for {vouched}.',
            safe="Every byte is as it was found, and so are the copies in the vaults.",
            next="contrefeu journal verify says what is missing; contrefeu vault repair fetches it.",
        )
