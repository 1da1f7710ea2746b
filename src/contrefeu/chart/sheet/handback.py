"""A patient's hand-back sheet: what the record system must be told before the ward writes there again (FIELD F4).

    medicines   last dose given, what was said since, next due, of each prescription that runs or was ended here
    infusions   what runs now: a rate given continuously, or a dose that is in progress
    open        results that nobody acknowledged or validated, orders to sign, requests, tasks, acts to settle
    allergies   those that were said, changed or struck since the declaration
    pages       printed for the patient to be written on, and not back: what they say is not on the sheet

Rules kept here:
  * What a signature is of (`digest`) is all of it but the doses to come: they move with the clock, nobody said them.
  * Nothing is left out because it is long; nothing is computed but due times, as boards have them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from contrefeu.chart import DueItem, WorkItem, instant, is_infusion, work_items
from contrefeu.chart.sheet.allergies import Allergy, allergies_of
from contrefeu.chart.sheet.resources import Sheet
from contrefeu.chart.sheet.treatments import Dose, Treatment, treatments_of

_URGENT = frozenset({"critical", "corrected"})


@dataclass(frozen=True, slots=True)
class Medicine:
    """One prescription."""

    drug: str
    dosage: str
    route: str
    status: str
    running: bool
    as_needed: bool
    infusion: bool
    given: Dose | None  # the last that was given
    last: Dose | None  # the last word, when that is another
    due: tuple[DueItem, ...]  # what is late, due, not known; and the next one to come


@dataclass(frozen=True, slots=True)
class PageOut:
    """A page that was printed for the patient and is not back."""

    form: str
    number: str
    at: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HandBack:
    """One patient's sheet."""

    medicines: tuple[Medicine, ...]
    other_doses: tuple[Dose, ...]  # since the declaration, on no prescription of the chart
    open: tuple[WorkItem, ...]
    allergies_state: str
    allergies: tuple[Allergy, ...]  # all that stand
    allergies_changed: tuple[Allergy, ...]
    pages: tuple[PageOut, ...]
    heard: tuple[str, ...]  # which of prescriptions, doses, results, allergies any feed ever spoke of (F1)

    @property
    def infusions(self) -> tuple[Medicine, ...]:
        """What runs now."""
        return tuple(one for one in self.medicines if one.infusion and one.running)

    @property
    def critical(self) -> tuple[WorkItem, ...]:
        """Results that nobody acknowledged."""
        return tuple(one for one in self.open if one.kind in _URGENT)

    @property
    def unknown(self) -> int:
        """Doses of which nobody has said what became of them."""
        return sum(item.state == "unknown" and bool(item.at) for one in self.medicines for item in one.due)

    @property
    def digest(self) -> str:
        """What a signature is of, hex."""
        said = replace(self, medicines=tuple(replace(one, due=()) for one in self.medicines))
        return sha256(msgspec.json.encode(said)).hexdigest()


_BLOCKS = ("prescriptions", "doses", "results", "allergies")
_GIVEN = frozenset({"completed", "partly", "in-progress", "stopped"})


def hand_back_of(sheet: Sheet, due: Sequence[DueItem], since: str, pages: Sequence[PageOut] = ()) -> HandBack:
    """Return the hand-back sheet of a chart.

    Args:
        sheet: The chart.
        due: Doses of the patient, as boards show them.
        since: RFC 3339 time of the declaration.
        pages: Printed for the patient, and not back.
    """
    treatments, allergies, since_ns = treatments_of(sheet), allergies_of(sheet), instant(since)
    waiting = [one for one in work_items(sheet.chart, since_ns) if one.kind != "opinion"]
    ended = [one for one in treatments.stopped if one.ours or _since(one.doses[:1], since)]
    kept = (one for one in sheet.chart.kept.values() if one.kind == "AllergyIntolerance")
    changed = {one.ref for one in kept if one.received_ns >= since_ns}
    return HandBack(
        medicines=tuple(_medicine(sheet, one, due) for one in (*treatments.running, *ended)),
        other_doses=tuple(_since(treatments.other_doses, since)),
        open=tuple(sorted(waiting, key=lambda one: one.kind not in _URGENT)),
        allergies_state=allergies.state,
        allergies=tuple(one for one in allergies.lines if not one.struck),
        allergies_changed=tuple(one for one in allergies.lines if one.source in changed),
        pages=tuple(pages),
        heard=tuple(block for block in _BLOCKS if sheet.heard(block)),
    )


def _medicine(sheet: Sheet, one: Treatment, due: Sequence[DueItem]) -> Medicine:
    request = sheet.get({"reference": one.key}) or {}
    mine = [item for item in due if item.resource == one.key]
    coming = [item for item in mine if item.state == "coming"]
    given = next((dose for dose in one.doses if dose.status in _GIVEN), None)
    last = next(iter(one.doses), None)
    return Medicine(
        drug=one.drug,
        dosage=one.dosage,
        route=one.route,
        status=one.status,
        running=one.running,
        as_needed=one.as_needed,
        infusion=any(map(is_infusion, request.get("dosageInstruction") or []))
        or any(dose.status == "in-progress" for dose in one.doses[:1]),
        given=given,
        last=last if last != given else None,
        due=(*(item for item in mine if item.state != "coming"), *coming[:1]) if one.running else (),
    )


def _since(doses: Sequence[Dose], since: str) -> list[Dose]:
    """Those of an hour that is after *since*, or that nobody can tell."""
    return [one for one in doses if len(one.when) <= len("2026-11-24") or instant(one.when) >= instant(since)]
