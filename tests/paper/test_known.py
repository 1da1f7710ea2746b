"""A form says what is known where it would be written, keeps room to write, and says nothing of what nobody told.

Method: a chart with one of everything, printed on each form; lists too long for their lines, letters too wide.
"""

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.base import rfc3339
from contrefeu.chart.sheet import Sheet
from contrefeu.paper import Issuer, blank_foot, foot_of, print_form, written_foot
from contrefeu.paper.known import LINE_LETTERS, in_box, known_of, on_lines
from contrefeu.paper.layouts import LAYOUTS
from contrefeu.paper.parts import Fields, Lines
from tests.chart.feed import adt, chart, message, ns, oru, ras, rde
from tests.paper.house import KEY, NOW, Ward, texts

POINTS = 72 / 25.4
ISSUER = Issuer(KEY, "CARD", rfc3339(ns(NOW)))
PROBLEMS = ["DG1|1||I50^Insuffisance cardiaque^L", "DG1|2||I48^Fibrillation atriale^L"]
CHART = chart(
    adt("A01", "1124 0800", at="1124 0800", more=["NK1|1|LEBLANC^Paul|SPO^Conjoint^HL70063||0611223344", *PROBLEMS]),
    rde("1124 0810", tq1=("TQ1|1||QD|08:00~20:00|||20261124080000",)),
    ras("1124 0915", "1124 0910"),
    oru("1124 0900", "NM|29463-7^Body weight^LN||72|kg|||||F"),
    message(
        "OMG^O19",
        "1124 0930",
        "PID|||1001^^^IPP^PI||MARTIN^Jeanne",
        "ORC|NW|R7^DPI",
        "OBR|1|R7^DPI||TDM^Scanner thorax^L",
    ),
)


def printed(kind, *, of=CHART, language="en"):
    """The pages of a form."""
    ward = Ward([of], language=language)
    foot = written_foot(foot_of(ward.board, ward.setting, "CHU"))
    return print_form(kind, [of], foot, ward.setting, ISSUER).pdf


@pytest.mark.req("W5")
@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("admission", ("LEBLANC Paul", "72 kg", "24 Nov 2026 07:00", "CARD · 12 · A", "Insuffisance cardiaque")),
        ("prescription", ("72 kg (24 Nov 2026",)),
        ("hand-over", ("Fibrillation atriale", "Paracétamol 1 g", "Scanner thorax")),
        ("transfer", ("LEBLANC Paul", "Insuffisance cardiaque", "last dose said: 24 Nov 2026 09:10", "Scanner thorax")),
        ("death", ("Scanner thorax",)),
    ],
)
def test_what_is_known_stands_where_it_would_be_written(kind, wanted):
    """On the patient's form; a blank one has none of it."""
    [text] = texts(printed(kind))
    setting = Ward([]).setting
    [blank] = texts(print_form(kind, [None], blank_foot("CHU", "C", setting), setting, ISSUER).pdf)
    for one in wanted:
        assert one in text
        assert one not in blank


def test_each_part_that_can_be_filled_is_filled_by_something_known():
    """No name in a layout that nothing answers to."""
    names = set(known_of(Sheet(CHART), Ward([]).setting))
    asked = {part.known for layout in LAYOUTS.values() for part in layout.parts if isinstance(part, Lines)}
    for layout in LAYOUTS.values():
        for part in layout.parts:
            if isinstance(part, Fields):
                asked |= {name for _, _, *names_of in part.boxes for name in names_of}
    assert asked - {""} <= names


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("fr", ["dernier message : DPI@CHU 24/11 06:00", "Allergies : aucune source ici", "PHARMA@CHU 24/11 06:00"]),
        ("en", ["last message: DPI@CHU 24 Nov 06:00", "Allergies: no source here", "PHARMA@CHU 24 Nov 06:00"]),
    ],
)
def test_a_form_names_who_said_what_stands_on_it(language, wanted):
    """Who the patient is, allergies, and what stands on ruled lines."""
    [text] = texts(printed("transfer", language=language))
    for one in wanted:
        assert one in text


@pytest.mark.req("F1")
def test_what_nobody_told_is_room_to_write():
    """A chart of an admission alone: no word of "none" on its form, and as many empty lines as on a blank one."""
    bare = chart(adt("A01", "1124 0800", at="1124 0800", place=""))
    assert {name: lines for name, lines in known_of(Sheet(bare), Ward([]).setting).items() if lines} == {}


@given(st.lists(st.text("abc ", min_size=1, max_size=300).filter(str.strip), max_size=12), st.integers(2, 8))
def test_lines_keep_one_free_and_count_what_has_no_room(lines, count):
    """However many and long they are."""
    shown = on_lines(lines, count)
    assert len(shown) < count
    assert all(len(one) <= LINE_LETTERS for one in shown)
    assert bool(shown) == bool(lines)
    if sum(map(len, lines)) > LINE_LETTERS * count:
        assert "[…]" in shown[-1] or "+ " in shown[-1]


@pytest.mark.req("F10")
def test_a_child_s_old_weight_is_said_to_be_old():
    """On the prescription's own box."""
    child = "PID|||1001^^^IPP^PI||MARTIN^Jeanne||20200512|F"
    weighed = oru("0101 0900", "NM|29463-7^Body weight^LN||18|kg|||||F|||20260101090000").replace(
        b"19480512", b"20200512"
    )
    one = chart(adt("A01", "1124 0800", at="1124 0800", pid=child), weighed)
    assert "OLD WEIGHT 18 kg" in texts(printed("prescription", of=one))[0]


def test_a_box_says_the_first_and_how_many_are_left():
    """Cut where it must be, and said to be."""
    assert in_box([], 0.5) == ""
    assert in_box(["LEBLANC Paul"], 0.5) == "LEBLANC Paul"
    assert in_box(["LEBLANC Paul", "x", "y"], 0.5) == "LEBLANC Paul +\u00a02"
    assert in_box(["word " * 40], 0.2).endswith("[…]")


def test_wide_letters_stay_on_their_line():
    """A hundred capitals are set smaller: none runs past the page or over the line above."""
    wide = chart(adt("A01", "1124 0800", at="1124 0800", more=[f"DG1|1||I50^{'W' * 105}^L"]))
    [page] = pypdfium2.PdfDocument(printed("transfer", of=wide))
    text = page.get_textpage()
    at, count = text.search("W" * 105).get_next()
    boxes = [text.get_charbox(at + n) for n in range(count)]
    assert max(right for _, _, right, _ in boxes) <= (210 - 14) * POINTS
    assert len({round(bottom) for _, bottom, _, _ in boxes}) == 1


@pytest.mark.parametrize(("language", "wanted"), [("fr", ["autre lien", "Lien"]), ("en", ["other relation"])])
def test_who_is_to_be_called_has_a_box_each_for_link_and_number(language, wanted):
    """In words where the feed said a code alone; as it was said where it said words."""
    near = chart(adt("A01", "1124 0800", at="1124 0800", more=["NK1|1|LEBLANC^Paul|OTH||0611223344"]))
    [text] = texts(printed("admission", of=near, language=language))
    for one in [*wanted, "LEBLANC Paul", "0611223344"]:
        assert one in text
    assert "OTH" not in text
    assert "LEBLANC Paul ·" not in text
    assert "Conjoint" in texts(printed("admission", language="en"))[0]
