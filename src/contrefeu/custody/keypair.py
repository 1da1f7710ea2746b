"""A key that opens: the X-Wing pair that a 32-byte seed stands for (draft-connolly-cfrg-xwing-kem, 5.2).

expanded = SHAKE-256(seed, 96 bytes);  ML-KEM-768 from its first 64 bytes (d || z), X25519 from the last 32
"""

import secrets
from hashlib import shake_256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from contrefeu.journal import SUITE, JournalUnreadable, Recipient, seal_info

SEED_BYTES = 32


class KeyPair:
    """A named private key, from its seed."""

    def __init__(self, name: str, seed: bytes) -> None:
        assert len(seed) == SEED_BYTES
        expanded = shake_256(seed).digest(96)
        kem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        curve = X25519PrivateKey.from_private_bytes(expanded[64:])
        self._key = MLKEM768X25519PrivateKey(kem, curve)
        public = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        self.recipient = Recipient(name, public)
        self.fingerprint = self.recipient.fingerprint

    @classmethod
    def draw(cls, name: str) -> tuple["KeyPair", bytes]:
        """Return a new pair and its seed."""
        seed = secrets.token_bytes(SEED_BYTES)
        return cls(name, seed), seed

    def open(self, sealed: bytes, origin: str, segment: int) -> bytes:
        """Return the data key that was sealed to this key for one segment.

        Raises:
            JournalUnreadable: It was sealed to another key, or for another segment.
        """
        opened = self.open_with(sealed, seal_info(origin, segment, self.fingerprint))
        if opened is None:
            raise JournalUnreadable(f'The key "{self.recipient.name}" does not open segment {segment} of "{origin}".')
        return opened

    def open_with(self, sealed: bytes, info: bytes) -> bytes | None:
        """Return what was sealed to this key with *info*; None when it was sealed to another, or for another use."""
        try:
            return SUITE.decrypt(sealed, self._key, info)
        except (InvalidTag, ValueError):
            return None
