"""What hides a store's values from whoever holds its database (S13).

    mask    AES-256-SIV (RFC 5297), the column as associated data: one value, one ciphertext, read back
    digest  keyed BLAKE2b of column and value: looked up, never read back
    seal    nonce (12 random bytes) || AES-256-GCM-SIV (RFC 8452), column and row as associated data

Rules kept here:
  * What was sealed opens in its own column and row alone: a server that puts one patient's bytes under another's row
    is caught. That it gives back an older version of the same row is not: the journal knows better.
  * GCM-SIV: a store writes more rows under one key than random nonces of GCM would bear.
  * A mask shows which rows hold the same value. It is for what must be unique or looked up, and for nothing else.
  * Keys are drawn from the store's key, one a use; they leave this process in no form.
"""

import os
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contrefeu.chart.stores.engine import KEY_BYTES, trouble

NONCE_BYTES = 12


class Clear:
    """No veil: the whole file is sealed."""

    def mask(self, column: str, value: bytes) -> bytes:  # noqa: ARG002
        """Return *value*."""
        return value

    def unmask(self, column: str, kept: bytes) -> bytes:  # noqa: ARG002
        """Return *kept*."""
        return _bytes(kept)

    def digest(self, column: str, value: bytes, size: int) -> bytes:  # noqa: ARG002
        """Return *size* bytes of the hash of *value*; itself when it has that size, as an id has."""
        return value if len(value) == size else blake2b(value, digest_size=size).digest()

    def seal(self, column: str, value: bytes, *at: int | bytes) -> bytes:  # noqa: ARG002
        """Return *value*."""
        return value

    def open(self, column: str, kept: bytes, *at: int | bytes) -> bytes:  # noqa: ARG002
        """Return *kept*."""
        return _bytes(kept)


class Sealed:
    """The veil of a store on a server."""

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES, "a store key is drawn, never typed"
        self._masks = AESSIV(derived(key, "mask", 64))
        self._seals = AESGCMSIV(derived(key, "seal", 32))
        self._digests = derived(key, "digest", 32)

    def mask(self, column: str, value: bytes) -> bytes:
        """Return what stands for *value* in *column*, the same each time."""
        return self._masks.encrypt(b"\0" + value, [column.encode()])  # AES-SIV takes nothing that is empty

    def unmask(self, column: str, kept: bytes) -> bytes:
        """Return what `mask` was given."""
        try:
            return self._masks.decrypt(kept, [column.encode()])[1:]
        except (InvalidTag, ValueError):
            raise trouble("is damaged") from None

    def digest(self, column: str, value: bytes, size: int) -> bytes:
        """Return *size* bytes that stand for *value* in *column*."""
        placed = b"%d %b %b" % (len(column), column.encode(), value)
        return blake2b(placed, key=self._digests, digest_size=size).digest()

    def seal(self, column: str, value: bytes, *at: int | bytes) -> bytes:
        """Return *value* sealed to *column* and the row *at*."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._seals.encrypt(nonce, value, _place(column, at))

    def open(self, column: str, kept: bytes, *at: int | bytes) -> bytes:
        """Return what `seal` was given."""
        try:
            return self._seals.decrypt(kept[:NONCE_BYTES], kept[NONCE_BYTES:], _place(column, at))
        except (InvalidTag, ValueError):
            raise trouble("is damaged") from None


def derived(key: bytes, use: str, size: int) -> bytes:
    """Return the key of one use of a store's key."""
    return HKDF(SHA256(), size, None, f"contrefeu.example/charts/v1 {use}".encode()).derive(key)


def _place(column: str, at: tuple[int | bytes, ...]) -> bytes:
    """Column and row, so written that no two places are written alike."""
    parts = [column.encode(), *(one.to_bytes(8, "big", signed=True) if isinstance(one, int) else one for one in at)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _bytes(kept: bytes | str) -> bytes:
    """A store of a former version kept texts as such."""
    return kept.encode() if isinstance(kept, str) else bytes(kept)
