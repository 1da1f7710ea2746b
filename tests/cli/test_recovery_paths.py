"""Each function goes back by the way that was agreed with the vendor: as data, a document, from a list, or not (F37).

Method: the real commands; a note and an allergy written into the station's journal as forms write them.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contrefeu.acts import AccountDrawn, PathAccount, decode
from contrefeu.cli.node import Node
from contrefeu.fhir import exercise
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Draft
from contrefeu.station.care.stay import step
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission
from tests.cli.test_recovery_ward import NOTE
from tests.recovery.targets import Receiver

File = Callable[[str, bytes], Path]
DOSE = {
    "resourceType": "MedicationAdministration", "status": "completed", "subject": NOTE["subject"],
    "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:6e1f3c52-6f0f-5c0a-9a70-0c6d5d1b7a12"}],
    "effectiveDateTime": "2026-11-24T03:06:00+01:00", "medicationCodeableConcept": {"text": "Paracétamol 1 g"},
    "dosage": {"text": "1 cp"}, "performer": [{"actor": {"display": "Nadia Benali"}}],
}  # fmt: skip


@pytest.fixture
def written(cli: Commands, filed: File) -> Commands:
    """A patient whom the restored system knows; a note and a dose that it does not."""
    cli.told("import", filed("day.hl7", admission()))
    node = Node.at(cli.home)
    for one in (NOTE, DOSE):
        body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one}]}).encode()
        with node.station_appender() as journal:
            journal.append([Draft("user/nadia", MEDIA_FHIR, body, node.clock.now_ns())])
    cli.told("gap", "--against", filed("ehr/day.hl7", admission()), status=10)
    return cli


def profile(filed: File, paths: str) -> Path:
    """Of a target, with what was agreed."""
    return filed("ehr.toml", f'name = "ehr"\nform = "marked"\nacts = "hl7"\nowner = "dim"\n[paths]\n{paths}\n'.encode())


@pytest.mark.req("F37", "R7")
def test_what_is_typed_from_a_list_and_what_goes_not_back_is_counted_apart(
    written: Commands, filed: File, tmp_path: Path
) -> None:
    """Held for somebody's hands, in hours; set aside with its owner; the shares are those of each way."""
    how = profile(filed, 'notes = "retype"\ndoses = "none"')
    receiver = Receiver()
    done = written.told("replay", "--to", receiver.url, "--profile", how, status=10)
    assert (done["held"], done["set_aside"], done["sent"]) == (1, 1, 0)
    assert done["reasons"] == {"agreed with the vendor: it is typed from the list": 1}
    account = written.told("reconcile", "--out", tmp_path / "a.pdf", "--profile", how, status=13)
    assert account["ways"]["retype"] == {"way": "retype", "written": 1, "back": 0, "left": 1, "minutes": 2.0}
    assert account["ways"]["none"] == {"way": "none", "written": 1, "back": 0, "left": 0, "minutes": 0.0}
    assert account["reasons"]["set_aside"] == {"agreed with the vendor: it does not go back": 1}
    said = (
        decode(e.body) for e in Node.at(written.home).entries("", 0, 1 << 63, beyond=[]) if e.media_type == MEDIA_ACT
    )
    [drawn] = [act for act in said if isinstance(act, AccountDrawn)]
    assert [one.way for one in drawn.ways] == ["none", "retype"]
    assert drawn.ways[1] == PathAccount("retype", 1, 0, 1, 2.0)
    receiver.close()


@pytest.mark.req("F37", "R3")
def test_a_dose_goes_as_a_document_where_that_was_agreed(written: Commands, filed: File, tmp_path: Path) -> None:
    """In the ward's words, signed by who wrote it; counted as back by that way once it was accepted."""
    how, receiver = profile(filed, 'doses = "document"'), Receiver()
    assert written.told("replay", "--to", receiver.url, "--profile", how)["sent"] == 2
    assert all(b"|MDM^T02^MDM_T02|" in body for body in receiver.bodies)
    assert "Paracétamol 1 g".encode() in receiver.bodies[1]
    account = written.told("reconcile", "--out", tmp_path / "a.pdf", "--profile", how)
    assert {way: told["back"] for way, told in account["ways"].items()} == {"data": 1, "document": 1}
    receiver.close()


@pytest.mark.req("F37")
@pytest.mark.parametrize("paths", ['movements = "document"', 'doses = "fax"', 'meals = "data"'])
def test_an_agreement_that_cannot_be_is_refused(written: Commands, filed: File, paths: str) -> None:
    """A movement that is only read keeps somebody in bed; ways and functions are those of the table."""
    ran = written("replay", "--to", "mllp://127.0.0.1:9", "--profile", profile(filed, paths), "--dry-run")
    assert ran.status == 1
    assert "is no profile of a target" in ran.err


@pytest.mark.req("F37", "F33")
def test_what_billing_needs_of_a_downtime_stay_is_listed_complete_or_not(
    written: Commands, filed: File, tmp_path: Path
) -> None:
    """A stay of which people here wrote a step, of no exercise; a stay that feeds told is theirs to bill."""

    def billing() -> tuple[dict[str, int], list[dict[str, Any]]]:
        told = written.told("reconcile", "--out", tmp_path / "a.pdf", "--billing", tmp_path / "b.csv", status=13)
        with (tmp_path / "b.csv").open(newline="") as file:
            return told["billing"], list(csv.DictReader(file))

    assert billing() == ({"stays": 0, "complete": 0}, [])
    node = Node.at(written.home)
    with node.charts() as charts:
        authority, _, number = charts.chart(IPP).key.partition("|")
    subject = {"identifier": {"system": f"urn:id:{authority}", "value": number}}
    came = step("stay:9001", "admit", "2026-11-24T03:00:00+01:00", place=("CHIR", "", "2")) | {"subject": subject}
    came["extension"][0]["extension"][0]["valueString"] = "m1"
    written.told("import", filed("drill.hl7", admission("D-1").replace(b"|P|2.5", b"|T|2.5")))
    for one in (came, exercise(came)):
        body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one}]}).encode()
        with node.station_appender() as journal:
            journal.append([Draft("user/nadia", MEDIA_FHIR, body, node.clock.now_ns())])
    with node.charts() as charts:
        assert {person.world for person in charts.people()} == {"P", "T"}
    counted, [row] = billing()
    assert counted == {"stays": 1, "complete": 0}
    lacking = {name for name, value in row.items() if value == "lacking"}
    assert lacking == {"left", "physician", "diagnosis", "coverage"}
    assert row["complete"] == "no"
