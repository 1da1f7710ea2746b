"""An HL7 v2 message as it was sent: segments, fields, repetitions, components (v2.9, chapter 2).

Rules kept here:
  * A message that has an MSH is always read; what could not be read is in `problems`, by position, never by content.
  * Absent is "", cleared ('""') is told apart by `is_null`: neither is a value.
  * Nothing is split before it is asked for: a chart reads a few fields of a message, not all.
  * A segment ends with CR, LF or both. A line that begins no segment goes on with the one before (reports sent with
    bare line feeds), and is reported.
"""

import re
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.hl7.charset import decode, wide_codec
from contrefeu.hl7.escape import STANDARD, Delimiters, unescape

NULL = '""'
_MSH = re.compile(rb"[\s\x00\x0b\xef\xbb\xbf]*MSH(?=[^\w\s])")
_LINES = re.compile("\r\n|\r|\n")
_NAME = re.compile("[A-Z][A-Z0-9]{2}")


class NotHl7(ValueError):
    """The bytes hold no MSH."""


class Rep:
    """One repetition of a field."""

    __slots__ = ("_message", "raw")

    def __init__(self, raw: str, message: "Message") -> None:
        self.raw = raw
        self._message = message

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """Text of a component, escapes read; "" when absent or cleared."""
        return _part(self.raw, component, subcomponent, self._message)

    @property
    def components(self) -> list[str]:
        """Every component, escapes read; subcomponent marks stay."""
        message = self._message
        parts = self.raw.split(message.delimiters.component)
        if NULL not in self.raw and not (message.delimiters.escape and message.delimiters.escape in self.raw):
            return parts
        return ["" if part == NULL else unescape(part, message.delimiters, message.codec) for part in parts]

    @property
    def subcomponent_mark(self) -> str:
        """What parts subcomponents; "" when its sender declares none."""
        return self._message.delimiters.subcomponent

    @property
    def whole(self) -> str:
        """The repetition as one text, escapes read, component marks as they stand."""
        return "" if self.raw == NULL else unescape(self.raw, self._message.delimiters, self._message.codec)


def _part(raw: str, component: int, subcomponent: int, message: "Message") -> str:
    """Text of a component of one repetition."""
    _, mark, _, escape, inner = message.delimiters
    if mark in raw:
        if component == 1:
            raw = raw.partition(mark)[0]
        else:
            parts = raw.split(mark)
            if component > len(parts):
                return ""
            raw = parts[component - 1]
    elif component > 1:
        return ""
    if inner and inner in raw:
        parts = raw.split(inner)
        if subcomponent > len(parts):
            return ""
        raw = parts[subcomponent - 1]
    elif subcomponent > 1:
        return ""
    if raw == NULL:
        return ""
    return unescape(raw, message.delimiters, message.codec) if escape and escape in raw else raw


class Segment:
    """One segment."""

    __slots__ = ("_fields", "_message", "line", "name", "position")

    def __init__(self, line: str, position: int, message: "Message") -> None:
        self.line = line
        self.name = line[:3]
        self.position = position  # from 1 in the message
        self._message = message
        self._fields: list[str] | None = None

    @property
    def fields(self) -> list[str]:
        """Fields as they stand, by their number in the standard; [0] is the segment's name."""
        if self._fields is None:
            fields = self.line.split(self._message.delimiters.field)
            if self.name in {"MSH", "FHS", "BHS"}:
                fields.insert(1, self._message.delimiters.field)  # MSH-1 is the separator itself (2.14.9.1)
            self._fields = fields
        return self._fields

    def raw(self, field: int) -> str:
        """A field as it stands; "" when absent."""
        fields = self._fields or self.fields
        return fields[field] if field < len(fields) else ""

    def text(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 0) -> str:
        """Text of a component, escapes read; "" when absent or cleared."""
        fields = self._fields or self.fields
        raw = fields[field] if field < len(fields) else ""
        if not raw:
            return ""
        message = self._message
        mark = message.delimiters.repetition
        if mark and mark in raw and (self.name != "MSH" or field > 2):
            reps = raw.split(mark)
            if repetition >= len(reps):
                return ""
            raw = reps[repetition]
        elif repetition:
            return ""
        return _part(raw, component, subcomponent, message)

    def whole(self, field: int) -> str:
        """A field as one text, escapes read, other marks as they stand."""
        return Rep(self.raw(field), self._message).whole

    def reps(self, field: int) -> list[Rep]:
        """Repetitions of a field; none when it is absent."""
        raw = self.raw(field)
        if not raw:
            return []
        mark = self._message.delimiters.repetition
        return [Rep(part, self._message) for part in (raw.split(mark) if mark else [raw])]

    def is_null(self, field: int) -> bool:
        """Whether the sender cleared the field."""
        return self.raw(field) == NULL

    def has(self, field: int) -> bool:
        """Whether the field holds something."""
        raw = self.raw(field)
        return bool(raw) and raw != NULL


class Message:
    """One message."""

    def __init__(self, body: bytes, text: str, codec: str, delimiters: Delimiters, problems: list[str]) -> None:
        self.body = body
        self.codec = codec
        self.delimiters = delimiters
        self.problems = problems
        self.segments = self._split(text)

    @classmethod
    def parse(cls, body: bytes, charset: str = "") -> "Message":
        """Read *body*; *charset* (a name of table 0211) overrides MSH-18 when a feed's profile says so.

        Raises:
            NotHl7: There is no MSH.
        """
        wide = wide_codec(body)
        narrow = body.decode(wide, "replace").encode() if wide else body
        found = _MSH.match(narrow)
        if found is None:
            raise NotHl7("no MSH")
        start = found.end() - 3
        named = charset or _charsets(narrow, start)
        text, codec, problem = decode(narrow, "UNICODE UTF-8" if wide else named)
        text = text[text.find("MSH") :]
        return cls(body, text, codec, _delimiters(text[3:14]), [problem] if problem else [])

    def first(self, name: str) -> Segment | None:
        """The first segment called *name*."""
        for segment in self.segments:
            if segment.name == name:
                return segment
        return None

    def all(self, name: str) -> list[Segment]:
        """Every segment called *name*, in order."""
        return [segment for segment in self.segments if segment.name == name]

    def text(self, name: str, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """Text in the first segment called *name*; "" when there is none."""
        segment = self.first(name)
        return segment.text(field, component, subcomponent) if segment else ""

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @cached_property
    def code(self) -> str:
        """MSH-9.1: ADT, ORU..."""
        return self.header.text(9, 1)

    @cached_property
    def event(self) -> str:
        """MSH-9.2, else EVN-1: A01, R01..."""
        return self.header.text(9, 2) or self.text("EVN", 1)

    @property
    def structure(self) -> str:
        """MSH-9.3."""
        return self.header.text(9, 3)

    @cached_property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.text(10)

    @property
    def processing_id(self) -> str:
        """MSH-11.1: P, T or D."""
        return self.header.text(11)

    @property
    def version(self) -> str:
        """MSH-12.1."""
        return self.header.text(12)

    @property
    def message_time(self) -> str:
        """MSH-7, as it stands."""
        return self.header.text(7)

    @property
    def source(self) -> str:
        """The sender: MSH-3@MSH-4."""
        return source_name(self.header.text(3), self.header.text(4))

    def _split(self, text: str) -> list[Segment]:
        mark = self.delimiters.field
        if "\n" not in text:
            lines = [line for line in text.split("\r") if line]
            if all(line[3:4] == mark or len(line) == 3 for line in lines):
                return [Segment(line, at, self) for at, line in enumerate(lines, 1)]
        segments: list[str] = []
        for line in _LINES.split(text):
            if not segments or (_NAME.match(line) and (line[3:4] == mark or len(line.rstrip()) == 3)):
                segments.append(line)
            elif line.strip("\x00\x1c\x1a \t") and segments:
                segments[-1] += f"\n{line}"
                self.problems.append(f"segment {len(segments)} goes on over a line break")
        return [Segment(line, at, self) for at, line in enumerate(segments, 1)]


class Header(Struct, frozen=True):
    """What the first line of a message says: enough to acknowledge it."""

    sending_app: str
    sending_facility: str
    receiving_app: str
    receiving_facility: str
    code: str
    event: str
    control_id: str
    processing_id: str
    version: str
    accept_ack: str  # MSH-15
    app_ack: str  # MSH-16
    charset: str  # MSH-18 as it stands
    delimiters: Delimiters
    codec: str = "latin-1"

    @property
    def source(self) -> str:
        """The sender: MSH-3@MSH-4."""
        return source_name(_namespace(self.sending_app, self), _namespace(self.sending_facility, self))


def source_name(application: str, facility: str) -> str:
    """How a sender is called everywhere: application@facility.

    >>> source_name("CPAGE", "CHU")
    'CPAGE@CHU'
    """
    return f"{application}@{facility}" if facility else application or "unnamed"


def peek(body: bytes) -> Header | None:
    """Read the first line of *body* alone; None when it has no MSH."""
    found = _MSH.match(body)
    if found is None:
        wide = wide_codec(body)
        header = peek(body.decode(wide, "replace").lstrip("\ufeff").encode()) if wide else None
        return replace(header, codec=wide) if header else None
    line = _line(body, found.end() - 3)
    delimiters = _delimiters(line[3:14])
    fields = line.split(delimiters.field)
    fields += [""] * (18 - len(fields))
    codec = "latin-1"
    if not line.isascii() or "\x1b" in line:
        text, codec, _ = decode(line.encode("latin-1"), fields[17].replace(delimiters.repetition or "~", "~"))
        if _written(text, codec) == line.encode("latin-1"):
            delimiters = _delimiters(text[3:14])
            fields = text.split(delimiters.field)
            fields += [""] * (18 - len(fields))
        else:
            codec = "latin-1"  # byte for byte: an acknowledgement gives back what was sent, whatever it means
    kind = fields[8].split(delimiters.component)
    return Header(
        sending_app=fields[2],
        sending_facility=fields[3],
        receiving_app=fields[4],
        receiving_facility=fields[5],
        code=kind[0],
        event=kind[1] if len(kind) > 1 else "",
        control_id=fields[9],
        processing_id=fields[10].split(delimiters.component)[0],
        version=fields[11],
        accept_ack=fields[14],
        app_ack=fields[15],
        charset=fields[17],
        delimiters=delimiters,
        codec=codec,
    )


def _namespace(field: str, header: Header) -> str:
    delimiters = header.delimiters
    return unescape(field.split(delimiters.component, maxsplit=1)[0], delimiters)


def _line(body: bytes, start: int) -> str:
    end = len(body)
    for mark in (b"\r", b"\n"):
        at = body.find(mark, start, end)
        end = at if at >= 0 else end
    return body[start:end].decode("latin-1")


def _charsets(body: bytes, start: int) -> str:
    """MSH-18, its repetitions parted by "~"."""
    line = _line(body, start)
    fields = line.split(line[3])
    named = fields[17] if len(fields) > 17 else ""
    return named.replace(_delimiters(line[3:14]).repetition or "~", "~")


def _written(text: str, codec: str) -> bytes:
    """*text* in *codec*; nothing when it does not fit."""
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return b""


def _delimiters(start: str) -> Delimiters:
    """The marks that MSH-1 and MSH-2 declare: *start* is what follows "MSH", up to eleven characters."""
    if start[:6] == "|^~\\&|":
        return STANDARD
    field = start[0]
    declared = start[1:].partition(field)[0].splitlines()[:1]
    marks = declared[0][:4] if declared else ""
    # A sender that declares fewer marks does not use the others (2.5.4).
    component, repetition, escape, subcomponent = (marks[at] if at < len(marks) else "" for at in range(4))
    return Delimiters(field, component or "^", repetition, escape, subcomponent)
