"""Whether a document is what it says it is: opens, or looks encrypted, by its bytes alone.

Rules kept here:
  * Nothing is rendered or unpacked: a parser of documents is what an attacker writes for.
  * A file is whole when it begins and ends as its format says. What encrypts only the middle of a file leaves no table
    of objects, no end of image: that is broken.
  * Bytes count as ciphertext when they are as random as chance makes them, and begin like no packed format.
"""

import binascii
from collections import Counter
from collections.abc import Callable
from math import log, log2
from typing import Literal, NamedTuple, Protocol

Verdict = Literal["good", "sealed", "broken"]
SAMPLE_BYTES_MAX = 65_536  # looked at for randomness
RANDOM_BYTES_MIN = 512  # of fewer it cannot be said
RANDOM_SLACK = 0.04  # bits a byte that ciphertext may lack: a packed file lacks ten times as much
END_BYTES = 2_048  # at the end of a file where its end must stand: some programs append a line
TEXT_SHARE = 0.85  # of a text that prints


class _Format(NamedTuple):
    begins: bytes
    ends: tuple[bytes, ...]  # all of these stand near the end; none: the beginning is enough


_FORMATS = (
    _Format(b"%PDF-", (b"startxref", b"%%EOF")),  # ISO 32000-1, 7.5.5
    _Format(b"\xff\xd8\xff", (b"\xff\xd9",)),  # JPEG, end of image
    _Format(b"\x89PNG\r\n\x1a\n", (b"IEND",)),
    _Format(b"GIF8", ()),
    _Format(b"II*\x00", ()),  # TIFF
    _Format(b"MM\x00*", ()),
    _Format(b"{\\rtf", (b"}",)),
    _Format(b"PK\x03\x04", (b"PK\x05\x06",)),  # ZIP, and so DOCX
    _Format(b"\x1f\x8b", ()),
    _Format(b"\xfd7zXZ", ()),
    _Format(b"\x28\xb5\x2f\xfd", ()),
    _Format(b"\xd0\xcf\x11\xe0", ()),  # OLE, and so DOC
)
_DICOM = (128, b"DICM")
# What a declared type must begin with, when it is one of these
_DECLARED: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "jpeg": (b"\xff\xd8\xff",),
    "jpg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG",),
    "gif": (b"GIF8",),
    "tiff": (b"II*\x00", b"MM\x00*"),
    "rtf": (b"{\\rtf",),
    "zip": (b"PK\x03\x04",),
}
_TEXTS = frozenset([
    "text", "plain", "html", "xml", "cda", "cda+xml", "hl7-cda+xml", "x-hl7-cda-level-one", "sgml", "json", "fhir+json",
])  # fmt: skip


def judge(data: bytes, declared: str = "") -> Verdict:
    """Say what *data* is, declared as *declared* ("application/pdf", "PDF"...)."""
    return _judge(data[:SAMPLE_BYTES_MAX], data[-END_BYTES:], declared)


def _judge(data: bytes, end: bytes, declared: str) -> Verdict:
    """The same of a document's beginning and *end*."""
    kind = declared.partition(";")[0].rpartition("/")[2].strip().lower()
    bare = data.lstrip(b"\xef\xbb\xbf \t\r\n") if data[:1] in b"\xef \t\r\n" else data
    for known in _FORMATS:
        if bare.startswith(known.begins):
            return "good" if all(mark in end for mark in known.ends) else "broken"
    if data[_DICOM[0] : _DICOM[0] + 4] == _DICOM[1]:
        return "good"
    if is_random(data):
        return "sealed"
    if kind in _DECLARED:
        return "broken"
    if kind in _TEXTS:
        return "good" if _prints(data) else "broken"
    return "good"


def is_random(data: bytes) -> bool:
    """Whether *data* is as random as ciphertext."""
    sample = data[:SAMPLE_BYTES_MAX]
    n = len(sample)
    if n < RANDOM_BYTES_MIN:
        return False
    entropy = -sum(count / n * log2(count / n) for count in Counter(sample).values())
    expected = 8 - 255 / (2 * n * log(2))  # of n random bytes (Miller, Madow: the bias of the estimate)
    return entropy > expected - RANDOM_SLACK


class Inside(Protocol):
    """What reads a document that holds others, piece by piece."""

    documents: list[Verdict]
    is_cda: bool
    broken: bool

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Take the next bytes."""


class Unpacking:
    """What base64 text holds, taken piece by piece: its beginning and its end are kept, and no more."""

    def __init__(self, inside: Callable[[], Inside] | None = None) -> None:
        """*inside* makes what looks into a document in XML; a document in a document in a document is let be."""
        self.bad = False  # it is no base64
        self._make = inside
        self._inside: Inside | None = None
        self._rest = b""
        self._ended = False
        self._head = b""
        self._tail = b""

    def feed(self, text: bytes) -> None:
        """Take the next letters; blanks are none."""
        packed = self._rest + text.translate(None, b" \t\r\n")
        whole = len(packed) // 4 * 4
        self._rest = packed[whole:]
        if whole:
            self._take(packed[:whole])

    def _take(self, packed: bytes) -> None:
        if self.bad or self._ended:
            self.bad = True
            return
        try:
            data = binascii.a2b_base64(packed, strict_mode=True)
        except binascii.Error:
            self.bad = True
            return
        self._ended = packed.endswith(b"=")
        if not self._head and self._make is not None and data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            self._inside = self._make()
        if self._inside is not None:
            self._inside.feed(data)
        if len(self._head) < SAMPLE_BYTES_MAX:
            self._head += data[: SAMPLE_BYTES_MAX - len(self._head)]
        self._tail = (self._tail + data[-END_BYTES:])[-END_BYTES:]

    @property
    def empty(self) -> bool:
        """Whether there was nothing."""
        return not (self._head or self._rest or self.bad)

    def verdict(self, declared: str = "") -> Verdict:
        """What it is, all of it being taken."""
        if self._rest:
            rest, self._rest = self._rest, b""
            self._take(rest + b"=" * (-len(rest) % 4))
        return "broken" if self.bad or not self._head else _judge(self._head, self._tail, declared)

    def verdicts(self, declared: str = "") -> list[Verdict]:
        """What it is, and what is inside it."""
        found, inside = self.verdict(declared), self._inside
        if inside is None or not inside.is_cda or found != "good":
            return [found]
        inside.feed(b"", last=True)
        return ["broken" if inside.broken else "good", *inside.documents]


def _prints(data: bytes) -> bool:
    """Whether most of *data* is text, in whatever character set."""
    sample = data[:SAMPLE_BYTES_MAX]
    return not sample or sum(byte >= 32 or byte in b"\t\r\n\f" for byte in sample) >= TEXT_SHARE * len(sample)
