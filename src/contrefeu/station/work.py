"""What waits for whom: critical results follow their patient to the ward, or to their physician, then to the house.

Rules kept here:
  * Who sees it: whoever cares for the ward where the patient lies now; after a discharge the physician who is named.
  * Past the delay of [care] escalate_minutes it is the whole house's: every role that serves it, the hospital's board.
  * It is asked of people while their ward is in downtime: before, the record system asks.
  * What was old when it came in is in a list, and no alarm (F34).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contrefeu.access import Account
from contrefeu.base import Clock, parse_rfc3339
from contrefeu.chart import WorkItem, WorkLine
from contrefeu.station.deps import ChartsLike
from contrefeu.station.staff import Staff

STALE_NS = 1_000_000_000  # 1 s: how late a page may learn of a result that another entry brought
ALARMS = frozenset({"critical", "corrected"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, and for whom."""

    line: WorkLine
    item: WorkItem
    ward: str  # where the patient lies now
    escalated: bool

    @property
    def address(self) -> str:
        """What names its line in an address."""
        return self.item.resource.partition("/")[2]


class WorkInHand:
    """What waits, asked of the charts once a second at most."""

    def __init__(self, charts: ChartsLike, clock: Clock, staff: Staff, escalate_minutes: int) -> None:
        self._charts, self._clock, self._staff = charts, clock, staff
        self._delay_ns = escalate_minutes * 60 * 1_000_000_000
        self._known: dict[str, tuple[int, list[WorkLine]]] = {}

    def forget(self) -> None:
        """Somebody here has just written: ask again."""
        self._known.clear()

    async def all(self, world: str) -> list[Waiting]:
        """Return everything that waits, the alarms first, the newest first."""
        now = self._clock.now_ns()
        read_ns, lines = self._known.get(world, (0, []))
        if not 0 <= now - read_ns < STALE_NS:
            lines = await self._charts.work(world)
            self._known[world] = (now, lines)
        found = [self._waiting(line, item, now) for line in lines for item in line.items]
        return sorted(found, key=lambda one: (one.item.kind not in ALARMS, not one.escalated, -_ns(one.item.received)))

    async def alarms(self, world: str) -> list[Waiting]:
        """Return what must be acknowledged now, of wards in downtime."""
        if not self._staff.downtime.declared:
            return []
        return [
            one
            for one in await self.all(world)
            if one.item.kind in ALARMS and not one.item.old and self._staff.downtime.of(one.ward)
        ]

    def _waiting(self, line: WorkLine, item: WorkItem, now: int) -> Waiting:
        gone = 0 < line.leaves_ns <= now
        ward = "" if gone else line.ward
        waited_ns = now - _ns(item.received)
        lost = not ward and not any(_asked(one, line, item) for one in self._staff.counting())
        return Waiting(line, item, ward, item.kind in ALARMS and (lost or waited_ns >= self._delay_ns))


def concerns(account: Account, one: Waiting) -> bool:
    """Whether *one* is for this person: of their wards, their own patient who left, or the whole house's by now."""
    if not account.may("chart"):
        return False
    if account.whole_house:
        return one.escalated
    if one.item.kind == "settle":
        return account.in_scope(one.ward or one.item.to)
    return account.in_scope(one.ward) if one.ward else _asked(account, one.line, one.item)


def for_person(account: Account, found: Iterable[Waiting]) -> list[Waiting]:
    """Return what is for this person."""
    return [one for one in found if concerns(account, one)]


def of_kind(found: Sequence[Waiting], *kinds: str) -> list[Waiting]:
    """Return what waits, of these kinds."""
    return [one for one in found if one.item.kind in kinds]


def _asked(account: Account, line: WorkLine, item: WorkItem) -> bool:
    """Whether this person asked for it, or was the physician of the stay."""
    return _is(account, item.prescriber) or _is(account, line.physician)


def _is(account: Account, name: str) -> bool:
    """Whether *name*, as a feed or a chart has it, is this person's."""
    return bool(name) and set(name.casefold().split()) <= set(account.name.casefold().split())


def _ns(moment: str) -> int:
    try:
        return parse_rfc3339(moment)
    except ValueError:
        return 0
