"""A wristband says who it is in the order that identity is checked in, and its bars say the number beside them.

Method: sheets of one patient, read back as text and as barcodes.
"""

import pytest
import zxingcpp

from contrefeu.base import rfc3339
from contrefeu.paper import Issuer, print_bands
from contrefeu.paper.bands import KINDS, Specimen
from contrefeu.paper.code128 import gs1_svg, specimen_svg
from contrefeu.paper.pictures import pages_in
from tests.chart.feed import PID, adt, chart, ns
from tests.paper.house import KEY, NOW, Ward, texts

USED = PID.replace("MARTIN^Jeanne^^^^^L", "MARTIN^Jeanne^^^^^L~DURAND^Jeanne^^^^^D")
CHART = chart(adt("A01", "1124 0800", at="1124 0800", pid=USED, more=["AL1|1|DA|PEN^Pénicilline^L"]))
ISSUER = Issuer(KEY, "CARD", rfc3339(ns(NOW)))


def printed(kind, language="en", count=1):
    """Sheets of Jeanne Martin."""
    return print_bands(kind, CHART, count, "CHU", Ward([], language=language).setting, ISSUER)


@pytest.mark.req("F25")
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_band_says_birth_name_first_and_the_used_name_second(kind, language):
    """Birth name, given name, birth date, sex, used name, number; one sheet, its issue not missed; no allergy on it."""
    made = printed(kind, language)
    [text] = texts(made.pdf)
    wanted = ["MARTIN", "Jeanne", {"fr": "12/05/1948", "en": "12 May 1948"}[language], "DURAND"]
    assert [text.index(one) for one in wanted] == sorted(text.index(one) for one in wanted)
    assert "IPP 1001" in text and {"fr": "femme", "en": "female"}[language] in text
    assert "Pénicilline" not in text
    assert "78" not in text.replace(made.issues[0].number, "")  # a band outlives an age; its own number is drawn
    assert [(one.act.form, one.act.returns, one.act.chart) for one in made.issues] == [(kind, False, CHART.id)]


@pytest.mark.req("G4")
@pytest.mark.parametrize(
    ("language", "wanted"),
    [("fr", "si inutilisé : à détruire le 01/12/2026"), ("en", "if unused, destroy on 01 Dec 2026")],
)
@pytest.mark.parametrize(("kind", "times"), [("wristband", 1), ("labels", 24)])
def test_what_is_left_of_a_sheet_is_destroyed_on_a_day(kind, times, language, wanted):
    """Once on a sheet of bands; on each label, for a sheet of them has no margin."""
    [text] = texts(printed(kind, language).pdf)
    assert " ".join(text.split()).count(wanted) == times


@pytest.mark.req("F19")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("language", "wanted"),
    [("fr", ["né(e) le 24/11/2026 03:11", "rang 2"]), ("en", ["born 24 Nov 2026 03:11", "birth order 2"])],
)
def test_a_newborn_s_band_has_minute_order_and_the_mother_s_name(kind, language, wanted):
    """So has the head of the pages; who is older has none of them, and no link no name."""
    child = PID.replace("19480512", "202611240311").replace("|F", "|F" + "|" * 17 + "2")
    setting = Ward([], language=language).setting
    link = "NK1|1|MARTIN^Jeanne|MTH^mère^HL70063"
    for more, times in (([link], 1), ([], 0)):
        one = chart(adt("A01", "1124 0800", at="1124 0800", pid=child, more=more))
        text = " ".join(texts(print_bands(kind, one, 1, "CHU", setting, ISSUER).pdf)[0].split())
        assert all(words in text for words in wanted)
        assert ({"fr": "mère : MARTIN Jeanne", "en": "mother: MARTIN Jeanne"}[language] in text) == bool(times)
        assert all(words in texts(Ward([one], language=language).printed().pdf)[1] for words in wanted)
    pid = child.replace("202611240311", "202001010311")
    older = chart(adt("A01", "1124 0800", at="1124 0800", pid=pid, more=[link]))
    [text] = texts(print_bands(kind, older, 1, "CHU", setting, ISSUER).pdf)
    assert wanted[1] not in text and text.count("MARTIN") == {"wristband": 2, "labels": 24}[kind]


@pytest.mark.req("F25")
@pytest.mark.parametrize(("kind", "times"), [("wristband", 1), ("labels", 24)])  # the reader joins a band and its twin
def test_the_bars_say_the_number_and_nothing_else(kind, times):
    """Read at a scanner's 200 dpi: GS1-128, an identifier of the house's own, the number."""
    [page] = pages_in(printed(kind).pdf)
    found = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128))
    assert {(one.text, one.symbology_identifier) for one in found} == {("(91)1001", "]C1")}
    assert len(found) == times


def test_each_sheet_has_a_number_of_its_own():
    """Two sheets of bands: two issues, each printed on its own."""
    made = printed("wristband", count=2)
    assert made.pages == 2
    assert all(one.number in text for one, text in zip(made.issues, texts(made.pdf), strict=True))


@pytest.mark.parametrize("number", ["", "é1", "1" * 31])
def test_what_the_bars_cannot_say_has_no_bars(number):
    """No barcode of half a number."""
    assert gs1_svg(number) == b""
    assert specimen_svg(number) == b""


@pytest.mark.req("F16")
@pytest.mark.parametrize(
    ("specimen", "wanted"),
    [
        (Specimen("00412000", "Iono, CRP"), ["00412000 Iono, CRP"]),
        (Specimen("LAB-0041200018", "Iono " * 30), ["LAB-0041200018 Iono"]),
        (
            Specimen("7KQ2M-0XD4R", "Iono", "hors de la plage du laboratoire"),
            ["7KQ2M-0XD4R ! hors de la plage du laboratoire Iono"],
        ),
    ],
)
def test_a_specimen_s_label_has_its_number_in_plain_bars(specimen, wanted):
    """Code 128 without identifier, as analysers read it, with its zeros; whose it is, and what was asked; three."""
    setting = Ward([], language="fr").setting
    made = print_bands("labels", CHART, 1, "CHU", setting, ISSUER, specimen)
    [page] = pages_in(made.pdf)
    found = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128))
    assert [(one.text, one.symbology_identifier) for one in found] == [(specimen.number, "]C0")] * 3
    text = " ".join(texts(made.pdf)[0].split())
    assert text.count("MARTIN") == text.count("à détruire le") == text.count("Prélevé le") == 3
    assert all(one in text for one in wanted) and text.count("IPP 1001") == 3
