"""A ward opens its own downtime: whoever stands there when the record system does not answer, at any hour (D2).

Rules kept here:
  * Of one ward, of the person's own wards, that is in no downtime. Where a ward writes from then on may be changed, and
    a downtime is lifted, by the crisis cell alone.
  * A person of a ward sees what it changes before they say it, and says it with one button.
"""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Declared, DowntimeDeclared
from contrefeu.base import rfc3339
from contrefeu.station.house import House
from contrefeu.station.pages.node import REASON_LENGTH_MAX
from contrefeu.station.pages.writing import opens_downtime
from contrefeu.web import NOT_FOUND


@dataclass(frozen=True, slots=True)
class OpeningPage:
    """One ward, before its downtime, or in it."""

    ward: str
    name: str
    declared: Declared | None


class OpeningPages:
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/outage/{ward:path}", self.ward, "open", ("GET", "POST"))]

    async def ward(self, request: Request) -> Response:
        """Show what declaring does, or declare."""
        house, ward = self._house, str(request.path_params["ward"])
        account = house.account(request)
        if not account.in_scope(ward):
            raise await house.shell.refusal(request)
        found = next((one for one in await house.charts.wards(house.world(request)) if one.id == ward), None)
        if found is None:
            raise NOT_FOUND
        await house.staff.refresh()
        if request.method == "POST":
            if opens_downtime(house, account, ward):  # sent twice, or said by another meanwhile: it holds
                await self._declare(request, ward, account.login)
            return RedirectResponse(request.url.path, 303)
        page = OpeningPage(ward, found.name or ward, house.staff.downtime.of(ward))
        return await house.shell.render(request, "opening.html", page)

    async def _declare(self, request: Request, ward: str, login: str) -> None:
        form = await request.form()
        medium: Literal["paper", "screen"] = "screen" if form.get("medium") == "screen" else "paper"
        reason = str(form.get("reason", "")).strip()[:REASON_LENGTH_MAX]
        act = DowntimeDeclared([ward], reason, rfc3339(self._house.deps.clock.now_ns()), medium)
        await self._house.staff.write(act, login)
