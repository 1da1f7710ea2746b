"""Expected spread: how far the fire is after some hours, by seeded simulation.

Each way takes a time drawn from an exponential law whose chance of an hour is the model's (data/spread.toml); a system
is struck when the fastest chain of ways reaches it. The chances are assumptions, said so where figures are shown.
"""

import heapq
import math
import random
from collections.abc import Collection, Iterator

from msgspec import Struct

from contrefeu.acts import Course, CourseName
from contrefeu.contain.zones import Action, Link, Outcome, Terrain

HOURS = 24  # a night and the day after: when Rouen's systems had been off for a day, half were still off on the third
RUNS = 100  # of a hospital of some hundred systems: the mean is within a tenth of the spread's width
STEPS_MAX = 400_000  # ways walked in all: a large hospital has fewer runs, so that a plan takes a minute
SEED = 1

_Cut = tuple[frozenset[Action], frozenset[Link]]  # what is done, and the links that it closes


class Expected(Struct, frozen=True):
    """What is to be expected of one course of action."""

    runs: int
    systems_struck: float  # mean; suspects are not counted
    systems_struck_95: int  # 95 runs of 100 have no more
    systems_off: int  # unplugged
    functions_lost: int  # for certain, by what was done
    care_lost: float  # points lost by what was done
    care_struck: float  # points lost to the fire on top, mean


def expect(
    terrain: Terrain, suspects: Collection[str], actions: Collection[Action], seed: int = SEED, hours: float = HOURS
) -> Expected:
    """Simulate *actions*."""
    done, outcome = frozenset(actions), terrain.outcome(suspects, actions)
    closed = terrain.closed(done)
    reach = sum(len(terrain.ways_from.get(name, [])) + 1 for name in outcome.exposed)
    runs = max(20, min(RUNS, STEPS_MAX // reach))
    rng = random.Random(seed)  # noqa: S311 - chance, not secrecy
    struck: list[int] = []
    care = 0.0
    for _ in range(runs):
        reached = _struck(terrain, suspects, (done, closed), hours, rng)
        struck.append(len(reached - set(suspects)))
        care += _care(terrain, outcome, reached)
    lost = sum(terrain.functions[name].weight for name in outcome.lost)
    off = sum(action.kind == "isolate" for action in done)
    worst = sorted(struck)[math.ceil(0.95 * runs) - 1]
    return Expected(runs, sum(struck) / runs, worst, off, len(outcome.lost), lost, care / runs)


def _care(terrain: Terrain, outcome: Outcome, reached: Collection[str]) -> float:
    """Points of functions that were at risk and were struck."""
    names = [terrain.functions[name] for name in outcome.at_risk]
    return sum(one.weight for one in names if not terrain.needed(one).isdisjoint(reached))


def _struck(terrain: Terrain, suspects: Collection[str], cut: _Cut, hours: float, rng: random.Random) -> set[str]:
    """One run: systems that the fire reaches in time."""
    reached: set[str] = set()
    accounts: set[str] = set()
    queue = [(0.0, name) for name in sorted(suspects)]
    while queue:
        at, here = heapq.heappop(queue)
        if here in reached:
            continue
        reached.add(here)
        for target, chance in _steps(terrain, here, cut, accounts):
            if target not in reached and Action("isolate", target) not in cut[0] and chance:
                then = at + rng.expovariate(-math.log1p(-min(chance, 0.999)))
                if then <= hours:
                    heapq.heappush(queue, (then, target))
    return reached


def _steps(terrain: Terrain, here: str, cut: _Cut, accounts: set[str]) -> Iterator[tuple[str, float]]:
    spread, (done, closed) = terrain.spread, cut
    for account in terrain.systems[here].accounts:
        if account not in accounts and Action("disable", account) not in done:
            accounts.add(account)
            yield from ((holder, spread.account.chance_per_hour) for holder in terrain.holders[account])
    if Action("isolate", here) in done:
        return
    for way in terrain.ways_from.get(here, []):
        if way.link not in closed:
            yield way.target, terrain.protocol(way.link).chance_per_hour
    yield from ((member, spread.trust.chance_per_hour) for member in terrain.members.get(here, []))


def course(name: CourseName, one: Expected) -> Course:
    """What people are shown of it."""
    care = one.care_lost + one.care_struck
    return Course(name, one.systems_off, round(one.systems_struck, 1), one.systems_struck_95, round(care, 1))


def everything_off(terrain: Terrain) -> list[Action]:
    """What was done at Rouen: every system unplugged."""
    return [Action("isolate", name) for name in terrain.systems]
