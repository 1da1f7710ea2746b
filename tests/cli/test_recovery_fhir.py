"""A restored FHIR server, from the command line: what it lacks is found, sent once, read back, and found there.

Method: the real commands on a home of the test's own and a server on a socket; with CONTREFEU_FHIR a real one instead
(tests/recovery/hapi/start.sh), which must be empty.
"""

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contrefeu.acts import IdentitiesLinked, encode
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission, potassium
from tests.recovery.fhir_double import FhirDouble

File = Callable[[str, bytes], Path]
OTHER = {"number": "8005678", "name": "DURAND^PAUL"}


@pytest.fixture
def url() -> Iterator[str]:
    """The server of a restored system."""
    if real := os.environ.get("CONTREFEU_FHIR"):
        yield real
        return
    double = FhirDouble(page=3)
    yield double.url
    double.close()


def held(url: str) -> dict[str, int]:
    """How many resources of each type it says that it holds."""
    found = {}
    for kind in ("Patient", "Encounter", "Observation", "DiagnosticReport"):
        asked = urllib.request.Request(f"{url}/{kind}?_count=100", headers={"Cache-Control": "no-cache"})
        with urllib.request.urlopen(asked) as answer:
            found[kind] = len(json.load(answer).get("entry", []))
    return found


@pytest.mark.req("R2", "R3")
def test_what_a_server_lacks_is_sent_once_and_then_there(cli: Commands, filed: File, url: str) -> None:
    """All is missing; a dry run sends nothing; sent, read back, nothing is missing; a second run sends nothing."""
    cli.told("import", filed("day.hl7", admission() + potassium() + admission("A-2", **OTHER)))
    gap = cli.told("gap", "--against", url, status=10)
    assert (gap["entries"], gap["missing"], gap["held"]) == (3, 3, 0)
    dry = cli.told("replay", "--to", url, "--dry-run")
    assert (dry["planned"], dry["remaining"], held(url)["Patient"]) == (3, 3, 0)
    done = cli.told("replay", "--to", url)
    assert (done["acknowledged"], done["rejected"], done["held"], done["sent"]) == (3, 0, 0, 3)
    assert held(url) == {"Patient": 2, "Encounter": 2, "Observation": 1, "DiagnosticReport": 1}
    again = cli.told("gap", "--against", url)
    assert (again["entries"], again["present"], again["missing"], again["different"]) == (3, 3, 0, 0)
    assert cli.told("replay", "--to", url)["planned"] == 0
    assert held(url)["Patient"] == 2


@pytest.mark.req("R2")
def test_what_a_server_holds_beside_is_counted_by_patient_ward_and_day(cli: Commands, filed: File) -> None:
    """A prescription that nobody here wrote: whose it is, where they lie, and that nothing of theirs is lacking."""
    cli.told("import", filed("day.hl7", admission()))
    double = FhirDouble(page=3)
    cli.told("gap", "--against", double.url, status=10)
    cli.told("replay", "--to", double.url)
    [patient] = double.all("Patient")
    double.put({"resourceType": "MedicationRequest", "id": "m1", "status": "active",
                "authoredOn": "2026-11-23T08:00:00Z", "medicationCodeableConcept": {"text": "morphine"},
                "subject": {"reference": f"Patient/{patient['id']}"}})  # fmt: skip
    gap = cli.told("gap", "--against", double.url)
    assert (gap["extra"], gap["missing"], gap["types"]) == (1, 0, {"FHIR MedicationRequest": {"extra": 1}})
    [known] = cli.told("find", "8001234")["patients"]
    assert [(one["id"], one["extra"], one["missing"]) for one in gap["patients"]] == [(known["id"], 1, 0)]
    assert (gap["wards"], gap["days"]) == ({"CARDIO": {"extra": 1}}, {"2026-11-23": {"extra": 1}})
    assert b"0 patients lack something" in cli("gap", "--against", double.url).out
    double.close()


@pytest.mark.req("R2")
def test_what_stands_there_in_an_earlier_state_is_counted_beside(cli: Commands, filed: File) -> None:
    """A result, a name and somebody new since: all are missing, two of them are older there; all are sent."""
    first = potassium("R-1").replace(b"|HH|||F|||", b"|HH|||P|||").replace(b"6.8", b"6.1")
    cli.told("import", filed("before.hl7", admission() + first))
    double = FhirDouble(page=3)
    assert cli.told("gap", "--against", double.url, status=10)["older"] == 0
    cli.told("replay", "--to", double.url)
    renamed = admission("A-3", event="A31").replace(b"20261124030000", b"20261124050000").split(b"PV1|")[0]
    renamed = renamed.replace(b"MARTIN", b"MARTINE")
    cli.told("import", filed("after.hl7", potassium("R-2") + renamed + admission("A-2", **OTHER)))
    gap = cli.told("gap", "--against", double.url, status=10)
    assert (gap["entries"], gap["present"], gap["missing"], gap["different"], gap["older"]) == (5, 2, 3, 0, 2)
    assert b"2 of the missing are there in an earlier state" in cli("gap", "--against", double.url).out
    assert cli.told("replay", "--to", double.url, "--dry-run")["planned"] == 3
    double.close()


@pytest.mark.req("R3")
@pytest.mark.parametrize("mood", ["refuse", "hang up after"])
def test_a_rejection_or_a_silence_ends_the_run(cli: Commands, filed: File, mood: str) -> None:
    """Somebody looks; resumed, what had no answer is held, and the rest goes on."""
    cli.told("import", filed("day.hl7", admission() + admission("A-2", **OTHER)))
    double = FhirDouble(mood)
    cli.told("gap", "--against", double.url, status=10)
    first = cli.told("replay", "--to", double.url, status=10)
    assert (first["acknowledged"], first["sent"], first["stopped"]["code"]) == (
        0, 1, "422" if mood == "refuse" else "",
    )  # fmt: skip
    assert cli("replay", "--to", double.url).status == 1, "not without --resume"
    second = cli.told("replay", "--to", double.url, "--resume", status=10 if mood != "refuse" else 0)
    assert (second["acknowledged"], second["in_doubt"]) == ((2, 0) if mood == "refuse" else (1, 1))
    assert len(double.all("Patient")) == 2, "once each"
    double.close()


def test_an_address_that_is_none_is_refused(cli: Commands) -> None:
    """In words."""
    ran = cli("gap", "--against", "https://")
    assert ran.status == 1
    assert "no FHIR server" in ran.err


@pytest.mark.req("R2", "R6", "F32")
def test_a_union_that_a_server_was_told_is_there(cli: Commands, filed: File) -> None:
    """Told as a link, it is lacking no more, nor is what was said under either number; taken away again, it is."""
    cli.told("import", filed("day.hl7", admission() + admission("A-2", number="8009999")))
    node = Node.at(cli.home)
    double = FhirDouble(page=3)
    cli.told("gap", "--against", double.url, status=10)
    cli.told("replay", "--to", double.url)
    assert cli.told("gap", "--against", double.url)["present"] == 2
    with node.charts() as charts:
        survivor, lost = (charts.chart(number).key for number in (IPP, "8009999"))
    with node.station_appender() as journal:
        act = IdentitiesLinked(survivor, lost, "2026-11-24T03:00:00Z")
        journal.append([Draft("user/ada", MEDIA_ACT, encode(act), node.clock.now_ns())])
    assert cli.told("gap", "--against", double.url, status=10)["types"] == {"ADT^A40": {"missing": 1}}
    done = cli.told("replay", "--to", double.url)
    assert (done["acknowledged"], done["held"]) == (1, 0)
    gap = cli.told("gap", "--against", double.url)
    assert (gap["missing"], gap["different"], gap["types"], gap["present"]) == (0, 0, {}, 3)
    [told] = [one for one in double.all("Patient") if one.get("link")]
    for one in double.all("Patient"):
        one.pop("link", None)
        one.pop("active", None)
    assert cli.told("gap", "--against", double.url, status=10)["types"] == {"ADT^A40": {"missing": 1}}
    told |= {"active": False, "link": [{"type": "replaced-by"}]}
    del told["name"], told["birthDate"], told["gender"]
    assert cli.told("gap", "--against", double.url)["present"] == 3, "made of the number alone"
    double.close()
