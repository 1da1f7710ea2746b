"""What a CDA document carries, told while it is read: the files inside it, whose it is, a digest of its words.

Rules kept here:
  * No tree is built, no DTD and no entity is taken, depth and a tag's length have limits: XML of strangers.
  * Files stand in nonXMLBody and observationMedia (HL7 CDA R2, 4.3.1 and 4.3.6). One that was deflated by its sender
    (`compression`) is not judged: it has no beginning to know it by.
"""

from hashlib import blake2b
from typing import NoReturn
from xml.parsers import expat

from contrefeu.cda import DEPTH_MAX
from contrefeu.watch.documents import Unpacking, Verdict

TAG_BYTES_MAX = 1 << 20  # of one tag or comment: attested ones have under 10 KiB
PIECE_BYTES = 1 << 16  # read at once
_HL7 = "urn:hl7-org:v3}"
_FILES = {(f"{_HL7}nonXMLBody", f"{_HL7}text"), (f"{_HL7}observationMedia", f"{_HL7}value")}


class _Refused(ValueError):
    """It may not be read on."""


class CdaScan:
    """Takes a document piece by piece."""

    def __init__(self) -> None:
        self.documents: list[Verdict] = []
        self.patient = ""  # root and extension of the first number
        self.is_cda = False
        self.broken = False  # not well-formed, or may not be read
        self.length = 0  # of its words and files
        self._words = blake2b(digest_size=16)
        self._path: list[str] = []
        self._file: Unpacking | None = None
        self._declared = ""
        self._fed = 0
        self._parser = parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
        parser.ExternalEntityRefHandler = _refuse

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Take the next bytes."""
        view = memoryview(piece)
        for at in range(0, max(1, len(view)), PIECE_BYTES):
            if self.broken:
                return
            part = bytes(view[at : at + PIECE_BYTES])
            self._fed += len(part)
            try:
                self._parser.Parse(part, last and at + PIECE_BYTES >= len(view))
            except (expat.ExpatError, ValueError, LookupError):
                self.broken = True
            if self._fed - self._parser.CurrentByteIndex > TAG_BYTES_MAX:
                self.broken = True

    def digest(self) -> bytes:
        """Of its words and files."""
        return self._words.digest()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= DEPTH_MAX:
            raise _Refused
        self._path.append(tag)
        if len(self._path) == 1:
            self.is_cda = tag == f"{_HL7}ClinicalDocument"
        if tag == f"{_HL7}id" and self._path[-2:-1] == [f"{_HL7}patientRole"] and not self.patient:
            self.patient = f"{attributes.get('root', '')}|{attributes.get('extension', '')}"
        if tuple(self._path[-2:]) in _FILES and attributes.get("representation") == "B64":
            packed = "compression" in attributes
            self._file, self._declared = None if packed else Unpacking(), attributes.get("mediaType", "")

    def _end(self, _tag: str) -> None:
        if self._file is not None and tuple(self._path[-2:]) in _FILES:
            if not self._file.empty:
                self.documents.append(self._file.verdict(self._declared))
            self._file = None
        self._path.pop()

    def _data(self, text: str) -> None:
        inside = self._file is not None
        if inside or f"{_HL7}section" in self._path:
            plain = text.encode("utf-8", "replace")
            self.length += len(plain)
            self._words.update(plain)
            if self._file is not None:
                self._file.feed(plain)


def _refuse(*_: object) -> NoReturn:
    raise _Refused


def scan_cda(body: bytes) -> CdaScan:
    """Read all of *body*."""
    scan = CdaScan()
    scan.feed(body, last=True)
    return scan
