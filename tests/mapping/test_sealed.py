"""A sealed document is charted by its outline: that there is one, whose, when, for which role, and nothing else (F45).

Method: the real sealing in front of the real reader; hostile heads.
"""

import msgspec
import pytest

from contrefeu.chart import sealed_role
from contrefeu.hospital import SealSettings
from contrefeu.journal import MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, MEDIA_SEALED, Entry
from contrefeu.mapping import FeedRules, Reading, read
from tests.capture.test_refuse import FEED
from tests.capture.test_seal import CDA, MDM, ORU, reference, sealing


def charted(media_type: str, body: bytes) -> Reading:
    """What charts read of a document that a feed sent."""
    rules = SealSettings(role="psy", restricted=True), SealSettings(role="psy", document="11488-4")
    kept, sealed = sealing(*rules).seal(FEED, media_type, body)
    assert kept == MEDIA_SEALED
    return read(Entry("j", 1, 1, 1, FEED, kept, sealed), FeedRules())


BUNDLE = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "1", "identifier": [{"system": "urn:x", "value": "123"}]}},
        {"resource": reference()},
        {"resource": reference(id="d2", meta={}, description="open", content=[{"attachment": {"title": "kept"}}])},
    ],
}


@pytest.mark.parametrize(
    ("media_type", "body", "date"),
    [
        (MEDIA_HL7V2, MDM, "2026-11-27"),
        (MEDIA_HL7V2, ORU, "2026-11-27"),
        (MEDIA_CDA, CDA, "2026-11-27"),
        (MEDIA_FHIR, msgspec.json.encode(BUNDLE), "2026-11-27"),
    ],
    ids=["MDM", "ORU", "CDA", "FHIR"],
)
@pytest.mark.req("F45")
def test_a_chart_says_that_there_is_one(media_type, body, date):
    """One DocumentReference of the patient, restricted, which names the role; no title, type or content of it."""
    reading = charted(media_type, body)
    assert reading.understood, reading.loss
    assert reading.subjects[0].keys
    said = [one for one in reading.said if one.kind == "DocumentReference"]
    document, *others = [one for one in said if one.resource.keys() != {"status"}]  # but one that it replaces
    assert document.resource["extension"] == [{"url": "urn:contrefeu:sealed-to", "valueCode": "psy"}]
    assert document.resource["meta"]["security"][0]["code"] == "R"
    assert document.resource["content"] == [{"attachment": {"title": "psy"}}]
    assert not {"description", "type", "author"} & document.resource.keys()
    when = document.resource.get("date") or document.resource["context"]["period"]["start"]
    assert when.startswith(date)
    assert "SECRET" not in str(reading)
    assert [one.resource["description"] for one in others] == (["open"] if media_type == MEDIA_FHIR else [])


@pytest.mark.req("F45", "C3")
def test_a_document_of_nobody_is_kept_and_said():
    """No outline: on no chart, and why."""
    _, sealed = sealing(SealSettings(role="psy", message="MDM")).seal(FEED, MEDIA_HL7V2, MDM.replace(b"PID", b"ZZZ"))
    reading = read(Entry("j", 1, 1, 1, FEED, MEDIA_SEALED, sealed), FeedRules())
    assert (reading.subjects, reading.said) == ([], [])
    assert [one.why for one in reading.loss] == [
        "sealed to a role, and whose it is stands inside: the role's words open it"
    ]


@pytest.mark.parametrize("body", [b"", b"{}\n", b'{"role":"x","outline":{"media_type":"y","body":"!"}}\n', b"[" * 9999])
def test_what_is_no_sealed_document_is_kept_as_it_came(body):
    """Nothing raises, nothing is charted."""
    reading = read(Entry("j", 1, 1, 1, FEED, MEDIA_SEALED, body), FeedRules())
    assert reading.loss
    assert not reading.said


def test_an_outline_that_is_sealed_itself_ends():
    """One inside another: read once, and no further."""
    head = {"role": "psy", "outline": {"media_type": MEDIA_SEALED, "body": b"x"}}
    reading = read(Entry("j", 1, 1, 1, FEED, MEDIA_SEALED, msgspec.json.encode(head) + b"\n"), FeedRules())
    assert reading.kind == "sealed"


@pytest.mark.req("F45")
def test_what_a_sealed_document_replaces_is_not_said_to_be_sealed():
    """T10 of another document: the parent is superseded, and stays what it was."""
    reading = charted(MEDIA_HL7V2, MDM.replace(b"MDM^T02", b"MDM^T10"))
    parent, document = (one for one in reading.said if one.kind == "DocumentReference")
    assert parent.resource == {"status": "superseded"}
    assert (document.mode, sealed_role(document.resource)) == ("replace", "psy")


@pytest.mark.req("F45")
def test_a_document_that_is_sent_in_clear_later_is_shown():
    """Its content stands for itself; the mark that it was sealed once hides nothing."""
    sealed = charted(MEDIA_HL7V2, MDM).said[0].resource
    clear = read(Entry("j", 2, 2, 2, FEED, MEDIA_HL7V2, MDM.replace(b"T02", b"T08")), FeedRules()).said[0].resource
    assert sealed_role(sealed | clear) == ""
