"""Where somebody can lie: the wards with their free beds, and the beds of one."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from contrefeu.chart import bed_name
from contrefeu.chart.sheet import Person
from contrefeu.station.care import Bed
from contrefeu.station.house import House


@dataclass(frozen=True, slots=True)
class WardChoice:
    """One ward that somebody may go to."""

    id: str
    name: str
    free: int
    beds: int  # known; 0 when none is
    patients: int


@dataclass(frozen=True, slots=True)
class WardsChoicePage:
    """Which ward?"""

    person: Person | None
    wards: Sequence[WardChoice]
    to: str  # address that takes ?ward=
    back: str


async def beds_of(house: House, request: Request, ward: str) -> list[Bed]:
    """Return the beds of *ward*, and who lies in each."""
    board = await house.charts.board(ward, house.world(request))
    taken = [
        Bed(bed_name(row.room, row.bed), f"{row.family} {row.given}".strip() or "?", house.hides(request, row))
        for row in board.rows
        if row.bed or row.room
    ]
    return [*map(Bed, board.free_beds), *taken]


async def wards_of(house: House, request: Request) -> list[WardChoice]:
    """Return every ward with its free beds."""
    found = []
    for ward in await house.charts.wards(house.world(request)):
        board = await house.charts.board(ward.id, house.world(request))
        found.append(WardChoice(ward.id, ward.name, len(board.free_beds), ward.beds, len(board.rows)))
    return found


async def choose_ward(house: House, request: Request, person: Person | None, to: str, back: str) -> Response:
    """Ask to which ward somebody goes."""
    page = WardsChoicePage(person, await wards_of(house, request), to, back)
    return await house.shell.render(request, "wards_choice.html", page)
