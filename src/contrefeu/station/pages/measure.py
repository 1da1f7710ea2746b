"""Every value of one measurement of a patient, where a chart has more of them than its page can hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.chart import Age
from contrefeu.chart.sheet import Person, Results, Series, results_of
from contrefeu.station.house import House
from contrefeu.web import NOT_FOUND


@dataclass(frozen=True, slots=True)
class MeasurePage:
    """All values of one code, unit and method."""

    id: str
    person: Person
    age: Age | None
    series: Series
    through_glass: bool
    laboratory: bool  # whether the laboratory types results in now


def series_id(series: Series) -> str:
    """Return what names a measurement in an address: a PC's history does not say what was measured (decision 0020)."""
    return blake2b(series.key.encode(), digest_size=8).hexdigest()


def all_series(results: Results) -> Iterable[Series]:
    """Yield every measurement."""
    return (one for panel in (*results.laboratory, *results.vital, *results.micro) for one in panel.series)


class MeasurePages:
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/measure/{id}/{series}", self.show, "chart")]

    async def show(self, request: Request) -> Response:
        """Show the values, the newest first."""
        house = self._house
        id_, sheet, whose = await house.open(request, request.path_params["id"])
        wanted = request.path_params["series"]
        series = next((one for one in all_series(results_of(sheet)) if series_id(one) == wanted), None)
        if series is None:
            raise NOT_FOUND
        house.shell.look(request, "view", patient=id_, what="measure")
        page = MeasurePage(
            id=id_,
            person=whose,
            age=house.age(whose),
            series=series,
            through_glass=not house.account(request).in_scope(whose.ward),
            laboratory=bool(house.staff.downtime.declared),
        )
        return await house.shell.render(request, "measure.html", page, exercise=sheet.chart.world == "T")
