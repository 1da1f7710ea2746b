"""The cheapest set of actions, proved: one integer program, solved by OR-tools' CP-SAT.

    minimise   lost functions + functions at risk + exposed systems + actions       (zones.Terrain, in thousandths)
    such that  a way that is open leads from an exposed system to an exposed one
               nothing that is to be protected is exposed

Several links of one function cost it once: that is why no minimum cut of a graph says it (finding the cheapest set of
labels that parts two nodes is NP-hard), and why the bound is shown: cost = bound is a proof.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

from contrefeu.base import OperatorError
from contrefeu.contain.inventory import Function
from contrefeu.contain.zones import Action, Terrain

SOLVE_S_MAX = 45.0  # seconds of search: a crisis cell waits a minute; what was found by then is shown with its bound
SEED = 1  # one thread and one seed: the same plan each time


class Solution(NamedTuple):
    """What was found."""

    actions: frozenset[Action]
    cost: int  # thousandths of a care point
    bound: int  # no set of actions costs less
    proven: bool  # cost = bound


def solve(terrain: Terrain, suspects: Collection[str], seconds: float = SOLVE_S_MAX) -> Solution:
    """Find the cheapest actions.

    Raises:
        OperatorError: OR-tools is not installed, or nothing keeps the fire from what must be protected.
    """
    model = _Model(terrain, suspects)
    return model.solved(seconds)


def _cp_model() -> Any:
    try:
        from ortools.sat.python import cp_model  # noqa: PLC0415 - heavy, and an extra
    except ImportError:
        raise OperatorError(
            "Planning a cut needs OR-tools, which is not installed here.",
            safe="Nothing was planned or cut.",
            next="pip install 'contrefeu[contain]', or plan on another machine: an inventory holds no patient.",
        ) from None
    return cp_model


class _Model:
    """The program: a variable a system within reach, one that may be unplugged, a rule, an account, a function."""

    def __init__(self, terrain: Terrain, suspects: Collection[str]) -> None:
        self._cp = _cp_model()
        self._model = self._cp.CpModel()
        self._terrain = terrain
        self._suspects = frozenset(suspects)
        self._near = sorted(terrain.outcome(suspects, ()).exposed)  # nothing done: no action is of use beyond it
        self._actions: dict[Action, Any] = {}
        self._costs: list[Any] = []
        weights = terrain.spread.weights
        self._exposed: dict[str, Any] = {name: self._exposure(name) for name in self._near}
        self._costs += [
            round(1000 * weights.exposed_system) * self._exposed[name] for name in self._near if name not in suspects
        ]
        for name in self._near:
            self._leave(name)
        for account in sorted(terrain.holders):
            self._stolen(account)
        costing = defaultdict(list)
        for action, variable in self._actions.items():
            self._costs.append(terrain.effort(action, suspects) * variable)
            for name in terrain.functions_of(action):
                costing[name].append(variable)
        for function in terrain.functions.values():
            self._care(function, costing[function.id])
        self._model.minimize(sum(self._costs))
        self._simple = self._fence()
        for action, variable in self._actions.items():
            self._model.add_hint(variable, action in self._simple[0])

    def _fence(self) -> tuple[frozenset[Action], int]:
        """The better of two plans that need no search, and its price: every suspect parted from all, or all unplugged.

        The search begins there, and on a machine too slow to search it is the answer: never "nothing to do".
        """
        possible = self._actions.keys()
        fence = {Action("isolate", name) for name in self._suspects}
        fence |= {Action("disable", one) for name in self._suspects for one in self._terrain.systems[name].accounts}
        fence |= {
            action
            for name in self._suspects
            if Action("isolate", name) not in possible
            for way in self._terrain.ways_from.get(name, [])
            for action in self._terrain.closers(way.link)[:1]
        }
        off = {action for action in possible if action.kind != "block"}
        tried = [frozenset(fence & possible), frozenset(off)]
        prices = [(done, self._terrain.outcome(self._suspects, done)) for done in tried]
        protected = {name for name in self._near if self._terrain.systems[name].protect} - self._suspects
        kept = [one for one in prices if protected.isdisjoint(one[1].exposed)] or prices[1:]
        done, outcome = min(kept, key=lambda one: one[1].cost)
        return done, outcome.cost

    def _exposure(self, name: str) -> Any:
        if name in self._suspects:
            return self._model.new_constant(1)
        if self._terrain.systems[name].protect:
            return self._model.new_constant(0)
        return self._model.new_bool_var("")

    def _action(self, action: Action) -> list[Any]:
        """The variable of *action*, in a list; an empty one when it cannot be done."""
        possible = action.kind != "isolate" or not self._terrain.systems[str(action.what)].fixed
        if possible and action not in self._actions:
            self._actions[action] = self._model.new_bool_var("")
        return [self._actions[action]] if possible else []

    def _isolated(self, name: str) -> list[Any]:
        return self._action(Action("isolate", name))

    def _leave(self, name: str) -> None:
        """Every way from *name* is closed, or its end is exposed too."""
        terrain, here = self._terrain, self._exposed[name].negated()
        for way in terrain.ways_from.get(name, []):
            if way.target not in self._suspects:
                closed = [one for action in terrain.closers(way.link) for one in self._action(action)]
                ends = [*self._isolated(name), *self._isolated(way.target)]
                self._model.add_bool_or([here, self._exposed[way.target], *closed, *ends])
        for member in terrain.members.get(name, []):
            if member not in self._suspects:
                ends = [*self._isolated(name), *self._isolated(member)]
                self._model.add_bool_or([here, self._exposed[member], *ends])

    def _stolen(self, account: str) -> None:
        holders = [name for name in self._terrain.holders[account] if name in self._exposed]
        if len(holders) < 2:
            return
        stolen, disabled = self._model.new_bool_var(""), self._action(Action("disable", account))
        for name in holders:
            self._model.add_bool_or([self._exposed[name].negated(), stolen, *disabled])
            self._model.add_bool_or([stolen.negated(), self._exposed[name], *self._isolated(name)])

    def _care(self, function: Function, costing: list[Any]) -> None:
        """What *function* costs: it is lost by each action of *costing*."""
        terrain = self._terrain
        lost, at_risk = self._model.new_bool_var(""), self._model.new_bool_var("")
        near = [self._exposed[name] for name in sorted(terrain.needed(function)) if name in self._exposed]
        for action in costing:
            self._model.add_implication(action, lost)
        for exposed in near:
            self._model.add_bool_or([exposed.negated(), lost, at_risk])
        if costing:
            # Only what was done loses a function: nobody gives one up to be rid of its risk.
            self._model.add_bool_or([lost.negated(), *costing])
            self._costs.append(terrain.function_cost(function) * lost)
        else:
            self._model.add(lost == 0)
        if near:
            self._costs.append(terrain.risk_cost(function) * at_risk)

    def solved(self, seconds: float) -> Solution:
        """Search."""
        cp, solver = self._cp, self._cp.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = SEED
        status = solver.solve(self._model)
        if status == cp.INFEASIBLE:
            raise OperatorError(
                "Nothing that can be done keeps the suspects from what must be protected.",
                safe="Nothing was cut.",
                next="See which system is `fixed` or `protect`, and which zones have no filter.",
            )
        if status not in (cp.OPTIMAL, cp.FEASIBLE):
            return Solution(*self._simple, 0, False)
        done = frozenset(action for action, variable in self._actions.items() if solver.value(variable))
        cost = round(solver.objective_value)
        bound = max(0, min(cost, round(solver.best_objective_bound)))
        return Solution(done, cost, bound, status == cp.OPTIMAL)
