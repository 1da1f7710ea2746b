"""Alarms of the watch: a page for those who review; what stands on everybody's pages is in banner.py.

Rules kept here:
  * The page shows no chart and no message: it names entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Alarm, AlarmAcknowledged
from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.station.house import House

LISTED_MAX = 200  # on the page
NOTE_CHARS_MAX = 300  # two sentences
Verdict = Literal["seen", "harmless", "real"]


@dataclass(frozen=True, slots=True)
class AlarmsPage:
    """What there is, the newest first."""

    found: Sequence[Alarm]
    more: int


class AlarmPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self._house.shell.page("/alarms", self.alarms, "review", ("GET", "POST"))]

    async def alarms(self, request: Request) -> Response:
        """Show alarms; take an answer."""
        house = self._house
        await house.staff.refresh()
        known = house.staff.alarms
        if request.method == "POST":
            form = await request.form()
            ref, verdict = str(form.get("alarm", "")), str(form.get("verdict", ""))
            if verdict in get_args(Verdict) and any(alarm.ref == ref for alarm in known):
                at, note = rfc3339(house.deps.clock.now_ns()), str(form.get("note", "")).strip()[:NOTE_CHARS_MAX]
                by = house.account(request).login
                await house.staff.write(AlarmAcknowledged(ref, at, verdict, note), by)  # type: ignore[arg-type]
            return RedirectResponse("/alarms", 303)
        house.shell.look(request, "act", what="alarms")
        found = sorted(known, key=lambda alarm: (not alarm.open, -parse_rfc3339(alarm.raised.at)))
        page = AlarmsPage(found[:LISTED_MAX], max(0, len(found) - LISTED_MAX))
        return await house.shell.render(request, "alarms.html", page)
