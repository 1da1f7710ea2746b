"""A ward's pack: its census, a page or two a patient, a dose sheet each, an index of names.

Rules kept here:
  * Every page says in large type how old its messages are and after when it is not to be used; a pack made from
    messages older than an hour is red and names the silent feeds (W2); each page has its day of destruction (G4).
  * A pack holds who lies on the ward now, and nobody else (F44).
  * A protected identity is a bed in the census and stands in no index: the name is on the patient's own pages (F24).
  * Pages are made of charts and a clock that are passed in: same charts, same minute, same pack.
"""

import textwrap
from collections.abc import Callable, Sequence

from msgspec import Struct

from contrefeu.acts import Declared, InForce
from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.chart import (
    FEED_SILENT_S,
    Board,
    BoardRow,
    Chart,
    Restoring,
    clock,
    day,
    of_feeds,
    restoring_text,
    silent_feeds,
)
from contrefeu.chart.sheet import Sheet
from contrefeu.paper.doses import DoseSheet, dose_sheet_of
from contrefeu.paper.issue import Issue, Whose
from contrefeu.paper.patient import PatientPages, pages_of
from contrefeu.paper.setting import Setting, within
from contrefeu.paper.words import lasted

VALID_HOURS = 24  # hours from its last message after which a pack is not to be used: its dose sheets end then
DESTROY_DAYS = 7  # days after which a pack is destroyed: its handwriting is scanned long before
CELL_LETTERS_MAX = 500  # of a cell of the census: a row that is higher than a page would lose its end
NAME_LETTERS_MAX = 160  # of a name there and in the index
DUE_SHOWN = 3  # next doses of a census row; the sheet has them all
_NS = 1_000_000_000


class Foot(Struct, frozen=True):
    """What every page says of its own age."""

    facility: str
    ward: str
    as_of: str
    age: str
    red: bool
    silent: str
    not_after: str
    destroy: str
    downtime: str  # since when, and which medium is in force since when and by whom (F3)
    page: str
    incomplete: str = ""  # what a history that is still being restored lacks
    exercise: str = ""  # said on every page of an exercise


class CensusRow(Struct, frozen=True):
    """One bed that is taken."""

    bed: str
    name: str
    born: str
    warnings: list[str]
    allergies: str
    alarm: bool
    alerts: list[str]
    due: list[str]
    results: str
    anchor: int  # which patient of the pack; the template finds the page


class IndexRow(Struct, frozen=True):
    """One name."""

    name: str
    bed: str
    anchor: int


class PatientPart(Struct, frozen=True):
    """One patient: what is known, and the sheet to write on."""

    pages: PatientPages
    doses: DoseSheet


class WardPack(Struct, frozen=True):
    """Everything that the template shows."""

    lang: str
    title: str
    words: dict[str, str]
    foot: Foot
    census: list[CensusRow]
    index: list[IndexRow]
    free_beds: list[str]
    patients: list[PatientPart]
    exercise: str


def ward_pack(
    board: Board,
    chart_of: Callable[[str], Chart | None],
    setting: Setting,
    facility: str,
    downtime: Declared | None = None,
    lacks: Restoring | None = None,
) -> tuple[WardPack, list[Whose]]:
    """Return the pack of a ward, and whose charts it is made of, in the order of its patients.

    Args:
        board: The ward's board.
        chart_of: Gives a chart by its id; asked once for each, which is let go before the next.
        setting: Words and time.
        facility: The hospital's name.
        downtime: The declaration in force on the ward.
        lacks: What is not there yet of a history that is being restored.
    """
    rows, whose, parts = [], [], []
    for row in board.rows:
        chart = chart_of(row.id)
        if chart is not None:
            rows.append(row)
            whose.append(Whose(chart.id, chart.key))
            parts.append(_part_of(Sheet(chart), row, setting))
    census = [_census(n, row, part.pages, setting) for n, (row, part) in enumerate(zip(rows, parts, strict=True))]
    named = [(n, row) for n, row in enumerate(rows) if not row.confidential]
    names = {(_name(f"{row.family} {row.given}"), n, _bed(row)) for n, row in named}
    names |= {(_name(row.used), n, _bed(row)) for n, row in named if row.used}
    foot = foot_of(board, setting, facility, downtime, lacks)
    pack = WardPack(
        lang=setting.language,
        title=setting.say("pack"),
        words={name: setting.say(name) for name in _SHOWN},
        foot=foot,
        census=census,
        index=[IndexRow(name, bed, n) for name, n, bed in sorted(names)],
        free_beds=board.free_beds,
        patients=parts,
        exercise=foot.exercise,
    )
    return pack, whose


def _part_of(sheet: Sheet, row: BoardRow, setting: Setting) -> PatientPart:
    pages = pages_of(sheet, setting)
    return PatientPart(pages, dose_sheet_of(sheet, row.due, setting, pages))


_SHOWN = (
    "census", "index", "free beds", "nobody", "bed", "page", "patient", "allergies", "colon", "next doses", "results",
    "alerts", "last value", "range", "earlier", "tick", "unknown dose", "hour initials", "written by hand", "who signs",
    "controlled", "no source", "confirm", "issue", "prescriptions",
)  # fmt: skip


def foot_of(
    board: Board, setting: Setting, facility: str, downtime: Declared | None = None, lacks: Restoring | None = None
) -> Foot:
    """Return what every page of the ward says of its own age."""
    feeds = of_feeds(board.feeds)
    silent = silent_feeds(board.feeds, setting.now_ns)
    as_of_ns = parse_rfc3339(board.as_of.time) if board.as_of.time else 0
    age_s = (setting.now_ns - as_of_ns) // _NS if as_of_ns else 0
    red = not as_of_ns or age_s > FEED_SILENT_S or (bool(feeds) and len(silent) == len(feeds))
    until = rfc3339((as_of_ns or setting.now_ns) + VALID_HOURS * 3600 * _NS)
    as_of = f"{setting.say('as of')} {setting.at(board.as_of.time)}" if as_of_ns else setting.say("as of nothing")
    names = ", ".join(f"{one.source} ({setting.at(one.last)})" for one in silent)
    return Foot(
        facility=facility,
        ward=board.name or board.ward,
        as_of=as_of,
        age=setting.say("age at print", age=lasted(age_s)) if as_of_ns else "",
        red=red,
        silent=f"{setting.say('silent')} {names}" if names else "",
        not_after=f"{setting.say('not valid after')} {setting.at(until)}",
        destroy=f"{setting.say('printed')} {setting.at(rfc3339(setting.now_ns))} · {destroy_words(setting)}",
        downtime=downtime_words(downtime, setting) if downtime is not None else "",
        page=setting.say("page"),
        incomplete=restoring_text(lacks, setting.language, setting.zone).strip() if lacks is not None else "",
        exercise=setting.say("exercise") if setting.exercise or board.world == "T" else "",
    )


def destroy_words(setting: Setting, name: str = "destroy") -> str:
    """Return on which day what is printed now is to be destroyed (G4)."""
    until = rfc3339(setting.now_ns + DESTROY_DAYS * 86_400 * _NS)
    return f"{setting.say(name)} {day(until[:10], setting.language)}"


def downtime_words(found: Declared, setting: Setting) -> str:
    """Return since when a ward is in downtime, and which medium is in force since when and by whom (F3)."""
    medium = _where(found.in_force(), setting, f"medium {found.medium}")
    alike: dict[InForce, list[str]] = {}
    for one, now in found.elsewhere.items():
        alike.setdefault(now, []).append(setting.say(f"function {one}"))
    apart = [f"{setting.say('functions', names=', '.join(each))} {_where(now, setting)}" for now, each in alike.items()]
    return " · ".join([f"{setting.say('downtime')} {setting.at(found.since)}", medium, *apart])


def _where(found: InForce, setting: Setting, words: str = "") -> str:
    since, by = setting.at(found.since), found.by.removeprefix("user/")
    return f"{setting.say(words or f'on {found.medium}')} {setting.say('medium since', at=since, by=by)}"


def _bed(row: BoardRow) -> str:
    return " ".join(filter(None, (row.room, row.bed)))


def _census(anchor: int, row: BoardRow, pages: PatientPages, setting: Setting) -> CensusRow:
    who = pages.who
    hidden = row.confidential
    allergies = [one.text for one in who.allergy_lines[: -1 if who.left else None] if not one.struck]
    counted = (("‼ ", row.critical, "critical"), ("", row.abnormal, "abnormal"))
    counts = [f"{sign}{n} {setting.say(what if n > 1 else f'{what} 1')}" for sign, n, what in counted if n]
    return CensusRow(
        bed=_bed(row),
        name=setting.say("protected") if hidden else _name(f"{who.family} {who.given}"),
        born="" if hidden else _name(" · ".join(filter(None, (who.born, who.used)))),
        warnings=[one for one in who.warnings if not hidden or one != setting.say("protected")],
        allergies=", ".join([who.allergies, *_shown(allergies, who.left)]),
        alarm=who.alarm,
        alerts=_shown(row.alerts),
        due=_next(row, setting),
        results=", ".join(counts),
        anchor=anchor,
    )


def _shown(texts: Sequence[str], left: int = 0) -> list[str]:
    """What a cell has room for, and how many are left, with *left* others: they stand on the patient's own pages."""
    shown = within(texts, CELL_LETTERS_MAX)
    left += len(texts) - len(shown)
    return [*(_short(one) for one in shown), *([f"+\u00a0{left}"] if left else [])]


def _name(text: str) -> str:
    return _short(text.strip(), NAME_LETTERS_MAX)


def _short(text: str, letters: int = CELL_LETTERS_MAX) -> str:
    return textwrap.shorten(text, letters, placeholder=" […]") if len(text) > letters else text


def _next(row: BoardRow, setting: Setting) -> list[str]:
    shown: Sequence[str] = [
        f"{clock(item.at, setting.zone)} {item.what}"
        + (f" ({setting.say('unknown dose')})" if parse_rfc3339(item.at) <= setting.now_ns else "")
        for item in row.due
        if item.at
    ]
    left = len(shown) - DUE_SHOWN
    some = [_short(one, CELL_LETTERS_MAX // DUE_SHOWN) for one in shown[:DUE_SHOWN]]
    return [*some, *([f"+\u00a0{left}"] if left > 0 else [])]


class Printed(Struct, frozen=True):
    """A pack that was set, and the pages it issues."""

    pdf: bytes
    pages: int
    issues: list[Issue]
