"""A patient's hand-back sheet: what the record system must be told before the ward writes there again (FIELD F4).

    medicines   last dose given, what was said since, next due, of each prescription that runs or was ended here
    infusions   what runs now: a rate given continuously, or a dose that is in progress
    open        results that nobody acknowledged or validated, orders to sign, requests, tasks, acts to settle
    allergies   those that were said, changed or struck since the declaration
    pages       printed for the patient to be written on, and not back: what they say is not on the sheet

Rules kept here:
  * What a signature is of (`digest`) is all of it but the doses to come: they move with the clock, nobody said them.
  * Nothing is left out because it is long; nothing is computed but due times, as boards have them.
  * Of who left the ward during the downtime a sheet says what was done here until then, and nothing of what is due: who
    receives it knows the rest. When there is nothing of it, there is nothing to sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from contrefeu.chart import DueItem, WorkItem, instant, is_error, is_infusion, is_instant, work_items, written_here
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
    def said_here(self) -> "HandBack":
        """What of it a signature is of."""
        return replace(self, medicines=tuple(replace(one, due=()) for one in self.medicines))

    @property
    def digest(self) -> str:
        """What a signature is of, hex."""
        said = self.said_here
        return sha256(msgspec.json.encode(said)).hexdigest()


@dataclass(frozen=True, slots=True)
class LeftSheet(HandBack):
    """The sheet of somebody who left the ward during the downtime."""

    others: int = 0  # entries of people here beside: measures, notes, requests, precautions; the chart has them

    @property
    def said_here(self) -> HandBack:
        """What was done until they left: which sources speak now, and all allergies, may change elsewhere since."""
        return replace(self, heard=(), allergies=(), allergies_state="")

    @property
    def empty(self) -> bool:
        """Whether nothing was done here that anybody must be told of."""
        said = (self.medicines, self.other_doses, self.open, self.allergies_changed, self.pages, self.others)
        return not any(said)


_BLOCKS = ("prescriptions", "doses", "results", "allergies")
# What the chart has beside what a sheet says, when people here wrote it
_OTHERS = frozenset({"Appointment", "DocumentReference", "Flag", "Observation", "Procedure", "ServiceRequest"})
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


def left_sheet_of(sheet: Sheet, since: str, left: str, pages: Sequence[PageOut] = ()) -> LeftSheet:
    """Return the sheet of somebody who left the ward that hands back.

    Args:
        sheet: The chart.
        since: RFC 3339 time of the declaration.
        left: RFC 3339 time at which they left.
        pages: Printed for the patient, and not back.
    """
    whole, since_ns, left_ns = hand_back_of(sheet, (), since, pages), instant(since), instant(left)
    treatments = treatments_of(sheet)
    told = [_until(one, since, left_ns) for one in (*treatments.running, *treatments.stopped)]
    late = [kept for kept in sheet.chart.kept.values() if kept.received_ns >= since_ns]
    here = [kept for kept in late if written_here(kept.now) and not is_error(kept.now)]
    written = {kept.ref for kept in here if kept.kind == "MedicationRequest"}
    changed = {one.ref for one in late if written_here(one.now) or one.received_ns <= left_ns}
    done = [one for one in told if one.doses or one.source in written]
    return LeftSheet(
        medicines=tuple(_medicine(sheet, one, ()) for one in done),
        other_doses=tuple(one for one in whole.other_doses if _by(one.when, left_ns)),
        open=tuple(one for one in whole.open if _is_theirs(one, since_ns, left_ns)),
        allergies_state=whole.allergies_state,
        allergies=whole.allergies,
        allergies_changed=tuple(one for one in whole.allergies_changed if one.source in changed),
        pages=whole.pages,
        heard=whole.heard,
        others=len({kept.ref for kept in here if kept.kind in _OTHERS}),
    )


def _until(one: Treatment, since: str, left_ns: int) -> Treatment:
    """A prescription with the doses of the downtime that were given before the patient left."""
    return replace(one, doses=tuple(dose for dose in _since(one.doses, since) if _by(dose.when, left_ns)))


def _by(when: str, left_ns: int) -> bool:
    return not is_instant(when) or instant(when) <= left_ns


def _is_theirs(one: WorkItem, since_ns: int, left_ns: int) -> bool:
    """Whether what waits came up in the downtime; a result, of what was measured before the patient left."""
    received_ns = instant(one.received)
    measured_ns = instant(one.at) or received_ns
    return received_ns >= since_ns and (one.kind not in _URGENT or min(measured_ns, received_ns) <= left_ns)


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
