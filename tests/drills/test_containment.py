"""A plan's rules stop a real spread between systems on a real network, and the messages of care still pass.

Method: worm.py's hospital of namespaces, twice: nothing done, and with the plan applied. Every system tries every
other.
"""

import pytest

from contrefeu.contain import (
    Flow,
    Function,
    Inventory,
    System,
    Zone,
    default_spread,
    make_plan,
    make_terrain,
)
from tests.drills.cut_network import possible
from tests.drills.worm import CARE_PORT, WORM_PORT, house

NAMES = ["pc", "files", "ehr", "lis", "archive"]


def hospital(addresses: dict[str, str]):  # type: ignore[no-untyped-def]
    """The map of the same systems: shares along a line, results over HL7."""
    systems = [System(name, zone=f"z-{name}", addresses=[addresses[name]]) for name in NAMES]
    shares = [Flow(a, b, WORM_PORT) for a in NAMES for b in NAMES if a != b]
    results = Function("results", weight=9, systems=["lis", "ehr"], links=[f"lis->ehr:{CARE_PORT}"])
    images = Function("images", weight=6, systems=["files"], links=[f"files->archive:{CARE_PORT}"])
    inventory = Inventory(systems, [results, images], shares, [Zone(f"z-{name}") for name in NAMES])
    return make_terrain(inventory, default_spread())


@pytest.mark.req("A2")
def test_the_rules_stop_a_real_spread_and_care_still_flows():
    """Without them one struck PC strikes all; with them nobody but the suspects, and both functions' messages pass."""
    if not possible():
        pytest.skip("only root, where the system lets it, makes networks")
    targets = {name: [other for other in NAMES if other != name] for name in NAMES}
    with house(targets) as made:
        made.strike("pc")
        assert made.struck() == set(NAMES)

    with house(targets) as made:
        terrain = hospital(made.addresses)
        plan = make_plan(terrain, ["pc", "files"])
        assert plan.lost_functions == []
        made.apply(terrain, plan)
        assert made.care_flows("lis", "ehr")
        assert made.care_flows("files", "archive"), "the suspect that care needs still sends its images"
        made.strike("pc")
        made.strike("files")
        assert made.struck() == {"pc", "files"}
