"""What a FHIR sender says is kept whole, under the right patient, in words that stand alone.

Method: bundles written out here, the French prescriptions and patients of tests/data/fhir, then any JSON at all.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.chart import to_bundle
from contrefeu.chart.fold import fold
from contrefeu.fhir import encode
from contrefeu.journal import MEDIA_FHIR, MEDIA_HL7V2
from contrefeu.mapping import FeedRules, Link, Reading, read
from tests.mapping.messages import bundle, entry, said
from tests.real import real


def _read(resource: object) -> Reading:
    return read(entry(encode(resource), MEDIA_FHIR, source="EHR@CHU"), FeedRules())


def _patient(number: str, id_: str, **more: object) -> dict:
    return {"resourceType": "Patient", "id": id_, "identifier": [{"system": "urn:id:CHU", "value": number}], **more}


def _bundle(*resources: dict, kind: str = "collection") -> dict:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in resources]}


@pytest.mark.parametrize("kind", ["collection", "transaction", "batch", "searchset", "document", "message", "history"])
def test_a_bundle_of_any_kind_is_read(kind):
    """Each resource goes to the patient whom it names, whatever its sender's ids."""
    pulse = {"resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/a"}}
    found = _read(_bundle(_patient("1", "a"), pulse, kind=kind))
    assert found.subjects[0].keys == ["CHU|1"]
    assert said(found, "Observation") == [{"status": "final"}]


def test_two_patients_of_a_bundle_are_two_readings():
    """A resource that names the second one is never on the first one's chart."""
    flag = {"resourceType": "Flag", "id": "f", "status": "active", "subject": {"reference": "urn:uuid:b"}}
    whole = _bundle(_patient("1", "a"), _patient("2", "b"), flag)
    whole["entry"][1]["fullUrl"] = "urn:uuid:b"
    found = _read(whole)
    (other,) = found.also
    assert (found.said, [one.kind for one in other.said]) == ([], ["Flag"])


def test_a_resource_about_somebody_else_is_not_the_bundles_patients():
    """A subject that is not in the bundle is another patient, or a group: never the one at hand."""
    whole = _bundle(
        _patient("1", "a"),
        {"resourceType": "Observation", "id": "o1", "subject": {"reference": "Group/g"}},
        {"resourceType": "Observation", "id": "o2", "subject": {"reference": "Patient/z"}},
        {"resourceType": "Observation", "id": "o3", "subject": {"reference": "Patient?identifier=urn:id:CHU|9"}},
    )
    found = _read(whole)
    assert found.said == []
    assert [one.subjects[0].keys for one in found.also] == [["EHR@CHU|z"], ["CHU|9"]]
    assert "Observation" in {loss.where for loss in found.loss}


@pytest.mark.req("F23")
def test_an_ins_does_not_name_a_chart():
    """The local number does; a server's own id when there is none; an old number never."""
    ins = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "285"}
    old = {"system": "urn:id:CHU", "value": "0", "use": "old"}
    whole = _patient("1", "a")
    whole["identifier"] = [ins, old, *whole["identifier"]]
    assert _read(whole).subjects[0].keys == ["CHU|1"]
    assert _read({"resourceType": "Patient", "id": "a", "identifier": [ins]}).subjects[0].keys == ["EHR@CHU|a"]


@pytest.mark.req("F32")
def test_links_of_patients_are_merges_only_when_they_say_so():
    """replaced-by and replaces merge; seealso and refer do not."""
    other = {"other": {"reference": "Patient/b"}}
    for kind, links in {
        "replaced-by": [Link("merge", "CHU|2", "CHU|1")],
        "replaces": [Link("merge", "CHU|1", "CHU|2")],
        "seealso": [],
        "refer": [],
    }.items():
        assert _read(_bundle(_patient("1", "a", link=[other | {"type": kind}]), _patient("2", "b"))).links == links


def test_a_drug_is_named_on_its_line():
    """The French prescriptions put the drug in a resource of its own: each line says which, and what it is made of."""
    lines = pointers = 0
    for one in real("fhir/france-eprescription"):
        found = read(entry(one.body, one.media_type), FeedRules())
        for request in said(found, "MedicationRequest"):
            lines += 1
            concept = request.get("medicationCodeableConcept", {})
            pointer = request.get("medicationReference", {}).get("display", "")
            assert concept.get("text") or concept.get("coding") or pointer, one.name
            pointers += bool(pointer)
    assert lines > 50
    assert pointers <= 2  # two of these examples point at what they do not hold


def test_a_mixture_says_its_components():
    """An infusion without a code of its own is called by its ingredients and their strengths."""
    drug = {
        "resourceType": "Medication", "id": "m",
        "ingredient": [
            {
                "itemCodeableConcept": {"text": "NaCl"},
                "strength": {"numerator": {"value": 9, "unit": "g"}, "denominator": {"value": 1, "unit": "L"}},
            },
            {"itemReference": {"reference": "Medication/k"}},
        ],
    }  # fmt: skip
    salt = {"resourceType": "Medication", "id": "k", "code": {"coding": [{"display": "KCl"}]}}
    request = {
        "resourceType": "MedicationRequest", "id": "r", "subject": {"reference": "Patient/a"},
        "medicationReference": {"reference": "Medication/m"},
    }  # fmt: skip
    (found,) = said(_read(_bundle(_patient("1", "a"), drug, salt, request)), "MedicationRequest")
    assert found["medicationCodeableConcept"]["text"] == "NaCl 9 g / 1 L + KCl"


def test_a_prescriber_is_named_beside_the_reference():
    """What no chart holds is put in words, and the reference stays."""
    doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Curie", "given": ["Marie"]}]}
    request = {
        "resourceType": "ServiceRequest", "id": "r", "subject": {"reference": "Patient/a"},
        "requester": {"reference": "Practitioner/d"},
    }  # fmt: skip
    (found,) = said(_read(_bundle(_patient("1", "a"), doctor, request)), "ServiceRequest")
    assert found["requester"] == {"reference": "Practitioner/d", "display": "Marie Curie"}


def test_references_follow_the_ids_of_the_chart():
    """A result names its order by the id that it has here."""
    order = {"resourceType": "ServiceRequest", "id": "r", "subject": {"reference": "Patient/a"}, "status": "active"}
    report = {
        "resourceType": "DiagnosticReport", "id": "p", "subject": {"reference": "Patient/a"}, "status": "final",
        "code": {"text": "K"}, "basedOn": [{"reference": "ServiceRequest/r"}],
    }  # fmt: skip
    chart = bundle(_read(_bundle(_patient("1", "a"), order, report)))
    (basis,) = chart["DiagnosticReport"][0]["basedOn"]
    assert basis["reference"] == f"ServiceRequest/{chart['ServiceRequest'][0]['id']}"


@pytest.mark.req("F5")
def test_numbers_keep_their_digits():
    """1.50 comes out as 1.50, and what we have no element for comes out at all."""
    head = b'{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/a"},'
    body = head + b'"valueQuantity":{"value":1.50},"bodySite":{"text":"bras"}}'
    (found,) = said(read(entry(body, MEDIA_FHIR), FeedRules()), "Observation")
    assert (encode(found["valueQuantity"]), found["bodySite"]) == (b'{"value":1.50}', {"text": "bras"})


def test_resources_without_a_name_are_not_one():
    """Two results without id or identifier are two."""
    one = {"resourceType": "Observation", "subject": {"reference": "Patient/a"}, "valueString": "x"}
    two = one | {"valueString": "y"}
    assert len({found.key for found in _read(_bundle(_patient("1", "a"), one, two)).said}) == 2


def test_a_deletion_deletes_nothing():
    """DELETE in a transaction is told; what was charted stays."""
    whole = _bundle(_patient("1", "a"))
    whole["entry"].append({"request": {"method": "DELETE", "url": "Observation/o1"}})
    assert "Bundle.entry" in {loss.where for loss in _read(whole).loss}


ELEMENTS = (
    "resourceType id identifier system value entry resource subject patient reference name given link other type "
    "coding code meta security lastUpdated contained medicationReference actor"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "Patient/a", "Patient", "urn:id:CHU"]),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(ELEMENTS.split()), part, max_size=5),
    max_leaves=25,
)


@pytest.mark.req("C3")
@given(
    kind=st.sampled_from(
        ["Bundle", "Patient", "Observation", "MedicationRequest", "Appointment", "Medication", 7, None]
    ),
    more=st.dictionaries(
        st.sampled_from(["entry", "identifier", "subject", "name", "link", "participant", "meta"]), JSON
    ),
)
def test_no_json_defeats_the_reader(kind, more):
    """Any shape where a resource should be: kept and told, never a failure of ours."""
    found = _read({"resourceType": kind, "id": "x"} | more)
    assert not [loss for loss in found.loss if "gave up" in loss.why]


@pytest.mark.parametrize(
    "body", [b"[" * 200 + b"]" * 200, b'{"a":' * 300 + b"1" + b"}" * 300, b"{", b"", b"null", b'"x"']
)
def test_json_of_strangers_does_no_harm(body):
    """Nested without end, cut short, or nothing: kept, and told why."""
    found = read(entry(body, MEDIA_FHIR), FeedRules())
    assert found.loss
    assert not found.said


def test_an_audit_event_is_charted_nowhere():
    """It is kept for those who look after access, not for those who care."""
    found = _read({"resourceType": "AuditEvent", "id": "1"})
    assert (found.audit, found.said, json.loads(encode(found.kind))) == (True, [], "FHIR AuditEvent")


HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}


@pytest.mark.req("F33")
def test_an_exercises_patient_never_becomes_a_real_one():
    """A resource labelled HTEST puts its patient in the exercises' world, and only that patient."""
    invented = _patient("1", "a", meta={"security": [HTEST]})
    real_one = _patient("2", "b")
    read_ = _read(_bundle(invented, real_one))
    assert [part.world for part in (read_, *read_.also)] == ["T", "P"]
    alone = {"resourceType": "Observation", "id": "o", "meta": {"security": [HTEST]}, "code": {"text": "x"}}
    assert _read(_bundle(_patient("3", "c"), alone)).world == "T"


@pytest.mark.req("F33")
def test_what_an_exercise_exports_comes_back_as_an_exercise():
    """The chart of a test message, as FHIR, read again: the same world, each resource labelled once."""
    body = (
        b"MSH|^~\\&|A|B|C|D|20261124030000||ADT^A01|1|T|2.5\rEVN|A01|20261124030000\r"
        b"PID|1||1^^^B^PI||X^Y\rPV1|1|I|MED^1^1\rAL1|1|DA|91936005^Penicillin^SCT\r"
    )
    reading = read(entry(body, MEDIA_HL7V2), FeedRules())
    exported = to_bundle(fold(reading.subjects[0].keys[0], reading.world, [reading]))
    resources = [one["resource"] for one in exported["entry"]]
    assert len(resources) >= 3
    assert all(one["meta"]["security"] == [HTEST] for one in resources)
    assert _read(exported).world == "T"


@pytest.mark.req("F24")
def test_a_protected_patient_of_a_fhir_feed_is_protected_here():
    """The label R of the sender's Patient stays."""
    patient = _read(_bundle(_patient("1", "a", meta={"security": [RESTRICTED, "x"]}))).patient
    assert patient["security"] == [RESTRICTED]


def test_the_bytes_of_a_document_that_its_bundle_holds_apart_are_read_in_place():
    """DocumentReference with a Binary beside it: the attachment holds the data."""
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": {"resourceType": "Patient", "identifier": [{"system": "urn:id:CHU", "value": "1"}]}},
            {
                "fullUrl": "urn:uuid:b1",
                "resource": {"resourceType": "Binary", "contentType": "application/pdf", "data": "JVBERg=="},
            },
            {
                "resource": {
                    "resourceType": "DocumentReference",
                    "status": "current",
                    "content": [{"attachment": {"url": "urn:uuid:b1", "title": "CR"}}],
                }
            },
        ],
    }
    found = read(entry(encode(bundle), MEDIA_FHIR), FeedRules())
    (document,) = said(found, "DocumentReference")
    assert document["content"][0]["attachment"] == {
        "contentType": "application/pdf",
        "url": "urn:uuid:b1",
        "title": "CR",
        "data": "JVBERg==",
    }
    assert found.loss == []
