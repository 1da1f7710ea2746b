"""Results that were corrected after somebody looked at them: old and new, until they say that they saw it.

Rules kept here:
  * It is told on every page of whoever saw the old value, whatever ward they are on by now, in a downtime or not (F7).
  * "Seen" ends it for that person; the acknowledgement that the ward owes is another thing (D5), and shown first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import CorrectionSeen
from contrefeu.base import rfc3339
from contrefeu.chart import Correction
from contrefeu.station.house import House, corrections_for
from contrefeu.web import local_path


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """What one person saw that was corrected since."""

    found: Sequence[Correction]


class CorrectionPages:
    """Their handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their route."""
        return [self._house.shell.page("/corrections", self.show, "chart", ("GET", "POST"))]

    async def show(self, request: Request) -> Response:
        """List them; take that one was seen."""
        house, account = self._house, self._house.account(request)
        found = await corrections_for(house.deps.charts, house.staff, account, house.world(request))
        if request.method == "GET":
            house.shell.look(request, "board", what="corrections")
            return await house.shell.render(request, "corrections.html", CorrectionsPage(found))
        form = await request.form()
        resource, entry = str(form.get("resource", "")), str(form.get("entry", ""))
        if any((one.resource, one.entry) == (resource, entry) for one in found):
            at = rfc3339(house.deps.clock.now_ns())
            await house.staff.write(CorrectionSeen(resource, entry, at), account.login)
        return RedirectResponse(local_path(str(form.get("next", "/corrections"))), 303)
