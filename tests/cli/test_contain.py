"""`contrefeu contain plan` from a shell: the contract's keys, files beside it, and no home unless it publishes.

Method: the real command on the small hospital of tests/contain.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.acts import ContainmentPlanned, decode
from contrefeu.cli.node import Node
from tests.cli.conftest import Commands
from tests.contain.hospital import TOML
from tests.contain.test_reading import NFDUMP_16, ZEEK
from tests.house.tree import ROOT

File = Callable[[str, bytes], Path]


@pytest.mark.req("A2")
def test_a_plan_needs_no_home(nowhere: Commands, filed: File, tmp_path: Path) -> None:
    """Planned on any machine, with flows that were seen; rules and sheet are files; nothing is made."""
    inventory, flows = filed("inventory.toml", TOML.encode()), filed("conn.log", ZEEK.encode())
    rules, sheet = tmp_path / "plan.nft", tmp_path / "plan.pdf"
    told = nowhere.told("contain", "plan", inventory, "--flows", flows, "--nft", rules, "--sheet", sheet,
                        "--suspect", "pc", "files")  # fmt: skip
    assert {"cut", "lost_functions", "kept_functions", "restart"} <= told.keys()
    assert [one["id"] for one in told["lost_functions"]] == ["papers"]
    assert (told["proven"], told["advice"], told["cost"]) == (True, True, told["bound"])
    assert {"action", "from", "to", "port", "functions"} <= told["cut"][0].keys()
    assert b"%PDF" in sheet.read_bytes()[:8]
    assert "drop" in rules.read_text()
    assert not nowhere.home.exists()


def test_a_published_plan_is_an_act(cli: Commands, filed: File) -> None:
    """It stands in the station's journal, for the ward app and the incident's file."""
    cli.told("contain", "plan", filed("inventory.toml", TOML.encode()), "--suspect", "pc", "--publish")
    node = Node.at(cli.home)
    acts = [decode(entry.body) for entry in node.entries(node.station_journal, 0, 2**63 - 1)]
    (act,) = [act for act in acts if isinstance(act, ContainmentPlanned)]
    assert (act.suspects, act.inventory) == (["pc"], "CHU d'essai")


def test_a_text_that_windows_wrote_is_read(nowhere: Commands, filed: File) -> None:
    """It begins with a byte order mark, and is an inventory or a list of flows all the same."""
    inventory, flows = (
        filed(name, b"\xef\xbb\xbf" + text.encode()) for name, text in (("i.toml", TOML), ("f.csv", NFDUMP_16))
    )
    told = nowhere.told("contain", "plan", inventory, "--flows", flows, "--suspect", "pc")
    assert told["suspects"] == ["pc"]


def test_the_inventory_that_the_page_shows_is_planned(nowhere: Commands, filed: File) -> None:
    """As a reader would: copied from docs/howto/contain.md, with the suspects that its command names."""
    page = (ROOT / "docs/howto/contain.md").read_text()
    shown = page.partition("```toml\n")[2].partition("```")[0]
    [suspects] = re.findall(r"contain plan inventory.toml .*--suspect ([a-z ]+) --", page)
    inventory = filed("inventory.toml", shown.encode())
    assert nowhere.told("contain", "plan", inventory, "--suspect", *suspects.split())["cut"]
    wrong = filed("wrong.toml", shown.replace('id = "ad"', 'id = "da"').encode())
    ran = nowhere("contain", "plan", wrong, "--suspect", *suspects.split())
    assert "The inventory: ehr names ad, which is none of its systems." in ran.err
    assert "qui n’est aucun de ses systèmes" in nowhere(*_words(wrong), before=("--lang", "fr")).err


def _words(inventory: Path) -> tuple[object, ...]:
    return "contain", "plan", inventory, "--suspect", "pcs"


@pytest.mark.parametrize("option", ["--sheet", "--nft"])
def test_a_folder_that_is_not_there_is_said(nowhere: Commands, filed: File, tmp_path: Path, option: str) -> None:
    """Before the plan is made, with what to do."""
    ran = nowhere(*_words(filed("inventory.toml", TOML.encode())), option, tmp_path / "nowhere" / "plan")
    assert (ran.status, "Nothing can be written to" in ran.err, "make the folder" in ran.err) == (14, True, True)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--suspect", "nobody"), "no system nobody"),
        (("--suspect", "pc", "--flows", "{file}"), "no file of flows that is known"),
        (("--suspect", "pc", "--spread", "{file}"), "The spread model"),
    ],
)
def test_what_cannot_be_planned_is_said(nowhere: Commands, filed: File, arguments, what) -> None:
    """What, what is safe, what next; exit status 1."""
    inventory, file = filed("inventory.toml", TOML.encode()), filed("note.txt", b"note")
    ran = nowhere("contain", "plan", inventory, *(one.format(file=file) for one in arguments), "--json")
    assert (ran.status, ran.out) == (1, b"")
    assert what in ran.err
