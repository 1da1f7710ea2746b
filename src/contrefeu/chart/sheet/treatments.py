"""Prescriptions and the doses given on them.

Rules kept here:
  * The dose and its times are shown as they were sent; nothing is computed from free text (F9).
  * A dose stands under its prescription when it names it, in a list of its own when it does not. One that was given on
    a prescription that was replaced stands under the new one too, with the words that it was given on.
  * Of somebody who died nothing runs (F19): a death that is taken back lets it run again, for no order was changed.
  * What was stopped is listed apart, struck through: it is history, not care. One that a feed says goes on, after
    people here stopped it, is a conflict and stands above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contrefeu.chart import (
    AIDED,
    CONFLICT,
    MEDICINE,
    SOURCE,
    Resource,
    amount,
    answered,
    codes,
    concept,
    concepts,
    display,
    dose_status_of,
    drug_of,
    first,
    instant,
    instruction_of,
    is_error,
    kin,
    listed,
    newest,
    notes,
    order_words,
    replaces,
    runs,
    source_of,
    status_of,
    successors,
    written_here,
)
from contrefeu.chart.sheet.resources import Sheet

RUNNING = frozenset({"active", "on-hold", "draft", "unknown", ""})
_TAKEN_NO_MORE = frozenset({"completed", "stopped", "not-taken"})


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
    under: str = ""  # of a dose of the prescription before: the dosage that it was given on


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a pharmacist said of a prescription."""

    code: str  # agreed, remark, against
    words: str
    by: str
    when: str
    source: str
    stands: bool  # whether the prescription is still what it was of


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
    gives: tuple[str, ...] = ()  # what the pharmacy said is to be given on it
    conflict: str = ""  # what a feed says of it since people here ended it: a status
    conflict_source: str = ""
    ours: bool = False  # whether people here said the last word
    free_text: bool = False  # written here, and not of the pharmacist's list (F13)
    why: str = ""  # it is on hold, or stopped
    opinion: Opinion | None = None  # the pharmacist's last word on it
    instead_of: str = ""  # drug and dosage of the one that it took the place of
    replaced: bool = False  # another one took its place, and runs
    aided: tuple[tuple[str, str], ...] = ()  # what decision aids said, as its author was told: which, and what


@dataclass(frozen=True, slots=True)
class Treatments:
    """Everything prescribed and given."""

    running: tuple[Treatment, ...]
    stopped: tuple[Treatment, ...]
    other_doses: tuple[Dose, ...]
    declared: tuple[Treatment, ...] = ()  # taken, as a document or the patient says: prescribed by nobody here


def treatments_of(sheet: Sheet) -> Treatments:
    """Return what the chart says of prescriptions and doses."""
    return sheet.once("treatments", lambda: _treatments(sheet))


def orders_in_force(sheet: Sheet) -> list[Resource]:
    """Return the prescriptions that `treatments_of` has as running, the newest first, without reading a dose."""
    if sheet.patient.get("deceasedDateTime") or sheet.patient.get("deceasedBoolean"):
        return []
    requests = newest(sheet.all("MedicationRequest"), "authoredOn")
    return [
        one for one in requests if status_of(one) in RUNNING and not is_error(one) and not _prescription_of(sheet, one)
    ]


def told_treatments(sheet: Sheet) -> list[Resource]:
    """Return what a document or the patient says is taken now: prescribed by nobody here."""
    statements = sheet.all("MedicationStatement")
    return [one for one in statements if status_of(one) not in _TAKEN_NO_MORE and not is_error(one)]


def _treatments(sheet: Sheet) -> Treatments:
    given: dict[str, list[Dose]] = {}
    for found in newest(sheet.all("MedicationAdministration"), "effectiveDateTime", "effectivePeriod.start"):
        request = sheet.get(found.get("request"))
        key = f"MedicationRequest/{request.get('id')}" if request else ""
        given.setdefault(key, []).append(_dose(found))
    requests = newest(sheet.all("MedicationRequest"), "authoredOn")
    gives: dict[str, list[str]] = {}
    for found in requests:
        if parent := _prescription_of(sheet, found):
            words = [" · ".join(filter(None, (instruction_of(one), _start(one)))) for one in _instructions(found)]
            gives.setdefault(str(parent.get("id")), []).extend(filter(None, words))
    opinions = _opinions(sheet)
    requests = [found for found in requests if not _prescription_of(sheet, found)]
    by_name = {f"MedicationRequest/{found.get('id')}": found for found in requests}
    before, after = kin(by_name), successors(by_name)
    lines = [
        replace(
            _treatment(
                found,
                _with_those_before(given, name, [(one, by_name[one]) for one in before.get(name, ())]),
                tuple(gives.get(str(found.get("id")), ())),
                opinions.get(name),
            ),
            instead_of=_drug_and_dosage(by_name.get(replaces(found), {})),
            replaced=runs(by_name.get(after.get(name, ""), {})),
        )
        for name, found in by_name.items()
    ]
    if sheet.patient.get("deceasedDateTime") or sheet.patient.get("deceasedBoolean"):
        lines = [replace(line, running=False, status="stopped") if line.running else line for line in lines]
    declared = newest(sheet.all("MedicationStatement"), "effectivePeriod.start", "effectiveDateTime")
    return Treatments(
        running=tuple(sorted((line for line in lines if line.running), key=lambda line: (line.as_needed, line.drug))),
        stopped=tuple(line for line in lines if not line.running),
        other_doses=tuple(given.get("", ())),
        declared=tuple(_treatment({**found, "dosageInstruction": found.get("dosage")}, (), ()) for found in declared),
    )


def _with_those_before(
    given: Mapping[str, Sequence[Dose]], name: str, before: Sequence[tuple[str, Resource]]
) -> tuple[Dose, ...]:
    """The doses of a prescription and of those that it took the place of, the newest first."""
    own = tuple(given.get(name, ()))
    if not before:
        return own
    others = [
        replace(dose, under=listed(map(instruction_of, _instructions(request))))
        for one, request in before
        for dose in given.get(one, ())
    ]
    return tuple(sorted([*own, *others], key=lambda dose: instant(dose.when), reverse=True))


def _opinions(sheet: Sheet) -> dict[str, Opinion]:
    """The last opinion on each prescription, by people here."""
    found: dict[str, Opinion] = {}
    for one in newest(sheet.all("Communication"), "sent")[::-1]:
        kind, about, quoted = answered(one)
        if kind != "opinion" or not written_here(one) or is_error(one):
            continue
        request = sheet.get({"reference": about})
        found[about] = Opinion(
            code=next(iter(codes(one.get("topic"))), ""),
            words=listed([concept(one.get("topic")), *notes(one)]),
            by=display(one.get("sender")),
            when=first(one, "sent"),
            source=source_of(one),
            stands=request is not None and order_words(request) == quoted,
        )
    return found


def _is_free_text(resource: Resource) -> bool:
    """Whether people here wrote the drug in words of their own."""
    made_here = any(one.get("system") == "urn:ietf:rfc:3986" for one in resource.get("identifier") or [])
    systems = {one.get("system") for one in (resource.get("medicationCodeableConcept") or {}).get("coding") or []}
    return made_here and written_here(resource) and MEDICINE not in systems


def _prescription_of(sheet: Sheet, request: Resource) -> Resource | None:
    """The prescription of what is to be given (RXG), when the chart has it."""
    if request.get("intent") != "instance-order":
        return None
    return next((found for one in request.get("basedOn") or [] if (found := sheet.get(one))), None)


def _instructions(request: Resource) -> list[Resource]:
    return request.get("dosageInstruction") or []


def _drug_and_dosage(request: Resource) -> str:
    return " · ".join(filter(None, (drug_of(request), listed(map(instruction_of, _instructions(request))))))


def _start(instruction: Resource) -> str:
    return _bound([instruction], "start")


def _treatment(
    resource: Resource, doses: tuple[Dose, ...], gives: tuple[str, ...], opinion: Opinion | None = None
) -> Treatment:
    instructions = resource.get("dosageInstruction") or []
    status = status_of(resource)
    conflict, conflict_source = _conflict(resource)
    return Treatment(
        key=f"MedicationRequest/{resource.get('id')}",
        drug=drug_of(resource),
        dosage="\n".join(filter(None, map(instruction_of, instructions))),
        route=listed([concept(one.get(where)) for one in instructions for where in ("route", "site")]),
        as_needed=any(one.get("asNeededBoolean") or one.get("asNeededCodeableConcept") for one in instructions),
        status=status,
        since=first(resource, "authoredOn", "effectivePeriod.start") or _bound(instructions, "start"),
        until=first(resource, "effectivePeriod.end") or _bound(instructions, "end"),
        prescriber=display(resource.get("requester")),
        note=" ".join(notes(resource)),
        running=status in RUNNING and not is_error(resource),
        doses=doses,
        source=source_of(resource),
        gives=gives,
        ours=written_here(resource),
        free_text=_is_free_text(resource),
        why=concept(resource.get("statusReason")),
        opinion=opinion,
        conflict=conflict,
        conflict_source=conflict_source,
        aided=_aided(resource),
    )


def _aided(resource: Resource) -> tuple[tuple[str, str], ...]:
    """What decision aids said of an order that people here wrote; from a feed the extension means nothing."""
    parts = [part for one in resource.get("extension") or [] if one.get("url") == AIDED
             for part in one.get("extension") or []]  # fmt: skip
    said = tuple((str(part.get("url", "")), str(part.get("valueString", ""))) for part in parts)
    return said if written_here(resource) else ()


def _conflict(resource: Resource) -> tuple[str, str]:
    """What a feed says against what people here ended: a status, and its entry."""
    for one in resource.get("extension") or []:
        if one.get("url") == CONFLICT:
            parts = {str(part.get("url")): part for part in one.get("extension") or []}
            said, source = parts.get("status", {}).get("valueCode"), parts.get("source", {}).get("valueUri")
            return str(said or ""), str(source or "").removeprefix(SOURCE)
    return "", ""


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
