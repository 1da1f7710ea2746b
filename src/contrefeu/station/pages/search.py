"""Search: by name, misspelt too, birth date, bed, any number.

Rules kept here:
  * What was searched is audited, found or not.
  * Somebody under a protected identity is found by those who care for them, and by nobody else (F24).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.chart.views import PatientHit
from contrefeu.station.ages import Age, age_of
from contrefeu.station.house import House

QUERY_LENGTH_MAX = 120
HITS_MAX = 40


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
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/search", self.search, "search")]

    async def search(self, request: Request) -> Response:
        """Search."""
        house = self._house
        query = request.query_params.get("q", "").strip()[:QUERY_LENGTH_MAX]
        hits: list[PatientHit] = []
        if query:
            await house.shell.look(request, "search", query=query)
            hits = await self._visible(request, await house.charts.find(query, HITS_MAX))
        now_ns, zone = house.deps.clock.now_ns(), house.deps.zone
        page = SearchPage(
            query=query,
            hits=[Hit(hit, age_of(hit.birth_date, now_ns, zone)) for hit in hits],
            full=len(hits) >= HITS_MAX,
            clinical=house.account(request).may("chart"),
        )
        return await house.shell.render(request, "search.html", page)

    async def _visible(self, request: Request, hits: list[PatientHit]) -> list[PatientHit]:
        account = self._house.account(request)
        if all(account.in_scope(hit.ward) for hit in hits):
            return hits
        board = await self._house.charts.board("", self._house.world(request))
        hidden = {row.id for row in board.rows if self._house.hides(request, row)}
        return [hit for hit in hits if hit.id not in hidden]
