"""The systems of the house, and the habits that each has on the wire.

Rules kept here:
  * A system is its MSH-3 and MSH-4, and keeps its delimiters, character set, way to write times, control ids and way
    to be acknowledged for ever: an interface is set up once.
  * Every message is marked T in MSH-11: what a simulated house says is never charted beside real patients.
  * MSH-10 is never used twice by one system.

Enhanced mode (HL7 v2.5, 2.9.3): MSH-15 AL and MSH-16 NE ask for a commit acknowledgement, CA; the others are in the
original mode and wait for AA.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

from contrefeu.drill.writing import NS_PER_S, Pen, Stamps

Style = Literal["fr", "intl"]
System = Literal[
    "admissions", "orders", "laboratory", "pharmacy", "imaging", "theatre", "documents", "monitors"
]  # fmt: skip
KEPT_MAX = 5_000  # written segments that a system keeps: twice the beds of the largest house
TRAINING = "T"  # MSH-11, HL7 table 0103


@dataclass(frozen=True, slots=True)
class Habits:
    """How one system writes."""

    system: System
    application: str
    delimiters: str = "|^~\\&"
    charset: str = ""  # MSH-18; without it the system writes plain letters only
    codec: str = "ascii"
    precision: str = "second"
    offset: bool = False
    enhanced: bool = False
    control: str = "number"  # number, dated, hex
    sets_numbered: bool = True  # whether PID-1 and PV1-1 hold a 1


_FRENCH: tuple[Habits, ...] = (
    Habits("admissions", "GAP", charset="8859/1", codec="latin-1", sets_numbered=False),
    Habits("orders", "DPI", charset="UNICODE UTF-8", codec="utf-8", control="hex", enhanced=True),
    Habits("laboratory", "SGL", charset="UNICODE UTF-8", codec="utf-8", offset=True, control="dated", enhanced=True),
    Habits("pharmacy", "PHARMA", charset="8859/15", codec="iso8859-15", control="dated"),
    Habits("imaging", "RIS", precision="minute"),
    Habits("theatre", "BLOC", "|$*!%", charset="8859/1", codec="latin-1", precision="millisecond", offset=True),
    Habits("documents", "GED", charset="UNICODE UTF-8", codec="utf-8", control="hex", offset=True),
    Habits("monitors", "CENTRALE", control="dated", enhanced=True),
)
_INTERNATIONAL = {
    "admissions": "PAS",
    "orders": "EHR",
    "laboratory": "LIS",
    "pharmacy": "PHARM",
    "imaging": "RIS",
    "theatre": "THEATRE",
    "documents": "DOCS",
    "monitors": "CENTRAL",
}
_TABLE = str.maketrans(
    "àâäçéèêëîïôöùûüÿÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸµ’°", "aaaceeeeiioouuuyAAACEEEEIIOOUUUYu'o"
)  # what a system that knows no accent makes of one


class Sender:
    """One system with its pen, its clock's way of writing and its counter."""

    def __init__(self, habits: Habits, style: Style, seed: int, zone: str) -> None:
        self.habits = habits
        self.system = habits.system
        self.style = style
        self.pen = Pen(habits.delimiters)
        self.stamps = Stamps(zone, precision=habits.precision, offset=habits.offset)
        self._seed = seed
        self._count = 0
        self._written = (-1, "")
        self._kept: dict[str, tuple[tuple[object, ...], str]] = {}
        self._step = {"minute": 60 * NS_PER_S, "second": NS_PER_S, "millisecond": 1_000_000}[habits.precision]
        facility = "CHST" if style == "fr" else "ELSEWHERE"
        self._head = {3: habits.application, 4: facility, 5: "CONTREFEU", 6: facility}
        self._tail = {11: TRAINING, 12: "2.5"}
        if style == "fr" and habits.system == "admissions":
            self._tail[12] = self.pen.parts("2.5", "FRA", "2.11")
        if habits.enhanced:
            self._tail |= {15: "AL", 16: "NE"}
        if style == "fr":
            self._tail[17] = "FRA"
        if habits.charset:
            self._tail[18] = habits.charset

    @property
    def commit(self) -> str:
        """MSA-1 of a message that was kept, in this system's mode (HL7 table 0008)."""
        return "CA" if self.habits.enhanced else "AA"

    def time(self, at_ns: int) -> str:
        """A time as this system writes it."""
        if self._written[0] != at_ns:  # a message says one time many times
            self._written = (at_ns, self.stamps.time(at_ns))
        return self._written[1]

    def exact(self, at_ns: int) -> int:
        """*at_ns*, as far as this system writes it."""
        return at_ns - at_ns % self._step

    def words(self, text: str) -> str:
        """*text*, as far as this system can write it."""
        return text if self.habits.charset else text.translate(_TABLE).encode("ascii", "replace").decode()

    def text(self, value: str) -> str:
        """*value*, escaped."""
        return self.pen.text(self.words(value))

    def parts(self, *values: str) -> str:
        """Components, escaped."""
        if not self.habits.charset:
            values = tuple([self.words(value) for value in values])
        return self.pen.parts(*values)

    def once(self, name: str, told: tuple[object, ...], write: Callable[[], str]) -> str:
        """What *write* gives, written once while *told* stays the same: most messages repeat who they are about."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != told:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            kept = self._kept[name] = (told, write())
        return kept[1]

    def message(self, kind: str, structure: str, at_ns: int, segments: list[str]) -> bytes:
        """Return a message; *kind* is written CODE^EVENT."""
        code, _, event = kind.partition("^")
        self._count += 1
        fields = self._head | {
            7: self.time(at_ns),
            9: self.pen.join(code, event, structure),
            10: self._control_id(at_ns),
        }
        lines = [self.pen.header(fields | self._tail), *segments, ""]
        return "\r".join(lines).encode(self.habits.codec)

    def _control_id(self, at_ns: int) -> str:
        if self.habits.control == "number":
            return str(1_117_900_000 + self._count)
        if self.habits.control == "dated":
            return f"{self.stamps.local(at_ns):%Y%m%d}{self._count:07}"
        return sha256(f"{self._seed}/{self.system}/{self._count}".encode()).hexdigest()[:20]


def senders(style: Style, seed: int, zone: str) -> dict[System, Sender]:
    """Return the systems of a house."""
    table = _FRENCH
    if style == "intl":
        table = tuple(replace(habits, application=_INTERNATIONAL[habits.system]) for habits in _FRENCH)
    return {habits.system: Sender(habits, style, seed, zone) for habits in table}
