"""An HL7 v2 message as it was sent: segments, fields, repetitions, components (v2.9, chapter 2).

Rules kept here:
  * A message that has an MSH is always read; what could not be read is in `problems`, by position, never by content.
  * Absent is "", cleared ('""') is told apart by `is_null`: neither is a value.
  * Nothing is split before it is asked for: a chart reads a few fields of a message, not all.
  * A segment ends with CR, LF or both. A line that begins no segment goes on with the one before (reports sent with
    bare line feeds), and is reported.
"""

import re
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.hl7.charset import decode, is_plain, wide_codec
from contrefeu.hl7.escape import STANDARD, Delimiters, unescape

NULL = '""'
_MSH = re.compile(rb"[\s\x00\x0b\xef\xbb\xbf]*MSH(?=[^\w\s])")
_LINES = re.compile("\r\n|\r|\n")
_NAME = re.compile("[A-Z][A-Z0-9]{2}")
_HEADERS = frozenset({"MSH", "FHS", "BHS"})
SHORT_CHARS_MAX = 256  # characters of a field that is remembered: codes, names, numbers; a report or a page is not
REPS_MAX = 16_384  # short fields that are remembered, some 10 MB: wards, codes, units and people come again and again
LINE_BYTES_MAX = 1024  # a first line that is of the usual kind; of the real ones at hand 99 % have 137 at most, one 631
SENDERS_MAX = 1024  # that are remembered: a hospital has 20 to 300
USUAL = b"MSH|^~\\&|"
NOTATIONS_MAX = 64  # ways of writing that are remembered: a feed has one, or one a codec


class NotHl7(ValueError):
    """The bytes hold no MSH."""


class Notation:
    """How a message is written: its marks, and the codec of its hexadecimal escapes. One object for one notation."""

    __slots__ = ("codec", "component", "delimiters", "escape", "field", "repetition", "subcomponent")

    def __init__(self, delimiters: Delimiters, codec: str) -> None:
        self.delimiters = delimiters
        self.codec = codec
        self.field, self.component, self.repetition, self.escape, self.subcomponent = delimiters

    def is_plain(self, raw: str) -> bool:
        """Whether no mark stands in *raw* but those that part fields and components."""
        return not (
            (self.repetition and self.repetition in raw)
            or (self.escape and self.escape in raw)
            or (self.subcomponent and self.subcomponent in raw)
        )

    def read(self, raw: str) -> str:
        """A part as text: escapes read; "" for what its sender cleared."""
        if raw == NULL:
            return ""
        return unescape(raw, self.delimiters, self.codec) if self.escape and self.escape in raw else raw


_notation = lru_cache(maxsize=NOTATIONS_MAX)(Notation)


class Rep:
    """One repetition of a field."""

    __slots__ = ("_notation", "is_short", "raw")

    def __init__(self, raw: str, notation: Notation) -> None:
        self.raw = raw
        self.is_short = len(raw) <= SHORT_CHARS_MAX
        self._notation = notation

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """Text of a component, escapes read; "" when absent or cleared."""
        return _part(self.raw, component, subcomponent, self._notation)

    def texts(self, count: int) -> list[str]:
        """Texts of the first *count* components, first subcomponents: as many times `text`, at a third of its price."""
        raw, notation = self.raw, self._notation
        parts = raw.split(notation.component, count)[:count]
        if not notation.is_plain(raw) or NULL in raw:
            parts = [_inner(part, 1, notation) for part in parts]
        return parts + [""] * (count - len(parts))

    @property
    def components(self) -> list[str]:
        """Every component, escapes read; subcomponent marks stay."""
        notation = self._notation
        parts = self.raw.split(notation.component)
        if NULL not in self.raw and not (notation.escape and notation.escape in self.raw):
            return parts
        return [notation.read(part) for part in parts]

    @property
    def subcomponent_mark(self) -> str:
        """What parts subcomponents; "" when its sender declares none."""
        return self._notation.subcomponent

    @property
    def whole(self) -> str:
        """The repetition as one text, escapes read, component marks as they stand."""
        return self._notation.read(self.raw)


_kept_rep = lru_cache(maxsize=REPS_MAX)(Rep)


def _rep(raw: str, notation: Notation) -> Rep:
    """A repetition; the same object for the same words, so that what is made of it is made once."""
    return _kept_rep(raw, notation) if len(raw) <= SHORT_CHARS_MAX else Rep(raw, notation)


def _part(raw: str, component: int, subcomponent: int, notation: Notation) -> str:
    """Text of a component of one repetition."""
    if notation.component in raw:
        parts = raw.split(notation.component, component)
        raw = parts[component - 1] if component <= len(parts) else ""
    elif component > 1:
        return ""
    return _inner(raw, subcomponent, notation) if raw else ""


def _inner(raw: str, subcomponent: int, notation: Notation) -> str:
    """Text of a subcomponent of one component."""
    mark = notation.subcomponent
    if mark and mark in raw:
        parts = raw.split(mark)
        if subcomponent > len(parts):
            return ""
        raw = parts[subcomponent - 1]
    elif subcomponent > 1:
        return ""
    return notation.read(raw)


class Segment:
    """One segment."""

    __slots__ = ("_fields", "_plain", "line", "name", "notation", "position")

    def __init__(self, line: str, position: int, notation: Notation) -> None:
        self.line = line
        self.name = line[:3]
        self.position = position  # from 1 in the message
        self.notation = notation
        self._fields: list[str] | None = None

    @property
    def fields(self) -> list[str]:
        """Fields as they stand, by their number in the standard; [0] is the segment's name."""
        if self._fields is None:
            marks, line = self.notation, self.line
            fields = line.split(marks.field)
            if self.name in _HEADERS:
                fields.insert(1, marks.field)  # MSH-1 is the separator itself (2.14.9.1)
                line = "".join(fields[3:])  # MSH-2 holds every mark, and says nothing else
            self._fields = fields
            self._plain = marks.is_plain(line)  # as most are: asked once, and not of every field
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
        notation = self.notation
        if not self._plain:
            return self._marked(raw, field, component, subcomponent, repetition)
        if repetition or subcomponent > 1:
            return ""
        if notation.component in raw:
            parts = raw.split(notation.component, component)
            raw = parts[component - 1] if component <= len(parts) else ""
        elif component > 1:
            return ""
        return "" if raw == NULL else raw

    def _marked(self, raw: str, field: int, component: int, subcomponent: int, repetition: int) -> str:
        """Text of a component in a segment that holds other marks."""
        mark = self.notation.repetition
        if mark and mark in raw and (self.name != "MSH" or field > 2):
            reps = raw.split(mark)
            if repetition >= len(reps):
                return ""
            raw = reps[repetition]
        elif repetition:
            return ""
        return _part(raw, component, subcomponent, self.notation)

    def whole(self, field: int) -> str:
        """A field as one text, escapes read, other marks as they stand."""
        return self.notation.read(self.raw(field))

    def reps(self, field: int) -> list[Rep]:
        """Repetitions of a field; none when it is absent."""
        fields = self._fields or self.fields
        raw = fields[field] if field < len(fields) else ""
        if not raw:
            return []
        notation = self.notation
        if self._plain or not notation.repetition:
            return [_rep(raw, notation)]
        return [_rep(part, notation) for part in raw.split(notation.repetition)]

    def rep(self, field: int) -> Rep | None:
        """The first repetition of a field; None when it is absent."""
        fields = self._fields or self.fields
        raw = fields[field] if field < len(fields) else ""
        if not raw:
            return None
        notation = self.notation
        if not self._plain and notation.repetition:
            raw = raw.partition(notation.repetition)[0]
        return _kept_rep(raw, notation) if len(raw) <= SHORT_CHARS_MAX else Rep(raw, notation)

    def is_null(self, field: int) -> bool:
        """Whether the sender cleared the field."""
        return self.raw(field) == NULL

    def has(self, field: int) -> bool:
        """Whether the field holds something."""
        fields = self._fields or self.fields
        raw = fields[field] if field < len(fields) else ""
        return bool(raw) and raw != NULL


class Message:
    """One message."""

    __slots__ = ("body", "notation", "problems", "segments")

    def __init__(self, body: bytes, text: str, codec: str, delimiters: Delimiters, problems: list[str]) -> None:
        self.body = body
        self.notation = _notation(delimiters, codec)
        self.problems = problems
        self.segments = self._split(text)

    @classmethod
    def parse(cls, body: bytes, charset: str = "") -> "Message":
        """Read *body*; *charset* (a name of table 0211) overrides MSH-18 when a feed's profile says so.

        Raises:
            NotHl7: There is no MSH.
        """
        if is_plain(body) and b"\x00" not in body:  # nearly all of them; two-byte texts are full of NUL
            found = _MSH.match(body)
            if found is None:
                raise NotHl7("no MSH")
            text = body[found.end() - 3 :].decode("ascii")
            return cls(body, text, "ascii", _delimiters(text[3:14]), [])
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
    def codec(self) -> str:
        """The codec that its bytes were decoded by."""
        return self.notation.codec

    @property
    def delimiters(self) -> Delimiters:
        """The marks that it declares."""
        return self.notation.delimiters

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @property
    def code(self) -> str:
        """MSH-9.1: ADT, ORU..."""
        return self.header.text(9, 1)

    @property
    def event(self) -> str:
        """MSH-9.2, else EVN-1: A01, R01..."""
        return self.header.text(9, 2) or self.text("EVN", 1)

    @property
    def structure(self) -> str:
        """MSH-9.3."""
        return self.header.text(9, 3)

    @property
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
        mark, notation = self.delimiters.field, self.notation
        if "\n" not in text:
            lines = [line for line in text.split("\r") if line]
            if {line[3:4] for line in lines} == {mark} or all(line[3:4] == mark or len(line) == 3 for line in lines):
                return [Segment(line, at, notation) for at, line in enumerate(lines, 1)]
        segments: list[list[str]] = []  # the lines of each: put together once, however many there are
        for line in _LINES.split(text):
            if not segments or (_NAME.match(line) and (line[3:4] == mark or len(line.rstrip()) == 3)):
                segments.append([line])
            elif line.strip("\x00\x1c\x1a \t"):
                segments[-1].append(line)
                if len(segments[-1]) == 2:
                    self.problems.append(f"segment {len(segments)} goes on over a line break")
        return [Segment("\n".join(lines), at, notation) for at, lines in enumerate(segments, 1)]


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
    sequence: str = ""  # MSH-13 as it stands

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
        sequence=fields[12],
    )


def sender_of(body: bytes) -> str:
    """Who sent *body*: `peek(body).source`, sooner where the first line is of the usual kind; "" when it has none."""
    line = body[: body.find(b"\r", 0, LINE_BYTES_MAX) + 1]
    if line.startswith(USUAL) and line.isascii() and b"\x1b" not in line and b"\n" not in line:
        fields = line.split(b"|", 4)
        if len(fields) == 5:
            return _usual_sender(fields[2], fields[3])
    header = peek(body)
    return header.source if header is not None else ""


@lru_cache(maxsize=SENDERS_MAX)
def _usual_sender(application: bytes, facility: bytes) -> str:
    header = peek(b"MSH|^~\\&|%b|%b|\r" % (application, facility))
    assert header is not None, "it begins as every header does"
    return header.source


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
