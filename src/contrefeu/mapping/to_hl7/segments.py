"""Segments that every message begins with, and what their fields are made of.

Rules kept here:
  * An object is called by a number of ours, the same in every message: its UUID. A line that another system made is
    called by that system's number.
  * A time is written with its offset; a day as a day. Text is escaped, line by line.
  * Trailing empty fields are left out.
"""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from contrefeu.fhir import Json
from contrefeu.hl7 import STANDARD, escape
from contrefeu.mapping.reading import OBJECT

SYSTEMS = {  # FHIR system -> HL7 table 0396
    "http://loinc.org": "LN",
    "http://snomed.info/sct": "SCT",
    "http://unitsofmeasure.org": "UCUM",
}
_STRUCTURES = {  # HL7 v2.5, table 0354: those whose structure is called otherwise
    "ADT^A04": "ADT_A01",
    "ADT^A08": "ADT_A01",
    "ADT^A11": "ADT_A09",
    "ADT^A12": "ADT_A09",
    "ADT^A13": "ADT_A01",
    "ADT^A22": "ADT_A21",
    "ADT^A31": "ADT_A05",
    "ADT^A40": "ADT_A39",
    "ADT^A53": "ADT_A52",
    "MDM^T11": "MDM_T01",
}
_OBJECT = OBJECT.rstrip("|")
_UUID = "urn:uuid:"
_NAMES = {"temp": "U", "usual": "D", "maiden": "M", "nickname": "N", "anonymous": "S"}  # 0200
CLASSES = {"IMP": "I", "AMB": "O", "EMER": "E"}  # v3-ActCode -> 0004
OURS = "CONTREFEU"  # the authority of our numbers


class Unsaid(Exception):
    """It cannot be said in HL7 v2 as we write it, and why."""


class Interface(Struct, frozen=True):
    """How a receiver wants its messages."""

    version: Literal["2.5", "2.5.1", "2.6"] = "2.5"  # MSH-12
    application: str = "CONTREFEU"  # MSH-3
    facility: str = ""  # MSH-4
    receiver: str = ""  # MSH-5
    mark: str = ""  # MSH-11.2; "" for none
    prescriptions: Literal["OMP", "RDE"] = "OMP"  # in which message a prescription goes
    allergies: Literal["A60", "A08"] = "A60"  # with which event an allergy goes: with its own number, or plain
    orders: bool = False  # whether prescriptions written here go there: a dose of one that does not names nothing
    zbe: bool = False  # whether movements have their own numbers (IHE PAM, ZBE)
    codes: dict[str, str] = {}  # our code, word or ward -> theirs
    survivor: Literal["PID", "MRG"] = "PID"  # whose number stays in a merge
    struck: tuple[str, str] = ("SC", "ER")  # ORC-1 and ORC-5 of an order that was taken back as written by mistake


class About(Struct, frozen=True):
    """Whom a message is about."""

    patient: Json  # FHIR Patient
    key: str  # the number that names them, "authority|value"
    encounter: Json  # the stay at that time; {} when there was none
    at: str  # RFC 3339, when it was written
    world: str = "P"
    lines: dict[str, Json] = {}  # "MedicationRequest/id" -> the resource, of what the chart holds

    @property
    def number(self) -> str:
        """The number that names them, as CX: under its authority as its sender wrote it."""
        authority, _, value = self.key.partition("|")
        for one in self.patient.get("identifier") or []:
            if one.get("value") == value and authority_of(one) == authority:
                return cx(one, next(iter(_codes(one.get("type"))), "PI"))
        return patient_number(self.key)


def line(name: str, fields: dict[int, str]) -> str:
    """Return a segment; *fields* by their number."""
    last = max((number for number, value in fields.items() if value), default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def patient_number(key: str, kind: str = "PI") -> str:
    """Return "authority|value" as CX."""
    authority, _, value = key.partition("|")
    return f"{escape(value, STANDARD)}^^^{escape(authority, STANDARD)}^{kind}"


def cx(identifier: Json, kind: str) -> str:
    """Return an Identifier as CX: its authority by name, and by OID where it has one."""
    universal = str(identifier.get("system", "")).removeprefix("urn:oid:")
    named = escape(authority_of(identifier), STANDARD)
    if universal != identifier.get("system"):
        named = f"{named if named != universal else ''}&{universal}&ISO"
    return f"{escape(str(identifier['value']), STANDARD)}^^^{named}^{kind}"


def authority_of(identifier: Json) -> str:
    """Return who gave a number, as its sender calls it: the first half of the key that names a chart."""
    system = str(identifier.get("system", ""))
    said = str((identifier.get("assigner") or {}).get("display", ""))
    return said or system.removeprefix("urn:id:").removeprefix("urn:oid:")


def _codes(concept: Any) -> list[str]:
    return [str(one["code"]) for one in (concept or {}).get("coding") or [] if one.get("code")]


def text(value: Any) -> str:
    """Return words as a field; several lines as repetitions."""
    return "~".join(escape(one, STANDARD) for one in str(value).splitlines())


def moment(value: str) -> str:
    """Return a FHIR date or dateTime as DTM.

    >>> moment("2026-11-24T03:11:58+01:00"), moment("2026-11-24"), moment("2026-11-24T03:11:58.250000Z")
    ('20261124031158+0100', '20261124', '20261124031158.25+0000')
    """
    day, mark, rest = value.partition("T")
    if not mark:
        return day.replace("-", "")
    if rest.endswith("Z"):
        rest = rest[:-1] + "+00:00"
    sign = "+" if "+" in rest else "-"
    clock, _, offset = rest.partition(sign)
    clock, _, fraction = clock.partition(".")
    fraction = fraction[:4].rstrip("0")  # DTM has four digits of a second
    clock += f".{fraction}" if fraction else ""
    return f"{day.replace('-', '')}{clock.replace(':', '')}" + (f"{sign}{offset.replace(':', '')}" if offset else "")


def coded(concept: Any) -> str:
    """Return a CodeableConcept as CWE: code, words, system."""
    found = concept if isinstance(concept, dict) else {}
    coding: Json = next((one for one in found.get("coding") or [] if one.get("code")), {})
    words = str(found.get("text") or coding.get("display") or "")
    system = SYSTEMS.get(str(coding.get("system", "")), "L" if coding else "")
    parts = (str(coding.get("code", "")), words.replace("\n", " "), system)
    return "^".join(escape(part, STANDARD) for part in parts).rstrip("^")


def who(reference: Any) -> str:
    """Return a professional as XCN: login, name."""
    found = reference if isinstance(reference, dict) else {}
    number = str((found.get("identifier") or {}).get("value", ""))
    return f"{escape(number, STANDARD)}^{escape(str(found.get('display', '')), STANDARD)}".rstrip("^")


def header(kind: str, about: About, interface: Interface, control_id: str) -> str:
    """MSH."""
    code, _, event = kind.partition("^")
    structure = _STRUCTURES.get(kind, f"{code}_{event}")
    world = "^".join(filter(None, ("T" if about.world == "T" else "P", interface.mark)))
    return (
        f"MSH|^~\\&|{text(interface.application)}|{text(interface.facility)}|{text(interface.receiver)}||"
        f"{moment(about.at)}||{code}^{event}^{structure}|{control_id}|{world}|{interface.version}"
        "||||||UNICODE UTF-8"
    )


def person(about: About, more: dict[int, str] | None = None) -> Iterator[str]:
    """PID: the number that names the chart, name, birth date, sex; and *more* fields."""
    names = [name for one in about.patient.get("name") or [] if (name := _name(one))]
    yield line(
        "PID",
        {
            1: "1",
            3: about.number,
            5: "~".join(names),
            7: moment(str(about.patient.get("birthDate", ""))),
            8: {"male": "M", "female": "F", "other": "O"}.get(str(about.patient.get("gender", "")), ""),
            **(more or {}),
        },
    )


def _name(one: Json) -> str:
    """XPN: family, first given, further given, and which name it is (0200: "U" is a name that is nobody's)."""
    first, *further = [escape(str(given), STANDARD) for given in one.get("given") or [""]]
    family = escape(str(one.get("family", "")), STANDARD)
    kind = _NAMES.get(str(one.get("use", "")), "L")
    return f"{family}^{first}^{' '.join(further)}^^^^{kind}" if family or first else ""


def stay(about: About) -> Iterator[str]:
    """PV1: the stay by its number, when there was one. It moves nobody: where somebody lies is not said."""
    numbers = [one for one in about.encounter.get("identifier") or [] if one.get("value")]
    number = f"{about.encounter['id']}^^^{OURS}^VN" if about.encounter.get("id") else ""
    if numbers:
        number = cx(numbers[0], "VN")
    if number:
        inside = str((about.encounter.get("class") or {}).get("code", ""))
        yield line("PV1", {1: "1", 2: CLASSES.get(inside, "N"), 19: number})


def own_number(resource: Json, about: "About | None" = None) -> str:
    """The number of what was written here, as EI: a UUID of ours.

    Raises:
        Unsaid: It has none: it is about a line of another's making.
    """
    found = _uuid(resource) or (_uuid(said_before(resource, about)) if about is not None else "")
    if not found:
        raise Unsaid("it changes a line that another system made")
    return f"{found}^{OURS}"


def order_number(resource: Json, about: "About") -> str:
    """The placer's number of an order, as EI: ours for what was written here, else its sender's.

    Raises:
        Unsaid: It has none.
    """
    before = said_before(resource, about)
    if own := _uuid(resource) or _uuid(before):
        return f"{own}^{OURS}"
    numbers = [
        one for one in (before or resource).get("identifier") or [] if one.get("value") and one.get("system") != _OBJECT
    ]
    if not numbers:
        raise Unsaid("an order without a number")
    system, value = str(numbers[0].get("system", "")), escape(str(numbers[0]["value"]), STANDARD)
    universal = system.removeprefix("urn:oid:")
    if universal != system:
        return f"{value}^^{universal}^ISO"
    return f"{value}^{escape(system.removeprefix('urn:id:'), STANDARD)}"


def said_before(resource: Json, about: "About | None") -> Json:
    """The line of the chart that *resource* says anew; {} when it is new."""
    return about.lines.get(line_of(resource), {}) if about is not None else {}


def line_of(resource: Json) -> str:
    """What the line of the chart is called that *resource* says anew, "Type/id"; "" when it is new."""
    own = next((one["value"] for one in resource.get("identifier") or [] if one.get("system") == _OBJECT), "")
    return f"{resource.get('resourceType')}/{own}" if own else ""


def _uuid(resource: Json) -> str:
    values = (str(one.get("value", "")) for one in resource.get("identifier") or [])
    return next((value.removeprefix(_UUID) for value in values if value.startswith(_UUID)), "")
