"""Documents inside FHIR and CDA are judged as those of HL7 v2 are, one at a time, however hostile the rest is.

Method: resources and documents made by hand around whole, cut and sealed files; memory measured by Python itself.
"""

import base64
import json
import tracemalloc
from random import Random

import pytest

from contrefeu.journal import MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.mapping import Rules
from contrefeu.watch import Heard
from contrefeu.watch.cda_scan import TAG_BYTES_MAX, scan_cda
from contrefeu.watch.fhir_scan import scan_fhir
from contrefeu.watch.observe import Desk, Observer, Where

AT_NS = 1_790_000_000 * 10**9  # 2026-09-21 14:13:20 UTC
PDF = b"%PDF-1.4\n" + b"1 0 obj<</Type/Catalog>>endobj\n" * 30 + b"startxref\n9\n%%EOF\n"
SEALED = Random(1).randbytes(3000)
MB = 1 << 20


def b64(data: bytes) -> str:
    """As senders write it."""
    return base64.b64encode(data).decode()


def attached(data: bytes, kind: str = "application/pdf") -> dict[str, object]:
    """An Attachment; what says its type comes last."""
    return {"data": b64(data), "contentType": kind}


def note(patient: str, data: bytes) -> dict[str, object]:
    """A document about somebody."""
    about = {"reference": f"Patient/{patient}"}
    return {"resourceType": "DocumentReference", "subject": about, "content": [{"attachment": attached(data)}]}


def bundle(*resources: object, **more: object) -> dict[str, object]:
    """A bundle of them."""
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": one} for n, one in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "message", "entry": entries, **more}


def cda(file: str, *, where: str = "nonXMLBody", tail: str = "</ClinicalDocument>") -> bytes:
    """A document about one patient with a file in base64 inside."""
    if where == "nonXMLBody":
        body = f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{file}</text></nonXMLBody>'
    else:
        value = f'<value mediaType="application/pdf" representation="B64">{file}</value>'
        body = (
            f"<structuredBody><component><section><text>Lettre de sortie</text><entry><observationMedia>{value}"
            "</observationMedia></entry></section></component></structuredBody>"
        )
    head = '<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id root="1.2" extension="77"/>'
    return f"{head}</patientRole></recordTarget><component>{body}</component>{tail}".encode()


def heard(media: str, body: bytes | dict[str, object]) -> Heard:
    """What the watch is told of a message."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    observer = Observer(bytes(32), Rules(), "Europe/Paris", Desk(), lambda _: Where())
    (found,) = observer.of(Entry("n1-capture", 1, AT_NS, 0, "DPI@CHU", media, raw))
    assert isinstance(found, Heard)
    return found


@pytest.mark.parametrize(("data", "verdict"), [(PDF, "good"), (PDF[:-12], "broken"), (SEALED, "sealed")])
@pytest.mark.parametrize(
    "resource",
    [
        lambda data: {"resourceType": "Binary", "contentType": "application/pdf", "data": b64(data)},
        lambda data: note("7", data),
        lambda data: {"resourceType": "DiagnosticReport", "presentedForm": [attached(data)]},
        lambda data: (
            {"resourceType": "Patient", "photo": [{"data": b64(data)}]} if data != PDF[:-12] else note("7", data)
        ),
        lambda data: bundle({"resourceType": "Patient", "id": "7"}, bundle(note("7", data))),
        lambda data: {"resourceType": "Task", "extension": [{"url": "x", "valueAttachment": attached(data)}]},
    ],
    ids=["Binary", "DocumentReference", "presentedForm", "photo", "bundle in a bundle", "extension"],
)
def test_a_document_in_fhir_is_what_its_bytes_say(resource, data, verdict):
    """Wherever it stands, in whatever order its elements come."""
    assert heard(MEDIA_FHIR, resource(data)).documents == (verdict,)


@pytest.mark.parametrize(("data", "verdict"), [(PDF, "good"), (PDF[:-12], "broken"), (SEALED, "sealed")])
@pytest.mark.parametrize("where", ["nonXMLBody", "observationMedia"])
def test_a_file_in_cda_is_what_its_bytes_say(where, data, verdict):
    """The document itself first, then what is inside; alone, in a FHIR attachment, in an ED value of HL7 v2."""
    whole = cda(base64.encodebytes(data).decode(), where=where)
    assert heard(MEDIA_CDA, whole).documents == ("good", verdict)
    inside = {"resourceType": "Binary", "contentType": "application/cda+xml", "data": b64(whole)}
    assert heard(MEDIA_FHIR, inside).documents == ("good", verdict)
    hl7 = f"MSH|^~\\&|DPI|CHU|X|Y|20260921161320||MDM^T02|1|P|2.5\rOBX|1|ED|||^TEXT^XML^Base64^{b64(whole)}\r"
    assert heard(MEDIA_HL7V2, hl7.encode()).documents == ("good", verdict)


def test_what_is_no_document_is_not_judged():
    """A signature, a curve, a page elsewhere, an empty body: all hold `data`, or none."""
    signature = {"type": [], "when": "x", "data": b64(SEALED)}
    curve = {"resourceType": "Observation", "valueSampledData": {"period": 1, "data": "1 2 3 E"}}
    away = {"resourceType": "DocumentReference", "content": [{"attachment": {"contentType": "x/y", "url": "Binary/1"}}]}
    assert heard(MEDIA_FHIR, bundle(curve, away, signature=signature)).documents == ()
    assert heard(MEDIA_CDA, cda('<reference value="x"/>')).documents == ("good",)


def test_slashes_that_are_escaped_are_slashes():
    """PHP writes them so, .NET plus signs."""
    body = json.dumps(note("7", SEALED)).replace("/", "\\/").replace("+", "\\u002B")
    assert heard(MEDIA_FHIR, body.encode()).documents == ("sealed",)


@pytest.mark.parametrize(
    ("media", "body", "verdict"),
    [
        (MEDIA_CDA, cda(b64(PDF), tail=""), "broken"),
        (
            MEDIA_CDA,
            b'<!DOCTYPE a [<!ENTITY x "y">]><ClinicalDocument xmlns="urn:hl7-org:v3">&x;</ClinicalDocument>',
            "broken",
        ),
        (MEDIA_CDA, b"<other/>", "broken"),
        (MEDIA_CDA, SEALED, "sealed"),
        (MEDIA_FHIR, SEALED, "sealed"),
        (MEDIA_FHIR, b'{"resourceType": "Bundle", "entry": [', "good"),
    ],
    ids=["cut", "entities", "no CDA", "sealed CDA", "sealed FHIR", "cut JSON"],
)
def test_what_does_not_open_says_so_by_itself(media, body, verdict):
    """A document that is the message: cut, refused, ciphertext."""
    assert heard(media, body).documents[:1] == (verdict,)


def test_one_text_is_known_again_over_patients_and_over_formats_of_a_feed():
    """One note for two patients: one digest, two patients; by CDA too. Who is meant is no name and no number."""
    two = heard(MEDIA_FHIR, bundle(note("7", PDF), note("8", PDF)))
    ((other, text),) = two.others
    assert (two.text, two.patient != other) == (text, True)
    again = heard(MEDIA_FHIR, note("7", PDF))
    assert (again.text, again.patient) == (two.text, two.patient)
    assert heard(MEDIA_FHIR, note("9", SEALED)).text != two.text
    first, second = heard(MEDIA_CDA, cda(b64(PDF))), heard(MEDIA_CDA, cda(b64(PDF)).replace(b'"77"', b'"78"'))
    assert (first.text == second.text != "", first.patient != second.patient) == (True, True)


def test_a_bundle_says_what_it_undoes_and_when_it_was_made():
    """Deletions by request and by status, cancellations, merges by link; a patient alone is an update."""
    gone = {"request": {"method": "DELETE", "url": "Observation/1"}}
    made = bundle({"resourceType": "Observation", "status": "entered-in-error"}, timestamp="2026-09-21T14:13:20Z")
    made["entry"] = [*made["entry"], gone, gone]  # type: ignore[misc]
    found = heard(MEDIA_FHIR, made)
    assert (found.kind, found.group, found.many, found.said) == ("FHIR Bundle", "delete", 3, AT_NS / 1e9)
    merged = {"resourceType": "Patient", "link": [{"other": {"reference": "Patient/2"}, "type": "replaced-by"}]}
    assert heard(MEDIA_FHIR, merged).group == "merge"
    assert heard(MEDIA_FHIR, {"resourceType": "Patient"}).group == "update"
    assert heard(MEDIA_FHIR, bundle({"resourceType": "ServiceRequest", "status": "revoked"})).group == "cancel"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' + b"[" * 100_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"resourceType": 7, "entry": {"entry": []}}',
        b'{"data": {"data": "QQ=="}, "contentType": []}',
        b'"' + b'\\"' * 50_000,
        b'"{{{{"',
        b"\xff\xfe{",
    ],
    ids=["deep", "deep and whole", "odd types", "odd data", "unended", "braces in a text", "no UTF-8"],
)
def test_hostile_json_stops_nothing(body):
    """It is a message of its sender, and no more."""
    assert heard(MEDIA_FHIR, body).kind.startswith("FHIR")


@pytest.mark.parametrize(
    ("scan", "body"),
    [
        (
            scan_fhir,
            json.dumps({"resourceType": "Binary", "contentType": "a/b", "data": "QUJD" * (MB + MB // 2)}).encode(),
        ),
        (scan_fhir, b'{"entry": [' + b'{"id": "x"},' * 20_000 + b"{}]}"),
        (scan_cda, cda("QUJD" * (MB + MB // 2))),
        (scan_cda, b"<a " + b'b:c="" ' * MB + b"/>"),
        (scan_cda, b'<a x="' + b"y" * (8 * MB)),
        (scan_cda, b"<a>" * MB),
    ],
    ids=["great Binary", "many objects", "great file", "many attributes", "endless value", "endless depth"],
)
def test_memory_stays_small_whatever_comes(scan, body):
    """A document of megabytes, or a tag: never more than a few pieces of it at once."""
    tracemalloc.start()
    try:
        scan(body)
        assert tracemalloc.get_traced_memory()[1] < 4 * TAG_BYTES_MAX
    finally:
        tracemalloc.stop()
