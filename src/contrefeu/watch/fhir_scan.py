"""What a FHIR message in JSON carries, told while its tokens pass by: documents, their patients, what it undoes.

Rules kept here:
  * No tree is built: what is kept is an object's few words while it is open, and one document's beginning and end.
  * A document is an attachment, or a Binary; a signature and a curve (SampledData) are none, though they hold `data`.
  * Which patient something is about is said by its subject; in a bundle of one patient, by that one.
"""

import re
from collections import Counter
from hashlib import blake2b

import msgspec
from msgspec import Raw, Struct, field

from contrefeu.watch.cda_scan import CdaScan
from contrefeu.watch.documents import Unpacking, Verdict
from contrefeu.watch.seen import Group

TOKENS_MAX = 2_000_000  # strings and braces looked at: some 20 MiB of resources, a few seconds
TEXT_CHARS_MIN = 160  # of a text that two patients do not share by chance: "no abnormality" is shorter
PIECE_BYTES = 1 << 18  # of a document, unpacked at once
WORD_BYTES_MAX = 256  # of a name, a type, a reference
PATIENTS_MAX = 1_000  # texts of patients told of one message
# Strings are matched whole, so that a brace in a text opens nothing; the body was found to be JSON before
_TOKEN = re.compile(rb'"((?:[^"\\]++|\\.)*+)"(\s*+:)?|[{}]', re.DOTALL)
_ATTACHED = frozenset([b"attachment", b"valueAttachment", b"contentAttachment", b"presentedForm", b"photo"])
_SUBJECTS = frozenset([b"subject", b"patient", b"for", b"beneficiary"])
_WORDS = frozenset([b"conclusion", b"valueString", b"contentString"])
_UNDONE: dict[bytes, Group] = {b"entered-in-error": "delete", b"cancelled": "cancel", b"revoked": "cancel"}
_MERGED = frozenset([b"replaced-by", b"replaces"])  # Patient.link.type
_GROUPS: tuple[Group, ...] = ("merge", "delete", "cancel")  # the gravest first


class Scanned(Struct):
    """What was found."""

    kind: str = "?"
    said: str = ""  # Bundle.timestamp
    documents: list[Verdict] = field(default_factory=list)
    texts: list[tuple[str, bytes]] = field(default_factory=list)  # patient; digest of what is written or attached
    undone: Counter[Group] = field(default_factory=Counter)
    patients: list[str] = field(default_factory=list)

    @property
    def group(self) -> tuple[Group, int]:
        """The gravest of what it does to what is known already, and how many times."""
        found = next((group for group in _GROUPS if self.undone[group]), None)
        if found is not None:
            return found, self.undone[found]
        return "update" if self.kind == "Patient" else "", 1


class _Object(Struct):
    """An object that is open: its words, and those of what was closed inside it."""

    under: bytes  # the name it stands under
    now: bytes = b""  # the name whose value comes
    words: dict[bytes, bytes] = field(default_factory=dict)  # those that are asked for, as they stand
    data: tuple[int, int] | None = None
    identifier: bytes = b""
    subject: bytes = b""
    patient: bytes = b""  # of an entry's resource, when it is a patient
    merged: bool = False
    written: list[bytes] = field(default_factory=list)  # digests
    length: int = 0  # of what was written


_KEPT = frozenset([
    b"resourceType", b"contentType", b"reference", b"status", b"type", b"method", b"fullUrl", b"id", b"value",
])  # fmt: skip


def scan_fhir(body: bytes) -> Scanned | None:
    """Return what *body* carries; None when it is no JSON, or nested deeper than can be read."""
    try:
        msgspec.json.decode(body, type=Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _Scan(body).scan()


class _Scan:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._open = [_Object(b"")]
        self._found = Scanned()
        self._names: dict[bytes, bytes] = {}  # fullUrl -> patient
        self._texts: list[tuple[bytes, bytes]] = []

    def scan(self) -> Scanned:
        for number, token in enumerate(_TOKEN.finditer(self._body)):
            if number >= TOKENS_MAX:
                break
            start, end = token.span(1)
            top = self._open[-1]
            if start < 0:
                if self._body[token.start()] == 0x7B:  # {
                    self._open.append(_Object(top.now))
                elif len(self._open) > 1:
                    self._close(self._open.pop(), self._open[-1])
            elif token[2]:
                top.now = self._body[start : min(end, start + WORD_BYTES_MAX)]
            elif top.now == b"data":
                top.data = start, end
            else:
                self._value(top, start, end)
        return self._told()

    def _value(self, top: _Object, start: int, end: int) -> None:
        name = top.now
        if name in _KEPT:
            top.words.setdefault(name, self._body[start : min(end, start + WORD_BYTES_MAX)])
        elif name == b"timestamp" and len(self._open) == 2:
            self._found.said = self._body[start : min(end, start + 40)].decode("ascii", "replace")
        elif name in _WORDS or (name == b"text" and top.under == b"note"):
            top.length += end - start
            top.written.append(blake2b(memoryview(self._body)[start:end], digest_size=16).digest())

    def _close(self, one: _Object, around: _Object) -> None:
        kind = one.words.get(b"resourceType", b"")
        if one.data is not None and (b"contentType" in one.words or kind == b"Binary" or one.under in _ATTACHED):
            self._document(one, one.data)
        if one.under == b"identifier" and not around.identifier:
            around.identifier = one.words.get(b"value", b"")
        elif one.under in _SUBJECTS and not around.subject:
            around.subject = one.words.get(b"reference", b"")
        elif one.under == b"link":
            around.merged |= one.words.get(b"type", b"") in _MERGED
        elif one.under == b"request" and one.words.get(b"method") == b"DELETE":
            self._found.undone["delete"] += 1
        if kind:
            self._resource(one, kind)
            around.patient = one.patient
            if len(self._open) == 1:
                self._found.kind = kind[:40].decode("ascii", "replace")
        else:
            around.written += one.written
            around.length += one.length
        if one.patient and not kind and b"fullUrl" in one.words:
            self._names[one.words[b"fullUrl"]] = one.patient

    def _document(self, one: _Object, span: tuple[int, int]) -> None:
        declared = _plain(one.words.get(b"contentType", b"")).decode("ascii", "replace")
        unpacking, digest = Unpacking(CdaScan), blake2b(digest_size=16)
        start, end = span
        escaped = self._body.find(b"\\", start, end) >= 0
        text = _plain(self._body[start:end]) if escaped else self._body
        begin, stop = (0, len(text)) if escaped else span
        for at in range(begin, stop, PIECE_BYTES):
            piece = text[at : min(stop, at + PIECE_BYTES)]
            unpacking.feed(piece)
            digest.update(piece)
        self._found.documents += unpacking.verdicts(declared)
        one.written.append(digest.digest())
        one.length += end - start

    def _resource(self, one: _Object, kind: bytes) -> None:
        undone = _UNDONE.get(one.words.get(b"status", b""))
        if undone is not None:
            self._found.undone[undone] += 1
        if kind == b"Patient":
            one.patient = one.identifier or one.words.get(b"id", b"")
            self._found.patients.append(one.patient.decode("utf-8", "replace"))
            if one.merged:
                self._found.undone["merge"] += 1
        if one.length >= TEXT_CHARS_MIN and len(self._texts) < PATIENTS_MAX:
            self._texts.append((one.subject or one.patient, blake2b(b"".join(one.written), digest_size=16).digest()))

    def _told(self) -> Scanned:
        found = self._found
        found.patients = list(dict.fromkeys(filter(None, found.patients)))
        alone = found.patients[0] if len(found.patients) == 1 else ""
        for subject, digest in self._texts:
            named = self._names.get(subject, subject).decode("utf-8", "replace")
            found.texts.append((alone or named, digest))
        return found


def _plain(text: bytes) -> bytes:
    """A JSON string's text: base64 may have its slashes and plus signs escaped."""
    return str(msgspec.json.decode(b'"' + text + b'"')).encode("utf-8", "replace") if b"\\" in text else text
