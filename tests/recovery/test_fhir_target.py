"""A restored system behind FHIR: asked page by page, told in transactions, read back; nothing twice, nothing of theirs
changed.

Method: the real client and a server in this process that answers as it is told; the real fold of small messages.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from contrefeu.acts import IdentitiesLinked, encode
from contrefeu.base import ContrefeuError, OperatorError
from contrefeu.capture import Item
from contrefeu.chart.fold import Chart, fold
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, Rules, read
from contrefeu.recovery import FhirServer, FhirTarget, NotReached, Served, Statements
from contrefeu.recovery.fhir_server import token
from contrefeu.recovery.forms import Sendable, Unsendable
from contrefeu.recovery.holdings import Unreadable
from contrefeu.recovery.statements import _create
from tests.cli.messages import IPP, admission, potassium
from tests.recovery.fhir_double import FhirDouble

RULES = Rules(FeedRules())
BODIES = (admission(), potassium())
ENTRIES = [Entry("n1-capture", n, n, n, "CPAGE@CHU", MEDIA_HL7V2, body) for n, body in enumerate(BODIES, 1)]


@pytest.fixture
def server() -> Iterator[FhirDouble]:
    """An empty one."""
    found = FhirDouble()
    yield found
    found.close()


def chart() -> Chart:
    """The chart of both messages."""
    readings = [read(entry, FeedRules()) for entry in ENTRIES]
    return fold(readings[0].subjects[0].keys[0], "P", readings)


def sendable(target: FhirTarget, n: int) -> Sendable:
    """Entry *n* as it goes there."""
    return Statements(RULES, lambda _: chart(), target.theirs)(ENTRIES[n], "target")


def target_of(server: FhirDouble) -> FhirTarget:
    """The client."""
    return FhirTarget(FhirServer(server.url, answer_s=5))


@pytest.mark.req("R3")
def test_sent_twice_it_is_there_once_and_reads_back(server: FhirDouble) -> None:
    """Patient, stay, report and result, each referring to the others; the second transaction makes nothing."""
    target = target_of(server)
    for n in (0, 1, 0, 1):
        outcome = target.exchange(sendable(target, n).body, "x")
        assert (outcome.code, outcome.accepted) == ("AA", True)
    kinds = sorted(name.partition("/")[0] for name in server.held)
    assert kinds == ["DiagnosticReport", "Encounter", "Observation", "Patient"]
    (patient,), (observation,) = server.all("Patient"), server.all("Observation")
    assert observation["subject"]["reference"] == f"Patient/{patient['id']}"
    assert observation["valueQuantity"]["value"] == 6.8
    assert observation["meta"]["tag"] == [{"system": "urn:contrefeu:replay", "code": "historical"}]
    (report,) = server.all("DiagnosticReport")
    assert report["result"] == [{"reference": f"Observation/{observation['id']}"}]


@pytest.mark.req("R2", "R3")
def test_what_they_hold_under_the_same_number_is_theirs(server: FhirDouble) -> None:
    """The same is referred to and not made again; something else is held back before anything is sent."""
    target = target_of(server)
    assert target.exchange(sendable(target, 1).body, "x").accepted
    (report,) = server.all("DiagnosticReport")
    number = [one for one in report["identifier"] if one["system"] != "urn:contrefeu:object"]
    assert number, "a report has its filler number"
    report["identifier"] = number  # as their own feed made it
    assert target.exchange(sendable(target, 1).body, "x").accepted
    assert len(server.all("DiagnosticReport")) == 1
    report["status"] = "cancelled"
    with pytest.raises(Unsendable, match="something else under its number"):
        sendable(target, 1)


@pytest.mark.req("R2", "R3")
@pytest.mark.parametrize(("element", "value"), [("name", [{"family": "DURAND"}]), ("birthDate", "1951-01-01")])
def test_another_name_or_birth_date_there_waits_for_a_person(server: FhirDouble, element: str, value: object) -> None:
    """Who may say who the patient is is not sent past it: taken, it would change nothing. Results go on."""
    target = target_of(server)
    assert target.exchange(sendable(target, 0).body, "x").accepted
    (patient,) = server.all("Patient")
    patient[element] = value
    with pytest.raises(Unsendable, match="another name"):
        sendable(target, 0)
    assert target.exchange(sendable(target, 1).body, "x").accepted
    assert server.all("Patient") == [patient]


@pytest.mark.req("R3")
def test_what_reads_back_otherwise_is_in_doubt(server: FhirDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes a result of 6.8 and holds another value has not taken it."""
    target = target_of(server)
    body = sendable(target, 1).body
    done = server._done

    def changed(bundle: dict[str, object]) -> object:
        answer = done(bundle)
        for observation in server.all("Observation"):
            observation["valueQuantity"]["value"] = 8.6
        return answer

    monkeypatch.setattr(server, "_done", changed)
    outcome = target.exchange(body, "x")
    assert (outcome.code, "something else" in outcome.why) == ("", True)


def test_a_number_with_marks_of_a_search_names_one_patient(server: FhirDouble) -> None:
    """Commas, bars and signs of a URL in a number: the condition is on that number."""
    odd = {"system": "urn:oid:1.2", "value": "A&B,C|D+E F"}
    server.put({"resourceType": "Patient", "id": "p", "identifier": [odd]})
    target = target_of(server)
    assert [one["id"] for one in target.theirs("Patient", token(odd["system"], odd["value"]))] == ["p"]
    made = _create("Patient/q", {"resourceType": "Patient", "identifier": [odd]}, odd)
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [made]}
    assert target.exchange(json.dumps(bundle).encode(), "x").accepted
    assert len(server.all("Patient")) == 1


@pytest.mark.req("R3")
@pytest.mark.parametrize(
    ("mood", "code", "there"),
    [("refuse", "422", False), ("hang up before", "", False), ("hang up after", "", True)],
)
def test_an_outcome_rejects_and_silence_is_in_doubt(mood: str, code: str, there: bool) -> None:
    """A rejection says code and place, never words that quote a patient; no answer may be either."""
    server = FhirDouble(mood)
    target = target_of(server)
    outcome = target.exchange(sendable(target, 0).body, "x")
    assert (outcome.code, outcome.accepted) == (code, False)
    assert "MARTIN" not in outcome.why
    assert bool(server.held) == there
    server.close()
    target.close()
    with pytest.raises(NotReached):
        target.exchange(b"{}", "x")


@pytest.mark.req("R2")
def test_all_that_a_server_holds_is_read_page_by_page_once() -> None:
    """Every type that charts hold; a type that it does not give is said; a second reading asks nothing."""
    people = [{"resourceType": "Patient", "id": str(n)} for n in range(7)]
    server = FhirDouble(lacks=("Flag",)).put(*people)
    served = Served(FhirServer(server.url))
    found = list(served())
    assert [json.loads(one.body)["id"] for one in found if isinstance(one, Item)] == [str(n) for n in range(7)]
    assert [one.reason for one in found if isinstance(one, Unreadable)] == ["Flag (404)"]
    asked = server.searches
    assert list(served()) == []
    assert server.searches == asked
    server.next_elsewhere = True
    (trouble,) = [
        one for one in Served(FhirServer(server.url))() if isinstance(one, Unreadable) and "next" in one.reason
    ]
    assert "another server" in trouble.reason, "a token never leaves for another host"
    server.close()
    with pytest.raises(ContrefeuError, match="does not answer"):
        list(Served(FhirServer(server.url))())


@pytest.mark.req("R2")
def test_a_token_is_read_from_a_file_and_kept_from_the_open_line(tmp_path: Path) -> None:
    """Over http to another machine it is not sent; without it the server says 401, and that is said."""
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    server = FhirDouble(token="s3cret").put({"resourceType": "Patient", "id": "1"})
    assert len([one for one in Served(FhirServer(server.url, token))() if isinstance(one, Item)]) == 1
    refused = list(Served(FhirServer(server.url))())
    assert {one.reason.partition(" ")[2] for one in refused if isinstance(one, Unreadable)} == {"(401)"}
    with pytest.raises(OperatorError, match="not sent over http"):
        FhirServer("http://ehr.example.org/fhir", token)
    token.write_text("two words")
    with pytest.raises(OperatorError, match="no bearer token"):
        FhirServer(server.url, token)
    server.close()


def test_a_number_is_asked_for_as_it_is_whatever_stands_in_it() -> None:
    """A condition is a query: what would end it, or mean a space, is percent-encoded."""
    asked = _create("Patient/x", {"resourceType": "Patient"}, {"system": "urn:x", "value": "A&B+1 é"})["request"]
    assert asked["ifNoneExist"] == "identifier=urn:x|A%26B%2B1%20%C3%A9"


def test_the_number_of_the_patient_is_what_they_are_found_by() -> None:
    """The house's own number, with its system."""
    server = FhirDouble()
    bundle = json.loads(sendable(target_of(server), 0).body)
    assert bundle["entry"][0]["request"]["ifNoneExist"] == f"identifier=urn:oid:1.2.250.1.71.4.2.2|{IPP}"
    assert all(entry["request"]["method"] == "POST" for entry in bundle["entry"])
    server.close()


@pytest.mark.req("R6", "F32")
def test_a_union_is_a_link_of_the_patient_who_had_the_lost_number(server: FhirDouble) -> None:
    """Nothing else of theirs changes, and only as it was read; who is not there is made, with a number and the link."""
    target, survivor = target_of(server), chart().key
    act = IdentitiesLinked(survivor, "TEMP|7", "2026-11-24T03:00:00Z")
    entry = Entry("n1-station", 3, 3, 3, "user/ada", MEDIA_ACT, encode(act))
    there: dict[str, object] = {
        "resourceType": "Patient", "id": "old", "meta": {"versionId": "1"}, "gender": "male",
        "identifier": [{"system": "urn:id:TEMP", "value": "7"}],
    }  # fmt: skip
    server.put(there)
    union = Statements(RULES, lambda _: chart(), target.theirs)
    ready = union(entry, "target")
    assert target.exchange(ready.body, "x").accepted
    after = server.held["Patient/old"]
    (link,) = after["link"]
    stays = link["other"]["reference"]
    assert IPP in str(server.held[stays]["identifier"])
    assert (link["type"], after["gender"], after["active"]) == ("replaced-by", "male", False)
    server.put(there | {"meta": {"versionId": "2"}})
    assert target.exchange(ready.body, "x").code == "412", "it changed meanwhile: somebody looks"
    del server.held["Patient/old"]
    assert target.exchange(union(entry, "target").body, "x").accepted
    (made,) = server.all("Patient", "urn:id:TEMP|7")
    assert made["link"][0]["other"]["reference"] == stays
    undone = Entry("n1-station", 4, 4, 4, "user/ada", MEDIA_ACT, encode(replace(act, undo=True)))
    with pytest.raises(Unsendable, match="by hand"):
        union(undone, "target")
