"""Files and folders as a feed: which files, what is in them, one item an entry (docs/howto/import-files.md).

Rules kept here:
  * What a file holds is told by its content, never by its name.
  * A file with one message is one item, byte for byte. A file with many is cut at each MSH, FHS, BHS, BTS and FTS:
    blank lines and MLLP framing between them are dropped, every other byte is in exactly one item.
  * JSON lines are an item each, without the blanks around it; a line {"message": "MSH|..."} is that message, as UTF-8.
  * What is not understood is one item, whole; so is an archive that does not open, or only in part.
  * What cannot be taken (above an entry's limit, no file at all) is a Problem: counted and said, never passed over.
  * A file larger than memory is read where it lies: nothing is copied but items.
"""

import mmap
import re
import stat
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from msgspec import DecodeError, Struct
from msgspec.json import decode

from contrefeu.capture.archives import DEPTH_MAX, BrokenArchive, Budget, members, unpack
from contrefeu.hl7 import hprim_header, peek, sender_of
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, MEDIA_HPRIM, MEDIA_OTHER

Buffer = bytes | mmap.mmap

_NAME = rb"(?:MSH|FHS|BHS|BTS|FTS)(?=[^\w\s])"
_START = re.compile(_NAME)
# By its first byte, which is looked for at the speed of memory: a choice of bytes, or a name first, is not.
_BEFORE_START = {
    mark[:1]: re.compile(b"%b(?=%b)" % (re.escape(mark), _NAME))
    for mark in (b"\r", b"\n", b"\x0b", b"\x1c", b"\xef\xbb\xbf")
}
_WINDOW_BYTES = 2**18  # looked at at once
_BLANK = b" \t\r\n\x00\x0b\x1a\x1c"
_BLANKS = frozenset(bytes((one,)) for one in _BLANK) | {b""}
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


class Item(Struct, frozen=True, array_like=True):
    """One entry to be."""

    body: bytes
    media_type: str
    source: str  # MSH-3@MSH-4, or of HPRIM code@name; "" when the content names no sender
    origin: str  # file, archive member, number within it


class Problem(Struct, frozen=True, array_like=True):
    """What was met and could not be taken."""

    origin: str
    reason: str
    kept: bool = False  # its bytes are in an item all the same


def files_in(path: Path) -> Iterator[Path]:
    """*path* itself, or the files under it in order of name; links to folders are not followed.

    A folder that cannot be listed is given itself: `read_file` says why.
    """
    waiting = [path]
    while waiting:
        found = waiting.pop()
        try:
            children = sorted(found.iterdir(), reverse=True) if _is_folder(found, linked=found is path) else None
        except OSError:
            children = None
        if children is None:
            yield found
        else:
            waiting += [child for child in children if not (child.is_symlink() and _is_folder(child, linked=True))]


def read_file(path: Path) -> Iterator[Item | Problem]:
    """Yield what *path* holds, in order."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            next(path.iterdir(), None)  # says why it cannot be listed
        if not stat.S_ISREG(mode):  # a pipe would be waited for, a device has no end
            yield Problem(str(path), "not a regular file")
            return
        with path.open("rb") as file:
            if file.seek(0, 2) == 0:
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                yield from _content(content, str(path), Budget(len(content)), 0)
    except OSError as refused:
        yield Problem(str(path), refused.strerror or "cannot be read")


def _is_folder(path: Path, *, linked: bool) -> bool:
    try:
        mode = path.stat().st_mode if linked else path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISDIR(mode)


def split(content: Buffer, origin: str) -> Iterator[Item | Problem]:
    """Yield what *content* holds: messages, lines of NDJSON, or itself."""
    start = _after_leading(content)
    head = bytes(content[start : start + 4096])
    cuts = iter(()) if head[:1] in (b"{", b"[", b"<") else _starts(content)
    first = next(cuts, None)
    if first is not None:
        yield from _messages(content, first, cuts, origin)
    elif head[:1] == b"{" and _is_lines(content, start):
        yield from _lines(content, start, origin)
    else:
        yield _whole(content, _kind(content, head), origin)


def _starts(content: Buffer) -> Iterator[int]:
    """Where a message or a batch's header or trailer begins: at the front, or behind what ends a line or a frame."""
    if _START.match(content):
        yield 0
    for start in range(0, len(content), _WINDOW_BYTES):
        # A mark may stand before the window, and what it names ends behind it.
        before = max(0, start - 3)
        window = content[before : start + _WINDOW_BYTES + 3]
        marks = [pattern for mark, pattern in _BEFORE_START.items() if mark in window]
        found = [before + match.end() for pattern in marks for match in pattern.finditer(window)]
        yield from (at for at in sorted(found) if start <= at < start + _WINDOW_BYTES)


def _content(content: Buffer, origin: str, budget: Budget, depth: int) -> Iterator[Item | Problem]:
    broken = ""
    try:
        unpacked = unpack(content, budget) if depth < DEPTH_MAX else None
        if unpacked:
            yield from _content(unpacked, origin, budget, depth + 1)
            return
        inside = members(content, budget) if depth < DEPTH_MAX else None
        if inside is None:
            yield from split(content, origin)
            return
        for name, body in inside:
            if isinstance(body, BrokenArchive):
                broken = broken or f"{body}: {name}"
            elif body:
                yield from _content(body, f"{origin}!{name}", budget, depth + 1)
    except BrokenArchive as refused:
        broken = broken or str(refused)
    if broken:
        # What cannot be opened is still what was received.
        item = _whole(content, MEDIA_OTHER, origin)
        yield item
        if isinstance(item, Item):
            yield Problem(origin, f"{broken}; kept whole", kept=True)


def _messages(content: Buffer, first: int, cuts: Iterator[int], origin: str) -> Iterator[Item | Problem]:
    before = bytes(content[:first])
    bare = not before.strip(_BLANK + b"\xef\xbb\xbf")
    second = next(cuts, None)
    if second is None and content[first : first + 3] == b"MSH" and bare and content.find(b"\x0b") < 0:
        yield _whole(content, MEDIA_HL7V2, origin)
        return
    if not bare:
        yield _item(_without_separator(before), MEDIA_OTHER, f"{origin}#0")
    start = first
    for number, stop in enumerate(chain([second] if second is not None else (), cuts, [len(content)]), 1):
        yield _item(_without_separator(bytes(content[start:stop])), MEDIA_HL7V2, f"{origin}#{number}")
        start = stop


def _without_separator(body: bytes) -> bytes:
    """*body* up to its last terminator: blank lines and framing that follow it are no part of it."""
    if body[-1:] == b"\r" and body[-2:-1] not in _BLANKS:
        return body
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
    except (DecodeError, RecursionError):
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
    except (DecodeError, RecursionError):
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
    if hprim_header(head) is not None:
        return MEDIA_HPRIM
    sample = bytes(content[:4096])
    try:
        sample.decode()
    except UnicodeDecodeError as undecodable:
        if undecodable.start < len(sample) - 3 or len(sample) < 4096:  # else a character cut by the sample's end
            return MEDIA_OTHER
    return MEDIA_OTHER if b"\x00" in sample else "text/plain"


def _whole(content: Buffer, media_type: str, origin: str) -> Item | Problem:
    if len(content) > ENTRY_BODY_BYTES_MAX:  # before it is copied
        return _too_long(len(content), origin)
    return _item(bytes(content), media_type, origin)


def _item(body: bytes, media_type: str, origin: str) -> Item | Problem:
    if len(body) > ENTRY_BODY_BYTES_MAX:
        return _too_long(len(body), origin)
    return Item(body, media_type, _sender(body, media_type), origin)


def _sender(body: bytes, media_type: str) -> str:
    if media_type == MEDIA_HPRIM:
        header = hprim_header(body)
        return header.source if header is not None else ""
    return sender_of(body) if media_type == MEDIA_HL7V2 else ""


def _too_long(length: int, origin: str) -> Problem:
    return Problem(origin, f"{length} bytes are above the limit of an entry, {ENTRY_BODY_BYTES_MAX}")


def _after_leading(content: Buffer) -> int:
    found = _LEADING.match(content)
    return found.end() if found else 0
