"""An export in FHIR is compared statement by statement: there, overtaken, older, different, not there.

Method: messages read as a node reads them, and resources as another server gives them back: other ids, other displays,
another order, times in another zone.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contrefeu.fhir import derived_id
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, Reading, read
from contrefeu.recovery import TABLES, scratch
from contrefeu.recovery.likeness import Likeness
from contrefeu.recovery.resources import Resources
from tests.cli.messages import IPP, admission, potassium

NUMBER = {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "8001234"}
PATIENT = {
    "resourceType": "Patient", "id": "77", "identifier": [NUMBER], "gender": "female", "birthDate": "1961-04-12",
    "name": [{"use": "usual", "family": "Martin", "given": ["Eloïse"]}],
}  # fmt: skip
POTASSIUM = {
    "resourceType": "Observation", "id": "4711", "status": "final", "subject": {"reference": "Patient/77"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3", "display": "K+"}]},
    "effectiveDateTime": "2026-11-24T02:30:00Z",
    "valueQuantity": {"value": 6.80, "unit": "mmol/L"},
}  # fmt: skip


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    """Nothing is held yet."""
    with scratch(tmp_path, "gap", *TABLES) as table:
        yield Resources(table, Likeness())


def readings(*bodies: bytes) -> list[Reading]:
    """As a node reads them, in order."""
    entries = [Entry("n1-capture", n, n, n, "LABO@CHU", MEDIA_HL7V2, body) for n, body in enumerate(bodies, 1)]
    return [read(entry, FeedRules()) for entry in entries]


def judged(resources: Resources, their: list[Any], *bodies: bytes) -> list[str | None]:
    """What is said of each message, given what the other side holds."""
    for one in their:
        assert resources.hold(msgspec.json.encode(one))
    found = readings(*bodies)
    for reading in found:
        resources.hear(reading)
    return [resources.judge(reading) for reading in found]


def observation_of(body: bytes) -> dict[str, Any]:
    """What the message says of the potassium, with the id that we give it."""
    [reading] = readings(body)
    [said] = [said for said in reading.said if said.kind == "Observation"]
    return {**said.resource, "resourceType": "Observation", "id": "x", "subject": {"reference": "Patient/77"}}


def report_of(body: bytes) -> dict[str, Any]:
    """The report that the line stands in."""
    [reading] = readings(body)
    [said] = [said for said in reading.said if said.kind == "DiagnosticReport"]
    return {**said.resource, "resourceType": "DiagnosticReport", "id": "y", "subject": {"reference": "Patient/77"}}


def patient_of(body: bytes) -> dict[str, Any]:
    """The patient as another server keeps them: its own id, our number."""
    [reading] = readings(body)
    assert reading.patient is not None
    return {**reading.patient, "resourceType": "Patient", "id": "77"}


def nameless(their: list[dict[str, Any]]) -> None:
    """Take every number away but the patients'."""
    for one in their:
        if one["resourceType"] != "Patient":
            one.pop("identifier", None)


FINAL = potassium("R-2")
FIRST = potassium("R-1").replace(b"|HH|||F|||", b"|HH|||P|||").replace(b"6.8", b"6.1")


@pytest.mark.req("R2")
def test_a_result_is_there_under_other_ids_and_in_another_order(resources: Resources) -> None:
    """By content and a number of the patient, whatever came first in the export."""
    their = [observation_of(FINAL), report_of(FINAL), patient_of(admission())]
    nameless(their)
    assert judged(resources, their, FINAL) == [None]
    assert [(kind, day) for kind, _, day in resources.unknown()] == [("Patient", "")]


@pytest.mark.req("R2")
def test_what_they_alone_hold_has_its_patient_and_its_day(resources: Resources) -> None:
    """Found by the numbers of both sides; of nobody whom we heard of, it is nobody's."""
    dose = {"resourceType": "MedicationRequest", "id": "9", "authoredOn": "2026-11-23T08:00:00Z", "status": "active",
            "subject": {"reference": "Patient/77"}}  # fmt: skip
    other = {**dose, "id": "10", "subject": {"reference": "Patient/78"}}
    assert all(resources.hold(msgspec.json.encode(one)) for one in (patient_of(admission()), dose, other))
    for reading in readings(admission()):
        resources.hear(reading, lambda _: "chart")
    assert list(resources.unknown()) == [
        ("MedicationRequest", "chart", "2026-11-23"), ("MedicationRequest", "", "2026-11-23"),
    ]  # fmt: skip


@pytest.mark.req("R2")
def test_the_same_result_of_somebody_else_is_not_there(resources: Resources) -> None:
    """Never across patients: the same potassium at the same minute is another one's."""
    other = patient_of(admission(number="8009999"))
    their = [observation_of(FINAL), report_of(FINAL), other]
    nameless(their)
    assert judged(resources, their, FINAL) == ["missing"]


@pytest.mark.req("R2")
def test_an_earlier_word_that_stands_there_makes_the_later_one_missing(resources: Resources) -> None:
    """The restored system is older: it has the preliminary result and lacks the final one."""
    their = [patient_of(admission()), observation_of(FIRST), report_of(FIRST)]
    assert judged(resources, their, FIRST, FINAL) == [None, "missing"]
    assert resources.is_older(readings(FINAL)[0])


@pytest.mark.req("R2")
def test_what_nothing_stands_there_of_is_missing_and_not_older(resources: Resources) -> None:
    """The patient alone is there: nothing of the result."""
    assert judged(resources, [patient_of(admission())], FINAL) == ["missing"]
    assert not resources.is_older(readings(FINAL)[0])


@pytest.mark.req("R2")
def test_a_word_that_was_overtaken_by_one_that_stands_there_is_present(resources: Resources) -> None:
    """What is newer there needs nothing of what was before."""
    their = [patient_of(admission()), observation_of(FINAL), report_of(FINAL)]
    assert judged(resources, their, FIRST, FINAL) == [None, None]


@pytest.mark.req("R2")
def test_a_value_that_nobody_said_is_different(resources: Resources) -> None:
    """Under our own id, another value, and no word of ours that says it."""
    [said] = [said for said in readings(FINAL)[0].said if said.kind == "Observation"]
    wrong = observation_of(FINAL) | {"id": derived_id("Observation", said.key)}
    wrong["valueQuantity"] = {**wrong["valueQuantity"], "value": 3.2}
    assert judged(resources, [patient_of(admission()), wrong, report_of(FINAL)], FINAL) == ["different"]


@pytest.mark.req("R2")
def test_a_movement_is_there_when_the_stay_has_a_step_at_its_time(resources: Resources) -> None:
    """An admission by its time; the transfer that followed is missing."""
    [reading] = readings(admission())
    stay = {
        "resourceType": "Encounter", "id": "5", "status": "in-progress", "subject": {"reference": "Patient/77"},
        "identifier": reading.stays[0].resource["identifier"], "period": {"start": "2026-11-24T02:00:00Z"},
    }  # fmt: skip
    moved = admission("A-9", event="A02").replace(b"20261124030000\r", b"20261124050000\r")
    assert judged(resources, [{"resourceType": "Bundle", "entry": [{"resource": patient_of(admission())},
                              {"resource": stay}]}], admission(), moved) == [None, "missing"]  # fmt: skip


def test_what_fhir_cannot_show_is_missing(resources: Resources) -> None:
    """A bill is seen in no chart: nobody can say that it is there."""
    bill = potassium("B-1").replace(b"ORU^R01^ORU_R01", b"DFT^P03^DFT_P03")
    assert judged(resources, [PATIENT, POTASSIUM], bill) == ["missing"]


def moved(event: str, control_id: str, hour: str, bed: str) -> bytes:
    """A transfer at an hour of the day, or its cancellation."""
    body = admission(control_id, event=event).replace(b"20261124030000", f"20261124{hour}0000".encode())
    return body.replace(b"CARDIO^112^3", f"CARDIO^112^{bed}".encode())


@pytest.mark.req("R2")
def test_a_later_word_that_says_nothing_overtakes_nothing(resources: Resources) -> None:
    """A result names the stay after a transfer that the restored system lacks: the transfer is missing all the same."""
    stay = {"resourceType": "Encounter", "id": "9", "subject": {"reference": "Patient/77"},
            "identifier": [{"system": "urn:id:CHU", "value": f"V{IPP}"}],
            "period": {"start": "2026-11-24T02:00:00Z"}}  # fmt: skip
    their = [patient_of(admission()), stay, observation_of(FINAL), report_of(FINAL)]
    assert judged(resources, their, admission(), moved("A02", "M-1", "04", "7"), FINAL) == [None, "missing", None]


@pytest.mark.req("R2")
def test_two_orders_alike_are_two_orders(resources: Resources) -> None:
    """The same request under another number of the same sender was made again: it is not there."""

    def order(control_id: str, number: str) -> bytes:
        rest = f"ORC|NW|{number}^HIS\rOBR|1|{number}^HIS||24326-1^Ionogramme^LN\r"
        return admission(control_id).replace(b"ADT^A01^ADT_A01", b"ORM^O01^ORM_O01").split(b"PV1")[0] + rest.encode()

    [reading] = readings(order("O-1", "P1"))
    [request] = [said for said in reading.said if said.kind == "ServiceRequest"]
    theirs = {**request.resource, "resourceType": "ServiceRequest", "id": "5", "subject": {"reference": "Patient/77"}}
    their = [patient_of(admission()), theirs]
    assert judged(resources, their, order("O-1", "P1"), order("O-2", "P2")) == [None, "missing"]


@pytest.mark.req("R2")
def test_a_death_that_they_do_not_know_of_is_missing(resources: Resources) -> None:
    """Name and birth date are the same; that somebody died is said of the same patient, and is compared."""
    died = admission("D-1", event="A31").replace(b"||19610412|F", b"||19610412|F" + b"|" * 21 + b"20261124050000|Y")
    assert judged(resources, [patient_of(admission())], died) == ["different"]
