"""Reading FHIR elements as people say them: the few questions that boards, searches and sentences ask.

Rules kept here:
  * Numbers stay decimals, with the digits they came with (F5).
  * What is absent is "" or None, never a made-up value.
  * A time that names no instant (a day, a month) is no instant: nothing is counted from it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from contrefeu.base import parse_rfc3339
from contrefeu.chart.versions import EARLIER, SOURCE
from contrefeu.chart.views import AllergiesState
from contrefeu.mapping import SEALED_TO, WRITTEN

Resource = Mapping[str, Any]

# SNOMED CT: no known allergy; and the words FHIR servers write
NONE_KNOWN = frozenset({"716186003", "no-known-allergies", "NKA"})
# SNOMED CT: no known drug, food, environmental allergy: that of one kind, which is not "none known"
NONE_OF_A_KIND = {"409137002": "medication", "429625007": "food", "428607008": "environment"}
# What a ward must know of each (F18), by flag-category of HL7 and by DIRECTIVES, in the order in which it is said
CARE_OF = {
    "safety": "isolation",
    "advance-directive": "resuscitation",
    "directives": "directives",
    "refusal": "refusal",
    "diet": "diet",
    "contact": "trusted",
    "admin": "legal",
}
ON_BOARD = ("isolation", "resuscitation", "directives", "refusal", "diet")  # the others: on the chart, out of sight
DIRECTIVES = "urn:contrefeu:directive"  # a Flag's category beside advance-directive: "directives", "refusal"
_NAMED_KINDS = {  # in either language of a node (station/care/precautions.py)
    "Directives anticipées": "directives", "Advance directives": "directives",
    "Refus de soins": "refusal", "Refusal of care": "refusal",
}  # fmt: skip
REVIEW = "urn:contrefeu:review"  # extension of a Flag: the day on which it is looked at again (F18)
NOTICE = "urn:contrefeu:notice"  # mapping/from_hl7/notices.py
_NOT_TOLD = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_DAY_LENGTH = 10  # characters of YYYY-MM-DD: a FHIR dateTime of more names an instant
_LABELS = {"PI": "IPP", "MR": "MRN", "INS-NIR": "INS", "INS-NIA": "INS", "MRT": "PROV"}
_RANKS = {"IPP": 0, "MRN": 0, "INS": 1}


class Names(NamedTuple):
    """What a patient is called (F25)."""

    family: str  # birth name
    given: str  # first given name
    used: str  # used name and first given name, when it differs


class Number(NamedTuple):
    """One identifier of a patient."""

    label: str  # IPP, MRN, INS, or the sender's own type; "" when there is none
    value: str
    old: bool
    authority: str = ""  # who gave it

    @property
    def words(self) -> str:
        """The number with what kind it is."""
        return f"{self.label} {self.value}".strip()


PARTLY = "partially administered (RXA-20 PA)"  # how the mapping notes it (HL7 table 0322)


def concept(value: Any) -> str:
    """Return a CodeableConcept as words: its text, else a display, else a code."""
    if not isinstance(value, dict):
        return ""
    if value.get("text"):
        return str(value["text"])
    codings = [coding for coding in value.get("coding") or [] if coding.get("system") != _NOT_TOLD]
    return next((str(found[key]) for key in ("display", "code") for found in codings if found.get(key)), "")


def concepts(values: Any) -> str:
    """Return CodeableConcepts as words."""
    return listed([concept(value) for value in values or []])


def codes(value: Any) -> list[str]:
    """Return the codes of a CodeableConcept."""
    found = value.get("coding") or [] if isinstance(value, dict) else []
    return [str(coding["code"]) for coding in found if coding.get("code")]


def quantity(value: Any) -> str:
    """Return a Quantity's number as it was sent."""
    if not isinstance(value, dict) or value.get("value") is None:
        return ""
    return f"{value.get('comparator', '')}{value['value']}"


# Codes of UCUM that no ward writes so, and the print symbols that it gives them
_PRINTED = {"Cel": "°C", "mm[Hg]": "mmHg"}


def unit(value: Any) -> str:
    """Return the unit of a Quantity, as people write it."""
    said = str(value.get("unit") or value.get("code") or "") if isinstance(value, dict) else ""
    if said[:1] == "{" and said.find("}") == len(said) - 1:  # UCUM's way to write that there is none: "{score}"
        said = said[1:-1]
    return _PRINTED.get(said, said)


def range_words(value: Any) -> str:
    """Return a Range with its unit, once when both ends have the same."""
    if not isinstance(value, dict):
        return ""
    low, high = value.get("low"), value.get("high")
    if not low or not high:
        return f"≥ {amount(low)}" if low else f"≤ {amount(high)}" if high else ""
    return f"{quantity(low) if unit(low) in {'', unit(high)} else amount(low)} – {amount(high)}"


def titre_words(value: Any) -> tuple[str, str]:
    """Return a measured Ratio as titres are written, and its unit.

    >>> titre_words({"numerator": {"value": 1}, "denominator": {"value": 128}})
    ('1:128', '')
    """
    if not isinstance(value, dict):
        return "", ""
    over, under = value.get("numerator"), value.get("denominator")
    if unit(under):
        return f"{amount(over)} : {amount(under)}", ""
    return f"{quantity(over)}:{quantity(under)}", unit(over)


def amount(value: Any) -> str:
    """Return a Quantity with its unit."""
    return f"{quantity(value)} {unit(value)}".strip()


def display(reference: Any) -> str:
    """Return the words of a Reference, else its number."""
    if not isinstance(reference, dict):
        return ""
    if reference.get("display"):
        return str(reference["display"])
    return str((reference.get("identifier") or {}).get("value", ""))


def notes(resource: Resource) -> list[str]:
    """Return the annotations of *resource*, in its sender's words."""
    return [text for text in _notes(resource) if text != PARTLY]


def dose_status_of(resource: Resource) -> str:
    """Return the status of a dose; "partly" when it was given in part, for which FHIR has no code."""
    return "partly" if resource.get("status") == "completed" and PARTLY in _notes(resource) else status_of(resource)


def _notes(resource: Resource) -> list[str]:
    return [str(note["text"]) for note in resource.get("note") or [] if note.get("text")]


def first(resource: Resource, *names: str) -> str:
    """Return the first of these elements that is there, as text; "period.start" goes one level down."""
    for name in names:
        value: Any = resource.get(name)
        if "." in name:
            above, _, name_below = name.partition(".")
            value = resource.get(above)
            value = value.get(name_below) if isinstance(value, dict) else None
        if value:
            return str(value)
    return ""


def newest(resources: Iterable[Resource], *names: str) -> list[Resource]:
    """Return *resources*, the newest first by the first of these elements; those without a time last."""
    return sorted(resources, key=lambda found: when_of(found, *names), reverse=True)


def when_of(resource: Resource, *names: str) -> tuple[int, str]:
    """Return what tells the newer of two resources: the time (ns) of the first of these elements, then the id."""
    return instant(first(resource, *names)), str(resource.get("id"))


def review_of(resource: Resource) -> str:
    """Return the day on which a Flag is looked at again; "" when nobody said one."""
    dates = [str(one.get("valueDate", "")) for one in resource.get("extension") or [] if one.get("url") == REVIEW]
    return next(iter(dates), "")


def cares_of(flag: Resource) -> list[str]:
    """Return what of CARE_OF a Flag is about: directives and refusals of care say nothing of how far care goes."""
    kinds = [code for one in flag.get("category") or [] for code in codes(one)]
    kinds += [kind for kind in [_named_kind(flag)] if "advance-directive" in kinds and kind not in kinds]
    if {"directives", "refusal"} & {*kinds}:
        kinds = [one for one in kinds if one != "advance-directive"]
    return [CARE_OF[one] for one in kinds if one in CARE_OF]


def _named_kind(flag: Resource) -> str:
    """What a Flag that people here wrote begins with: before DIRECTIVES were coded, its words alone said it."""
    name, colon, _ = concept(flag.get("code")).partition(":")
    return _NAMED_KINDS.get(name.strip(), "") if colon and written_here(flag) else ""


def notice_of(flag: Resource) -> tuple[str, str]:
    """Return what a Flag of ours says of a patient's numbers, and the number; ("", "") for any other Flag."""
    for coding in (flag.get("code") or {}).get("coding") or []:
        if coding.get("system") == NOTICE:
            return str(coding.get("code", "")), str(coding.get("display", ""))
    return "", ""


def status_of(resource: Resource) -> str:
    """Return the clinical or workflow status."""
    status = resource.get("clinicalStatus") or resource.get("status") or ""
    return next(iter(codes(status)), "") if isinstance(status, dict) else str(status)


def is_error(resource: Resource) -> bool:
    """Whether its sender took it back."""
    return "entered-in-error" in (*codes(resource.get("verificationStatus")), str(resource.get("status", "")))


def written_here(resource: Resource) -> bool:
    """Whether people here said it; no feed can claim so (shapes.py)."""
    return any(one.get("url") == WRITTEN for one in resource.get("extension") or [])


def diet_of(order: Resource) -> list[str]:
    """Return what somebody eats: kinds, textures, how thick drinks are; not what is left out, nor the order's words."""
    diet = order.get("oralDiet") or {}
    textures = [
        " ".join(filter(None, (concept(one.get("modifier")), concept(one.get("foodType")))))
        for one in diet.get("texture") or []
    ]
    return [concepts(diet.get("type")), *textures, concepts(diet.get("fluidConsistencyType"))]


def left_out_of(order: Resource) -> str:
    """Return what somebody does not eat."""
    return concepts(order.get("excludeFoodModifier"))


def supplements_of(order: Resource) -> list[str]:
    """Return what is eaten beside: of each its kind, then its words."""
    return [
        listed([concept(one.get("type")), str(one.get("instruction", ""))]) for one in order.get("supplement") or []
    ]


def listed(values: Iterable[str]) -> str:
    """Return words without repeats, in order."""
    return ", ".join(dict.fromkeys(filter(None, values)))


def source_of(resource: Resource) -> str:
    """Return the entry that last set *resource*: journal/sequence."""
    source = str((resource.get("meta") or {}).get("source", ""))
    return source.removeprefix(SOURCE) if source.startswith(SOURCE) else ""


def earlier(resource: Resource) -> list[tuple[Resource, str]]:
    """Return the versions that *resource* replaced, the newest first: what stands in each, and its entry."""
    versions: list[tuple[Resource, str]] = []
    for extension in reversed(resource.get("extension") or []):
        if extension.get("url") == EARLIER:
            parts = {part.get("url"): part for part in extension.get("extension") or []}
            source = str(parts.get("source", {}).get("valueUri", "")).removeprefix(SOURCE)
            status = str(parts.get("status", {}).get("valueCode", ""))
            versions.append(({**parts.get("value", {}), "status": status}, source))
    return versions


def names(patient: Resource) -> Names:
    """Return the birth name, the first given name, and the used name when it differs (F25)."""
    found = [name for name in patient.get("name") or [] if name.get("use") != "old"]
    by_use = {str(name.get("use", "")): name for name in reversed(found)}
    official: Resource = by_use.get("official") or next(iter(found), {})
    maiden = by_use.get("maiden")
    birth = {"given": official.get("given"), **maiden} if maiden and maiden.get("family") else official
    usual = by_use.get("usual") or (official if birth is not official else {})
    used = called(usual)
    return Names(str(birth.get("family", "")), _first_given(birth), used if used and used != called(birth) else "")


def called(name: Resource) -> str:
    """Return a HumanName as family and first given name, else its text."""
    return " ".join(filter(None, (str(name.get("family", "")), _first_given(name)))) or str(name.get("text", ""))


def numbers(patient: Resource) -> list[Number]:
    """Return the patient's identifiers: the house's own first, then the INS, then others; old ones last."""
    found = []
    for number in patient.get("identifier") or []:
        kind = next(iter(codes(number.get("type"))), "")
        if number.get("value"):
            authority = display(number.get("assigner")) or str(number.get("system") or "")
            found.append(Number(_LABELS.get(kind, kind), str(number["value"]), number.get("use") == "old", authority))
    return sorted(found, key=lambda number: (number.old, _RANKS.get(number.label, 2)))


def confidential(*resources: Resource) -> bool:
    """Whether a security label R or V (HL7 v3 Confidentiality) stands on one of *resources* (F24)."""
    labels = [label for one in resources for label in (one.get("meta") or {}).get("security") or []]
    return any(label.get("code") in {"R", "V"} for label in labels)


def sealed_role(document: Resource) -> str:
    """Return the role to which a document is sealed; "" when it is not, or was sent in clear since (F45)."""
    found = (one.get("valueCode") for one in document.get("extension") or [] if one.get("url") == SEALED_TO)
    role = str(next(found, None) or "")
    return role if document.get("content") == [{"attachment": {"title": role}}] else ""


def denies_allergies(allergy: Resource) -> bool:
    """Whether an AllergyIntolerance says that none is known, of any kind."""
    return bool(NONE_KNOWN & set(codes(allergy.get("code"))))


def denied_kind(allergy: Resource) -> str:
    """Of what kind (FHIR category) an AllergyIntolerance says that none is known; "" when it says no such thing."""
    return next((NONE_OF_A_KIND[code] for code in codes(allergy.get("code")) if code in NONE_OF_A_KIND), "")


def allergies_disagree(allergies: Iterable[Resource]) -> bool:
    """Whether, of the allergies that stand, one is denied by another ("none known" beside it, F6)."""
    standing = [one for one in allergies if not is_struck(one)]
    said = [one for one in standing if not denies_allergies(one) and not denied_kind(one)]
    if any(map(denies_allergies, standing)):
        return bool(said)
    kinds = {kind for one in standing if (kind := denied_kind(one))}
    return any(not one.get("category") or kinds & set(one["category"]) for one in said) if kinds else False


def allergies_struck(allergies: Iterable[Resource]) -> int:
    """Return how many allergies were said that no longer stand."""
    return sum(is_struck(one) and not denies_allergies(one) and not denied_kind(one) for one in allergies)


def allergies_state(allergies: Sequence[Resource]) -> AllergiesState:
    """Return what is known of allergies, on every board and page alike.

    "None known" is what somebody said of every kind, never what is left over: of one kind it is a line as any other,
    and where each allergy was taken back, that is what is said (F1, F6).
    """
    standing = [one for one in allergies if not is_struck(one)]
    if allergies_disagree(standing):
        return "conflict"
    if standing:
        return "none-known" if all(map(denies_allergies, standing)) else "listed"
    return "struck" if allergies_struck(allergies) else "no-source"


def is_struck(allergy: Resource) -> bool:
    """Whether an allergy no longer stands: taken back, or over."""
    return is_error(allergy) or bool({"inactive", "resolved"} & set(codes(allergy.get("clinicalStatus"))))


@lru_cache(maxsize=65_536)  # a chart repeats its times: results of one tube, doses of one round
def instant(text: str) -> int:
    """Return the ns that a FHIR dateTime names; a day, a month or a year counts from its start; 0 when it is none."""
    padded = f"{text}-01-01"[:_DAY_LENGTH] if len(text) < _DAY_LENGTH else text
    try:
        return parse_rfc3339(padded)
    except (ValueError, OverflowError):
        return 0


def is_instant(text: str) -> bool:
    """Whether a FHIR dateTime names an instant, not a day."""
    return len(text) > _DAY_LENGTH and instant(text) != 0


def day_number(text: str) -> int:
    """Return the day that a FHIR date or dateTime writes, as days since year 1; 0 when it names none."""
    try:
        return datetime.fromisoformat(text[:_DAY_LENGTH]).toordinal() if len(text) >= _DAY_LENGTH else 0
    except ValueError:
        return 0


def seconds_of_day(text: str) -> int | None:
    """Return a FHIR time (HH:MM:SS) as seconds after midnight, None when it is none."""
    parts = text.split(":")
    if len(parts) not in {2, 3} or not all(part.isdigit() and len(part) == 2 for part in parts):
        return None
    hours, minutes, seconds = (*map(int, parts), 0)[:3]
    return int(timedelta(hours=hours, minutes=minutes, seconds=seconds).total_seconds()) if hours < 24 else None


def _first_given(name: Resource) -> str:
    given: Sequence[Any] = name.get("given") or []
    return str(given[0]) if given else ""
