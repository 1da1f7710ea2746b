"""Who was in a ward and is not there any more, in a store: for the ward that goes back to its record system (FIELD F4).

Rules kept here:
  * Who lies in the ward now, under any of its names, has not left it, however often they went and came.
  * A patient is named once, with the last time that they left; who only went from one name of a ward to another stays.
"""

from uuid import UUID

from contrefeu.base import rfc3339
from contrefeu.chart.boards import has_left
from contrefeu.chart.departures import Departure, Left
from contrefeu.chart.honey import Honey
from contrefeu.chart.stores import ChartStore
from contrefeu.chart.wards import Wards


class LeftWards:
    """Those of one store; asked within a snapshot."""

    def __init__(self, store: ChartStore, wards: Wards, honey: Honey) -> None:
        self._store, self._wards, self._honey = store, wards, honey

    def of(self, ward: str, since_ns: int, now_ns: int, world: str) -> list[Left]:
        """Return who left *ward* since an instant, the last one first."""
        ward, last = self._wards.home(ward), dict[int, Departure]()
        for name in self._wards.members(ward):
            for root, one in self._store.departures.out_of(world, name, since_ns, now_ns):
                if self._goes_away(one, ward) and (root not in last or one.at_ns > last[root].at_ns):
                    last[root] = one
        honey = self._honey.roots()
        found = [self._left(root, one, now_ns) for root, one in last.items() if root not in honey]
        return sorted((one for one in found if one.now != ward), key=lambda one: (one.at, one.id), reverse=True)

    def _goes_away(self, one: Departure, ward: str) -> bool:
        return not one.to or self._wards.home(one.to) != ward

    def _left(self, root: int, one: Departure, now_ns: int) -> Left:
        now = self._ward_now(root, now_ns)
        out = [other for other in self._store.departures.of(root) if other.at_ns <= now_ns]
        last = now or self._wards.home(out[0].place[0] if out else one.place[0])
        id_ = str(UUID(bytes=self._store.identities.chart_of(root)))
        _, room, bed = (*one.place, "", "")[:3]
        to = self._wards.home(one.to) if one.to else ""
        return Left(id_, room, bed, rfc3339(one.at_ns), to, one.how, now, last)

    def _ward_now(self, root: int, now_ns: int) -> str:
        line = self._store.places.line(root)
        if line is None or line.comes_ns or has_left(line, now_ns):
            return ""
        return self._wards.home(line.row.ward)
