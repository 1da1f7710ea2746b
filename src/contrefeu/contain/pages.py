"""The plan in the ward app: what was last shown to the crisis cell and to security. It cuts nothing (A2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import PackageLoader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.acts import ContainmentPlanned
from contrefeu.contain.plan import WardLoss, losses_by_ward
from contrefeu.contain.spread import cover_said
from contrefeu.web import N_, Link, Mounted, Site

RESTART_SHOWN = 40  # steps on the page: two screens; the sheet has all


@dataclass(frozen=True, slots=True)
class ContainmentPage:
    """The last plan that was shown, and by whom."""

    plan: ContainmentPlanned | None
    by: str = ""
    entry: str = ""
    restart_shown: int = RESTART_SHOWN
    command: str = "contrefeu contain plan --publish"
    wards: Sequence[WardLoss] = ()

    def cover(self, text: str, language: str) -> str:
        """What takes over, in the reader's language and not in the plan's."""
        return cover_said(text, language)


class _Pages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        return [self._site.shell.page("/containment", self.containment, "contain")]

    async def containment(self, request: Request) -> Response:
        """Show the plan."""
        shell = self._site.shell
        found = [(entry, act) for entry, act in await self._site.acts() if isinstance(act, ContainmentPlanned)]
        shell.look(request, "act", what="containment")
        page = ContainmentPage(None)
        if found:
            entry, act = max(found, key=lambda one: one[1].at)
            wards = losses_by_ward(act.lost, act.at_risk)
            page = ContainmentPage(act, entry.source.removeprefix("user/"), entry.ref, wards=wards)
        return await shell.render(request, "containment.html", page)


PAGES = Mounted(
    lambda site: _Pages(site).routes(),
    PackageLoader("contrefeu.contain", "templates"),
    Link("/containment", N_("Confinement"), "contain"),
)
