"""An open segment in a store whose objects do not grow: chunks, and which of them make the segment.

    open/<segment's name>/<offset, 12 digits>-<length, 10 digits>-<SHA-256, 16 hex digits>

Rules kept here:
  * A chunk is a header, or whole frames. It counts when its bytes are the ones that its name says.
  * Whoever may PUT can lay chunks of their own beside ours. Where more than one fits, that path is taken which the
    writer signed for: its header, and the roots of its checkpoints. Else the one with the most whole frames, and of
    those the one that was there first.
  * Values in, values out: the store is a function that is passed in.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from contrefeu.proof import PREFIX_BYTES, Verifier, read_prefix
from contrefeu.vault.walk import End, Read, frames_from, frames_in, read_header

PATHS_MAX = 64  # followed at once; somebody who lays more beside each chunk is stopped by the next checkpoint
_NAME = re.compile(r"(\d{12})-(\d{10})-([0-9a-f]{16})")
_LATER = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of an open segment, as one object."""

    offset: int
    length: int
    digest: str  # first 16 hex digits of SHA-256
    since: dt.datetime = _LATER  # when it was first there

    @property
    def name(self) -> str:
        """Its name in the segment's folder."""
        return f"{self.offset:012d}-{self.length:010d}-{self.digest}"

    @property
    def stop(self) -> int:
        """The offset behind it."""
        return self.offset + self.length

    @classmethod
    def of(cls, offset: int, data: bytes) -> "Chunk":
        """The chunk that *data* makes at *offset*."""
        return cls(offset, len(data), sha256(data).hexdigest()[:16])

    @classmethod
    def named(cls, name: str, since: dt.datetime) -> "Chunk | None":
        """The chunk that has this name; None when it is none's."""
        match = _NAME.fullmatch(name)
        return cls(int(match[1]), int(match[2]), match[3], since) if match and int(match[2]) else None


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a chunk belongs to the segment."""

    chunk: Chunk
    start: int  # where in the segment it counts from

    @property
    def stop(self) -> int:
        """The offset behind it."""
        return self.chunk.stop


@dataclass(frozen=True, slots=True)
class Signed:
    """What the writer of a journal signed for."""

    verifier: Verifier
    number: int  # of the segment
    roots: Mapping[int, bytes]  # of the tree, by its size


@dataclass(slots=True)
class _Path:
    pieces: tuple[Piece, ...] = ()
    end: End | None = field(default_factory=End)  # None once something came that is no frame in its place
    confirmed: int = 0  # leaves that a checkpoint signs for
    whole: int = 0  # bytes of whole frames

    @property
    def stop(self) -> int:
        return self.pieces[-1].stop if self.pieces else 0


def cut_at_frames(offset: int, data: bytes, bytes_max: int) -> Iterator[tuple[int, bytes]]:
    """*data*, which lies at *offset*, in pieces of whole frames: each of *bytes_max* bytes at most, or one frame.

    What is no frame, such as a header, stays with what follows.
    """
    start = stop = 0
    while (found := read_prefix(data[stop : stop + PREFIX_BYTES])) is not None:
        behind = stop + PREFIX_BYTES + found[0].length
        if behind - start > bytes_max and stop > start:
            yield offset + start, data[start:stop]
            start = stop
        stop = behind
    yield offset + start, data[start:]


def segment_of(
    chunks: Iterable[Chunk], read: Callable[[Chunk], bytes | None], signed: Callable[[], Signed | None]
) -> list[Piece]:
    """The pieces that make the segment, in order.

    Args:
        chunks: All that lie in its folder.
        read: Gives the bytes of one, or None when they are not what its name says.
        signed: Asked only when more than one path is possible; None when the writer's key is not known.
    """
    order = sorted(chunks, key=lambda chunk: (chunk.since, chunk.offset, chunk.digest))
    single = _single(order)
    return list(single if single is not None else _best(order, read, signed()))


def proven(read: Read, size: int, signed: Signed) -> tuple[int, int]:
    """How good the bytes of a whole segment are: leaves that a checkpoint confirms, and bytes that are whole.

    Bytes that a checkpoint contradicts, or without a signed header, are worth (-1, 0).
    """
    header = read_header(read, signed.number, signed.verifier)
    if header is None:
        return (-1, 0)
    confirmed, whole = 0, header.length
    for _at, frame, end in frames_from(read, header, size):
        root = signed.roots.get(end.tree.size)
        if root is not None:
            if root != end.tree.root():
                return (-1, 0)
            confirmed = end.tree.size
        whole += frame.length if frame.whole else 0
    return (confirmed, whole)


def _single(order: Sequence[Chunk]) -> list[Piece] | None:
    """The one path there is; None when there may be several."""
    pieces: list[Piece] = []
    stop = 0
    for chunk in sorted(order, key=lambda chunk: chunk.offset):
        if chunk.offset < stop:
            return None
        if chunk.offset > stop:
            break
        pieces.append(Piece(chunk, stop))
        stop = chunk.stop
    return pieces


def _best(order: Sequence[Chunk], read: Callable[[Chunk], bytes | None], signed: Signed | None) -> tuple[Piece, ...]:
    paths, ended = [_Path()], [_Path()]
    while paths:
        longer = []
        for path in paths:
            further = [found for chunk in order if (found := _extend(path, chunk, read, signed)) is not None]
            longer += further
            if not further:
                ended.append(path)
        # `sorted` is stable: of equals, the one that was there first.
        paths = sorted(longer, key=_worth, reverse=True)[:PATHS_MAX]
    return max(ended, key=_worth).pieces


def _worth(path: _Path) -> tuple[int, int, int]:
    return (path.confirmed, path.whole, path.stop)


def _extend(path: _Path, chunk: Chunk, read: Callable[[Chunk], bytes | None], signed: Signed | None) -> _Path | None:
    """*path* with *chunk* behind it; None when it does not fit there, or the writer signed for something else."""
    stop = path.stop
    if not chunk.offset <= stop < chunk.stop:
        return None
    data = read(chunk)
    if data is None or not _continues(path, chunk, data, read):
        return None
    longer = replace(path, pieces=(*path.pieces, Piece(chunk, stop)), end=path.end.copy() if path.end else None)
    return longer if signed is None or _judge(longer, data[stop - chunk.offset :], signed) else None


def _continues(path: _Path, chunk: Chunk, data: bytes, read: Callable[[Chunk], bytes | None]) -> bool:
    """Whether what *chunk* repeats of the path is the same there."""
    for piece in path.pieces:
        start = max(piece.start, chunk.offset)
        if start < piece.stop:
            ours = read(piece.chunk) or b""
            here = ours[start - piece.chunk.offset :]
            if data[start - chunk.offset : piece.stop - chunk.offset] != here:
                return False
    return True


def _judge(path: _Path, data: bytes, signed: Signed) -> bool:
    """Move the path's end over *data*; False when the writer signed for something else."""
    if path.end is None:
        return True
    if not path.end.segment:
        header = read_header(lambda at, length: data[at : at + length], signed.number, signed.verifier)
        if header is None:
            path.end = None
            return True
        path.end.enter(header)
        path.whole = header.length
        data = data[header.length :]
    taken = 0
    for frame in frames_in(data, path.end):
        path.end.pass_frame(frame)
        taken += frame.length
        root = signed.roots.get(path.end.tree.size)
        if root is not None:
            if root != path.end.tree.root():
                return False
            path.confirmed = path.end.tree.size
        path.whole += frame.length if frame.whole else 0
    if taken < len(data):
        path.end = None
    return True
