"""Patient and Encounter as people write them -> ADT: who came, where they lie, who they are, and that two are one.

Rules kept here:
  * One step of a stay is one event; its time is EVN-6, and PV1-44 or PV1-45 for a way in or out. What is taken back
    is taken back by the event that cancels it.
  * PID says who the chart says it is now: whoever was unknown comes in under the name that was found. That somebody
    died is said by the message that says so, and by no earlier one.
  * A death, and what was seen of somebody unknown, are OBX beside it (2.5: ADT_A01 has them).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from contrefeu.fhir import Json, derived_id
from contrefeu.hl7 import STANDARD, escape
from contrefeu.mapping import MOVEMENT, RELIABILITY, STAY
from contrefeu.mapping.to_hl7.results import observed_line
from contrefeu.mapping.to_hl7.segments import (
    CLASSES,
    OURS,
    About,
    Interface,
    Unsaid,
    coded,
    line,
    moment,
    patient_number,
    person,
    stay,
    text,
)

_EVENTS = {"admit": "A01", "transfer": "A02", "discharge": "A03", "leave": "A21", "return": "A22"}
_CANCELS = {"admit": "A11", "transfer": "A12", "discharge": "A13", "leave": "A52", "return": "A53"}
_ABOUT = frozenset({"Patient", "Encounter", "RelatedPerson", "Flag", "Observation"})
_PLACES = {"wa": 0, "ro": 1, "bd": 2}
_BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
_SEEN = "SEEN^Signes distinctifs^L"


def admission(resources: Sequence[Json], about: About, interface: Interface) -> tuple[str, list[str]]:
    """One ADT event: of the step that is said, else of the person (A08 in a stay, A31 outside)."""
    kinds = {str(one["resourceType"]) for one in resources}
    if kinds - _ABOUT:
        raise Unsaid("it says several kinds of things")
    steps = [one for one in resources if one["resourceType"] == "Encounter"]
    if len(steps) > 1:
        raise Unsaid("it ends a stay that was begun beside another one")
    told: dict[int, str] = _identity(resources, about)
    pid = person(about, told)
    observed = _observed(resources)
    if steps:
        event, visit, zbe = _step(steps[0], interface)
        return f"ADT^{event}", [_evn(event, about, steps[0]), *pid, *_kin(resources), visit, *zbe, *observed]
    event = "A08" if about.encounter else "A31"
    evn = line("EVN", {1: event, 2: moment(about.at)})
    return f"ADT^{event}", [evn, *pid, *_kin(resources), *stay(about), *observed]


def merge(about: About, lost: str, survivor: str) -> tuple[str, list[str]]:
    """A40: the number *lost* ("authority|value") is this patient's; *survivor* is the segment whose number stays."""
    evn, gone = line("EVN", {1: "A40", 2: moment(about.at)}), patient_number(lost)
    if survivor == "MRG":
        return "ADT^A40", [evn, *person(about, {3: gone}), line("MRG", {1: about.number})]
    return "ADT^A40", [evn, *person(about), line("MRG", {1: gone})]


def _identity(resources: Sequence[Json], about: About) -> dict[int, str]:
    """PID-7 with its hour, 21 mother, 24 and 25 of several, 29 and 30 death, 32 how far it is to be relied on."""
    born: dict[str, Any] = about.patient.get("_birthDate") or {}
    hour = next((str(one["valueDateTime"]) for one in born.get("extension") or [] if one.get("url") == _BIRTH_TIME), "")
    codes = [
        str(inner["valueCoding"].get("code", ""))
        for one in about.patient.get("extension") or []
        if one.get("url") == RELIABILITY
        for inner in one.get("extension") or []
        if inner.get("url") == "identityStatus"
    ]
    rank = about.patient.get("multipleBirthInteger")
    found = {
        7: moment(hour or str(about.patient.get("birthDate", ""))),
        21: _mother(resources),
        24: "Y" if rank else "",
        25: str(rank) if rank else "",
        32: "~".join(escape(code, STANDARD) for code in codes),
    }
    for one in resources:
        if one["resourceType"] == "Patient" and one.get("deceasedDateTime"):
            found |= {29: moment(str(one["deceasedDateTime"])), 30: "Y"}
        elif one["resourceType"] == "Patient" and one.get("deceasedBoolean") is False:
            found |= {30: "N"}
    return found


def _mother(resources: Sequence[Json]) -> str:
    """PID-21: whose chart says that this is a child of theirs."""
    for one in resources:
        number: dict[str, Any] = (one.get("patient") or {}).get("identifier") or {}
        if one["resourceType"] == "RelatedPerson" and _relation(one) == "CHILD" and number.get("value"):
            authority = str(number.get("system", "")).removeprefix("urn:id:")
            return patient_number(f"{authority}|{number['value']}")
    return ""


def _relation(one: Json) -> str:
    codes = [c.get("code", "") for kind in one.get("relationship") or [] for c in kind.get("coding") or []]
    return str(next(iter(codes), ""))


def _kin(resources: Sequence[Json]) -> Iterator[str]:
    """NK1: of this patient; what is said of the mother's chart stands in PID-21."""
    kin = [one for one in resources if one["resourceType"] == "RelatedPerson" and _relation(one) != "CHILD"]
    for n, one in enumerate(kin, 1):
        name: Json = next(iter(one.get("name") or []), {})
        given = " ".join(map(str, name.get("given") or []))
        called = f"{escape(str(name.get('family', '')), STANDARD)}^{escape(given, STANDARD)}"
        relation = coded(next(iter(one.get("relationship") or []), None))
        yield line("NK1", {1: str(n), 2: called.rstrip("^"), 3: relation})


def _observed(resources: Sequence[Json]) -> Iterator[str]:
    n = 0
    for one in resources:
        if one["resourceType"] == "Observation":
            n += 1
            yield observed_line(n, one)
        elif one["resourceType"] == "Flag":
            if _category(one) != "admin" or one.get("status") != "active":
                raise Unsaid("a precaution or a directive: whoever cares for the patient there sets it")
            n += 1
            at = moment(str((one.get("period") or {}).get("start", "")))
            words = text((one.get("code") or {}).get("text", ""))
            yield line("OBX", {1: str(n), 2: "TX", 3: _SEEN, 5: words, 11: "F", 14: at})


def _category(flag: Json) -> str:
    codes = [c.get("code", "") for kind in flag.get("category") or [] for c in kind.get("coding") or []]
    return str(next(iter(codes), ""))


# A step.


def _step(encounter: Json, interface: Interface) -> tuple[str, str, list[str]]:
    """Event, PV1 and ZBE of one step."""
    parts = _parts(encounter)
    kind, at, cancels = parts["kind"], moment(parts["at"]), parts["action"] == "cancel"
    event = (_CANCELS if cancels else _EVENTS).get(kind)
    if event is None:
        raise Unsaid("a step of a stay that no event says")
    inside = str((encounter.get("class") or {}).get("code", ""))
    if event == "A01" and inside != "IMP":
        event = "A04"
    goes_in, goes_out = kind == "admit", kind == "discharge" and not cancels
    hospital: dict[str, Any] = encounter.get("hospitalization") or {}
    pv1 = {
        1: "1",
        2: CLASSES.get(inside, "N"),
        3: _place(encounter),
        36: coded(hospital.get("dischargeDisposition")) if goes_out else "",
        19: visit_number(encounter),
        44: at if goes_in else "",
        45: at if goes_out else "",
    }
    zbe = {1: f"{parts['id']}^{OURS}", 2: at, 4: "CANCEL" if cancels else "INSERT", 5: "N"}
    return event, line("PV1", pv1), [line("ZBE", zbe)] if interface.zbe else []


def _evn(event: str, about: About, encounter: Json) -> str:
    return line("EVN", {1: event, 2: moment(about.at), 6: moment(_parts(encounter)["at"])})


def visit_number(encounter: Json) -> str:
    """PV1-19 of the stay that a step is of: the number of a feed's stay, or one of ours for a stay that began here."""
    key = next((str(one["value"]) for one in encounter.get("identifier") or [] if one.get("system") == STAY), "")
    kind, _, named = key.partition(":")
    if kind == "visit":
        authority, _, value = named.partition("|")
        return f"{escape(value, STANDARD)}^^^{escape(authority, STANDARD)}^VN"
    if kind == "stay":
        return f"{derived_id('Encounter', key)}^^^{OURS}^VN"
    raise Unsaid("a step of a stay that has no number")


def _parts(encounter: Json) -> dict[str, str]:
    for one in encounter.get("extension") or []:
        if one.get("url") == MOVEMENT:
            return {
                part["url"]: str(next(value for name, value in part.items() if name.startswith("value")))
                for part in one.get("extension") or []
            }
    raise Unsaid("a stay of which it says no step")


def _place(encounter: Json) -> str:
    """PL: ward, room, bed."""
    place = ["", "", ""]
    for one in encounter.get("location") or []:
        kind = one["physicalType"]["coding"][0]["code"]
        place[_PLACES[kind]] = escape(str(one["location"]["display"]), STANDARD)
    return "^".join(place).rstrip("^")
