"""HL7 v2 cut into pieces by hand: a reader that shares no line with the product's, nor with the drill's pen.

And the houses that the tests of this folder look at, lived once.
"""

from functools import cache

from contrefeu.base import parse_rfc3339
from contrefeu.drill import Hospital, Sent, TruePatient

START_NS = parse_rfc3339("2026-03-02T07:00:00+01:00")
CODECS = {"": "ascii", "8859/1": "latin-1", "8859/15": "iso8859-15", "UNICODE UTF-8": "utf-8"}
STYLES = ("fr", "intl")
# The laboratory first, admissions last: the worst order that feeds can come in (FIELD F34).
WORST = ("laboratory", "pharmacy", "orders", "documents", "imaging", "theatre", "monitors", "admissions")


@cache
def lived(style: str, seed: int = 11, beds: int = 48, hours: int = 72) -> tuple[list[Sent], tuple[TruePatient, ...]]:
    """Three days of a house, and the truth at their end."""
    hospital = Hospital(seed, beds, style, START_NS)
    messages = list(hospital.run(hours))
    return messages, hospital.truth()


class Wire:
    """One message, cut at its own delimiters."""

    def __init__(self, body: bytes) -> None:
        first = body.split(b"\r", 1)[0].decode("ascii")
        self.field = first[3]
        self.component, self.repetition, self.escape, self.subcomponent = first[4:8]
        named = first.split(self.field)
        self.charset = named[17] if len(named) > 17 else ""
        self.text = body.decode(CODECS[self.charset])
        lines = self.text.split("\r")
        assert lines.pop() == "", "a message ends with CR"
        self.segments = [line.split(self.field) for line in lines]
        self.segments[0].insert(1, self.field)

    def all(self, name: str) -> list[list[str]]:
        """Every segment called *name*."""
        return [segment for segment in self.segments if segment[0] == name]

    def get(self, name: str, field: int, component: int = 1, repetition: int = 0, sub: int = 1) -> str:
        """A value of the first segment called *name*; "" when it is not there."""
        found = self.all(name)
        return self.of(found[0], field, component, repetition, sub) if found else ""

    def of(self, segment: list[str], field: int, component: int = 1, repetition: int = 0, sub: int = 1) -> str:
        """A value of *segment*, its escapes undone."""
        if field >= len(segment):
            return ""
        repetitions = segment[field].split(self.repetition)
        if repetition >= len(repetitions):
            return ""
        components = repetitions[repetition].split(self.component)
        if component > len(components):
            return ""
        subs = components[component - 1].split(self.subcomponent)
        return self.plain(subs[sub - 1]) if sub <= len(subs) else ""

    def plain(self, text: str) -> str:
        """Undo escapes."""
        marks = {
            "F": self.field,
            "S": self.component,
            "R": self.repetition,
            "E": self.escape,
            "T": self.subcomponent,
            "X0D": "\r",
            ".br": "\n",
        }
        parts = text.split(self.escape)
        assert len(parts) % 2, f"an escape without its end: {text!r}"
        return "".join(marks[part] if n % 2 else part for n, part in enumerate(parts))

    @property
    def kind(self) -> str:
        """MSH-9: code^event."""
        return f"{self.get('MSH', 9)}^{self.get('MSH', 9, 2)}"

    @property
    def number(self) -> str:
        """PID-3: the local number, "authority|value"."""
        return f"{self.get('PID', 3, 4)}|{self.get('PID', 3)}"


@cache
def wires(style: str) -> list[tuple[Sent, Wire]]:
    """The messages of `lived`, cut."""
    return [(sent, Wire(sent.message)) for sent in lived(style)[0]]
