"""What was ticked is read from the picture of a page, and what is not beyond doubt is left to a person.

Method: a dose sheet and a form drawn as a printer would, marked by a pen of our own (pens.py), turned, covered.
"""

import pytest
from PIL import Image, ImageDraw

from contrefeu.base import rfc3339
from contrefeu.paper import Issuer, blank_foot, print_form
from contrefeu.paper.marks import marks_on
from contrefeu.paper.pictures import Seen, pages_in, seen_on, upright
from tests.chart.feed import adt, chart, ns, rde
from tests.paper.house import KEY, Ward
from tests.paper.pens import DPI, Hand, Pen

A01 = adt("A01", "1124 0800", at="1124 0800")
WARD = Ward([chart(A01, rde("1124 0810"))])
MM = DPI / 25.4  # pixels


@pytest.fixture(scope="module")
def sheet():
    """A dose sheet as it was printed, and its issue."""
    printed = WARD.printed()
    return list(pages_in(printed.pdf))[2], printed.issues[2].act


@pytest.fixture(scope="module")
def form():
    """An admission form."""
    setting = WARD.setting
    printed = print_form(
        "admission", [None], blank_foot("CHU", "CARD", setting), setting, Issuer(KEY, "CARD", rfc3339(ns("1124 1200")))
    )
    return next(pages_in(printed.pdf)), printed.issues[0].act


def drawn(page, act, *kinds):
    """*page* with a mark of each kind on a box, from the first on."""
    out = page.copy()
    pen = Pen(ImageDraw.Draw(out), Hand(5))
    for kind, box in zip(kinds, act.boxes, strict=False):
        pen.mark(kind, box)
    return out


def read(picture, act):
    """What is read on it: which box, what, and why when it is doubtful."""
    seen = seen_on(picture)
    found = marks_on(upright(picture, seen.turns), seen, act.boxes, 1) or []
    return [(one.box, one.state, one.why) for one in found]


def test_a_box_is_noted_with_what_it_stands_for(sheet, form):
    """A dose's prescription and hour, where the box was drawn; an answer's words."""
    _, act = sheet
    assert {box.what for box in act.boxes} == {act.boxes[0].what}
    assert act.boxes[0].what.startswith("MedicationRequest/")
    assert [box.at for box in act.boxes] == [
        rfc3339(ns(at)) for at in ("1124 0800", "1124 1400", "1124 2000", "1125 0200", "1125 0800")
    ]
    assert [box.said for box in form[1].boxes[:2]] == [
        "Identity checked on: identity document",
        "Identity checked on: what was said",
    ]


def test_nothing_is_read_off_a_sheet_that_nobody_marked(sheet, form):
    """No box of either."""
    assert read(*sheet) == read(*form) == []


@pytest.mark.req("Q3")
@pytest.mark.parametrize("turns", range(4))
def test_without_a_code_the_corner_marks_tell_how_a_page_lies(sheet, form, turns):
    """The code torn off, whichever way the sheet was laid: the same boxes are read; without a mark, nothing is said."""
    for (page, act), kinds in ((sheet, ("tick", "cross", "filled", "struck")), (form, ("none", "tick"))):
        marked = drawn(page, act, *kinds)
        wanted = [(one.box, one.state, one.why) for one in marks_on(marked, seen_on(marked), act.boxes, 1)]
        draw = ImageDraw.Draw(marked)
        draw.rectangle([(165 * MM, 14 * MM), (194 * MM, 42 * MM)], fill=255)
        lies = upright(marked, turns)
        found = marks_on(lies, Seen([]), act.boxes, 1)
        assert [(one.box, one.state, one.why) for one in found] == wanted
        assert all(one.x + one.width <= lies.width and one.y + one.height <= lies.height for one in found)
        draw.rectangle([(3 * MM, 3 * MM), (14 * MM, 14 * MM)], fill=255)
        assert marks_on(upright(marked, turns), Seen([]), act.boxes, 1) is None


@pytest.mark.req("Q3")
def test_each_kind_of_mark_is_read_as_it_is_meant(sheet):
    """A tick, a cross, a scribble: ticked. One line through box and hour: struck out."""
    page, act = sheet
    marks = read(drawn(page, act, "tick", "cross", "filled", "struck"), act)
    assert marks == [(0, "ticked", ""), (1, "ticked", ""), (2, "ticked", ""), (3, "struck", "")]


@pytest.mark.req("Q3")
def test_what_may_mean_something_else_is_left_to_a_person(sheet):
    """A line that runs on, a box that something covers, a dot."""
    page, act = sheet
    out = page.copy()
    pen = ImageDraw.Draw(out)
    x, y = act.boxes[0].x * MM, (act.boxes[0].y + 2) * MM
    pen.line((x - 90, y, x + 160, y), fill=40, width=4)
    x, y = act.boxes[2].x * MM, act.boxes[2].y * MM
    pen.rectangle((x - 20, y - 20, x + 60, y + 20), fill=255)
    x, y = (act.boxes[3].x + 2) * MM, (act.boxes[3].y + 2) * MM
    pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=30)
    assert read(out, act) == [(0, "doubtful", "line"), (2, "doubtful", "no-box"), (3, "doubtful", "little")]


@pytest.mark.req("Q3")
def test_a_page_that_lies_otherwise_than_thought_says_nothing_for_certain(sheet, form):
    """The boxes of another form: every one is doubtful."""
    found = read(drawn(*sheet, "tick"), form[1])
    assert {state for _, state, _ in found} == {"doubtful"}
    assert len(found) == len(form[1].boxes)


def test_ticks_of_a_form_are_read_and_a_line_through_one_is_asked(form):
    """There a line through a box has no meaning of its own."""
    page, act = form
    assert read(drawn(page, act, "none", "tick", "cross", "struck"), act) == [
        (1, "ticked", ""), (2, "ticked", ""), (3, "doubtful", "strokes"),
    ]  # fmt: skip


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_that_lay_aside_says_the_same(sheet, turns):
    """Turned on the glass; the place to look at is that of the page turned upright, and the box is in it."""
    page, act = sheet
    lay = drawn(page, act, "tick").rotate(-90 * turns, expand=True).rotate(2, Image.Resampling.BICUBIC, fillcolor=255)
    assert read(lay, act) == [(0, "ticked", "")]
    flat = drawn(page, act, "tick")
    [mark] = marks_on(flat, seen_on(flat), act.boxes, 1)
    x, y = act.boxes[0].x * MM, act.boxes[0].y * MM
    assert mark.x < x < mark.x + mark.width
    assert mark.y < y < mark.y + mark.height
