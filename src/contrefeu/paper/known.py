"""What a chart already says of what a form or a letter asks, in lines ready to print.

Rules kept here:
  * What is not known is an empty line to write on, never a word for "none".
  * A form keeps room to write: a box takes what fits on its line, ruled lines keep one free at least, and what has no
    room is counted. The chart has it all.
"""

import textwrap
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from contrefeu.chart import (
    Age,
    Resource,
    age_of,
    cares_of,
    is_error,
    newest,
    sentence,
    status_of,
    weight_is_old,
    word,
)
from contrefeu.chart.sheet import Person, Sheet, Treatment, person_of, treatments_of
from contrefeu.paper.setting import Setting, heard_words

BOX_LETTERS = 100  # of a box as wide as the page, in letters of a usual width: wider ones are set smaller
LINE_LETTERS = 110  # of a ruled line
_OVER = frozenset({"resolved", "inactive", "remission"})
_OPEN = frozenset({"active", "on-hold", "draft"})
_LIMITS = ("resuscitation", "directives", "refusal")
_HEARD = {  # what is known -> whose feeds are named beside it (F1)
    "problems": ("problems",), "medicines": ("prescriptions", "doses"), "taken": ("prescriptions",),
    "awaited": ("requests",), "alerts": ("alerts",),
}  # fmt: skip
Known = Mapping[str, Sequence[str]]


def known_of(sheet: Sheet, setting: Setting) -> Known:
    """Return what is known, by the names that parts of forms give it (parts.py)."""
    whose, treatments = person_of(sheet), treatments_of(sheet)
    flags = [one for one in sheet.all("Flag") if status_of(one) == "active"]
    about = {kind: [one for one in flags if kind in cares_of(one)] for kind in ("isolation", *_LIMITS)}
    limits = [one for one in flags if any(one in about[kind] for kind in _LIMITS)]
    found = {
        "weight, date": [weight_words(whose, setting)[0]] if whose.weight is not None else [],
        "weight": [whose.weight.value] if whose.weight is not None else [],
        "weighed": [setting.at(whose.weight.when)] if whose.weight is not None else [],
        "physician": [whose.physician],
        "place": [" · ".join(filter(None, (whose.ward, whose.room, whose.bed)))],
        "contact": [one.name for one in whose.contacts],
        "contact relation": [one.relation(setting.language) for one in whose.contacts[:1]],
        "contact phone": [", ".join(one.phones) for one in whose.contacts[:1]],
        "diets": _sentences([one for one in sheet.all("NutritionOrder") if status_of(one) in _OPEN], setting),
        "alerts": _sentences(flags, setting),
        "isolation": _sentences(about["isolation"], setting),
        "limits": _sentences(limits, setting),
        "problems": _sentences(problems_in(sheet), setting),
        "medicines": [with_last_dose(one, setting) for one in treatments.running],
        "taken": [medicine_words(one, setting) for one in treatments.declared],
        "awaited": _sentences(open_requests(sheet), setting),
    }
    return {name: [one for one in lines if one] for name, lines in found.items()}


def heard_of(sheet: Sheet, setting: Setting) -> dict[str, str]:
    """Return which feeds spoke of what stands on ruled lines, and when, by the same names."""
    return {name: heard_words(sheet, setting, *blocks) for name, blocks in _HEARD.items()}


def age_in(whose: Person, setting: Setting) -> Age | None:
    """Return how old somebody is now; None where nobody knows."""
    zone = ZoneInfo(setting.zone)
    return age_of(whose.birth_date, setting.now_ns, zone, whose.birth_time) if whose.age_known else None


def is_newborn(whose: Person, setting: Setting) -> bool:
    """Whether somebody is a month old at most."""
    age = age_in(whose, setting)
    return age is not None and age.unit in {"hours", "days"}


def weight_words(whose: Person, setting: Setting) -> tuple[str, bool]:
    """Return the last weight with its date, and whether it is red: a child's that is old or was never said (F10)."""
    age = age_in(whose, setting)
    if whose.weight is None:
        return (setting.say("weight unknown"), True) if age is not None and age.child else ("", False)
    old = weight_is_old(age, whose.weight.when, setting.now_ns)
    words = f"{setting.say('weight old' if old else 'weight')} {whose.weight.value} ({setting.at(whose.weight.when)})"
    return words, old


def in_box(lines: Sequence[str], share: float) -> str:
    """Return what stands in a box of that *share* of the width: the first of *lines*, and how many are left."""
    if not lines:
        return ""
    left = f" +\u00a0{len(lines) - 1}" if len(lines) > 1 else ""
    return textwrap.shorten(lines[0], max(8, int(BOX_LETTERS * share) - len(left)), placeholder=" […]") + left


def on_lines(lines: Sequence[str], count: int) -> list[str]:
    """Return what stands on *count* ruled lines, one of which stays free: each by itself, or one after the other."""
    apart = [part for line in lines for part in textwrap.wrap(line, LINE_LETTERS)]
    if len(apart) < count:
        return apart
    for shown in range(len(lines), 0, -1):
        left = f" +\u00a0{len(lines) - shown}" if shown < len(lines) else ""
        joined = textwrap.wrap(" — ".join(lines[:shown]) + left, LINE_LETTERS)
        if len(joined) < count:
            return joined
    return [in_box(lines, 1.0)]


def _sentences(resources: Sequence[Resource], setting: Setting) -> list[str]:
    return [sentence(one, setting.language, setting.zone) for one in resources if not is_error(one)]


def problems_in(sheet: Sheet) -> list[Resource]:
    """Return the problems that stand, the newest first."""
    found = newest(sheet.all("Condition"), "onsetDateTime", "recordedDate")
    return [one for one in found if not is_error(one) and status_of(one) not in _OVER]


def open_requests(sheet: Sheet) -> list[Resource]:
    """Return what was asked and not answered yet, the newest first."""
    return newest([one for one in sheet.all("ServiceRequest") if one.get("status") in _OPEN], "authoredOn")


def medicine_words(one: Treatment, setting: Setting) -> str:
    """Return a prescription as a line."""
    said = one.dosage or word("dosage not said", setting.language)
    status = "" if one.status == "active" else word(f"status {one.status or 'unknown'}", setting.language).upper()
    return " · ".join(filter(None, (one.drug or "?", said, one.route, status)))


def with_last_dose(one: Treatment, setting: Setting) -> str:
    """Return a prescription with the last dose that was said."""
    return " · ".join(filter(None, (medicine_words(one, setting), last_dose(one, setting))))


def last_dose(one: Treatment, setting: Setting) -> str:
    """Return the last dose that was said of a prescription, and on which words if another one has taken its place."""
    if not one.doses:
        return setting.say("no dose said")
    dose = one.doses[0]
    given = word(f"dose {dose.status or 'unknown'}", setting.language)
    under = f"({setting.say('on the one before', dosage=dose.under)})" if dose.under else ""
    said = (setting.say("last given"), setting.at(dose.when), given, dose.amount, under)
    return " ".join(filter(None, said))
