"""The record of a drill is a page that says each promise, in French and in English.

Method: make it from a report with one promise broken, and read the PDF's text back with pdftotext.
"""

import subprocess

import pytest

from contrefeu.drill import DrillReport, record_pdf
from contrefeu.drill.promises import Outcome, said

OUTCOMES = [
    Outcome("P1", True, {"acknowledged": 4109, "missing": 0, "twice": 0, "resent": 8}),
    Outcome("TRUTH", False, {"patients": 101, "lines": 11_704, "differences": 3}),
]


@pytest.mark.req("G2")
@pytest.mark.system("pdftotext")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ["Procès-verbal d'exercice", "4109 messages acquittés, 0 absents", "NON TENUE", "3 différences"]),
        ("en", ["Record of an exercise", "4109 messages acknowledged, 0 missing", "BROKEN", "3 differences"]),
    ],
)
def test_each_promise_is_on_the_page(tmp_path, language, words):
    """Promise, figures and verdict stand there in the reader's language."""
    report = DrillReport([said(outcome, language) for outcome in OUTCOMES], 12.5, 7, "wiper", 24, 4109)
    pdf = tmp_path / "record.pdf"
    pdf.write_bytes(record_pdf(report, language))
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True, text=True).stdout
    flat = " ".join(text.replace("’", "'").split())
    for word in words:
        assert word in flat
