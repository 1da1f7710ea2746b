"""For whom a segment's data key is sealed: public keys only (docs/spec/journal-v1.md, "Recipients").

HPKE (RFC 9180), base mode: KEM MLKEM768_X25519 (X-Wing), KDF HKDF-SHA256, AEAD AES-256-GCM. The `info`
binds what is sealed to its journal, segment and recipient, so that it opens nowhere else.

Rules kept here:
  * Nothing in this module can open: private keys live in `custody`.
  * A public key is ML-KEM-768 (1184 bytes) || X25519 (32 bytes); its fingerprint is SHA-256 of the 1216 bytes.
"""

import base64
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

PUBLIC_BYTES = 1184 + 32
SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key and what it is for: "recovery", or "reader/2026-11-24"."""

    name: str
    public: bytes  # PUBLIC_BYTES

    def __post_init__(self) -> None:
        if len(self.public) != PUBLIC_BYTES:
            raise ValueError("a recipient's key is 1216 bytes")
        if not self.name or any(c.isspace() for c in self.name):
            raise ValueError("a recipient's name has no space")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key, hexadecimal."""
        return _fingerprint(self.public)

    def seal(self, data_key: bytes, origin: str, segment: int) -> bytes:
        """Return *data_key* sealed to this recipient, for one segment of one journal."""
        return self.seal_with(data_key, seal_info(origin, segment, self.fingerprint))

    def seal_with(self, secret: bytes, info: bytes) -> bytes:
        """Return *secret* sealed to this recipient; *info* must be said again to open it."""
        key = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(self.public[:1184]),
            X25519PublicKey.from_public_bytes(self.public[1184:]),
        )
        return SUITE.encrypt(secret, key, info)

    def __str__(self) -> str:
        return f"{self.name} {base64.b64encode(self.public).decode()}"

    @classmethod
    def parse(cls, line: str) -> "Recipient":
        """Read the one-line form: name, space, base64 of the public key.

        Raises:
            ValueError: It is not one.
        """
        name, _, encoded = line.strip().partition(" ")
        return cls(name, base64.b64decode(encoded, validate=True))


@lru_cache(maxsize=64)  # a writer asks before each commit
def _fingerprint(public: bytes) -> str:
    return sha256(public).hexdigest()


def seal_info(origin: str, segment: int, fingerprint: str) -> bytes:
    """Return the HPKE `info` of a data key: where and for whom it was sealed."""
    return f"contrefeu journal v1 data key\n{origin}\n{segment}\n{fingerprint}\n".encode()
