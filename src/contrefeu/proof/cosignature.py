"""Cosignatures: what witnesses say of a checkpoint (C2SP tlog-cosignature, Ed25519: https://c2sp.org/tlog-cosignature).

    signature = key id (4) || time u64 (seconds since 1970) || Ed25519 signature (64)        in a line of the note
    signed    = "cosignature/v1\\n" "time " time "\\n" || text of the checkpoint
    key id    = SHA-256(name || "\\n" || 0x04 || public key)[:4]
    verifier  = name "+" key id as 8 hex digits "+" base64(0x04 || public key)

It says that at that time this was the largest tree the witness had seen of that origin, and that it had found each
consistent with the one before. Our extension lines are in what is signed, and no witness vouches for them.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contrefeu.proof.checkpoint import Checkpoint, open_checkpoint
from contrefeu.proof.errors import ProofMismatch
from contrefeu.proof.note import Verifier, open_note

_STAMP = Struct(">Q")
_SIGNATURE_BYTES = _STAMP.size + 64
TIME_S_MAX = 2**63 - 1  # tlog-cosignature: a time beyond it is none


@dataclass(frozen=True, slots=True)
class WitnessKey(Verifier):
    """A witness's public key with its name; `verify` takes time and signature together."""

    algorithm: ClassVar[bytes] = b"\x04"  # tlog-cosignature: Ed25519, with a time

    def time_of(self, note: bytes) -> int:
        """When this witness cosigned *note*: seconds since 1970.

        Raises:
            ProofMismatch: It did not, or its signature is wrong.
        """
        if self not in open_note(note, [self]).signed_by:
            raise ProofMismatch("that witness did not cosign")
        return _time_of(note, self)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether *signature* (time and signature) is this key's, of the checkpoint *message*."""
        if len(signature) != _SIGNATURE_BYTES:
            return False
        (time_s,) = _STAMP.unpack_from(signature)
        if time_s > TIME_S_MAX:
            return False
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public)
            key.verify(signature[_STAMP.size :], _message(time_s) + message)
        except InvalidSignature:
            return False
        return True


class Cosigner:
    """A witness's private key with its name."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = WitnessKey(name, self._key.public_key().public_bytes_raw())

    def cosignature_line(self, text: str, time_s: int) -> str:
        """Return the line that says that this witness found the checkpoint *text* consistent, at *time_s*.

        Whoever calls has checked that it is.
        """
        signature = self._key.sign(_message(time_s) + text.encode())
        blob = self.key.key_id + _STAMP.pack(time_s) + signature
        return f"— {self.key.name} {base64.b64encode(blob).decode()}\n"

    def cosign(self, note: bytes, time_s: int) -> bytes:
        """Return *note*, a checkpoint that was found consistent, with this witness's line under it."""
        text = note.decode().rpartition("\n\n")[0] + "\n"
        return note + self.cosignature_line(text, time_s).encode()


@dataclass(frozen=True, slots=True)
class Vouched:
    """A checkpoint and who cosigned it."""

    checkpoint: Checkpoint
    witnesses: tuple[tuple[str, int], ...]  # name, and when (seconds since 1970)


def open_cosigned(data: bytes, writer: Verifier, witnesses: Iterable[WitnessKey]) -> Vouched:
    """Check a checkpoint and the cosignatures on it that known witnesses made; others are passed over.

    Raises:
        ProofMismatch: Its writer did not sign it, a known witness's cosignature is wrong, or it is no checkpoint.
    """
    known = list(witnesses)
    checkpoint = open_checkpoint(data, [writer])
    signed_by = open_note(data, [writer, *known]).signed_by
    vouching = [key for key in known if key in signed_by]
    return Vouched(checkpoint, tuple((key.name, _time_of(data, key)) for key in vouching))


def _time_of(data: bytes, key: WitnessKey) -> int:
    """When *key* cosigned, as the first of its lines says: the one that was checked."""
    for line in data.decode().rpartition("\n\n")[2].split("\n"):
        name, _, encoded = line.removeprefix("— ").partition(" ")
        if name == key.name:
            blob = base64.b64decode(encoded)
            if blob[:4] == key.key_id:
                return int(_STAMP.unpack_from(blob, 4)[0])
    raise AssertionError("it was checked a moment ago")


def _message(time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n".encode()
