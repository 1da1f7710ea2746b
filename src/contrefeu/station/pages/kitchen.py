"""The kitchen's sheet of a ward, per meal: bed, diet, texture, what is not eaten, who is not there (F19).

Rules kept here:
  * Diet, texture and fasting stand in their author's words; of whom nobody said one, the sheet says so, never "normal".
  * The kitchen learns of allergies to food, and of those whose kind nobody said; of no other, and of no illness.
  * A protected identity is a bed (F24). Who died is not on the sheet; who is on leave is, and says so.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.base import rfc3339
from contrefeu.chart import BoardRow, concept, denied_kind, denies_allergies, is_struck
from contrefeu.chart.sheet import Sheet
from contrefeu.station.house import House

MEALS = {"breakfast": 10, "lunch": 15, "dinner": 24}  # until which hour of the day it is the next one


@dataclass(frozen=True, slots=True)
class Plate:
    """One patient."""

    row: BoardRow
    food: Sequence[str]  # allergies to food
    unsaid: Sequence[str]  # allergies whose kind nobody said
    known: bool = True  # whether the chart could be read: of one that could not, nothing is "none"


@dataclass(frozen=True, slots=True)
class KitchenPage:
    """One ward, one meal."""

    ward: str
    name: str
    at: str  # RFC 3339: now
    meal: str
    meals: Sequence[str]
    plates: Sequence[Plate]

    @property
    def counts(self) -> Sequence[tuple[tuple[str, str], int]]:
        """How many plates of each diet, as it is said, and of what is left out; "" twice where nobody said one."""
        eating = (plate.row for plate in self.plates if not plate.row.on_leave)
        return sorted(Counter((", ".join(row.diets), ", ".join(row.left_out)) for row in eating).items())


class KitchenPages:
    """Its handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return its route."""
        return [self._house.shell.page("/kitchen/{ward:path}", self.show, "chart")]

    async def show(self, request: Request) -> Response:
        """Show the sheet of the next meal, or of the one that is asked for."""
        house, ward = self._house, str(request.path_params["ward"])
        if not house.account(request).in_scope(ward):
            raise await house.shell.refusal(request)
        house.shell.look(request, "board", what=f"kitchen {ward}")
        board = await house.charts.board(ward, house.world(request))
        asked = request.query_params.get("meal", "")
        page = KitchenPage(
            ward=ward,
            name=board.name or ward,
            at=rfc3339(house.deps.clock.now_ns()),
            meal=asked if asked in MEALS else self._next(),
            meals=tuple(MEALS),
            plates=[await self._plate(row) for row in board.rows if not row.deceased],
        )
        return await house.shell.render(request, "kitchen.html", page)

    def _next(self) -> str:
        deps = self._house.deps
        hour = datetime.fromtimestamp(deps.clock.now_ns() // 1_000_000_000, UTC).astimezone(deps.zone).hour
        return next(meal for meal, until in MEALS.items() if hour < until)

    async def _plate(self, row: BoardRow) -> Plate:
        opened = await self._house.lately.open(row.id)
        found = Sheet(opened.chart, laid=opened.laid).all("AllergyIntolerance") if opened else ()
        standing = [one for one in found if not (is_struck(one) or denies_allergies(one) or denied_kind(one))]
        return Plate(
            row=row,
            food=[concept(one.get("code")) or "?" for one in standing if "food" in (one.get("category") or ())],
            unsaid=[concept(one.get("code")) or "?" for one in standing if not one.get("category")],
            known=opened is not None,
        )
