"""Messages that stand in no chart: results without owner, and what names nobody (F31; DESIGN section 8).

Rules kept here:
  * What somebody's care may depend on comes first, alarmed; the newest first; how many there are is true, whatever
    is listed.
  * Nothing of a message stands here but where it came from and why it waits: its words are at its own page, for those
    who may read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.chart import UnplacedEntry
from contrefeu.station.house import House, opens_unplaced


@dataclass(frozen=True, slots=True)
class UnplacedPage:
    """Both lists."""

    waiting: Sequence[UnplacedEntry]
    waiting_total: int
    unread: Sequence[UnplacedEntry]
    unread_total: int
    opens: bool  # whether the person may open them


class UnplacedPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self._house.shell.page("/unplaced", self.show, "board")]

    async def show(self, request: Request) -> Response:
        """Show what nobody could be given."""
        house = self._house
        house.shell.look(request, "board", what="unplaced")
        status = await house.charts.status()
        waiting, unread = await house.charts.waiting(), await house.charts.unread()
        page = UnplacedPage(
            waiting=waiting,
            waiting_total=max(status.waiting, len(waiting)),
            unread=unread,
            unread_total=max(status.unread, len(unread)),
            opens=opens_unplaced(house.account(request)),
        )
        return await house.shell.render(request, "unplaced.html", page)
