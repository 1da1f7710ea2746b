"""Walking the frames of a segment file without a key.

Rules kept here:
  * Zeros to the end of the file are the end: space is reserved ahead of writing (S3).
  * A frame counts when its head's check, its place and the hash of its ciphertext hold; what follows the last
    one that does is a tail, and its kind is the caller's to judge.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from contrefeu.proof import PREFIX_BYTES, FrameHead, frame_leaf, read_prefix

_BLOCK = 1 << 20
_HASHED_TIMES_MAX = 8  # a false head holds by chance once in 2**32: more than a few are somebody's doing


@dataclass(frozen=True, slots=True)
class Located:
    """A frame's head and where it lies; its ciphertext may not be there."""

    head: FrameHead
    offset: int  # of its prefix in the file
    leaf: bytes
    digest: bytes  # of the ciphertext that was written

    @property
    def body(self) -> int:
        """Offset of its ciphertext."""
        return self.offset + PREFIX_BYTES

    @property
    def end(self) -> int:
        """Offset of what follows."""
        return self.body + self.head.length


def locate(fd: int, offset: int, stop: int) -> Located | None:
    """The frame whose head stands at *offset* and that ends at *stop* at the latest; its ciphertext is not read."""
    if offset + PREFIX_BYTES > stop:
        return None
    prefix = os.pread(fd, PREFIX_BYTES, offset)
    found = read_prefix(prefix)
    if found is None or offset + PREFIX_BYTES + found[0].length > stop:
        return None
    return Located(found[0], offset, frame_leaf(prefix), found[1])


def is_whole(fd: int, frame: Located) -> bool:
    """Whether the ciphertext is the one that the head names."""
    return sha256(os.pread(fd, frame.head.length, frame.body)).digest() == frame.digest


def frames(fd: int, start: int, stop: int, *, hashed: bool = True) -> Iterator[Located]:
    """Yield the frames of an open segment file between two offsets, up to the first that is not one.

    Args:
        fd: The file.
        start: Offset of the first frame.
        stop: Where to stop: the file's size, or the durable end.
        hashed: Whether to read each ciphertext and check its hash (False: heads only).
    """
    offset = start
    while (frame := locate(fd, offset, stop)) is not None and (not hashed or is_whole(fd, frame)):
        yield frame
        offset = frame.end


def find_frame(fd: int, start: int, stop: int, number: int = 0) -> Located | None:
    """The next whole frame from *start* on, wherever it begins, whose number is *number* or above.

    What is hashed on the way is bounded: heads that overlap, each naming all that follows, would cost the square.
    """
    budget = _HASHED_TIMES_MAX * (stop - start)
    for block_at in range(start, stop, _BLOCK):
        block = os.pread(fd, min(_BLOCK + PREFIX_BYTES, stop - block_at), block_at)
        at = block.find(b"CF")
        while 0 <= at < _BLOCK:
            if read_prefix(block[at : at + PREFIX_BYTES]) is not None:
                frame = locate(fd, block_at + at, stop)
                if frame is not None and number <= frame.head.number and frame.head.length <= budget:
                    budget -= frame.head.length
                    if is_whole(fd, frame):
                        return frame
            at = block.find(b"CF", at + 1)
    return None


def is_zero(fd: int, start: int, stop: int) -> bool:
    """Whether the file holds nothing but zeros between two offsets."""
    for offset in range(start, stop, _BLOCK):
        if os.pread(fd, min(_BLOCK, stop - offset), offset).strip(b"\x00"):
            return False
    return True
