"""Who the patient is: the header that stands above every line of a chart (F25).

Rules kept here:
  * Birth name first, then the first given name, birth date, sex; the used name stands beside when it differs.
  * An INS says so when the identity is not qualified (PID-32 QUAL, F22); other numbers come with their authority.
  * What a sender says against an identity (provisional, doubtful, duplicate...) stands beside the name (F24).
  * Where somebody lies is said by the stay in progress, as on boards, never guessed from results (F31).
"""

from dataclasses import dataclass

from contrefeu.chart import (
    FICTITIOUS,
    Language,
    Number,
    Resource,
    amount,
    codes,
    concept,
    confidential,
    display,
    doubts_of,
    first,
    names,
    newest,
    numbers,
    place_of,
    reliability_of,
    stay_of,
    word,
)
from contrefeu.chart.sheet.resources import Sheet

_MOTHER = "MTH"  # HL7 table 0063 and v3-RoleCode
WEIGHT_CODES = frozenset({"29463-7", "3141-9", "8341-0"})  # LOINC: body weight, measured, at birth


@dataclass(frozen=True, slots=True)
class Weight:
    """The last weight, as it was sent."""

    value: str
    when: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call."""

    name: str
    relations: tuple[str, ...]  # as they were said: words, or a code of HL7 table 0063
    phones: tuple[str, ...]

    def relation(self, language: Language) -> str:
        """What this person is to the patient."""
        return ", ".join(word(f"relation {one}", language) for one in self.relations)

    def words(self, language: Language) -> str:
        """Who it is, in a line."""
        return " · ".join(filter(None, (self.name, self.relation(language), ", ".join(self.phones))))


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
    contacts: tuple["Contact", ...]
    confidential: bool
    reliability: tuple[str, ...]  # PID-32 codes
    rank: int = 0  # order of birth; 0 when it was not said
    mother: str = ""  # her name, where the link was said (F19)

    @property
    def doubts(self) -> list[str]:
        """Codes that say that the identity is not to be relied on."""
        return doubts_of(self.reliability)

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

    @property
    def number(self) -> str:
        """The same with which number it is, as boards write it: "IPP 0008000042"."""
        return next((f"{one.label} {one.value}".strip() for one in self.numbers if not one.old), "")


def person_of(sheet: Sheet) -> Person:
    """Return who the chart is about."""
    return sheet.once("person", lambda: _person(sheet))


def _person(sheet: Sheet) -> Person:
    patient, stay = sheet.patient, stay_of(sheet.chart, sheet.now_ns)
    called = names(patient)
    ward, room, bed = (*place_of(sheet.chart, sheet.now_ns), "", "", "")[:3]
    deceased = patient.get("deceasedDateTime") or patient.get("deceasedBoolean")
    return Person(
        family=called.family,
        given=called.given,
        used=called.used,
        birth_date=str(patient.get("birthDate", "")),
        birth_time=_birth_time(patient),
        sex=str(patient.get("gender", "")),
        numbers=tuple(numbers(patient)),
        ward=ward,
        room=room,
        bed=bed,
        admitted=first(stay, "period.start"),
        visit=_visit_number(stay),
        physician=attending_of(stay),
        deceased="true" if deceased is True else str(deceased or ""),
        weight=_weight(sheet),
        contacts=tuple(_contacts(sheet)),
        confidential=confidential(patient, stay),
        reliability=tuple(reliability_of(patient)),
        rank=int(patient.get("multipleBirthInteger") or 0),
        mother=_mother(sheet),
    )


def _visit_number(stay: Resource) -> str:
    found = stay.get("identifier") or []
    return str(found[0].get("value", "")) if found else ""


def attending_of(stay: Resource) -> str:
    """Return the physician who is named for a stay; "" for none."""
    participants = stay.get("participant") or []
    attending = [p for p in participants if "ATND" in [code for kind in p.get("type") or [] for code in codes(kind)]]
    return display((attending or participants or [{}])[0].get("individual"))


def _weight(sheet: Sheet) -> Weight | None:
    weights = sheet.laid.once("weights", lambda: _weights(sheet))
    last = next(iter(newest(weights, "effectiveDateTime", "issued")), None)
    if last is None:
        return None
    value = amount(last.get("valueQuantity")) or str(last.get("valueString", ""))
    return Weight(value, first(last, "effectiveDateTime", "issued")) if value else None


def _weights(sheet: Sheet) -> list[Resource]:
    measured = sheet.all("Observation")
    is_weight = sheet.laid.each("is a weight", measured, lambda one: bool(WEIGHT_CODES & set(codes(one.get("code")))))
    return [one for one, found in zip(measured, is_weight, strict=True) if found]


def _birth_time(patient: Resource) -> str:
    for extension in [*((patient.get("_birthDate") or {}).get("extension") or []), *(patient.get("extension") or [])]:
        if str(extension.get("url", "")).endswith("patient-birthTime"):
            return str(extension.get("valueDateTime", ""))
    return ""


def _people(sheet: Sheet) -> list[Resource]:
    """Who is around the patient, as feeds say them and as people here do."""
    return [*(sheet.patient.get("contact") or []), *sheet.all("RelatedPerson")]


def _mother(sheet: Sheet) -> str:
    for found in _people(sheet):
        if _MOTHER in [code for one in found.get("relationship") or [] for code in codes(one)]:
            return _called(found)
    return ""


def _called(found: Resource) -> str:
    """The name of somebody around the patient: a Patient.contact has one, a RelatedPerson several."""
    said = found.get("name") or {}
    name: Resource = said[0] if isinstance(said, list) else said
    return str(name.get("text") or " ".join([str(name.get("family", "")), *map(str, name.get("given") or [])])).strip()


def _contacts(sheet: Sheet) -> list[Contact]:
    contacts = []
    for found in _people(sheet):
        relations = tuple(filter(None, map(concept, found.get("relationship") or [])))
        phones = tuple(str(one["value"]) for one in found.get("telecom") or [] if one.get("value"))
        contacts.append(Contact(_called(found), relations, phones))
    return [one for one in contacts if one != Contact("", (), ())]
