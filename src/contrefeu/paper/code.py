"""What the code on a printed page says (docs/spec/form-code-v1.md).

    text      = "CF1:" || base45(payload || signature)      QR, alphanumeric mode
    payload   = version u8 = 1 || form u8 || page u8 || pages u8 || issue (8) || patient (16) || key (4)
    signature = Ed25519 of "contrefeu.example/form-code/v1\n" || payload

Rules kept here:
  * No name and no number that people know: the patient is a chart's id, sixteen zero bytes on a blank form.
  * A text that is not exactly this is refused whole: nothing is guessed from half a code.
  * A code that verifies says who printed the page; whose chart it goes to is the journal's word, not the code's alone.
"""

from hashlib import sha256
from struct import Struct as Layout
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from contrefeu.acts import issue_of_words, issue_words

__all__ = ["BLANK", "OURS", "Code", "NotACode", "PageKey", "Sealed", "base45", "issue_of_words", "issue_words",
           "key_id", "read_code", "unbase45"]  # fmt: skip
DOMAIN = b"contrefeu.example/form-code/v1\n"
OURS = "CF"  # what a code of ours begins with, whatever its version
PREFIX = "CF1:"
VERSION = 1
BLANK = UUID(int=0)
SIGNATURE_BYTES = 64
_PAYLOAD = Layout(">BBBB8s16s4s")
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # RFC 9285, table 1


class NotACode(Exception):
    """A text that is no code of this form: why, in words that name no patient."""


class Code(Struct, frozen=True):
    """One page's code."""

    form: int  # number of the form (docs/spec/form-code-v1.md, "Forms")
    page: int  # from 1
    pages: int
    issue: bytes  # 8 bytes, drawn when it was printed
    patient: UUID  # chart id; BLANK on a blank form
    key: bytes = b""  # first 4 bytes of SHA-256 of the public key; who seals fills it in


class Sealed(Struct, frozen=True):
    """A code as it was read, not yet verified."""

    code: Code
    payload: bytes
    signature: bytes

    def verified_by(self, public: bytes) -> bool:
        """Whether the holder of the Ed25519 key *public* (32 bytes) printed it."""
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(self.signature, DOMAIN + self.payload)
        except (InvalidSignature, ValueError):
            return False
        return self.code.key == key_id(public)


class PageKey:
    """The key that signs what one node prints, drawn from the seed of its station journal."""

    def __init__(self, station_seed: bytes) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=DOMAIN).derive(station_seed)
        self._private = Ed25519PrivateKey.from_private_bytes(derived)
        self.public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, domain: bytes, payload: bytes) -> bytes:
        """Return the signature (64 bytes) of *payload* said as *domain*, which no other use has."""
        return self._private.sign(domain + payload)

    def text(self, code: Code) -> str:
        """Return the signed text of *code*."""
        assert 1 <= code.page <= code.pages <= 255, "a form has 1 to 255 pages"
        fields = (VERSION, code.form, code.page, code.pages, code.issue, code.patient.bytes, key_id(self.public))
        payload = _PAYLOAD.pack(*fields)
        return PREFIX + base45(payload + self.sign(DOMAIN, payload))


def key_id(public: bytes) -> bytes:
    """Return what names a public key in a code."""
    return sha256(public).digest()[:4]


def read_code(text: str) -> Sealed:
    """Read the text of a code.

    Raises:
        NotACode: It is none, or of a version that is not known here.
    """
    if not text.startswith(PREFIX):
        raise NotACode("another kind of code")
    data = unbase45(text[len(PREFIX) :])
    if len(data) != _PAYLOAD.size + SIGNATURE_BYTES:
        raise NotACode("a code of another length")
    payload, signature = data[: _PAYLOAD.size], data[_PAYLOAD.size :]
    version, form, page, pages, issue, patient, key = _PAYLOAD.unpack(payload)
    if version != VERSION:
        raise NotACode(f"version {version}")
    if not 1 <= page <= pages:
        raise NotACode("a page beyond its form")
    return Sealed(Code(form, page, pages, issue, UUID(bytes=patient), key), payload, signature)


def base45(data: bytes) -> str:
    """Return *data* in base 45 (RFC 9285)."""
    text = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number, digits = int.from_bytes(pair, "big"), []
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            digits.append(_BASE45[digit])
        text += digits
    return "".join(text)


def unbase45(text: str) -> bytes:
    """Return the bytes of base 45 *text*.

    Raises:
        NotACode: It is none.
    """
    values = [_BASE45.find(character) for character in text]
    if len(values) % 3 == 1 or -1 in values:
        raise NotACode("not base 45")
    data = bytearray()
    for at in range(0, len(values), 3):
        group = values[at : at + 3]
        number = sum(value * 45**place for place, value in enumerate(group))
        try:
            data += number.to_bytes(len(group) - 1, "big")
        except OverflowError:
            raise NotACode("not base 45") from None
    return bytes(data)
