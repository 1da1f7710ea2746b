"""Allergies, always in sight (F1, F6).

Rules kept here:
  * Four states that never look alike: listed, none known (somebody said so), conflict, no source.
  * "None known" beside an allergy is a conflict, and both are shown.
  * An allergy that its owner took back stays, struck through.
"""

from dataclasses import dataclass
from typing import Literal

from contrefeu.station.sheet.resources import Resource, Sheet, codes, concept, first, is_error, listed, source_of

# SNOMED CT: no known allergy; and the words FHIR servers write. "No known drug allergy" is a line, not "none known".
NONE_KNOWN = frozenset({"716186003", "no-known-allergies", "NKA"})

State = Literal["listed", "none-known", "no-source", "conflict"]


@dataclass(frozen=True, slots=True)
class Allergy:
    """One line."""

    what: str
    reaction: str
    severity: str
    criticality: str
    since: str
    struck: bool
    source: str


@dataclass(frozen=True, slots=True)
class Allergies:
    """What is known of allergies."""

    state: State
    lines: tuple[Allergy, ...]
    none_known_source: str = ""


def allergies_of(sheet: Sheet) -> Allergies:
    """Return what the chart says of allergies."""
    found = sheet.all("AllergyIntolerance")
    denials = [one for one in found if _denies(one) and not _struck(one)]
    lines = tuple(sorted(map(_line, (one for one in found if not _denies(one))), key=lambda a: (a.struck, a.what)))
    standing = any(not line.struck for line in lines)
    state: State = "listed" if standing else "no-source"
    if denials:
        state = "conflict" if standing else "none-known"
    return Allergies(state, lines, source_of(denials[0]) if denials else "")


def _line(resource: Resource) -> Allergy:
    reactions = resource.get("reaction") or []
    manifestations = [concept(found) for one in reactions for found in one.get("manifestation") or []]
    texts = [str(one.get("description", "")) for one in reactions]
    return Allergy(
        what=concept(resource.get("code")),
        reaction=listed([*manifestations, *texts]),
        severity=next((str(one["severity"]) for one in reactions if one.get("severity")), ""),
        criticality=str(resource.get("criticality", "")),
        since=first(resource, "onsetDateTime", "recordedDate"),
        struck=_struck(resource),
        source=source_of(resource),
    )


def _denies(resource: Resource) -> bool:
    return bool(NONE_KNOWN & set(codes(resource.get("code"))))


def _struck(resource: Resource) -> bool:
    return is_error(resource) or bool({"inactive", "resolved"} & set(codes(resource.get("clinicalStatus"))))
