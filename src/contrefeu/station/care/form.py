"""Forms: what is asked, what was typed, what is wrong with it.

Rules kept here:
  * What cannot be is refused beside its field, and nothing that was typed is lost.
  * What is unusual is asked once more, never refused: a second "yes" sends it.
  * A decimal comma or point; digits are kept as they were typed (F5).
  * Nothing is written for the future, and a time of today or of the days before is a time of the hospital's zone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from contrefeu.acts import Function
from contrefeu.chart import Clash, DueItem, Resource
from contrefeu.chart.sheet import Sheet
from contrefeu.fhir import Json
from contrefeu.station.care.medicines import Formulary
from contrefeu.station.care.scribe import Scribe
from contrefeu.station.care.testlist import TestList, shipped_tests
from contrefeu.web import N_

_DECIMAL = re.compile(r"[0-9]{1,6}([.,][0-9]{1,3})?")
_DAY = re.compile(r"([0-3]?[0-9])[/. -]?([01]?[0-9])[/. -]?((?:18|19|20|21)[0-9]{2})")
_HOUR = re.compile(r"([01]?[0-9]|2[0-3]) ?[:hH.]? ?([0-5][0-9])")  # 3:11, 03h11, 0311
DAYS_BACK = 6  # days that a form offers before today: what was written on paper meanwhile is typed by then
AHEAD = timedelta(minutes=1)  # a form shown at the end of a minute names the next one
TEXT_MAX = 10_000  # characters of a note: four pages


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers."""

    code: str
    words: str
    of: str = ""  # a name before the words
    who: str = ""  # a name behind them


@dataclass(frozen=True, slots=True)
class Field:
    """One question."""

    name: str
    label: str
    kind: Literal["number", "text", "area", "choice", "day", "time", "check", "secret"] = "text"
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    low: str = ""  # below it cannot be
    high: str = ""
    required: bool = False
    hint: str = ""
    length_max: int = 300
    value: str = ""  # what stands there at first
    plain: bool = False  # its label is a name, not words of the catalogue
    suggested: tuple[str, ...] = ()  # what may be chosen; anything else may be typed


Problems = dict[str, str]
"""By field ("" for the whole form): what is wrong, in words of the catalogue."""


@dataclass(slots=True)
class Typed:
    """What somebody typed, read field by field; `problems` says what is wrong with it."""

    values: Mapping[str, str]
    scribe: Scribe
    problems: Problems = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)  # what is asked once more: "when|what|entry"
    second: Json | None = None  # the second person who signed with their own code

    @property
    def asked_again(self) -> list[tuple[str, str, str]]:
        """What is asked once more: when it was, what or by whom, and the entry that said it."""
        parts = [one.partition("|") for one in self.doubts]
        return [(when, *rest.partition("|")[::2]) for when, _, rest in parts]

    def text(self, name: str) -> str:
        """What stands in a field."""
        return self.values.get(name, "").strip()

    def number(self, asked: Field) -> Decimal | None:
        """The number in a field; None when it is empty or wrong."""
        text = self.text(asked.name)
        if not text:
            return None
        if not _DECIMAL.fullmatch(text):
            self.problems[asked.name] = N_("Ce n’est pas un nombre.")
            return None
        found = Decimal(text.replace(",", "."))
        if (asked.low and found < Decimal(asked.low)) or (asked.high and found > Decimal(asked.high)):
            self.problems[asked.name] = N_("Cette valeur n’est pas possible.")
            return None
        return found

    def moment(self, *, ahead: bool = False) -> str:
        """The time that fields "day" and "time" say, as FHIR writes it; "" when it is wrong, or *ahead* of now."""
        now = self.scribe.now
        text = self.text("day")
        try:
            day = date.fromisoformat(typed_day(text) or text)
        except ValueError:
            self.problems["day"] = N_("Ce n’est pas une date.")
            return ""
        written = _HOUR.fullmatch(self.text("time"))
        if written is None:
            self.problems["time"] = N_("Une heure, comme 03:15.")
            return ""
        hour = time(int(written[1]), int(written[2]))
        at = datetime.combine(day, hour, self.scribe.zone)
        if (day, hour) == (now.date(), now.time().replace(second=0, microsecond=0)):
            at = now  # of the hour that comes twice in October, the one that runs
        if at > now + AHEAD and not ahead:
            self.problems["time"] = N_("Cette heure n’est pas encore venue.")
            return ""
        return at.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Known:
    """What forms know of the house."""

    tests: TestList = field(default_factory=shipped_tests)
    limits: bool = False  # whether a biologist signed the list's critical limits
    prescribers: tuple[Choice, ...] = ()
    second_check: tuple[str, ...] = ()  # parts of names of drugs that two persons give
    controlled: tuple[str, ...] = ()  # parts of names of drugs that go through a register
    stock: tuple[str, ...] = ()  # what the ward's register holds
    language: str = "fr"  # the person's
    formulary: Formulary = field(default_factory=Formulary)
    aids: frozenset[str] = frozenset()  # decision aids that are on
    laboratories: tuple[str, ...] = ()  # that agreed on a range of specimen numbers


@dataclass(frozen=True, slots=True)
class Bed:
    """A bed, and who lies in it."""

    name: str
    who: str = ""  # "" when it is free
    hidden: bool = False  # whether who lies there is not for this person to know (F24)


@dataclass(frozen=True, slots=True)
class Target:
    """What a form is about: a chart, and for some one line of it, or what one entry said."""

    sheet: Sheet
    line: Resource | None = None
    said: Sequence[Resource] = ()  # what an entry made
    known: Known = field(default_factory=Known)
    asked: Mapping[str, str] = field(default_factory=dict)  # what stands in the form's address
    due: Sequence[DueItem] = ()  # doses of the patient, as boards show them
    ward: str = ""  # where somebody goes
    beds: Sequence["Bed"] = ()  # of that ward
    clashes: Sequence[Clash] = ()  # acts that do not go together


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of thing to write."""

    name: str  # of its address
    title: str
    permission: str
    fields: Callable[[Target, Scribe], Sequence[Field]]
    write: Callable[[Target, Typed], list[Json]]
    """The resources to say; reads every field, so that all that is wrong is told at once."""
    line: str = ""  # the type of the line that it is about, "entry" or "clash"; "" for the chart
    button: str = N_("Écrire")
    block: str = ""  # of the chart, where what was written stands
    house: bool = False  # the laboratory's: written during any downtime, whichever ward the patient lies in
    doubt: tuple[str, str] = (
        N_("Rien n’est encore écrit. Une dose de cette prescription est déjà inscrite :"),
        N_("C’est une autre dose, donnée elle aussi."),
    )  # what is asked once more, and what a tick says
    goes: bool = False  # whether somebody goes to a ward, which is chosen first
    left: bool = False  # whether it is about somebody who may have left: their last ward writes it
    function: Function | Literal[""] = "notes"  # of the ward, whose medium decides whether it opens (F3); "": any
    then: str = ""  # where the page goes on; "" for the chart


def moment_fields(scribe: Scribe, ahead: int = 0) -> tuple[Field, Field]:
    """The day and the time at which something is done, now unless said otherwise; up to *ahead* days on."""
    now = scribe.now
    days = tuple(Choice(f"{now.date() - timedelta(days=n)}", "") for n in range(-ahead, DAYS_BACK + 1))
    return (
        Field("day", N_("Jour"), "day", choices=days, required=True, value=days[ahead].code),
        Field("time", N_("Heure"), "time", required=True, value=f"{now:%H:%M}"),
    )


def typed_day(text: str) -> str:
    """Return a day that somebody typed, the day of the month first, as FHIR writes it; "" when it is none.

    >>> typed_day("12/03/1942"), typed_day("12031942"), typed_day("31/02/2000")
    ('1942-03-12', '1942-03-12', '')
    """
    found = _DAY.fullmatch(text.strip())
    try:
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat() if found else ""
    except ValueError:
        return ""


def concept(text: str, *codings: tuple[str, str]) -> dict[str, Any]:
    """A CodeableConcept: words, and (system, code)."""
    found: dict[str, Any] = {"text": text}
    if codings:
        found["coding"] = [{"system": system, "code": code} for system, code in codings]
    return found
