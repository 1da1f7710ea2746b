"""Handing a ward back to its record system: a sheet a patient, signed by name, before downtime is lifted (F4).

Rules kept here:
  * A signature is of what its page showed: when the chart has changed meanwhile, the page is shown again, unsigned.
  * Who cares for the ward sees its sheets; who lifts it sees them all. Each that is printed is a look at its patient.
  * Who left the ward during its downtime is listed there, with where they went; the ward that had them signs their
    sheet, which says what was done of them here until then, and nothing of what other wards wrote since.
  * What was done here after the cut-over is listed on the same page, to be settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Declared, HandBackSigned, Lifted
from contrefeu.base import rfc3339
from contrefeu.chart import Age
from contrefeu.chart.sheet import Person
from contrefeu.station.handing_back import (
    LACKING,
    HandBackLine,
    LeftLine,
    late_in,
    left_line,
    left_lines_of,
    line_of,
    lines_of,
    signing,
)
from contrefeu.station.house import House
from contrefeu.station.work import Waiting
from contrefeu.web import NOT_FOUND


@dataclass(frozen=True, slots=True)
class HandBackPage:
    """One ward."""

    ward: str
    name: str
    at: str  # RFC 3339: now
    declared: Declared | None
    lifting: Lifted | None  # its cut-over is said and has not come
    lifted: Lifted | None
    lines: Sequence[HandBackLine]
    left: Sequence[LeftLine]  # who left during the downtime
    late: Sequence[Waiting]  # done here after the cut-over

    @property
    def unsigned(self) -> int:
        """Patients whose sheet nobody signed as it stands."""
        return sum(line.state != "signed" for line in self.lines)

    @property
    def left_unsigned(self) -> int:
        """The same, of those who left."""
        return sum(line.state in LACKING for line in self.left)


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One patient."""

    ward: str
    name: str
    declared: Declared
    line: HandBackLine | LeftLine
    person: Person
    age: Age | None
    moved: bool = False  # it changed while somebody read it: nothing was signed


class HandBackPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes: a patient's before the ward's, whose name may hold a slash."""
        page = self._house.shell.page
        return [
            page("/handback/{ward:path}/{id}", self.sheet, "handback", ("GET", "POST")),
            page("/handback/{ward:path}", self.ward, "handback"),
        ]

    async def ward(self, request: Request) -> Response:
        """Show the ward's sheets: one a line, or all of them to be printed."""
        return await self._ward(request, str(request.path_params["ward"]))

    async def _ward(self, request: Request, ward: str) -> Response:
        house, world = self._house, self._house.world(request)
        if not house.account(request).in_scope(ward):
            raise await house.shell.refusal(request)
        await house.staff.refresh()
        downtime, printed = house.staff.downtime, "print" in request.query_params
        house.shell.look(request, "board", what=f"handback {ward}")
        board, declared = await house.charts.board(ward, world), downtime.of(ward)
        lines = await lines_of(house, ward, world, declared) if declared else []
        left = await left_lines_of(house, board.ward, world, declared) if declared else []
        own = [line for line in left if line.state in {"signed", *LACKING}]
        for id_ in [*(line.row.id for line in lines), *(line.left.id for line in own)] if printed else ():
            house.shell.look(request, "print", patient=id_, what=f"handback {ward}")
        page = HandBackPage(
            ward=ward,
            name=board.name or ward,
            at=rfc3339(house.deps.clock.now_ns()),
            declared=declared,
            lifting=downtime.lifting(ward),
            lifted=downtime.lifted(ward),
            lines=lines,
            left=own if printed else left,
            late=await late_in(house, ward, world),
        )
        return await house.shell.render(request, "handback_all.html" if printed else "handback.html", page)

    async def sheet(self, request: Request) -> Response:
        """Show one patient's sheet, or take a signature of it."""
        house, ward, id_ = self._house, str(request.path_params["ward"]), str(request.path_params["id"])
        board = await house.charts.board(ward, house.world(request))
        row = next((one for one in board.rows if one.id == id_), None)
        await house.staff.refresh()
        declared = house.staff.downtime.of(board.ward)
        if row is None:
            return await self._left(request, board.ward, board.name, declared, id_)
        if declared is None:
            return RedirectResponse(f"/handback/{quote(ward)}", 303)
        _, sheet, whose = await house.open(request, id_)
        line = line_of(house, row, sheet, declared)
        page = SheetPage(ward, board.name or ward, declared, line, whose, house.age(whose))
        return await self._signing(request, id_, page, exercise=sheet.chart.world == "T")

    async def _left(self, request: Request, ward: str, name: str, declared: Declared | None, id_: str) -> Response:
        """Show the sheet of somebody who left the ward during its downtime, or take a signature of it."""
        house = self._house
        left = await house.charts.left(ward, declared.since_ns, house.world(request)) if declared else []
        one = next((one for one in left if one.id == id_), None)
        opened = await house.lately.open(id_) if one is not None else None
        if declared is None or one is None or opened is None:
            return await self._no_patient(request, f"{request.path_params['ward']}/{id_}")
        if not house.account(request).in_scope(ward):
            raise await house.shell.refusal(request)
        sheet, here = opened.sheet(house.deps.clock.now_ns()), signing(house, ward, declared)
        if here.elsewhere(one) is not None:
            return RedirectResponse(f"/handback/{quote(ward)}#left", 303)
        line = left_line(house, one, sheet, here)
        page = SheetPage(ward, name or ward, declared, line, line.person, house.age(line.person))
        return await self._signing(request, id_, page, exercise=sheet.chart.world == "T")

    async def _signing(self, request: Request, id_: str, page: SheetPage, *, exercise: bool) -> Response:
        """Show a sheet, or take a signature of what it shows."""
        house, digest = self._house, page.line.sheet.digest
        sent = await request.form() if request.method == "POST" else {}
        if sent and sent.get("shown") == digest:
            act = HandBackSigned(id_, page.ward, digest, rfc3339(house.deps.clock.now_ns()))
            await house.staff.write(act, house.account(request).login)
            return RedirectResponse(f"/handback/{quote(page.ward)}", 303)
        house.shell.look(request, "view", patient=id_, what="handback")
        return await house.shell.render(
            request,
            "handback_sheet.html",
            replace(page, moved=bool(sent)),
            status=409 if sent else 200,
            exercise=exercise,
        )

    async def _no_patient(self, request: Request, ward: str) -> Response:
        """The page of a ward whose name has a slash, or of one that the patient has left.

        Raises:
            Problem: There is no such ward.
        """
        wards = {one.id for one in await self._house.charts.wards(self._house.world(request))}
        if ward in wards:
            return await self._ward(request, ward)
        raise NOT_FOUND
