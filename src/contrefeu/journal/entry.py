"""An entry: one message, act or document, with where and when it came in (docs/spec/journal-v1.md, "Entries").

    entry  = sequence u64 || received u64 (ns, UTC) || hlc u64 || source (u8 length, UTF-8)
             || media type (u8 length, UTF-8) || body
    record = length of the rest u32 || salt (16) || entry
    leaf   = SHA-256(0x00 || salt || entry)

Integers are big endian. Rules kept here:
  * Each entry has a salt of its own, inside the ciphertext: its leaf can be shown without giving a neighbour
    away to guessing (S6).
  * A body is opaque and kept byte for byte.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from struct import Struct, error

from msgspec import Struct as Value

from contrefeu.journal.errors import EntryTooLong

ENTRY_BODY_BYTES_MAX = 64 * 2**20  # room for a scanned file in one OBX-5 (docs/reference/limits.md)
SALT_BYTES = 16

MEDIA_HL7V2 = "x-application/hl7-v2+er7"
MEDIA_FHIR = "application/fhir+json"
MEDIA_CDA = "application/cda+xml"
MEDIA_HPRIM = "text/x-hprim"  # HPRIM Santé; IANA knows no name
MEDIA_ACT = "application/vnd.contrefeu.act+json"
MEDIA_OTHER = "application/octet-stream"

_FIXED = Struct(">QQQ")
_LENGTH = Struct(">I")
_LEAF = sha256(b"\x00")


class Entry(Value, frozen=True, gc=False):
    """One entry as a reader gives it."""

    journal: str
    sequence: int  # from 1
    received_ns: int
    hlc: int
    source: str
    media_type: str
    body: bytes

    @property
    def ref(self) -> str:
        """How commands and charts name it: journal/sequence."""
        return f"{self.journal}/{self.sequence}"

    @property
    def order(self) -> tuple[int, str, int]:
        """Where it stands among the entries of all journals: hybrid clock, journal, sequence (S7)."""
        return self.hlc, self.journal, self.sequence


class Draft(Value, frozen=True, gc=False):
    """What a writer is asked to append; sequence and hybrid clock are the writer's to give."""

    source: str
    media_type: str
    body: bytes
    received_ns: int


def parse_ref(ref: str) -> tuple[str, int]:
    """Split journal/sequence; a journal's name may hold slashes.

    Raises:
        ValueError: *ref* names no entry.
    """
    journal, slash, sequence = ref.rpartition("/")
    if not slash or not journal or not sequence.isascii() or not sequence.isdigit():
        raise ValueError(f"not an entry: {ref!r} (journal/sequence)")
    return journal, int(sequence)


def check_length(draft: Draft) -> None:
    """Refuse a body that no frame can hold.

    Raises:
        EntryTooLong: The body is above ENTRY_BODY_BYTES_MAX.
    """
    if len(draft.body) > ENTRY_BODY_BYTES_MAX:
        raise EntryTooLong(
            f"An entry of {len(draft.body)} bytes is above the limit of {ENTRY_BODY_BYTES_MAX}.",
            safe="Everything journaled before it.",
            next="Split it, or raise the matter with its sender.",
        )


def pack_entry(draft: Draft, sequence: int, hlc: int) -> bytes:
    """Return the canonical bytes of an entry."""
    fixed = _FIXED.pack(sequence, draft.received_ns, hlc)
    return b"".join((fixed, _short(draft.source), _short(draft.media_type), draft.body))


@lru_cache(maxsize=1024)  # a journal has few sources and fewer media types
def _short(text: str) -> bytes:
    """At most 255 bytes of *text*, cut between characters, with their number before them."""
    cut = text.encode("utf-8", "replace")[:255].decode("utf-8", "ignore").encode()
    return bytes((len(cut),)) + cut


def pack_batch(entries: Sequence[bytes], salts: bytes) -> tuple[bytes, list[bytes]]:
    """Return the records of *entries* as one batch, and the leaf of each.

    Args:
        entries: Canonical bytes of each entry.
        salts: SALT_BYTES fresh random bytes an entry.
    """
    parts: list[bytes] = []
    leaves: list[bytes] = []
    at = 0
    for entry in entries:
        salt = salts[at : at + SALT_BYTES]
        at += SALT_BYTES
        parts += (_LENGTH.pack(SALT_BYTES + len(entry)), salt, entry)
        leaf = _LEAF.copy()  # a copy starts sooner than a new one
        leaf.update(salt + entry)
        leaves.append(leaf.digest())
    return b"".join(parts), leaves


def unpack_batch(batch: bytes) -> Iterator[bytes]:
    """Yield salt || entry of each record.

    Raises:
        ValueError: The batch is cut.
    """
    offset, end = 0, len(batch)
    while offset < end:
        if offset + 4 > end:
            raise ValueError("a record is cut")
        (length,) = _LENGTH.unpack_from(batch, offset)
        offset += 4
        if length < SALT_BYTES or offset + length > end:
            raise ValueError("a record is cut")
        yield batch[offset : offset + length]
        offset += length


def unpack_entry(journal: str, salted: bytes) -> Entry:
    """Read salt || entry.

    Raises:
        ValueError: The entry is malformed.
    """
    try:
        sequence, received_ns, hlc = _FIXED.unpack_from(salted, SALT_BYTES)
        start = SALT_BYTES + _FIXED.size + 1
        media_at = start + salted[start - 1]
        body_at = media_at + 1 + salted[media_at]
        if body_at > len(salted):
            raise IndexError(body_at)
        source, media_type = salted[start:media_at].decode(), salted[media_at + 1 : body_at].decode()
    except (error, IndexError):
        raise ValueError("an entry is cut") from None
    if len(salted) - body_at > ENTRY_BODY_BYTES_MAX:
        raise ValueError("an entry is too long")
    return Entry(journal, sequence, received_ns, hlc, source, media_type, salted[body_at:])
