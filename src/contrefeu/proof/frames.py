"""The clear head of a frame: what can be checked of a journal without reading it.

    head   = "CF" || flags u16 || number u64 || first sequence u64 || count u32 || length u32
             || first hlc u64 || last hlc u64 || received u64 (ns) || entries root (32)       = 84 bytes
    sealed = head || SHA-256(ciphertext) (32) || CRC-32 of the 116 bytes before (u32) || ciphertext

Integers are big endian. Rules kept here:
  * A leaf of the journal's tree is a segment's header note, or the first 116 bytes of a frame: the ciphertext
    is committed to by its hash, the entries by their root.
  * The check over the head tells a rotten length from a torn tail.
  * A head that no writer makes is no head: a count, a length, a sequence or a clock that cannot be is refused here,
    before anybody reserves memory or walks a tree by it.
"""

from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from zlib import crc32

from contrefeu.proof.merkle import hash_leaf

MAGIC = b"CF"
CLOSING = 0x0001
_HEAD = Struct(">2sHQQIIQQQ32s")
_CHECK = Struct(">I")
HEAD_BYTES = _HEAD.size
LEAF_BYTES = HEAD_BYTES + 32
PREFIX_BYTES = LEAF_BYTES + _CHECK.size
CIPHERTEXT_BYTES_MAX = 128 * 2**20  # one entry of 64 MiB that does not compress, with room
FRAME_ENTRIES_MAX = 65_536  # sixteen times what our writer puts in one: who opens a frame holds them all
TAG_BYTES = 16
COUNTER_MAX = 2**63 - 1  # sequences and frame numbers: what fits every language's integers


@dataclass(frozen=True, slots=True)
class FrameHead:
    """What a frame says in clear."""

    number: int  # in its segment, from 0
    first_sequence: int
    count: int  # entries; 0 in a closing frame
    length: int  # bytes of ciphertext
    first_hlc: int
    last_hlc: int
    received_ns: int
    entries_root: bytes
    closing: bool = False

    def pack(self) -> bytes:
        """Return the 84 bytes of the head."""
        return _HEAD.pack(
            MAGIC,
            CLOSING if self.closing else 0,
            self.number,
            self.first_sequence,
            self.count,
            self.length,
            self.first_hlc,
            self.last_hlc,
            self.received_ns,
            self.entries_root,
        )

    @property
    def last_sequence(self) -> int:
        """Sequence of the last entry; below `first_sequence` in a closing frame."""
        return self.first_sequence + self.count - 1


def seal_prefix(head: bytes, ciphertext: bytes) -> bytes:
    """Return what stands before the ciphertext: head, hash and check."""
    leaf = head + sha256(ciphertext).digest()
    return leaf + _CHECK.pack(crc32(leaf))


def frame_leaf(prefix: bytes) -> bytes:
    """Return the leaf hash of the frame that begins with *prefix*."""
    return hash_leaf(prefix[:LEAF_BYTES])


def read_prefix(prefix: bytes) -> tuple[FrameHead, bytes] | None:
    """Return head and ciphertext hash, or None when the bytes are not a frame's prefix."""
    if len(prefix) < PREFIX_BYTES or prefix[:2] != MAGIC:
        return None
    leaf = prefix[:LEAF_BYTES]
    if _CHECK.unpack_from(prefix, LEAF_BYTES)[0] != crc32(leaf):
        return None
    head = read_head(leaf[:HEAD_BYTES])
    return None if head is None else (head, leaf[HEAD_BYTES:])


def read_head(data: bytes) -> FrameHead | None:
    """Return the head in these 84 bytes, or None when no writer makes such a one."""
    if len(data) != HEAD_BYTES:
        return None
    magic, flags, number, first, count, length, first_hlc, last_hlc, received, root = _HEAD.unpack(data)
    if magic != MAGIC or flags & ~CLOSING:
        return None
    head = FrameHead(number, first, count, length, first_hlc, last_hlc, received, root, closing=bool(flags & CLOSING))
    return head if _can_be(head) else None


def _can_be(head: FrameHead) -> bool:
    """Whether a writer makes such heads: a closing frame holds nothing, entries have one clock each, in order."""
    if head.number > COUNTER_MAX or not 1 <= head.first_sequence <= COUNTER_MAX - head.count:
        return False
    if head.closing:
        return head.count == 0 and head.length == TAG_BYTES and head.first_hlc == head.last_hlc
    return (
        1 <= head.count <= FRAME_ENTRIES_MAX
        and TAG_BYTES < head.length <= CIPHERTEXT_BYTES_MAX
        and head.last_hlc - head.first_hlc >= head.count - 1
    )
