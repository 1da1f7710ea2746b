"""A document that is sealed to a role, as the body of an entry (docs/spec/sealed-document-v1.md; FIELD F45).

    body   = head (one line of JSON) || LF || ciphertext
    cipher = AES-256-GCM(data key, nonce 0, zstd(bytes as they came), additional data: head)

The data key is fresh for each document and sealed by HPKE to the role's key. What charts may know of the document is
its outline, in the head, in clear.

Rules kept here:
  * Nothing here opens without the data key: private keys live in `custody`.
  * What is in a head comes from outside: a document's size is bounded before it is believed.
  * `same` tells a repeat from another document (F29); it is keyed, so that nobody can try guesses on it.
"""

import hmac
import secrets
from typing import Literal

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from contrefeu.journal.entry import ENTRY_BODY_BYTES_MAX
from contrefeu.journal.recipients import Recipient

MEDIA_SEALED = "application/vnd.contrefeu.sealed"
SAME_BYTES = 16
_START = b'{"sealed":"v1",'
_NONCE = bytes(12)  # a data key seals one document, so that one nonce does
_KEY_BYTES = 32
_COMMITMENT = b"contrefeu sealed document v1 commitment"


class Lock(Struct, frozen=True, forbid_unknown_fields=True):
    """A role's seed, closed by its words (RFC 7914: scrypt), so that whoever has the entry and the words opens it."""

    salt: bytes
    n: int  # cost: a power of two
    seed: bytes  # AES-256-GCM of the seed, with its tag


class Outline(Struct, frozen=True):
    """What everybody may know of it: a message, document or resource that says who, when and under which number."""

    media_type: str
    body: bytes


class SealedHead(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in clear before the ciphertext."""

    sealed: Literal["v1"]
    role: str
    media_type: str  # of what is sealed
    outline: Outline | None  # None when nobody is named by one: kept, and on no chart
    same: bytes  # SAME_BYTES: equal for the same bytes sealed by the same node
    recipient: str  # fingerprint of the key that the data key is sealed to
    key: bytes  # the data key, sealed
    commitment: bytes  # HMAC-SHA-256 of the data key: a wrong key is told from damage
    lock: Lock


class SealedDocument(Struct, frozen=True):
    """An entry's body, read."""

    head: SealedHead
    line: bytes
    ciphertext: bytes

    def open(self, data_key: bytes) -> bytes | None:
        """Return the bytes as they came; None when *data_key* is not its own, or something was changed."""
        if not hmac.compare_digest(_commitment(data_key), self.head.commitment):
            return None
        try:
            packed = AESGCM(data_key).decrypt(_NONCE, self.ciphertext, self.line)
            size = zstandard.frame_content_size(packed)
            return zstandard.ZstdDecompressor().decompress(packed) if 0 <= size <= ENTRY_BODY_BYTES_MAX else None
        except (InvalidTag, ValueError, zstandard.ZstdError):
            return None


class RoleKey(Struct, frozen=True, forbid_unknown_fields=True):
    """What sealing to a role needs, and opening by its words: the content of HOME/keys/roles/NAME.json."""

    role: str
    public: bytes
    lock: Lock

    @property
    def recipient(self) -> Recipient:
        """To whom data keys are sealed."""
        return Recipient(f"role/{self.role}", self.public)


def seal_document(key: RoleKey, media_type: str, body: bytes, outline: Outline | None, same: bytes) -> bytes:
    """Return the body of an entry that holds *body* for whoever has the words of a role, or its key."""
    to, data_key = key.recipient, secrets.token_bytes(_KEY_BYTES)
    sealed = to.seal_with(data_key, key_info(key.role, to.fingerprint))
    head = SealedHead(
        "v1", key.role, media_type, outline, same, to.fingerprint, sealed, _commitment(data_key), key.lock
    )
    line = msgspec.json.encode(head)
    packed = zstandard.ZstdCompressor(level=1, write_content_size=True).compress(body)
    return line + b"\n" + AESGCM(data_key).encrypt(_NONCE, packed, line)


def read_sealed(body: bytes) -> SealedDocument | None:
    """Read the body of an entry of MEDIA_SEALED; None when it is none."""
    end = body.find(b"\n")
    if end < 0 or not body.startswith(_START):
        return None
    try:
        head = msgspec.json.decode(body[:end], type=SealedHead)
    except msgspec.MsgspecError:
        return None
    return SealedDocument(head, body[:end], body[end + 1 :])


def as_repeated(media_type: str, body: bytes) -> bytes:
    """Return what two entries of the same message have alike: their bytes, or what tells of sealed ones."""
    if media_type != MEDIA_SEALED:
        return body
    found = read_sealed(body)
    return found.head.same if found is not None else body


def as_known(media_type: str, body: bytes) -> tuple[str, bytes]:
    """Return the media type and bytes by which an entry is compared with others': a sealed one's are its outline's."""
    found = read_sealed(body) if media_type == MEDIA_SEALED else None
    if found is None or found.head.outline is None:
        return media_type, body
    return found.head.outline.media_type, found.head.outline.body


def key_info(role: str, fingerprint: str) -> bytes:
    """Return the HPKE `info` of a document's data key."""
    return f"contrefeu sealed document v1 data key\n{role}\n{fingerprint}\n".encode()


def _commitment(data_key: bytes) -> bytes:
    return hmac.digest(data_key, _COMMITMENT, "sha256")
