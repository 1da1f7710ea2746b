"""Allergies, always in sight (F1, F6).

Rules kept here:
  * Five states that never look alike: listed, none known (somebody said so), conflict, struck (each one was taken
    back), no source. Which it is says the chart, as on boards.
  * "None known" beside an allergy is a conflict, and both are shown; of one kind of allergy it is a line.
  * An allergy that its owner took back stays, struck through.
"""

from dataclasses import dataclass

from contrefeu.chart import (
    AllergiesState,
    Resource,
    allergies_state,
    allergies_struck,
    concept,
    denied_kind,
    denies_allergies,
    first,
    is_struck,
    listed,
    source_of,
)
from contrefeu.chart.sheet.resources import Sheet


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

    state: AllergiesState
    lines: tuple[Allergy, ...]
    none_known_source: str = ""
    struck: int = 0  # lines that no longer stand


def allergies_of(sheet: Sheet) -> Allergies:
    """Return what the chart says of allergies."""
    return sheet.once("allergies", lambda: _allergies(sheet))


def _allergies(sheet: Sheet) -> Allergies:
    found = sheet.all("AllergyIntolerance")
    denials = [one for one in found if (denies_allergies(one) or denied_kind(one)) and not is_struck(one)]
    denials.sort(key=denies_allergies, reverse=True)
    lines = sorted(map(_line, (one for one in found if not denies_allergies(one))), key=lambda a: (a.struck, a.what))
    source = source_of(denials[0]) if denials else ""
    return Allergies(allergies_state(found), tuple(lines), source, allergies_struck(found))


def _line(resource: Resource) -> Allergy:
    reactions = resource.get("reaction") or []
    manifestations = [concept(found) for one in reactions for found in one.get("manifestation") or []]
    texts = [str(one.get("description", "")) for one in reactions]
    return Allergy(
        what=concept(resource.get("code")) or "?",
        reaction=listed([*manifestations, *texts]),
        severity=next((str(one["severity"]) for one in reactions if one.get("severity")), ""),
        criticality=str(resource.get("criticality", "")),
        since=first(resource, "onsetDateTime", "recordedDate"),
        struck=is_struck(resource),
        source=source_of(resource),
    )
