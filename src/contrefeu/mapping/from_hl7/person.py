"""PID, PD1, NK1, PV1-16 -> who the patient is (v2-to-FHIR: segment PID to Patient; IHE PAM France for PID-32).

Rules kept here:
  * Only what was sent is said: an absent field is no statement, a null one clears.
  * The INS identifies somebody and never a chart: it is an identifier, not a key (FIELD F22, F23).
"""

from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.fhir import (
    CodeableConcept,
    Coding,
    Extension,
    HumanName,
    Identifier,
    Json,
    Patient,
    PatientContact,
    PatientLink,
    Reference,
    plain,
)
from contrefeu.hl7 import Notation, Segment
from contrefeu.mapping.from_hl7.datatypes import (
    Context,
    Times,
    address,
    concept_of,
    first_person,
    identifier,
    is_national,
    key_of,
    name,
    person,
    telecom,
    whole_number,
)
from contrefeu.mapping.from_hl7.stay import RESTRICTED
from contrefeu.mapping.tables.codes import GENDERS

RELIABILITY = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
MOTHERS_NAME = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
# PID-32 (table 0445 and its French values) that hide a person (FIELD F24)
_HIDDEN = frozenset({"ANOM", "CACH"})
_OWN_PHYSICIAN = frozenset({"ODRP", "PP", "FHCP"})  # 0443; IHE PAM France, ROL-3
_LOCAL = frozenset({"PI", "MR", "PT"})  # 0203: numbers that a house gives its patients
_NO_PATIENT = frozenset({"AN", "VN", "XX"})  # 0203: numbers of accounts, visits, organisations
PEOPLE_MAX = 8_192  # PID segments that are remembered, some 40 MB: three senders write of 2,500 beds
PID_CHARS_MAX = 2_000  # characters of a PID that is remembered, with its sender's name
# PID field -> element of Patient, for nulls
_NULLS = {
    5: "name",
    7: "birthDate",
    8: "gender",
    11: "address",
    13: "telecom",
    16: "maritalStatus",
    29: "deceasedDateTime",
}


class Said(Struct, frozen=True):
    """What a PID says of a person; shared by the messages that repeat it, so nobody changes it."""

    keys: list[str]  # of the patient, the local number first; none when the message gives no local number
    elements: Json  # of Patient
    cleared: list[str]  # elements that it takes back
    doubts: list[str]  # what was doubtful of its times


def read_pid(pid: Segment, context: Context) -> Said:
    """Return what PID says of the patient."""
    asked = (pid.line, pid.notation, context.zone, context.authority)
    short = len(pid.line) + len(context.authority) <= PID_CHARS_MAX
    found = _kept(*asked) if short else _read(*asked)
    context.doubts.update(dict.fromkeys(found.doubts))
    return found


def _read(line: str, notation: Notation, zone: ZoneInfo, authority: str) -> Said:
    pid = Segment(line, 0, notation)
    times = Times(zone)
    elements, cleared = _elements(pid, times, authority)
    return Said(_keys(pid, authority), elements, cleared, list(times.doubts))


_kept = lru_cache(maxsize=PEOPLE_MAX)(_read)


def _keys(pid: Segment, authority: str) -> list[str]:
    local: list[tuple[int, str]] = []
    for field in (3, 2, 4):
        for rep in pid.reps(field):
            key, kind = key_of(rep, authority), rep.text(5)
            if key and kind not in _NO_PATIENT and not is_national(rep):
                local.append((0 if kind in _LOCAL else 1, key))
        if local:
            break
    local.sort(key=lambda found: found[0])
    return list(dict.fromkeys(key for _, key in local))


def _elements(pid: Segment, times: Times, authority: str) -> tuple[Json, list[str]]:
    """What PID says, as elements of Patient, and which of them it clears."""
    found = Patient(
        identifier=_identifiers(pid, authority),
        name=[called for rep in pid.reps(5) if (called := name(rep))] + _aliases(pid),
        gender=GENDERS.get(pid.text(8).upper(), "unknown") if pid.has(8) else "",
        address=[lives for rep in pid.reps(11) if (lives := address(rep))],
        telecom=[
            one for field, use in ((13, ""), (14, "work")) for rep in pid.reps(field) if (one := telecom(rep, use))
        ],
        maritalStatus=concept_of(pid, 16) if pid.has(16) else None,
        extension=_extensions(pid),
        link=_mother(pid, authority),
    )
    born = times.moment(pid.text(7))
    if born is not None:
        found.birthDate = born.date
        if pid.text(7)[8:10] == "24" and (day := times.moment(pid.text(7)[:8])) is not None:
            found.birthDate = day.date  # who was born at 24:00 was born on that day: a date is never shifted
    rank = whole_number(pid.text(25))
    if rank:
        found.multipleBirthInteger = rank
    values = plain(found)
    del values["resourceType"]
    if born is not None and len(born.fhir) > 10:
        values["_birthDate"] = {"extension": [{"url": BIRTH_TIME, "valueDateTime": born.fhir}]}
    _death(pid, times, values)
    if pid.text(32) and any(rep.text(1) in _HIDDEN for rep in pid.reps(32)):
        values["security"] = [RESTRICTED]
    return values, [element for field, element in _NULLS.items() if pid.is_null(field)]


def _aliases(pid: Segment) -> list[HumanName]:
    """PID-9 (until v2.3.1): other names, by which somebody may be looked for."""
    return [replace(called, use="nickname") for rep in pid.reps(9) if (called := name(rep))]


def contacts(segments: list[Segment]) -> list[Json]:
    """NK1 -> Patient.contact."""
    found = []
    for nk1 in segments:
        reps = nk1.reps(2)
        relation = concept_of(nk1, 3)
        contact = PatientContact(
            relationship=[relation] if relation else [],
            name=name(reps[0]) if reps else None,
            telecom=[one for field in (5, 6) for rep in nk1.reps(field) if (one := telecom(rep))],
        )
        values = plain(contact)
        if "name" in values or "telecom" in values:  # a relation to nobody calls nobody (R4, pat-1)
            found.append(values)
    return found


def practitioner(pd1: Segment | None, roles: list[Segment]) -> Reference | None:
    """The patient's own physician: PD1-4, else ROL-4 of a role that says so (in France ODRP)."""
    found = first_person(pd1, 4) if pd1 is not None else None
    for rol in roles if found is None else ():
        first = rol.rep(4)
        if first is not None and rol.text(3) in _OWN_PHYSICIAN and rol.text(2).upper() not in {"DE", "CO"}:
            found = found or person(first)
    return found


def _identifiers(pid: Segment, authority: str) -> list[Identifier]:
    found: dict[tuple[str, str], Identifier] = {}
    for field in (3, 2, 4):
        for rep in pid.reps(field):
            one = identifier(rep, authority)
            if one is not None:
                found.setdefault((one.system, one.value), one)
    for field, kind in ((19, "SS"), (20, "DL")):  # ST and DLN, until v2.6: they say who somebody is, and name no chart
        value = pid.text(field).strip()
        if value:
            types = CodeableConcept([Coding("http://terminology.hl7.org/CodeSystem/v2-0203", kind)])
            one = Identifier(type=types, system=f"urn:id:{authority}:PID-{field}", value=value)
            found.setdefault((one.system, one.value), one)
    return list(found.values())


def _extensions(pid: Segment) -> list[Extension]:
    found = []
    for rep in pid.reps(32):
        if rep.text(1):
            coding = Coding("https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445", rep.text(1))
            found.append(Extension(RELIABILITY, extension=[Extension("identityStatus", valueCoding=coding)]))
    mothers = pid.text(6)
    if mothers:
        found.append(Extension(MOTHERS_NAME, valueString=mothers))
    return found


def _mother(pid: Segment, authority: str) -> list[PatientLink]:
    """PID-21: the mother's number, when the feed tells it (it may be secret, FIELD F19)."""
    rep = pid.rep(21)
    mother = identifier(rep, authority) if rep is not None else None
    if mother is None:
        return []
    mother = replace(mother, type=CodeableConcept(mother.type.coding if mother.type else [], "mother"))
    return [PatientLink(Reference(identifier=mother), "seealso")]


def _death(pid: Segment, times: Times, values: Json) -> None:
    moment = times.when(pid.text(29))
    if moment:
        values["deceasedDateTime"] = moment
    elif pid.text(30) == "Y":
        values["deceasedBoolean"] = True
    elif pid.text(30) == "N":
        values["deceasedBoolean"] = False
