"""Prescriptions and the doses given on them.

Rules kept here:
  * The dose and its times are shown as they were sent; nothing is computed from free text (F9).
  * A dose stands under its prescription when it names it, in a list of its own when it does not.
  * What was stopped is listed apart, struck through: it is history, not care.
"""

from dataclasses import dataclass

from contrefeu.chart import (
    Resource,
    amount,
    concept,
    concepts,
    display,
    dose_status_of,
    drug_of,
    first,
    instruction_of,
    is_error,
    listed,
    newest,
    notes,
    source_of,
    status_of,
)
from contrefeu.chart.sheet.resources import Sheet

RUNNING = frozenset({"active", "on-hold", "draft", "unknown", ""})


@dataclass(frozen=True, slots=True)
class Dose:
    """One administration."""

    what: str
    amount: str
    when: str
    status: str  # completed, not-done, in-progress, stopped, entered-in-error
    reason: str
    by: str
    source: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """One prescription."""

    key: str  # "MedicationRequest/id"
    drug: str
    dosage: str
    route: str
    as_needed: bool
    status: str
    since: str
    until: str
    prescriber: str
    note: str
    running: bool
    doses: tuple[Dose, ...]  # newest first
    source: str


@dataclass(frozen=True, slots=True)
class Treatments:
    """Everything prescribed and given."""

    running: tuple[Treatment, ...]
    stopped: tuple[Treatment, ...]
    other_doses: tuple[Dose, ...]


def treatments_of(sheet: Sheet) -> Treatments:
    """Return what the chart says of prescriptions and doses."""
    given: dict[str, list[Dose]] = {}
    for found in newest(sheet.all("MedicationAdministration"), "effectiveDateTime", "effectivePeriod.start"):
        request = sheet.get(found.get("request"))
        key = f"MedicationRequest/{request.get('id')}" if request else ""
        given.setdefault(key, []).append(_dose(found))
    requests = newest(sheet.all("MedicationRequest"), "authoredOn")
    lines = [_treatment(found, tuple(given.get(f"MedicationRequest/{found.get('id')}", ()))) for found in requests]
    return Treatments(
        running=tuple(sorted((line for line in lines if line.running), key=lambda line: (line.as_needed, line.drug))),
        stopped=tuple(line for line in lines if not line.running),
        other_doses=tuple(given.get("", ())),
    )


def _treatment(resource: Resource, doses: tuple[Dose, ...]) -> Treatment:
    instructions = resource.get("dosageInstruction") or []
    status = status_of(resource)
    return Treatment(
        key=f"MedicationRequest/{resource.get('id')}",
        drug=drug_of(resource),
        dosage="\n".join(filter(None, map(instruction_of, instructions))),
        route=listed([concept(one.get(where)) for one in instructions for where in ("route", "site")]),
        as_needed=any(one.get("asNeededBoolean") or one.get("asNeededCodeableConcept") for one in instructions),
        status=status,
        since=first(resource, "authoredOn") or _bound(instructions, "start"),
        until=_bound(instructions, "end"),
        prescriber=display(resource.get("requester")),
        note=" ".join(notes(resource)),
        running=status in RUNNING and not is_error(resource),
        doses=doses,
        source=source_of(resource),
    )


def _dose(resource: Resource) -> Dose:
    performers = resource.get("performer") or []
    return Dose(
        what=drug_of(resource),
        amount=amount((resource.get("dosage") or {}).get("dose"))
        or str((resource.get("dosage") or {}).get("text", "")),
        when=first(resource, "effectiveDateTime", "effectivePeriod.start"),
        status=dose_status_of(resource),
        reason=concepts(resource.get("statusReason")) or " ".join(notes(resource)),
        by=listed([display(one.get("actor")) for one in performers]),
        source=source_of(resource),
    )


def _bound(instructions: list[Resource], which: str) -> str:
    bounds = [((one.get("timing") or {}).get("repeat") or {}).get("boundsPeriod") or {} for one in instructions]
    return next((str(found[which]) for found in bounds if found.get(which)), "")
