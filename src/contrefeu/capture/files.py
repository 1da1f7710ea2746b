"""Files and folders as a feed: which files, what is in them, one item an entry (docs/howto/import-files.md).

Rules kept here:
  * What a file holds is told by its content, never by its name.
  * A file with one message is one item, byte for byte. A file with many is cut at each MSH, FHS, BHS, BTS and FTS:
    blank lines and MLLP framing between them are dropped, every other byte is in exactly one item.
  * What is not understood is one item, whole. What cannot be taken (above an entry's limit, a broken archive) is a
    Problem: counted and said, never passed over.
"""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import DecodeError, Struct
from msgspec.json import decode

from contrefeu.capture.archives import BrokenArchive, members, unpack
from contrefeu.hl7 import peek
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, MEDIA_OTHER

Buffer = bytes | mmap.mmap

_START = re.compile(rb"(?:(?<![^\r\n\x0b\x1c])|(?<=\xef\xbb\xbf))(?:MSH|FHS|BHS|BTS|FTS)(?=[^\w\s])")
_BLANK = b" \t\r\n\x00\x0b\x1a\x1c"
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n\x00]*")
_FHIR_XML = re.compile(rb'<(?:\w+:)?\w+[^>]*xmlns(?::\w+)?="http://hl7\.org/fhir"')
# First bytes -> media type (IANA); formats that documents arrive in.
_MAGIC = (
    (b"%PDF", "application/pdf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
)


class Item(Struct, frozen=True):
    """One entry to be."""

    body: bytes
    media_type: str
    source: str  # MSH-3@MSH-4; "" when the content names no sender
    origin: str  # file, archive member, number within it


class Problem(Struct, frozen=True):
    """What was met and could not be taken."""

    origin: str
    reason: str


def files_in(path: Path) -> Iterator[Path]:
    """*path* itself, or the files under it in order of name; links to folders are not followed."""
    if not path.is_dir():
        yield path
        return
    for child in sorted(path.iterdir()):
        if child.is_dir() and child.is_symlink():
            continue
        yield from files_in(child)


def read_file(path: Path) -> Iterator[Item | Problem]:
    """Yield what *path* holds, in order."""
    try:
        with path.open("rb") as file:
            if file.seek(0, 2) == 0:
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                yield from _content(content, str(path))
    except (OSError, ValueError) as refused:
        reason = refused.strerror if isinstance(refused, OSError) else "not a regular file"
        yield Problem(str(path), reason or "cannot be read")


def split(content: Buffer, origin: str) -> Iterator[Item | Problem]:
    """Yield what *content* holds: messages, lines of NDJSON, or itself."""
    start = _after_leading(content)
    head = bytes(content[start : start + 4096])
    cuts = [] if head[:1] in b"{[<" and head else [found.start() for found in _START.finditer(content)]
    if cuts:
        yield from _messages(content, cuts, origin)
    elif head[:1] == b"{" and _is_lines(content, start):
        yield from _lines(content, start, origin)
    else:
        yield _item(bytes(content), _kind(content, head), origin)


def _content(content: Buffer, origin: str) -> Iterator[Item | Problem]:
    try:
        unpacked = unpack(content)
        if unpacked is not None:
            yield from _content(unpacked, origin)
            return
        inside = members(content)
        if inside is None:
            yield from split(content, origin)
            return
        for name, body in inside:
            yield from _content(body, f"{origin}!{name}")
    except BrokenArchive as broken:
        # What cannot be opened is still what was received.
        yield _item(bytes(content), MEDIA_OTHER, origin)
        yield Problem(origin, str(broken))


def _messages(content: Buffer, cuts: list[int], origin: str) -> Iterator[Item | Problem]:
    single = len(cuts) == 1 and content[cuts[0] : cuts[0] + 3] == b"MSH"
    before = bytes(content[: cuts[0]])
    if single and not before.strip(_BLANK + b"\xef\xbb\xbf") and content.find(b"\x0b") < 0:
        yield _item(bytes(content), MEDIA_HL7V2, origin)
        return
    if before.strip(_BLANK + b"\xef\xbb\xbf"):
        yield _item(before, MEDIA_OTHER, f"{origin}#0")
    for number, start in enumerate(cuts, 1):
        stop = cuts[number] if number < len(cuts) else len(content)
        yield _item(_without_separator(bytes(content[start:stop])), MEDIA_HL7V2, f"{origin}#{number}")


def _without_separator(body: bytes) -> bytes:
    """*body* up to its last terminator: blank lines and framing that follow it are no part of it."""
    kept = body.rstrip(_BLANK)
    rest = body[len(kept) :]
    spaces = len(rest) - len(rest.lstrip(b" \t"))
    terminator = rest[spaces : spaces + (2 if rest[spaces : spaces + 2] == b"\r\n" else 1)]
    return body[: len(kept) + spaces + len(terminator)] if terminator[:1] in (b"\r", b"\n") else kept


def _is_lines(content: Buffer, start: int) -> bool:
    """Whether the first line is a JSON object of its own, and another line follows."""
    stop = content.find(b"\n", start)
    if stop < 0 or stop - start > ENTRY_BODY_BYTES_MAX:
        return False
    try:
        decode(bytes(content[start:stop]))
    except DecodeError:
        return False
    return content[stop : stop + 4096].strip()[:1] == b"{"


def _lines(content: Buffer, start: int, origin: str) -> Iterator[Item | Problem]:
    number = 0
    while start < len(content):
        stop = content.find(b"\n", start)
        stop = len(content) if stop < 0 else stop
        line = bytes(content[start:stop]).strip()
        number, start = number + 1, stop + 1
        if line:
            yield _line(line, f"{origin}#{number}")


def _line(line: bytes, origin: str) -> Item | Problem:
    """A resource, or a message that was wrapped in JSON (a key `message`), or whatever else it is."""
    try:
        value = decode(line)
    except DecodeError:
        return _item(line, MEDIA_OTHER, origin)
    if isinstance(value, dict) and isinstance(message := value.get("message"), str):
        body = message.encode("utf-8", "surrogatepass")
        if peek(body) is not None:
            return _item(body, MEDIA_HL7V2, origin)
    is_fhir = isinstance(value, dict) and isinstance(value.get("resourceType"), str)
    return _item(line, MEDIA_FHIR if is_fhir else "application/json", origin)


def _kind(content: Buffer, head: bytes) -> str:
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:1] in (b"{", b"["):
        return MEDIA_FHIR if content.find(b'"resourceType"') >= 0 else "application/json"
    if head[:1] == b"<":
        if b"ClinicalDocument" in head:
            return MEDIA_CDA
        return "application/fhir+xml" if _FHIR_XML.search(head) else "application/xml"
    if peek(bytes(content[:1024])) is not None:
        return MEDIA_HL7V2
    try:
        bytes(content[:4096]).decode()
    except UnicodeDecodeError:
        return MEDIA_OTHER
    return MEDIA_OTHER if b"\x00" in head else "text/plain"


def _item(body: bytes, media_type: str, origin: str) -> Item | Problem:
    if len(body) > ENTRY_BODY_BYTES_MAX:
        return Problem(origin, f"{len(body)} bytes are above the limit of an entry, {ENTRY_BODY_BYTES_MAX}")
    header = peek(body) if media_type == MEDIA_HL7V2 else None
    return Item(body, media_type, header.source if header else "", origin)


def _after_leading(content: Buffer) -> int:
    found = _LEADING.match(content)
    return found.end() if found else 0
