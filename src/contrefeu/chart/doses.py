"""When doses fall due, as far as their prescriber said it, and which were answered (F2, F9; DESIGN section 8).

Rules kept here:
  * Nothing is guessed: a prescription whose times its sender did not give has no due time, and says so in its own
    words; "if needed" is never due.
  * "Daily 08:00" is wall time in the hospital's zone: the hour that October repeats gives one dose, the hour that
    March skips loses none. "Every 6 h" is elapsed time, from the last dose.
  * A dose given, or refused, answers the nearest due time of its own prescription; lateness is likelier than haste,
    so an early dose counts twice as far. A second dose near an answered time answers no other.
  * A dose of a prescription that this one took the place of answers too: none is given twice, and "every 6 h" goes on
    from it. Of the one that was replaced nothing is due; what was not known of it stays a question (decision 0218).
  * Without any word of doses for a patient, or between the last word and a downtime, a due time that has passed is
    neither late nor given: it is not known. What falls due since the downtime was declared is due, and late.
  * What is computed from a prescription is small and constant (`Course`); what depends on the hour is computed when
    it is asked.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.base import rfc3339
from contrefeu.chart.elements import Resource, day_number, instant, is_instant, seconds_of_day
from contrefeu.chart.views import DueItem
from contrefeu.mapping import WRITTEN

NS_PER_S = 1_000_000_000
EARLY_S = 1800  # seconds before its time from which a dose is "due": time-critical doses have half an hour (ISMP 2011)
LATE_S = 3600  # seconds after its time from which a dose is "late": what wards keep to for all other doses (ISMP 2011)
COMING_S = 12 * 3600  # seconds ahead that a board looks: one shift
LOOK_BACK_S = 24 * 3600  # seconds for which an unanswered dose stays on a board, besides the last one of its course
DOSES_KEPT = 64  # of one prescription, the newest: every hour for two days, and more than a board looks back

# What of Timing.repeat is understood; any other element gives no due time rather than a wrong one
_UNDERSTOOD = frozenset(
    {"boundsPeriod", "frequency", "period", "periodUnit", "timeOfDay", "dayOfWeek", "count", "duration", "durationUnit"}
)
_SECONDS = {"s": 1, "min": 60, "h": 3600}
_DAYS = {"d": 1, "wk": 7}
_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
# Words beside explicit times that mean "each day" (HL7 table 0335); other words may mean some days only
_EACH_DAY = re.compile(r"(?:QD|BID|TID|QID|QAM|QPM|QHS|AM|PM|Q1D|DAILY|Q(?:1|2|3|4|6|8|12|24)H|\d+ ?/ ?[JD])?")
_NEVER = "never known"  # what people here said of a dose: nobody will know, and it is asked no more (F2)
_ANSWERS = frozenset({"completed", "in-progress", "not-done", "stopped", _NEVER})
_GIVEN = frozenset({"completed", "in-progress", "stopped"})


class Step(Struct, frozen=True, omit_defaults=True):
    """One instruction of a prescription: its words and its due times."""

    what: str
    kind: Literal["wall", "elapsed", "instants", "unknown"]
    times: tuple[int, ...] = ()  # seconds of the day
    every_days: int = 1
    weekdays: tuple[int, ...] = ()
    every_ns: int = 0
    instants: tuple[int, ...] = ()
    start_ns: int = 0  # 0 when none; a bound that is a day is in start_day alone
    start_day: int = 0
    end_ns: int = 0
    end_day: int = 0
    count: int = 0


class Course(Struct, frozen=True, omit_defaults=True):
    """One prescription in force: its steps, and the doses said of it."""

    resource: str  # "MedicationRequest/id"
    steps: tuple[Step, ...]
    answered: tuple[int, ...] = ()  # ns of doses given or refused, in order, the newest DOSES_KEPT
    given: int = 0  # how many were given
    doubtful: tuple[int, ...] = ()  # ns of doses that nobody says were given or not
    doubtful_days: tuple[int, ...] = ()  # days of doses whose hour was not said
    goes_on: bool = False  # whether some of these doses were given on a prescription that it took the place of
    replaced: bool = False  # another one took its place: what nobody knows of it is asked, and nothing else


def course(
    request: Resource,
    doses: Sequence[Resource],
    wording: Sequence[str],
    loose: Sequence[Resource] = (),
    before: Sequence[Resource] = (),
    replaced_ns: int = 0,
) -> Course | None:
    """Return what can fall due of a prescription; None when nothing can.

    Args:
        request: A MedicationRequest.
        doses: The MedicationAdministrations that name it.
        wording: For each of its instructions, drug and dosage in their sender's words; at least one.
        loose: Doses of the same drug that name no prescription of the chart: they may have been of this one.
        before: Doses of prescriptions that it took the place of.
        replaced_ns: When another one took its place; 0 when none did.
    """
    status = "active" if replaced_ns else str(request.get("status", ""))
    if status not in {"active", "unknown", ""}:
        return None
    instructions = request.get("dosageInstruction") or [{}]
    authored = str(request.get("authoredOn", ""))
    steps = tuple(
        step_of(one, words, authored) if status == "active" else Step(words, "unknown")
        for one, words in zip(instructions, wording, strict=True)
        if not (one.get("asNeededBoolean") or one.get("asNeededCodeableConcept") or is_infusion(one))
    )
    if not steps:
        return None
    starts = {step.start_ns for step in steps}
    # A taper's next step begins at the instant that ends the one before: that dose is the next step's alone.
    steps = tuple(replace(s, end_ns=s.end_ns - 1) if s.end_ns and s.end_ns in starts else s for s in steps)
    if replaced_ns:
        steps = tuple(_cut(step, replaced_ns - 1) for step in steps)
    known = [(_said(dose), _when(dose)) for dose in (*doses, *before)]
    known = [(said, when) for said, when in known if said != "entered-in-error"]
    maybe = [("unknown", _when(dose)) for dose in loose if dose.get("status") in _GIVEN]
    dated = [(said, instant(when)) for said, when in (*known, *maybe) if is_instant(when)]
    days = {day_number(when) for _, when in (*known, *maybe) if not is_instant(when)} - {0}
    return Course(
        f"MedicationRequest/{request.get('id')}",
        steps,
        tuple(sorted(at_ns for said, at_ns in dated if said in _ANSWERS)[-DOSES_KEPT:]),
        sum(_said(dose) in _GIVEN for dose in doses),
        tuple(sorted(at_ns for said, at_ns in dated if said not in _ANSWERS)[-DOSES_KEPT:]),
        tuple(sorted(days)[-DOSES_KEPT:]),
        goes_on=bool(before),
        replaced=bool(replaced_ns),
    )


def _cut(step: Step, end_ns: int) -> Step:
    """A step as far as *end_ns*."""
    kept = tuple(at_ns for at_ns in step.instants if at_ns <= end_ns)
    return replace(step, end_ns=min(step.end_ns or end_ns, end_ns), instants=kept)


def _said(dose: Resource) -> str:
    """What a dose's sender says became of it."""
    status = str(dose.get("status", ""))
    here = status == "unknown" and any(one.get("url") == WRITTEN for one in dose.get("extension") or [])
    return _NEVER if here else status


def _when(dose: Resource) -> str:
    return str(dose.get("effectiveDateTime") or (dose.get("effectivePeriod") or {}).get("start") or "")


def due_items(
    courses: Sequence[Course], now_ns: int, zone: ZoneInfo, *, heard_ns: int = 0, downtime_ns: int = 0
) -> list[DueItem]:
    """Return what is late, due, coming or not known, by time; what has no time comes last.

    Args:
        courses: Of one patient.
        now_ns: Now.
        zone: Of the hospital: "daily 08:00" is its wall time.
        heard_ns: When the last word of a dose of this patient came in; 0 when none ever did.
        downtime_ns: When downtime was declared; 0 when it is not (F2).
    """
    today = datetime.fromtimestamp(now_ns // NS_PER_S, zone).toordinal()
    found: list[tuple[int, DueItem]] = []
    for one in courses:
        slots = _slots(one, now_ns, today, zone, heard_ns)
        for at_ns, what, doubt in slots:
            state = _state(at_ns, now_ns, heard_ns, downtime_ns, doubt=doubt)
            if one.replaced and state != "unknown":
                continue
            found.append((at_ns, DueItem(what, _text(at_ns), state, one.resource)))
        for what in _timeless(one, now_ns, today, heard_ns):
            found.append((1 << 63, DueItem(what, "", "unknown", one.resource)))
    found.sort(key=lambda item: (item[0], item[1].what, item[1].resource))
    return [item for _, item in found]


def due_times(
    courses: Sequence[Course], from_ns: int, until_ns: int, zone: ZoneInfo, *, unanswered: bool = False
) -> list[tuple[int, str, str]]:
    """Return every due time in (*from_ns*, *until_ns*], of a day or two: when, what, "MedicationRequest/id"; by time.

    For a sheet that is filled in by hand: unlike `due_items` it gives each time, answered or not, and no state. A
    prescription that is not in it has no time that can be computed, or none in that while. With *unanswered*, a time is
    left out whose dose was given or refused before it, as `due_items` leaves it out.
    """
    today = datetime.fromtimestamp(from_ns // NS_PER_S, zone).toordinal()
    found: set[tuple[int, str, str]] = set()
    for one in courses:
        planned = sorted({at_ns for step in one.steps for at_ns in _planned(step, today, zone)}) if unanswered else []
        answered, _ = _answered(planned, one.answered)
        for step in one.steps:
            if step.count and one.given >= step.count:
                continue
            for at_ns in (*_planned(step, today, zone), *_each_elapsed(step, one, from_ns, until_ns)):
                if from_ns < at_ns <= until_ns and at_ns not in answered:
                    found.add((at_ns, step.what, one.resource))
    return sorted(found)


def untimed(one: Course, now_ns: int, zone: ZoneInfo) -> bool:
    """Whether an instruction that is in force has no time that `due_times` can compute."""
    today = datetime.fromtimestamp(now_ns // NS_PER_S, zone).toordinal()
    return next(_timeless(one, now_ns, today, 0), None) is not None


def _each_elapsed(step: Step, one: Course, from_ns: int, until_ns: int) -> Iterator[int]:
    """Each time of an elapsed-time step, if every dose is given at its hour; a dose given late moves the rest."""
    at_ns = _anchor(step, one, from_ns, 0) if step.kind == "elapsed" else 0
    if not at_ns:
        return
    at_ns += max(0, -(-(from_ns + 1 - at_ns) // step.every_ns)) * step.every_ns
    while at_ns <= until_ns and (not step.end_ns or at_ns <= step.end_ns):
        yield at_ns
        at_ns += step.every_ns


def _state(
    at_ns: int, now_ns: int, heard_ns: int, downtime_ns: int, *, doubt: bool
) -> Literal["due", "late", "coming", "unknown"]:
    untold = heard_ns < at_ns <= downtime_ns or not (heard_ns or downtime_ns)
    if doubt or (at_ns <= now_ns and untold):
        return "unknown"
    if now_ns > at_ns + LATE_S * NS_PER_S:
        return "late"
    return "due" if now_ns >= at_ns - EARLY_S * NS_PER_S else "coming"


def _slots(one: Course, now_ns: int, today: int, zone: ZoneInfo, heard_ns: int) -> list[tuple[int, str, bool]]:
    """Unanswered due times of a course: when, what, whether it may have been answered; the next one to come last."""
    planned: dict[int, str] = {}
    elapsed: list[tuple[int, str, bool]] = []
    for step in one.steps:
        if step.count and one.given >= step.count:
            continue
        if step.kind == "elapsed":
            elapsed += _next_elapsed(step, one, now_ns, heard_ns)
            continue
        for at_ns in _planned(step, today, zone):
            words = planned.get(at_ns)
            planned[at_ns] = step.what if words is None or words == step.what else f"{words} / {step.what}"
    times = sorted(planned)
    answered, doubts = _answered(times, one.answered)
    doubts |= _doubted(times, one, zone)
    oldest = now_ns - LOOK_BACK_S * NS_PER_S
    passed = bisect_right(times, now_ns)
    if passed and not all(_is_over(step, now_ns, today) for step in one.steps):
        oldest = min(oldest, times[passed - 1])  # until the next one a weekly dose is wanted, a week late
    found = [(t, planned[t], t in doubts) for t in times[:passed] if t >= oldest and t not in answered]
    coming = next((at_ns for at_ns in times[passed:] if at_ns not in answered), 0)
    if coming and coming <= now_ns + COMING_S * NS_PER_S:
        found.append((coming, planned[coming], coming in doubts))
    return found + elapsed


def _is_over(step: Step, now_ns: int, today: int) -> bool:
    return bool((step.end_ns and step.end_ns < now_ns) or (step.end_day and step.end_day < today))


def _timeless(one: Course, now_ns: int, today: int, heard_ns: int) -> Iterator[str]:
    """Instructions without a computable time that are in force."""
    for step in one.steps:
        if _is_over(step, now_ns, today) or (step.count and one.given >= step.count):
            continue
        if step.kind == "unknown" or (step.kind == "elapsed" and not _anchor(step, one, now_ns, heard_ns)):
            yield step.what


def _planned(step: Step, today: int, zone: ZoneInfo) -> Iterator[int]:
    """Due times that need no dose to be known, about *today*, in order within a step."""
    if step.kind == "instants":
        yield from step.instants
        return
    if step.kind != "wall":
        return
    back = 2 if step.every_days == 1 and not step.weekdays else max(step.every_days, 7) + 1
    for day in range(today - back, today + 2):
        if day < step.start_day or (step.end_day and day > step.end_day):
            continue
        if step.weekdays and (day - 1) % 7 not in step.weekdays:
            continue
        if step.every_days > 1 and (day - step.start_day) % step.every_days:
            continue
        for at_ns in _wall(day, step.times, zone):
            if at_ns >= step.start_ns and (not step.end_ns or at_ns <= step.end_ns):
                yield at_ns


@lru_cache(maxsize=65_536)  # wards share their hours
def _text(at_ns: int) -> str:
    return rfc3339(at_ns)


@lru_cache(maxsize=16_384)  # wards share their hours: few times, few days
def _wall(day: int, times: tuple[int, ...], zone: ZoneInfo) -> tuple[int, ...]:
    """The instants of wall times on a day: the first of a repeated hour; a skipped one by the offset before it."""
    midnight = datetime.combine(date.fromordinal(day), time())
    return tuple(int((midnight + timedelta(seconds=s)).replace(tzinfo=zone).timestamp()) * NS_PER_S for s in times)


def _anchor(step: Step, one: Course, now_ns: int, heard_ns: int) -> int:
    """When the next dose of an elapsed-time step falls due; 0 when nobody knows.

    Without any word of doses, a start that is long past says nothing of the next dose.
    """
    if one.answered and one.answered[-1] >= step.start_ns:
        return one.answered[-1] + step.every_ns
    if one.answered and one.goes_on:
        return max(step.start_ns, one.answered[-1] + step.every_ns)
    return step.start_ns if heard_ns or step.start_ns >= now_ns - LOOK_BACK_S * NS_PER_S else 0


def _next_elapsed(step: Step, one: Course, now_ns: int, heard_ns: int) -> Iterator[tuple[int, str, bool]]:
    at_ns = _anchor(step, one, now_ns, heard_ns)
    if not at_ns or (step.end_ns and at_ns > step.end_ns) or at_ns > now_ns + COMING_S * NS_PER_S:
        return
    if step.end_ns and step.end_ns < now_ns - LOOK_BACK_S * NS_PER_S:
        return
    since = at_ns - step.every_ns
    yield at_ns, step.what, any(doubt > since for doubt in one.doubtful) or bool(one.doubtful_days)


def _answered(times: Sequence[int], doses: Sequence[int]) -> tuple[set[int], set[int]]:
    """Which due times *doses* answer, and which they may have."""
    answered: set[int] = set()
    doubts: set[int] = set()
    for dose in doses:
        at = bisect_right(times, dose)
        before = times[at - 1] if at else None
        after = times[at] if at < len(times) else None
        hasty = before is None or (after is not None and 2 * (after - dose) < dose - before)
        if not hasty:
            assert before is not None
            answered.add(before)
        elif after is not None and (before is not None or after - dose <= LATE_S * NS_PER_S):
            answered.add(after)
            if before is not None and before not in answered and after - dose > EARLY_S * NS_PER_S:
                doubts.add(before)
    return answered, doubts


def _doubted(times: Sequence[int], one: Course, zone: ZoneInfo) -> set[int]:
    """Due times that a dose of unknown outcome, or of unknown hour, may have answered."""
    found, _ = _answered(times, one.doubtful)
    if one.doubtful_days:
        days = set(one.doubtful_days)
        found |= {t for t in times if datetime.fromtimestamp(t // NS_PER_S, zone).toordinal() in days}
    return found


def step_of(instruction: Resource, words: str, authored: str) -> Step:
    """Return when doses of one Dosage fall due, as far as it says so."""
    timing = instruction.get("timing") or {}
    repeat = timing.get("repeat") or {}
    end = str((repeat.get("boundsPeriod") or {}).get("end") or "")
    unknown = Step(
        words,
        "unknown",
        end_ns=instant(end) if is_instant(end) else 0,
        end_day=0 if is_instant(end) else day_number(end),
        count=int(repeat.get("count") or 0),
    )
    events = [str(at) for at in timing.get("event") or []]
    if events:
        exact = all(map(is_instant, events)) and not repeat
        return Step(words, "instants", instants=tuple(sorted(map(instant, events)))) if exact else unknown
    if not repeat or not _UNDERSTOOD.issuperset(repeat):
        return unknown
    bounds = repeat.get("boundsPeriod") or {}
    start = str(bounds.get("start") or "")
    period, unit = _whole(repeat.get("period")), str(repeat.get("periodUnit", ""))
    times = [seconds_of_day(str(at)) for at in repeat.get("timeOfDay") or []]
    bounded = replace(unknown, start_ns=instant(start) if is_instant(start) else 0, start_day=day_number(start))
    if times:
        if not start and is_instant(authored):
            bounded = replace(bounded, start_ns=instant(authored))
        return _wall_step(repeat, times, bounded, timing, unknown)
    once = int(repeat.get("frequency") or 1) == 1
    if unit in _SECONDS and period and once and not repeat.get("dayOfWeek"):
        return replace(bounded, kind="elapsed", every_ns=period * _SECONDS[unit] * NS_PER_S)
    return unknown


def _wall_step(repeat: Resource, times: Sequence[int | None], bounded: Step, timing: Resource, unknown: Step) -> Step:
    """Times of the day; on each day, on some weekdays, or every n days from a day that is known."""
    period, unit = _whole(repeat.get("period")), str(repeat.get("periodUnit", ""))
    weekdays = [_WEEKDAYS.get(str(day).casefold()) for day in repeat.get("dayOfWeek") or []]
    known = tuple(sorted({at for at in times if at is not None}))
    if None in times or None in weekdays:
        return unknown
    days = 1
    if repeat.get("period") is not None:
        days = (period or 0) * _DAYS.get(unit, 0)
        per = int(repeat.get("frequency") or 1)
        if not days or (days > 1 and not bounded.start_day) or (per != len(known) and not (per == 1 and days == 1)):
            return unknown
        if weekdays and days not in {1, 7}:
            return unknown
        days = 1 if weekdays else days
    else:
        code = timing.get("code") or {}
        said = [str(code.get("text") or ""), *(str(one.get("code") or "") for one in code.get("coding") or [])]
        if not weekdays and not all(_EACH_DAY.fullmatch(one.strip().upper()) for one in said):
            return unknown  # "one day in two" beside a time of day: which day is not said
    day_set = tuple(sorted({day for day in weekdays if day is not None}))
    return replace(bounded, kind="wall", times=known, every_days=days, weekdays=day_set)


def is_infusion(instruction: Resource) -> bool:
    """Whether it is an infusion that runs: a rate, given continuously (HL7 table 0335, C). It has no due time."""
    code = (instruction.get("timing") or {}).get("code") or {}
    rated = any(one.get("rateQuantity") for one in instruction.get("doseAndRate") or [])
    return rated and "C" in {str(code.get("text")), *(str(one.get("code")) for one in code.get("coding") or [])}


def _whole(value: object) -> int | None:
    """A period that is a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else None
