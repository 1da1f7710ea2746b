"""A segment's header: a signed note that says what the segment is and who can open it.

    contrefeu journal segment v1
    origin ORIGIN
    segment NUMBER                       from 1, without gaps
    opened TIME                          RFC 3339, the writer's clock
    first-sequence N                     of the first entry in the segment
    first-leaf N                         size of the journal's tree before this segment
    peaks [BASE64 ...]                   its complete subtrees, largest first: a writer starts from here
    last-hlc N                           hybrid clock of the entry before
    compression zstd
    commitment BASE64                    HMAC-SHA-256(data key, "contrefeu journal v1 commitment")
    recipient NAME FINGERPRINT BASE64    one line each: the data key, sealed

On disk: "CFJ1" || length of the note u32 || note. Rules kept here:
  * Headers never change; a further right to read is a grant, a file of its own (S2).
  * The commitment tells a wrong data key from damaged frames.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from struct import Struct

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.journal.errors import JournalTampered
from contrefeu.proof import Frontier, ProofMismatch, Signer, Verifier, open_note

MAGIC = b"CFJ1"
HASH_BYTES = 32
SEALED_BYTES = 1120 + 32 + 16  # HPKE: what the key was made with, the data key, its tag
COUNTER_MAX = 2**63 - 1  # numbers of segments, leaves and entries: what fits every language's integers
_FINGERPRINT = re.compile("[0-9a-f]{64}")
_LENGTH = Struct(">I")
PREAMBLE_BYTES = len(MAGIC) + _LENGTH.size
HEADER_BYTES_MAX = 256 * 1024  # a hundred recipients; anything above is not a header
TITLE = "contrefeu journal segment v1"


@dataclass(frozen=True, slots=True)
class SealedKey:
    """The data key, sealed to one recipient."""

    name: str
    fingerprint: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What a header says."""

    origin: str
    segment: int
    opened_ns: int
    first_sequence: int
    tree: Frontier  # before the segment; its size is first-leaf
    last_hlc: int
    commitment: bytes
    keys: tuple[SealedKey, ...]

    def text(self) -> str:
        """The text that is signed."""
        peaks = " ".join(["peaks", *map(_b64, self.tree.peaks)])
        lines = [
            TITLE,
            f"origin {self.origin}",
            f"segment {self.segment}",
            f"opened {rfc3339(self.opened_ns)}",
            f"first-sequence {self.first_sequence}",
            f"first-leaf {self.tree.size}",
            peaks,
            f"last-hlc {self.last_hlc}",
            "compression zstd",
            f"commitment {_b64(self.commitment)}",
            *(f"recipient {k.name} {k.fingerprint} {_b64(k.sealed)}" for k in self.keys),
        ]
        return "\n".join(lines) + "\n"

    def sign(self, signer: Signer) -> bytes:
        """Return the header as a signed note."""
        return signer.sign(self.text())


def commitment_of(data_key: bytes) -> bytes:
    """Return what a header says of its data key."""
    return hmac.digest(data_key, b"contrefeu journal v1 commitment", "sha256")


def pack_header(note: bytes) -> bytes:
    """Return the bytes at the start of a segment's file."""
    return MAGIC + _LENGTH.pack(len(note)) + note


def header_length(preamble: bytes) -> int | None:
    """Return the length of the note after *preamble* (8 bytes), or None when it is no segment's."""
    if len(preamble) < PREAMBLE_BYTES or preamble[:4] != MAGIC:
        return None
    (length,) = _LENGTH.unpack_from(preamble, 4)
    return length if 0 < length <= HEADER_BYTES_MAX else None


def open_header(note: bytes, verifier: Verifier) -> SegmentHeader:
    """Check and read a header.

    Raises:
        JournalTampered: The writer did not sign it, or it does not say what a header says.
    """
    try:
        text = open_note(note, [verifier]).text
        lines = text[:-1].split("\n")
        values = dict(line.partition(" ")[::2] for line in lines[1:10])
        size, peaks = int(values["first-leaf"]), [base64.b64decode(p) for p in values["peaks"].split()]
        if size.bit_count() != len(peaks) or any(len(peak) != HASH_BYTES for peak in peaks):
            raise ValueError("peaks")
        header = SegmentHeader(
            origin=values["origin"],
            segment=int(values["segment"]),
            opened_ns=parse_rfc3339(values["opened"]),
            first_sequence=int(values["first-sequence"]),
            tree=Frontier(size, peaks),
            last_hlc=int(values["last-hlc"]),
            commitment=base64.b64decode(values["commitment"]),
            keys=tuple(_sealed_key(line) for line in lines[10:]),
        )
        if header.segment < 1 or header.first_sequence < 1 or size < 0 or header.last_hlc < 0:
            raise ValueError("number")
        if len(header.commitment) != HASH_BYTES or not header.keys or max(size, header.first_sequence) > COUNTER_MAX:
            raise ValueError("value")
        if header.text() != text:  # one way to write it: no line missing, added, moved or spelt otherwise
            raise ValueError("text")
    except ProofMismatch as found:
        raise JournalTampered(f"A segment's header is not its writer's: {found.what}.") from None
    except (ValueError, KeyError, OverflowError, binascii.Error):
        raise JournalTampered("A segment's header is malformed.") from None
    return header


def _sealed_key(line: str) -> SealedKey:
    label, name, fingerprint, sealed = line.split(" ")
    found = SealedKey(name, fingerprint, base64.b64decode(sealed))
    if label != "recipient" or not name or not _FINGERPRINT.fullmatch(fingerprint):
        raise ValueError(label)
    if len(found.sealed) != SEALED_BYTES:
        raise ValueError("sealed key")
    return found


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
