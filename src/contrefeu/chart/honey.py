"""Honey patients in a store: which charts they are, and what boards, counts and lists are without them (F46).

Rules kept here:
  * They are charts like any other: folded, found and opened as any, so that nobody can tell. Only answers about more
    than one patient leave them out.
  * Named by an act of the security officer (contrefeu.acts.honey), or by the settings (`watch.honey`).
  * A bed in which only a honey patient lies is no bed of the ward: it is neither counted nor free.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from contrefeu.acts import Told, honey_patients
from contrefeu.chart.boards import BoardLine
from contrefeu.chart.deciding import Deciding
from contrefeu.chart.steps import bed_name
from contrefeu.chart.stores import ChartStore
from contrefeu.chart.views import HoneyChart


class Found(NamedTuple):
    """One of them, as the store has it."""

    number: str  # as it was named
    root: int
    chart: str  # chart id
    world: str
    line: BoardLine | None  # where a feed says that they lie, or will


class Honey:
    """Those of one store; asked within a snapshot."""

    def __init__(
        self,
        store: ChartStore,
        named: Iterable[str],
        node_of: Callable[[str], int | None],
        deciding: Deciding,
    ) -> None:
        """*named*: numbers in the settings; *node_of* finds whom a number names; *deciding*: what people said."""
        self._store = store
        self._settled = tuple(named)
        self._node_of = node_of
        self._deciding = deciding
        self._acts = -1
        self._numbers: tuple[str, ...] = ()
        self._found: tuple[int, list[Found]] = (-1, [])

    def numbers(self) -> tuple[str, ...]:
        """Return every number that is named."""
        count, acts = self._deciding.acts()
        if count != self._acts:
            told = [Told(entry.order, entry.source, act) for entry, act in acts]
            said = [number for one in honey_patients(told) for number in one.numbers]
            self._numbers, self._acts = tuple(dict.fromkeys([*self._settled, *said])), count
        return self._numbers

    def found(self) -> list[Found]:
        """Return those of whom there is a chart."""
        numbers = self.numbers()
        if not numbers:
            return []
        total = self._store.kept.total()  # grows with every entry: nobody comes, moves or is named without one
        if total != self._found[0]:
            self._found = total, self._look(numbers)
        return self._found[1]

    def _look(self, numbers: Iterable[str]) -> list[Found]:
        identities, known = self._store.identities, dict[int, Found]()
        for number in numbers:
            node = self._node_of(number)
            root = None if node is None else identities.root(node)
            if root is None or root in known or not self._store.folded.known(root):
                continue
            world = identities.text(root).partition(" ")[0]
            chart = str(UUID(bytes=identities.chart_of(root)))
            known[root] = Found(number, root, chart, world, self._store.places.line(root))
        return list(known.values())

    def described(self) -> list[HoneyChart]:
        """Return them as answers say them."""
        return [
            HoneyChart(one.number, one.chart, one.line.row.ward if one.line and not one.line.comes_ns else "")
            for one in self.found()
        ]

    def roots(self) -> frozenset[int]:
        """Return where their charts stand."""
        return frozenset(one.root for one in self.found())

    def charts(self) -> frozenset[str]:
        """Return the ids of their charts."""
        return frozenset(one.chart for one in self.found())

    def patients(self, world: str) -> int:
        """Return how many patients there are in a world without them."""
        return self._store.folded.patients(world) - sum(one.world == world for one in self.found())

    def wards(self, world: str) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
        """Return patients and alerts of each ward, and its beds, without them."""
        counts, beds = self._store.places.wards(world), self._store.places.bed_counts(world)
        lying: Counter[str] = Counter()
        alerts: Counter[str] = Counter()
        for one in self.found():
            if one.world == world and one.line is not None and not one.line.comes_ns:
                lying[one.line.row.ward] += 1
                alerts[one.line.row.ward] += bool(one.line.alerts)
        for ward, n in lying.items():
            patients, alerted = counts.get(ward, (0, 0))
            counts[ward] = (patients - n, alerted - alerts[ward])
            beds[ward] = beds.get(ward, 0) - len(self.beds(world, ward, self._store.places.lines(world, ward)))
            if not counts[ward][0] and beds[ward] <= 0:  # a ward that no feed names but for them
                del counts[ward], beds[ward]
        return counts, beds

    def beds(self, world: str, ward: str, lines: Iterable[BoardLine]) -> set[str]:
        """Return the beds of a ward in which only they lie; *lines*: of everybody there."""
        charts = self.charts()
        theirs = {bed_of(one) for one in lines if one.row.id in charts}
        taken = {bed_of(one) for one in lines if one.row.id not in charts}
        return (theirs - taken - {""}) & set(self._store.places.beds(world, ward))


def bed_of(line: BoardLine) -> str:
    """What the bed of a line is called."""
    return bed_name(line.row.room, line.row.bed)
