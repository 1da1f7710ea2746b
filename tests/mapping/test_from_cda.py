"""A CDA document is on the chart as it was attested; its coded entries stand beside it and say no more than it does.

Method: documents made here around one section, and HL7's examples in tests/data/cda.
"""

import base64

import pytest

from contrefeu.journal import MEDIA_CDA
from contrefeu.mapping import FeedRules, Reading, read
from tests.cda.test_reading_cda import BOMBS, EXAMPLES, HEAD, TAIL
from tests.mapping.messages import entry, reading, said
from tests.real import real


def _read(body: bytes) -> Reading:
    return read(entry(body, MEDIA_CDA, source="import"), FeedRules())


def _section(code: str, *entries: str) -> Reading:
    inner = "".join(f"<entry>{one}</entry>" for one in entries)
    text = f'<section><code code="{code}"/><title>Titre</title><text>Texte</text>{inner}</section>'
    return _read((HEAD + text + TAIL).encode())


def _allergy(value: str, substance: str, negated: bool = False, act: str = "active") -> str:
    return (
        f'<act classCode="ACT" moodCode="EVN"><statusCode code="{act}"/><entryRelationship><observation '
        f'negationInd="{str(negated).lower()}"><value xsi:type="CD" code="{value}"/><participant><participantRole>'
        f'<playingEntity><code codeSystem="2.16.840.1.113883.6.96" {substance}/></playingEntity></participantRole>'
        "</participant></observation></entryRelationship></act>"
    )


@pytest.mark.req("C3")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_document_that_may_not_be_read_is_kept(bomb):
    """It is told why, charted nowhere, and nothing was expanded."""
    found = _read(BOMBS[bomb])
    assert (found.understood, found.said) == (False, [])
    assert "gave up" not in found.loss[0].why


def test_the_document_is_kept_as_attested():
    """Its text reads in place, and the bytes that were signed are there too."""
    found = _section("10164-2")
    (document,) = said(found, "DocumentReference")
    text, whole = (one["attachment"] for one in document["content"])
    assert base64.b64decode(text["data"]).decode() == "TITRE\nTexte"
    assert base64.b64decode(whole["data"]).startswith(b"<ClinicalDocument")
    assert document["date"] == "2026-11-24T08:30:00+01:00"
    assert found.subjects[0].keys == ["1.2.250.9|123"]


@pytest.mark.req("F1", "F6")
def test_a_denial_is_never_an_allergy():
    """ "Not allergic to peanuts" refutes peanuts; "no known drug allergy" is of drugs; an allergy is an allergy."""
    peanut = 'code="762952008" displayName="Peanut"'
    (allergic,) = said(_section("48765-2", _allergy("414285001", peanut)), "AllergyIntolerance")
    assert "verificationStatus" not in allergic
    (refuted,) = said(_section("48765-2", _allergy("414285001", peanut, negated=True)), "AllergyIntolerance")
    assert refuted["verificationStatus"]["coding"][0]["code"] == "refuted"
    (none,) = said(_section("48765-2", _allergy("416098002", 'nullFlavor="NA"', negated=True)), "AllergyIntolerance")
    assert [one["code"] for one in none["code"]["coding"]] == ["409137002"]
    vague = _section("48765-2", _allergy("000", 'nullFlavor="NA"', negated=True))
    assert said(vague, "AllergyIntolerance") == []
    assert "section 48765-2" in {loss.where for loss in vague.loss}


def test_a_medicine_of_a_document_is_no_prescription():
    """What somebody took elsewhere never falls due here."""
    (path,) = (EXAMPLES / "Medications" / "Med oral QID with PRN").glob("*.xml")
    text = path.read_text(encoding="utf-8-sig")
    section = text[text.index("<section") : text.rindex("</section>") + len("</section>")]
    found = _read((HEAD + section + TAIL).encode())
    assert said(found, "MedicationRequest") == []
    (statement,) = said(found, "MedicationStatement")
    assert statement["medicationCodeableConcept"]["text"]


@pytest.mark.req("F5")
@pytest.mark.parametrize(
    ("value", "read"),
    [
        ('xsi:type="PQ" value="6.10" unit="mmol/L"', '{"value":6.10,"unit":"mmol/L"}'),
        ('xsi:type="PQ" value="6,1" unit="mmol/L"', "6,1 mmol/L"),
        ('xsi:type="INT" value="3"', '{"value":3}'),
        ('xsi:type="ST"', ""),
    ],
)
def test_values_of_a_document_are_word_for_word(value, read):
    """A plain decimal is a number with its digits; all else is text."""
    from contrefeu.fhir import encode

    observation = (
        '<organizer><component><observation><code code="2823-3" displayName="Potassium"/><statusCode code="completed"/>'
        f"<value {value}/></observation></component></organizer>"
    )
    (found,) = said(_section("30954-2", observation), "Observation")
    assert found["status"] == "final"
    quantity, text = found.get("valueQuantity"), found.get("valueString", "")
    assert (encode(quantity).decode() if quantity else text) == read


def test_entries_that_nobody_reads_are_told():
    """A procedure is not charted: its section says so, and its text is there."""
    found = _section("47519-4", "<procedure/>")
    assert "section 47519-4" in {loss.where for loss in found.loss}


def test_real_documents_say_whom_they_are_about_and_what():
    """Synthea's documents: problems, medicines and results become lines."""
    kinds = {one.kind for document in real("cda/synthea-c-cda") for one in _read(document.body).said}
    assert {"Condition", "DocumentReference", "MedicationStatement", "Observation"} <= kinds


VACCINE = (
    '<substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="{}"><id root="1.2" extension="v1"/>'
    '<statusCode code="completed"/><effectiveTime value="20261101"/><consumable><manufacturedProduct>'
    '<manufacturedMaterial><code code="88" codeSystem="2.16.840.1.113883.12.292" displayName="Grippe"/>'
    "<lotNumberText>L42</lotNumberText></manufacturedMaterial></manufacturedProduct></consumable>"
    "</substanceAdministration>"
)
ACT = (
    '<procedure classCode="PROC" moodCode="{}" negationInd="{}"><code code="HHFA001" codeSystem="1.2.250.1.213.2.5" '
    'displayName="Appendicectomie"/><statusCode code="{}"/><effectiveTime value="20261101"/><performer><assignedEntity>'
    "<assignedPerson><name><given>Ada</given><family>CHIR</family></name></assignedPerson></assignedEntity></performer>"
    "</procedure>"
)


def test_a_vaccine_is_given_or_not_with_its_lot():
    """A negation is "not given"."""
    (given,) = said(_section("11369-6", VACCINE.format("false")), "Immunization")
    assert (given["status"], given["lotNumber"], given["occurrenceDateTime"]) == ("completed", "L42", "2026-11-01")
    (refused,) = said(_section("11369-6", VACCINE.format("true")), "Immunization")
    assert refused["status"] == "not-done"


@pytest.mark.parametrize(
    ("mood", "negated", "status", "found"),
    [
        ("EVN", "false", "completed", ["completed"]),
        ("EVN", "false", "aborted", ["stopped"]),
        ("EVN", "true", "completed", ["not-done"]),
        ("INT", "false", "active", []),
    ],
)
def test_an_act_is_what_was_done(mood, negated, status, found):
    """What was only planned stays in the text; what was broken off says so."""
    acts = said(_section("47519-4", ACT.format(mood, negated, status)), "Procedure")
    assert [act["status"] for act in acts] == found
    assert all(act["performer"] == [{"actor": {"display": "Ada CHIR"}}] for act in acts)


def test_a_french_laboratory_report_gives_its_lines():
    """XD-LAB, CI-SIS: a section of a specialty, observations under the report's act and in its batteries."""
    line = (
        '<observation classCode="OBS" moodCode="EVN"><code code="2823-3" codeSystem="2.16.840.1.113883.6.1" '
        'displayName="Potassium"/><statusCode code="completed"/><effectiveTime value="202611240700"/>'
        '<value xsi:type="PQ" value="{}" unit="mmol/L"/></observation>'
    )
    battery = f'<organizer classCode="BATTERY" moodCode="EVN"><component>{line.format("4.2")}</component></organizer>'
    act = "<act><entryRelationship>{}</entryRelationship></act>"
    found = _section("18719-5", act.format(line.format("4.1")), act.format(battery))
    assert [str(one["valueQuantity"]["value"]) for one in said(found, "Observation")] == ["4.1", "4.2"]
    assert found.loss == []


def test_an_image_inside_is_read_in_place():
    """observationMedia, beside the text."""
    media = (
        '<observationMedia classCode="OBS" moodCode="EVN" ID="m1"><value mediaType="image/png" '
        'representation="B64">iVBORw0KGgo=</value></observationMedia>'
    )
    (document,) = said(_section("10164-2", media), "DocumentReference")
    kinds = [one["attachment"]["contentType"].partition(";")[0] for one in document["content"]]
    assert kinds == ["text/plain", "image/png", "application/cda+xml"]


@pytest.mark.req("F33")
def test_a_document_sent_in_a_message_is_read_in_place_and_is_an_exercise_with_it():
    """MDM with a CDA document in OBX-5: its text stands first; MSH-11 T is the mark that CDA has not."""
    whole = base64.b64encode((HEAD + "<section><title>Titre</title><text>Texte</text></section>" + TAIL).encode())
    found = reading(
        "MDM^T02",
        "PID|1||123^^^CHU^PI||ESSAI^ADA",
        "TXA|1|CR^Compte rendu||||||||||D1^CHU",
        f"OBX|1|ED|CDA^Document||^text^xml^Base64^{whole.decode()}",
        world="T",
    )
    (document,) = said(found, "DocumentReference")
    texts = [base64.b64decode(one["attachment"]["data"]) for one in document["content"]]
    assert texts[0] == b"TITRE\nTexte"
    assert texts[1].startswith(b"<ClinicalDocument")
    assert found.world == "T"
