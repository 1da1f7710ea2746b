"""The charts for machines: FHIR R4 that other people's models accept, to those who hold a token, each read an entry.

Method: the API over ASGI on a ward in memory; every answer is read by `fhir.resources` (R4B), which we did not write.
"""

import base64
import json

import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.access import new_account
from contrefeu.acts import encode
from contrefeu.base import ManualClock, StorageError
from contrefeu.chart import Restoring
from contrefeu.journal import MEDIA_ACT
from contrefeu.station.fhir_api import TYPES
from tests.chart.feed import adt
from tests.station.folded import house
from tests.station.visitors import visitor
from tests.station.ward_in_memory import NOW_NS, SECRET, STATION, Charts, durand, resource, staffed

ANONYMOUS = "PID|1||7^^^CHU^PI||SECRET^Alice^^^^^L||19600101|F" + "|" * 24 + "ANOM"


class Machine:
    """An interface engine with an account of its own."""

    def __init__(self, login="machine", secret=SECRET, **more):
        self.kept = []
        self.at = visitor(submit=self.submit, **more)
        answer = self.at.client
        del answer
        self.answer = self.at.send(
            "/oauth/token",
            f"grant_type=client_credentials&client_id={login}&client_secret={secret}".encode(),
            content_type="application/x-www-form-urlencoded",
        )
        self.token = self.answer.json().get("access_token", "")

    async def submit(self, source, media_type, body):
        """The way to the capture journal."""
        self.kept.append((source, media_type, body))
        return "n7f3k2-capture/184221"

    def get(self, path, **headers):
        """Ask with the token."""
        return self.at.get(path, authorization=f"Bearer {self.token}", **headers)

    def post(self, path, body, **headers):
        """Send with the token."""
        named = {"authorization": f"Bearer {self.token}", "content_type": "application/fhir+json"} | headers
        return self.at.send(path, body, **named)


@pytest.fixture
def machine():
    """An interface engine that is let in."""
    return Machine()


def read(answer, status=200):
    """The resource of an answer, as other people's model reads it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    found = answer.json()
    get_fhir_model_class(found["resourceType"]).model_validate_json(answer.content)
    return found


def test_capabilities_say_what_is_spoken(machine):
    """metadata needs no token, is a valid CapabilityStatement, and names each type and parameter that is there."""
    found = read(machine.at.get("/fhir/metadata"))
    assert (found["fhirVersion"], found["format"]) == ("4.0.1", ["application/fhir+json"])
    named = {one["type"] for one in found["rest"][0]["resource"]}
    assert named == {"Patient", *TYPES}
    for one in found["rest"][0]["resource"]:
        if one["type"] != "Patient":
            assert machine.get(f"/fhir/{one['type']}?patient=p-durand").status_code == 200
    for parameter in found["rest"][0]["resource"][0]["searchParam"]:
        value = "1942-03-12" if parameter["name"] == "birthdate" else "0100234"
        assert machine.get(f"/fhir/Patient?{parameter['name']}={value}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/fhir/Patient/p-durand",
        "/fhir/Patient?name=durand",
        "/fhir/Observation?patient=p-durand",
        "/fhir/Patient/p-durand/$everything",
    ],
)
def test_nothing_is_read_without_a_token(path):
    """No token, a forged one, or a screen's session: 401 with an OperationOutcome, and no patient in it."""
    nadia = visitor("nadia")
    for headers in ({}, {"authorization": "Bearer forged"}, {"authorization": "Basic eDp5"}):
        answer = nadia.get(path, **headers)
        assert read(answer, 401)["issue"][0]["code"] == "login"
        assert "Bearer" in answer.headers["www-authenticate"]
        assert "DURAND" not in answer.text


@pytest.mark.parametrize(("login", "secret"), [("machine", "wrong"), ("ghost", SECRET), ("nadia", SECRET)])
def test_tokens_are_for_machines_alone(login, secret):
    """A wrong secret, nobody, and a nurse get one answer, and each try is an entry."""
    found = Machine(login, secret)
    assert (found.answer.status_code, found.answer.json()) == (401, {"error": "invalid_client"})
    assert [event["outcome"] for event in found.at.looks("110122")] == ["4"]


def test_a_token_dies_within_the_hour():
    """A stolen one opens nothing the next day; the login that gave it is an entry."""
    clock = ManualClock(NOW_NS)
    machine = Machine(clock=clock)
    assert machine.answer.json()["expires_in"] == 3600
    assert machine.answer.headers["cache-control"] == "no-store"
    assert [event["outcome"] for event in machine.at.looks("110122")] == ["0"]
    clock.advance(seconds=3601)
    assert machine.get("/fhir/Patient/p-durand").status_code == 401


def test_client_secrets_come_by_basic_too():
    """RFC 6749, 2.3.1: in the Authorization header, form-encoded inside; another grant is refused."""
    found = visitor()
    basic = base64.b64encode(f"machine:{SECRET}".encode()).decode()
    form = {"content_type": "application/x-www-form-urlencoded", "authorization": f"Basic {basic}"}
    assert found.send("/oauth/token", b"grant_type=client_credentials", **form).status_code == 200
    assert found.send("/oauth/token", b"grant_type=password", **form).json() == {"error": "unsupported_grant_type"}
    assert found.send("/oauth/token", b"x=" + b"y" * 20_000, **form).json() == {"error": "invalid_request"}


def test_a_patient_is_read_with_its_source(machine):
    """The Patient of the chart, with the entry it comes from; a number that is no id is no patient here."""
    found = read(machine.get("/fhir/Patient/p-durand"))
    assert (found["id"], found["birthDate"]) == ("p-durand", "1942-03-12")
    assert found["meta"]["source"] == "urn:contrefeu:entry:n7f3k2-capture/183001"
    assert read(machine.get("/fhir/Patient/0100234"), 404)["issue"][0]["code"] == "not-found"
    assert read(machine.get("/fhir/Patient/nobody"), 404)["issue"][0]["code"] == "not-found"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=durand", 1),
        ("name=ÉLODIE durand", 1),
        ("name=elo", 1),
        ("name=lodie", 0),
        ("name=durend", 0),
        ("family=DURAND&given=marie", 1),
        ("family=marie", 0),
        ("birthdate=1942-03-12&name=durand", 1),
        ("birthdate=eq1942-03&name=durand", 1),
        ("birthdate=1943&name=durand", 0),
        ("identifier=0100234&name=dur", 1),
        ("identifier=100234&name=dur", 0),
        ("identifier=urn:x|0100234&name=dur", 0),
        ("_id=p-durand", 1),
        ("_id=nobody", 0),
        ("_id=p-durand&birthdate=1900-01-01", 0),
    ],
)
def test_a_search_answers_what_was_asked(query, found):
    """Every parameter must hold: strings by their beginning, numbers whole with their authority, dates as they are."""
    charts = staffed(Charts())

    async def everybody(query, limit=20):
        return [hit for hit in await Charts.find(charts, "", limit) if hit.id == "p-durand"]

    charts.find = everybody
    bundle = read(Machine(charts=charts).get(f"/fhir/Patient?{query}"))
    assert (bundle["type"], bundle["total"], len(bundle.get("entry", []))) == ("searchset", found, found)
    assert bundle["meta"]["lastUpdated"].startswith("2026-11-24T02:11:58")


@pytest.mark.parametrize(
    "path",
    [
        "Patient",
        "Patient?name=",
        "Patient?phone=06",
        "Patient?name=a&name=b",
        "Patient?birthdate=gt1942",
        "Patient?birthdate=x",
        "Observation",
        "Observation?patient=a&subject=b",
        "Observation?patient=p-durand&code=2823-3",
        "Observation?patient=p-durand&_count=-1",
        "Patient/p-durand?x=y",
    ],
)
def test_what_is_not_understood_is_never_ignored(machine, path):
    """A parameter that is unknown, empty or doubled is refused: ignored, it would answer another question."""
    assert read(machine.get(f"/fhir/{path}"), 400)["issue"][0]["code"] == "invalid"


def test_resources_come_by_their_patient(machine):
    """One type of one chart, in pages that lead to each other, each resource once."""
    whole = read(machine.get("/fhir/Observation?patient=p-durand"))
    seen, url = [], "/fhir/Observation?patient=Patient/p-durand&_count=10"
    while url:
        page = read(machine.get(url))
        assert page["total"] == whole["total"]
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    assert seen == [entry["resource"]["id"] for entry in whole["entry"]]
    assert len(set(seen)) == whole["total"] == sum(one["resourceType"] == "Observation" for one in durand())
    assert whole["entry"][0]["fullUrl"] == f"http://ward.example.org/fhir/Observation/{seen[0]}"


def test_everything_is_the_whole_chart(machine):
    """$everything holds each resource of the chart once, and decimals keep their digits."""
    answer = machine.get("/fhir/Patient/p-durand/$everything")
    bundle = read(answer)
    assert bundle["total"] == len(durand())
    assert {entry["resource"]["resourceType"] for entry in bundle["entry"]} == {one["resourceType"] for one in durand()}
    assert '"value":86.0' in answer.text


@pytest.mark.req("F33")
def test_an_exercise_is_labelled_in_each_resource(machine):
    """Every resource of a chart of the exercise says HTEST; one of a real patient does not."""
    bundle = read(machine.get("/fhir/Patient/p-durand/$everything"))
    for entry in bundle["entry"]:
        assert [label["code"] for label in entry["resource"]["meta"]["security"]] == ["HTEST"]
    charts = staffed(Charts())
    plain = charts.chart

    async def real(id_, at_ns=None):
        chart = await plain(id_, at_ns)
        if chart is not None:
            chart.world = "P"
        return chart

    charts.chart = real
    assert "security" not in read(Machine(charts=charts).get("/fhir/Patient/p-durand"))["meta"]


@pytest.mark.req("G4")
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Patient/p-durand", "view"),
        ("Patient?name=durand", "search"),
        ("Observation?patient=p-durand", "view"),
        ("Patient/p-durand/$everything", "export"),
    ],
)
def test_every_read_is_an_entry_first(path, kind):
    """Who, what, of whom, before the answer; what cannot be journaled is not answered."""
    machine = Machine()
    machine.get(f"/fhir/{path}")
    [event] = machine.at.looks(kind)
    assert event["agent"][0]["who"]["identifier"] == {"value": "machine"}

    async def refuse(*_):
        raise StorageError("x")

    machine.at.charts.append = refuse
    machine.at.shell.audit._appender = type("Gone", (), {"append": refuse})()
    answer = machine.get(f"/fhir/{path}")
    assert read(answer, 503)["issue"][0]["code"] == "transient"
    assert answer.headers["retry-after"]
    assert "DURAND" not in answer.text


def test_a_feed_is_kept_unread(machine):
    """A Bundle, a resource, or what is neither: the bytes go to the capture journal as they are, and 202 says where."""
    for path, body in (
        ("/fhir", b'{"resourceType":"Bundle"}'),
        ("/fhir/Observation", b"{not json"),
        ("/fhir/Patient", b"\xff\x00"),
    ):
        found = read(machine.post(path, body), 202)
        assert "n7f3k2-capture/184221" in found["issue"][0]["diagnostics"]
        assert machine.kept[-1] == ("fhir/machine", "application/fhir+json", body)


def test_nothing_is_acknowledged_that_was_not_kept(machine):
    """The capture journal refuses: 503, so that the sender keeps it; no way to capture: 501."""

    async def refuse(*_):
        raise StorageError("x")

    object.__setattr__(machine.at.app.state.house.deps, "submit", refuse)
    assert read(machine.post("/fhir", b"{}"), 503)["issue"][0]["code"] == "transient"
    object.__setattr__(machine.at.app.state.house.deps, "submit", None)
    assert read(machine.post("/fhir", b"{}"), 501)["issue"][0]["code"] == "not-supported"


def test_a_feed_is_bounded_and_typed(machine, monkeypatch):
    """XML is refused by its type, nothing is no body, and more than an entry may hold is refused while it comes in."""
    assert machine.post("/fhir", b"<Patient/>", content_type="application/fhir+xml").status_code == 415
    assert machine.post("/fhir", b"").status_code == 400
    monkeypatch.setattr("contrefeu.station.fhir_api.ENTRY_BODY_BYTES_MAX", 100)
    assert read(machine.post("/fhir", b"x" * 101), 413)["issue"][0]["code"] == "too-long"
    assert machine.at.send("/fhir", b"{}", content_type="application/fhir+json").status_code == 401
    assert machine.kept == []


@pytest.mark.parametrize(
    ("path", "status"), [("Nothing?patient=x", 404), ("Observation/k0", 404), ("", 405), ("Patient/x/$what", 404)]
)
def test_errors_are_operation_outcomes(machine, path, status):
    """Also for what is not there at all: a machine reads no HTML."""
    assert read(machine.get(f"/fhir/{path}".rstrip("/")), status)["resourceType"] == "OperationOutcome"


def test_readers_that_are_gone_are_said_in_fhir(machine):
    """The charts do not answer: 503, to be asked again."""
    machine.at.charts.down = True
    assert read(machine.get("/fhir/Patient/p-durand"), 503)["issue"][0]["code"] == "transient"


def test_only_json_is_spoken(machine):
    """_format=xml is refused rather than answered in JSON."""
    assert read(machine.get("/fhir/Patient/p-durand?_format=xml"), 406)
    assert read(machine.get("/fhir/Patient/p-durand?_format=application/fhir%2Bjson"))
    assert json.loads(machine.get("/fhir/Patient/p-durand?_format=json").text)["id"] == "p-durand"


def test_too_many_hits_are_said(monkeypatch):
    """When the store gave as many as were asked for, the answer has no total and says that there may be more."""
    monkeypatch.setattr("contrefeu.station.fhir_api.HITS_MAX", 1)
    bundle = read(Machine().get("/fhir/Patient?name=durand"))
    assert "total" not in bundle
    assert bundle["entry"][-1]["search"] == {"mode": "outcome"}
    assert resource("Patient", "x", 1)["id"] == "x"


@pytest.mark.req("R1")
def test_machines_are_given_nothing_of_a_history_that_is_being_restored():
    """A machine would take part of a chart for all of it: 503, try again; what feeds send is taken all the same."""
    machine = Machine(charts=staffed(Charts(restoring=Restoring("2026-11-21T06:00:00Z", 20_000, 1_000_000))))
    for path in ("/fhir/Patient/p-durand", "/fhir/Patient/p-durand/$everything", "/fhir/Patient?name=durand"):
        answer = machine.get(path)
        assert read(answer, 503)["issue"][0]["code"] == "transient"
        assert answer.headers["retry-after"] == "5"
    assert machine.post("/fhir", b'{"resourceType":"Patient"}').status_code == 202


def test_a_summary_is_answered_and_audited(machine):
    """An International Patient Summary in the caller's language, in which an unknown patient is not found too."""
    found = read(machine.get("/fhir/Patient/p-durand/$summary", accept_language="en"))
    assert (found["type"], found["entry"][0]["resource"]["type"]["coding"][0]["code"]) == ("document", "60591-5")
    assert found["entry"][0]["resource"]["title"].startswith("Patient summary as of")
    texts = [
        read(machine.get("/fhir/Patient/nobody/$summary", accept_language=language), 404)["issue"][0]["diagnostics"]
        for language in ("fr", "en")
    ]
    assert texts[0].startswith("Cette page n’existe pas")
    assert texts[1] != texts[0]


def hidden_from(*wards: str) -> tuple[Machine, str]:
    """A machine whose account names *wards*, in a house where the one patient is anonymous; and that chart."""
    charts = house()
    charts.feed(adt("A01", "1123 1210", place="CARD^^2", pid=ANONYMOUS))
    engine = new_account("engine", "Moteur", "system", list(wards), secret=SECRET).act
    charts.take(STATION, "console", MEDIA_ACT, encode(engine))
    [hit] = charts.told.charts.find("secret")
    return Machine("engine", charts=charts, clock=charts.clock), hit.id


@pytest.mark.req("F24")
@pytest.mark.parametrize("wards", [(), ("CHIR",)])
def test_a_protected_identity_is_nobody_to_a_machine_whose_account_does_not_name_the_ward(wards):
    """Left out of a search and of its count; each address of the chart answers as one of nobody; the audit names it."""
    machine, id_ = hidden_from(*wards)
    for query in ("name=secret", f"_id={id_}", "identifier=7"):
        found = read(machine.get(f"/fhir/Patient?{query}"))
        assert (found["total"], found.get("entry")) == (0, None)
    assert machine.at.looks("view") == []
    for path in ("Patient/{}", "Patient/{}/$everything", "Patient/{}/$summary", "Observation?patient={}"):
        hidden, nobody = (machine.get(f"/fhir/{path.format(one)}") for one in (id_, "nobody"))
        assert read(hidden, 404) == read(nobody, 404)
    looks = [(event["outcome"], event["entity"][0]["what"]["reference"]) for event in machine.at.looks("view")]
    assert looks == [("4", f"Patient/{id_}")] * 4


@pytest.mark.req("F24")
@pytest.mark.parametrize("wards", [("CARD",), ("*",)])
def test_a_machine_of_the_ward_sees_a_protected_identity_and_the_audit_says_so(wards):
    """Its account names the ward, or every one: the search tells who it is, and is an entry of that chart."""
    machine, id_ = hidden_from(*wards)
    assert read(machine.get("/fhir/Patient?name=secret"))["total"] == 1
    [look] = machine.at.looks("view")
    assert (look["outcome"], look["entity"][0]["what"]["reference"]) == ("0", f"Patient/{id_}")
    assert read(machine.get(f"/fhir/Encounter?patient={id_}"))["total"]
