"""`contrefeu group`: facilities are added by their keys, asked together, and what is wrong is said with what to do.

Method: three homes; the node of one runs and is asked over TLS, one leaves a file, one asks.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.cli.grouping import TOLD
from tests.cli.conftest import Commands
from tests.cli.messages import admission
from tests.drills.node import RunningNode
from tests.vault.pulling import until


@pytest.fixture
def clinic(cli: Commands, tmp_path: Path, filed) -> Commands:
    """A home whose charts hold a patient."""
    clinic = cli.at(tmp_path / "clinic")
    assert clinic("init", "--facility", "Clinique du Parc", "--json").status == 0
    clinic.told("import", filed("a.hl7", admission("1")))
    return clinic


@pytest.fixture
def answered(cli: Commands, clinic: Commands) -> Iterator[str]:
    """Where the clinic's running node answers the first home, once it has counted."""
    key = cli.told("group", "key")["key"]
    settings = clinic.home / "contrefeu.toml"
    settings.write_text(settings.read_text() + f'\n[group]\nlisten = "127.0.0.1:0"\naskers = ["{key}"]\n')
    with RunningNode(clinic.home) as node:
        until((clinic.home / "run" / TOLD).exists)
        yield node.ready["group"]


def test_a_group_is_seen_from_one_home(cli: Commands, clinic: Commands, answered: str, tmp_path: Path) -> None:
    """One facility over the wire, the same one by a file, one that is away: each with what is known of it."""
    key, note = clinic.told("group", "key")["key"], tmp_path / "share" / "parc.note"
    note.parent.mkdir()
    other = cli.at(tmp_path / "other")
    other("init", "--facility", "Clinique de la Mer", "--json")
    other.told("group", "publish", note)
    assert cli.told("group", "add", "Parc", answered, key) == {"added": "Parc", "facilities": 1}
    cli.told("group", "add", "Mer", f"file://{note}", other.told("group", "key")["key"])
    cli.told("group", "add", "Loin", "127.0.0.1:9", cli.told("group", "key")["key"])
    told = cli.told("group", "status", status=10)
    parc, mer, loin = told["facilities"]
    assert (parc["state"], parc["facility"], parc["findings"]) == ("answers", "Clinique du Parc", [])
    assert parc["beds"]["patients"] == 1
    assert {"feeds", "copies", "downtime", "beds", "alarms", "node", "time", "wards"} <= parc.keys()
    assert (mer["state"], mer["facility"]) == ("answers", "Clinique de la Mer")
    assert (loin["state"], loin["problem"], loin["findings"]) == ("silent", "no-answer", ["unreachable"])
    assert told["totals"]["answering"] == 2
    assert not any(private in json.dumps(told, ensure_ascii=False) for private in ("MARTIN", "ELOÏSE", "8001234"))
    ran = cli("group", "status")
    assert "2 of 3 facilities answer; 1 patients" in ran.out.decode()
    assert ran.out.decode().index("Loin  SILENT since") < ran.out.decode().index("Parc  answers")


def test_silence_is_remembered_between_commands(cli: Commands, clinic: Commands, tmp_path: Path) -> None:
    """A facility that was heard and is gone keeps its last word; the group may be another file."""
    note, mine = tmp_path / "parc.note", tmp_path / "mine.toml"
    clinic.told("group", "publish", note)
    key = clinic.told("group", "key")["key"]
    mine.write_text(f'[[facilities]]\nname = "Parc"\nplace = "file://{note}"\nkey = "{key}"\n')
    first = cli.told("group", "status", "--file", mine)["facilities"][0]
    note.unlink()
    second = cli.told("group", "status", "--file", mine, status=10)["facilities"][0]
    assert (second["state"], second["problem"], second["beds"]) == ("silent", "no-file", first["beds"])
    assert second["since"], "since when is said"


def test_what_cannot_be_is_said(cli: Commands) -> None:
    """No group, a wrong place, a wrong key, one name twice: nothing is asked and nothing is written."""
    assert "group add" in cli("group", "status").err
    key = cli.told("group", "key")["key"]
    assert cli.told("group", "key")["key"] == key, "the key is made once"
    assert cli("group", "add", "Parc", "parc.example.org:1", key).status == 1
    assert cli("group", "add", "Parc", "10.0.0.1:8446", "parc+x").status == 1
    assert not (cli.home / "group.toml").exists()
    cli.told("group", "add", "Parc", "10.0.0.1:8446", key)
    before = (cli.home / "group.toml").read_bytes()
    assert cli("group", "add", "Parc", "10.0.0.2:8446", key).status == 1
    assert (cli.home / "group.toml").read_bytes() == before
