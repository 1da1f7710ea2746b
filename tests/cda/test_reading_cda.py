"""CDA documents are read without harm, as their authors attested them.

Method: the documents and fragments of HL7's own C-CDA examples in tests/data/cda, and XML that attackers write.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.cda import DEPTH_MAX, Code, NotCda, Problem, Reaction, Result, Substance, read_document
from tests.real import DATA, real

EXAMPLES = DATA / "cda" / "hl7-c-cda-examples"
HEAD = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><id root="1.2.3" extension="D1"/>'
    '<effectiveTime value="20261124083000+0100"/><recordTarget><patientRole><id root="1.2.250.9" extension="123"/>'
    "<patient><name><given>Ada</given><family qualifier='BR'>Essai</family></name></patient></patientRole>"
    "</recordTarget><component><structuredBody><component>"
)
TAIL = "</component></structuredBody></component></ClinicalDocument>"


def _example(folder: str) -> list:
    """The coded entries of one of HL7's examples of a section, in a document made around it."""
    (path,) = sorted((EXAMPLES / folder).glob("*.xml"))
    text = path.read_text(encoding="utf-8-sig")
    start = text.index("<section")
    section = text[start : text.rindex("</section>") + len("</section>")]
    document = read_document((HEAD + section + TAIL).encode())
    return document.sections[0].entries


BOMBS = {
    "laughs": b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><ClinicalDocument>&b;</ClinicalDocument>',
    "external": b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><ClinicalDocument>&x;</ClinicalDocument>',
    "far away": b" " * 8192 + b'<!DOCTYPE f [<!ENTITY x "y">]><ClinicalDocument/>',
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE f [<!ENTITY x "y">]><ClinicalDocument/>'.encode(
        "utf-16"
    ),
    "parameter": b'<!DOCTYPE f [<!ENTITY % p SYSTEM "http://example.org/p.dtd"> %p;]><ClinicalDocument/>',
    "bare": b"<!DOCTYPE ClinicalDocument><ClinicalDocument/>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_document_with_a_dtd_is_refused(bomb):
    """No entity is declared, so none is expanded and none is fetched, in whatever encoding it comes."""
    with pytest.raises(NotCda):
        read_document(BOMBS[bomb])


def test_depth_has_a_limit():
    """What walks a tree recurses: a document nested without end is refused before it is walked."""
    with pytest.raises(NotCda, match="nested deeper"):
        read_document(b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1))


@pytest.mark.parametrize(
    "body", [b"", b"<", b"<a/>", b"<ClinicalDocument/>", b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>',
             b'<?xml version="1.0" encoding="nonsense"?><a/>', b"<a><b></a>", b"\xff\xfe\x00"]
)  # fmt: skip
def test_what_is_no_document_says_so(body):
    """Not XML, another root, nobody named: a reason by place, no content."""
    with pytest.raises(NotCda):
        read_document(body)


@settings(max_examples=200)
@given(body=st.binary(max_size=200) | st.text(alphabet='<>/!&;"= aDOCTYPEN[]%', max_size=100).map(str.encode))
def test_no_bytes_defeat_the_reader(body):
    """A document, or a reason."""
    try:
        read_document(body)
    except NotCda as reason:
        assert str(reason)


def test_header_and_narrative_are_read():
    """Numbers, names, author, time; lists and tables as lines; what was struck out is marked."""
    section = (
        '<section><code code="10164-2"/><title>Histoire</title><text>Avant<br/>Après '
        "<list><item>un</item><item>deux</item></list>"
        "<table><tbody><tr><td>K</td><td>6,1</td></tr><tr><td>Na</td><td/></tr></tbody></table>"
        "<paragraph>dose <content revised='delete'>10 mg</content> 5 mg, H<sub>2</sub>O</paragraph></text></section>"
    )
    found = read_document((HEAD + section + TAIL).encode())
    assert (found.number.extension, found.patient_numbers[0].extension) == ("D1", "123")
    assert (found.patient_names[0].family, found.patient_names[0].given) == ("Essai", ["Ada"])
    (one,) = found.sections
    assert one.title == "Histoire"
    assert one.text == "Avant\nAprès\nun\ndeux\nK | 6,1\nNa\ndose [deleted: 10 mg] 5 mg, H2O"


def test_an_allergy_is_read_from_hl7s_example():
    """Allergy to egg: substance, reaction, and when."""
    (found,) = _example("Allergies/Allergy to food egg")
    assert isinstance(found, Reaction)
    assert (found.negated, found.kind.code) == (False, "414285001")
    assert "egg" in (found.substance.display + found.substance.text).lower()
    assert found.manifestations


def test_not_allergic_is_not_an_allergy():
    """The example "not allergic to peanuts" is a negation, and so is "no known medication allergies"."""
    (peanuts,) = _example("Allergies/Not Allergic to Peanuts")
    assert peanuts.negated
    (none,) = _example("Allergies/No Known Medication Allergies")
    assert none.negated
    assert none.kind.code == "416098002"


def test_medicines_problems_and_results_are_read_from_hl7s_examples():
    """One of each kind, with what it says."""
    (medicine,) = _example("Medications/Med oral QID with PRN")
    assert isinstance(medicine, Substance)
    assert medicine.drug is not None
    assert (medicine.dose, medicine.negated) != ("", True)
    assert all(isinstance(one, Problem) for one in _example("Problems/Complete or Resolved Problem"))
    panel = _example("Results/Results of Basic Metabolic Panel and Troponin")
    assert all(isinstance(one, Result) for one in panel)
    assert {one.value.unit for one in panel if one.value and one.value.kind == "PQ"} >= {"mmol/L"}
    (colour,) = _example("Results/Result with an unstructured string as value (urine color)")
    assert (colour.value.kind, colour.value.unit) == ("ST", "")
    assert colour.value.text


def test_words_behind_a_reference_are_found():
    """originalText that points into the narrative is that text."""
    section = (
        '<section><code code="11450-4"/><text><content ID="p1">Douleur au genou</content></text><entry><observation>'
        '<value xsi:type="CD" nullFlavor="UNK"><originalText><reference value="#p1"/></originalText></value>'
        "</observation></entry></section>"
    )
    (found,) = read_document((HEAD + section + TAIL).encode()).sections[0].entries
    assert found.code == Code("", "", "", "Douleur au genou", "UNK")


def test_real_documents_are_read_whole():
    """Every whole document: each title and each word of its narrative comes out."""
    read = 0
    for one in real("cda"):
        try:
            found = read_document(one.body)
        except NotCda:
            continue
        assert found.patient_numbers, one.name
        texts = [section.text for section in found.sections]
        read += any(texts) or bool(found.files)
        assert not any("<" in text for text in texts), one.name
    assert read >= 13
