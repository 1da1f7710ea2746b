"""In which order to start again: what others need first, and of what may start, what care needs most.

Rules kept here:
  * A system starts after those it needs and those that command it, if they are down too.
  * Of those that may start, the one first whose return gives back most care, with all that waits for it.
  * A circle of needs has no order: it is entered where most care waits, and the sheet says what is still missing then.
"""

from collections.abc import Collection, Iterable

from contrefeu.acts import How, Start
from contrefeu.contain.zones import Terrain


def restart_order(
    terrain: Terrain, down: Collection[str], suspects: Collection[str], exposed: Collection[str],
    functions: Collection[str],
) -> list[Start]:  # fmt: skip
    """The order in which *down* starts again, so that *functions* come back."""
    needs = {name: _needs(terrain, name) & set(down) for name in down}
    waiting = _waiting(terrain, needs, functions)
    care = {name: sum(terrain.functions[one].weight for one in found) for name, found in waiting.items()}
    left, started, order = set(down), set[str](), list[Start]()
    while left:
        free = [name for name in left if needs[name] <= started] or left
        name = min(free, key=lambda one: (-care[one], len(needs[one] - started), one))
        how: How = "make-anew" if name in suspects else "check" if name in exposed else "plug-in"
        after, missing = sorted(needs[name] & started), sorted(needs[name] - started)
        named = terrain.systems[name].name or name
        order.append(Start(len(order) + 1, name, named, how, after, missing, sorted(waiting[name]), care[name]))
        left.remove(name)
        started.add(name)
    return order


def _needs(terrain: Terrain, name: str) -> set[str]:
    one = terrain.systems[name]
    return {*one.needs, *one.trusts} - {name}


def _waiting(terrain: Terrain, needs: dict[str, set[str]], functions: Iterable[str]) -> dict[str, set[str]]:
    """Functions that wait for each system, directly or through one that needs it."""
    found: dict[str, set[str]] = {name: set() for name in needs}
    for function in functions:
        queue = [name for name in terrain.needed(terrain.functions[function]) if name in needs]
        while queue:
            name = queue.pop()
            if function not in found[name]:
                found[name].add(function)
                queue += needs[name]
    return found
