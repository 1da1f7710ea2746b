"""Writing HL7 v2 text: delimiters, escapes, segments, times.

Rules kept here:
  * This is the drill's own pen. It shares no line with the reader (`contrefeu.hl7`): a mistake made in both would
    pass unseen.
  * Every delimiter inside a text is escaped, under the sender's own delimiters (HL7 v2.5, 2.7).
  * A time is written as its sender writes it: precision and offset are habits, kept per sender.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

NS_PER_S = 1_000_000_000  # the house counts in nanoseconds since 1970


class Pen:
    """One sender's delimiters, and text escaped under them."""

    def __init__(self, delimiters: str = "|^~\\&") -> None:
        self.field, self.component, self.repetition, self.escape, self.subcomponent = tuple(delimiters)
        names = {self.field: "F", self.component: "S", self.repetition: "R", self.escape: "E", self.subcomponent: "T"}
        self._table = {ord(mark): f"{self.escape}{name}{self.escape}" for mark, name in names.items()}
        self._table[ord("\r")] = f"{self.escape}X0D{self.escape}"
        self._table[ord("\n")] = f"{self.escape}.br{self.escape}"  # 2.7.6: a new line in formatted text
        self._marks = frozenset([*names, "\r", "\n"])

    def text(self, value: str) -> str:
        """Escape *value*."""
        return value if self._marks.isdisjoint(value) else value.translate(self._table)

    def parts(self, *values: str) -> str:
        """Join components, each escaped; empty ones at the end are left out."""
        return self.component.join([self.text(value) if value else "" for value in values]).rstrip(self.component)

    def join(self, *written: str) -> str:
        """Join components that are written already (they may hold subcomponents)."""
        return self.component.join(written).rstrip(self.component)

    def sub(self, *values: str) -> str:
        """Join subcomponents, each escaped."""
        return self.subcomponent.join([self.text(value) if value else "" for value in values])

    def repeat(self, *written: str) -> str:
        """Join repetitions that are written already."""
        return self.repetition.join([value for value in written if value])

    def segment(self, name: str, fields: dict[int, str]) -> str:
        """Write a segment from field numbers and fields that are written already."""
        cells = [""] * (max(fields) + 1)
        cells[0] = name
        for number, value in fields.items():
            cells[number] = value
        return self.field.join(cells)

    def header(self, fields: dict[int, str]) -> str:
        """Write MSH: MSH-1 is the field separator itself, MSH-2 the four others."""
        cells = [""] * max(fields)
        cells[0] = "MSH"
        cells[1] = self.component + self.repetition + self.escape + self.subcomponent
        for number, value in fields.items():
            cells[number - 1] = value
        return self.field.join(cells)


class Stamps:
    """One sender's way of writing a time."""

    def __init__(self, zone: str, *, precision: str = "second", offset: bool = False) -> None:
        self.zone = ZoneInfo(zone)
        self._length = {"minute": 12, "second": 14, "millisecond": 18}[precision]
        self._offset = offset

    def local(self, at_ns: int) -> datetime:
        """The wall time of *at_ns* where the sender stands."""
        return datetime.fromtimestamp(at_ns // NS_PER_S, self.zone)

    def time(self, at_ns: int) -> str:
        """Write a time stamp (HL7 v2.5, 2.A.22 DTM)."""
        t = self.local(at_ns)
        text = f"{t.year:04}{t.month:02}{t.day:02}{t.hour:02}{t.minute:02}{t.second:02}"
        if self._length == 18:
            text += f".{at_ns // 1_000_000 % 1000:03}"
        text = text[: self._length]
        return text + t.strftime("%z") if self._offset else text
