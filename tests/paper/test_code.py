"""A page's code says which page it is and who printed it, and nothing that is not exactly that is taken for one.

Method: the published vectors, and codes changed, cut and drawn at random.
"""

import json
import subprocess
import sys
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.paper import FORMS, NAMES, Code, NotACode, PageKey, issue_of_words, issue_words, read_code
from contrefeu.paper.code import base45, unbase45
from tests.house.tree import ROOT

VECTORS = json.loads((ROOT / "docs" / "spec" / "vectors" / "form-code-v1.json").read_text())
PUBLIC = bytes.fromhex(VECTORS["public_key"])
KEY = PageKey(bytes.fromhex(VECTORS["station_seed"]))


def test_the_vectors_are_made_again_alike():
    """The script writes the file that is published, byte for byte."""
    script = ROOT / "scripts" / "make_form_code_vectors.py"
    assert subprocess.run([sys.executable, script, "--check"], check=False).returncode == 0


@pytest.mark.req("Q1")
@pytest.mark.parametrize("vector", VECTORS["codes"], ids=lambda one: one["what"])
def test_form_code_v1_is_frozen(vector):
    """A page printed today is read in twenty years: same text, same fields, same signature."""
    sealed = read_code(vector["text"])
    code = sealed.code
    said = (code.form, code.page, code.pages, code.issue.hex(), str(code.patient))
    assert said == tuple(vector[name] for name in ("form", "page", "pages", "issue", "patient"))
    assert sealed.verified_by(PUBLIC)
    assert KEY.text(Code(code.form, code.page, code.pages, code.issue, code.patient)) == vector["text"]
    assert issue_words(code.issue) == vector["issue_words"]
    assert issue_of_words(vector["issue_words"]) == code.issue


@pytest.mark.parametrize("vector", VECTORS["unreadable"], ids=lambda one: one["what"])
def test_what_is_no_code_is_refused(vector):
    """Cut, lengthened, of another version, with a page that cannot be: none is guessed at."""
    with pytest.raises(NotACode):
        read_code(vector["text"])


@pytest.mark.parametrize("vector", VECTORS["unsigned"], ids=lambda one: one["what"])
def test_a_code_that_was_changed_does_not_verify(vector):
    """One bit of any field, of the signature, or another signer."""
    assert not read_code(vector["text"]).verified_by(PUBLIC)


@given(st.binary(max_size=200).filter(lambda data: len(data) % 2 == 0))
def test_base_45_gives_back_what_went_in(data):
    """Any even number of bytes, in QR's alphanumeric characters."""
    text = base45(data)
    assert unbase45(text) == data
    assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    """Whatever stands in somebody else's QR code is refused, never an error of ours."""
    with pytest.raises(NotACode):
        read_code(text)


def test_a_code_holds_no_name():
    """148 characters, of which every byte is accounted for: the patient is a chart's id."""
    code = Code(3, 1, 1, bytes(8), UUID("6898472c-9b0e-59a7-9e93-288c007fead6"))
    data = unbase45(KEY.text(code)[4:])
    assert (len(data), data[:4], data[4:12], data[12:28]) == (96, b"\x01\x03\x01\x01", bytes(8), code.patient.bytes)


def test_the_spec_lists_the_forms_there_are():
    """Number, name, about whom, whether it is written on: the table of the page is the table of the code."""
    lines = (ROOT / "docs" / "spec" / "form-code-v1.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| ")]
    said = {row[1]: (int(row[0]), row[2], row[3]) for row in rows if row[0].isdigit()}
    kinds = {
        name: (kind.number, "a ward" if kind.of_ward else "a patient", "yes" if kind.returns else "no")
        for name, kind in FORMS.items()
    }
    assert said == kinds
    assert len(NAMES) == len(FORMS)
