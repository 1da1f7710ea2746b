"""Segments that every message begins with, and what their fields are made of.

Rules kept here:
  * A time is written with its offset; a day as a day. Text is escaped, line by line.
  * Trailing empty fields are left out.
"""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from contrefeu.fhir import Json
from contrefeu.hl7 import STANDARD, escape

SYSTEMS = {  # FHIR system -> HL7 table 0396
    "http://loinc.org": "LN",
    "http://snomed.info/sct": "SCT",
    "http://unitsofmeasure.org": "UCUM",
}
_STRUCTURES = {"ORU^R01": "ORU_R01", "MDM^T02": "MDM_T02", "MDM^T11": "MDM_T01", "RAS^O17": "RAS_O17"}


class Unsaid(Exception):
    """It cannot be said in HL7 v2 as we write it, and why."""


class Interface(Struct, frozen=True):
    """How a receiver wants its messages."""

    version: Literal["2.5", "2.5.1", "2.6"] = "2.5"  # MSH-12
    application: str = "CONTREFEU"  # MSH-3
    facility: str = ""  # MSH-4
    receiver: str = ""  # MSH-5
    mark: str = ""  # MSH-11.2; "" for none


class About(Struct, frozen=True):
    """Whom a message is about."""

    patient: Json  # FHIR Patient
    key: str  # the number that names them, "authority|value"
    encounter: Json  # the stay at that time; {} when there was none
    at: str  # RFC 3339, when it was written
    world: str = "P"
    orders: dict[str, Json] = {}  # "MedicationRequest/id" -> the resource, of those that are named


def line(name: str, fields: dict[int, str]) -> str:
    """Return a segment; *fields* by their number."""
    last = max((number for number, value in fields.items() if value), default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def text(value: Any) -> str:
    """Return words as a field; several lines as repetitions."""
    return "~".join(escape(one, STANDARD) for one in str(value).splitlines())


def moment(value: str) -> str:
    """Return a FHIR date or dateTime as DTM.

    >>> moment("2026-11-24T03:11:58+01:00"), moment("2026-11-24")
    ('20261124031158+0100', '20261124')
    """
    day, mark, rest = value.partition("T")
    if not mark:
        return day.replace("-", "")
    if rest.endswith("Z"):
        rest = rest[:-1] + "+00:00"
    sign = "+" if "+" in rest else "-"
    clock, _, offset = rest.partition(sign)
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
    world = "^".join(filter(None, ("T" if about.world == "T" else "P", interface.mark)))
    return (
        f"MSH|^~\\&|{text(interface.application)}|{text(interface.facility)}|{text(interface.receiver)}||"
        f"{moment(about.at)}||{code}^{event}^{_STRUCTURES[kind]}|{control_id}|{world}|{interface.version}"
        "||||||UNICODE UTF-8"
    )


def person(about: About) -> Iterator[str]:
    """PID: the number that names the chart, name, birth date, sex."""
    authority, _, value = about.key.partition("|")
    official: Json = next(iter(about.patient.get("name") or []), {})
    given = " ".join(map(str, official.get("given") or []))
    name = f"{escape(str(official.get('family', '')), STANDARD)}^{escape(given, STANDARD)}"
    yield line(
        "PID",
        {
            1: "1",
            3: f"{escape(value, STANDARD)}^^^{escape(authority, STANDARD)}^PI",
            5: f"{name}^^^^^L" if name != "^" else "",
            7: moment(str(about.patient.get("birthDate", ""))),
            8: {"male": "M", "female": "F", "other": "O"}.get(str(about.patient.get("gender", "")), ""),
        },
    )


def stay(about: About) -> Iterator[str]:
    """PV1: the stay by its number, when there was one. It moves nobody: where somebody lies is not said."""
    numbers = [one for one in about.encounter.get("identifier") or [] if one.get("value")]
    if numbers:
        system = str(numbers[0].get("system", ""))
        universal = system.removeprefix("urn:oid:")
        namespace = "" if universal != system else system.removeprefix("urn:id:")
        authority = f"{escape(namespace, STANDARD)}" + (f"&{universal}&ISO" if universal != system else "")
        inside = str((about.encounter.get("class") or {}).get("code", ""))
        patient_class = {"IMP": "I", "AMB": "O", "EMER": "E"}.get(inside, "N")
        yield line(
            "PV1", {1: "1", 2: patient_class, 19: f"{escape(str(numbers[0]['value']), STANDARD)}^^^{authority}^VN"}
        )


def own_number(resource: Json) -> str:
    """The number of what was written here, as EI: a UUID of ours.

    Raises:
        Unsaid: It has none: it is about a line of another's making.
    """
    for number in resource.get("identifier") or []:
        if str(number.get("value", "")).startswith("urn:uuid:"):
            return f"{str(number['value']).removeprefix('urn:uuid:')}^CONTREFEU"
    raise Unsaid("it changes a line that another system made")
