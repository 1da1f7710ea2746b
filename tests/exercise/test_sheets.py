"""A role is handed its own injects on two pages at most, in French or in English, and who leads it has them all.

Method: print each sheet of each scenario, and the longest one that can be; read the PDF back with pdftotext.
"""

import subprocess

import pytest

from contrefeu.exercise import LEADER, Script, parse_script, sheet_names, sheet_pdf, shipped
from contrefeu.exercise.script import INJECTS_OF_ROLE_MAX, Inject, Words

PAGES_MAX = 2
SCRIPTS = {name: parse_script(text, name) for name, text in shipped().items()}


def pages_of(tmp_path, pdf: bytes) -> list[str]:
    """The text of each page, in one line."""
    path = tmp_path / "sheet.pdf"
    path.write_bytes(pdf)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
    return [" ".join(page.replace("’", "'").split()) for page in text.split("\f") if page.strip()]


@pytest.mark.req("G2")
@pytest.mark.system("pdftotext")
def test_a_role_reads_its_own_injects_and_no_others(tmp_path):
    """The nurse's sheet of the ward drill: EXERCISE first, the minute, what to do; nothing of the crisis cell's."""
    script = SCRIPTS["ward"]
    (page,) = pages_of(tmp_path, sheet_pdf(script, "nurse", "fr", {"a": "DURAND Élodie, lit 4"}))
    assert page.startswith("EXERCICE Soins infirmiers")
    assert "DURAND Élodie, lit 4 frissonne" in page
    assert "[B]" in page  # not drawn yet
    assert "ARRÊT EXERCICE" in page
    assert "Déclarez la panne" not in page
    (page,) = pages_of(tmp_path, sheet_pdf(script, "coordinator", "en"))
    assert page.startswith("EXERCISE Crisis cell")
    assert "Declare the downtime" in page


@pytest.mark.req("G2")
@pytest.mark.system("pdftotext")
def test_the_longest_sheet_has_two_pages(tmp_path):
    """As many injects as a role may have, each as long as it may be."""
    long = Words("mot " * 45, "word " * 36)
    injects = [Inject(f"n{n}", n, "nurse", long, long, 5) for n in range(INJECTS_OF_ROLE_MAX)]
    script = Script("long", Words("Long", "Long"), long, "worm", 60, injects)
    assert len(pages_of(tmp_path, sheet_pdf(script, "nurse", "fr"))) == PAGES_MAX


@pytest.mark.req("G2")
@pytest.mark.system("pdftotext")
def test_who_leads_has_every_inject_in_order(tmp_path):
    """With whom each one is for."""
    script = SCRIPTS["wiper"]
    assert sheet_names(script) == [*script.roles, LEADER]
    text = " ".join(pages_of(tmp_path, sheet_pdf(script, LEADER, "en")))
    words = [one.said.en.replace("’", "'") for one in script.in_order() if "{" not in one.said.en]
    said = [text.index(" ".join(one.split()[:4])) for one in words]
    assert said == sorted(said)
    assert "DATA PROTECTION" in text
