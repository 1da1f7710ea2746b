"""`find`, `chart`, `export` and `status` say what the journal's messages say.

Method: two messages of one patient, asked for in every way; FHIR is compared with what was sent.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.base import rfc3339
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_HL7V2, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission, potassium

T0 = 1_790_000_000 * 10**9
HOUR = 3600 * 10**9
File = Callable[[str, bytes], Path]


@pytest.fixture
def ward(cli: Commands) -> Commands:
    """The admission at T0, the potassium an hour later."""
    with Node.at(cli.home).capture_appender() as journal:
        journal.append([Draft("CPAGE@CHU", MEDIA_HL7V2, admission(), T0)])
        journal.append([Draft("LABO@CHU", MEDIA_HL7V2, potassium(), T0 + HOUR)])
    return cli


@pytest.mark.req("W6")
@pytest.mark.parametrize("query", ["MARTIN", "eloise martin", "martun", "1961-04-12", IPP, f"V{IPP}"])
def test_a_patient_is_found_by_name_misspelt_birth_date_or_number(query: str, ward: Commands) -> None:
    """Each hit has the published keys, and is where the admission says."""
    [hit] = ward.told("find", query)["patients"]
    assert {"id", "name", "birthDate", "identifiers", "ward", "bed"} <= set(hit)
    assert hit["birthDate"] == "1961-04-12"
    assert "MARTIN" in hit["name"]
    assert hit["ward"] == "CARDIO"
    assert any(IPP in identifier for identifier in hit["identifiers"])


def test_nobody_is_found_for_nothing(ward: Commands) -> None:
    """An empty list, done and sound; a chart that is not there is an error."""
    assert ward.told("find", "ZZYZX") == {"patients": []}
    assert ward("chart", "no-such-number").status == 1


def test_a_chart_is_a_bundle_or_a_text(ward: Commands, tmp_path: Path) -> None:
    """`--as fhir`, `--json` and `--out` give the same collection Bundle; the text names patient and result."""
    [hit] = ward.told("find", IPP)["patients"]
    bundle = ward.told("chart", hit["id"])
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert {"Patient", "Encounter", "Observation"} <= set(kinds)
    [result] = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Observation"]
    assert result["valueQuantity"]["value"] == 6.8
    assert json.loads(ward("chart", hit["id"], "--as", "fhir").out) == bundle
    assert ward("chart", IPP, "--as", "fhir", "--out", tmp_path / "b.json").out == b""
    assert json.loads((tmp_path / "b.json").read_bytes()) == bundle
    text = ward("chart", hit["id"]).out.decode()
    assert "MARTIN" in text
    assert "6.8" in text or "6,8" in text


def test_a_chart_is_given_as_it_was_known(ward: Commands) -> None:
    """--at means as received by: before the result came, the chart has none; before the patient came, there is none."""
    before = ward.told("chart", IPP, "--at", rfc3339(T0 + HOUR // 2))
    assert "Observation" not in [entry["resource"]["resourceType"] for entry in before["entry"]]
    early = ward("chart", IPP, "--at", rfc3339(T0 - HOUR))
    assert (early.status, f"No chart answered to that number by {rfc3339(T0 - HOUR)}." in early.err) == (1, True)
    assert ward("chart", IPP, "--at", "tomorrow").status == 1


def test_all_charts_are_exported(ward: Commands, tmp_path: Path) -> None:
    """NDJSON by type, counted; the same journal gives the same hash, another one another; --at goes back."""
    told = ward.told("export", "--to", tmp_path / "out")
    assert {"resources", "patients", "seconds", "charts_sha256"} <= set(told)
    assert told["patients"] == 1
    for kind, count in told["resources"].items():
        lines = (tmp_path / "out" / f"{kind}.ndjson").read_text().splitlines()
        assert [json.loads(line)["resourceType"] for line in lines] == [kind] * count
    assert ward.told("export", "--to", tmp_path / "again")["charts_sha256"] == told["charts_sha256"]
    past = ward.told("export", "--to", tmp_path / "past", "--at", rfc3339(T0 + HOUR // 2))
    assert past["charts_sha256"] != told["charts_sha256"]
    assert "Observation" not in past["resources"]


@pytest.mark.req("F24")
def test_a_protected_identity_is_found_by_its_own_number_alone(ward: Commands, tmp_path: Path) -> None:
    """No name, birth date or bed leads there, unless --protected asks for it; each that is shown is in the audit."""
    secret = admission("A-2", name="SECRÈTE^ALICE", number="900").replace(
        b"|19610412|F\r", b"|19610412|F" + b"|" * 24 + b"ANOM\r"
    )
    with Node.at(ward.home).capture_appender() as journal:
        journal.append([Draft("CPAGE@CHU", MEDIA_HL7V2, secret, T0 + HOUR)])
    names = {
        query: [one["name"] for one in ward.told("find", query)["patients"]] for query in ("SECRETE", "1961-04-12")
    }
    assert (names["SECRETE"], [name.split()[0] for name in names["1961-04-12"]]) == ([], ["MARTIN"])
    assert looks(ward) == 0
    for words in (("900",), ("V900",), ("SECRETE", "--protected")):
        [hit] = ward.told("find", *words)["patients"]
        assert hit["name"].startswith("SECRÈTE")
    assert looks(ward) == 3
    assert ward.told("export", "--to", tmp_path / "all")["patients"] == 2
    assert ward.told("export", "--to", tmp_path / "some", "--without-protected")["patients"] == 1
    assert "SECR" not in (tmp_path / "some" / "Patient.ndjson").read_text()
    labelled = [one for one in (tmp_path / "all" / "Patient.ndjson").read_text().splitlines() if '"security"' in one]
    assert len(labelled) == 1, "the label goes with the data"


def looks(ward: Commands) -> int:
    """How often the audit says that a protected identity was shown."""
    entries = ward.told("journal", "show")["entries"]
    refs = [f"{one['journal']}/{one['seq']}" for one in entries if one["journal"].endswith("-audit")]
    return sum(b"protected identity" in ward("journal", "show", "--entry", ref, "--raw").out for ref in refs)


def test_status_tells_the_truth_of_a_stopped_node(ward: Commands) -> None:
    """The published keys; entries, feeds and patients as they are; nothing is running."""
    told = ward.told("status")
    assert {"node", "journals", "feeds", "charts", "vaults", "downtime"} <= set(told)
    journals = {journal["id"]: journal for journal in told["journals"]}
    node = Node.at(ward.home)
    assert journals[node.capture_journal]["entries"] == 2
    assert journals[node.capture_journal]["bytes"] > 0
    assert set(journals) == {node.capture_journal, node.station_journal, node.audit_journal}
    feeds = {feed["source"]: feed for feed in told["feeds"]}
    assert (feeds["CPAGE@CHU"]["received"], feeds["LABO@CHU"]["received"]) == (1, 1)
    assert feeds["LABO@CHU"]["last"].startswith(rfc3339(T0 + HOUR)[:19])
    assert all("state" in feed for feed in told["feeds"])
    assert (told["charts"]["patients"], told["charts"]["lag_entries"]) == (1, 0)
    assert (told["running"], told["vaults"], told["trouble"]) == (False, [], "")
    assert told["downtime"] == {"state": "normal", "since": ""}
    text = ward("status").out.decode()
    assert "CHU d'essai" in text
    assert "stopped" in text
