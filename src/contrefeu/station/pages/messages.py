"""Messages to wards: mail and phones may be down. Who wrote, for whom, and who has done it.

Rules kept here:
  * A message names no patient: what concerns one is a task in their chart.
  * It is an act in this station's journal; other stations learn of it when they exchange.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import WardAnswered, WardTold
from contrefeu.base import rfc3339
from contrefeu.chart import WardSummary
from contrefeu.station.house import House
from contrefeu.station.words_between import WardMessage
from contrefeu.web import NOT_FOUND, person

TEXT_LENGTH_MAX = 1000  # characters of a message: what somebody reads standing
SHOWN_MAX = 100  # messages of one page, the newest


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """Messages to this person's wards."""

    open: Sequence[WardMessage]
    done: Sequence[WardMessage]
    wards: Sequence[WardSummary]
    names: Mapping[str, str]  # login -> name
    empty: bool = False  # a message without words was sent


class MessagePages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [page("/messages", self.show, "board"), page("/messages", self.take, "board", ("POST",))]

    async def show(self, request: Request) -> Response:
        """Show them."""
        return await self._page(request)

    async def take(self, request: Request) -> Response:
        """Send one, or say that one is done."""
        house, actor = self._house, person(request)[0]
        form, at = await request.form(), rfc3339(self._house.deps.clock.now_ns())
        done = str(form.get("done", ""))
        if done:
            if done not in house.staff.words.messages:
                raise NOT_FOUND
            await house.staff.write(WardAnswered(done, at), actor.login)
            return RedirectResponse("/messages", 303)
        text = str(form.get("text", "")).strip()[:TEXT_LENGTH_MAX]
        if not text:
            return await self._page(request, empty=True)
        known = {ward.id for ward in await house.charts.wards(house.world(request))}
        wards = [str(ward) for ward in form.getlist("ward") if str(ward) in known]
        await house.staff.write(WardTold(wards, text, at), actor.login)
        return RedirectResponse("/messages", 303)

    async def _page(self, request: Request, *, empty: bool = False) -> Response:
        house, account = self._house, self._house.account(request)
        await house.staff.refresh()
        wards = ("*",) if account.whole_house else account.wards
        found = [
            one
            for one in reversed(house.staff.words.messages.values())
            if one.reaches(wards) or one.by == account.login
        ][:SHOWN_MAX]
        page = MessagesPage(
            open=[one for one in found if not one.done_by],
            done=[one for one in found if one.done_by],
            wards=await house.charts.wards(house.world(request)),
            names={one.login: one.name for one in house.staff.accounts.all()},
            empty=empty,
        )
        return await house.shell.render(request, "messages.html", page, status=400 if empty else 200)
