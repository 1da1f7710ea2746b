"""What reads a page aloud is told its language, its title, what is a heading, a table's head, a picture of what.

Method: one of each kind of paper, opened as its structure. Where veraPDF is (CONTREFEU_VERAPDF=FOLDER, kept there by
verapdf/check.sh), it judges them by PDF/UA-1 as well.
"""

import os
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from contrefeu.base import rfc3339
from contrefeu.paper import (
    Issuer,
    blank_foot,
    foot_of,
    print_bands,
    print_chart,
    print_discharge,
    print_form,
    print_transfer,
)
from tests.chart.feed import adt, chart, ns, oru, rde
from tests.paper.house import KEY, NOW, Ward, texts

VERAPDF = os.environ.get("CONTREFEU_VERAPDF", "")
LABS = oru("1124 0900", *(f"NM|T{n}^Test {n}^L||{n}|mmol/L|||||F" for n in range(60)))
CHART = chart(adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L"]), LABS, rde("1124 0810"))
KINDS = ("note", "prescription", "blank", "chart", "discharge", "transfer", "wristband", "labels")


def printed(language: str) -> dict[str, bytes]:
    """One of each kind, and a pack."""
    ward = Ward([CHART], language=language)
    setting, issuer = ward.setting, Issuer(KEY, "CARD", rfc3339(ns(NOW)))
    foot = foot_of(ward.board, setting, "CHU")
    made = {kind: print_form(kind, [CHART], foot, setting, issuer) for kind in ("note", "prescription")}
    made["blank"] = print_form("vital-signs", [None], blank_foot("CHU", "C", setting), setting, issuer)
    made["chart"] = print_chart(CHART, foot, setting, issuer)
    made["discharge"] = print_discharge(CHART, foot, setting, issuer)
    made["transfer"] = print_transfer(CHART, "CHU B", foot, setting, issuer, KEY)
    made |= {kind: print_bands(kind, CHART, 1, "CHU", setting, issuer) for kind in ("wristband", "labels")}
    return {kind: one.pdf for kind, one in made.items()} | {"pack": ward.printed().pdf}


MADE = {language: printed(language) for language in ("fr", "en")}


def elements(one: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Every structure element below *one*."""
    kids = one.get("/K", pikepdf.Array())
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements(kid)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", [*KINDS, "pack"])
def test_every_paper_says_its_language_its_title_and_its_parts(kind, language):
    """Tagged, with the language of its words, a title that a window shows, and text that is selected."""
    pdf = MADE[language][kind]
    with pikepdf.open(BytesIO(pdf)) as document:
        root = document.Root
        assert (root.Lang, root.MarkInfo.Marked, root.ViewerPreferences.DisplayDocTitle) == (language, True, True)
        assert str(document.docinfo.Title)
        assert [*elements(root.StructTreeRoot)]
        assert all(page.obj.Tabs == "/S" for page in document.pages if "/StructParents" in page.obj)
        with document.open_metadata() as said:
            assert said.get("pdfuaid:part") == (None if kind == "pack" else "1")
    assert all(text.strip() for text in texts(pdf))


@pytest.mark.parametrize(("kind", "wanted"), [
    ("prescription", {"H1": 1, "Table": 1, "TH": 6}),
    ("chart", {"H1": 1, "H2": 8}),
    ("transfer", {"H1": 1, "H2": 10}),
])  # fmt: skip
def test_headings_and_heads_of_tables_are_told(kind, wanted):
    """As many as there are."""
    with pikepdf.open(BytesIO(MADE["en"][kind])) as document:
        found = [str(one.S)[1:] for one in elements(document.Root.StructTreeRoot)]
    assert {name: found.count(name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("kind", "said"), [("wristband", "IPP 1001"), ("labels", "IPP 1001"), ("transfer", "Read without")]
)
def test_a_code_that_is_a_picture_says_what_it_is_of(kind, said):
    """The bars say the number, a code of a transfer that it is one; the code of a page is passed over."""
    with pikepdf.open(BytesIO(MADE["en"][kind])) as document:
        figures = [one for one in elements(document.Root.StructTreeRoot) if one.S == "/Figure"]
    assert figures
    assert all(said in str(one.Alt) for one in figures)


def test_a_pack_is_read_in_sections_whose_titles_name_whom_they_are_of():
    """Census, chart, dose sheet; every page is a paragraph of its own section, found from its page and back."""
    with pikepdf.open(BytesIO(MADE["en"]["pack"])) as document:
        [whole] = [document.Root.StructTreeRoot.K]
        titles = [str(one.get("/T")) for one in whole.K]
        assert titles == ["Ward pack · Cardiologie", "MARTIN Jeanne", "MARTIN Jeanne · Dose sheet, 24 hours"]
        paragraphs = [one for part in whole.K for one in part.K]
        assert len(paragraphs) == len(document.pages) > 3
        numbers = document.Root.StructTreeRoot.ParentTree.Nums
        for page, one in zip(document.pages, paragraphs, strict=True):
            at = page.obj.StructParents
            assert (one.Pg.objgen, numbers[2 * at], numbers[2 * at + 1][0].objgen) == (page.obj.objgen, at, one.objgen)
            drawn = b"".join(found.read_bytes() for found in page.obj.Contents)
            assert drawn.count(b"/P <</MCID 0>> BDC") == 1
            assert drawn.index(b"EMC") < drawn.index(b"/Artifact BMC"), "the code is no part of it"


if VERAPDF:

    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_a_checker_that_we_did_not_write_finds_pdf_ua(language, tmp_path: Path):
        """Each kind passes; a pack fails by one rule alone, as it does not claim to be PDF/UA (5-1)."""
        for kind, pdf in MADE[language].items():
            (tmp_path / f"{kind}.pdf").write_bytes(pdf)
        check = Path(__file__).parent / "verapdf" / "check.sh"
        files = [str(tmp_path / f"{kind}.pdf") for kind in MADE[language]]
        ran = subprocess.run([check, VERAPDF, *files], capture_output=True, text=True, check=False)
        failed = [line.strip() for line in ran.stdout.splitlines() if "FAIL" in line]
        assert ran.stdout.count("PASS") == len(KINDS)
        assert failed == [f"FAIL {tmp_path}/pack.pdf ua1", "FAIL 5-1"]
