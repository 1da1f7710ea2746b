"""Search: by name, misspelt too, birth date, bed, any number.

Rules kept here:
  * What was searched is audited, found or not.
  * No name stands in an address, where the browser of a ward's PC would keep it: the words go in a form, and the page
    that shows what they found has a number of this session alone.
  * One world at a time, as on boards: an exercise's patients and real ones never stand in one list (F33).
  * Somebody under a protected identity is found by those who care for them, and by nobody else (F24).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.chart import Age, PatientHit, age_of
from contrefeu.station.house import House, shows_exercise
from contrefeu.web import person, visit_of

QUERY_LENGTH_MAX = 120  # characters: two long names, a birth date and a number
HITS_MAX = 40  # patients on a page: more is no answer, the page asks for another word


@dataclass(frozen=True, slots=True)
class Hit:
    """One patient found."""

    hit: PatientHit
    age: Age | None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What a search found."""

    query: str
    hits: Sequence[Hit]
    full: bool  # there may be more
    clinical: bool


class SearchPages:
    """Its handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/search", self.ask, "search", ("GET", "POST")),
            page("/search/{number}", self.show, "search"),
        ]

    async def ask(self, request: Request) -> Response:
        """Take the words, and lead to what they find."""
        if request.method == "GET":
            empty = SearchPage("", (), full=False, clinical=False)
            return await self._house.shell.render(request, "search.html", empty)
        _, session = person(request)
        query = str((await request.form()).get("q", "")).strip()[:QUERY_LENGTH_MAX]
        return RedirectResponse(f"/search/{session.searched(query)}" if query else "/search", 303)

    async def show(self, request: Request) -> Response:
        """Show what was found."""
        house = self._house
        _, session = person(request)
        query = session.searches.get(request.path_params["number"], "")
        if not query:
            return RedirectResponse("/search", 303)
        house.shell.look(request, "search", query=query)
        world = "T" if shows_exercise(await house.charts.status(), visit_of(request)) else "P"
        found = [hit for hit in await house.charts.find(query, HITS_MAX) if hit.world == world]
        hits = await house.visible(request, found)
        now_ns, zone = house.deps.clock.now_ns(), house.deps.zone
        page = SearchPage(
            query=query,
            hits=[Hit(hit, age_of(hit.birth_date, now_ns, zone)) for hit in hits],
            full=len(found) >= HITS_MAX,
            clinical=house.account(request).may("chart"),
        )
        return await house.shell.render(request, "search.html", page)
