"""What waits: results to acknowledge, orders to sign, tasks; of the person's wards, and what the house must see."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.station.house import House
from contrefeu.station.work import ALARMS, Waiting, for_person, of_kind

OLD_SHOWN = 200  # of the results that were old when they came in; how many there are is said


@dataclass(frozen=True, slots=True)
class WorkPage:
    """What waits for one person."""

    alarms: Sequence[Waiting]
    old: Sequence[Waiting]  # results that were history when they came in (F34)
    old_count: int
    unsigned: Sequence[Waiting]
    tasks: Sequence[Waiting]
    downtime: bool  # whether it is asked of anybody here


class WorkPages:
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/work", self.work, "chart")]

    async def work(self, request: Request) -> Response:
        """Show what waits."""
        house = self._house
        await house.shell.look(request, "board", what="work")
        account, downtime = house.account(request), house.staff.downtime
        everything = await house.work.all(house.world(request))
        if account.whole_house:
            found = [one for one in everything if account.may("chart")]
        else:
            found = for_person(account, everything)
        results = [one for one in of_kind(found, *ALARMS) if downtime.of(one.ward)]
        old = [one for one in results if one.item.old]
        page = WorkPage(
            alarms=[one for one in results if not one.item.old],
            old=old[:OLD_SHOWN],
            old_count=len(old),
            unsigned=of_kind(found, "unsigned"),
            tasks=of_kind(found, "task"),
            downtime=bool(downtime.declared),
        )
        return await house.shell.render(request, "work.html", page)
