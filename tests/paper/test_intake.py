"""A page that came back is filed only where everything says it belongs, or waits for a person.

Method: codes as they were printed, changed, of other issues and other signers, judged against what the journal knows;
pages set, drawn and turned, read back.
"""

import dataclasses
from io import BytesIO
from uuid import UUID

import pytest
import zxingcpp
from msgspec.structs import replace
from PIL import Image

from contrefeu.acts import PageScanned, PagesIssued, PagesLost, decode, encode
from contrefeu.base import rfc3339
from contrefeu.fhir import is_exercise
from contrefeu.paper import Code, Issuer, PageKey, document_of, issues_in, judge, missing_in, pictures, print_form
from contrefeu.paper.forms import blank_foot
from contrefeu.paper.layouts import LAYOUTS
from contrefeu.paper.pictures import READ_SIDE_PIXELS_MAX, NotAPicture, kept_page, pages_in, seen_on, texts_on
from tests.chart.feed import adt, chart, ns
from tests.paper.house import KEY, Ward

CHART = chart(adt("A01", "1124 0800", at="1124 0800"))
ISSUER = Issuer(KEY, "CARD", rfc3339(ns("1124 1200")))
SHEET = ISSUER.issue("dose-sheet", 2, CHART)
KNOWN = {SHEET.act.issue: SHEET.act}


def test_a_page_as_it_was_issued_is_filed():
    """All agree: filed, and its issue and page are named."""
    found = judge([SHEET.texts[1]], KNOWN)
    assert (found.state, found.why, found.issued, found.page) == ("filed", "", SHEET.act, 2)


OTHER = Issuer(PageKey(bytes(32)), "CARD", "").issue("dose-sheet", 2, CHART)
PATIENT = UUID(CHART.id)
NUMBER = bytes.fromhex(SHEET.act.issue)


@pytest.mark.req("Q1")
@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([*SHEET.texts], "codes of several pages"),
        ([SHEET.texts[0][:-2]], "not a code of ours: not base 45"),  # one letter is left of the last three
        (["CF2:" + SHEET.texts[0][4:]], "not a code of ours: another kind of code"),
        ([OTHER.texts[0]], "an issue that is not known here"),
        ([PageKey(bytes(32)).text(Code(3, 1, 2, NUMBER, PATIENT))], "a signature that does not hold"),
        ([KEY.text(Code(3, 1, 2, NUMBER, UUID(int=7)))], "a code that says something else than its issue"),
        ([KEY.text(Code(3, 1, 1, NUMBER, PATIENT))], "a code that says something else than its issue"),
        ([KEY.text(Code(12, 1, 2, NUMBER, PATIENT))], "a code that says something else than its issue"),
        ([KEY.text(Code(3, 1, 2, NUMBER, UUID(int=0)))], "a code that says something else than its issue"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_doubtful_page_waits(texts, why):
    """Each kind of doubt has its reason, and none is filed."""
    found = judge(texts, KNOWN)
    assert (found.state, found.why) == ("queued", why)


def test_a_page_without_our_code_is_unreadable():
    """Nothing, or the code of a parcel."""
    assert judge([], KNOWN).state == judge(["https://example.org"], KNOWN).state == "unreadable"


def test_blank_forms_and_lists_of_several_wait():
    """Whose they are is for a person to say; a theatre list is filed on nobody's chart."""
    blank, listing = ISSUER.issue("note", 1), ISSUER.issue("theatre-list", 1, CHART)
    known = {one.act.issue: one.act for one in (blank, listing)}
    assert judge(blank.texts, known).why == "a blank form: whose?"
    assert judge(listing.texts, known).why == "about several patients"


def test_an_issue_said_in_two_ways_is_nobody_s():
    """Two journals say one number of two patients: its pages wait."""
    twice = [SHEET.act, replace(SHEET.act, chart=str(UUID(int=7)))]
    assert issues_in(twice) == {}
    assert issues_in([SHEET.act, SHEET.act]) == KNOWN


@pytest.mark.parametrize(
    "wrong", [{"issue": "zz"}, {"signed_by": "00"}, {"chart": "x"}, {"pages": 0}, {"form": "poem"}, {"patient": ""}]
)
def test_an_act_out_of_shape_issues_nothing(wrong):
    """A later version, or somebody else's journal: it is passed over, and stops nothing."""
    assert issues_in([replace(SHEET.act, **wrong)]) == {}


@pytest.mark.req("Q2")
def test_issued_is_returned_or_lost_or_missing():
    """Two pages: none back, one back, one lost; what is only read is never missed."""
    read = ISSUER.issue("chart", 3, CHART).act
    acts = [SHEET.act, read]
    assert [(one.ward, one.form, one.pages) for one in missing_in(acts)] == [("CARD", "dose-sheet", [1, 2])]
    acts.append(PageScanned("queued", "n/1", "", "why", SHEET.act.issue, 2))
    assert [one.pages for one in missing_in(acts)] == [[1]]
    assert missing_in(acts, ward="REA") == []
    acts.append(PagesLost(SHEET.act.issue, [1], "in the bin", ""))
    assert missing_in(acts) == []


def test_acts_of_paper_are_read_back():
    """As any act of the journal."""
    for act in (SHEET.act, PageScanned("filed", "n/1", "t", "", "00", 1, "c"), PagesLost("00", [1], "r", "t")):
        assert decode(encode(act)) == act
    assert isinstance(decode(encode(SHEET.act)), PagesIssued)


@pytest.mark.req("Q3")
def test_what_is_filed_is_a_picture_and_nothing_else():
    """One document, dated when it was issued, under the number of that day; no dose, no value."""
    verdict = judge([SHEET.texts[0]], KNOWN)
    said = document_of(verdict, b"\xff\xd8", "2026-11-25T10:00:00Z", "durand", "fr", is_exercise=False)
    assert said["resourceType"] == "DocumentReference"
    assert said["date"] == SHEET.act.at
    assert said["subject"] == {"identifier": {"system": "urn:id:IPP", "value": "1001"}}
    assert said["type"]["text"] == LAYOUTS["dose-sheet"].title[0]
    assert not is_exercise(said)
    assert is_exercise(document_of(verdict, b"\xff\xd8", "", "x", "fr", is_exercise=True))
    again = document_of(verdict, b"\xff\xd8", "2026-11-26T10:00:00Z", "other", "fr", is_exercise=False)
    assert again["identifier"] == said["identifier"]


# Pictures.


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """A note of the patient, drawn at 200 dpi."""
    ward = Ward([CHART])
    printed = print_form("note", [CHART], blank_foot("CHU", "CARD", ward.setting), ward.setting, ISSUER)
    [drawn] = pages_in(printed.pdf)
    return drawn


def saved(image: Image.Image, kind: str, **said) -> bytes:
    """The bytes of a picture."""
    out = BytesIO()
    image.save(out, kind, **said)
    return out.getvalue()


@pytest.mark.req("Q1")
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_page_is_turned_upright(page, turns):
    """However it lay on the glass: the same text, and it is kept upright."""
    lay = page.rotate(-90 * turns, expand=True)
    [text], back = texts_on(lay)
    assert [text] == texts_on(page)[0]
    assert (turns + back) % 4 == 0
    [kept] = pages_in(kept_page(lay, back))
    assert texts_on(kept) == ([text], 0)


@pytest.mark.req("Q1")
@pytest.mark.parametrize(
    ("kind", "dpi", "angle", "said"),
    [
        ("JPEG", 200, 3, {"quality": 30}),
        ("PNG", 150, -7, {}),
        ("TIFF", 200, 12, {"compression": "group4"}),
        ("TIFF", 150, 0, {"compression": "group4"}),
        ("JPEG", 120, 25, {"quality": 60}),
    ],
)
def test_a_page_is_read_off_a_copier(page, kind, dpi, angle, said):
    """Skewed, fax-like at 150 dpi in black and white, JPEG at quality 30: the code is read, whole."""
    scanned = page.resize((page.width * dpi // 200, page.height * dpi // 200))
    scanned = scanned.rotate(angle, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    if said.get("compression"):
        scanned = scanned.convert("1")
    [back] = pages_in(saved(scanned, kind, **said))
    assert texts_on(back)[0] == texts_on(page)[0]


@pytest.mark.req("Q1")
def test_a_sticker_s_code_hides_no_page(page):
    """Another system's code on a page, lying on its side, and ours faint: ours is read, and says how the page lies."""
    alone = seen_on(page)
    drawn = zxingcpp.create_barcode("https://example.org/9", zxingcpp.BarcodeFormat.QRCode, ec_level="H")
    sticker = Image.fromarray(drawn.to_image(scale=8)).rotate(90)
    stuck = page.copy()
    stuck.paste(sticker, (120, 40))
    assert seen_on(stuck) == dataclasses.replace(alone, texts=[alone.texts[0], "https://example.org/9"])
    faint = page.point([245 + value * 10 // 255 for value in range(256)])
    faint.paste(sticker, (120, 40))
    assert alone.texts[0] in seen_on(faint).texts


def test_every_page_of_a_file_is_a_page(page):
    """A TIFF of three, a PDF of two."""
    blank = Image.new("L", page.size, 255)
    assert len(list(pages_in(saved(page, "TIFF", save_all=True, append_images=[blank, page])))) == 3
    assert len(list(pages_in(saved(page, "PDF", save_all=True, append_images=[blank])))) == 2


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 nothing", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"MSH|^~\\&|"])
def test_what_is_no_picture_is_said_to_be_none(data):
    """One kind of error, whatever the decoder thought of it."""
    with pytest.raises(NotAPicture):
        list(pages_in(data))


def test_a_picture_that_would_fill_the_memory_is_refused():
    """A few kilobytes that unfold to 400 million pixels."""
    bomb = saved(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(NotAPicture):
        list(pages_in(bomb))


def test_a_huge_page_is_looked_at_no_larger_than_it_reads(page):
    """A page at 600 dpi, a PDF's of three metres: each is made smaller before it is searched, and still read."""
    fine = page.resize((page.width * 3, page.height * 3))
    [looked] = pages_in(saved(fine, "PNG"))
    assert max(looked.size) <= READ_SIDE_PIXELS_MAX
    assert texts_on(looked) == texts_on(page)
    [wide] = pages_in(saved(Image.new("L", (3000, 3000), 255), "PDF", resolution=25))
    assert max(wide.size) <= READ_SIDE_PIXELS_MAX


def test_a_file_has_as_many_pixels_as_a_copier_s_morning(page, monkeypatch):
    """A few kilobytes that unfold page after page: the file ends where its limit does."""
    monkeypatch.setattr(pictures, "FILE_PIXELS_MAX", 2 * page.width * page.height)
    with pytest.raises(NotAPicture):
        list(pages_in(saved(page, "TIFF", save_all=True, append_images=[page, page])))


@pytest.mark.req("Q2")
@pytest.mark.parametrize("asked", ["CARD", "CARDIO", ""])
def test_pages_of_a_ward_that_was_united_are_missing_under_either_name(asked):
    """Issued as CARD, which is CARDIO since: whichever is asked for, they are listed, and as CARDIO's."""
    home = {"CARD": "CARDIO"}
    [missing] = missing_in([SHEET.act], lambda ward: home.get(ward, ward), asked)
    assert (missing.ward, missing.pages) == ("CARDIO", [1, 2])
