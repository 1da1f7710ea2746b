"""A prescription modified: one entry that writes the new one and stops the one whose place it takes (decision 0218).

Rules kept here:
  * The form holds what is in force. What it cannot hold (several steps, some days of the week) stands above it in its
    sender's words, and its rhythm is chosen anew: nothing is made of words.
  * The new one is a MedicationRequest of its own that names the other (priorPrescription); the other is stopped because
    it was modified. Doses of both are one course (chart/doses.py): none is due twice.
  * Whether the new hours begin today is the prescriber's to say as soon as a dose of the old one was given within a
    day, or waits: nothing is left out, and nothing doubled, in silence.
  * An end that nobody touched stays the same instant: days that are left are no whole number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contrefeu.chart import (
    MODIFIED,
    REASON,
    Resource,
    amount,
    drug_said,
    first,
    instant,
    instruction_of,
    kin,
    spacing_of,
)
from contrefeu.chart import concept as words_of
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept
from contrefeu.station.care.prescriptions import ALLERGIC, PRESCRIPTION, dose_words
from contrefeu.station.care.scribe import Scribe, changed
from contrefeu.station.care.verbal import VERBAL_ORDER
from contrefeu.web import N_

DAY = timedelta(hours=24)  # for which a dose that was given bears on when the next one is due
NS_PER_S = 1_000_000_000
_UNDERSTOOD = frozenset({"boundsPeriod", "frequency", "period", "periodUnit", "timeOfDay"})
_ANEW = Choice("", N_("choisir…"))
_WHEN = (
    Choice("next", N_("à la prochaine de ses heures")),
    Choice("now", N_("une dose maintenant, puis à ses heures")),
    Choice("tomorrow", N_("pas avant demain")),
)
_REASON = Field("reason", N_("Motif de la modification"), required=True)
_FILLED = frozenset({"drug", "dose"})  # what is in force is their example
_LEFT_OUT = frozenset({"why"})  # what it is for does not change: it is carried over


def _fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    return _filled(PRESCRIPTION.fields(target, scribe), target, scribe)


def _verbal_fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    who, *others, readback = VERBAL_ORDER.fields(target, scribe)
    return (who, *_filled(others, target, scribe), readback)


def _filled(fields: Sequence[Field], target: Target, scribe: Scribe) -> Sequence[Field]:
    """The fields of a prescription with what is in force in them."""
    known = in_force(_line(target), scribe)
    given = known.get("rhythm", "hours") == "hours" and bool(given_lately(target, scribe) or waiting(target))
    when = Field("first", N_("Heures fixes : première dose"), "choice", required=True,
                 choices=(_ANEW, *_WHEN) if given else _WHEN, value="" if given else "next")  # fmt: skip
    kept = [_holding(one, known) for one in fields if one.name not in _LEFT_OUT]
    return (*(replace(one, hint="") if one.name in _FILLED else one for one in kept), when, _REASON)


def _holding(one: Field, known: Mapping[str, str]) -> Field:
    value = known.get(one.name, "")
    if one.choices and value not in {choice.code for choice in one.choices}:
        return replace(one, value=value, choices=(Choice(value, value) if value else _ANEW, *one.choices))
    return replace(one, value=value)


def in_force(line: Resource, scribe: Scribe) -> dict[str, str]:
    """Return what stands in the form at first: a field that is not in it has nothing, or cannot hold it."""
    instructions = line.get("dosageInstruction") or []
    found = {"drug": drug_said(line), "dose": " ; ".join(filter(None, map(instruction_of, instructions)))}
    if len(instructions) != 1:
        return found
    (one,) = instructions
    text = found["dose"]
    repeat: dict[str, Any] = (one.get("timing") or {}).get("repeat") or {}
    found |= {"route": words_of(one.get("route")), "days": _days_left(_end_of(line), scribe)}
    if one.get("asNeededBoolean"):
        return found | {"rhythm": "needed", **_if_needed(one, repeat, text)}
    # A feed's words for the rhythm ("in the morning") would contradict new hours: they stand above the form alone.
    found["dose"] = text = _amount_of(one) or text
    if (one.get("timing") or {}).get("event") and not repeat:
        return found | {"rhythm": "once", "dose": text}
    if not repeat or not _UNDERSTOOD.issuperset(repeat):
        return found
    period, unit = repeat.get("period"), repeat.get("periodUnit")
    if hours := [str(at)[:5] for at in repeat.get("timeOfDay") or []]:
        daily = (period, unit) in {(None, None), (1, "d")}
        said = {"rhythm": "hours", "hours": " ".join(hours), "dose": _without(text, " ".join(hours), ", ".join(hours))}
        return found | (said if daily else {})
    if unit == "h" and repeat.get("frequency", 1) == 1 and period and period == int(period):
        every = str(int(period))
        return found | {"rhythm": "every", "every": every, "dose": _without(text, f"/{every} h", f"/ {every} h")}
    return found


def _if_needed(instruction: Resource, repeat: Mapping[str, Any], text: str) -> dict[str, str]:
    """One that is given if needed: its dose, when, the least time and the most doses, each in its field."""
    dose, _, limit = text.partition(" · ")
    spacing = spacing_of({"dosageInstruction": [instruction]}, 0, ZoneInfo("UTC"))
    apart = spacing.least_s // 3600 if repeat.get("periodUnit") == "h" else 0
    ratio = instruction.get("maxDosePerPeriod") or {}
    most = spacing.most if ratio else 0
    for rhythm in (*([f"≤ {most} / 24 h"] if most else ()), *([f"/{apart} h"] if apart else ())):
        limit = _without(f" · {limit}", rhythm).removeprefix(" · ")
    return {"dose": dose, "limit": limit, "apart": f"{apart or ''}", "most": f"{most or ''}"}


def _amount_of(instruction: Resource) -> str:
    """The one amount that a sender gave as a number; "" when there is none, or several."""
    rates = instruction.get("doseAndRate") or []
    return amount(rates[0].get("doseQuantity")) if len(rates) == 1 else ""


def _without(text: str, *rhythms: str) -> str:
    """The words of a dose without those of its rhythm, which has its own field."""
    for one in rhythms:
        text = text.removesuffix(f" · {one}")
    return text


def given_lately(target: Target, scribe: Scribe) -> list[Resource]:
    """Return the doses of the course that were given within a day, the newest first."""
    since = scribe.now_ns - int(DAY.total_seconds()) * NS_PER_S
    course = _course(target)
    given = [
        (instant(when), one)
        for one in target.sheet.all("MedicationAdministration")
        if (one.get("request") or {}).get("reference") in course
        and one.get("status") in {"completed", "in-progress"}
        and instant(when := first(one, "effectiveDateTime", "effectivePeriod.start")) >= since
    ]
    return [one for _, one in sorted(given, key=lambda pair: pair[0], reverse=True)]


def waiting(target: Target) -> list[Any]:
    """Return its doses that are due, late, or of which nobody knows."""
    course = _course(target)
    return [one for one in target.due if one.resource in course and one.state != "coming" and one.at]


def _course(target: Target) -> set[str]:
    """The prescription, and those whose doses count for it: a change may have been changed."""
    requests = {f"MedicationRequest/{one['id']}": one for one in target.sheet.all("MedicationRequest")}
    mine = f"MedicationRequest/{_line(target)['id']}"
    return {mine, *kin(requests).get(mine, ())}


def _line(target: Target) -> Resource:
    assert target.line is not None, "there is a prescription to modify"
    return target.line


def _end_of(line: Resource) -> str:
    bounds = [((one.get("timing") or {}).get("repeat") or {}).get("boundsPeriod") or {}
              for one in line.get("dosageInstruction") or []]  # fmt: skip
    return next((str(one["end"]) for one in bounds if one.get("end")), "")


def _days_left(end: str, scribe: Scribe) -> str:
    left = instant(end) - scribe.now_ns if end else 0
    return str(-(-left // (86_400 * NS_PER_S))) if left > 0 else ""


def _write(target: Target, typed: Typed) -> list[Json]:
    return _modified(target, typed, PRESCRIPTION.write(target, typed))


def _verbal(target: Target, typed: Typed) -> list[Json]:
    return _modified(target, typed, VERBAL_ORDER.write(target, typed))


def _modified(target: Target, typed: Typed, orders: list[Json]) -> list[Json]:
    line, (order,) = _line(target), orders
    when, fixed = typed.text("first"), typed.text("rhythm") == "hours"
    if line.get("status") != "active":
        typed.problems[""] = N_("Elle n’est pas en cours : elle ne se modifie pas.")
    if when != "next" and not fixed:
        typed.problems["first"] = N_("Seulement pour des heures fixes : sinon, la dernière dose donnée compte.")
    order["priorPrescription"] = {"reference": f"MedicationRequest/{line['id']}"}
    if line.get("reasonCode"):
        order["reasonCode"] = line["reasonCode"]
    _keep_bounds(order, line, typed)
    why = typed.scribe.say(N_("modifiée")) + f" ({typed.text('reason')})"
    stopped = changed(line, status="stopped", statusReason=concept(why, (REASON, MODIFIED)))
    return [order, *([_once(order, typed)] if when == "now" and fixed else []), stopped]


def _keep_bounds(order: Json, line: Resource, typed: Typed) -> None:
    """From tomorrow if that was asked; to the same end if nobody touched it."""
    repeat = (order["dosageInstruction"][0].get("timing") or {}).get("repeat")
    if not repeat or "boundsPeriod" not in repeat:
        return
    bounds, end, now = repeat["boundsPeriod"], _end_of(line), typed.scribe.now
    if typed.text("first") == "tomorrow":
        day = (now + timedelta(days=1)).date()
        bounds["start"] = datetime.combine(day, datetime.min.time(), now.tzinfo).isoformat(timespec="seconds")
    if end and typed.text("days") == _days_left(end, typed.scribe):
        bounds["end"] = end


def _once(order: Json, typed: Typed) -> Json:
    """The dose that is given now: a prescription of its own, which nothing that was given before answers."""
    dosage = order["dosageInstruction"][0]
    now = dosage | {"text": dose_words(typed), "timing": {"event": [order["authoredOn"]]}}
    return {name: value for name, value in order.items() if name != "priorPrescription"} | {"dosageInstruction": [now]}


MODIFY = Form(
    "modify", N_("Modifier la prescription"), "prescribe", _fields, _write, "MedicationRequest", N_("Modifier"),
    block="treatments", doubt=ALLERGIC, function="medicines",
)  # fmt: skip
MODIFY_VERBAL = Form(
    "modify-verbal", N_("Ordre verbal : modifier la prescription"), "write", _verbal_fields, _verbal,
    "MedicationRequest", N_("Inscrire l’ordre"), block="treatments", doubt=ALLERGIC, function="medicines",
)  # fmt: skip
