"""The message behind a line: its segments and fields, or its JSON or XML, and its bytes as received.

Rules kept here:
  * The bytes given back are the bytes received.
  * Somebody bound to wards reads the entries of charts in their care, through those charts.
  * Reading an entry is audited.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.base import rfc3339
from contrefeu.journal import MEDIA_HL7V2, Entry, parse_ref
from contrefeu.mapping import Loss
from contrefeu.station.house import House, OutOfScope
from contrefeu.station.message import ShownSegment, show_segments, show_text
from contrefeu.web import FORBIDDEN, NOT_FOUND


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry."""

    entry: Entry
    received: str
    segments: Sequence[ShownSegment]
    text: str
    cut: bool
    loss: Sequence[Loss]
    chart: str  # where the reader came from


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
        entry = await self._entry(request)
        text, cut = ("", False) if entry.media_type == MEDIA_HL7V2 else show_text(entry.body, entry.media_type)
        page = EntryPage(
            entry=entry,
            received=rfc3339(entry.received_ns),
            segments=show_segments(entry.body) if entry.media_type == MEDIA_HL7V2 else (),
            text=text,
            cut=cut,
            loss=await self._house.charts.loss(entry.ref),
            chart=request.query_params.get("chart", ""),
        )
        return await self._house.shell.render(request, "entry.html", page)

    async def raw(self, request: Request) -> Response:
        """Send an entry's bytes."""
        entry = await self._entry(request)
        name = entry.ref.replace("/", "_")
        headers = {"content-disposition": f'attachment; filename="{name}.bin"'}
        return Response(entry.body, media_type="application/octet-stream", headers=headers)

    async def _entry(self, request: Request) -> Entry:
        house, ref = self._house, request.path_params["ref"]
        try:
            parse_ref(ref)
        except ValueError:
            raise NOT_FOUND from None
        chart = request.query_params.get("chart", "")
        patient = await self._allowed(request, ref, chart)
        entry = await house.charts.entry(ref)
        if entry is None:
            raise NOT_FOUND
        await house.shell.look(request, "entry", patient=patient, what=ref)
        return entry

    async def _allowed(self, request: Request, ref: str, chart: str) -> str:
        """Return the chart that the entry is read for, if any.

        Raises:
            Problem: The person's wards give no right to this entry.
        """
        if chart:
            try:
                id_, sheet, _ = await self._house.open(request, chart)
            except OutOfScope:
                raise FORBIDDEN from None
            if ref in sheet.sources:
                return id_
        if not self._house.account(request).in_scope(""):
            raise FORBIDDEN
        return ""
