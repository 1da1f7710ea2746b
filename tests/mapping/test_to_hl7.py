"""What people wrote on a ward, written as HL7 v2, is read back as the same lines, whatever they typed.

Method: hypothesis fills in what the forms leave; our reader reads what our writer wrote. With CONTREFEU_MLLP=HOST:PORT
a receiver that we did not write must take one of each (tests/recovery/hapi/start.sh).
"""

import os
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.base import parse_rfc3339
from contrefeu.fhir import Json, derived_id
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import OBJECT, RELEASED, FeedRules, Reading, read
from contrefeu.mapping.to_hl7 import About, Interface, Unsaid, written
from contrefeu.recovery import MllpTarget

RECEIVER = os.environ.get("CONTREFEU_MLLP", "")  # HOST:PORT; where none is started, there is no such test
NUMBER = {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:6e1f3c52-6f0f-5c0a-9a70-0c6d5d1b7a11"}
OTHER = {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:0c6d5d1b-6f0f-5c0a-9a70-6e1f3c527a11"}
NADIA = {"identifier": {"system": "urn:contrefeu:login", "value": "nadia"}, "display": "Nadia Benali"}
ORDER = {"identifier": [{"system": "urn:id:HIS", "value": "P|42"}]}
PATIENT = {"name": [{"family": "DURAND", "given": ["Élodie"]}], "birthDate": "1942-03-12", "gender": "female"}
STAY = {"identifier": [{"system": "urn:id:SEJ", "value": "V^1"}], "class": {"code": "IMP"}}
ABOUT = About(PATIENT, "CHU|0100234", STAY, "2026-11-24T02:11:58Z", "P", {"MedicationRequest/m1": ORDER})
# Lines as a form leaves them: printable, no space at the ends, none empty. Marks of HL7 v2 and accents are typed.
LINE = (
    st.text(st.sampled_from("abcé œ|^~\\&#0,5<>%°'\"\u2028’µ"), min_size=1, max_size=30)
    .map(lambda words: " ".join(words.split()))
    .filter(bool)
)
TEXT = st.lists(LINE, min_size=1, max_size=4).map("\n".join)
TIME = st.sampled_from(("2026-11-24T03:05:00+01:00", "2026-11-24T02:05:00Z", "2026-07-01T00:00:00-04:00"))


def back(*resources: Json, interface: Interface | None = None) -> Reading:
    """Written, and read again."""
    kind, body = written(resources, ABOUT, interface or Interface(), "CF1")
    reading = read(Entry("n1-capture", 1, 0, 0, "CONTREFEU", MEDIA_HL7V2, body), FeedRules())
    assert reading.kind == kind
    assert reading.control_id == "CF1"
    assert reading.subjects[0].keys == ["CHU|0100234"]
    assert not reading.movements, "what a ward wrote moves nobody"
    return reading


def only(reading: Reading, kind: str) -> Json:
    """The one line of a kind."""
    (found,) = [said.resource for said in reading.said if said.kind == kind]
    return found


def same_time(one: str, other: str) -> bool:
    """Whether two times are one instant."""
    return parse_rfc3339(one) == parse_rfc3339(other)


@pytest.mark.req("R3", "R7")
@given(value=st.decimals("0.01", "400", places=2), at=TIME, note=TEXT, gone=st.booleans())
@settings(max_examples=40)
def test_a_measurement_comes_back_with_its_digits(value: Decimal, at: str, note: str, gone: bool) -> None:
    """Code, number, unit, time, note, who measured; taken back, it is taken back there."""
    sign: dict[str, Any] = {
        "resourceType": "Observation", "identifier": [NUMBER], "status": "entered-in-error" if gone else "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}], "text": "PA systolique"},
        "effectiveDateTime": at, "performer": [NADIA], "note": [{"text": note}],
        "valueQuantity": {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"},
    }  # fmt: skip
    found = only(back(sign), "Observation")
    assert found["status"] == sign["status"]
    assert (found["valueQuantity"]["value"], found["valueQuantity"]["unit"]) == (value, "mmHg")
    assert found["code"]["coding"][0] | {"display": ""} == sign["code"]["coding"][0] | {"display": ""}
    assert same_time(found["effectiveDateTime"], at)
    assert found["note"][0]["text"].splitlines() == note.splitlines()
    assert found["performer"][0]["identifier"]["value"] == "nadia"


@pytest.mark.req("R3", "R7")
def test_a_round_of_vital_signs_is_one_message() -> None:
    """Each by its code, none taken for another."""
    signs = [
        {"resourceType": "Observation", "identifier": [number], "status": "final", "effectiveDateTime": ABOUT.at,
         "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": {"value": n, "unit": "x"}}
        for n, (code, number) in enumerate([("8480-6", NUMBER), ("8462-4", OTHER)])
    ]  # fmt: skip
    found = {
        said.resource["code"]["coding"][0]["code"]: said.resource["valueQuantity"]["value"]
        for said in back(*signs).said
        if said.kind == "Observation"
    }
    assert found == {"8480-6": 0, "8462-4": 1}


@pytest.mark.req("R3", "R7")
@given(words=TEXT, at=TIME)
@settings(max_examples=40)
def test_a_note_comes_back_word_for_word(words: str, at: str) -> None:
    """Marks of HL7 v2, accents and line ends included; its kind, time and author too."""
    note = {
        "resourceType": "DocumentReference", "identifier": [NUMBER], "status": "current", "docStatus": "final",
        "type": {"coding": [{"system": "http://loinc.org", "code": "34746-8"}], "text": "Transmission"},
        "date": at, "author": [NADIA],
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8",
                                    "data": b64encode(words.encode()).decode()}}],
    }  # fmt: skip
    found = only(back(note), "DocumentReference")
    assert (found["status"], found["docStatus"]) == ("current", "final")
    read_back = b64decode(found["content"][0]["attachment"]["data"]).decode()
    assert read_back.splitlines() == words.splitlines()
    assert same_time(found["date"], at)
    assert found["author"][0]["display"] == "Nadia Benali"
    gone = only(back(note | {"status": "entered-in-error"}), "DocumentReference")
    assert gone["status"] == "entered-in-error"
    assert gone["identifier"] == found["identifier"], "the one that was sent before"


@pytest.mark.req("R3", "R7")
@given(amount=LINE, reason=LINE, given_=st.booleans(), at=TIME)
@settings(max_examples=40)
def test_a_dose_comes_back_on_its_prescription(amount: str, reason: str, given_: bool, at: str) -> None:
    """Given or not and why; the amount in the giver's words; the prescription by its sender's number."""
    dose: dict[str, Any] = {
        "resourceType": "MedicationAdministration", "identifier": [NUMBER], "effectiveDateTime": at,
        "status": "completed" if given_ else "not-done", "performer": [{"actor": NADIA}],
        "medicationCodeableConcept": {"text": "PARACETAMOL 1 g"}, "request": {"reference": "MedicationRequest/m1"},
    }  # fmt: skip
    dose |= {"dosage": {"text": amount}} if given_ else {"statusReason": [{"text": reason}]}
    reading = back(dose)
    found = only(reading, "MedicationAdministration")
    assert found["status"] == dose["status"]
    assert found["medicationCodeableConcept"]["text"] == "PARACETAMOL 1 g"
    assert same_time(found["effectiveDateTime"], at)
    if given_:
        assert [note["text"] for note in found["note"]] == [amount]
    else:
        assert found["statusReason"][0]["text"] == reason
    assert "dose" not in found.get("dosage", {}), "no number was made of words"
    assert found["request"]["reference"].startswith("MedicationRequest/")
    gone = back(dose | {"status": "entered-in-error"})
    assert only(gone, "MedicationAdministration")["status"] == "entered-in-error"
    assert [said.key for said in gone.said] == [said.key for said in reading.said], "the one that was sent before"


@pytest.mark.req("R3", "R7", "F15")
@given(
    words=LINE,
    place=LINE,
    name=LINE,
    comment=TEXT,
    why=LINE,
    minutes=st.integers(0, 720),
    at=TIME,
    version=st.sampled_from(("2.5", "2.5.1", "2.6")),
)
@settings(max_examples=60)
def test_an_appointment_comes_back_with_its_hour_and_words(
    words: str, place: str, name: str, comment: str, why: str, minutes: int, at: str, version: Any
) -> None:
    """What for, when, until when, where, with whom, what was remarked; moved and cancelled it is the same one."""
    end = {"end": (datetime.fromisoformat(at) + timedelta(minutes=minutes)).isoformat(), "minutesDuration": minutes}
    given_: dict[str, Any] = {
        "resourceType": "Appointment", "identifier": [NUMBER], "status": "booked", "serviceType": [{"text": words}],
        "start": at, **(end if minutes else {}), "comment": comment,
        "participant": [{"actor": {"type": "Patient", "identifier": {"system": "urn:id:CHU", "value": "0100234"}}},
                        {"actor": {"type": "Location", "display": place}},
                        {"actor": {"type": "Practitioner", "display": name}}],
    }  # fmt: skip
    interface = Interface(version)
    reading = back(given_, interface=interface)
    assert reading.kind == "SIU^S12"
    found = only(reading, "Appointment")
    assert (found["status"], found["serviceType"][0]["text"], found["comment"]) == ("booked", words, comment)
    assert same_time(found["start"], at)
    assert "end" not in found if not minutes else same_time(found["end"], given_["end"])
    assert [one["actor"]["display"] for one in found["participant"]] == [place, name]
    line = {"Appointment/a1": given_}
    again = {name: value for name, value in given_.items() if name != "identifier"} | {
        "identifier": [{"system": OBJECT.rstrip("|"), "value": "a1"}], "comment": f"{why}\n{comment}"
    }  # fmt: skip
    for status, kind in (("booked", "SIU^S13"), ("cancelled", "SIU^S15"), ("entered-in-error", "SIU^S17")):
        about = msgspec.structs.replace(ABOUT, lines=line)
        told, body = written([again | {"status": status}], about, interface, "CF2")
        later = read(Entry("n1-capture", 1, 0, 0, "CONTREFEU", MEDIA_HL7V2, body), FeedRules())
        changed = only(later, "Appointment")
        assert (told, changed["status"], changed["comment"]) == (kind, status, f"{why}\n{comment}")
        assert [said.key for said in later.said] == [said.key for said in reading.said], "the one that was sent before"


def test_an_appointment_of_version_2_6_says_its_end() -> None:
    """TQ1-8, as SCH-11 does in the versions before."""
    slot = {"resourceType": "Appointment", "identifier": [NUMBER], "status": "booked", "start": ABOUT.at,
            "end": "2026-11-24T02:41:58Z", "serviceType": [{"text": "Scanner"}]}  # fmt: skip
    _, body = written([slot], ABOUT, Interface("2.6"), "CF1")
    [timing] = [line.split(b"|") for line in body.split(b"\r") if line.startswith(b"TQ1|")]
    assert len(timing) == 9 and timing[8].startswith(b"20261124")


@pytest.mark.req("D4", "R3")
@pytest.mark.parametrize("how", ["OMP", "RDE"])
@pytest.mark.parametrize("status", ["on-hold", "active", "stopped"])
def test_a_word_about_a_prescription_comes_back(how: str, status: str) -> None:
    """Held, resumed or stopped, it is the sender's own prescription that is so, and the reason stands in ORC-16."""
    said = {"resourceType": "MedicationRequest", "status": status, "statusReason": {"text": "NPO, bloc"}}
    said |= {"identifier": [{"system": "urn:contrefeu:object", "value": "m1"}]}
    _, body = written([said], ABOUT, Interface(prescriptions=how), "CF1")
    [orc] = [one for one in body.decode().split("\r") if one.startswith("ORC")]
    assert (orc.split("|")[1], orc.split("|")[2], orc.split("|")[16]) == (
        {"on-hold": "HD", "active": "XO", "stopped": "DC"}[status], "P|42".replace("|", "\\F\\") + "^HIS", "^NPO, bloc"
    )  # fmt: skip
    found = back(said, interface=Interface(prescriptions=how))
    assert only(found, "MedicationRequest")["status"] == status


@pytest.mark.req("D4", "R3")
@pytest.mark.parametrize("how", ["OMP", "RDE"])
def test_the_end_of_a_hold_is_a_release(how: str) -> None:
    """RL, "release previous hold" (0119), for the entry that ends one; another word about what runs is a change, XO."""
    said = {"resourceType": "MedicationRequest", "status": "active", "statusReason": {"text": "mangé"}}
    said |= {"identifier": [{"system": "urn:contrefeu:object", "value": "m1"}]}
    released = said | {"extension": [{"url": RELEASED, "valueBoolean": True}]}
    for one, control in ((released, "RL"), (said, "XO")):
        _, body = written([one], ABOUT, Interface(prescriptions=how), "CF1")
        [orc] = [line.split("|") for line in body.decode().split("\r") if line.startswith("ORC")]
        assert (orc[1], orc[5]) == (control, "IP")
        assert only(back(one, interface=Interface(prescriptions=how)), "MedicationRequest")["status"] == "active"


@pytest.mark.req("D4", "R3")
@pytest.mark.parametrize("how", ["OMP", "RDE"])
def test_a_prescription_that_replaces_another_goes_behind_it(how: str) -> None:
    """RP with the old number, then RO with one of its own, in one message (4.5.1.1, RO); read back, they are linked."""
    old = {"resourceType": "MedicationRequest", "status": "stopped", "statusReason": {"text": "modifiée : poids"}}
    old |= {"identifier": [{"system": "urn:contrefeu:object", "value": "m1"}]}
    new = {"resourceType": "MedicationRequest", "identifier": [NUMBER], "status": "active", "authoredOn": ABOUT.at,
           "medicationCodeableConcept": {"text": "FUROSEMIDE 40 mg"}, "dosageInstruction": [{"text": "2 cp"}],
           "priorPrescription": {"reference": "MedicationRequest/m1"}}  # fmt: skip
    beside = {name: value for name, value in new.items() if name != "priorPrescription"} | {"identifier": [OTHER]}
    _, body = written([new, beside, old], ABOUT, Interface(prescriptions=how), "CF1")
    orcs = [line.split("|") for line in body.decode().split("\r") if line.startswith("ORC")]
    assert [(orc[1], orc[5]) for orc in orcs] == [("RP", "RP"), ("RO", ""), ("NW", "")]
    assert orcs[0][2].endswith("^HIS")
    first, second, third = back(new, beside, old, interface=Interface(prescriptions=how)).said
    assert [one.resource["status"] for one in (first, second, third)] == ["stopped", "active", "active"]
    named = f"MedicationRequest/{derived_id('MedicationRequest', first.key)}"
    assert second.resource["priorPrescription"] == {"reference": named}
    assert "priorPrescription" not in third.resource
    gone = [new | {"status": "entered-in-error"}, old | {"status": "active"}]
    _, body = written(gone, ABOUT, Interface(prescriptions=how), "CF1")
    orcs = [line.split("|") for line in body.decode().split("\r") if line.startswith("ORC")]
    assert [(orc[1], orc[5]) for orc in orcs] == [("SC", "ER"), ("XO", "IP")], "taken back, neither replaces the other"


@pytest.mark.req("R3", "R4")
@pytest.mark.parametrize(
    ("resource", "why"),
    [
        ({"resourceType": "Observation", "status": "final", "valueString": "x"}, "another system made"),
        ({"resourceType": "Observation", "identifier": [NUMBER], "status": "final"}, "without a value"),
        ({"resourceType": "MedicationAdministration", "identifier": [NUMBER], "status": "completed",
          "request": {"reference": "MedicationRequest/here"}}, "written here"),
        ({"resourceType": "DocumentReference", "identifier": [NUMBER],
          "content": [{"attachment": {"contentType": "text/plain", "url": "http://x"}}]}, "elsewhere"),
        ({"resourceType": "MedicationRequest", "identifier": [NUMBER]}, "of a status"),
        ({"resourceType": "Flag", "identifier": [NUMBER], "status": "active"}, "no message is written"),
        ({"resourceType": "Appointment", "identifier": [NUMBER], "status": "fulfilled", "start": ABOUT.at}, "a status"),
        ({"resourceType": "Appointment", "identifier": [NUMBER], "status": "booked"}, "without an hour"),
        ({"resourceType": "Appointment", "status": "booked", "start": ABOUT.at}, "another system made"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_not_said(resource: Json, why: str) -> None:
    """A person sees to it, and the account says so."""
    with pytest.raises(Unsaid, match=why):
        written([resource], ABOUT, Interface(), "CF1")


@pytest.mark.req("R3", "F33")
def test_the_header_is_the_profile_s() -> None:
    """Version, receiver, historical mark; an exercise stays one."""
    interface = Interface("2.5.1", facility="CHU", receiver="DPI", mark="R")
    note = {"resourceType": "Observation", "identifier": [NUMBER], "status": "final", "valueString": "x",
            "code": {"text": "Dit"}, "effectiveDateTime": ABOUT.at}  # fmt: skip
    _, body = written([note], ABOUT, interface, "CF1")
    fields = body.split(b"\r")[0].split(b"|")
    assert fields[2:5] == [b"CONTREFEU", b"CHU", b"DPI"]
    assert fields[6] == b"20261124021158+0000"
    assert fields[8:12] == [b"ORU^R01^ORU_R01", b"CF1", b"P^R", b"2.5.1"]
    assert fields[17] == b"UNICODE UTF-8"


if RECEIVER:

    @pytest.mark.req("R3")
    @pytest.mark.parametrize("version", ["2.5", "2.5.1"])
    def test_a_receiver_that_we_did_not_write_takes_one_of_each(version: str) -> None:
        """HAPI's library validates each field's type: it answers AA, or we wrote something that is no HL7 v2."""
        host, _, port = RECEIVER.partition(":")
        target = MllpTarget(host, int(port), 20)
        sign = {"resourceType": "Observation", "identifier": [NUMBER], "status": "final", "performer": [NADIA],
                "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}], "text": "PA"},
                "effectiveDateTime": ABOUT.at, "note": [{"text": "a|b"}],
                "valueQuantity": {"value": Decimal("120"), "unit": "mmHg"}}  # fmt: skip
        note = {
            "resourceType": "DocumentReference",
            "identifier": [NUMBER],
            "status": "current",
            "date": ABOUT.at,
            "type": {"text": "Note"},
            "author": [NADIA],
            "content": [{"attachment": {"contentType": "text/plain", "data": b64encode("é".encode()).decode()}}],
        }
        dose = {"resourceType": "MedicationAdministration", "identifier": [NUMBER], "effectiveDateTime": ABOUT.at,
                "status": "completed", "performer": [{"actor": NADIA}], "medicationCodeableConcept": {"text": "X"},
                "dosage": {"text": "1 cp"}, "request": {"reference": "MedicationRequest/m1"}}  # fmt: skip
        slot = {"resourceType": "Appointment", "identifier": [NUMBER], "status": "booked", "start": ABOUT.at,
                "end": "2026-11-24T02:41:58Z", "minutesDuration": 30, "serviceType": [{"text": "Scanner"}],
                "participant": [{"actor": {"type": "Location", "display": "Radio"}},
                                {"actor": {"type": "Practitioner", "display": "Dr A"}}], "comment": "x"}  # fmt: skip
        gone = {"status": "entered-in-error"}
        for n, one in enumerate((sign, sign | gone, note, note | gone, dose, dose | gone, slot, slot | gone)):
            _, body = written([one], ABOUT, Interface(version), f"CF{n}")  # type: ignore[arg-type]
            assert target.exchange(body, f"CF{n}").code == "AA", one["resourceType"]
        target.close()
