"""Whose chart people mean: by its id, by a key, by a number that one patient alone ever had.

Rules kept here:
  * A number that two patients had leads to none of them.
  * The world of the house goes first: exercises show where nobody is real, and never in place of somebody who is.
"""

from uuid import UUID

from contrefeu.chart.folding import node_text
from contrefeu.chart.stores import ChartStore
from contrefeu.chart.views import World

WORLDS: tuple[World, World] = ("P", "T")
NAMESAKES_MAX = 50  # charts that had a number, looked at to see whether one of them alone had it


class Called:
    """What the charts of one store are called; asked within a snapshot."""

    def __init__(self, store: ChartStore) -> None:
        self._store = store

    def node(self, id_: str) -> int | None:
        """Return the node that *id_* names: as a chart's id, as a key, as a number; None for nobody, or several."""
        try:
            found = self._store.identities.by_chart(UUID(id_).bytes)
        except ValueError:
            found = None
        if found is not None:
            return found
        own = self.world("")
        worlds = (own, "T" if own == "P" else "P")
        for world in worlds:
            known = self._store.identities.known(node_text(world, id_)) if "|" in id_ else None
            if known is not None:
                return known
        had = self._who_had(id_)
        for world in worlds:
            nodes = [node for node, of in had.items() if of == world]
            if nodes:
                return nodes[0] if len(nodes) == 1 else None
        return None

    def world(self, asked: str) -> World:
        """Return the world that is asked for; for "", the node's own: exercises show where nobody is real."""
        if asked in WORLDS:
            return "T" if asked == "T" else "P"
        folded = self._store.folded
        return "T" if not folded.patients("P") and folded.patients("T") else "P"

    def _who_had(self, number: str) -> dict[int, str]:
        """The charts that ever had a number, with or without its authority, and their worlds."""
        authority, bar, value = number.rpartition("|")
        roots = self._store.people.by_number(value, NAMESAKES_MAX + 1)
        if len(roots) > NAMESAKES_MAX:
            return dict.fromkeys(roots, WORLDS[0])  # several, whoever they are
        found = {}
        for root in roots:
            chart = self._store.folded.chart(root)
            if chart is None:
                continue
            numbers = chart.identity.numbers.values()
            if any(one.get("value") == value and (not bar or authority in _authorities(one)) for one in numbers):
                found[root] = chart.world
        return found


def _authorities(number: dict[str, object]) -> set[str]:
    assigner = number.get("assigner")
    named = str(assigner.get("display", "")) if isinstance(assigner, dict) else ""
    return {named, str(number.get("system", ""))} - {""}
