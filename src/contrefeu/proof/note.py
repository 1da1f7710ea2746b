"""Signed notes: a text and who signed it (C2SP signed-note, https://c2sp.org/signed-note).

    note      = text "\\n" signature*            text ends in "\\n"
    signature = "— " name " " base64(key id (4 bytes) || Ed25519 signature of text) "\\n"
    key id    = SHA-256(name || "\\n" || 0x01 || public key)[:4]
    verifier  = name "+" key id as 8 hex digits "+" base64(0x01 || public key)

Keys are passed in: nothing here draws one.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contrefeu.proof.errors import ProofMismatch

NOTE_BYTES_MAX = 1_000_000  # a header with many recipients is 2 kB each; a note above this is not ours
_MARK = "— "
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name: what a signature is checked against."""

    algorithm: ClassVar[bytes] = b"\x01"  # signed-note: Ed25519

    name: str
    public: bytes  # Ed25519, 32 bytes

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of the key's hash."""
        return sha256(self.name.encode() + b"\n" + self.algorithm + self.public).digest()[:4]

    def __str__(self) -> str:
        key = base64.b64encode(self.algorithm + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the one-line form.

        Raises:
            ProofMismatch: It is not one, or its key id is not that of its key.
        """
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            key = _b64decode(encoded)
        except (ValueError, binascii.Error):
            raise ProofMismatch("not a verifier key") from None
        verifier = cls(name, key[1:])
        if key[:1] != cls.algorithm or len(key) != 33 or verifier.key_id.hex() != key_id or not _is_name(name):
            raise ProofMismatch("not a verifier key")
        return verifier

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether *signature* is this key's, of *message*."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer:
    """A private key with its name."""

    def __init__(self, name: str, seed: bytes) -> None:
        assert _is_name(name), "a signer's name has no space and no plus"
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Return *text* as a note with this signature."""
        assert text.endswith("\n")
        return f"{text}\n{self.signature_line(text)}".encode()

    def signature_line(self, text: str) -> str:
        """Return the line that says that this key signed *text*."""
        blob = self.verifier.key_id + self._key.sign(text.encode())
        return f"{_MARK}{self.verifier.name} {base64.b64encode(blob).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read: its text, and the verifiers whose signature was checked."""

    text: str
    signed_by: tuple[Verifier, ...]


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Check *data* against *verifiers*; signatures of others are passed over, as the standard says.

    Raises:
        ProofMismatch: It is not a note, no known key signed it, or a known key's signature is wrong.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise ProofMismatch("the note is too long")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise ProofMismatch("the note is not UTF-8") from None
    if _CONTROL.search(whole):
        raise ProofMismatch("the note holds a control character")
    cut = whole.rfind("\n\n")
    text, block = whole[: cut + 1], whole[cut + 2 :]
    if cut < 0 or not block.endswith("\n"):
        raise ProofMismatch("the note has no signature block")
    known = {(v.name, v.key_id): v for v in verifiers}
    signed: list[Verifier] = []
    for line in block[:-1].split("\n"):
        name, blob = _signature(line)
        verifier = known.get((name, blob[:4]))
        if verifier is None:
            continue
        # Each line of a known key, a second one too: two readers must not choose between a right one and a wrong one.
        if not verifier.verify(text.encode(), blob[4:]):
            raise ProofMismatch("a signature on the note is wrong")
        if verifier not in signed:
            signed.append(verifier)
    if not signed:
        raise ProofMismatch("no known key signed the note")
    return Note(text, tuple(signed))


def _signature(line: str) -> tuple[str, bytes]:
    if not line.startswith(_MARK):
        raise ProofMismatch("a signature line is malformed")
    name, _, encoded = line[len(_MARK) :].partition(" ")
    try:
        blob = _b64decode(encoded)
    except (ValueError, binascii.Error):
        raise ProofMismatch("a signature line is malformed") from None
    if len(blob) < 5 or not _is_name(name):
        raise ProofMismatch("a signature line is malformed")
    return name, blob


def _b64decode(text: str) -> bytes:
    """Decode the one way there is to write it: a flipped bit of the padding is a change too."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 with stray bits")
    return data


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)
