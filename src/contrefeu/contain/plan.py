"""The plan: what to cut, what each cut costs, what care loses and keeps, in which order to start again (A2).

It is advice: nothing in Contrefeu cuts anything.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from contrefeu.acts import Course, Cut, FunctionState, Start
from contrefeu.base import OperatorError
from contrefeu.contain.inventory import Function
from contrefeu.contain.restart import restart_order
from contrefeu.contain.simulate import HOURS, SEED, Expected, course, everything_off, expect
from contrefeu.contain.solve import SOLVE_S_MAX, solve
from contrefeu.contain.spread import default_cover
from contrefeu.contain.zones import Action, Link, Outcome, Terrain

SUSPECTS_NAMED = 5  # names that an error lists


class Compared(Struct, frozen=True):
    """The plan beside its two alternatives."""

    hours: int
    plan: Expected
    nothing: Expected
    everything_off: Expected

    @property
    def courses(self) -> list[Course]:
        """As people are shown them."""
        return [
            course("plan", self.plan),
            course("nothing", self.nothing),
            course("everything-off", self.everything_off),
        ]


class WardLoss(Struct, frozen=True):
    """What one ward loses, and may lose."""

    ward: str
    lost: list[str]  # names of functions
    at_risk: list[str]
    covered_by: list[str]  # what takes over


class Plan(Struct, frozen=True):
    """All of it."""

    suspects: list[str]
    cut: list[Cut]
    lost_functions: list[FunctionState]
    at_risk_functions: list[FunctionState]
    kept_functions: list[FunctionState]
    restart: list[Start]
    exposed: list[str]  # systems that stay within reach, suspects left out
    cost: float  # care points
    bound: float  # no plan costs less
    proven: bool
    compared: Compared
    systems: int
    flows: int
    unknown: int  # systems that only a flow named
    unplaced: int  # flows that led outside
    model: str  # version of the spread model
    wards: list[WardLoss] = []  # those that lose most first
    advice: bool = True  # it advises, and cuts nothing by itself


def make_plan(
    terrain: Terrain,
    suspects: Sequence[str],
    language: str = "fr",
    *,
    seconds: float = SOLVE_S_MAX,
    seed: int = SEED,
    whole: bool = False,
) -> Plan:
    """Plan.

    Args:
        terrain: The map.
        suspects: Systems that the attacker has, or may have.
        language: Of what is said to people.
        seconds: To search for.
        seed: Of the simulation.
        whole: Give the order of restart of every system, for a hospital where everything is off already.

    Raises:
        OperatorError: No such suspect; OR-tools is missing; or nothing keeps the fire from what must be protected.
    """
    _check(terrain, suspects)
    found = solve(terrain, suspects, seconds)
    outcome = terrain.outcome(suspects, found.actions)
    assert outcome.cost == found.cost, "the map and the solver agree on the price"
    cover = default_cover()
    states = {f.id: _state(terrain, f, outcome, cover, language) for f in terrain.functions.values()}
    lost = _by_weight(states, outcome.lost)
    at_risk = _by_weight(states, outcome.at_risk)
    return Plan(
        suspects=list(suspects),
        cut=[_cut(terrain, action) for action in sorted(found.actions, key=_rank)],
        lost_functions=lost,
        at_risk_functions=at_risk,
        kept_functions=_by_weight(states, states.keys() - outcome.lost.keys() - outcome.at_risk),
        restart=_restart(terrain, suspects, outcome, found.actions, whole=whole),
        exposed=sorted(outcome.exposed - set(suspects)),
        cost=found.cost / 1000,
        bound=found.bound / 1000,
        proven=found.proven,
        compared=Compared(
            HOURS,
            expect(terrain, suspects, found.actions, seed),
            expect(terrain, suspects, (), seed),
            expect(terrain, suspects, everything_off(terrain), seed),
        ),
        systems=len(terrain.systems),
        flows=len(terrain.links),
        unknown=len(terrain.unknown),
        unplaced=terrain.unplaced,
        model=terrain.spread.version,
        wards=losses_by_ward(lost, at_risk),
    )


def losses_by_ward(lost: Sequence[FunctionState], at_risk: Sequence[FunctionState]) -> list[WardLoss]:
    """Say what each ward loses or may lose: those that lose most care first, then by name."""
    weights: defaultdict[str, float] = defaultdict(float)
    for share, found in ((1.0, lost), (0.5, at_risk)):  # what may fall comes after what falls
        for one in found:
            for ward in one.wards:
                weights[ward] += share * one.weight
    names = sorted(weights, key=lambda ward: (-weights[ward], ward))
    return [
        WardLoss(
            ward,
            [one.name for one in lost if ward in one.wards],
            [one.name for one in at_risk if ward in one.wards],
            list(dict.fromkeys(one.covered_by for one in [*lost, *at_risk] if ward in one.wards and one.covered_by)),
        )
        for ward in names
    ]


def _check(terrain: Terrain, suspects: Sequence[str]) -> None:
    wrong = [name for name in suspects if name not in terrain.systems]
    if wrong or not suspects:
        near = sorted(terrain.systems)[:SUSPECTS_NAMED]
        raise OperatorError(
            f"There is no system {', '.join(wrong)} in the inventory." if wrong else "No suspect is named.",
            safe="Nothing was planned or cut.",
            next=f"Name systems by their id: {', '.join(near)}, ...",
        )


def _rank(action: Action) -> tuple[str, str]:
    return action.kind, str(action.what)


def _cut(terrain: Terrain, action: Action) -> Cut:
    functions = sorted(terrain.functions_of(action))
    if isinstance(action.what, Link):
        link, protocol = action.what, terrain.protocol(action.what).name
        return Cut(
            "block", source=link.source, target=link.target, protocol=protocol, transport=link.transport,
            port=link.port, functions=functions,
        )  # fmt: skip
    if action.kind == "disable":
        return Cut("disable", account=action.what, functions=functions)
    return Cut("isolate", system=action.what, name=terrain.systems[action.what].name, functions=functions)


def _state(
    terrain: Terrain, function: Function, outcome: Outcome, cover: Mapping[str, Mapping[str, str]], language: str
) -> FunctionState:
    why = [_words(action) for action in outcome.lost.get(function.id, [])]
    if not why:
        why = sorted(terrain.needed(function) & outcome.exposed)
    covered = function.covered_by or cover.get(function.kind, {}).get(language, "")
    return FunctionState(function.id, function.name or function.id, function.weight, function.wards, why, covered)


def _words(action: Action) -> str:
    if isinstance(action.what, Link):
        return f"{action.what.source}->{action.what.target}:{action.what.port}"
    return action.what


def _by_weight(states: Mapping[str, FunctionState], names: Collection[str]) -> list[FunctionState]:
    return sorted((states[name] for name in names), key=lambda one: (-one.weight, one.id))


def _restart(
    terrain: Terrain, suspects: Collection[str], outcome: Outcome, actions: Collection[Action], *, whole: bool
) -> list[Start]:
    off = {str(action.what) for action in actions if action.kind == "isolate"}
    down = set(terrain.systems) if whole else outcome.exposed | off
    functions = set(terrain.functions) if whole else {*outcome.lost, *outcome.at_risk}
    return restart_order(terrain, down, suspects, outcome.exposed, functions)
