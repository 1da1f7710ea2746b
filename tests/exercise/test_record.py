"""A record opens as it was signed, and not when any value of it was changed; on paper it says the same.

Method: a record made by hand, signed, then changed value by value; the PDF's text read back with pdftotext.
"""

import json
import subprocess

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.base import OperatorError, TamperError
from contrefeu.exercise import Line, Promised, Record, digest_of_record, open_record, report_pdf, signed
from contrefeu.exercise.record import canonical
from contrefeu.exercise.score import Player
from contrefeu.proof import Signer
from tests.house.tree import ROOT

SIGNER = Signer("drill/n1-station", bytes(range(32)))  # never a real key
RECORD = Record(
    kind="ward", scenario="ward", scenario_sha256="ab" * 32, title="Une unité sans informatique", attack="ransomware",
    facility="Exercice", node="drill/n1", version="0.1.0", began="2026-11-24T02:10:00Z", ended="2026-11-24T02:40:00Z",
    speed="1", seed=7, beds=16, messages=1075, led_by="Dr Exemple", language="fr", held=False,
    promises=[
        Promised("D2", "La panne est déclarée", "5 min", "48 s, crise", True, 160),
        Promised("Q2", "Chaque page imprimée est comptée", "0 manquante", "3 imprimées = 2 rendues", False, None),
    ],
    lines=[
        Line("declare", "Une rançon à l’écran.", "coordinator", 60, 108, 300, "crise", held=True),
        Line("arrival", "Un homme sans papiers.", "clerk", 600, None, 180, "", held=False),
    ],
    players=[Player("crise", "Hélène Morel", "coordinator")],
)  # fmt: skip
DATA = signed(RECORD, SIGNER)
PLACES = [
    ("led_by",), ("held",), ("began",), ("promises", 0, "measured"), ("promises", 1, "held"), ("lines", 1, "to_s"),
    ("players", 0, "name"), ("scenario_sha256",),
]  # fmt: skip


@pytest.mark.req("G2")
def test_a_record_opens_as_it_was_signed():
    """With its own key, and with the one that stands on paper."""
    opened = open_record(DATA)
    assert opened.record == RECORD
    assert opened.digest == digest_of_record(RECORD)
    assert open_record(DATA, str(SIGNER.verifier)).signed_by == SIGNER.verifier


def test_format_v1_is_frozen():
    """What was filed this year opens in ten: these bytes are printed in docs/spec/drill-record-v1.md."""
    assert digest_of_record(RECORD) == "58eae1085b842430d540f439a7b4a51b1b3d00627d2eca6a0675c6d6abccd571"
    page = (ROOT / "docs/spec/drill-record-v1.md").read_text()
    assert canonical(RECORD).decode() in page
    assert json.loads(DATA)["signature"]["key"] in page
    assert set(json.loads(DATA)["signature"]["note"].split()) <= set(page.split())


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_changed_value_is_tampering(place):
    """Whichever it is."""
    whole = json.loads(DATA)
    held = whole["record"]
    for key in place[:-1]:
        held = held[key]
    value = held[place[-1]]
    held[place[-1]] = not value if isinstance(value, bool) else 700 if value is None else f"{value}0"
    with pytest.raises(TamperError, match="changed after it was signed"):
        open_record(json.dumps(whole).encode())


def test_another_key_is_not_believed():
    """A record that somebody signed anew opens with its own key and not with the one on paper."""
    other = signed(msgspec.structs.replace(RECORD, held=True), Signer("drill/n1-station", bytes(32)))
    assert open_record(other).record.held
    with pytest.raises(TamperError):
        open_record(other, str(SIGNER.verifier))
    with pytest.raises(TamperError):
        open_record(DATA, "not a key")


@given(st.binary(max_size=200) | st.sampled_from([b"{}", b"[]", b'{"format": "x"}', b"null", DATA[:-200]]))
def test_what_is_no_record_is_said(data):
    """And no other error comes of it."""
    with pytest.raises((OperatorError, TamperError)):
        open_record(data)


@pytest.mark.req("G2")
@pytest.mark.system("pdftotext")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ["EXERCICE", "Procès-verbal d'exercice", "NON TENUE", "Dr Exemple", "Cellule de crise", "jamais"]),
        ("en", ["EXERCISE", "Record of an exercise", "BROKEN", "Led by", "Crisis cell", "never"]),
    ],
)
def test_the_report_says_what_the_record_says(tmp_path, language, words):
    """Promises, thresholds, who led it, the fingerprint and the key of the signed file."""
    record = msgspec.structs.replace(RECORD, language=language)
    digest, key = digest_of_record(record), str(SIGNER.verifier)
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(report_pdf(record, digest, key))
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True, text=True).stdout
    flat = " ".join(text.replace("’", "'").split())
    for word in [*words, digest, "48 s, crise", "5 min"]:
        assert word in flat
    assert key.replace(" ", "") in text.replace(" ", "").replace("\n", "")
