"""What people did during a downtime, written as HL7 v2 and read by our own reader, makes the same chart.

Method: hypothesis lives through an outage (somebody comes, is moved, prescribed for, examined, leaves; steps are taken
back), each act an entry as the forms write it. Each entry is written as one message; a reader that never saw the acts
folds the messages. Ids, sources and authors' entries are other ones; what a ward reads is the same. With
CONTREFEU_MLLP=HOST:PORT a receiver that we did not write must take one of each.
"""

import os
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contrefeu.acts import IdentitiesLinked, PagesIssued, encode
from contrefeu.chart import REVIEW, SPECIMEN, TEMPORARY, Chart, courses_of, due_times, new_chart, to_bundle
from contrefeu.chart.fold import apply
from contrefeu.fhir import Json
from contrefeu.fhir import encode as encode_fhir
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, Rules, read
from contrefeu.paper import Verdict, document_of
from contrefeu.recovery import MllpTarget, Profile, WardMessages
from contrefeu.recovery.forms import Unsendable
from contrefeu.station.care.scribe import Scribe, because, bundle, changed, taking_part
from contrefeu.station.care.stay import step

RECEIVER = os.environ.get("CONTREFEU_MLLP", "")  # HOST:PORT; where none is started, there is no such test
NUMBER = "12-N1-Z"
KEY = f"{TEMPORARY}|{NUMBER}"
BEGAN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
SENT = Profile(form="marked", acts="hl7", honours_mark=True, version="2.5.1")
WORDS = st.text(st.sampled_from("abcé|^~\\&#0,5"), min_size=1, max_size=12).map(lambda w: f"x{w.strip()}")
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"


class Outage:
    """One patient's acts, each an entry, and the chart that they make."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.chart: Chart = new_chart(KEY, "P")
        self.steps: list[Json] = []  # that can be taken back

    def says(self, *resources: Json) -> None:
        """Write one entry."""
        n = len(self.entries) + 1
        now_ns = int((BEGAN + timedelta(minutes=10 * n)).timestamp()) * 1_000_000_000
        scribe = Scribe("nadia", "Nadia Benali", "n1", now_ns, UTC, str)
        body = bundle(self.chart, scribe, f"form/{n}", resources)
        entry = Entry("n1-station", n, now_ns, now_ns, "user/nadia", MEDIA_FHIR, body)
        self.entries.append(entry)
        apply(self.chart, read(entry, FeedRules()))

    def at(self) -> str:
        """When the next entry says that something happened."""
        return (BEGAN + timedelta(minutes=10 * len(self.entries) + 5)).isoformat(timespec="seconds")

    def lines(self, kind: str) -> list[Json]:
        """What the chart says of a type."""
        return [e["resource"] for e in to_bundle(self.chart)["entry"] if e["resource"]["resourceType"] == kind]

    def message(self, entry: Entry, profile: Profile = SENT) -> bytes:
        """What is sent for an entry."""
        return WardMessages(profile, Rules(), lambda _: self.chart, "CHU")(entry, "ehr").body


def arrives(outage: Outage, words: str) -> None:
    """Somebody unknown comes, once."""
    if outage.entries:
        return
    who = {
        "resourceType": "Patient",
        "identifier": [{"use": "temp", "system": TEMPORARY, "value": NUMBER}],
        "name": [{"use": "official", "family": "DURAND", "given": ["PAUL"]}],
        "birthDate": "1960-02-01",
        "gender": "male",
    }
    outage.says(who, step(f"stay:{NUMBER}", "admit", outage.at(), place=("CARD", "", words)))


def moves(kind: str) -> Callable[[Outage, str], None]:
    """A step of the stay."""

    def act(outage: Outage, words: str) -> None:
        place = () if kind in ("discharge", "leave") else ("CHIR", "", words)
        outage.says(step(f"stay:{NUMBER}", kind, outage.at(), place=place))
        last = outage.chart.stays[f"stay:{NUMBER}"]
        outage.steps.append({"kind": kind, "id": list(last.steps)[-1], "at": list(last.steps.values())[-1].movement.at})

    return act


def takes_back(outage: Outage, _: str) -> None:
    """The last step was a mistake."""
    if outage.steps:
        last = outage.steps.pop()
        outage.says(step(f"stay:{NUMBER}", last["kind"], last["at"], cancels=last["id"]))


def prescribes(outage: Outage, words: str) -> None:
    """At hours, every six hours, or if needed."""
    at, which = outage.at(), len(outage.entries) % 3
    dosage: dict[str, Any] = {"text": f"1 cp · {words}", "route": {"text": "orale"}}
    repeats: list[dict[str, Any]] = [
        {"frequency": 2, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]},
        {"frequency": 1, "period": 6, "periodUnit": "h"},
    ]
    if which < 2:
        dosage["timing"] = {"repeat": {"boundsPeriod": {"start": at}, **repeats[which]}}
    else:
        dosage["asNeededBoolean"] = True
    outage.says(
        {
            "resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": at,
            "medicationCodeableConcept": {"text": words}, "dosageInstruction": [dosage],
            "requester": {"display": "Dr Martin"}, "reasonCode": [{"text": "douleur"}],
        }
    )  # fmt: skip


def stops(outage: Outage, _: str) -> None:
    """The first prescription that runs."""
    for one in [one for one in outage.lines("MedicationRequest") if one["status"] == "active"][:1]:
        outage.says(changed(one, status="stopped", statusReason={"text": "allergie"}))


def modifies(outage: Outage, words: str) -> None:
    """The first prescription that runs becomes another one: one entry says both."""
    for one in [one for one in outage.lines("MedicationRequest") if one["status"] == "active"][:1]:
        repeat = {"frequency": 1, "period": 8, "periodUnit": "h", "boundsPeriod": {"start": outage.at()}}
        dosage = {"text": f"2 cp · {words}", "route": {"text": "IV"}, "timing": {"repeat": repeat}}
        outage.says(
            {
                "resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": outage.at(),
                "medicationCodeableConcept": one["medicationCodeableConcept"], "requester": {"display": "Dr Martin"},
                "dosageInstruction": [dosage],
                "reasonCode": one["reasonCode"], "priorPrescription": {"reference": f"MedicationRequest/{one['id']}"},
            },
            changed(one, status="stopped", statusReason={"text": "modifiée"}),
        )  # fmt: skip


def gives(outage: Outage, words: str) -> None:
    """A dose of it."""
    for one in [one for one in outage.lines("MedicationRequest") if one["status"] == "active"][:1]:
        outage.says(
            {
                "resourceType": "MedicationAdministration", "status": "completed", "effectiveDateTime": outage.at(),
                "medicationCodeableConcept": one["medicationCodeableConcept"], "dosage": {"text": words},
                "request": {"reference": f"MedicationRequest/{one['id']}"}, "performer": [{"actor": {"display": "N"}}],
            }
        )  # fmt: skip


def asks(outage: Outage, words: str) -> None:
    """The laboratory, or imaging."""
    laboratory = len(outage.entries) % 2 == 0
    code = "108252007" if laboratory else "363679005"
    outage.says(
        {
            "resourceType": "ServiceRequest", "status": "active", "intent": "order", "priority": "stat",
            "category": [{"coding": [{"system": SNOMED, "code": code}]}], "code": {"text": words},
            "requester": {"display": "Dr Martin"}, "authoredOn": outage.at(),
            **({"identifier": [{"system": SPECIMEN, "value": ""}]} if laboratory else {}),
        }
    )  # fmt: skip


def _result(outage: Outage, code: str, n: int) -> Json:
    asked = [one for one in outage.lines("ServiceRequest") if one["status"] == "active"]
    based = {"basedOn": [{"reference": f"ServiceRequest/{asked[0]['id']}"}]} if asked else {}
    return {
        "resourceType": "Observation", "status": "preliminary", "effectiveDateTime": outage.at(),
        "code": {"coding": [{"system": LOINC, "code": code}], "text": "K"}, "performer": [{"display": "Labo"}],
        "interpretation": [{"coding": [{"code": "HH"}]}], "referenceRange": [{"text": "3.5-5.0"}],
        "valueQuantity": {"value": Decimal(n) / 10, "unit": "mmol/L"}, **based,
    }  # fmt: skip


def answers(outage: Outage, _: str) -> None:
    """Two results typed in; their request is answered."""
    asked = [changed(one, status="completed") for one in outage.lines("ServiceRequest") if one["status"] == "active"]
    outage.says(_result(outage, "2823-3", 41), _result(outage, "2951-2", 1400), *asked[:1])


def signs(outage: Outage, _: str) -> None:
    """What is preliminary, the last result first."""
    mine = [one for one in outage.lines("Observation") if one["status"] == "preliminary"]
    if mine:
        outage.says(*(changed(one, status="final") for one in reversed(mine)))


def corrects(outage: Outage, _: str) -> None:
    """One result alone."""
    found = [one for one in outage.lines("Observation") if one["status"] == "final" and "valueQuantity" in one]
    for one in found[-1:]:
        outage.says(changed(one, status="corrected", valueQuantity={"value": Decimal("3.9"), "unit": "mmol/L"}))


def names(outage: Outage, _: str) -> None:
    """Who it is after all."""
    name = {"use": "official", "family": "PETIT", "given": ["JEAN"]}
    outage.says({"resourceType": "Patient", "name": [name], "birthDate": "1961-02-01"})


def dies(outage: Outage, _: str) -> None:
    """When, and who established it."""
    at = outage.at()
    said = {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": LOINC, "code": "81956-5"}]},
        "effectiveDateTime": at, "valueDateTime": at, "performer": [{"display": "Dr Martin"}],
    }  # fmt: skip
    outage.says({"resourceType": "Patient", "deceasedDateTime": at}, said)


def lives(outage: Outage, _: str) -> None:
    """It was somebody else's death."""
    dead = [one for one in outage.lines("Observation") if "valueDateTime" in one and one["status"] == "final"]
    if dead:
        gone = [changed(one, status="entered-in-error") for one in dead]
        outage.says({"resourceType": "Patient", "deceasedBoolean": False}, *gone)


def learns(outage: Outage, words: str) -> None:
    """An allergy, of which somebody told."""
    reaction = {"manifestation": [{"text": words}], "severity": "severe"}
    outage.says(
        {
            "resourceType": "AllergyIntolerance", "code": {"text": f"allergène {len(outage.entries)}"},
            "clinicalStatus": {"coding": [{"code": "active"}]}, "recordedDate": outage.at(), "reaction": [reaction],
            "verificationStatus": {"coding": [{"code": "unconfirmed"}]}, "recorder": {"display": "Nadia Benali"},
            "asserter": {"display": "sa fille"},
        }
    )  # fmt: skip


def unlearns(outage: Outage, _: str) -> None:
    """The last one was another patient's."""
    for one in outage.lines("AllergyIntolerance")[-1:]:
        gone = changed(one, verificationStatus={"coding": [{"code": "entered-in-error"}]})
        gone.pop("clinicalStatus", None)
        outage.says(gone)


def warns(outage: Outage, words: str) -> None:
    """A precaution, looked at again tomorrow."""
    outage.says(
        {
            "resourceType": "Flag", "status": "active", "category": [{"coding": [{"code": "safety"}]}],
            "code": {"text": f"isolement {words}"}, "period": {"start": outage.at()},
            "author": {"display": "Nadia Benali"}, "extension": [{"url": REVIEW, "valueDate": "2026-11-25"}],
        }
    )  # fmt: skip


def charges(outage: Outage, words: str) -> None:
    """A task, and that it was done."""
    outage.says({"resourceType": "Task", "status": "requested", "description": words, "authoredOn": outage.at()})


def acknowledges(outage: Outage, _: str) -> None:
    """Somebody saw the last result."""
    for one in outage.lines("Observation")[-1:]:
        outage.says(
            {
                "resourceType": "Communication", "status": "completed", "sent": outage.at(),
                "category": [{"text": "vu"}], "about": [{"reference": f"Observation/{one['id']}"}],
                "sender": {"display": "Dr Martin"},
            }
        )  # fmt: skip


def books(outage: Outage, words: str) -> None:
    """An appointment, tomorrow."""
    start = datetime.fromisoformat(outage.at()) + timedelta(days=1)
    outage.says(
        {
            "resourceType": "Appointment", "status": "booked", "serviceType": [{"text": words}],
            "start": start.isoformat(), "end": (start + timedelta(minutes=45)).isoformat(), "minutesDuration": 45,
            "participant": [taking_part("Location", "Bureau 4"), taking_part("Practitioner", "Dr Aubry")],
        }
    )  # fmt: skip


def _booked(outage: Outage) -> list[Json]:
    return [one for one in outage.lines("Appointment") if one["status"] == "booked"]


def moves_slot(outage: Outage, words: str) -> None:
    """The last appointment, a day on."""
    for one in _booked(outage)[-1:]:
        later = {name: _later(one[name]) for name in ("start", "end")}
        outage.says(changed(one, **later, comment=because(words, one)))


def _later(at: str) -> str:
    return (datetime.fromisoformat(at) + timedelta(days=1)).isoformat()


def cancels_slot(outage: Outage, words: str) -> None:
    """The first appointment."""
    for one in _booked(outage)[:1]:
        outage.says(changed(one, status="cancelled", comment=because(words, one)))


ACTS = [*map(moves, ("transfer", "leave", "return", "discharge")), takes_back, prescribes, stops, modifies, gives, asks,
        answers, signs, corrects, names, dies, lives, learns, unlearns, warns, charges, acknowledges, books, moves_slot,
        cancels_slot]  # fmt: skip


def seen(chart: Chart) -> dict[str, list[Any]]:
    """What a ward reads of a chart, without ids, entries and systems' own words beside."""
    found: dict[str, list[Any]] = {}
    for entry in to_bundle(chart)["entry"]:
        one = entry["resource"]
        if (read_as := _READ.get(one["resourceType"])) is not None:
            found.setdefault(one["resourceType"], []).append(read_as(one))
    return {kind: sorted(map(repr, lines)) for kind, lines in found.items()} | {"due": _due(chart)}


def _words(concept: Any) -> str:
    return str((concept or {}).get("text", ""))


def _first(one: Json, name: str) -> Any:
    return (one.get(name) or [{}])[0]


def _when(text: str) -> str:
    return str(datetime.fromisoformat(text).astimezone(UTC)) if text else ""


def _places(one: Json) -> list[Any]:
    return [
        (e["location"].get("display"), e.get("status"), {k: _when(v) for k, v in (e.get("period") or {}).items()})
        for e in one.get("location") or []
    ]


def _order(one: Json) -> Any:
    dosage = _first(one, "dosageInstruction")
    drug, route = _words(one.get("medicationCodeableConcept")), _words(dosage.get("route"))
    why, who = _words(_first(one, "reasonCode")), one["requester"]["display"]
    return drug, one["status"], dosage.get("text"), route, dosage.get("asNeededBoolean", False), who, why


def _due(chart: Chart) -> list[Any]:
    """When which drug is due, in the day after."""
    first = int(BEGAN.timestamp()) * 10**9
    return [
        (at, what.partition(" · ")[0])
        for at, what, _ in due_times(courses_of(chart), first, first + 86_400 * 10**9, ZoneInfo("Europe/Paris"))
    ]


_READ: dict[str, Callable[[Json], Any]] = {
    "Patient": lambda one: (
        [(n["family"], n["given"]) for n in one["name"]], one["birthDate"], one["gender"],
        _when(str(one.get("deceasedDateTime", ""))),
    ),
    "Encounter": lambda one: (one["status"], one["class"]["code"], _places(one)),
    "MedicationRequest": _order,
    "MedicationAdministration": lambda one: (
        one["status"],
        _words(one["medicationCodeableConcept"]),
        (one.get("dosage") or {}).get("text") or _first(one, "note").get("text"),
    ),
    "AllergyIntolerance": lambda one: (
        _words(one["code"]), _words(_first(_first(one, "reaction"), "manifestation")),
        _first(one.get("verificationStatus", {}), "coding").get("code") == "entered-in-error",
    ),
    "Appointment": lambda one: (
        one["status"], _words(_first(one, "serviceType")), _when(one["start"]), _when(one["end"]), one.get("comment"),
        [part["actor"]["display"] for part in one["participant"] if "display" in part["actor"]],
    ),
    "ServiceRequest": lambda one: (_words(one["code"]), one["priority"], one["requester"]["display"]),
    "Observation": lambda one: (
        _first(one["code"], "coding")["code"], one["status"], str(one.get("valueQuantity", {}).get("value")),
        _first(_first(one, "interpretation"), "coding").get("code"), _when(one["effectiveDateTime"]),
    ),
}  # fmt: skip


@pytest.mark.req("R3", "R4", "R7")
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), WORDS), max_size=9), zbe=st.booleans(), rde=st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_chart_of_the_messages_is_the_chart_of_the_acts(
    acts: list[tuple[Callable[[Outage, str], None], str]], zbe: bool, rde: bool
) -> None:
    """Patient, stay and places, prescriptions with their due times, doses, requests, results and their signatures."""
    outage, there = Outage(), new_chart(KEY, "P")
    for act, words in [(arrives, "11"), *acts]:
        act(outage, words)
    profile = Profile(form="marked", acts="hl7", honours_mark=True, zbe=zbe, prescriptions="RDE" if rde else "OMP")
    for entry in outage.entries:
        body = outage.message(entry, profile)
        reading = read(Entry("t-capture", entry.sequence, entry.received_ns, entry.hlc, "C", MEDIA_HL7V2, body),
                       FeedRules())  # fmt: skip
        assert reading.subjects[0].keys == [KEY]
        assert reading.understood
        apply(there, reading)
    assert seen(there) == seen(outage.chart)


@pytest.mark.req("R4", "F33")
def test_what_would_make_somebody_act_again_is_held_unless_the_mark_is_honoured() -> None:
    """A prescription and a request wait for a person; so does a dose of a prescription that was not sent."""
    outage = Outage()
    for act in (arrives, prescribes, gives, asks):
        act(outage, "x")
    careful = Profile(form="marked", acts="hl7")
    came, ordered, given_, asked = outage.entries
    assert b"|ADT^A01^ADT_A01|" in outage.message(came, careful)
    for entry, why in ((ordered, "act again"), (asked, "act again"), (given_, "which nobody there knows")):
        with pytest.raises(Unsendable, match=why):
            outage.message(entry, careful)
        assert b"|P^R|" in outage.message(entry)
    by_event = Profile(form="marked", acts="hl7", leave_out=["ADT^A01"])
    with pytest.raises(Unsendable, match="leaves its kind out"):
        outage.message(came, by_event)


@pytest.mark.req("R3", "R7", "F18", "F37")
def test_what_no_message_says_goes_as_a_document_in_the_words_of_the_ward() -> None:
    """A precaution with its review, a task, an answer with the result that it is about: read there, each once."""
    outage, there = Outage(), new_chart(KEY, "P")
    for act in (arrives, warns, charges, answers, acknowledges):
        act(outage, "contact|é")
    for entry in outage.entries:
        body = outage.message(entry)
        apply(there, read(Entry("t-capture", entry.sequence, 0, 0, "C", MEDIA_HL7V2, body), FeedRules()))
    documents = [one["resource"] for one in to_bundle(there)["entry"]]
    found = sorted((one for one in documents if one["resourceType"] == "DocumentReference"), key=lambda d: d["date"])
    precaution, task, answer = map(_body, found)
    assert "isolement contact|é" in precaution
    assert "à revoir le 25/11/2026" in precaution
    assert "Nadia Benali" in precaution
    assert "contact|é" in task
    assert "vu" in answer
    assert "à propos de PROVISOIRE — K 140 mmol/L" in answer
    by_hand = Profile(form="marked", acts="hl7", rest="hold")
    for n in (1, 2, 4):
        with pytest.raises(Unsendable):
            outage.message(outage.entries[n], by_hand)


@pytest.mark.req("R3", "F6", "F37")
def test_an_allergy_goes_numbered_or_plain_as_the_profile_says() -> None:
    """IAM has its number and how sure it is; AL1 neither, so one taken back goes as a document."""
    outage = Outage()
    for act in (arrives, learns, unlearns):
        act(outage, "choc")
    _, said, gone = outage.entries
    assert b"|ADT^A60^ADT_A60|" in outage.message(said)
    assert b"\rIAM|1||^allerg" in outage.message(said)
    assert b"|SV|choc|A^Add^HL70323|" in outage.message(said)
    assert b"|sa fille|||U|Nadia Benali\r" in outage.message(said)
    assert b"|D^Delete^HL70323|" in outage.message(gone)
    plain = Profile(form="marked", acts="hl7", allergies="A08")
    assert b"|ADT^A08^ADT_A01|" in outage.message(said, plain)
    assert b"\rAL1|1||^allerg" in outage.message(said, plain)
    assert b"|MDM^T02^MDM_T02|" in outage.message(gone, plain)


@pytest.mark.req("R3", "R7", "Q4")
@pytest.mark.parametrize("source", ["user/nadia", "console"])
def test_a_page_that_came_back_on_paper_goes_with_its_picture(source: str) -> None:
    """Whoever scanned it: the same document under the same number, byte for byte the same picture."""
    outage, there = Outage(), new_chart(KEY, "P")
    arrives(outage, "x")
    issued = PagesIssued("0" * 16, "vitals", 2, "CARD", "2026-11-24T02:00:00Z", "", outage.chart.id, KEY)
    page = document_of(
        Verdict("filed", "", issued, 1), b"\xff\xd8 a picture", "2026-11-24T04:00:00Z", "Nadia", "fr", is_exercise=False
    )
    entry = Entry("n1-station", 7, 10**18, 10**18, source, MEDIA_FHIR, encode_fhir(page))
    first, again = outage.message(entry), outage.message(entry)
    assert first == again
    assert b"|MDM^T02^MDM_T02|" in first
    apply(there, read(Entry("t-capture", 1, 0, 0, "C", MEDIA_HL7V2, first), FeedRules()))
    (document,) = [
        e["resource"] for e in to_bundle(there)["entry"] if e["resource"]["resourceType"] == "DocumentReference"
    ]
    assert b64decode(document["content"][0]["attachment"]["data"]) == b"\xff\xd8 a picture"


def _body(document: Json) -> str:
    return b64decode(document["content"][0]["attachment"]["data"]).decode()


@pytest.mark.req("R3", "F37")
def test_a_profile_says_what_the_receiver_calls_things() -> None:
    """Wards, tests and drugs by its own codes; what it has no code for stays in words."""
    outage = Outage()
    arrives(outage, "x")
    moves("transfer")(outage, "x")
    outage.says(_result(outage, "2823-3", 41))
    theirs = Profile(form="marked", acts="hl7", codes={"CARD": "3100", "2823-3": "K01"})
    came, moved, result = (outage.message(entry, theirs) for entry in outage.entries)
    assert b"|3100^^x|" in came
    assert b"|CHIR^^x|" in moved
    assert b"|K01^K^L|" in result


@pytest.mark.req("R6", "F32")
def test_a_union_goes_as_a40_and_what_was_parted_waits_for_a_person() -> None:
    """PID survives, MRG is lost; our own reader links the two."""
    outage = Outage()
    arrives(outage, "x")
    said = IdentitiesLinked(KEY, "IPP|7", "2026-11-24T03:00:00Z")
    entry = Entry("n1-station", 9, 10**18, 10**18, "user/ada", MEDIA_ACT, encode(said))
    body = outage.message(entry)
    reading = read(Entry("t-capture", 1, 0, 0, "C", MEDIA_HL7V2, body), FeedRules())
    assert [(one.kind, one.survivor, one.lost) for one in reading.links] == [("merge", KEY, "IPP|7")]
    turned = outage.message(entry, replace(SENT, survivor="MRG"))
    as_they_do = read(Entry("t-capture", 1, 0, 0, "C", MEDIA_HL7V2, turned), FeedRules(survivor="MRG"))
    assert as_they_do.links == reading.links
    undone = IdentitiesLinked(KEY, "IPP|7", "2026-11-24T03:00:00Z", undo=True)
    with pytest.raises(Unsendable, match="by hand"):
        outage.message(Entry("n1-station", 10, 10**18, 10**18, "user/ada", MEDIA_ACT, encode(undone)))


@pytest.mark.req("F32", "R4")
def test_a_merge_that_the_target_would_read_the_wrong_way_round_waits_for_a_person() -> None:
    """A feed's own bytes go as they are: only where both keep the same number."""
    outage = Outage()
    arrives(outage, "x")
    body = outage.message(Entry("n1-station", 9, 10**18, 10**18, "user/ada", MEDIA_ACT, encode(
        IdentitiesLinked(KEY, "IPP|7", "2026-11-24T03:00:00Z"))))  # fmt: skip
    heard = Entry("n1-capture", 1, 10**18, 10**18, "DPI@CHU", MEDIA_HL7V2, body)
    turned = replace(SENT, survivor="MRG")
    assert outage.message(heard)
    with pytest.raises(Unsendable, match="the other number"):
        outage.message(heard, turned)
    rules = Rules(senders={"DPI@CHU": FeedRules(survivor="MRG")})
    assert WardMessages(turned, rules, lambda _: outage.chart, "CHU")(heard, "ehr").body
    no_right = Rules(senders={"DPI@CHU": FeedRules(sets=("location",))})
    lines = body.split(b"\r")
    [pid], [mrg] = ([one for one in lines if one.startswith(name)] for name in (b"PID", b"MRG"))
    same = b"\r".join([*lines[:2], pid, b"MRG|" + pid.split(b"|")[3], pid, mrg, b""])  # the first group merges nothing
    for rules, one in ((no_right, body), (Rules(), same)):
        with pytest.raises(Unsendable, match="the other number"):
            WardMessages(turned, rules, lambda _: outage.chart, "CHU")(replace(heard, body=one), "ehr")
    parts = replace(heard, body=body.replace(b"ADT^A40^ADT_A39", b"ADT^A37^ADT_A37"))
    assert outage.message(parts, turned), "to part two has no direction"


if RECEIVER:

    @pytest.mark.req("R3")
    @pytest.mark.parametrize("orders", ["OMP", "RDE"])
    def test_a_receiver_that_we_did_not_write_takes_one_of_each(orders: Any) -> None:
        """HAPI's library validates each field's type: it answers AA, or we wrote something that is no HL7 v2."""
        host, _, port = RECEIVER.partition(":")
        target, outage = MllpTarget(host, int(port), 20), Outage()
        for act in (arrives, names, *ACTS, takes_back, prescribes, gives, prescribes, asks, answers):
            act(outage, "é|x")
        profile = Profile(form="marked", acts="hl7", honours_mark=True, version="2.5.1", prescriptions=orders)
        for entry in outage.entries:
            ready = WardMessages(profile, Rules(), lambda _: outage.chart, "CHU")(entry, "ehr")
            kind = ready.body.split(b"|")[8]
            assert target.exchange(ready.body, ready.control_id).code == "AA", kind
        said = encode(IdentitiesLinked(KEY, "IPP|7", "2026-11-24T03:00:00Z"))
        union = outage.message(Entry("n1-station", 99, 10**18, 10**18, "user/ada", MEDIA_ACT, said))
        assert target.exchange(union, union.split(b"|")[9].decode()).code == "AA"
        target.close()
