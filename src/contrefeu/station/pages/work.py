"""What waits: results to acknowledge, orders to sign, tasks; of the person's wards, and what the house must see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec.structs import replace as change
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.access import EVERY_WARD, Account
from contrefeu.chart import BoardRow, DueItem
from contrefeu.station.handing_back import late_in
from contrefeu.station.house import House
from contrefeu.station.pages.writing import Written, due_there, where_written
from contrefeu.station.work import ALARMS, Waiting, for_person, of_kind

DOSES_SHOWN = 200  # a ward of 40 beds with five each
OLD_SHOWN = 200  # of the results that were old when they came in; how many there are is said


@dataclass(frozen=True, slots=True)
class UnknownDose:
    """A dose that fell due while nobody told this screen."""

    row: BoardRow
    item: DueItem
    written: Written  # where its ward answers


@dataclass(frozen=True, slots=True)
class WorkPage:
    """What waits for one person."""

    alarms: Sequence[Waiting]
    old: Sequence[Waiting]  # results that were history when they came in (F34)
    old_count: int
    unsigned: Sequence[Waiting]
    tasks: Sequence[Waiting]
    clashes: Sequence[Waiting]  # acts of two stations that do not go together
    late: Sequence[Waiting]  # done here after a ward's cut-over to its record system
    doses: Sequence[UnknownDose]  # of which nobody has said what became of them (F2)
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
        house.shell.look(request, "board", what="work")
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
            clashes=[self._named(one) for one in of_kind(found, "settle")],
            late=await self._late(request),
            doses=await self._doses(request),
            downtime=bool(downtime.declared),
        )
        return await house.shell.render(request, "work.html", page)

    async def _late(self, request: Request) -> Sequence[Waiting]:
        """What was done too late on the person's own wards; who serves the house finds it on each ward's page."""
        house, account = self._house, self._house.account(request)
        wards = [] if account.whole_house or not account.may("handback") else self._own(account)
        return [one for ward in wards for one in await late_in(house, ward, house.world(request))]

    async def _doses(self, request: Request) -> Sequence[UnknownDose]:
        """Doses of the person's own wards that nobody answered for, bed by bed."""
        house, account, found = self._house, self._house.account(request), []
        for ward in self._own(account) if account.may("write") else []:
            if house.staff.downtime.of(ward):
                board, written = (
                    await house.charts.board(ward, house.world(request)),
                    where_written(house, ward, "medicines"),
                )
                for row in board.rows:
                    due = due_there(house, ward, row.due)
                    found += [UnknownDose(row, item, written) for item in due if item.state == "unknown" and item.at]
        return found[:DOSES_SHOWN]

    def _own(self, account: Account) -> Sequence[str]:
        """The person's wards, each under one name."""
        return list(dict.fromkeys(self._house.staff.wards.home(one) for one in account.wards if one != EVERY_WARD))

    def _named(self, one: Waiting) -> Waiting:
        """What waits to be settled, with people by name."""
        assert one.item.clash is not None, "it is made with its two acts"
        [clash] = self._house.named([one.item.clash])
        return replace(one, item=change(one.item, clash=clash))
