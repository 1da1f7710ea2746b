"""HL7 v2 data types as FHIR ones (HL7 v2-to-FHIR, data type maps: CX, XPN, XAD, XTN, CWE, XCN, EI, NM).

Rules kept here:
  * A number is (authority, value): the authority is the one that was sent, else the feed's (FIELD F23).
  * A value is never reparsed: what is not a plain decimal stays text, word for word (F5).
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache, wraps
from typing import TypeVar
from zoneinfo import ZoneInfo

from contrefeu.fhir import (
    Address,
    CodeableConcept,
    Coding,
    ContactPoint,
    HumanName,
    Identifier,
    Quantity,
    Reference,
)
from contrefeu.hl7 import Message, Moment, Rep, Segment, parse_moment
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.tables.codes import (
    ADDRESS_USES,
    CODE_SYSTEMS,
    DUMMY_NUMBERS,
    NAME_USES,
    NATIONAL_AUTHORITIES,
    NATIONAL_TYPES,
    PHONE_SYSTEMS,
    PHONE_USES,
)

_NO_TIME = "a time in no form that can be read: it stands in the message, not on the chart"
_TWICE = "a time in the hour that a clock change repeats, without its offset: the first of both is shown"
_NEVER = "a time in the hour that a clock change skips: it is shown as it was sent"
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+")


READINGS_MAX = 8_192  # of each data type that are remembered, some 5 MB: a house has as many codes, people and units
DEFAULT_CHARS_MAX = 256  # characters of what a sender calls itself, beside a field that is remembered

T = TypeVar("T")


def once(read: Callable[[Rep, str], T]) -> Callable[[Rep, str], T]:
    """Read the same short field once: whatever is made of it never changes."""
    kept = lru_cache(maxsize=READINGS_MAX)(read)

    @wraps(read)
    def read_once(rep: Rep, default: str) -> T:
        return kept(rep, default) if rep.is_short and len(default) <= DEFAULT_CHARS_MAX else read(rep, default)

    return read_once


class Times:
    """The times of one feed, and what was doubtful of those that were read."""

    __slots__ = ("doubts", "zone")

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.doubts: dict[str, None] = {}

    def moment(self, raw: str) -> Moment | None:
        """Read a time of this feed."""
        if not raw:
            return None
        found = parse_moment(raw, self.zone)
        if found is None:
            self.doubts[_NO_TIME] = None
        elif found.ambiguous or found.missing:
            self.doubts[_TWICE if found.ambiguous else _NEVER] = None
        return found

    def when(self, raw: str) -> str:
        """A time as FHIR writes it; "" when there is none."""
        found = self.moment(raw) if raw else None
        return found.fhir if found is not None else ""

    def instant(self, raw: str) -> str:
        """A time as a FHIR instant: "" for a mere day, month or year."""
        found = self.when(raw)
        return found if len(found) > 10 else ""


class Context(Times):
    """What every translator needs beside the segment: the feed's zone, and whose numbers those without a name are."""

    __slots__ = ("accession", "authority", "control_id", "message", "sent", "sent_at", "sent_ns", "survivor")

    def __init__(
        self, message: Message, zone: ZoneInfo, authority: str, survivor: str = "PID", accession: str = "OBR-18"
    ) -> None:
        super().__init__(zone)
        self.message = message
        self.authority = authority
        self.survivor = survivor
        self.accession = int(accession.partition("-")[2])  # field of OBR
        self.control_id = message.control_id
        self.sent = self.moment(message.message_time)
        self.sent_ns = nanoseconds(self.sent)
        written = self.sent.fhir if self.sent is not None else ""
        self.sent_at = written if len(written) > 10 else ""  # as a FHIR instant


def authority_of(rep: Rep, component: int, default: str) -> str:
    """Who gave a number: namespace, else universal id, else the feed."""
    return rep.text(component, 1) or rep.text(component, 2) or default


def system_of(rep: Rep, component: int, default: str) -> str:
    """The FHIR system of a number: an OID where there is one."""
    universal = rep.text(component, 2)
    if _OID.fullmatch(universal):
        return f"urn:oid:{universal}"
    return f"urn:id:{authority_of(rep, component, default)}"


def is_national(rep: Rep) -> bool:
    """Whether a CX is a national number: it says who somebody is, and never joins two charts by itself (F23)."""
    return rep.text(5) in NATIONAL_TYPES or rep.text(4, 2) in NATIONAL_AUTHORITIES


def is_dummy(value: str) -> bool:
    """Whether a number stands for "unknown"."""
    return value.upper() in DUMMY_NUMBERS or (len(value) >= 4 and len(set(value)) == 1 and value[0] in "09X")


@once
def key_of(rep: Rep, default: str) -> str:
    """The identity key of a CX; "" for an empty or dummy number."""
    value = rep.text(1).strip()
    return "" if not value or is_dummy(value) else f"{authority_of(rep, 4, default)}|{value}"


@once
def identifier(rep: Rep, default: str) -> Identifier | None:
    """CX -> Identifier."""
    value = rep.text(1).strip()
    if not value:
        return None
    kind = _code(rep.text(5))
    authority = authority_of(rep, 4, default)
    return Identifier(
        system=system_of(rep, 4, default),
        value=value,
        type=CodeableConcept([Coding("http://terminology.hl7.org/CodeSystem/v2-0203", kind)]) if kind else None,
        assigner=Reference(display=authority),
    )


def entity(segment: Segment, number: int, default: str) -> tuple[str, Identifier] | None:
    """EI -> its key and Identifier; None when there is none."""
    rep = segment.rep(number)
    return _entity(rep, default) if rep is not None else None


@once
def _entity(rep: Rep, default: str) -> tuple[str, Identifier] | None:
    value = rep.text(1).strip()
    if not value:
        return None
    authority = rep.text(2) or rep.text(3) or default
    universal = rep.text(3)
    system = f"urn:oid:{universal}" if _OID.fullmatch(universal) else f"urn:id:{authority}"
    return f"{authority}|{value}", Identifier(system=system, value=value)


def name(rep: Rep) -> HumanName | None:
    """XPN -> HumanName."""
    family, given, middle, suffix, prefix, degree, kind = rep.texts(7)
    further = middle.split()
    if not family and not given and not further:
        return None
    return HumanName(
        use=NAME_USES.get(kind, ""),
        family=family,
        given=list(dict.fromkeys(part for part in (given, *further) if part)),  # the INS lists the first one again
        suffix=[part for part in (suffix, degree) if part],
        prefix=[prefix] if prefix else [],
    )


def address(rep: Rep) -> Address | None:
    """XAD -> Address."""
    first, second, city, state, code, country, kind = rep.texts(7)
    line = [part for part in (first, second) if part]
    if not line and not city and not code and not country:
        return None
    return Address(use=ADDRESS_USES.get(kind, ""), line=line, city=city, state=state, postalCode=code, country=country)


def telecom(rep: Rep, use: str = "") -> ContactPoint | None:
    """XTN -> ContactPoint."""
    whole, kind, equipment, mail, country, area, local, *_, unformatted = rep.texts(12)
    system = PHONE_SYSTEMS.get(equipment, "phone")
    value = mail if system == "email" else ""
    value = value or unformatted or whole or words((country, area, local))
    return ContactPoint(system, value, PHONE_USES.get(kind, use)) if value else None


def concept(rep: Rep) -> CodeableConcept | None:
    """CWE, CE -> CodeableConcept: both codes, and the words that were sent."""
    return _concept(rep, "")


@once
def _concept(rep: Rep, _: str) -> CodeableConcept | None:
    parts = rep.components
    parts += [""] * (9 - len(parts))
    mark = rep.subcomponent_mark
    if mark and mark in rep.raw:
        parts = [rep.text(at) for at in range(1, len(parts) + 1)]
    codings = [Coding(_system(parts[at + 2]), code, parts[at + 1]) for at in (0, 3) if (code := _code(parts[at]))]
    text = parts[8] or parts[1] or parts[4] or parts[0]
    if not codings and not text:
        return None
    return CodeableConcept(codings, text)


def concept_of(segment: Segment, number: int, repetition: int = 0) -> CodeableConcept | None:
    """A field of CWE -> CodeableConcept."""
    if repetition == 0:
        rep = segment.rep(number)
        return _concept(rep, "") if rep is not None else None
    reps = segment.reps(number)
    return _concept(reps[repetition], "") if repetition < len(reps) else None


def person(rep: Rep) -> Reference | None:
    """XCN, CNN -> Reference: number and name of a professional."""
    return _person(rep, "")


@once
def _person(rep: Rep, _: str) -> Reference | None:
    number, family, given, _, _, title = rep.texts(6)
    called = words((title, given, family))
    if not number and not called:
        return None
    authority = rep.text(9, 1) or rep.text(9, 2)
    found = Identifier(system=f"urn:id:{authority}" if authority else "", value=number) if number else None
    return Reference(identifier=found, display=called or number)


def first_person(segment: Segment, *numbers: int) -> Reference | None:
    """The first professional in these fields."""
    for number in numbers:
        for rep in segment.reps(number):
            found = _person(rep, "")
            if found is not None:
                return found
    return None


def decimal(text: str) -> Decimal | None:
    """A plain decimal, with its digits; None for anything else ("4,2", "<0,5", "1e3")."""
    return Decimal(text) if _DECIMAL.fullmatch(text) and len(text) <= 30 else None


def quantity(text: str, unit: str = "") -> Quantity | None:
    """NM and a unit -> Quantity; None when the number is not a plain decimal."""
    value = decimal(text.strip())
    return None if value is None else Quantity(value=value, unit=unit)


def whole_number(text: str) -> int | None:
    """A count; None for anything but ASCII digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def unit_words(rep: Rep | None) -> str:
    """A unit as it was sent: its code, else its words."""
    return (rep.text(1) or rep.text(2)) if rep is not None else ""


def words(values: Iterable[str], separator: str = " ") -> str:
    """Join what is there."""
    return separator.join(value for value in values if value)


def _code(text: str) -> str:
    """A code as FHIR takes it: no blanks around, single ones within."""
    return text if text.isalnum() else " ".join(text.split())


def _system(name: str) -> str:
    """Coding system of a v2 table 0396 name."""
    if not name:
        return ""
    return CODE_SYSTEMS.get(name.upper(), f"urn:id:{name}" if not _OID.fullmatch(name) else f"urn:oid:{name}")
