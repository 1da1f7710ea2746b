"""Every form prints in both languages, fits its pages, and carries the code of what it is.

Method: each layout set blank and for a patient; the pages read back as text and as codes.
"""

import re
from decimal import Decimal
from io import BytesIO

import msgspec
import pikepdf
import pytest

from contrefeu.acts import Declared
from contrefeu.base import rfc3339
from contrefeu.chart.news2 import BREATHS, PULSE, SATURATION_1, SYSTOLIC, TEMPERATURE
from contrefeu.paper import (
    FORMS,
    Issuer,
    foot_of,
    print_chart,
    print_discharge,
    print_form,
    read_code,
    written_foot,
)
from contrefeu.paper.forms import _in_one_language, blank_foot
from contrefeu.paper.layouts import LAYOUTS
from contrefeu.paper.parts import Fields, Grid, Lines, Ticks
from contrefeu.paper.pictures import pages_in, texts_on
from contrefeu.paper.scored import POINTS, TOTAL
from contrefeu.paper.words import WORDS, say
from tests.chart.feed import adt, chart, ns
from tests.paper.house import KEY, Ward, texts, words

CHART = chart(adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L"]))
APART = re.compile(r" [:;?!»]|« ")
ISSUER = Issuer(KEY, "CARD", rfc3339(ns("1124 1200")))


def tags(pdf, language):
    """Kinds of what a page is made of, as a reader for the blind finds them; the document says its language."""
    with pikepdf.open(BytesIO(pdf)) as document:
        assert document.Root.MarkInfo.Marked
        assert document.Root.Lang == language
        found, left = set(), [document.Root.StructTreeRoot.K]
        while left:
            one = left.pop()
            if isinstance(one, pikepdf.Array):
                left += list(one)
            elif isinstance(one, pikepdf.Dictionary):
                found.add(str(one.get("/S")))
                left += [one.K] if "/K" in one else []
        return found


@pytest.mark.req("W5", "G4")
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_blank_form_is_one_page_with_its_code(kind, language):
    """One sheet, its title in the reader's language, a code of its own form that names nobody."""
    setting = Ward([], language=language).setting
    printed = print_form(kind, [None], blank_foot("CHU", "Cardiologie", setting), setting, ISSUER)
    [text] = texts(printed.pdf)
    assert LAYOUTS[kind].title[0 if language == "fr" else 1] in text
    assert "Cardiologie" in text
    assert {"fr": "à détruire 7 jours après", "en": "destroy 7 days after"}[language] in text
    heads = [WORDS["blank"][language == "en"], WORDS["of ward"][language == "en"]]
    assert [head in text for head in heads] == [not FORMS[kind].of_ward, FORMS[kind].of_ward]
    [page] = pages_in(printed.pdf)
    code = read_code(texts_on(page)[0][0]).code
    assert (code.form, code.page, code.pages, code.patient.int) == (FORMS[kind].number, 1, 1, 0)
    assert [one.act.chart for one in printed.issues] == [""]
    assert {"/Document", "/H1"} <= tags(printed.pdf, language)


@pytest.mark.parametrize("kind", [kind for kind in LAYOUTS if not FORMS[kind].of_ward])
def test_a_form_of_a_patient_is_headed_with_name_and_allergies(kind):
    """Birth name, date, number, allergies, and how old that knowledge is; still one sheet."""
    ward = Ward([CHART])
    foot = written_foot(foot_of(ward.board, ward.setting, "CHU"))
    printed = print_form(kind, [CHART], foot, ward.setting, ISSUER)
    [text] = texts(printed.pdf)
    for wanted in ("MARTIN", "Jeanne", "12 May 1948", "1001", "Pénicilline", "As of messages of 24 Nov 2026 12:00"):
        assert wanted in text, wanted
    assert (printed.issues[0].act.chart, printed.issues[0].act.patient) == (CHART.id, "IPP|1001")


def test_tables_have_headed_columns_and_the_code_is_not_read_aloud():
    """A prescription's columns are named to who cannot see them; the QR code is an artifact."""
    setting = Ward([], language="fr").setting
    printed = print_form("prescription", [None], blank_foot("CHU", "C", setting), setting, ISSUER)
    assert {"/Table", "/TH", "/H2"} <= tags(printed.pdf, "fr")
    with pikepdf.open(BytesIO(printed.pdf)) as document:
        [page] = document.pages
        assert b"/Artifact BMC q 0 g" in b"".join(part.read_bytes() for part in page.Contents)


def test_each_copy_has_a_number_of_its_own():
    """Three notes: three issues, each on its page."""
    setting = Ward([]).setting
    printed = print_form("note", [None] * 3, blank_foot("CHU", "C", setting), setting, ISSUER)
    numbers = [one.number for one in printed.issues]
    assert len(set(numbers)) == 3
    assert all(number in text for number, text in zip(numbers, texts(printed.pdf), strict=True))


def test_every_layout_is_a_form_with_a_number():
    """And every form that is written on, and that no pack makes alone, has a layout."""
    assert set(LAYOUTS) == {name for name, kind in FORMS.items() if kind.returns}


@pytest.mark.req("G5")
def test_every_word_is_there_in_both_languages():
    """No text is left in the other one; what differs in nothing is a name or a sign."""
    pairs = [*WORDS.values(), *(layout.title for layout in LAYOUTS.values())]
    assert all(french and english for french, english in pairs)
    same = {french for french, english in pairs if french == english}
    assert same <= {
        "Admission",
        "Patient",
        "Page",
        "ALLERGIES",
        "NOTES",
        "Allergies",
        "Prescriptions",
        "Transfusion",
        "Prescription",
        "Signature",
        "SpO2",
        "respiration",
    }


def test_no_line_begins_with_a_mark_that_stands_apart_in_french():
    """Before : ; ? ! and inside « » is a space that breaks no line: in every word, and so on a page that is narrow."""
    for name, (french, english) in WORDS.items():
        assert not APART.search(say(name, "fr"))
        assert say(name, "fr").replace("\u00a0", " ") == french
        assert say(name, "en") == english
    for layout in LAYOUTS.values():
        for language in (0, 1):
            whole = words(_in_one_language(msgspec.to_builtins(layout), language))
            assert not APART.search(whole)
            assert language == 0 or "\u00a0" not in whole


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_colon_is_the_language_s(language):
    """Between what stands in our words and what was said, on charts and letters too."""
    ward = Ward([CHART], language=language)
    foot = foot_of(ward.board, ward.setting, "CHU")
    said = {"fr": "Allergies : dernier message :", "en": "Allergies: last message:"}[language]
    for printer in (print_chart, print_discharge):
        assert said in texts(printer(CHART, foot, ward.setting, ISSUER).pdf)[0]
    assert said.removesuffix(":").strip() in texts(ward.printed().pdf)[1]


@pytest.mark.req("F3")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_blank_form_says_which_medium_is_in_force(language):
    """One that is printed in a downtime, by whom it was set and since when; one printed ahead says nothing of it."""
    setting = Ward([], language=language).setting
    since = rfc3339(ns("1124 0700"))
    downtime = Declared(since, "ransom", "user/crise", "paper", since, "user/crise")
    for found, times in ((downtime, 1), (None, 0)):
        [text] = texts(print_form("note", [None], blank_foot("CHU", "C", setting, found), setting, ISSUER).pdf)
        assert text.count(setting.say("medium paper").replace("\u00a0", " ")) == times
        assert ("crise" in text) == bool(times)


@pytest.mark.req("F14")
def test_the_register_of_controlled_drugs_has_a_running_balance_and_signatures():
    """One drug a page; patient, prescriber, giver and witness of each movement, and the balance after it."""
    setting = Ward([], language="fr").setting
    [text] = texts(print_form("controlled-drugs", [None], blank_foot("CHU", "C", setting), setting, ISSUER).pdf)
    for wanted in ("un seul par page", "Solde reporté", "Patient : nom, IPP", "SOLDE", "Prescripteur", "Témoin"):
        assert wanted in text, wanted
    assert "Donné par, signature" in text


@pytest.mark.req("F11")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_transfusion_form_asks_for_no_blood_group(language):
    """From request to reaction, unit by unit; the group is read on the laboratory's own document."""
    ward = Ward([CHART], language=language)
    foot = written_foot(foot_of(ward.board, ward.setting, "CHU"))
    [text] = texts(print_form("blood-products", [CHART], foot, ward.setting, ISSUER).pdf)
    group = next(part.what for part in LAYOUTS["blood-products"].parts if type(part).__name__ == "Note")
    at = 0 if language == "fr" else 1
    assert group[at] in text
    labels = [str(pair[at]) for part in LAYOUTS["blood-products"].parts for pair in _asked(part)]
    assert not [one for one in labels if "groupe" in one.casefold() or "group" in one.casefold()]
    assert len([one for one in labels if one in text.replace("\r\n", " ")]) > 10


def _asked(part):
    """Every label of a part that somebody answers."""
    match part:
        case Fields(boxes):
            return [label for label, _ in boxes]
        case Grid(what, columns, names=names):
            return [what, *(label for label, _ in columns), *names]
        case Lines(what) | Ticks(what):
            return [what]
        case _:
            return []


@pytest.mark.req("F8")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_vital_signs_chart_has_news2_where_it_was_turned_on(language):
    """The table of points and a row to add up, on one page; without it, neither."""
    setting = Ward([], language=language).setting
    foot = blank_foot("CHU", "C", setting)
    [bare] = texts(print_form("vital-signs", [None], foot, setting, ISSUER).pdf)
    scored = msgspec.structs.replace(setting, news2=True)
    [text] = texts(print_form("vital-signs", [None], foot, scored, ISSUER).pdf)
    total = TOTAL[0 if language == "fr" else 1]
    assert (total in bare, total in text) == (False, True)
    assert "Royal College of Physicians" in text


@pytest.mark.parametrize(
    ("row", "steps"),
    [(0, BREATHS), (1, SATURATION_1), (4, SYSTOLIC), (5, PULSE), (7, TEMPERATURE)],
    ids=["breaths", "saturation", "systolic", "pulse", "temperature"],
)
def test_the_printed_points_are_those_of_the_screen(row, steps):
    """Each band of the table: its lowest and its highest value have the points of the column that it stands in."""
    bands = [(points, cell[1]) for points, cell in zip((3, 2, 1, 0, 1, 2, 3), POINTS[row][1:], strict=True) if cell[1]]
    assert len(bands) == len(steps)
    for points, band in bands:
        for value in band.removeprefix("≤ ").removeprefix("≥ ").split("-"):
            assert next(found for top, found in steps if top is None or Decimal(value) <= top) == points, band


@pytest.mark.req("F14")
def test_no_chemotherapy_is_ordered_on_the_ordinary_form():
    """The prescription says so, in both languages."""
    notes = [part.what for part in LAYOUTS["prescription"].parts if type(part).__name__ == "Note"]
    assert "chimiothérapie" in notes[0][0]
    assert "chemotherapy" in notes[0][1]
