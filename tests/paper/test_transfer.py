"""What leaves with a patient says what the chart says, on two pages and in codes that anybody can read.

Method: the published vectors; summaries drawn at random; a chart that is far too long, set, drawn and read back.
"""

import json
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.base import rfc3339
from contrefeu.chart.sheet import Sheet
from contrefeu.paper import (
    TRANSFER_PREFIX,
    Issuer,
    NotACode,
    PageKey,
    Passport,
    foot_of,
    passport_of,
    print_chart,
    print_discharge,
    print_transfer,
    read_code,
    read_transfer,
    transfer_texts,
)
from contrefeu.paper.pictures import pages_in, texts_on
from contrefeu.paper.transfer import CODES_MAX
from tests.chart.feed import adt, chart, ns, oru, rde
from tests.house.tree import ROOT
from tests.paper.house import KEY, NOW, Ward, texts

VECTORS = json.loads((ROOT / "docs" / "spec" / "vectors" / "transfer-code-v1.json").read_text())
ISSUER = Issuer(KEY, "CARD", rfc3339(ns(NOW)))
ALLERGIC = adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L|SV|Choc"])
LONG = chart(
    adt(
        "A01",
        "1124 0800",
        at="1124 0800",
        more=["AL1|1|DA|PEN^Pénicilline^L|SV|Choc", *(f"DG1|{n}||D{n}^Maladie numéro {n}^L" for n in range(1, 61))],
    ),
    rde("1124 0810", tq1=("TQ1|1||QD|08:00~20:00|||20261124080000",)),
    oru("1124 0900", *(f"NM|T{n}^Test numéro {n}^L||{n}|mmol/L|1-9|{'HH' if n == 40 else 'N'}|||F" for n in range(60))),
)


def test_the_vectors_are_made_again_alike():
    """What is published is read as it says, and the wrong ones are wrong in the same way."""
    script = ROOT / "scripts" / "make_transfer_code_vectors.py"
    assert subprocess.run([sys.executable, script, "--check"], check=False).returncode == 0


@pytest.mark.req("T1")
@pytest.mark.parametrize("vector", VECTORS["codes"], ids=lambda one: one["what"])
def test_transfer_code_v1_is_frozen(vector):
    """Codes printed today are read in twenty years, in any order."""
    found = read_transfer(reversed(vector["texts"]))
    assert msgspec.to_builtins(found.passport) == vector["content"]
    assert found.key.hex() == VECTORS["public_key"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda one: one["what"])
def test_what_is_no_summary_is_refused(vector):
    """Nothing is read from codes that are not whole."""
    with pytest.raises(NotACode):
        read_transfer(vector["texts"])


LINES = st.lists(st.text(max_size=300), max_size=30)


@settings(max_examples=40)
@given(LINES, LINES, LINES)
def test_a_summary_has_four_codes_at_most_and_counts_what_did_not_fit(allergies, medicines, problems):
    """Nothing is left out unsaid, and allergies are the last to be."""
    said = Passport("CHU", "t", "A", "B", "", "", [], "listed", allergies, medicines, problems)
    made = transfer_texts(said, KEY)
    found = read_transfer(made).passport
    assert 1 <= len(made) <= CODES_MAX
    for name, lines in (("allergies", allergies), ("medicines", medicines), ("problems", problems)):
        kept = getattr(found, name)
        assert kept == lines[: len(kept)]
        assert len(kept) + found.left.get(name, 0) == len(lines)
    assert not found.left.get("allergies") or not (found.medicines or found.problems)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text):
    """Whatever stands in somebody else's code is refused."""
    for one in (text, TRANSFER_PREFIX + text, f"{TRANSFER_PREFIX}11:{text}"):
        with pytest.raises(NotACode):
            read_transfer([one])


def _letter(language: Any) -> Any:
    ward = Ward([LONG], language=language)
    return print_transfer(LONG, "CH de Dieppe", foot_of(ward.board, ward.setting, "CHU"), ward.setting, ISSUER, KEY)


@pytest.mark.req("T1")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_letter_has_two_pages_whatever_the_chart_holds(language):
    """Sixty problems and sixty results: two pages, allergies on both, the critical value kept, the rest counted."""
    printed = _letter(language)
    pages = texts(printed.pdf)
    assert (printed.pages, len(pages)) == (2, 2)
    assert all("MARTIN" in page and "Pénicilline" in page for page in pages)
    whole = "".join(pages)
    assert "CH de Dieppe" in whole
    assert "Test numéro 40 · 40 mmol/L HH" in whole
    assert "+ " in whole


@pytest.mark.req("F1")
@pytest.mark.parametrize(("language", "nothing"), [("fr", "aucune ligne dans ce qui a été reçu"), ("en", "no line in")])
def test_no_section_of_a_letter_is_blank(language, nothing):
    """A laboratory spoke and sent no report: the letter says so, as the chart does."""
    one = chart(ALLERGIC, oru("1124 0900", "NM|T1^Test^L||1|g/L|||||F"))
    ward = Ward([one], language=language)
    made = print_transfer(one, "CH", foot_of(ward.board, ward.setting, "CHU"), ward.setting, ISSUER, KEY)
    reports = ward.setting.say("reports").upper()
    [after] = [page.partition(reports)[2] for page in texts(made.pdf) if reports in page]
    assert nothing in after


@pytest.mark.req("T1")
def test_the_codes_of_a_letter_are_read_off_its_pages():
    """Drawn at a scanner's 200 dpi: each page's own code, and the summary that the chart gives."""
    setting = Ward([LONG]).setting
    found = [text for page in pages_in(_letter("en").pdf) for text in texts_on(page)[0]]
    own = [read_code(text).code for text in found if not text.startswith(TRANSFER_PREFIX)]
    assert sorted((one.form, one.page, one.pages) for one in own) == [(4, 1, 2), (4, 2, 2)]
    read = read_transfer(text for text in found if text.startswith(TRANSFER_PREFIX))
    said = passport_of(Sheet(LONG), "CHU", setting)
    assert (read.passport.family, read.passport.state, read.key) == ("MARTIN", "listed", KEY.public)
    assert read.passport.allergies == said.allergies == ["Pénicilline (Choc, severe, high risk)"]
    assert read.passport.medicines == said.medicines
    assert len(read.passport.problems) + read.passport.left.get("problems", 0) == len(said.problems) == 60


@pytest.mark.req("F1")
def test_a_summary_tells_none_known_from_nobody_said():
    """No allergy message: no source; and what no feed spoke of is named."""
    found = passport_of(Sheet(chart(adt("A01", "1124 0800", at="1124 0800"))), "CHU", Ward([]).setting)
    assert (found.state, found.allergies) == ("no-source", [])
    assert found.unsaid == ["allergies", "medicines", "problems"]


def test_another_key_s_summary_is_another_key_s():
    """A signature says which key, and the reader is told which."""
    said = passport_of(Sheet(LONG), "CHU", Ward([]).setting)
    assert read_transfer(transfer_texts(said, PageKey(bytes(32)))).key != KEY.public


def test_a_discharge_letter_leaves_room_for_what_only_a_physician_knows():
    """What is known, then ruled lines and where to sign; it is missed until it comes back."""
    one = chart(ALLERGIC)
    ward = Ward([one])
    printed = print_discharge(one, foot_of(ward.board, ward.setting, "CHU"), ward.setting, ISSUER)
    [page] = texts(printed.pdf)
    for wanted in ("Discharge letter", "MARTIN", "Pénicilline", "The stay, in short", "Signature"):
        assert wanted in page
    assert printed.issues[0].act.returns


def test_each_copy_of_a_discharge_letter_has_a_number_of_its_own():
    """Three copies: three issues, each on its page."""
    one = chart(ALLERGIC)
    ward = Ward([one])
    printed = print_discharge(one, foot_of(ward.board, ward.setting, "CHU"), ward.setting, ISSUER, 3)
    assert printed.pages == 3
    assert all(issue.number in page for issue, page in zip(printed.issues, texts(printed.pdf), strict=True))


@pytest.mark.parametrize("problems", range(18, 34, 3))
def test_no_page_of_a_discharge_letter_holds_a_signature_alone(problems):
    """However much is known: who signs has the last lines above, and a heading has its lines below."""
    one = chart(adt("A01", "1124 0800", at="1124 0800", more=[f"DG1|{n}||D{n}^Maladie {n}^L" for n in range(problems)]))
    ward = Ward([one])
    printed = print_discharge(one, foot_of(ward.board, ward.setting, "CHU"), ward.setting, ISSUER)
    [signed] = [page for page in texts(printed.pdf) if "Signature" in page]
    assert "Follow-up" in signed.partition("Signature")[0]


def test_a_chart_alone_prints_as_in_a_pack():
    """The same page, with an issue of its own that nobody misses."""
    one = chart(ALLERGIC)
    ward = Ward([one])
    printed = print_chart(one, foot_of(ward.board, ward.setting, "CHU"), ward.setting, ISSUER)
    assert "Pénicilline" in texts(printed.pdf)[0]
    assert (printed.issues[0].act.form, printed.issues[0].act.returns) == ("chart", False)
