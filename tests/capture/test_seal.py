"""What a seal rule is about is journaled as its role alone opens it, and nothing of it in clear but an outline (F45).

Method: rules of each kind against documents that they are about and those that they nearly are; outlines searched for
every word that must not stand in them; then a listener on a real socket, and a journal that a command writes.
"""

import asyncio
import re
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.base import StorageError
from contrefeu.capture import SealedJournal, Sealing
from contrefeu.custody import KeyPair, draw_role_key, key_of, open_role_key, open_sealed
from contrefeu.hospital import FeedSettings, SealSettings
from contrefeu.journal import (
    MEDIA_CDA,
    MEDIA_FHIR,
    MEDIA_HL7V2,
    MEDIA_OTHER,
    MEDIA_SEALED,
    Draft,
    EntryTooLong,
    read_sealed,
)
from tests.capture.house import Sender, house
from tests.capture.test_refuse import FEED, message

MADE, WORDS = draw_role_key("psy", KeyPair.draw("recovery")[0].recipient)
KEY = key_of(MADE)
PAIR = open_role_key("psy", KEY.lock, WORDS)
SEED = b"\x07" * 32


def sealing(*rules: SealSettings, keys: dict | None = None) -> Sealing:
    """The seal rules of one feed."""
    feeds = {"adt": FeedSettings([FEED], seal=list(rules))}
    return Sealing(feeds, lambda: {"psy": KEY} if keys is None else keys, SEED)


RESTRICTED = SealSettings(role="psy", restricted=True)
CONSULT = SealSettings(role="psy", document="11488-4")
TXA = "TXA|1|CR^SECRET|TX|20261127113000|SECRET|20261127|||^SECRET|SECRET||D55^PSY|D54^PSY||SECRET|SECRET.pdf|AU|{}|AV"
MDM = message("PV1|1|I|SECRET^1||||||||||||||||V7", TXA.format("R"), "OBX|1|TX|SECRET||SECRET", kind="MDM^T02")
ORU = message("PV1|1|I", "OBR|1|P1|F1^LAB|11488-4^SECRET|||20261127", "OBX|1|TX|SECRET||SECRET", kind="ORU^R01")


def opened(body: bytes) -> bytes:
    """What was sealed."""
    found = read_sealed(body)
    assert found is not None
    return open_sealed(found, PAIR)


def outline(body: bytes) -> bytes:
    """What stands in clear."""
    found = read_sealed(body)
    assert found is not None
    return found.head.outline.body if found.head.outline else b""


@pytest.mark.parametrize(
    ("rule", "about", "near"),
    [
        (RESTRICTED, MDM, MDM.replace(b"|AU|R|AV", b"|AU|U|AV")),
        (CONSULT, ORU, ORU.replace(b"11488-4", b"11490-0")),
        (SealSettings(role="psy", message="MDM"), MDM, ORU),
        (SealSettings(role="psy", message="MDM", restricted=True), MDM, MDM.replace(b"|AU|R|AV", b"|AU||AV")),
        (SealSettings(role="psy", ward="SECRET"), MDM, ORU),
        (SealSettings(role="psy", path="OBR-3.2", value="LAB"), ORU, MDM),
    ],
    ids=["restricted", "document", "message", "both", "ward", "path"],
)
@pytest.mark.req("F45")
def test_a_rule_seals_what_it_is_about_and_nothing_else(rule, about, near):
    """The whole message is inside; outside is who, when, under which number; what is near stays as it is."""
    found = sealing(rule)
    media, body = found.seal(FEED, MEDIA_HL7V2, about)
    assert (media, opened(body)) == (MEDIA_SEALED, about)
    assert b"SECRET" not in body
    assert b"ESSAI^ADA" in outline(body)
    assert found.seal(FEED, MEDIA_HL7V2, near) == (MEDIA_HL7V2, near)
    other = about.replace(b"CPAGE", b"OTHER")
    assert found.seal("OTHER@CHU", MEDIA_HL7V2, other) == (MEDIA_HL7V2, other), "rules are of a feed"
    assert found.seal("archive", MEDIA_HL7V2, about)[0] == MEDIA_SEALED, "imported as another's"
    assert found.by_role == {"psy": 2}


@pytest.mark.req("F45")
def test_an_outline_says_whose_when_and_which_number():
    """Of a document its own numbers, times and states; of a result the number of its order, as a document."""
    _, body = sealing(RESTRICTED, CONSULT).seal(FEED, MEDIA_HL7V2, MDM)
    lines = outline(body).split(b"\r")
    assert lines[0] == MDM.split(b"\r")[0]
    assert lines[2] == b"PV1|1|I" + b"|" * 17 + b"V7"
    assert lines[3] == b"TXA|1|||20261127113000||20261127||||||D55^PSY|D54^PSY||||AU|R|AV"
    _, body = sealing(RESTRICTED, CONSULT).seal(FEED, MEDIA_HL7V2, ORU)
    lines = outline(body).split(b"\r")
    assert lines[0].split(b"|")[8] == b"MDM^T02^MDM_T02"
    numbered = re.fullmatch(rb"TXA\|1\|\|\|20261127\|{8}F1\.[0-9a-f]{16}\^LAB\|{6}R\|", lines[3])
    assert numbered, lines[3]
    twin, corrected = ORU.replace(b"11488-4^SECRET", b"11488-4^OTHER"), ORU + b"OBX|9"
    numbers = {
        outline(sealing(CONSULT).seal(FEED, MEDIA_HL7V2, one)[1]).split(b"\r")[3] for one in (ORU, twin, corrected)
    }
    assert len(numbers) == 2, "two results of one specimen are two documents; a correction is the same one"
    over = ORU.replace(b"|||20261127", b"|||20261127" + b"|" * 18 + b"X")
    assert b"|MDM^T11^MDM_T11|" in outline(sealing(CONSULT).seal(FEED, MEDIA_HL7V2, over)[1])


@pytest.mark.parametrize("kind", ["ADT^A01", "ORM^O01", "RDE^O11", "SIU^S12"])
@pytest.mark.req("F45")
def test_what_moves_a_patient_or_treats_them_is_never_sealed(kind):
    """A rule by ward or field is about documents: the movement and the prescription stay on the chart."""
    body = message("PV1|1|I|SECRET^1", kind=kind)
    assert sealing(SealSettings(role="psy", ward="SECRET")).seal(FEED, MEDIA_HL7V2, body) == (MEDIA_HL7V2, body)


CDA = b"""<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2" extension="D1"/>
<code code="11488-4" displayName="SECRET"/><title>SECRET</title><effectiveTime value="20261127"/>
<confidentialityCode code="R"/><recordTarget><patientRole><id root="1.3" extension="123"/>
<providerOrganization><name>SECRET</name>
</providerOrganization><patient><name>
<given>Ada</given><family>ESSAI</family></name></patient></patientRole></recordTarget><author><time value="1"/>
<assignedAuthor><id root="1"/><assignedPerson><name>SECRET</name></assignedPerson></assignedAuthor></author>
<component><structuredBody><component><section><title>SECRET</title><text>SECRET</text></section></component>
</structuredBody></component></ClinicalDocument>"""
CDA = CDA.replace(
    b"<component><structured",
    b'<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2" extension="D0"/><code code="SECRET"/><text>SECRET'
    b"</text></parentDocument></relatedDocument>SECRET<component><structured",
    1,
)


@pytest.mark.req("F45")
def test_a_cda_document_keeps_its_header_outside():
    """By its code or its confidentiality; neither type, title, author nor text stands in the outline."""
    for rule in (RESTRICTED, CONSULT):
        media, body = sealing(rule).seal(FEED, MEDIA_CDA, CDA)
        assert (media, opened(body)) == (MEDIA_SEALED, CDA)
        assert b"SECRET" not in body
        assert b'extension="D1"' in outline(body)
    plain = CDA.replace(b'"R"', b'"N"').replace(b"11488-4", b"1")
    assert sealing(RESTRICTED, CONSULT).seal(FEED, MEDIA_CDA, plain) == (MEDIA_CDA, plain)


def reference(**more: object) -> dict[str, object]:
    """A DocumentReference whose words must not be seen."""
    security = {"security": [{"code": "R"}]}
    said = {"resourceType": "DocumentReference", "id": "d1", "status": "current", "date": "2026-11-27"}
    return said | {"meta": security, "subject": {"reference": "Patient/1"}, "description": "SECRET"} | more


@pytest.mark.req("F45")
def test_fhir_documents_are_sealed_in_their_bundle():
    """Alone or among others; what a report refers to goes with it, what is another's stays; a document is one whole."""
    body = msgspec.json.encode(reference(content=[{"attachment": {"data": "U0VDUkVU"}}]))
    media, sealed = sealing(RESTRICTED).seal(FEED, MEDIA_FHIR, body)
    assert (media, opened(sealed)) == (MEDIA_SEALED, body)
    known = msgspec.json.decode(outline(sealed))
    assert known == {
        "resourceType": "DocumentReference",
        "id": "d1",
        "subject": {"reference": "Patient/1"},
        "date": "2026-11-27",
        "status": "current",
    }
    patient = {"resourceType": "Patient", "id": "1", "name": [{"family": "ESSAI"}]}
    report = {"resourceType": "DiagnosticReport", "id": "r", "code": {"coding": [{"code": "11488-4"}]}}
    report |= {"conclusion": "SECRET", "effectiveDateTime": "2026-11-27", "result": [{"reference": "Observation/o"}]}
    result = {"resourceType": "Observation", "id": "o", "valueString": "SECRET"}
    other = {"resourceType": "Observation", "id": "p", "valueString": "kept"}
    binary = {"resourceType": "Binary", "id": "b", "data": "SECRET"}
    inside = [{"resource": one} for one in (patient, report, result, other, binary, reference())]
    for kind in ("transaction", "document"):
        whole = msgspec.json.encode({"resourceType": "Bundle", "type": kind, "entry": inside})
        _, sealed = sealing(CONSULT, RESTRICTED).seal(FEED, MEDIA_FHIR, whole)
        assert opened(sealed) == whole
        assert b"SECRET" not in sealed
        names = [one["resource"]["id"] for one in msgspec.json.decode(outline(sealed))["entry"]]
        assert names == ["1", "DiagnosticReport-r", *(["p"] if kind == "transaction" else []), "d1"]


@pytest.mark.req("F45")
def test_what_belongs_to_a_sealed_document_goes_with_it():
    """Whatever it leads to, however far and in which version; lists, authors and pictures that only describe it."""
    condition = {"resourceType": "Condition", "id": "c", "code": {"text": "SECRET"}, "evidence": [{"detail": [
        {"reference": "Observation/o"}]}]}  # fmt: skip
    parts = [
        {"resourceType": "Patient", "id": "1"},
        {"resourceType": "Composition", "id": "d", "type": {"coding": [{"code": "11488-4"}]},
         "section": [{"entry": [{"reference": "Condition/c/_history/2"}]}]},
        condition,
        {"resourceType": "Observation", "id": "o", "valueString": "SECRET", "subject": {"reference": "Patient/1"}},
        {"resourceType": "List", "id": "l", "title": "SECRET"},
        {"resourceType": "Practitioner", "id": "w", "name": [{"family": "SECRET"}]},
        {"resourceType": "Media", "id": "m", "content": {"data": "SECRET"}},
        {"resourceType": "MedicationRequest", "id": "k"},
    ]  # fmt: skip
    inside = [{"fullUrl": "", "resource": one, "request": {"method": "PUT", "url": "SECRET"}} for one in parts]
    whole = msgspec.json.encode({"resourceType": "Bundle", "type": "transaction", "entry": inside})
    _, sealed = sealing(CONSULT).seal(FEED, MEDIA_FHIR, whole)
    assert b"SECRET" not in sealed
    names = [one["resource"]["id"] for one in msgspec.json.decode(outline(sealed))["entry"]]
    assert names == ["1", "Composition-d", "k"], "a prescription beside it stays on the chart"


@pytest.mark.parametrize(
    "whole",
    [
        {"resourceType": "Bundle", "entry": [{"resource": {"entry": [{"resource": reference()}]}}]},
        [reference()],
        {"resourceType": "Bundle", "meta": {"security": [{"code": "R"}]}, "entry": [{"resource": reference(meta={})}]},
    ],
    ids=["a bundle in a bundle", "a list", "a bundle that is marked"],
)  # fmt: skip
@pytest.mark.req("F45")
def test_wherever_charts_would_find_a_document_it_is_sealed(whole):
    """As deep as the reader of FHIR goes."""
    media, sealed = sealing(RESTRICTED).seal(FEED, MEDIA_FHIR, msgspec.json.encode(whole))
    assert media == MEDIA_SEALED
    assert b"SECRET" not in sealed
    assert msgspec.json.decode(outline(sealed))["entry"][0]["resource"]["id"] == "d1"


def test_a_retracted_document_and_an_exercise_s_stay_what_they_are():
    """What its sender took back is no current document; what is an exercise's is in no real chart (F33)."""
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "entered-in-error", "code": {"coding": [
        {"code": "11488-4"}]}}  # fmt: skip
    report["meta"] = {"security": [{"code": "HTEST"}, {"code": "SECRET"}]}
    known = msgspec.json.decode(outline(sealing(CONSULT).seal(FEED, MEDIA_FHIR, msgspec.json.encode(report))[1]))
    assert (known["status"], known["meta"]) == ("entered-in-error", {"security": [{"code": "HTEST"}]})


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (MEDIA_CDA, b'<!DOCTYPE x [<!ENTITY a "b">]>' + CDA[21:]),
        (MEDIA_CDA, CDA[:-20]),
        (MEDIA_FHIR, b'{"resourceType":"DocumentReference"'),
        (MEDIA_FHIR, '{"resourceType":"DocumentReference","description":"é"}'.encode("latin-1")),
        (MEDIA_HL7V2, MDM.replace(b"PID|", b"PIDX|")),
        (MEDIA_HL7V2, MDM.replace(b"PID|", b"PID |")),
        (MEDIA_FHIR, b'{"resourceType":"Bundle","entry":5,"meta":{"security":[{"code":[]}]}}'),
        (MEDIA_FHIR, b'[{"resourceType":["DocumentReference"],"type":{"coding":5},"confidentiality":["R"]}]'),
        (MEDIA_FHIR, b'{"resourceType":"DocumentReference","meta":{"security":[{"code":{}},5]},"type":{"coding":[5]}}'),
        (MEDIA_FHIR, b"[" * 100_000),
    ],
)
@pytest.mark.req("F45", "F28")
def test_whatever_a_body_is_made_of_a_feed_goes_on(media_type, body):
    """It is sealed without an outline, or no rule is about it; nothing raises."""
    media, kept = sealing(RESTRICTED, SealSettings(role="psy", message="MDM")).seal(FEED, media_type, body)
    if media == MEDIA_SEALED:
        assert (opened(kept), outline(kept)) == (body, b"")
    else:
        assert (media, kept) == (media_type, body)
        assert body.startswith(
            (b'{"resourceType":"Bundle","entry":5', b"[{", b'{"resourceType":"DocumentReference","meta"')
        )


def test_a_defect_of_ours_keeps_nothing_in_clear(monkeypatch):
    """Whatever a judgement stumbles over: sealed, to the first role."""
    monkeypatch.setattr("contrefeu.capture.seal.messages_of", None)
    media, kept = sealing(RESTRICTED).seal(FEED, MEDIA_HL7V2, message())
    assert (media, opened(kept)) == (MEDIA_SEALED, message())


@pytest.mark.req("F45")
def test_each_message_of_a_frame_is_judged():
    """A movement before or behind a document stays on the chart; the document does not."""
    move = message("PV1|1|I|CARD", kind="ADT^A08", control_id="A-9")
    for body in (MDM + move, move + MDM):
        media, sealed = sealing(RESTRICTED).seal(FEED, MEDIA_HL7V2, body)
        assert (media, opened(sealed)) == (MEDIA_SEALED, body)
        assert b"SECRET" not in sealed
        assert move in outline(sealed)


@pytest.mark.req("F45")
def test_marks_are_found_however_they_are_written():
    """A second repetition, blanks; a cancellation that does not say it again; bytes before MSH."""
    for body in (
        MDM.replace(b"|AU|R|AV", b"|AU|U~ R|AV"),
        MDM.replace(b"MDM^T02", b" MDM^T02"),
        MDM.replace(b"|AU|R|AV", b"|AU||AV").replace(b"T02", b"T11"),
        b"\xef\xbb\xbf" + MDM,
    ):
        media, sealed = sealing(RESTRICTED).seal(FEED, MEDIA_HL7V2, body)
        assert media == MEDIA_SEALED
        assert b"SECRET" not in sealed
        assert b"PID|" in outline(sealed)


def test_time_grows_no_faster_than_a_body():
    """Ten thousand documents, and a million openings of a tag: no judgement is worth a feed's wait."""
    inside = [{"resource": reference(id=str(n))} for n in range(10_000)]
    began = time.process_time()
    sealing(RESTRICTED).seal(FEED, MEDIA_FHIR, msgspec.json.encode({"resourceType": "Bundle", "entry": inside}))
    sealing(CONSULT).seal(FEED, MEDIA_CDA, b"<code " * 500_000)
    assert time.process_time() - began < 30


@pytest.mark.req("F45")
def test_what_stands_beside_a_document_may_be_long():
    """A bundle of much else: the outline is as long as that, and it opens all the same."""
    other = {"resourceType": "Observation", "id": "p", "valueString": "x" * 500_000}
    inside = [{"resource": one} for one in (other, reference())]
    whole = msgspec.json.encode({"resourceType": "Bundle", "type": "transaction", "entry": inside})
    _, sealed = sealing(RESTRICTED).seal(FEED, MEDIA_FHIR, whole)
    assert opened(sealed) == whole


@pytest.mark.req("F45", "C3")
def test_who_cannot_be_told_has_no_outline():
    """Two patients in one message, none, two bytes a letter, no MSH: all of it is sealed, and nothing is guessed."""
    several = MDM.replace(b"PV1", b"PID|2||9\rPV1")
    nobody = MDM.replace(b"PID", b"ZZZ")
    wide = MDM.decode().encode("utf-16")
    for body in (several, nobody, wide):
        _, sealed = sealing(SealSettings(role="psy", message="MDM")).seal(FEED, MEDIA_HL7V2, body)
        assert (opened(sealed), outline(sealed)) == (body, b"")
    for media, body in ((MEDIA_OTHER, b"cut SECRET"), (MEDIA_HL7V2, b"MSH")):
        _, sealed = sealing(RESTRICTED).seal(FEED, media, body)
        assert opened(sealed) == body


@pytest.mark.req("F45", "F29")
def test_a_repeat_is_known_and_nothing_can_be_guessed():
    """The same bytes have the same mark at this node, another one elsewhere; other bytes another one."""
    marks = [read_sealed(sealing(RESTRICTED).seal(FEED, MEDIA_HL7V2, MDM)[1]).head.same for _ in range(2)]
    assert marks[0] == marks[1]
    elsewhere = Sealing({"adt": FeedSettings([FEED], seal=[RESTRICTED])}, lambda: {"psy": KEY}, b"\x08" * 32)
    assert read_sealed(elsewhere.seal(FEED, MEDIA_HL7V2, MDM)[1]).head.same != marks[0]
    other = MDM.replace(b"SECRET.pdf", b"x.pdf")
    assert read_sealed(sealing(RESTRICTED).seal(FEED, MEDIA_HL7V2, other)[1]).head.same != marks[0]


@pytest.mark.req("F45")
def test_a_role_without_a_key_is_named_and_a_lost_file_loses_no_key():
    """Said before anything starts; a key that is gone later is remembered, a new one is taken."""
    assert sealing(RESTRICTED, keys={}).lacking == ["psy"]
    keys = {"psy": KEY}
    found = sealing(RESTRICTED, keys=keys)
    keys.clear()
    assert opened(found.seal(FEED, MEDIA_HL7V2, MDM)[1]) == MDM
    keys["psy"] = key_of(draw_role_key("psy", KeyPair.draw("recovery")[0].recipient)[0])
    assert opened(found.seal(FEED, MEDIA_HL7V2, MDM)[1]) is None

    files = [{"psy": KEY}]

    def damaged() -> dict:
        if not files:
            raise StorageError("keys/roles/psy.json is not the key of a role.")
        return files.pop()

    found = Sealing({"adt": FeedSettings([FEED], seal=[RESTRICTED])}, damaged, SEED)
    assert opened(found.seal(FEED, MEDIA_HL7V2, MDM)[1]) == MDM


@given(st.lists(st.sampled_from([*MDM.split(b"\r")[2:], b"NTE|1||SECRET", b"", b"OBX|2|ED|SECRET"]), max_size=8))
def test_no_order_of_segments_lets_a_word_out(lines):
    """Whatever follows the patient, and with any line end."""
    head = MDM.split(b"\r")[:2]
    for end in (b"\r", b"\n", b"\r\n"):
        body = end.join([*head, *lines])
        _, sealed = sealing(SealSettings(role="psy", message="MDM")).seal(FEED, MEDIA_HL7V2, body)
        assert not re.search(rb"SECRET", sealed)
        assert opened(sealed) == body


@pytest.mark.req("F45", "C1")
def test_a_listener_acknowledges_what_it_sealed(tmp_path: Path) -> None:
    """In its turn among others; a frame that was cut is kept sealed; what is too long is not acknowledged."""

    async def story() -> None:
        feeds = {"adt": FeedSettings([FEED], seal=[RESTRICTED])}
        async with house(tmp_path, feeds=feeds, sealing=sealing(RESTRICTED)) as h:
            sender = await Sender.to(h.address)
            plain = message(control_id="A-2")
            for body in (MDM, plain):
                sender.writer.write(b"\x0b" + body + b"\x1c\r")
            for wanted in (b"MSA|AA|A-1", b"MSA|AA|A-2"):
                assert wanted in await sender.answer()
            sender.writer.write(b"\x0b" + MDM[:-9])
            await sender.writer.drain()
            sender.close()
            for _ in range(100):
                if len(h.entries()) == 3:
                    break
                await asyncio.sleep(0.05)
            first, second, third = h.entries()
            assert (first.media_type, opened(first.body), second.body) == (MEDIA_SEALED, MDM, plain)
            assert (third.media_type, opened(third.body)) == (MEDIA_SEALED, b"\x0b" + MDM[:-9])
            assert h.listener.counts.sealed_by_role == {"psy": 2}

    asyncio.run(story())


@pytest.mark.req("F45")
def test_what_a_command_appends_is_sealed_too(monkeypatch):
    """`import` and `capture tap` write through the same rules while no node runs; too long is told, nothing kept."""
    kept: list[Draft] = []

    class Journal:
        def append(self, drafts):
            kept.extend(drafts)
            return range(1, len(drafts) + 1)

    journal = SealedJournal(Journal(), sealing(RESTRICTED))
    journal.append([Draft(FEED, MEDIA_HL7V2, MDM, 1), Draft("X@Y", MEDIA_HL7V2, MDM.replace(b"CPAGE", b"X"), 2)])
    assert [one.media_type for one in kept] == [MEDIA_SEALED, MEDIA_HL7V2]
    again = Draft(FEED, MEDIA_SEALED, kept[0].body, 3)
    journal.append([again])
    assert kept[-1] == again, "what is sealed is not sealed again"
    monkeypatch.setattr("contrefeu.capture.seal.ENTRY_BODY_BYTES_MAX", 2000)
    with pytest.raises(EntryTooLong):
        journal.append([Draft(FEED, MEDIA_HL7V2, MDM, 4)])
    assert len(kept) == 3
