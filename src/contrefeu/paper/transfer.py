"""What a patient takes along as codes: a short summary, signed, read without a network (docs/spec/transfer-code-v1.md).

    content   = JSON, UTF-8                                    docs/spec/transfer-code-v1.md, "Content"
    payload   = version u8 = 1 || public key (32) || zlib(content)
    whole     = payload || Ed25519 of "contrefeu.example/transfer-code/v1\n" || payload
    text n    = "CT1:" || n || N || ":" || base45(first 4 bytes of SHA-256 of whole || part n of N of whole)

Rules kept here:
  * At most CODES_MAX codes. What does not fit is left out from the end, problems first and allergies last, and counted.
  * What each line says was said by somebody: words as on the letter, none made shorter.
  * Parts of several wholes are never joined, and a whole that does not verify is not read.
"""

import zlib
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from contrefeu.paper.code import SIGNATURE_BYTES, NotACode, PageKey, base45, unbase45

DOMAIN = b"contrefeu.example/transfer-code/v1\n"
PREFIX = "CT1:"
VERSION = 1
CODES_MAX = 4  # T1: a page's lower half
PART_BYTES = 640  # of one code: QR version 18, 0.6 mm a module at 54 mm, which a telephone reads
CONTENT_BYTES_MAX = 65_536  # of what is unpacked: far more than four codes of words hold
_KEY_BYTES = 32
_NAME_BYTES = 4
_MORE_LAST = ("allergies", "medicines", "problems")  # what is left out, from the end of this list


class Passport(Struct, frozen=True, omit_defaults=True):
    """What the codes say."""

    by: str  # the house that signs
    at: str  # RFC 3339: of the last message that it knows
    family: str
    given: str
    born: str  # as FHIR: 1948-05-12
    sex: str
    numbers: list[str]
    state: str  # of allergies: listed, none-known, no-source, conflict, struck
    allergies: list[str]
    medicines: list[str]
    problems: list[str]
    unsaid: list[str] = []  # of allergies, medicines, problems: those that no source ever spoke of
    left: dict[str, int] = {}  # lines that did not fit, by list
    test: bool = False  # a patient of an exercise


class Read(Struct, frozen=True):
    """Codes that were read whole."""

    passport: Passport
    key: bytes  # the public key that signed it: whose it is, the reader knows or asks


def transfer_texts(passport: Passport, key: PageKey) -> list[str]:
    """Return the texts of one to CODES_MAX codes that say *passport*."""
    while len(texts := _texts(_whole(passport, key))) > CODES_MAX:
        passport = _shorter(passport)
    return texts


def _shorter(passport: Passport) -> Passport:
    name = next(one for one in reversed(_MORE_LAST) if getattr(passport, one))
    lines = getattr(passport, name)
    dropped = max(1, len(lines) // 8)
    left = {**passport.left, name: passport.left.get(name, 0) + dropped}
    return msgspec.structs.replace(passport, **{name: lines[:-dropped], "left": left})


def _whole(passport: Passport, key: PageKey) -> bytes:
    payload = bytes([VERSION]) + key.public + zlib.compress(msgspec.json.encode(passport), 9)
    return payload + key.sign(DOMAIN, payload)


def _texts(whole: bytes) -> list[str]:
    parts = [whole[at : at + PART_BYTES] for at in range(0, len(whole), PART_BYTES)]
    name = sha256(whole).digest()[:_NAME_BYTES]
    return [f"{PREFIX}{n}{len(parts)}:{base45(name + part)}" for n, part in enumerate(parts, 1)]


def read_transfer(texts: Iterable[str]) -> Read:
    """Read the texts of all codes of one summary, in any order.

    Raises:
        NotACode: One is missing, they are of several summaries, or the signature does not hold.
    """
    whole = _joined(texts)
    payload, signature = whole[:-SIGNATURE_BYTES], whole[-SIGNATURE_BYTES:]
    if len(payload) <= 1 + _KEY_BYTES or payload[0] != VERSION:
        raise NotACode("another version")
    key = payload[1 : 1 + _KEY_BYTES]
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, DOMAIN + payload)
    except (InvalidSignature, ValueError):
        raise NotACode("a signature that does not hold") from None
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(payload[1 + _KEY_BYTES :], CONTENT_BYTES_MAX)
        return Read(msgspec.json.decode(content, type=Passport), key)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
        raise NotACode("no summary") from None


def _joined(texts: Iterable[str]) -> bytes:
    parts: dict[int, bytes] = {}
    heads: set[Any] = set()
    for text in texts:
        number, of = text[len(PREFIX) : len(PREFIX) + 1], text[len(PREFIX) + 1 : len(PREFIX) + 2]
        known = "1234"[:CODES_MAX]
        if not text.startswith(PREFIX) or text[6:7] != ":" or not number or number not in known or of not in known:
            raise NotACode("another kind of code")
        data = unbase45(text[len(PREFIX) + 3 :])
        heads.add((of, data[:_NAME_BYTES]))
        parts[int(number)] = data[_NAME_BYTES:]
    if len(heads) != 1:
        raise NotACode("codes of several summaries")
    [(of, name)] = heads
    if sorted(parts) != list(range(1, int(of) + 1)):
        raise NotACode("a code is missing")
    whole = b"".join(parts[n] for n in sorted(parts))
    if sha256(whole).digest()[:_NAME_BYTES] != name:
        raise NotACode("codes that do not belong together")
    return whole
