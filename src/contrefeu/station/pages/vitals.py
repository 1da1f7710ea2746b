"""A patient's vital signs over time: curves with their table beside, and NEWS2 where it is on (F8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.access import NEWS2
from contrefeu.chart import Age
from contrefeu.chart.sheet import Allergies, Person, Score, allergies_of, results_of, warning_score
from contrefeu.station.curves import Curve, curve_of
from contrefeu.station.house import House
from contrefeu.station.pages.writing import writes_here
from contrefeu.web import N_, visit_of

SPANS = {"24": N_("24 h"), "72": N_("3 jours"), "168": N_("7 jours"), "0": N_("tout")}  # hours that are drawn
ROWS_SHOWN = 8  # of a curve's table: as high as its drawing; the rest opens
_HOUR_NS = 3600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class VitalsPage:
    """Vital signs of one patient."""

    id: str
    person: Person
    age: Age | None
    allergies: Allergies
    curves: Sequence[Curve]
    span: str
    spans: dict[str, str]
    score: Score | None  # None while the aid is off
    score_by: str  # who turned it on
    writes: bool
    through_glass: bool
    rows_shown: int = ROWS_SHOWN


class VitalsPages:
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/vitals/{id}", self.show, "chart")]

    async def show(self, request: Request) -> Response:
        """Show the curves."""
        house, deps = self._house, self._house.deps
        id_, sheet, whose = await house.open(request, request.path_params["id"])
        house.shell.look(request, "view", patient=id_, what="vitals")
        now_ns, span = deps.clock.now_ns(), request.query_params.get("hours", "72")
        span = span if span in SPANS else "72"
        since = now_ns - int(span) * _HOUR_NS if int(span) else 0
        words, on = visit_of(request).words, house.staff.aids.on.get(NEWS2)
        series = [one for panel in results_of(sheet).vital for one in panel.series]
        curves = [curve_of(one, since, now_ns, words(N_("Courbe de %(name)s")) % {"name": one.name}) for one in series]
        account = house.staff.accounts.get(on.by) if on else None
        page = VitalsPage(
            id=id_,
            person=whose,
            age=house.age(whose),
            allergies=allergies_of(sheet),
            curves=[one for one in curves if one is not None],
            span=span,
            spans=SPANS,
            score=warning_score(sheet, deps.zone) if on else None,
            score_by=account.name if account else "",
            writes=writes_here(house, whose.ward, "observations"),
            through_glass=not house.account(request).in_scope(whose.ward),
        )
        return await house.shell.render(request, "vitals.html", page, exercise=sheet.chart.world == "T")
