"""`contrefeu drill` around the drill itself: sheets, scenarios that are refused, records that are checked.

Method: the command in this process; what plays a whole drill is in tests/drills.
"""

import json

import pytest

from contrefeu.exercise import shipped
from tests.cli.conftest import Commands
from tests.exercise.test_record import DATA, RECORD, SIGNER


@pytest.mark.req("G2")
def test_sheets_are_printed_for_each_role(nowhere: Commands, tmp_path):
    """One file a role and one for who leads it, from a name or from a file of one's own."""
    made = nowhere.told("drill", "sheets", "ward", "--to", tmp_path / "sheets")
    assert [path.rpartition("ward-")[2] for path in made["sheets"]] == [
        "coordinator.pdf", "nurse.pdf", "clerk.pdf", "laboratory.pdf", "leader.pdf",
    ]  # fmt: skip
    own = tmp_path / "ours.toml"
    own.write_text(shipped()["ward"])
    assert nowhere.told("drill", "sheets", own, "--to", tmp_path / "ours")["sha256"] == made["sha256"]


@pytest.mark.req("G2")
@pytest.mark.parametrize("command", [["drill", "--scenario"], ["drill", "sheets"], ["drill", "ward", "--scenario"]])
def test_a_wrong_scenario_starts_nothing(nowhere: Commands, tmp_path, command):
    """Wherever it is named: the inject, what was found, what is allowed; no folder is made."""
    own = tmp_path / "ours.toml"
    own.write_text(shipped()["ward"].replace('role = "clerk"', 'role = "porter"'))
    ran = nowhere(*command, own, *(["--to", tmp_path / "new"] if "ward" in command else []))
    assert ran.status == 1
    assert 'inject "arrival": role = "porter"; allowed: coordinator, nurse' in ran.err
    assert not (tmp_path / "new").exists()


def test_a_ward_drill_takes_a_new_folder(nowhere: Commands, tmp_path):
    """What lies there already is touched by nothing."""
    (tmp_path / "kept").write_text("x")
    ran = nowhere("drill", "ward", "--to", tmp_path)
    assert ran.status == 1
    assert "is not empty" in ran.err
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["kept"]


@pytest.mark.req("G2")
def test_a_record_is_checked(nowhere: Commands, tmp_path):
    """Whole: 0, and what it says. Changed: 12. By another key than the paper's: 12. No record: 1."""
    file = tmp_path / "record.json"
    file.write_bytes(DATA)
    told = nowhere.told("drill", "verify", file, "--key", str(SIGNER.verifier))
    assert (told["intact"], told["held"], told["key"]) == (True, False, str(SIGNER.verifier))
    assert [one["id"] for one in told["promises"]] == [one.id for one in RECORD.promises]
    assert b"compare with the paper" in nowhere("drill", "verify", file).out
    whole = json.loads(DATA)
    whole["record"]["held"] = True
    file.write_text(json.dumps(whole))
    assert nowhere("drill", "verify", file).status == 12
    file.write_text("{}")
    assert nowhere("drill", "verify", file).status == 1
    assert nowhere("drill", "verify", tmp_path / "none.json").status == 1
