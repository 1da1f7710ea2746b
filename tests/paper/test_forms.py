"""Every form prints in both languages, fits its pages, and carries the code of what it is.

Method: each layout set blank and for a patient; the pages read back as text and as codes.
"""

import pytest

from contrefeu.base import rfc3339
from contrefeu.paper import FORMS, Issuer, foot_of, print_form, read_code, written_foot
from contrefeu.paper.forms import blank_foot
from contrefeu.paper.layouts import LAYOUTS
from contrefeu.paper.pictures import pages_in, texts_on
from contrefeu.paper.words import WORDS
from tests.chart.feed import adt, chart, ns
from tests.paper.house import KEY, Ward, texts

CHART = chart(adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L"]))
ISSUER = Issuer(KEY, "CARD", rfc3339(ns("1124 1200")))


@pytest.mark.req("W5")
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_blank_form_is_one_page_with_its_code(kind, language):
    """One sheet, its title in the reader's language, a code of its own form that names nobody."""
    setting = Ward([], language=language).setting
    printed = print_form(kind, [None], blank_foot("CHU", "Cardiologie", setting), setting, ISSUER)
    [text] = texts(printed.pdf)
    assert LAYOUTS[kind].title[0 if language == "fr" else 1] in text
    assert "Cardiologie" in text
    [page] = pages_in(printed.pdf)
    code = read_code(texts_on(page)[0][0]).code
    assert (code.form, code.page, code.pages, code.patient.int) == (FORMS[kind].number, 1, 1, 0)
    assert [one.act.chart for one in printed.issues] == [""]


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
        "Allergies",
        "Prescriptions",
        "Prescription",
        "Signature",
    }


@pytest.mark.req("F14")
def test_no_chemotherapy_is_ordered_on_the_ordinary_form():
    """The prescription says so, in both languages."""
    notes = [part.what for part in LAYOUTS["prescription"].parts if type(part).__name__ == "Note"]
    assert "chimiothérapie" in notes[0][0]
    assert "chemotherapy" in notes[0][1]
