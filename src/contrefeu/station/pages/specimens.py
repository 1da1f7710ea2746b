"""The labels of a request's tubes, to be printed from the browser: whose they are, the number, and the same in bars.

Rules kept here:
  * The bars say the number of the label and nothing else, as analysers read it (Code 128).
  * A number that the laboratory does not know says so on each label.
  * Printing them is a look at the patient.
"""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.chart import concept, outside_of, specimen_of
from contrefeu.chart.sheet import Person
from contrefeu.station.house import House
from contrefeu.web import NOT_FOUND

LABELS = 3  # of one request: its tubes; a browser prints as many copies as it is told


@dataclass(frozen=True, slots=True)
class SpecimenPage:
    """The labels of one request."""

    id: str
    person: Person
    number: str
    outside: str  # that the laboratory does not know it; "" where it does, or nothing was agreed
    what: str
    bars: Markup
    exercise: bool
    count: int = LABELS


class SpecimenPages:
    """Their handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their route."""
        return [self._house.shell.page("/specimen/{id}/{request}", self.show, "chart")]

    async def show(self, request: Request) -> Response:
        """Show the labels."""
        house = self._house
        id_, sheet, whose = await house.open(request, request.path_params["id"])
        found = sheet.get({"reference": f"ServiceRequest/{request.path_params['request']}"})
        number = specimen_of(found) if found else ""
        if found is None or not number:
            raise NOT_FOUND
        house.shell.look(request, "print", patient=id_, what=f"label {number}")
        exercise = sheet.chart.world == "T"
        bars = house.deps.bars(number).decode()
        bars = bars.replace("<svg ", '<svg width="46mm" height="8mm" aria-hidden="true" ', 1)
        page = SpecimenPage(
            id=id_,
            person=whose,
            number=number,
            outside=outside_of(found),
            what=concept(found.get("code")),
            bars=Markup(bars),  # noqa: S704 (numbers alone: widths of bars)
            exercise=exercise,
        )
        return await house.shell.render(request, "specimen.html", page, exercise=exercise)
