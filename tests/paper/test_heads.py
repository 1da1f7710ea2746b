"""No name and no list of allergies is so long that a page break, a label's edge or the page below it takes some of it.

Method: names, allergies and results as long as chance makes them; where the head ends on each page.
"""

import re

import pypdfium2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contrefeu.base import rfc3339
from contrefeu.paper import (
    Issuer,
    Setting,
    blank_foot,
    foot_of,
    print_bands,
    print_chart,
    print_discharge,
    print_form,
    print_transfer,
)
from contrefeu.paper.bands import KINDS
from contrefeu.paper.pack import CELL_LETTERS_MAX
from tests.chart.feed import PID, adt, chart, ns, oru, rde
from tests.paper.house import KEY, NOW, Ward, texts

POINTS = 72 / 25.4
LAST = "Zzz"  # an allergy that is printed after all others
FIRST = ("admitted", "from 24 Nov")  # what the body of a chart, and of a dose sheet, begins with
WORD = st.text(alphabet="WMAéilj", min_size=1, max_size=24)
NAMES = st.lists(WORD, min_size=1, max_size=5).map(" ".join)
NUMBERED = re.compile(r"Allergie (\d{3})")
ISSUER = Issuer(KEY, "CARD", rfc3339(ns(NOW)))


def patient(family: str, given: str, allergies: list[str] = [], results: int = 0):  # noqa: B006 - read only
    """A chart of these."""
    pid = PID.replace("MARTIN^Jeanne", f"{family}^{given}")
    said = [f"AL1|{n}|DA|A{n}^{what}^L|SV|Choc" for n, what in enumerate(allergies)]
    labs = [oru("1124 0900", *(f"NM|T{n}^Test {n}^L||{n}|g/L|||||F" for n in range(results)))] if results else []
    return chart(adt("A01", "1124 0800", at="1124 0800", pid=pid, more=said), *labs)


def flat(text: str) -> str:
    """Without what a line break changes."""
    return re.sub(r"[\s\u200b\ufffe\u0002-]+", "", text)


def one_line(pages: list[str]) -> str:
    """The text of pages as one line."""
    return " ".join(" ".join(pages).split())


def bottom_of(words: str, page: pypdfium2.PdfPage) -> float | None:
    """How high above the page's lower edge, in mm, *words* end; None where they are not."""
    text = page.get_textpage()
    found = text.search(words).get_next()
    return None if found is None else text.get_charbox(found[0])[1] / POINTS


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(family=NAMES, first=NAMES, allergies=st.lists(NAMES, max_size=12, unique=True), results=st.integers(0, 90))
@example("W" * 60, "Marie " * 8, ["Pénicilline " * 9] * 2, 90)
def test_no_page_parts_a_name_from_its_allergies_however_long_both_are(family, first, allergies, results):
    """On each page of a patient stand the whole name and every allergy, at one height, and the body below them."""
    ward = Ward([patient(family, first, [*allergies, LAST], results)])
    pages = [*pypdfium2.PdfDocument(ward.printed().pdf)][1:]
    ends = []
    for page in pages:
        whole = flat(page.get_textpage().get_text_bounded())
        assert all(flat(one) in whole for one in (family, first, *allergies))
        end = bottom_of(LAST, page)
        assert end is not None
        ends.append(round(end, 1))
        begins = [below for words in FIRST if (below := bottom_of(words, page)) is not None]
        assert all(end - below > 5 for below in begins), "a line of letters and the space between"
    assert len(set(ends)) <= 2, "a chart's pages, and a dose sheet's: each its own title"
    assert sum(bottom_of(words, page) is not None for words in FIRST for page in pages) == 2


def test_allergies_without_end_are_counted_at_the_head_and_named_within():
    """A hundred: on each page of each paper the same ones with the name, the gravest first; the rest is counted."""
    many = [f"AL1|{n}|DA|A{n}^Allergie {n:03} longue molécule^L|{'SV' if n == 100 else 'MI'}" for n in range(1, 101)]
    one = chart(adt("A01", "1124 0800", at="1124 0800", more=many))
    ward = Ward([one])
    foot = foot_of(ward.board, ward.setting, "CHU")
    with_numbers = (one, foot, ward.setting, ISSUER)
    census, *pack = texts(ward.printed().pdf)
    papers = {
        "pack": pack,
        "chart": texts(print_chart(*with_numbers).pdf),
        "transfer": texts(print_transfer(one, "CH", foot, ward.setting, ISSUER, KEY).pdf),
        "discharge": texts(print_discharge(*with_numbers).pdf),
        **{kind: texts(print_form(kind, [one], foot, ward.setting, ISSUER).pdf) for kind in ("note", "prescription")},
    }
    for pages in papers.values():
        heads = [NUMBERED.findall(re.split(r"\+ \d+ \(", one_line([page]))[0]) for page in pages]
        assert all(head == heads[0] and head[0] == "100" for head in heads)
        assert all("MARTIN" in page and f"+ {100 - len(heads[0])}" in page for page in pages)
    assert len(papers["transfer"]) == 2
    for kind in ("pack", "chart"):
        assert {f"{n:03}" for n in range(1, 101)} == set(NUMBERED.findall(one_line(papers[kind])))
    shown = NUMBERED.findall(one_line([census]))
    assert shown[0] == "100" and f"+ {100 - len(shown)}" in census


def test_a_row_of_the_census_is_never_higher_than_a_page():
    """Names, alerts and doses of hundreds of words are cut, and say so: no cell loses its end below the page."""
    words = " ".join(f"mot{n}" for n in range(400))
    drug = rde("1124 0810", tq1=("TQ1|1||Q6H||||20261124080000",), words=words)
    one = chart(adt("A01", "1124 0800", at="1124 0800", pid=PID.replace("MARTIN", words)), drug)
    pack = Ward([one]).pack()
    [row] = pack.census
    assert max(len(row.name), *map(len, row.due)) <= CELL_LETTERS_MAX
    assert row.name.endswith("[…]") and row.due[0].endswith("[…]")
    [name] = [row.name for row in pack.index]
    assert name.endswith("[…]")


@pytest.mark.req("F25")
def test_a_name_is_broken_at_its_hyphen_before_anywhere_else():
    """On a band, a label and in the census: both halves are whole."""
    one = patient("DE LA ROCHEFOUCAULD-MONTMORENCY", "Jeanne")
    papers = [print_bands(kind, one, 1, "CHU", Ward([]).setting, ISSUER) for kind in KINDS]
    for made in (*papers, Ward([one]).printed()):
        assert all("ROCHEFOUCAULD" in page and "MONTMORENCY" in page for page in texts(made.pdf))


@pytest.mark.req("F25")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(family=NAMES, first=NAMES)
@example("VAN DER BERGHE DE LA ROCHEFOUCAULD-MONTMORENCY", "Marie-Antoinette Joséphine Philippine")
def test_a_long_name_takes_no_number_and_no_birth_date_from_a_band(kind, family, first):
    """Name, birth date and number are whole, on each label and band, and none is cut at an edge."""
    made = print_bands(kind, patient(family, first), 1, "CHU", Ward([]).setting, ISSUER)
    [page] = pypdfium2.PdfDocument(made.pdf)
    whole, times = flat(page.get_textpage().get_text_bounded()), {"wristband": 2, "labels": 24}[kind]
    for one in (f"{family}{first}", "born 12 May 1948", "IPP 1001"):
        assert whole.count(flat(one)) == times
    below = {"wristband": "CHU", "labels": "Taken on"}[kind]  # what stands under the name, and must not be driven out
    assert whole.count(flat(below)) == times


@pytest.mark.req("W5")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_a_home_of_exercises_prints_says_so_blank_forms_too(language):
    """Above the empty name, at the foot, and for several patients; a real home's says nothing of it."""
    word = {"fr": "EXERCICE", "en": "EXERCISE"}[language]
    for exercise in (True, False):
        setting = Setting(language, "Europe/Paris", ns(NOW), exercise=exercise)
        for kind in ("note", "theatre-list"):
            [text] = texts(print_form(kind, [None], blank_foot("CHU", "C", setting), setting, ISSUER).pdf)
            assert text.count(word) == (2 if exercise else 0)
