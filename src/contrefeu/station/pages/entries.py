"""The message behind a line: its segments and fields, or its JSON or XML, and its bytes as received.

Rules kept here:
  * The bytes given back are the bytes received.
  * Somebody bound to wards reads the entries of charts in their care, through those charts.
  * Reading an entry is audited.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import HoneyNamed, HoneyReleased, decode
from contrefeu.base import rfc3339
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, MEDIA_SEALED, Entry, parse_ref
from contrefeu.mapping import PEOPLE, Loss
from contrefeu.station.care import made_by
from contrefeu.station.house import House, OutOfScope, opens_unplaced
from contrefeu.station.message import ShownSegment, show_segments, show_text
from contrefeu.station.pages.writing import writes_here
from contrefeu.web import NOT_FOUND

SEQUENCE_MAX = 2**63 - 1  # entries of a journal: what its sequence numbers can say


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry."""

    entry: Entry
    received: str
    segments: Sequence[ShownSegment]
    text: str
    cut: bool
    loss: Sequence[Loss]
    chart: str  # the chart that it was opened from, when it is a source of that chart
    taken_back: bool  # whether the person may take back what it says there


class EntryPages:
    """Its handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/entry/{ref:path}", self.show, "entry"),
            page("/raw/{ref:path}", self.raw, "entry"),
        ]

    async def show(self, request: Request) -> Response:
        """Show an entry."""
        entry, chart = await self.asked(request)
        if entry.media_type == MEDIA_SEALED:
            return RedirectResponse(f"/sealed/{quote(entry.ref)}{chart_query(chart)}", 303)
        is_hl7 = entry.media_type == MEDIA_HL7V2
        text, cut = ("", False) if is_hl7 else show_text(entry.body, entry.media_type)
        page = EntryPage(
            entry=entry,
            received=rfc3339(entry.received_ns),
            segments=show_segments(entry.body) if is_hl7 else (),
            text=text,
            cut=cut,
            loss=await self._house.charts.loss(entry.ref),
            chart=chart,
            taken_back=await self._may_take_back(request, chart, entry),
        )
        return await self._house.shell.render(request, "entry.html", page)

    async def _may_take_back(self, request: Request, chart: str, entry: Entry) -> bool:
        if not chart or not entry.source.startswith(PEOPLE):
            return False
        _, sheet, whose = await self._house.open(request, chart)
        writes = self._house.account(request).may("write") and writes_here(self._house, whose.ward)
        return writes and bool(made_by(sheet, entry.ref))

    async def raw(self, request: Request) -> Response:
        """Send an entry's bytes."""
        entry, _ = await self.asked(request)
        name = re.sub(r"[^A-Za-z0-9.-]", "_", entry.ref)
        headers = {"content-disposition": f'attachment; filename="{name}.bin"'}
        return Response(entry.body, media_type="application/octet-stream", headers=headers)

    async def asked(self, request: Request) -> tuple[Entry, str]:
        """Return the entry, and the chart that gives the right to it ("" when the person's role does).

        Raises:
            Problem: There is none, or the person has no right to it.
        """
        house, ref = self._house, request.path_params["ref"]
        try:
            _, sequence = parse_ref(ref)
        except ValueError:
            raise NOT_FOUND from None
        if sequence > SEQUENCE_MAX:
            raise NOT_FOUND
        chart = await self._allowed(request, ref, request.query_params.get("chart", ""))
        entry = await house.charts.entry(ref)
        if entry is None or (_names_honey(entry) and not house.account(request).may("honey")):
            raise NOT_FOUND
        house.shell.look(request, "entry", patient=chart, what=ref)
        return entry, chart

    async def _allowed(self, request: Request, ref: str, chart: str) -> str:
        """Return the chart that the entry is read for, if any.

        Raises:
            Problem: The person's wards give no right to this entry.
        """
        if chart:
            try:
                id_, sheet, _ = await self._house.open(request, chart)
            except OutOfScope:
                raise await self._house.shell.refusal(request) from None
            if ref in sheet.sources:
                return id_
        if not opens_unplaced(self._house.account(request)):
            raise await self._house.shell.refusal(request)
        return ""


def chart_query(chart: str) -> str:
    """Return what ends the address of an entry that is read for a chart."""
    return f"?chart={quote(chart)}" if chart else ""


def _names_honey(entry: Entry) -> bool:
    """Whether the entry says who is a honey patient: that is for the security officer alone (F46)."""
    return entry.media_type == MEDIA_ACT and isinstance(decode(entry.body), HoneyNamed | HoneyReleased)
