"""The NEWS2 of a chart: which measurements belong together, and why there is no score when there is none (F8).

Rules kept here:
  * No score under 16, without an age, or in pregnancy. Whether somebody is pregnant is what the chart says; where it
    says nothing of a woman of that age, the page says that nobody told.
  * Measurements of one set are no more than SET_MINUTES apart. The newest complete set is scored, with its time; what
    was measured since and lacks something is said.
"""

from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Literal

from contrefeu.chart import Resource, age_of, codes, concept, concepts, first, instant, is_error, unit
from contrefeu.chart.news2 import HIGH, MEDIUM, RED, Measured, missing, points_of
from contrefeu.chart.sheet.person import person_of
from contrefeu.chart.sheet.resources import Sheet

SET_MINUTES = 15  # between the first and the last measurement of one round at the bedside
SETS_MAX = 200  # times looked back for a complete set: a week of hourly rounds
AGE_MIN, PREGNANT_AGE_MAX = 16, 55  # years: the score's own limit; up to which a woman is asked about
SATURATION_TARGET = "urn:contrefeu:spo2-target"  # system of a Flag's code: "88-92" is scale 2
CONSCIOUSNESS, OXYGEN_FLOW, OXYGEN_PART = "67775-7", "3151-8", "3150-6"  # LOINC
_CODES = {
    "9279-1": "breaths", "59408-5": "saturation", "2708-6": "saturation", "8480-6": "systolic", "8867-4": "pulse",
    "8310-5": "temperature", OXYGEN_FLOW: "oxygen", OXYGEN_PART: "oxygen", CONSCIOUSNESS: "consciousness",
}  # fmt: skip
_UNITS = {
    "breaths": {"/min", "1/min", "{breaths}/min"}, "saturation": {"%"}, "systolic": {"mmHg", "mm[Hg]"},
    "pulse": {"/min", "1/min", "{beats}/min", "bpm"}, "temperature": {"°C", "Cel", "C"},
}  # fmt: skip
_PREGNANT = ("grossesse", "enceinte", "pregnan", "gravid")
_NS = 1_000_000_000

Why = Literal["", "young", "age-unknown", "pregnant", "incomplete", "nothing"]


@dataclass(frozen=True, slots=True)
class Score:
    """A score, or why there is none."""

    total: int | None
    why: Why
    when: str = ""  # of the newest measurement of the set that is scored
    points: tuple[tuple[str, int], ...] = ()  # of each measurement
    missing: tuple[str, ...] = ()  # of the newest set
    newer: str = ""  # time of measurements since, which are no complete set
    scale_2: bool = False
    ask_pregnancy: bool = False  # nobody said whether she is pregnant

    @property
    def level(self) -> Literal["", "low", "single", "medium", "high"]:
        """How the report calls it."""
        if self.total is None:
            return ""
        if self.total >= MEDIUM:
            return "high" if self.total >= HIGH else "medium"
        return "single" if any(points >= RED for _, points in self.points) else "low"


def warning_score(sheet: Sheet, zone: tzinfo) -> Score:
    """Return the NEWS2 of the newest complete set, or why there is none."""
    return sheet.once(f"warning score {zone}", lambda: _warning_score(sheet, zone))


def _warning_score(sheet: Sheet, zone: tzinfo) -> Score:
    person = person_of(sheet)
    age = age_of(person.birth_date, sheet.now_ns, zone, person.birth_time) if person.age_known else None
    if age is None or (age.about and age.unit == "years" and age.number in {AGE_MIN - 1, AGE_MIN}):
        return Score(None, "age-unknown")
    if age.unit != "years" or age.number < AGE_MIN:
        return Score(None, "young")
    if is_pregnant(sheet):
        return Score(None, "pregnant")
    ask = person.sex != "male" and age.number <= PREGNANT_AGE_MAX
    found = sorted(_measurements(sheet), key=lambda one: one[0], reverse=True)
    if not found:
        return Score(None, "nothing")
    scale_2 = on_scale_2(sheet)
    lacks = tuple(missing(_set_at(found, found[0][0])))
    for at_ns in sorted({one[0] for one in found}, reverse=True)[:SETS_MAX]:
        measured = _set_at(found, at_ns)
        if not missing(measured):
            points = tuple(points_of(measured, scale_2=scale_2).items())
            when = next(words for ns, words, _, _ in found if ns == at_ns)
            newer = found[0][1] if at_ns != found[0][0] else ""
            return Score(sum(n for _, n in points), "", when, points, lacks, newer, scale_2, ask)
    points = tuple(points_of(_set_at(found, found[0][0]), scale_2=scale_2).items())
    return Score(None, "incomplete", found[0][1], points, lacks, "", scale_2, ask)


def is_pregnant(sheet: Sheet) -> bool:
    """Whether something in the chart says that she is: a status, a problem or an alert in force."""
    statuses = [one for one in sheet.all("Observation") if "82810-3" in codes(one.get("code")) and not is_error(one)]
    last = max(statuses, key=lambda one: instant(first(one, "effectiveDateTime", "issued")), default={})
    if set(codes(last.get("valueCodeableConcept"))) & {"LA15173-0", "77386006"}:
        return True
    standing = [one for one in sheet.all("Condition") if "active" in codes(one.get("clinicalStatus"))]
    standing += [one for one in sheet.all("Flag") if one.get("status", "active") == "active"]
    return any(_says_pregnant(one) for one in standing if not is_error(one))


def on_scale_2(sheet: Sheet) -> bool:
    """Whether a target of 88 to 92 % is in force."""
    return any(
        {"system": SATURATION_TARGET, "code": "88-92"} in (one.get("code") or {}).get("coding", [])
        for one in sheet.all("Flag")
        if one.get("status", "active") == "active" and not is_error(one)
    )


def _says_pregnant(resource: Resource) -> bool:
    said = f"{concept(resource.get('code'))} {concepts(resource.get('category'))}".casefold()
    coded = [code for code in codes(resource.get("code")) if code[:1] == "O" or code[:3] in {"Z33", "Z34", "Z35"}]
    return bool(coded) or "77386006" in codes(resource.get("code")) or any(word in said for word in _PREGNANT)


Found = tuple[int, str, str, object]


def _measurements(sheet: Sheet) -> list[Found]:
    """Each measurement that counts: when (ns and words), of what, its value."""
    found: list[Found] = []
    for one in sheet.all("Observation"):
        name = next((_CODES[code] for code in codes(one.get("code")) if code in _CODES), "")
        when = first(one, "effectiveDateTime", "effectivePeriod.start", "issued")
        if not name or is_error(one) or one.get("status") == "cancelled" or not instant(when):
            continue
        value = _value(name, one)
        if value is not None:
            found.append((instant(when), when, name, value))
    return found


def _value(name: str, resource: Resource) -> object:
    if name == "consciousness":
        return next((code for code in codes(resource.get("valueCodeableConcept")) if code in set("ACVPU")), None)
    measured = resource.get("valueQuantity") or {}
    value = measured.get("value")
    if measured.get("comparator") or isinstance(value, bool) or not isinstance(value, Decimal | int):
        return None
    if name == "oxygen":
        return Decimal(value) > (21 if OXYGEN_PART in codes(resource.get("code")) else 0)
    said = {unit(measured), str(measured.get("unit", "")), str(measured.get("code", ""))}
    return Decimal(value) if said & _UNITS[name] else None


def _set_at(found: list[Found], at_ns: int) -> Measured:
    """The newest value of each measurement in the minutes that end at *at_ns*."""
    values: dict[str, object] = {}
    for ns, _, name, value in found:
        if at_ns - SET_MINUTES * 60 * _NS <= ns <= at_ns:
            values.setdefault(name, value)
    return Measured(**values)  # type: ignore[arg-type]
