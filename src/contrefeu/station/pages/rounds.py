"""The round: what is due on a ward, bed by bed, and one signature for what was given.

Rules kept here:
  * Nothing is ticked beforehand. What was not ticked is not written.
  * A dose that may have been given already (F2), that two persons sign, that was given within the hour, or that comes
    too soon where the aid on the time between doses is on, is not in the round: it has its own form.
  * What was ticked where doses are written elsewhere by now is not written, and is shown (F3).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.access import DOSE_TIME
from contrefeu.chart import BoardRow, DueItem
from contrefeu.chart.sheet import Sheet
from contrefeu.fhir import Json
from contrefeu.station.care import FORMS, Known, Scribe, Target, Typed
from contrefeu.station.care.doses import takes_two
from contrefeu.station.care.scribe import bundle
from contrefeu.station.house import House
from contrefeu.station.pages.aiding import aids_on_writing
from contrefeu.station.pages.writing import (
    Written,
    due_there,
    is_shown,
    known_to,
    scribe_of,
    where_written,
    write_down,
)

TICKED_MAX = 200  # doses of one round: a ward of 40 beds with five each


@dataclass(frozen=True, slots=True)
class RoundDose:
    """One dose of the round."""

    item: DueItem
    name: str  # of its box: patient, prescription, hour
    ticks: bool  # whether it can be given in the round
    two: bool  # two persons sign it

    @property
    def request(self) -> str:
        """The prescription's id."""
        return self.item.resource.partition("/")[2]


@dataclass(frozen=True, slots=True)
class RoundLine:
    """One patient."""

    row: BoardRow
    doses: Sequence[RoundDose]


@dataclass(frozen=True, slots=True)
class RoundPage:
    """One ward's round."""

    ward: str
    name: str
    lines: Sequence[RoundLine]
    once: str
    written: Written
    given: int
    left: int  # doses that were ticked and not written
    spaced: bool  # whether the aid on the time between doses is on
    ticked: Collection[str]  # their names, where the ward writes doses elsewhere by now


class RoundPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/round/{ward:path}", self.show, "write"),
            page("/round/{ward:path}", self.give, "write", ("POST",)),
        ]

    async def show(self, request: Request) -> Response:
        """Show what is due."""
        return await self._show(request, await self._ward(request))

    async def _show(self, request: Request, ward: str, ticked: Collection[str] = ()) -> Response:
        house = self._house
        house.shell.look(request, "board", what=f"round {ward}")
        board = await house.charts.board(ward, house.world(request))
        known = known_to(house, request)
        lines = self._lines(ward, board.rows, known)
        asked = request.query_params
        page = RoundPage(
            ward=ward,
            name=board.name or ward,
            lines=[line for line in lines if line.doses],
            once=token_hex(16),
            written=where_written(house, ward, "medicines"),
            given=_number(asked.get("given", "")),
            left=len(ticked) or _number(asked.get("left", "")),
            spaced=DOSE_TIME in known.aids,
            ticked=ticked,
        )
        return await house.shell.render(request, "round.html", page, status=409 if ticked else 200)

    async def give(self, request: Request) -> Response:
        """Write each dose that was ticked: one entry a patient."""
        house, ward = self._house, await self._ward(request)
        sent = await request.form()
        ticked = {str(name) for name in sent.getlist("give")[:TICKED_MAX]}
        if not where_written(house, ward, "medicines").here:
            return await self._show(request, ward, ticked)
        once, known, scribe = str(sent.get("once", "")), known_to(house, request), scribe_of(house, request)
        board = await house.charts.board(ward, house.world(request))
        given, last = 0, ("", "")
        for line in self._lines(ward, board.rows, known):
            doses = [one for one in line.doses if one.ticks and one.name in ticked]
            if doses:
                count, ref = await self._given(line.row.id, doses, scribe, known, once)
                given, last = given + count, (line.row.id, ref) if ref else last
        if last[1]:
            await is_shown(house, *last)
        return RedirectResponse(f"/round/{quote(ward)}?given={given}&left={len(ticked) - given}", 303)

    async def _given(
        self, id_: str, doses: Sequence[RoundDose], scribe: Scribe, known: Known, once: str
    ) -> tuple[int, str]:
        """Write the doses of one patient; returns how many, and the entry."""
        house = self._house
        chart = await house.charts.chart(id_)
        if chart is None:
            return 0, ""
        sheet = Sheet(chart, scribe.now_ns)
        resources: list[Json] = []
        for dose in doses:
            line = sheet.get({"reference": dose.item.resource})
            if line is None or takes_two(line, known):
                continue
            now = {"outcome": "completed", "day": f"{scribe.now.date()}", "time": f"{scribe.now:%H:%M}"}
            typed = Typed(now, scribe)
            target = Target(sheet, line, known=known)
            made = FORMS["dose"].write(target, typed)
            early = any(one.warned for one in aids_on_writing(house, FORMS["dose"], target, made, once, also=resources))
            if not typed.problems and not typed.doubts and not early:
                resources += made
        if not resources:
            return 0, ""
        said = f"{once}/{sorted(dose.name for dose in doses)}"
        return len(resources), await write_down(house, scribe, bundle(chart, scribe, said, resources))

    async def _ward(self, request: Request) -> str:
        """The ward, when the person cares for it.

        Raises:
            Problem: They do not.
        """
        ward = str(request.path_params["ward"])
        if not self._house.account(request).in_scope(ward):
            raise await self._house.shell.refusal(request)
        return ward

    def _lines(self, ward: str, rows: Sequence[BoardRow], known: Known) -> list[RoundLine]:
        found = []
        for row in rows:
            due = [one for one in due_there(self._house, ward, row.due) if one.state != "coming"]
            found.append(RoundLine(row, [_dose(row, one, known) for one in due]))
        return found


def _dose(row: BoardRow, item: DueItem, known: Known) -> RoundDose:
    two = any(one.casefold() in item.what.casefold() for one in known.second_check)
    ticks = item.state in {"due", "late"} and not two and item.resource.startswith("MedicationRequest/")
    return RoundDose(item, f"{row.id}|{item.resource}|{item.at}", ticks, two)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
