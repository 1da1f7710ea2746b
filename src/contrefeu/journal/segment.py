"""Segments: how batches of entries lie sealed on disk (docs/spec/journal-v1.md, "Frames").

    segment   = "CFJ1" || length u32 || header note || frame* || [closing frame]
    frame     = head (84) || SHA-256(ciphertext) (32) || CRC-32 (u32) || ciphertext
    frame key = HKDF-Expand(data key, info = head, 32 bytes)          RFC 5869: one HMAC-SHA-256 block
    ciphertext = AES-256-GCM(frame key, nonce = 12 zero bytes, zstd(batch), aad = SHA-256(header note))

Rules kept here:
  * A frame's key is used once: its head holds the freshly salted root of its entries, so that even a machine
    restored from a snapshot never seals two batches under one key (S4). A closing frame's root is random.
  * A frame is bound to its segment by the associated data: none can be moved, repeated or carried elsewhere unseen.
  * The closing frame alone is empty. A segment that has none was not closed.

Bytes in, bytes out: this module opens no file, reads no clock and draws no key.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from itertools import islice
from operator import lt

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contrefeu.journal.entry import (
    ENTRY_BODY_BYTES_MAX,
    SALT_BYTES,
    Entry,
    pack_batch,
    unpack_batch,
    unpack_entry,
)
from contrefeu.journal.errors import JournalTampered
from contrefeu.proof import TAG_BYTES, FrameHead, frame_leaf, hash_leaf, root_of, seal_prefix

BATCH_BYTES_MAX = ENTRY_BODY_BYTES_MAX + 8 * 2**20  # a writer closes a batch well before; a reader refuses above
_NONCE = bytes(12)
_LEVEL = 1  # FINDINGS 2a: level 3 costs a fifth more and saves nothing


class SegmentSealer:
    """Turns batches into frames, in order, until closed: one writer, one data key, one segment."""

    def __init__(self, header_note: bytes, data_key: bytes) -> None:
        self._data_key = data_key
        self._aad = sha256(header_note).digest()
        self._zstd = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True)
        self._frames = 0
        self._closed = False

    def seal(
        self,
        entries: Sequence[bytes],
        salts: bytes,
        *,
        first_sequence: int,
        hlc: tuple[int, int],
        received_ns: int,
    ) -> tuple[bytes, bytes]:
        """Return the frame to append for *entries* (canonical bytes), and its leaf.

        Args:
            entries: At least one; together at most BATCH_BYTES_MAX bytes.
            salts: SALT_BYTES fresh random bytes an entry.
            first_sequence: Sequence of the first entry.
            hlc: Hybrid clock of the first and of the last entry.
            received_ns: Time of the commit, UTC.
        """
        batch, leaves = pack_batch(entries, salts)
        assert 1 <= len(batch) <= BATCH_BYTES_MAX, "intake limits entries, the writer batches"
        plain = self._zstd.compress(batch)
        length = len(plain) + TAG_BYTES
        head = FrameHead(self._frames, first_sequence, len(entries), length, *hlc, received_ns, root_of(leaves))
        return self._frame(plain, head)

    def close(self, *, next_sequence: int, hlc: int, received_ns: int, fresh: bytes) -> tuple[bytes, bytes]:
        """Return the closing frame and its leaf: nothing follows. *fresh* is 32 random bytes."""
        head = FrameHead(self._frames, next_sequence, 0, TAG_BYTES, hlc, hlc, received_ns, fresh, closing=True)
        sealed = self._frame(b"", head)
        self._closed = True
        return sealed

    def _frame(self, plain: bytes, head: FrameHead) -> tuple[bytes, bytes]:
        assert not self._closed, "a closed segment takes no more frames"
        packed = head.pack()
        ciphertext = AESGCM(_frame_key(self._data_key, packed)).encrypt(_NONCE, plain, self._aad)
        prefix = seal_prefix(packed, ciphertext)
        self._frames += 1
        return prefix + ciphertext, frame_leaf(prefix)


class SegmentOpener:
    """Opens frames of one segment: what was sealed, or JournalTampered."""

    def __init__(self, origin: str, header_note: bytes, data_key: bytes) -> None:
        self._origin = origin
        self._data_key = data_key
        self._aad = sha256(header_note).digest()
        self._zstd = zstandard.ZstdDecompressor()

    def salted(self, head: FrameHead, ciphertext: bytes) -> list[bytes]:
        """Return salt || entry of each entry in the frame.

        Raises:
            JournalTampered: The frame is not what was sealed.
        """
        try:
            key = _frame_key(self._data_key, head.pack())
            plain = AESGCM(key).decrypt(_NONCE, ciphertext, self._aad)
        except InvalidTag:
            raise self._tampered(head, "does not open") from None
        if head.closing:
            if plain:
                raise self._tampered(head, "closes the segment and holds something")
            return []
        try:
            records = list(islice(unpack_batch(self._unzip(plain)), head.count + 1))
        except (ValueError, zstandard.ZstdError):
            raise self._tampered(head, "holds no batch") from None
        if len(records) != head.count:
            raise self._tampered(head, "holds another number of entries than it says")
        if root_of([hash_leaf(record) for record in records]) != head.entries_root:
            raise self._tampered(head, "holds other entries than it commits to")
        return records

    def entries(self, head: FrameHead, ciphertext: bytes) -> list[Entry]:
        """Return the entries of a frame.

        Raises:
            JournalTampered: The frame is not what was sealed.
        """
        try:
            found = [unpack_entry(self._origin, record) for record in self.salted(head, ciphertext)]
        except ValueError:
            raise self._tampered(head, "holds a malformed entry") from None
        if [e.sequence for e in found] != list(range(head.first_sequence, head.first_sequence + head.count)):
            raise self._tampered(head, "holds entries out of sequence")
        clocks = [e.hlc for e in found] or [head.first_hlc]
        if (clocks[0], clocks[-1]) != (head.first_hlc, head.last_hlc) or not all(map(lt, clocks, clocks[1:])):
            raise self._tampered(head, "holds entries of other hybrid clocks than it says")
        return found

    def _unzip(self, plain: bytes) -> bytes:
        size = zstandard.frame_content_size(plain)
        # A writer always states the size: a bomb is refused before it is unpacked.
        if not 0 <= size <= BATCH_BYTES_MAX:
            raise ValueError("batch size")
        # Nothing may follow the one zstd frame: what is not read is not committed to by the root either.
        return self._zstd.decompress(plain, max_output_size=BATCH_BYTES_MAX, allow_extra_data=False)

    def _tampered(self, head: FrameHead, how: str) -> JournalTampered:
        return JournalTampered(f'Frame {head.number} of journal "{self._origin}" {how}.')


def fresh_bytes_needed(entries: int) -> int:
    """Random bytes to draw for a frame of *entries*."""
    return max(entries * SALT_BYTES, 32)


def _frame_key(data_key: bytes, head: bytes) -> bytes:
    return hmac.digest(data_key, head + b"\x01", "sha256")
