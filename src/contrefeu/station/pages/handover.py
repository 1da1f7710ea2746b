"""The hand-over of a ward: one block a patient, with what the chart knows and what must not be forgotten (F12)."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.chart import BoardRow
from contrefeu.chart.sheet import Report, Sheet, story_of
from contrefeu.station.care.handover import Facts, facts_of
from contrefeu.station.house import House
from contrefeu.station.pages.writing import due_there, writes_here

PATIENTS_MAX = 80  # of one sheet: two wards' worth


@dataclass(frozen=True, slots=True)
class HandoverLine:
    """One patient."""

    row: BoardRow
    facts: Facts
    last: Report | None  # the last hand-over that somebody signed


@dataclass(frozen=True, slots=True)
class HandoverPage:
    """One ward."""

    ward: str
    name: str
    lines: Sequence[HandoverLine]
    writes: bool
    left_out: int

    def count(self, *kinds: str) -> int:
        """How many things of these kinds wait on the ward."""
        return sum(len(line.facts.of(*kinds)) for line in self.lines)

    @property
    def unknown(self) -> int:
        """Doses that nobody knows were given."""
        return sum(one.state == "unknown" for line in self.lines for one in line.facts.doses)


class HandoverPages:
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/handover/{ward:path}", self.sheet, "chart")]

    async def sheet(self, request: Request) -> Response:
        """Show the sheet of one ward."""
        house, ward = self._house, str(request.path_params["ward"])
        if not house.account(request).in_scope(ward):
            raise await house.shell.refusal(request)
        house.shell.look(request, "board", what=f"handover {ward}")
        board = await house.charts.board(ward, house.world(request))
        lines = [line for row in board.rows[:PATIENTS_MAX] if (line := await self._line(row, ward))]
        page = HandoverPage(
            ward, board.name or ward, lines, writes_here(house, ward, "notes"), len(board.rows) - len(lines)
        )
        return await house.shell.render(request, "handover.html", page)

    async def _line(self, row: BoardRow, ward: str) -> HandoverLine | None:
        house = self._house
        chart = await house.charts.chart(row.id)
        if chart is None:
            return None
        sheet = Sheet(chart, house.deps.clock.now_ns())
        reports = [one for one in story_of(sheet).reports if "SBAR" in one.title and not one.struck]
        return HandoverLine(row, facts_of(sheet, due_there(house, ward, row.due)), next(iter(reports), None))
