"""Each sheet that a browser prints of an exercise says so: a sheet is taken from its pile (G2).

Method: a real chromium prints the hand-back sheets of a ward, one a patient; the PDF's text, page by page.
"""

import subprocess

import pytest

from tests.station.living import in_downtime
from tests.station.serving import chromium, log_in, serving

pytestmark = pytest.mark.browser


@pytest.mark.req("G2", "F33")
@pytest.mark.system("pdftotext")
@pytest.mark.parametrize(("locale", "word"), [("fr-FR", "EXERCICE"), ("en-GB", "EXERCISE")])
def test_each_printed_page_of_an_exercise_says_so(tmp_path, locale, word):
    """Not the first one alone."""
    with serving(in_downtime()) as served, chromium() as screen:
        _, page = screen.window(locale=locale)
        log_in(page, served.url, "nadia")
        page.goto(f"{served.url}/handback/CARD?print=all")
        page.pdf(path=tmp_path / "sheets.pdf", format="A4")
    done = subprocess.run(["pdftotext", "-layout", tmp_path / "sheets.pdf", "-"], capture_output=True, check=True)
    pages = done.stdout.decode().rstrip("\f").split("\f")
    assert len(pages) > 1
    assert [word in page for page in pages] == [True] * len(pages)
