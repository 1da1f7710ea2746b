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


@dataclass(frozen=True, slots=True)
class Located:
    """A frame and where it lies."""

    head: FrameHead
    offset: int  # of its prefix in the file
    leaf: bytes

    @property
    def end(self) -> int:
        """Offset of what follows."""
        return self.offset + PREFIX_BYTES + self.head.length


def frames(fd: int, start: int, stop: int, *, hashed: bool = True) -> Iterator[Located]:
    """Yield the frames of an open segment file between two offsets, up to the first that is not one.

    Args:
        fd: The file.
        start: Offset of the first frame.
        stop: Where to stop: the file's size, or the durable end.
        hashed: Whether to read each ciphertext and check its hash (False: heads only).
    """
    offset = start
    while offset + PREFIX_BYTES <= stop:
        prefix = os.pread(fd, PREFIX_BYTES, offset)
        found = read_prefix(prefix)
        if found is None:
            return
        head, digest = found
        if offset + PREFIX_BYTES + head.length > stop:
            return
        if hashed and sha256(os.pread(fd, head.length, offset + PREFIX_BYTES)).digest() != digest:
            return
        yield Located(head, offset, frame_leaf(prefix))
        offset += PREFIX_BYTES + head.length


def is_zero(fd: int, start: int, stop: int) -> bool:
    """Whether the file holds nothing but zeros between two offsets."""
    block = 1 << 20
    for offset in range(start, stop, block):
        if os.pread(fd, min(block, stop - offset), offset).strip(b"\x00"):
            return False
    return True
