"""Letters: what another house must know of a patient, on two pages, and what a patient is discharged with.

Rules kept here:
  * A transfer's letter has two pages whatever a chart holds (T1): what does not fit is counted where it would stand.
  * Allergies stand in the head of both pages, whole: they are never what is left out.
  * The codes on it say the same lines as its paper, and nothing that is not on the chart.
"""

import textwrap
from typing import Any

import msgspec
from msgspec import Struct

from contrefeu.base import rfc3339
from contrefeu.chart import Chart, sentence
from contrefeu.chart.sheet import Sheet, allergies_of, person_of, treatments_of
from contrefeu.paper.code import PageKey, issue_words
from contrefeu.paper.issue import Issuer
from contrefeu.paper.known import medicine_words, problems_in, with_last_dose
from contrefeu.paper.measured import results_for
from contrefeu.paper.pack import Foot, Printed
from contrefeu.paper.patient import allergy_words, pages_of
from contrefeu.paper.setting import Block, Line, Setting, heard_words
from contrefeu.paper.stamp import qr_svg, stamped
from contrefeu.paper.transfer import Passport, transfer_texts
from contrefeu.paper.typeset import typeset

LETTER_PAGES = 2  # of a transfer's letter (T1)
LINES_TRIED = (40, 25, 18, 12, 8, 5, 3)  # of a block: the most with which the letter has two pages
LINE_LETTERS = 400  # of one line: four lines of a page
RULED_LINES = 4  # to write on, under each heading of a discharge letter
_WORDS = ("allergies", "colon", "transfer code", "transfer code how")


class Parts(Struct, frozen=True):
    """What stands in a letter."""

    stay: str
    weight: str
    weight_red: bool
    allergies_said: str
    first: list[Block]
    second: list[Block]


def print_transfer(chart: Chart, to: str, foot: Foot, setting: Setting, issuer: Issuer, key: PageKey) -> Printed:
    """Set the two pages that go with *chart* to the house *to*, with its codes signed by *key*."""
    sheet = Sheet(chart)
    texts = transfer_texts(passport_of(sheet, foot.facility, setting), key)
    pictures = {f"transfer-{n}.svg": qr_svg(text) for n, text in enumerate(texts, 1)}
    signed = setting.say("signed by", key=key.public.hex()[:16])
    for most in LINES_TRIED:
        values = _values(sheet, "transfer-summary", foot, setting, most)
        values |= {"to": f"→ {to}", "codes": [*pictures], "signed": signed, "ruled": []}
        made = _printed(values, "transfer-summary", chart, issuer, pictures)
        if made.pages <= LETTER_PAGES:
            break
    return made


def print_discharge(chart: Chart, foot: Foot, setting: Setting, issuer: Issuer, count: int = 1) -> Printed:
    """Set *count* discharge letters: what is known of the stay, and ruled lines for what only the physician can say."""
    values = _values(Sheet(chart), "discharge-letter", foot, setting, 12)
    values["second"] = []
    ruled = [(setting.say(name), RULED_LINES) for name in ("stay in short", "discharge medicines", "follow-up")]
    values |= {"to": "", "codes": [], "signed": "", "ruled": ruled}
    return _printed(values, "discharge-letter", chart, issuer, {}, count)


def _printed(
    values: dict[str, Any], form: str, chart: Chart, issuer: Issuer, pictures: dict[str, bytes], count: int = 1
) -> Printed:
    numbers = [issuer.number() for _ in range(count)]
    made = typeset("letter.typ", values | {"issues": [*map(issue_words, numbers)]}, pictures)
    issues = [issuer.issue(form, pages, chart, number) for pages, number in zip(made.pages, numbers, strict=True)]
    pdf = stamped(made.pdf, [text for one in issues for text in one.texts])
    return Printed(pdf, sum(made.pages), issues)


def print_chart(chart: Chart, foot: Foot, setting: Setting, issuer: Issuer) -> Printed:
    """Set one chart's pages, as they stand in a pack."""
    number = issuer.number()
    words = {name: setting.say(name) for name in _WORDS}
    values = {
        "lang": setting.language,
        "title": setting.say("chart"),
        "words": words,
        "foot": msgspec.to_builtins(foot),
    }
    values |= {"pages": msgspec.to_builtins(pages_of(Sheet(chart), setting)), "issues": [issue_words(number)]}
    made = typeset("chart.typ", values)
    issue = issuer.issue("chart", made.pages[0], chart, number)
    return Printed(stamped(made.pdf, issue.texts), made.pages[0], [issue])


def passport_of(sheet: Sheet, facility: str, setting: Setting) -> Passport:
    """Return what the codes of a letter say of a chart."""
    whose, allergies = person_of(sheet), allergies_of(sheet)
    blocks = {"allergies": "allergies", "medicines": "prescriptions", "problems": "problems"}
    return Passport(
        by=facility,
        at=rfc3339(sheet.chart.last_received_ns),
        family=whose.family,
        given=whose.given,
        born=whose.birth_date,
        sex=whose.sex,
        numbers=[one.words for one in whose.numbers if not one.old],
        state=allergies.state,
        allergies=[allergy_words(one, setting) for one in allergies.lines if not one.struck],
        medicines=[medicine_words(one, setting) for one in treatments_of(sheet).running],
        problems=[sentence(one, setting.language, setting.zone) for one in problems_in(sheet)],
        unsaid=[name for name, block in blocks.items() if not sheet.heard(block)],
        test=sheet.chart.world == "T",
    )


def _values(sheet: Sheet, form: str, foot: Foot, setting: Setting, most: int) -> dict[str, Any]:
    pages = pages_of(sheet, setting)
    alerts, diet, problems, requests, coming, contacts, *rest = pages.blocks
    treatments = [Line(with_last_dose(one, setting)) for one in treatments_of(sheet).running]
    medicines = Block(setting.say("prescriptions"), heard_words(sheet, setting, "prescriptions", "doses"), treatments)
    if not treatments and sheet.heard("prescriptions"):
        medicines = msgspec.structs.replace(medicines, lines=[Line(setting.say("no prescription"))])
    results = results_for(sheet, setting)
    # What is strong comes first: it is not what a cut leaves out.
    found = sorted((row for panel in results.panels for row in panel.rows), key=lambda one: not one.strong)
    rows = [
        Line(" · ".join(filter(None, (one.when, one.name, f"{one.value} {one.flag}".strip(), one.range))), one.struck)
        for one in found
    ]
    measured = Block(results.title, results.said, [*rows, *map(Line, results.notes)])
    # What says that nothing came has no title.
    titles = [Line(" · ".join(filter(None, (one.title, one.about))) or one.text, one.struck) for one in pages.reports]
    reports = Block(pages.reports_title, pages.reports_said, titles)
    parts = Parts(
        stay=pages.stay,
        weight=pages.weight,
        weight_red=pages.weight_red,
        allergies_said=pages.allergies_said,
        first=[_cut(one, most) for one in (alerts, problems, medicines, diet)],
        second=[_cut(one, most) for one in (measured, requests, coming, contacts, reports, *rest)],
    )
    words: dict[str, Any] = {name: setting.say(name) for name in _WORDS}
    words["signs"] = [setting.say(name) for name in ("date hour", "name role", "signature")]
    shown = {"lang": setting.language, "title": setting.say(form), "words": words, "who": pages.who, "foot": foot}
    return {**msgspec.to_builtins(shown), **msgspec.to_builtins(parts)}


def _cut(block: Block, most: int) -> Block:
    left = len(block.lines) - most
    short = [Line(textwrap.shorten(one.text, LINE_LETTERS, placeholder=" […]"), one.struck) for one in block.lines]
    block = msgspec.structs.replace(block, lines=short)
    return msgspec.structs.replace(block, lines=[*block.lines[:most], Line(f"+\u00a0{left}")]) if left > 0 else block
