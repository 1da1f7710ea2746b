"""A patient's dose sheet for the next 24 hours: what is prescribed, and a box for each hour that it falls due.

Rules kept here:
  * Drug, dosage and route print as they were sent. What has no computable hour says so and has empty boxes (F9).
  * An hour that passed without a word of its dose reads "given? not known": on paper it is never late or given (F2).
  * A prescription that is on hold or not validated says so in capitals; a stopped one is not on the sheet.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.chart import DueItem, clock, courses_of, due_times, moment, wall_day, word
from contrefeu.chart.sheet import Sheet, Treatment, treatments_of
from contrefeu.paper.known import last_dose
from contrefeu.paper.patient import Identity, PatientPages
from contrefeu.paper.setting import Setting, heard_words

SHEET_HOURS = 24  # hours that a sheet covers: until tomorrow's at the same hour (W3)
BLANK_BOXES = 4  # of a drug without hours: one every six hours
EMPTY_ROWS = 4  # for what is prescribed by hand meanwhile
CELLS_MAX = 24  # boxes of one row: a dose each hour; of how many more there are the row speaks
_HOUR_NS = 3600 * 1_000_000_000


class Cell(Struct, frozen=True):
    """One box."""

    day: str  # said where it changes
    time: str
    at: str  # the same hour, RFC 3339
    unknown: bool = False  # its hour passed, and nobody said whether it was given


class DoseRow(Struct, frozen=True):
    """One prescription."""

    key: str  # "MedicationRequest/id"
    drug: str
    dosage: str
    about: str
    status: str  # in capitals; "" when it is plainly in force
    last: str
    label: str  # why there is no hour; "" when there are
    cells: list[Cell]
    blanks: int


class DoseSheet(Struct, frozen=True):
    """The sheet."""

    who: Identity
    title: str
    span: str
    said: str
    weight: str
    weight_red: bool
    rows: list[DoseRow]
    none: str  # said when there is no row
    empty_rows: int


def dose_sheet_of(sheet: Sheet, due: Sequence[DueItem], setting: Setting, pages: PatientPages) -> DoseSheet:
    """Return the dose sheet of a chart.

    Args:
        sheet: The chart, laid out.
        due: What the ward's board says is due: hours that passed unanswered are taken from it.
        setting: Words and time.
        pages: The patient's others: head and weight are the same.
    """
    until_ns = setting.now_ns + SHEET_HOURS * _HOUR_NS
    coming: dict[str, list[int]] = {}
    for at_ns, _, resource in due_times(courses_of(sheet.chart), setting.now_ns, until_ns, ZoneInfo(setting.zone)):
        coming.setdefault(resource, []).append(at_ns)
    passed: dict[str, list[int]] = {}
    for item in due:
        if item.at and (at_ns := parse_rfc3339(item.at)) <= setting.now_ns:
            passed.setdefault(item.resource, []).append(at_ns)
    running = treatments_of(sheet).running
    rows = [_row(one, passed.get(one.key, []), coming.get(one.key, []), setting) for one in running]
    return DoseSheet(
        who=pages.who,
        title=setting.say("dose sheet"),
        span=setting.say("from to", start=_at(setting.now_ns, setting), end=_at(until_ns, setting)),
        said=heard_words(sheet, setting, "prescriptions", "doses"),
        weight=pages.weight,
        weight_red=pages.weight_red,
        rows=rows,
        none="" if rows or not sheet.heard("prescriptions") else setting.say("no prescription"),
        empty_rows=EMPTY_ROWS,
    )


def _row(one: Treatment, passed: Sequence[int], coming: Sequence[int], setting: Setting) -> DoseRow:
    times = [*((at_ns, True) for at_ns in sorted(passed)), *((at_ns, False) for at_ns in sorted(coming))]
    language = setting.language
    label = "" if coming else setting.say("if needed" if one.as_needed else "no hour")
    if len(times) > CELLS_MAX:
        label = setting.say("more hours", count=str(len(times) - CELLS_MAX))
    about = (
        one.route,
        one.prescriber,
        f"{word('prescribed', language)} {setting.at(one.since)}" if one.since else "",
        f"{word('until', language)} {setting.at(one.until)}" if one.until else "",
        one.note,
    )
    return DoseRow(
        key=one.key,
        drug=one.drug or "?",
        dosage=one.dosage or word("dosage not said", language),
        about=" · ".join(filter(None, about)),
        status="" if one.status == "active" else word(f"status {one.status or 'unknown'}", language).upper(),
        last=last_dose(one, setting),
        label=label,
        cells=_cells(times[:CELLS_MAX], setting),
        blanks=BLANK_BOXES if not coming else 0,
    )


def _cells(times: Sequence[tuple[int, bool]], setting: Setting) -> list[Cell]:
    cells, before = [], ""
    for at_ns, unknown in times:
        text = rfc3339(at_ns)
        today = _day(text, setting)
        cells.append(Cell(today if today != before else "", clock(text, setting.zone), text, unknown))
        before = today
    return cells


def _day(text: str, setting: Setting) -> str:
    return setting.short(wall_day(text, setting.zone))


def _at(at_ns: int, setting: Setting) -> str:
    return moment(rfc3339(at_ns), setting.language, setting.zone)
