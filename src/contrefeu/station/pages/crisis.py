"""The whole hospital for those who steer it: a ward a line, and what waits for somebody. Numbers, and no name.

Rules kept here:
  * A ward's free beds are those that its own board shows: two pages never differ.
  * What is late or critical counts for everybody here: it is a number, and opens no chart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.acts import InForce
from contrefeu.chart import Board, due_in_downtime
from contrefeu.station.house import House


@dataclass(frozen=True, slots=True)
class WardLine:
    """One ward."""

    id: str
    name: str
    patients: int
    free: int
    beds: int  # known; 0 when none is
    coming: int
    leaving: int
    on_leave: int
    deceased: int
    unknown: int  # identities that are not to be relied on
    isolated: int
    late: int
    critical: int
    disputed: int
    medium: str  # "paper", "screen"; "" when not in downtime
    since: str  # of its downtime
    apart: Mapping[str, InForce]  # functions that are written elsewhere than that


@dataclass(frozen=True, slots=True)
class CrisisPage:
    """The house."""

    wards: Sequence[WardLine]
    waiting: int  # results without owner (F31)
    oldest: str  # RFC 3339: since when the first of those listed waits
    all_listed: bool  # whether none can be older than that one
    unread: int

    def total(self, name: str) -> int:
        """The sum of a column."""
        return sum(getattr(ward, name) for ward in self.wards)


class CrisisPages:
    """Their handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/crisis", self.show, "board")]

    async def show(self, request: Request) -> Response:
        """Show every ward in numbers."""
        house, world = self._house, self._house.world(request)
        house.shell.look(request, "board", what="crisis")
        wards = await house.charts.wards(world)
        lines = [self._line(await house.charts.board(ward.id, world), ward.beds) for ward in wards]
        status, waiting = await house.charts.status(), await house.charts.waiting()
        page = CrisisPage(
            wards=lines,
            waiting=max(status.waiting, len(waiting)),
            oldest=min((one.received for one in waiting), default=""),
            all_listed=len(waiting) >= status.waiting,
            unread=status.unread,
        )
        return await house.shell.render(request, "crisis.html", page)

    def _line(self, board: Board, beds: int) -> WardLine:
        declared, now_ns = self._house.staff.downtime.of(board.ward), self._house.deps.clock.now_ns()
        until_ns = declared.elsewhere_until_ns(now_ns) if declared else 0
        due = [item for row in board.rows for item in (due_in_downtime(row.due, until_ns) if declared else row.due)]
        return WardLine(
            id=board.ward,
            name=board.name,
            patients=len(board.rows),
            free=len(board.free_beds),
            beds=beds,
            coming=len(board.coming),
            leaving=sum(bool(row.leaves) for row in board.rows),
            on_leave=sum(row.on_leave for row in board.rows),
            deceased=sum(row.deceased for row in board.rows),
            unknown=sum(bool(row.doubts) for row in board.rows),
            isolated=sum(bool(row.isolation) for row in board.rows),
            late=sum(item.state == "late" for item in due),
            critical=sum(row.critical for row in board.rows),
            disputed=sum(row.dispute is not None for row in board.rows),
            medium=declared.medium if declared else "",
            since=declared.since if declared else "",
            apart=declared.elsewhere if declared else {},
        )
