"""Honey patients (F46): laid and taken up by the security officer, whose page this is.

Rules kept here:
  * The page shows numbers and wards, no name and no chart: it is no look, and raises nothing.
  * Who lies in a ward is refused: somebody who is cared for stays on every board.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import HONEY_MAX, Act, Honey, HoneyNamed, HoneyReleased, Told, honey_patients
from contrefeu.base import rfc3339
from contrefeu.chart import HoneyChart
from contrefeu.chart.sheet import Sheet, person_of
from contrefeu.station.house import House

NUMBER_CHARS_MAX = 200  # a number and its authority
NOTE_CHARS_MAX = 300  # two sentences
NO_NUMBER, IN_WARD, TOO_MANY, GONE = "no-number", "in-ward", "too-many", "gone"


@dataclass(frozen=True, slots=True)
class HoneyPage:
    """Those in force."""

    found: Sequence[tuple[Honey, HoneyChart | None]]
    settled: Sequence[tuple[str, HoneyChart | None]]  # named by the settings
    problem: str = ""


class HoneyPages:
    """Their handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self._house.shell.page("/honey", self.honey, "honey", ("GET", "POST"))]

    async def honey(self, request: Request) -> Response:
        """Show them; name one, release one."""
        house = self._house
        await house.staff.refresh()
        problem = await self._do(request) if request.method == "POST" else ""
        if request.method == "POST" and not problem:
            return RedirectResponse("/honey", 303)
        house.shell.look(request, "act", what="honey")
        known = {one.number: one for one in await house.charts.honey()}
        found = [(one, _stands(one.numbers, known)) for one in reversed(self._all())]
        settled = [(number, known.get(number)) for number in house.deps.settings.watch.honey]
        status = 400 if problem else 200
        return await house.shell.render(request, "honey.html", HoneyPage(found, settled, problem), status=status)

    def _all(self) -> list[Honey]:
        acts = enumerate(self._house.staff.acts)
        # In the order of the staff's own fold: what was written a moment ago comes last.
        return honey_patients(Told((n, entry.journal, entry.sequence), entry.source, act) for n, (entry, act) in acts)

    async def _do(self, request: Request) -> str:
        """Do what the form asks; returns what is wrong with it."""
        form, house = await request.form(), self._house
        at = rfc3339(house.deps.clock.now_ns())
        act: Act
        if form.get("do") == "undo":
            named = str(form.get("named", ""))
            if named not in {one.ref for one in self._all()}:
                return GONE
            act = HoneyReleased(named, at)
        else:
            number = str(form.get("number", "")).strip()[:NUMBER_CHARS_MAX]
            problem = await self._problem_of(number)
            if problem:
                return problem
            keys = [key.partition(" ")[2] for key in (await house.charts.numbers(number))[1:]]
            act = HoneyNamed(keys or [number], at, str(form.get("note", "")).strip()[:NOTE_CHARS_MAX])
        await house.staff.write(act, house.account(request).login)
        return ""

    async def _problem_of(self, number: str) -> str:
        if not number:
            return NO_NUMBER
        if len(self._all()) >= HONEY_MAX:
            return TOO_MANY
        chart = await self._house.charts.chart(number)
        lies = chart is not None and person_of(Sheet(chart, self._house.deps.clock.now_ns())).ward
        return IN_WARD if lies else ""


def _stands(numbers: Sequence[str], known: Mapping[str, HoneyChart]) -> HoneyChart | None:
    return next((known[number] for number in numbers if number in known), None)
