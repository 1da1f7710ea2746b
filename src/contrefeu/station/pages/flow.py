"""Who waits in the emergency department, who is expected, who leaves: the whole house on one page.

Rules kept here:
  * Who is to be hidden is hidden here too (F24); triage, doctor and results are for those who care for the patient.
  * The gravest first, as far as a level says so; then who has waited longest. Nobody without a level is put last: they
    stand first, and are marked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.chart import BoardRow
from contrefeu.station.house import House
from contrefeu.station.pages.writing import writes_here


@dataclass(frozen=True, slots=True)
class FlowLine:
    """One patient."""

    row: BoardRow
    hidden: bool
    cared: bool
    writes: bool


@dataclass(frozen=True, slots=True)
class FlowPage:
    """Who comes, waits and leaves."""

    emergency: Sequence[FlowLine]
    coming: Sequence[FlowLine]
    leaving: Sequence[FlowLine]

    @property
    def unsorted(self) -> int:
        """How many in the emergency department have no level."""
        return sum(line.row.emergency is None for line in self.emergency)


class FlowPages:
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/flow", self.show, "board")]

    async def show(self, request: Request) -> Response:
        """Show the three lists."""
        house, world = self._house, self._house.world(request)
        house.shell.look(request, "board", what="flow")
        boards = [await house.charts.board(ward.id, world) for ward in await house.charts.wards(world)]
        rows = [row for board in boards for row in board.rows]
        page = FlowPage(
            emergency=self._lines(request, sorted((r for r in rows if r.stay_class == "EMER"), key=_gravest)),
            coming=self._lines(request, sorted((r for b in boards for r in b.coming), key=lambda row: row.comes)),
            leaving=self._lines(request, sorted((r for r in rows if r.leaves), key=lambda row: row.leaves)),
        )
        return await house.shell.render(request, "flow.html", page)

    def _lines(self, request: Request, rows: Sequence[BoardRow]) -> list[FlowLine]:
        house, account = self._house, self._house.account(request)
        return [
            FlowLine(
                row=row,
                hidden=house.hides(request, row),
                cared=account.may("chart") and account.in_scope(row.ward),
                writes=account.may("write")
                and account.in_scope(row.ward)
                and writes_here(house, row.ward, "observations"),
            )
            for row in rows
        ]


def _gravest(row: BoardRow) -> tuple[bool, str, str]:
    return (row.emergency is not None, row.emergency.level if row.emergency else "", row.admitted)
