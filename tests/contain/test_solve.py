"""The plan that is proposed is the cheapest there is, and no plan that is worse is called proved.

Method: small hospitals drawn at random; every set of actions is tried by walking the map (Terrain.outcome), which knows
nothing of the solver, and compared with what the solver found.
"""

from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.base import OperatorError
from contrefeu.contain import (
    Action,
    Flow,
    Function,
    Inventory,
    Link,
    System,
    Terrain,
    Zone,
    default_spread,
    make_terrain,
    solve,
)
from contrefeu.contain.zones import Outcome

SPREAD = default_spread()
NAMES = ["a", "b", "c", "d"]
PORTS = [445, 2575, 3389]


@st.composite
def hospitals(draw: st.DrawFn) -> Inventory:
    """Four systems in two zones, some links, an account, a trust, two functions."""
    some = st.sampled_from(NAMES)
    few = st.lists(some, max_size=2, unique=True)
    systems = [
        System(
            name,
            zone=draw(st.sampled_from(["flat", "walled"])),
            accounts=draw(st.sampled_from([[], ["admin"]])),
            trusts=[one for one in draw(st.sampled_from([[], [], ["a"]])) if one != name],
            fixed=draw(st.sampled_from([False, False, False, True])),
        )
        for name in NAMES
    ]
    pairs = draw(st.lists(st.tuples(some, some, st.sampled_from(PORTS)), max_size=4, unique=True))
    flows = [Flow(a, b, port) for a, b, port in pairs if a != b]
    links = [f"{flow.source}->{flow.target}:{flow.port}" for flow in flows]
    functions = [
        Function(
            f"f{i}",
            weight=draw(st.integers(0, 10)),
            systems=draw(few),
            links=draw(st.lists(st.sampled_from(links), max_size=2, unique=True)) if links else [],
            accounts=["admin"] if draw(st.booleans()) and any(one.accounts for one in systems) else [],
        )
        for i in range(2)
    ]
    return Inventory(systems, functions, flows, [Zone("flat"), Zone("walled", inside=True)])


def possible(terrain: Terrain) -> list[Action]:
    """Everything that could be done."""
    return [
        *(Action("isolate", one.id) for one in terrain.systems.values() if not one.fixed),
        *dict.fromkeys(action for way in terrain.ways for action in terrain.closers(way.link)),
        *(Action("disable", account) for account in terrain.holders),
    ]


def cheapest(terrain: Terrain, suspects: list[str]) -> Outcome:
    """The best of every set of actions."""
    actions = possible(terrain)
    every = chain.from_iterable(combinations(actions, n) for n in range(len(actions) + 1))
    return min((terrain.outcome(suspects, some) for some in every), key=lambda found: found.cost)


@settings(max_examples=60, deadline=None)
@given(inventory=hospitals(), suspects=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
@pytest.mark.req("A2")
def test_no_set_of_actions_is_cheaper(inventory, suspects):
    """Of all sets of actions none costs less, and the map agrees with the solver on the price."""
    terrain = make_terrain(inventory, SPREAD)

    found = solve(terrain, suspects)

    assert found.proven
    assert found.cost == found.bound == terrain.outcome(suspects, found.actions).cost
    assert found.cost == cheapest(terrain, suspects).cost


@settings(max_examples=20, deadline=None)
@given(inventory=hospitals(), suspect=st.sampled_from(NAMES))
def test_a_machine_too_slow_to_search_still_has_a_plan(inventory, suspect):
    """Without a moment to search: a plan at its true price, no better than the best, never called proved by mistake."""
    terrain = make_terrain(inventory, SPREAD)
    found, best = solve(terrain, [suspect], seconds=1e-6), solve(terrain, [suspect])
    assert found.cost == terrain.outcome([suspect], found.actions).cost
    assert found.bound <= best.cost <= found.cost
    assert not found.proven or found.cost == best.cost


def hospital(**laboratory: object) -> Terrain:
    """A PC that is on fire, a laboratory it shares files with, a record system fed by HL7."""
    systems = [
        System("pc", zone="office"), System("lis", zone="labs", **laboratory), System("ehr", zone="servers"),
    ]  # fmt: skip
    flows = [Flow("pc", "lis", 445), Flow("lis", "ehr", 2575), Flow("pc", "ehr", 443)]
    results = Function("results", weight=9, systems=["lis", "ehr"], links=["lis->ehr:2575"])
    return make_terrain(Inventory(systems, [results], flows), SPREAD)


@pytest.mark.req("A2")
def test_the_rule_is_cut_and_the_results_still_flow():
    """One rule between two zones, or one PC unplugged: results are neither lost nor at risk."""
    terrain = hospital()
    found = solve(terrain, ["pc"])
    outcome = terrain.outcome(["pc"], found.actions)
    assert (outcome.lost, outcome.at_risk, outcome.exposed) == ({}, frozenset(), {"pc"})
    assert len(found.actions) == 1


def test_a_suspect_that_care_needs_is_not_unplugged():
    """The laboratory itself is on fire: its share is closed, its results go on, and are called at risk."""
    terrain = hospital()
    found = solve(terrain, ["lis"])
    assert found.actions == {Action("block", Link("pc", "lis", "tcp", 445))}
    assert terrain.outcome(["lis"], found.actions).at_risk == {"results"}


def test_what_must_be_protected_is_out_of_reach_or_there_is_no_plan():
    """`protect` is kept at any price; a suspect that cannot be parted from it is said, not hidden."""
    terrain = hospital(protect=True, fixed=True)
    found = solve(terrain, ["pc"])
    assert "lis" not in terrain.outcome(["pc"], found.actions).exposed

    flat = Inventory([System("pc", zone="x", fixed=True), System("copies", zone="x", protect=True, fixed=True)],
                     [], [Flow("pc", "copies", 445)])  # fmt: skip
    with pytest.raises(OperatorError, match="keeps the suspects from what must be protected"):
        solve(make_terrain(flat, SPREAD), ["pc"])
