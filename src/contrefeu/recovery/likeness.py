"""When two messages are the same: by the name their sender gave them, and by what they say.

Rules kept here:
  * A message is named by its sender and control id (MSH-3, MSH-4, MSH-10), as in the charts (S8).
  * What it says is all of it but its first segment, and its type: a system that sends a message on writes an MSH of its
    own. Line ends and empty fields at the end of a segment say nothing.
  * What is no HL7 v2 message is named, and says, its bytes; JSON in its canonical order.
  * Only digests leave here: eight bytes, keyed with a key that is forgotten: what is left on a disk names nobody.
"""

import secrets
from hashlib import blake2b

import msgspec
from msgspec import Struct

from contrefeu.hl7 import Header, peek
from contrefeu.journal import MEDIA_FHIR, MEDIA_HL7V2

KEY_BYTES = 32
_LINES = bytes.maketrans(b"\n", b"\r")


class Marks(Struct, frozen=True, gc=False):
    """By what a message is compared."""

    name: int  # of its sender and control id
    says: int
    control_id: str = ""


class Likeness:
    """Gives marks; those of one object compare with each other and with no other's."""

    def __init__(self) -> None:
        self._keyed = blake2b(digest_size=8, key=secrets.token_bytes(KEY_BYTES))

    def marks(self, media_type: str, body: bytes) -> Marks:
        """Return the marks of a message."""
        header = peek(body) if media_type == MEDIA_HL7V2 else None
        if header is None:
            says = self.digest(_canonical(body) if media_type == MEDIA_FHIR else body)
            return Marks(says, says)
        kind = f"{header.code}^{header.event}\0".encode()
        said = self.digest(kind + _after_header(body, header))
        if not header.control_id:
            return Marks(self.digest(body), said)
        return Marks(self.name(header.source, header.control_id), said, header.control_id)

    def name(self, source: str, control_id: str) -> int:
        """Return the mark of a message by what its sender calls it; "" for any sender."""
        return self.digest(f"{source}\0{control_id}".encode())

    def digest(self, data: bytes) -> int:
        """Return the mark of bytes as they are."""
        keyed = self._keyed.copy()  # sooner than a new one
        keyed.update(data)
        return int.from_bytes(keyed.digest(), "big", signed=True)  # as SQLite's integers are


def _after_header(body: bytes, header: Header) -> bytes:
    """What follows MSH, in one way of ending lines."""
    mark = header.delimiters.field.encode("latin-1", "replace")
    start = body.find(b"\r") + 1
    if body[:3] == b"MSH" and start and _is_tidy(body, mark):
        return body[start:].rstrip(b"\r " + mark)
    _, _, rest = body.lstrip(b"\x0b\r\n \x00\xef\xbb\xbf").translate(_LINES).partition(b"\r")
    return b"\r".join(line.rstrip(mark + b" ") for line in rest.split(b"\r") if line.strip(b" \x00\x1c" + mark))


def _is_tidy(body: bytes, mark: bytes) -> bool:
    """Whether every line ends with CR alone, and none with nothing, so that it may be taken as it stands."""
    end = len(body.rstrip(b"\r " + mark))
    untidy = (b"\r\r", mark + b"\r", b" \r")
    return (
        b"\n" not in body
        and b"\x00" not in body
        and b"\x1c" not in body
        and not any(body.find(one, 0, end) >= 0 for one in untidy)
    )


def _canonical(body: bytes) -> bytes:
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    except (msgspec.DecodeError, RecursionError):
        return body
