"""A plan says what care loses and keeps, what the alternatives cost, and in which order to start again.

Method: a small hospital (hospital.py) where the answer can be worked out by hand; the sheet's words read from its PDF.
"""

import ast
import re
import subprocess
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest

import contrefeu.contain
from contrefeu.acts import Cut
from contrefeu.base import OperatorError
from contrefeu.contain import (
    Plan,
    Terrain,
    default_spread,
    everything_off,
    expect,
    make_plan,
    make_terrain,
    nft_rules,
    parse_toml,
)
from contrefeu.contain.restart import restart_order
from contrefeu.contain.sheet import plan_pdf
from tests.contain.hospital import terrain

MAP = terrain()
PLAN = make_plan(MAP, ["pc", "files"], "en")


@pytest.mark.req("A2")
def test_what_care_loses_is_what_the_cut_costs():
    """One rule before the share and one account, though documents need the share; results over HL7 go on."""
    assert PLAN.proven
    assert PLAN.cut == [
        Cut("block", source="*", target="files", protocol="smb", transport="tcp", port=445, functions=["papers"]),
        Cut("disable", account="svc-backup"),
    ]
    lost, kept = PLAN.lost_functions, PLAN.kept_functions
    assert [(one.id, one.wards, one.why) for one in lost] == [("papers", ["ER"], ["*->files:445"])]
    assert lost[0].covered_by.startswith("documents and reports received so far")
    assert [one.id for one in kept] == ["results"]
    assert (PLAN.at_risk_functions, PLAN.exposed) == ([], [])
    assert PLAN.advice, "it advises only"


@pytest.mark.req("A2")
def test_the_plan_costs_less_than_either_extreme():
    """Care lost: the plan's, below doing nothing and below switching everything off, by simulation from one seed."""
    told = PLAN.compared
    care = [one.care_lost + one.care_struck for one in (told.plan, told.nothing, told.everything_off)]
    assert care[0] == 3.0
    assert care[0] < care[1]
    assert care[2] == 12.0, "off is off: every function is lost"
    assert told.nothing.systems_struck > 1
    assert told.plan.systems_struck == told.everything_off.systems_struck == 0
    again = expect(MAP, ["pc", "files"], ())
    assert again == told.nothing, "a seed gives the same figures each time"
    assert expect(MAP, ["pc"], everything_off(MAP)).systems_off == len(MAP.systems)


@pytest.mark.req("A2")
def test_restart_follows_needs_then_care():
    """The directory first, though nobody's care is in it; a circle is entered and says what is missing."""
    order = restart_order(MAP, MAP.systems, ["files"], ["files", "pc"], ["results", "papers"])
    names = [one.system for one in order]
    assert names[0] == "ad"
    assert names.index("ehr") < names.index("files"), "results weigh more than documents"
    assert {one.system: one.how for one in order}["files"] == "make-anew"
    assert {one.system: one.how for one in order}["pc"] == "check"
    assert not any(one.missing for one in order)

    circle = make_terrain(
        parse_toml('systems = [{ id = "a", needs = ["b"] }, { id = "b", needs = ["a"] }]'), default_spread()
    )
    first, second = restart_order(circle, ["a", "b"], [], [], [])
    assert (first.missing, second.missing, second.after) == (["b"], [], ["a"])


def test_who_is_no_suspect_of_the_inventory_is_an_error():
    """With the names that there are."""
    with pytest.raises(OperatorError, match="no system nowhere"):
        make_plan(MAP, ["nowhere"])


@pytest.mark.req("A2")
@pytest.mark.parametrize(
    ("language", "advice", "way"),
    [("fr", "CONSEIL SEULEMENT", "tous → files:445"), ("en", "ADVICE ONLY", "all → files:445")],
)
def test_the_sheet_says_that_nothing_was_cut(language, advice, way):
    """On paper, in both languages: the advice, each step, what is lost, the proof."""
    made = plan_pdf(PLAN, facility="CHU", inventory="essai", at="24/11/2026", language=language, exercise=True)
    words = " ".join("".join(p.get_textpage().get_text_bounded() for p in pypdfium2.PdfDocument(BytesIO(made))).split())
    for wanted in (
        advice,
        way,
        "EXERCI",
        "files, smb (tcp 445)",
        "svc-backup",
        "Documents",
        "Résultats",
        "docs/explain/spread.md",
    ):
        assert wanted in words


def test_rules_name_what_they_close_and_hold_no_other():
    """Rules are text to be read: addresses, ports, undo; a name of the inventory cannot become a rule."""
    rules = nft_rules(MAP, PLAN, 'x"; drop\n')
    assert 'ip daddr 10.1.0.20 tcp dport 445 counter drop comment "all to files, smb"' in rules
    assert "# by hand: disable the account svc-backup" in rules
    assert "delete table inet contrefeu_contain" in rules
    assert "policy accept" in rules
    assert 'x"' not in rules
    assert "ip6 saddr fd00::5 tcp dport { 20, 21, 22" in rules, "what the suspect was not seen to use"


def test_rules_for_a_network_leave_out_what_others_have_within_it():
    """A pump among the office's computers keeps its link when they lose theirs."""
    text = """
        title = "House"
        zones = [{id = "servers"}, {id = "office"}]
        systems = [
            {id = "ehr", zone = "servers", addresses = ["10.1.0.10"]},
            {id = "pcs", zone = "office", addresses = ["10.3.0.0/16"]},
            {id = "pump", zone = "office", addresses = ["10.3.0.5"]},
        ]
        flows = [{from = "pump", to = "ehr", port = 1433}, {from = "pcs", to = "ehr", port = 445}]
        [[functions]]
        id = "pumps"
        name = "Pumps"
        kind = "observations"
        weight = 10
        wards = ["ICU"]
        systems = ["ehr"]
        links = ["pump->ehr:1433"]
    """
    nested = make_terrain(parse_toml(text), default_spread())
    plan = make_plan(nested, ["pcs"], "en")
    assert plan.lost_functions == []
    dropped = [line for line in nft_rules(nested, plan, "now").splitlines() if "10.3.0.0/16" in line and "drop" in line]
    assert dropped
    assert all("ip saddr 10.3.0.0/16 ip saddr != { 10.3.0.5 }" in line for line in dropped)


LONG = "é" * 78  # of the 80 letters that an id may have; two bytes each
TWO_LONG = f"""
    zones = [{{id = "a"}}, {{id = "b"}}]
    systems = [
        {{id = "{LONG}1", zone = "a", addresses = ["10.1.0.0/24", "10.1.0.10", "fd00::1"]}},
        {{id = "{LONG}2", zone = "b", addresses = ["10.2.0.10", "fd00::2"], protect = true}},
        {{id = "{LONG}3", zone = "b", addresses = ["10.2.0.11"], fixed = true}},
    ]
    flows = [{{from = "{LONG}1", to = "{LONG}2", port = 445}}, {{from = "{LONG}3", to = "{LONG}2", port = 445}}]
    [[functions]]
    id = "f"
    weight = 10
    systems = ["{LONG}1"]
"""


def test_a_rule_says_no_more_of_itself_than_nft_takes():
    """One comment that is too long, and nft refuses the whole file, on the night that it is for."""
    rules = nft_rules(*_long_names(), "now")
    comments = re.findall('comment "([^"]*)"', rules)
    assert len(comments) > 2
    assert max(len(one.encode()) for one in comments) <= 128


def _long_names() -> tuple[Terrain, Plan]:
    wide = make_terrain(parse_toml(TWO_LONG), default_spread())
    return wide, make_plan(wide, [f"{LONG}1", f"{LONG}3"], "en")


@pytest.mark.system("nft")
@pytest.mark.parametrize("planned", [(MAP, PLAN), _long_names()], ids=["a hospital", "the longest names"])
def test_nft_takes_the_rules(planned: tuple[Terrain, Plan], tmp_path: Path):
    """As a check, without applying them."""
    file = tmp_path / "plan.nft"
    file.write_text(nft_rules(*planned, "now"))
    run = subprocess.run(["nft", "-c", "-f", file], capture_output=True, text=True, check=False)
    assert run.returncode == 0 or "Operation not permitted" in run.stderr, run.stderr


@pytest.mark.req("A2")
def test_nothing_here_can_cut_anything():
    """Of the package that plans, no module imports what starts a program, opens a socket or writes a file."""
    folder = Path(contrefeu.contain.__file__).parent
    imported = {
        name.partition(".")[0]
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [one.name for one in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert not imported & {"subprocess", "socket", "os", "asyncio", "ctypes", "shutil", "multiprocessing", "pathlib"}
    assert "msgspec" in imported, "the walk found the imports"
