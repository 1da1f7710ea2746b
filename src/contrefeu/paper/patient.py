"""One patient's pages of a pack: a chart as values that a template shows.

Rules kept here:
  * Each block names its feeds and their last word; a block nobody ever spoke of says "no source here" (F1).
  * Values, units, doses and flags print as they were sent (F5); what was taken back is struck, never dropped.
  * A child's weight has its date, red when old or missing (F10).
  * What does not fit is counted or named, never left out unsaid.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.base import rfc3339
from contrefeu.chart import (
    Chart,
    Resource,
    day,
    first,
    instant,
    newest,
    sentence,
    word,
)
from contrefeu.chart.sheet import (
    Allergy,
    Person,
    Report,
    Sheet,
    Study,
    allergies_of,
    person_of,
    story_of,
)
from contrefeu.paper.known import age_in, is_newborn, open_requests, weight_words
from contrefeu.paper.measured import Results, results_for
from contrefeu.paper.setting import Block, Line, Setting, heard_words, within
from contrefeu.paper.words import age_words

HEAD_LETTERS_MAX = 2400  # of allergies at the head of each page: a third of it, in small type
REPORTS_DAYS = 7  # days back that reports are printed: the stay so far, of most patients
REPORTS_MAX = 4  # reports of a patient: a page; the titles of others are counted
REPORT_CHARACTERS_MAX = 1500  # of one report's text: a quarter of a page
EVERY = 10_000  # lines of alerts and problems: all of them
LINES_MAX = 15  # of a block but problems and alerts, the newest: how many more there are is said
_NS = 1_000_000_000
_HOUR_NS = 3600 * _NS


class Identity(Struct, frozen=True):
    """What stands at the head of each of a patient's pages: who, where, and allergies."""

    family: str
    given: str
    used: str
    born: str  # with age and sex
    numbers: list[str]
    place: str
    allergies: str  # how it is with allergies, in capitals
    allergy_lines: list[Line]
    alarm: bool  # whether allergies are red: some are said, or nobody knows
    warnings: list[str]
    left: int = 0  # allergies that the head has no room for: its last line counts them, the patient's pages name them


class ReportText(Struct, frozen=True):
    """One report."""

    title: str
    about: str
    text: str
    notes: list[str]
    struck: bool


class PatientPages(Struct, frozen=True):
    """One patient's pages but the dose sheet."""

    who: Identity
    stay: str
    weight: str
    weight_red: bool
    allergies_said: str
    blocks: list[Block]
    results: Results
    reports_title: str
    reports_said: str
    reports: list[ReportText]


def identity_of(sheet: Sheet, setting: Setting) -> Identity:
    """Return what stands at the head of each page about the patient (F25)."""
    return _identity(sheet, person_of(sheet), setting)


def _identity(sheet: Sheet, whose: Person, setting: Setting) -> Identity:
    allergies = allergies_of(sheet)
    lines, left = _head_lines(sheet, setting)
    if left:
        lines = [*lines, Line(f"+\u00a0{len(left)} ({setting.say('allergies left')})")]
    return Identity(
        family=whose.family or word("name unknown", setting.language),
        given=whose.given,
        used=f"{setting.say('used')} {whose.used}" if whose.used else "",
        born=_born(whose, setting),
        numbers=[one.words + (f" ({setting.say('number old')})" if one.old else "") for one in whose.numbers[:3]],
        place=" · ".join(filter(None, (whose.ward, whose.room, whose.bed))),
        allergies=setting.say(_ALLERGIES[allergies.state]),
        allergy_lines=lines,
        left=len(left),
        alarm=allergies.state != "none-known",
        warnings=_warnings(sheet.chart, whose, setting),
    )


def _head_lines(sheet: Sheet, setting: Setting) -> tuple[list[Line], list[Line]]:
    """The allergies that a head has room for, the gravest first, and those that are left."""
    found = sorted(
        allergies_of(sheet).lines, key=lambda one: (one.struck, one.criticality != "high", one.severity != "severe")
    )
    lines = [Line(allergy_words(one, setting), one.struck) for one in found]
    count = len(within([one.text for one in lines], HEAD_LETTERS_MAX))
    return lines[:count], lines[count:]


_ALLERGIES = {
    "listed": "allergy",
    "none-known": "no known allergy",
    "no-source": "no allergy source",
    "conflict": "allergies conflict",
    "struck": "allergies struck",
}


def pages_of(sheet: Sheet, setting: Setting) -> PatientPages:
    """Return what a patient's pages say."""
    chart = sheet.chart
    whose = person_of(sheet)
    weight, red = weight_words(whose, setting)
    reports, notes = _reports(sheet, setting)
    blocks = [
        _alerts(sheet, setting),
        _block("diet", sheet, newest(sheet.all("NutritionOrder"), "dateTime"), setting, "diets"),
        _block(
            "problems",
            sheet,
            newest(sheet.all("Condition"), "onsetDateTime", "recordedDate"),
            setting,
            "problems",
            most=EVERY,
        ),
        _block("requests", sheet, open_requests(sheet), setting, "requests"),
        *_studies(sheet, setting),
        _block("appointments", sheet, _coming(sheet, setting), setting, "appointments"),
        _contacts(sheet, whose, setting),
    ]
    if left := _head_lines(sheet, setting)[1]:
        blocks.append(Block(setting.say("allergies left"), heard_words(sheet, setting, "allergies"), left))
    if chart.unread:
        lines = [Line(f"{one.kind} · {one.source} · {setting.at(rfc3339(one.received_ns))}") for one in chart.unread]
        blocks.append(Block(setting.say("unread"), "", lines))
    return PatientPages(
        who=_identity(sheet, whose, setting),
        stay=_stay(whose, setting),
        weight=weight,
        weight_red=red,
        allergies_said=heard_words(sheet, setting, "allergies"),
        blocks=blocks,
        results=results_for(sheet, setting),
        reports_title=setting.say("reports"),
        reports_said=heard_words(sheet, setting, "documents", "results"),
        reports=[*reports, *notes],
    )


def _alerts(sheet: Sheet, setting: Setting) -> Block:
    """Every alert, and what nobody recorded of what a ward must know of each (F18)."""
    found = _block("alerts", sheet, sheet.all("Flag"), setting, "alerts", most=EVERY)
    unsaid = ", ".join(setting.say(f"care {one}") for one in story_of(sheet).unsaid)
    return replace(found, lines=[*found.lines, *([Line(f"{setting.say('unsaid')} {unsaid}")] if unsaid else [])])


def _block(
    name: str, sheet: Sheet, resources: Iterable[Resource], setting: Setting, *heard: str, most: int = LINES_MAX
) -> Block:
    found = list(resources)
    lines = [Line(sentence(one, setting.language, setting.zone)) for one in found[:most]]
    lines += [Line(f"+\u00a0{len(found) - most}")] if len(found) > most else []
    said = heard_words(sheet, setting, *heard) if heard or not lines else ""
    if not lines and said != setting.say("no source"):
        lines = [Line(setting.say("nothing"))]
    return Block(setting.say(name), said, lines)


def study_words(study: Study, setting: Setting) -> str:
    """Return where images are, for whoever can still look at them."""
    made = word("images made" if study.made else "images not said", setting.language)
    return f"{word('study', setting.language)} {study.uid} · {made}"


def _studies(sheet: Sheet, setting: Setting) -> list[Block]:
    """Images that no report here is about; no block when there are none."""
    found = story_of(sheet).studies
    lines = [
        Line(" · ".join(filter(None, (one.title, one.modality, setting.at(one.when) if one.when else "",
                                      f"{word('accession', setting.language)} {one.accession}" if one.accession else "",
                                      study_words(one, setting)))))
        for one in found[:LINES_MAX]
    ]  # fmt: skip
    lines += [Line(f"+\u00a0{len(found) - LINES_MAX}")] if len(found) > LINES_MAX else []
    return [Block(setting.say("images"), "", lines)] if lines else []


def _contacts(sheet: Sheet, whose: Person, setting: Setting) -> Block:
    said = heard_words(sheet, setting, "identity")
    lines = [one.words(setting.language) for one in whose.contacts]
    lines = lines or ([setting.say("nothing")] if sheet.heard("identity") else [])
    return Block(setting.say("contacts"), said, [Line(one) for one in lines])


# Who.


def _born(whose: Person, setting: Setting) -> str:
    return born_words(whose, setting, aged=True)


def born_words(whose: Person, setting: Setting, *, aged: bool) -> str:
    """Return birth date, age if it is wanted, and sex: what lasts longer than a day has no age.

    A newborn has the minute and the order of birth beside them: twins are told apart by nothing else (F19).
    """
    new = is_newborn(whose, setting)
    when = setting.at(whose.birth_time) if new and whose.birth_time else day(whose.birth_date, setting.language)
    return " · ".join(
        filter(
            None,
            (
                f"{setting.say('born')} {when}" if whose.birth_date else setting.say("birth unknown"),
                setting.say("birth order", rank=str(whose.rank)) if new and whose.rank else "",
                age_words(age_in(whose, setting), setting.language) if aged else "",
                word(f"sex {whose.sex}" if whose.sex else "sex not said", setting.language),
            ),
        )
    )


def _warnings(chart: Chart, whose: Person, setting: Setting) -> list[str]:
    return [
        *([setting.say("exercise")] if chart.world == "T" else []),
        *([setting.say("deceased")] if whose.deceased else []),
        *([setting.say("protected")] if whose.confidential else []),
        *([f"{setting.say('identity doubt')} ({', '.join(whose.doubts)})"] if whose.doubts else []),
    ]


def allergy_words(one: Allergy, setting: Setting) -> str:
    """Return an allergy as a line: to what, which reaction, how bad."""
    severity = word(f"severity {one.severity}", setting.language) if one.severity else ""
    risk = word(f"criticality {one.criticality}", setting.language) if one.criticality else ""
    about = ", ".join(filter(None, (one.reaction, severity, risk)))
    return f"{one.what} ({about})" if about else one.what


def _stay(whose: Person, setting: Setting) -> str:
    parts = (
        f"{setting.say('admitted')} {setting.at(whose.admitted)}" if whose.admitted else "",
        f"{setting.say('stay')} {whose.visit}" if whose.visit else "",
        f"{setting.say('physician')} {whose.physician}" if whose.physician else "",
    )
    return " · ".join(filter(None, parts))


def _coming(sheet: Sheet, setting: Setting) -> list[Resource]:
    found = [one for one in sheet.all("Appointment") if instant(first(one, "start")) >= setting.now_ns - 12 * _HOUR_NS]
    return newest(found, "start")[::-1]


# What was written.


def _reports(sheet: Sheet, setting: Setting) -> tuple[list[ReportText], list[ReportText]]:
    found = story_of(sheet).reports
    since = setting.now_ns - REPORTS_DAYS * 24 * _HOUR_NS
    recent = [one for one in found if instant(one.when) >= since or not instant(one.when)]
    shown = recent[:REPORTS_MAX]
    left = len(found) - len(shown)
    rest = [ReportText(f"+\u00a0{left}", "", "", [], struck=False)] if left else []
    if not found and sheet.heard("documents", "results"):
        rest = [ReportText("", "", setting.say("nothing"), [], struck=False)]
    return [_report(one, setting) for one in shown], rest


def _report(one: Report, setting: Setting) -> ReportText:
    found = [f"{name} {said}" for name, said in one.findings]
    text = "\n".join(filter(None, (one.conclusion, *found, *(attached.text for attached in one.attachments))))
    notes = [
        f"({setting.say('not printed')}{setting.say('colon')}{attached.media_type} {attached.title})".replace(" )", ")")
        for attached in one.attachments
        if not attached.text
    ]
    notes += [study_words(study, setting) for study in one.images.studies]
    if len(text) > REPORT_CHARACTERS_MAX:
        text = text[:REPORT_CHARACTERS_MAX].rpartition(" ")[0] + " […]"
        notes.append(f"[{setting.say('goes on')} {one.source}]")
    status = word(f"result {one.status}", setting.language) if one.status not in {"final", "current", ""} else ""
    accession = one.images.accession
    number = f"{word('accession', setting.language)} {accession}" if accession else ""
    about = " · ".join(filter(None, (setting.at(one.when), one.by, number, status.upper())))
    title = f"{setting.say('sealed to')} {one.sealed_to}" if one.sealed_to else one.title
    return ReportText(title or "?", about, text.strip(), notes, one.struck)
