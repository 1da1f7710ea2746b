"""Each step of a recovery is audited: who, when, which organisation, by which program, what (HL7 EHR-S FM RI.1.1.15.1).

Method: the real commands; the audit journal read as `audit export` gives it out, and the list that `audit acts` makes.
"""

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from contrefeu.acts import CleanPointSet, EntriesDropped, HandBackSigned, PatientSignedOff, encode
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium
from tests.recovery.targets import Receiver

File = Callable[[str, bytes], Path]
AT = "2026-11-24T03:00:00.000000Z"


def audited(cli: Commands) -> list[dict[str, Any]]:
    """Every event; a stranger's reader takes each."""
    lines = cli("audit", "export", "--as", "fhir").out.splitlines()
    for line in lines:
        AuditEvent.model_validate(json.loads(line))
    return [json.loads(line) for line in lines]


@pytest.fixture
def lacking(cli: Commands, filed: File) -> Commands:
    """A node whose restored system lacks a result."""
    cli.told("import", filed("day.hl7", admission() + potassium()))
    cli.told("gap", "--against", filed("ehr/day.hl7", admission()), status=10)
    return cli


@pytest.mark.req("R8", "G4")
def test_each_command_of_a_recovery_leaves_one_entry(lacking: Commands, tmp_path: Path) -> None:
    """What goes out names the organisation and the program too; a look that sends nothing is none of it."""
    receiver = Receiver()
    lacking.told("replay", "--to", receiver.url, "--dry-run", "--plan", tmp_path / "p.jsonl")
    lacking.told("replay", "--to", receiver.url)
    lacking.told("reconcile", "--out", tmp_path / "a.pdf")
    lacking.told("export", "--to", tmp_path / "out")
    receiver.close()
    events = [one for one in audited(lacking) if one["subtype"][0]["code"] in {"act", "export"}][:5]
    assert [(one["subtype"][0]["code"], one["entity"][0]["what"]["display"]) for one in events] == [
        ("act", "gap"),
        ("act", f"replay to {receiver.url} (dry run)"),
        ("export", f"replay to {receiver.url}"),
        ("act", "account of every entry"),
        ("export", "charts"),
    ]
    for one in events:
        assert one["agent"][0]["who"]["identifier"]["value"] == "console"
        assert one["recorded"]
        assert (one["source"]["site"], one["outcome"]) == ("CHU d'essai", "0")
        programs = [agent["who"]["display"] for agent in one["agent"][1:]]
        assert programs == [f"Contrefeu {version('contrefeu')}"] * (one["subtype"][0]["code"] == "export")


@pytest.mark.req("R8", "R3")
def test_nothing_is_sent_whose_entry_cannot_be_written(lacking: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry is on disk before the first message leaves."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    receiver = Receiver()
    monkeypatch.setattr(Node, "audit", full)
    assert lacking("replay", "--to", receiver.url).status != 0
    assert receiver.bodies == []
    receiver.close()


@pytest.mark.req("R8", "R5", "R7")
def test_what_people_decide_in_a_recovery_is_on_the_list_of_acts(lacking: Commands) -> None:
    """Compared, in doubt, dropped, handed back, signed: each with who did it; no name and no number of a patient."""
    node = Node.at(lacking.home)
    said = (
        CleanPointSet("LABO@CHU", "", "", "clean", AT), EntriesDropped(["n/1"], "written by the attacker", AT),
        HandBackSigned("c-1", "CARD", "ff", AT), PatientSignedOff("c-1", AT),
    )  # fmt: skip
    with node.station_appender() as journal:
        journal.append([Draft("user/ada", MEDIA_ACT, encode(act), node.clock.now_ns()) for act in said])
    found = [(one["by"], one["what"].split(" ")[0], one["what"]) for one in lacking.told("audit", "acts")["acts"]]
    assert [what for by, _, what in found if by == "ada"] == [
        "CleanPointSet LABO@CHU",
        "EntriesDropped written by the attacker",
        "HandBackSigned c-1",
        "PatientSignedOff c-1",
    ]
    assert [by for by, kind, _ in found if kind == "GapTaken"] == ["console"]
