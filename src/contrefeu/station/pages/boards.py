"""Wards and boards: who lies where, what is due, what changed.

Rules kept here:
  * A row shows allergies and what is due as the charts word them; no source is never "none" (F1).
  * A protected identity is a bed that is taken, and nothing more, for who does not care for it (F24).
  * Clinical columns are for roles that read charts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.chart.views import Board, BoardRow, FeedStatus, WardSummary
from contrefeu.station.ages import Age, age_of
from contrefeu.station.house import House
from contrefeu.web import NOT_FOUND

DUE_SHOWN = 4  # of a row; how many more there are is said


@dataclass(frozen=True, slots=True)
class WardsPage:
    """The house at a glance."""

    mine: Sequence[WardSummary]
    others: Sequence[WardSummary]
    downtime: frozenset[str]


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One row, with what is worked out for its reader."""

    row: BoardRow
    age: Age | None
    hidden: bool

    @property
    def more_due(self) -> int:
        """How many due items the row does not show."""
        return max(0, len(self.row.due) - DUE_SHOWN)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """One ward, or the whole house."""

    board: Board
    lines: Sequence[BoardLine]
    clinical: bool
    whole: bool
    late: int
    critical: int
    newest_feed: FeedStatus | None
    due_shown: int = field(default=DUE_SHOWN)


class Boards:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/", self.wards),
            page("/hospital", self.hospital, "board"),
            page("/ward/{ward:path}", self.ward, "board"),
        ]

    async def wards(self, request: Request) -> Response:
        """Show every ward, the person's own first."""
        account = self._house.account(request)
        if not account.may("board"):
            return await self._house.shell.render(request, "welcome.html", None)
        found = await self._house.charts.wards(self._house.world(request))
        mine = [ward for ward in found if ward.id in account.wards]
        others = [ward for ward in found if ward.id not in account.wards]
        downtime = frozenset(ward.id for ward in found if self._house.staff.downtime.of(ward.id))
        return await self._house.shell.render(request, "wards.html", WardsPage(mine, others, downtime))

    async def hospital(self, request: Request) -> Response:
        """Show everybody."""
        return await self._board(request, "")

    async def ward(self, request: Request) -> Response:
        """Show one ward."""
        return await self._board(request, request.path_params["ward"])

    async def _board(self, request: Request, ward: str) -> Response:
        house = self._house
        board = await house.charts.board(ward, house.world(request))
        if ward and not board.rows and ward not in {one.id for one in await house.charts.wards(house.world(request))}:
            raise NOT_FOUND
        await house.shell.look(request, "board", what=f"ward {ward}" if ward else "hospital")
        now_ns, zone = house.deps.clock.now_ns(), house.deps.zone
        lines = [BoardLine(row, age_of(row.birth_date, now_ns, zone), house.hides(request, row)) for row in board.rows]
        page = BoardPage(
            board=board,
            lines=lines,
            clinical=house.account(request).may("chart"),
            whole=not ward,
            late=sum(item.state == "late" for row in board.rows for item in row.due),
            critical=sum(row.critical for row in board.rows),
            newest_feed=max(board.feeds, key=lambda feed: feed.last, default=None),
        )
        return await house.shell.render(request, "board.html", page)
