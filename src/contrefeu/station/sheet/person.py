"""Who the patient is: the header that stands above every line of a chart (F25).

Rules kept here:
  * Birth name first, then the first given name, birth date, sex; the used name stands beside when it differs.
  * An INS says so when the identity is not qualified (PID-32 QUAL, F22); other numbers come with their authority.
  * What a sender says against an identity (provisional, doubtful, duplicate...) stands beside the name (F24).
  * Where somebody lies is said by the stay in progress, never guessed from results (F31).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contrefeu.station.sheet.resources import Resource, Sheet, amount, codes, concept, display, first, instant, newest

RELIABILITY = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
# Table 0445 as France extends it: what needs no warning; hidden identities are said apart.
SOUND = frozenset({"VALI", "QUAL", "IDVER", "CACH", "ANOM"})
FICTITIOUS = frozenset({"FICT", "FICTI", "UD"})
WEIGHT_CODES = frozenset({"29463-7", "3141-9", "8341-0"})  # LOINC: body weight, measured, at birth


@dataclass(frozen=True, slots=True)
class Number:
    """One identifier."""

    label: str  # type (IPP, MRN, INS...), "" when its sender gave none
    value: str
    authority: str
    old: bool = False


@dataclass(frozen=True, slots=True)
class Weight:
    """The last weight, as it was sent."""

    value: str
    when: str


@dataclass(frozen=True, slots=True)
class Person:
    """One patient."""

    family: str
    given: str
    used: str
    birth_date: str
    birth_time: str
    sex: str
    numbers: tuple[Number, ...]
    ward: str
    room: str
    bed: str
    admitted: str
    visit: str
    physician: str
    deceased: str  # dateTime, "true", or ""
    weight: Weight | None
    contacts: tuple[str, ...]
    confidential: bool
    reliability: tuple[str, ...]  # PID-32 codes

    @property
    def doubts(self) -> list[str]:
        """Codes that say that the identity is not to be relied on."""
        return [code for code in self.reliability if code not in SOUND]

    @property
    def age_known(self) -> bool:
        """Whether the birth date is somebody's: a fictitious one drives no age (F22)."""
        return not FICTITIOUS & set(self.reliability)

    @property
    def ins_qualified(self) -> bool:
        """Whether the INS may stand without a warning."""
        return "QUAL" in self.reliability

    @property
    def ipp(self) -> str:
        """The number that the house knows the patient by."""
        return next((number.value for number in self.numbers if not number.old), "")


def person_of(sheet: Sheet) -> Person:
    """Return who the chart is about."""
    patient = sheet.patient
    birth, used = _names(patient)
    stay = current_stay(sheet)
    place = _place(stay)
    deceased = patient.get("deceasedDateTime") or patient.get("deceasedBoolean")
    return Person(
        family=str(birth.get("family", "")),
        given=str(next(iter(birth.get("given") or []), "")),
        used=used,
        birth_date=str(patient.get("birthDate", "")),
        birth_time=_birth_time(patient),
        sex=str(patient.get("gender", "")),
        numbers=tuple(_numbers(patient)),
        ward=place.get("ward", ""),
        room=place.get("room", ""),
        bed=place.get("bed", ""),
        admitted=first(stay, "period.start") if stay else "",
        visit=_visit_number(stay),
        physician=_physician(stay),
        deceased="true" if deceased is True else str(deceased or ""),
        weight=_weight(sheet),
        contacts=tuple(_contacts(sheet)),
        confidential=_confidential(patient, stay),
        reliability=tuple(_reliability(patient)),
    )


def current_stay(sheet: Sheet) -> Resource | None:
    """Return the stay in progress whose place was said last; an outpatient visit never hides an inpatient stay."""
    stays = [stay for stay in sheet.all("Encounter") if stay.get("status") in {"in-progress", "arrived", "onleave"}]
    return max(stays, key=_rank, default=None)


def _rank(stay: Resource) -> tuple[bool, bool, int, int]:
    active = [one for one in stay.get("location") or [] if one.get("status") in {None, "active"}]
    since = max((instant(first(one, "period.start")) for one in active), default=-1)
    inside = (stay.get("class") or {}).get("code") != "AMB"
    return bool(active), inside, since, instant(first(stay, "period.start"))


def _names(patient: Resource) -> tuple[Mapping[str, Any], str]:
    names = [name for name in patient.get("name") or [] if name.get("use") != "old"]
    by_use = {str(name.get("use", "")): name for name in reversed(names)}
    official: Resource = by_use.get("official") or next(iter(names), {})
    maiden = by_use.get("maiden")
    birth = official
    if maiden and maiden.get("family"):
        birth = {"given": official.get("given"), **maiden}
    usual = by_use.get("usual") or (official if birth is not official else {})
    used = " ".join([str(usual.get("family", "")), *map(str, (usual.get("given") or [])[:1])]).strip()
    plain = " ".join([str(birth.get("family", "")), *map(str, (birth.get("given") or [])[:1])]).strip()
    return birth, used if used != plain else ""


def _numbers(patient: Resource) -> list[Number]:
    numbers = []
    for found in patient.get("identifier") or []:
        kind = next(iter(codes(found.get("type"))), "")
        label = {"PI": "IPP", "MR": "MRN", "INS-NIR": "INS", "INS-NIA": "INS"}.get(kind, kind)
        authority = display(found.get("assigner")) or str(found.get("system", ""))
        numbers.append(Number(label, str(found.get("value", "")), authority, found.get("use") == "old"))
    order = {"IPP": 0, "MRN": 0, "PI": 0, "INS": 1}
    return sorted((number for number in numbers if number.value), key=lambda n: (n.old, order.get(n.label, 2)))


def _place(stay: Resource | None) -> dict[str, str]:
    """Ward, room and bed of the stay's location in force."""
    if stay is None:
        return {}
    locations = stay.get("location") or []
    active = [found for found in locations if found.get("status") in {None, "active"}] or locations[-1:]
    place: dict[str, str] = {}
    for found in active:
        kind = next(iter(codes(found.get("physicalType"))), "")
        words = display(found.get("location"))
        name = {"wa": "ward", "ro": "room", "bd": "bed"}.get(kind)
        if name:
            place[name] = words
        elif words:
            parts = [part.strip() for part in words.replace("/", " ").split()]
            place |= dict(zip(("ward", "room", "bed"), parts, strict=False))
    return place


def _visit_number(stay: Resource | None) -> str:
    found = (stay or {}).get("identifier") or []
    return str(found[0].get("value", "")) if found else ""


def _physician(stay: Resource | None) -> str:
    participants = (stay or {}).get("participant") or []
    attending = [p for p in participants if "ATND" in [code for kind in p.get("type") or [] for code in codes(kind)]]
    return display((attending or participants or [{}])[0].get("individual"))


def _weight(sheet: Sheet) -> Weight | None:
    weights = [found for found in sheet.all("Observation") if WEIGHT_CODES & set(codes(found.get("code")))]
    last = next(iter(newest(weights, "effectiveDateTime", "issued")), None)
    if last is None:
        return None
    value = amount(last.get("valueQuantity")) or str(last.get("valueString", ""))
    return Weight(value, first(last, "effectiveDateTime", "issued")) if value else None


def _birth_time(patient: Resource) -> str:
    for extension in [*((patient.get("_birthDate") or {}).get("extension") or []), *(patient.get("extension") or [])]:
        if str(extension.get("url", "")).endswith("patient-birthTime"):
            return str(extension.get("valueDateTime", ""))
    return ""


def _reliability(patient: Resource) -> list[str]:
    inner = [
        one
        for extension in patient.get("extension") or []
        if extension.get("url") == RELIABILITY
        for one in extension.get("extension") or []
    ]
    found = [str((one.get("valueCoding") or {}).get("code", "")) for one in inner if one.get("url") == "identityStatus"]
    return list(dict.fromkeys(filter(None, found)))


def _contacts(sheet: Sheet) -> list[str]:
    lines = []
    people = [*(sheet.patient.get("contact") or []), *sheet.all("RelatedPerson")]
    for found in people:
        names = found.get("name") or {}
        name: Resource = names[0] if isinstance(names, list) else names
        words = str(name.get("text") or " ".join([str(name.get("family", "")), *map(str, name.get("given") or [])]))
        relation = ", ".join(filter(None, map(concept, found.get("relationship") or [])))
        phones = ", ".join(str(t["value"]) for t in found.get("telecom") or [] if t.get("value"))
        line = " · ".join(filter(None, (words.strip(), relation, phones)))
        if line:
            lines.append(line)
    return lines


def _confidential(patient: Resource, stay: Resource | None) -> bool:
    """Security labels R or V (HL7 v3 Confidentiality) on the patient or the stay (F24)."""
    labels = [*((patient.get("meta") or {}).get("security") or [])]
    labels += ((stay or {}).get("meta") or {}).get("security") or []
    return any(label.get("code") in {"R", "V"} for label in labels)
