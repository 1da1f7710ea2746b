"""Cosignatures: a witness says that a checkpoint continues what it saw before (https://c2sp.org/tlog-cosignature).

    signed    = "cosignature/v1\\ntime " T "\\n" checkpoint text          T: seconds since 1970, decimal
    signature = "— " name " " base64(key id (4) || T (u64) || Ed25519 signature (64)) "\\n"
    key id    = SHA-256(name || "\\n" || 0x04 || public key)[:4]
    witness   = name "+" key id as 8 hex digits "+" base64(0x04 || public key)

A cosignature is one more line under the writer's own: who does not know the witness passes it over.
"""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contrefeu.proof.errors import ProofMismatch

_ALGORITHM = b"\x04"
_TIME_BYTES = 8
_BLOB_BYTES = 4 + _TIME_BYTES + 64
_MARK = "— "


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness's public key with its name."""

    name: str
    public: bytes  # Ed25519, 32 bytes

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of the key's hash."""
        return sha256(self.name.encode() + b"\n" + _ALGORITHM + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ALGORITHM + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "Witness":
        """Read the one-line form.

        Raises:
            ProofMismatch: It is not one, or its key id is not that of its key.
        """
        try:
            name, _key_id, encoded = text.strip().split("+", 2)
            key = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise ProofMismatch("not a witness's key") from None
        witness = cls(name, key[1:])
        sound = key[:1] == _ALGORITHM and len(key) == 33 and str(witness) == text.strip()
        if not sound or not name or any(c.isspace() for c in name):
            raise ProofMismatch("not a witness's key")
        return witness

    def time_of(self, note: bytes) -> int:
        """When this witness cosigned *note*: seconds since 1970.

        Raises:
            ProofMismatch: It did not, or its signature is wrong.
        """
        text, block = _cut(note)
        for line in block.split("\n"):
            name, _, encoded = line.removeprefix(_MARK).partition(" ")
            if name != self.name:
                continue
            try:
                blob = base64.b64decode(encoded, validate=True)
            except (ValueError, binascii.Error):
                continue
            one_way = base64.b64encode(blob).decode() == encoded  # no stray bits of the padding
            if not one_way or len(blob) != _BLOB_BYTES or blob[:4] != self.key_id:
                continue
            seconds = int.from_bytes(blob[4 : 4 + _TIME_BYTES], "big")
            try:
                Ed25519PublicKey.from_public_bytes(self.public).verify(blob[4 + _TIME_BYTES :], _signed(text, seconds))
            except InvalidSignature:
                raise ProofMismatch("a cosignature is wrong") from None
            return seconds
        raise ProofMismatch("that witness did not cosign")


class Cosigner:
    """A witness's private key with its name."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.witness = Witness(name, self._key.public_key().public_bytes_raw())

    def cosign(self, note: bytes, seconds: int) -> bytes:
        """Return *note*, a checkpoint that was found consistent, with this witness's line under it."""
        text, _ = _cut(note)
        signature = self._key.sign(_signed(text, seconds))
        blob = self.witness.key_id + seconds.to_bytes(_TIME_BYTES, "big") + signature
        return note + f"{_MARK}{self.witness.name} {base64.b64encode(blob).decode()}\n".encode()


def _cut(note: bytes) -> tuple[str, str]:
    """The text of a note, with the newline that ends it, and its lines of signatures."""
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise ProofMismatch("the note is not UTF-8") from None
    cut = whole.rfind("\n\n")
    if cut < 0:
        raise ProofMismatch("the note has no signature block")
    return whole[: cut + 1], whole[cut + 2 :]


def _signed(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
