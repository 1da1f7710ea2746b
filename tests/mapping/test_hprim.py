"""Results of HPRIM Santé files are charted as HL7's are, and a correction replaces what it corrects.

Method: whole files through `read`, as the journal gives them.
"""

from decimal import Decimal

import pytest

from contrefeu.journal import MEDIA_HPRIM, Entry
from contrefeu.mapping import FeedRules, Reading, read
from tests.hl7.test_hprim import FILE, HEADER


def heard(file: str, authority: str = "") -> Reading:
    """What *file* says."""
    body = file.encode("cp1252")
    return read(Entry("capture", 1, 1, 1, "01@LABO", MEDIA_HPRIM, body), FeedRules(authority=authority))


def values(found: Reading) -> dict[str, object]:
    """Each result's key and value."""
    return {
        one.key: one.resource.get("valueQuantity") or one.resource.get("valueString")
        for one in found.said
        if one.kind == "Observation"
    }


@pytest.mark.req("F35")
def test_results_are_charted_as_they_were_sent():
    """Number, unit, flag, range and note; what is no plain number stays text; the sample's hour, not the analyser's."""
    found = heard(FILE)
    assert (found.kind, found.understood, found.loss, found.world) == ("HPRIM ORU", True, [], "T")
    assert values(found) == {
        "01@LABO|R77||K|": {"value": Decimal("6.1"), "unit": "mmol/L"},
        "01@LABO|R77||HB|": "< 7 g/dL",
    }
    report, potassium, haemoglobin = (one.resource for one in found.said)
    assert report["code"] == {"text": "Ionogramme, CRP, NFS"}
    assert (report["status"], report["conclusion"]) == ("final", "Tube hémolysé")
    assert potassium["interpretation"][0]["coding"][0]["code"] == "H"
    assert potassium["note"] == [{"text": "Vérifié"}]
    assert potassium["referenceRange"][0]["text"] == "3.5 - 5.0"
    assert potassium["effectiveDateTime"] == "2031-03-02T02:00:00+01:00"
    assert haemoglobin["effectiveDateTime"] == "2031-03-02T02:15:00+01:00"


def test_a_correction_that_names_less_replaces_what_it_corrects():
    """It is called by its request, its code and nothing that a correction leaves out; nor is its report."""
    corrected = "\r\n".join(
        [
            HEADER,
            "P|1|398",
            "OBR|1|D1~|~R77|ION~Ionogramme~L|S||203103020200||||N||||||||||||||C",
            "OBX|1|NM|K~Potassium~L||4.1|mmol/L|3.5 - 5.0||||C",
            "L|1",
        ]
    )
    first, second = heard(FILE), heard(corrected)
    assert second.said[0].key == first.said[0].key
    assert values(second) == {"01@LABO|R77||K|": {"value": Decimal("4.1"), "unit": "mmol/L"}}
    assert second.said[0].resource["result"][0] == first.said[0].resource["result"][0]


def test_a_patient_is_the_hospitals_where_its_profile_says_so():
    """By the number that the requester gave, in whose name the feed speaks; results alone set nobody's identity."""
    found = heard(FILE, "CHU")
    assert (found.subjects[0].keys, found.identifies) == (["CHU|398"], False)
    assert found.subjects[0].hints == ["order:01@LABO|R77"], "its number of a request is none of the hospital's"
    nobody = heard(FILE.replace("398~~|B10", "|"), "CHU")
    assert nobody.subjects[0].keys == []


def test_requests_without_a_number_do_not_replace_each_other():
    """In two files they are two, whatever else is the same."""
    bare = FILE.replace("D1~|~R77", "|")
    first, second = heard(bare), heard(bare.replace("6.1", "6.2"))
    assert len(values(first) | values(second)) == 4


@pytest.mark.parametrize(("context", "kind"), [("ADM", "HPRIM ADM"), ("Mme X", "HPRIM")])
def test_another_context_is_kept(context: str, kind: str):
    """Admissions and bills of HPRIM are not read, and no word of theirs is a kind."""
    found = heard(FILE.replace("||ORU|", f"||{context}|"))
    assert (found.kind, found.understood, found.said, len(found.loss)) == (kind, False, [], 1)
