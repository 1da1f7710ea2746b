"""The group in the ward app: every facility a line, and where beds are free, for the crisis cell. Numbers only.

Rules kept here:
  * A facility that does not answer keeps its line, and its last numbers with their time; they are in no sum.
  * What is searched for is in no address: somebody will type a name where a ward is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jinja2 import PackageLoader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.group.seen import Standing
from contrefeu.group.told import WardTold
from contrefeu.web import N_, Link, Mounted, Site

QUERY_CHARS_MAX = 80  # the name of a ward
WARDS_SHOWN = 60  # of those that a search finds, most free beds first: two screens


@dataclass(frozen=True, slots=True)
class Place:
    """A ward with free beds."""

    facility: str
    ward: WardTold


@dataclass(frozen=True, slots=True)
class GroupPage:
    """All facilities, those with trouble first."""

    facilities: Sequence[Standing]
    answering: int
    patients: int  # of those that answer
    free: int
    beds: int
    query: str
    places: Sequence[Place]
    more: int  # wards found and not shown


class _Pages:
    def __init__(self, site: Site, look: Callable[[], Sequence[Standing]]) -> None:
        self._site, self._look = site, look

    def routes(self) -> list[Route]:
        return [self._site.shell.page("/group", self.group, "group", ("GET", "POST"))]

    async def group(self, request: Request) -> Response:
        """Show every facility."""
        shell = self._site.shell
        shell.look(request, "board", what="group")
        found = self._look()
        query = (
            str((await request.form()).get("ward", "")).strip()[:QUERY_CHARS_MAX] if request.method == "POST" else ""
        )
        now = [one.told for one in found if one.state == "answers" and one.told is not None]
        places = _places(found, query)
        page = GroupPage(
            facilities=sorted(found, key=lambda one: not one.findings),
            answering=len(now),
            patients=sum(told.total("patients") for told in now),
            free=sum(told.total("free") for told in now),
            beds=sum(told.total("beds") for told in now),
            query=query,
            places=places[:WARDS_SHOWN],
            more=max(0, len(places) - WARDS_SHOWN),
        )
        return await shell.render(request, "group.html", page)


def _places(found: Sequence[Standing], query: str) -> list[Place]:
    """Wards whose name or number holds *query* and that have beds free; none is listed unasked."""
    if not query:
        return []
    wanted = query.casefold()
    places = [
        Place(one.name, ward)
        for one in found
        if one.state == "answers" and one.told is not None
        for ward in one.told.wards
        if ward.free and (wanted in ward.name.casefold() or wanted in ward.id.casefold())
    ]
    return sorted(places, key=lambda place: (-place.ward.free, place.facility, place.ward.id))


def group_pages(look: Callable[[], Sequence[Standing]]) -> Mounted:
    """The page, of what *look* gives."""
    return Mounted(
        lambda site: _Pages(site, look).routes(),
        PackageLoader("contrefeu.group", "templates"),
        Link("/group", N_("Groupe"), "group"),
    )
