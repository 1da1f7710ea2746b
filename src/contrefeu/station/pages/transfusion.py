"""A patient's blood products: what was asked for, each unit from delivery to end, and what comes next (F11)."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.chart import Age, Resource, concept, concepts, display
from contrefeu.chart.sheet import Allergies, Person, allergies_of
from contrefeu.station.care.blood import parts_of, requests_of, units_of
from contrefeu.station.house import House
from contrefeu.station.pages.writing import writes_here


@dataclass(frozen=True, slots=True)
class BloodAsked:
    """What was asked for."""

    id: str
    what: str
    why: str
    at: str
    by: str
    priority: str


@dataclass(frozen=True, slots=True)
class BloodUnit:
    """One unit."""

    id: str
    what: str
    status: str
    parts: dict[str, str]
    begun: str
    by: Sequence[str]  # who checked at the bed


@dataclass(frozen=True, slots=True)
class TransfusionPage:
    """One patient's."""

    id: str
    person: Person
    age: Age | None
    allergies: Allergies
    asked: Sequence[BloodAsked]
    units: Sequence[BloodUnit]
    writes: bool
    through_glass: bool


class TransfusionPages:
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/transfusion/{id}", self.show, "chart")]

    async def show(self, request: Request) -> Response:
        """Show the requests and the units."""
        house = self._house
        id_, sheet, whose = await house.open(request, request.path_params["id"])
        house.shell.look(request, "view", patient=id_, what="transfusion")
        units = sorted(map(_unit, units_of(sheet)), key=lambda one: one.parts.get("delivered", ""), reverse=True)
        page = TransfusionPage(
            id=id_,
            person=whose,
            age=house.age(whose),
            allergies=allergies_of(sheet),
            asked=[_asked(one) for one in requests_of(sheet)],
            units=units,
            writes=writes_here(house, whose.ward, "requests"),
            through_glass=not house.account(request).in_scope(whose.ward),
        )
        return await house.shell.render(request, "transfusion.html", page, exercise=sheet.chart.world == "T")


def _asked(one: Resource) -> BloodAsked:
    return BloodAsked(
        id=str(one["id"]),
        what=concept(one.get("code")),
        why=concepts(one.get("reasonCode")),
        at=str(one.get("authoredOn", "")),
        by=display(one.get("requester")),
        priority=str(one.get("priority", "")),
    )


def _unit(one: Resource) -> BloodUnit:
    return BloodUnit(
        id=str(one["id"]),
        what=concept(one.get("code")),
        status=str(one.get("status", "")),
        parts=parts_of(one),
        begun=str((one.get("performedPeriod") or {}).get("start", "")),
        by=[display(who.get("actor")) for who in one.get("performer") or []],
    )
