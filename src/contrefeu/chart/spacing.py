"""How far apart a prescription says that its doses are, and whether two of them are closer (F8; decision 0234).

Rules kept here:
  * What is compared is what the prescription says: every n hours, its own hours, at least n hours if needed, at most n
    doses in 24 hours. Nothing is made of words, of an amount, or of "twice a day" without hours: it says why not.
  * A dose that a board has as due (doses.py) is never too soon: half an hour before its time, and, at fixed hours, when
    the one before was given up to an hour late. "If needed" has no such leave: its least interval is whole.
  * Times are compared by the minute, as people write them. At fixed hours the longer of elapsed and wall time counts:
    the hour that March skips makes no dose early, and the one that October repeats makes none late.
  * Which of two doses was written first changes nothing: a dose of 08:00 that is typed at noon is compared too.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from contrefeu.chart.doses import EARLY_S, LATE_S, NS_PER_S, Step, is_infusion, step_of
from contrefeu.chart.elements import Resource

_DAY_S = 86_400
_MINUTE_NS = 60 * NS_PER_S
_DAY_MINUTES = 1_440
_DOSES = frozenset({"{dose}", "{prise}", "dose", "doses", "prise", "prises"})  # units that count doses
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": _DAY_S}
_IF_NEEDED = frozenset({"boundsPeriod", "frequency", "period", "periodUnit", "count"})


class Spacing(Struct, frozen=True, omit_defaults=True):
    """What a prescription says of the time between its doses."""

    kind: Literal["", "wall", "elapsed", "needed"] = ""
    least_s: int = 0  # between two doses, as it says; 0 when it does not
    leave_s: int = 0  # how much closer is not asked about
    most: int = 0  # doses in 24 h; 0 when it does not say
    why: Literal["", "unsaid", "words", "several", "infusion", "short"] = ""  # no interval is compared
    amount: bool = False  # it says a most as an amount, which is not compared

    @property
    def checks(self) -> bool:
        """Whether anything is compared."""
        return bool(self.least_s or self.most)


def spacing_of(request: Resource, at_ns: int, zone: ZoneInfo) -> Spacing:
    """Return what a prescription says of the time between its doses, as it stands at *at_ns*."""
    instructions: list[Resource] = request.get("dosageInstruction") or []
    authored = str(request.get("authoredOn", ""))
    steps = [(one, step_of(one, "", authored)) for one in instructions]
    if len(steps) > 1:
        day = datetime.fromtimestamp(at_ns // NS_PER_S, zone).toordinal()
        steps = [(one, step) for one, step in steps if _in_force(step, at_ns, day)]
    if not steps:
        return Spacing(why="unsaid" if not instructions else "several")
    most, amount = _most([one for one, _ in steps])
    if any(is_infusion(one) for one, _ in steps):
        return Spacing(why="infusion", most=most, amount=amount)
    needed = [_is_needed(one) for one, _ in steps]
    if any(needed):
        if len(steps) > 1:
            return Spacing(why="several", most=most, amount=amount)
        return _if_needed(steps[0][0], most, amount=amount)
    return _planned([step for _, step in steps], most, amount=amount)


def too_close(spacing: Spacing, one_ns: int, other_ns: int, zone: ZoneInfo) -> bool:
    """Whether two doses are closer than the prescription says."""
    if not spacing.least_s:
        return False
    first, last = sorted((one_ns, other_ns))
    apart = last // _MINUTE_NS - first // _MINUTE_NS
    if spacing.kind == "wall":
        apart = max(apart, _wall_minute(last, zone) - _wall_minute(first, zone))
    return apart * 60 < spacing.least_s - spacing.leave_s


def beyond_most(spacing: Spacing, given: Iterable[int], at_ns: int) -> list[int]:
    """Return the doses with which one at *at_ns* is one more than the most of some 24 hours; none when it is not."""
    if not spacing.most:
        return []
    at = at_ns // _MINUTE_NS
    worst: list[int] = []
    times = sorted(given)
    ends = [at, *(end for t in times if at <= (end := t // _MINUTE_NS) < at + _DAY_MINUTES)]
    for end in ends:
        within = [t for t in times if end - _DAY_MINUTES < t // _MINUTE_NS <= end]
        if len(within) >= spacing.most and len(within) > len(worst):
            worst = within
    return worst


def _wall_minute(at_ns: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(at_ns // NS_PER_S, zone)
    return int(local.replace(tzinfo=UTC).timestamp()) // 60


def _in_force(step: Step, at_ns: int, day: int) -> bool:
    begun = step.start_ns <= at_ns and step.start_day <= day
    return begun and (not step.end_ns or at_ns <= step.end_ns) and (not step.end_day or day <= step.end_day)


def _is_needed(instruction: Resource) -> bool:
    return bool(instruction.get("asNeededBoolean") or instruction.get("asNeededCodeableConcept"))


def _if_needed(instruction: Resource, most: int, *, amount: bool) -> Spacing:
    """Every n hours if needed; or so often a day."""
    repeat: dict[str, Any] = (instruction.get("timing") or {}).get("repeat") or {}
    if not _IF_NEEDED.issuperset(repeat) or (instruction.get("timing") or {}).get("event"):
        return Spacing("needed", most=most, amount=amount, why="words")
    period_s = _seconds(repeat.get("period"), str(repeat.get("periodUnit", "")))
    times = _whole(repeat.get("frequency")) or 1
    if times == 1 and period_s:
        return Spacing("needed", period_s, most=most, amount=amount)
    if times > 1 and period_s == _DAY_S:
        return Spacing("needed", most=min(most or times, times), amount=amount, why="unsaid")
    return Spacing("needed", most=most, amount=amount, why="words" if repeat.get("period") else "unsaid")


def _planned(steps: Sequence[Step], most: int, *, amount: bool) -> Spacing:
    """At their hours, or every so many hours."""
    kinds = {step.kind for step in steps}
    if "unknown" in kinds:
        return Spacing(most=most, amount=amount, why="words")
    if kinds == {"elapsed"} and len(steps) == 1:
        return _kept("elapsed", steps[0].every_ns // NS_PER_S, EARLY_S, most, amount=amount)
    if kinds == {"instants"}:
        times = sorted({at_ns for step in steps for at_ns in step.instants})
        least = min((last - first for first, last in pairwise(times)), default=0) // NS_PER_S
        return _kept("wall", least, EARLY_S + LATE_S, most, amount=amount)
    if kinds == {"wall"}:
        daily = all(step.every_days == 1 and not step.weekdays for step in steps)
        if daily or len(steps) == 1:
            return _kept("wall", _between_hours(steps), EARLY_S + LATE_S, most, amount=amount)
    return Spacing(most=most, amount=amount, why="several")


def _kept(kind: Literal["wall", "elapsed"], least_s: int, leave_s: int, most: int, *, amount: bool) -> Spacing:
    if not least_s:
        return Spacing(most=most, amount=amount, why="unsaid")
    if least_s <= leave_s:
        return Spacing(most=most, amount=amount, why="short")
    return Spacing(kind, least_s, leave_s, most, amount=amount)


def _between_hours(steps: Sequence[Step]) -> int:
    """The least time between two hours of fixed ones, s: from one day to the next that has a dose, too."""
    times = sorted({at for step in steps for at in step.times})
    if not times:
        return 0
    days = sorted({day for step in steps for day in step.weekdays})
    apart = steps[0].every_days
    if days:
        apart = min(last - first for first, last in pairwise([*days, days[0] + 7]))
    gaps = [last - first for first, last in pairwise(times)]
    return min([*gaps, apart * _DAY_S - (times[-1] - times[0])])


def _most(instructions: Sequence[Resource]) -> tuple[int, bool]:
    """The most doses in 24 hours that is said, and whether a most is said as anything else."""
    found, amount = [], False
    for one in instructions:
        ratio = one.get("maxDosePerPeriod")
        if not isinstance(ratio, dict):
            amount = amount or bool(ratio)
            continue
        parts = (ratio.get("numerator"), ratio.get("denominator"))
        doses, period = (one if isinstance(one, dict) else {} for one in parts)  # a feed's may be anything
        unit = str(doses.get("code") or doses.get("unit") or "").casefold()
        whole = _whole(doses.get("value"))
        day = _seconds(period.get("value"), str(period.get("code") or period.get("unit") or "")) == _DAY_S
        if unit in _DOSES and whole and day:
            found.append(whole)
        else:
            amount = True
    return (min(found) if len(found) == len(instructions) == 1 else 0), amount


def _whole(value: object) -> int:
    try:
        number = int(value)  # type: ignore[call-overload]  # what is no number raises
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if number == value and number > 0 and not isinstance(value, bool) else 0


def _seconds(value: object, unit: str) -> int:
    return _whole(value) * _SECONDS.get(unit, 0)
