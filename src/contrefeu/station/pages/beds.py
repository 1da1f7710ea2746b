"""The beds of the house, to be read on the telephone or fetched by who coordinates: numbers, and no patient (T2)."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.fhir import encode
from contrefeu.station.bed_have import as_have
from contrefeu.station.bed_status import BedStatus, as_fhir, as_script, bed_status
from contrefeu.station.house import House
from contrefeu.web import visit_of


@dataclass(frozen=True, slots=True)
class BedsPage:
    """The beds."""

    status: BedStatus
    script: str


class BedPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/beds", self.show, "board"),
            page("/beds.json", self.fhir, "board"),
            page("/beds.xml", self.have, "board"),
        ]

    async def show(self, request: Request) -> Response:
        """Show the text to read, and the table."""
        status, words = await self._status(request), visit_of(request).words
        language: Literal["fr", "en"] = "en" if words.language == "en" else "fr"
        page = BedsPage(status, as_script(status, language, words.moment))
        return await self._house.shell.render(request, "beds.html", page)

    async def fhir(self, request: Request) -> Response:
        """Send the same numbers as FHIR."""
        body = encode(as_fhir(await self._status(request)))
        headers = {"content-disposition": 'attachment; filename="beds.json"'}
        return Response(body, media_type="application/fhir+json", headers=headers)

    async def have(self, request: Request) -> Response:
        """Send them as EDXL-HAVE."""
        headers = {"content-disposition": 'attachment; filename="beds.xml"'}
        return Response(as_have(await self._status(request)), media_type="application/xml", headers=headers)

    async def _status(self, request: Request) -> BedStatus:
        house, world = self._house, self._house.world(request)
        house.shell.look(request, "board", what="beds")
        wards = await house.charts.wards(world)
        found = [(ward, await house.charts.board(ward.id, world)) for ward in wards]
        return bed_status(house.deps.settings.node.facility, found)
