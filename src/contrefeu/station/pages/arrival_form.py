"""One form of an admission: what was typed, the bed, the number, the entry.

Rules kept here:
  * A ward admits to itself, while it writes on this screen.
  * A form that is sent twice is one admission (numbers.py).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contrefeu.chart import TEMPORARY, Age, Chart, new_chart, spoken
from contrefeu.chart.sheet import Person
from contrefeu.fhir import Json
from contrefeu.station.care import Bed, Field, Typed
from contrefeu.station.care.arrivals import place_fields, unknown
from contrefeu.station.care.moves import bed_doubts
from contrefeu.station.care.scribe import Scribe, bundle
from contrefeu.station.care.stay import step
from contrefeu.station.house import House, shows_exercise
from contrefeu.station.numbers import Numbers
from contrefeu.station.pages.elsewhere import elsewhere
from contrefeu.station.pages.places import beds_of, choose_ward
from contrefeu.station.pages.writing import ONCE_BYTES, chosen, is_shown, scribe_of, write_down, writes_here
from contrefeu.web import N_, visit_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to come."""

    name: str
    title: str
    button: str
    doubt: tuple[str, str] = (N_("Rien n’est encore écrit. À confirmer :"), N_("Oui, c’est voulu."))


@dataclass(frozen=True, slots=True)
class ArrivalPage:
    """One form; the names are those that write.html reads."""

    form: Kind
    ward: str
    back: str
    person: Person | None
    age: Age | None
    fields: Sequence[Field]
    values: Mapping[str, str]
    problems: dict[str, str]
    doubts: Sequence[tuple[str, str, str]]
    once: str
    about: Sequence[str] = ()
    kept: bool = False  # what was typed when a session ended comes back in forms of a chart alone

    @property
    def focus(self) -> str:
        """The field to type in: the first that is wrong, else the first."""
        return next((one.name for one in self.fields if one.name in self.problems), self.fields[0].name)


Compose = Callable[[Typed, str], tuple[Chart, list[Json]]]
"""(typed, number or the form's own) -> the chart that is written in, and what is said beside the stay."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one admission asks for."""

    kind: Kind
    fields: Sequence[Field]
    compose: Compose
    visit: str = ""  # of a stay that is planned; "" for one that begins
    person: Person | None = None  # who it is, where that is known
    inside: str = "IMP"
    draws: bool = True  # whether a temporary number is needed
    check: Callable[[Typed], Awaitable[None]] | None = None  # notes further problems and doubts
    back: str = ""


class ArrivalForm:
    """Shows and takes the forms of admissions."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._numbers = Numbers(house.staff, house.deps.clock)

    async def refused(self, request: Request, ward: str) -> Response | None:
        """Return why this person cannot admit to *ward* now; None when they can."""
        house = self._house
        if not house.account(request).in_scope(ward):
            raise await house.shell.refusal(request)
        if writes_here(house, ward, "movements"):
            return None
        return await elsewhere(house, request, ward, "movements")

    async def handle(self, request: Request, asked: Asked) -> Response:
        """Show the form, or take it."""
        house, ward = self._house, request.query_params.get("ward", "")
        if not ward:
            return await choose_ward(house, request, asked.person, request.url.path, asked.back or "/")
        if refused := await self.refused(request, ward):
            return refused
        scribe, beds = scribe_of(house, request), await beds_of(house, request, ward)
        fields = (*asked.fields, *place_fields(beds, scribe, asked.inside))
        if request.method == "GET":
            house.shell.look(request, "act", what=asked.kind.name)
            values = {one.name: one.value for one in fields}
            return await self._page(request, asked, ward, fields, values, token_hex(ONCE_BYTES), None)
        sent = await request.form()
        typed = Typed({one.name: str(sent.get(one.name, "")) for one in fields}, scribe)
        once = str(sent.get("once", "")) or token_hex(ONCE_BYTES)
        await self._judge(asked, fields, typed, beds)
        if typed.problems or (typed.doubts and sent.get("confirm") != "yes"):
            return await self._page(request, asked, ward, fields, typed.values, once, typed)

        async def admit() -> str:
            return await self._admit(request, asked, ward, typed, once, scribe)

        said = f"{asked.kind.name}/{once}/{sorted(typed.values.items())}"
        return RedirectResponse(await self._numbers.once(said, admit), 303)

    async def _judge(self, asked: Asked, fields: Sequence[Field], typed: Typed, beds: Sequence[Bed]) -> None:
        """Note what is wrong with what was typed, and what is asked once more."""
        if not chosen(fields, typed):
            return
        for one in fields:
            if one.kind == "number":
                typed.number(one)
        typed.moment()
        typed.doubts += bed_doubts(beds, typed)
        if asked.check is not None:
            await asked.check(typed)

    async def _admit(self, request: Request, asked: Asked, ward: str, typed: Typed, once: str, scribe: Scribe) -> str:
        """Write it down; returns where it leads."""
        house = self._house
        number = await self._numbers.draw(scribe.login) if asked.draws else once
        chart, said = asked.compose(typed, number)
        visit = asked.visit or f"stay:{number if asked.draws else f'{chart.id}|{once}'}"
        place = (ward, "", typed.text("bed"))
        came = step(visit, "admit", typed.moment(), place=place, inside=typed.text("inside"))
        ref = await write_down(house, scribe, bundle(chart, scribe, f"admit/{number}", [*said, came]))
        shown = await is_shown(house, chart.id, ref)
        if not house.account(request).may("chart"):
            return f"/ward/{quote(ward)}"
        return f"/patient/{quote(chart.id)}" if shown else f"/ward/{quote(ward)}"

    async def _page(
        self,
        request: Request,
        asked: Asked,
        ward: str,
        fields: Sequence[Field],
        values: Mapping[str, str],
        once: str,
        typed: Typed | None,
    ) -> Response:
        whose = asked.person
        page = ArrivalPage(
            form=asked.kind,
            ward=ward,
            back=asked.back or f"/ward/{quote(ward)}",
            person=whose,
            age=self._house.age(whose) if whose else None,
            fields=fields,
            values=values,
            problems=typed.problems if typed else {},
            doubts=typed.asked_again if typed else (),
            once=once,
        )
        return await self._house.shell.render(request, "arrival.html", page, status=400 if typed else 200)

    async def many(self, request: Request, ward: str, count: int, once: str) -> list[tuple[str, str, str]]:
        """Admit *count* people of whom nothing is known; returns chart, number and name of each."""
        house, scribe, chart_of = self._house, scribe_of(self._house, request), await self.newcomer(request)
        visit = visit_of(request)  # what is to be done is in the audit first, not beside it
        await house.shell.audit.write("act", visit.actor, address=visit.address, what=f"many {count}")

        async def admit(_n: int) -> str:
            number = await self._numbers.draw(scribe.login)
            chart, typed = chart_of(number), Typed({}, scribe)
            came = step(f"stay:{number}", "admit", scribe.at, place=(ward, "", ""), inside="EMER")
            await write_down(house, scribe, bundle(chart, scribe, f"admit/{number}", [*unknown(typed, number), came]))
            return number

        async def each() -> str:
            return " ".join([await admit(n) for n in range(count)])

        numbers = (await self._numbers.once(f"many/{once}/{count}", each)).split()
        return [(chart_of(number).id, number, spoken(number)) for number in numbers]

    async def newcomer(self, request: Request) -> Callable[[str], Chart]:
        """Return what makes the empty chart of a number, in the world that the person looks at."""
        status = await self._house.charts.status()
        world = "T" if shows_exercise(status, visit_of(request)) else "P"
        return lambda number: new_chart(f"{TEMPORARY}|{number}", world)
