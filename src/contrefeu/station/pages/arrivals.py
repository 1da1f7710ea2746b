"""Admission: search first, then somebody known here, somebody new, a newborn, or many at once.

Rules kept here:
  * Nobody is made anew by name before a search by birth date was done in this session (F22); who cannot say who they
    are has none.
  * A ward admits to itself, while it writes on this screen.
  * A name that somebody here has already is asked once more, with who has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.chart import UNKNOWN, UNKNOWN_BIRTH, Age, BoardRow, PatientHit, age_of, planned_visit
from contrefeu.chart.sheet import Sheet, person_of
from contrefeu.station.care import Typed
from contrefeu.station.care.arrivals import (
    MANY_MAX,
    capitals,
    named,
    named_fields,
    newborn,
    newborn_fields,
    unknown,
    unknown_fields,
)
from contrefeu.station.care.form import typed_day
from contrefeu.station.house import House, namesake, shows_exercise
from contrefeu.station.pages.arrival_form import ArrivalForm, Asked, Kind
from contrefeu.station.pages.places import choose_ward
from contrefeu.station.pages.writing import ONCE_BYTES
from contrefeu.web import N_, NOT_FOUND, person, visit_of

LETTERS_MAX = 3  # of a name, after the birth date: more finds less (F22)
HITS_MAX = 20  # patients proposed
KNOWN = Kind("known", N_("Admettre"), N_("Admettre"))
NEW = Kind(
    "new",
    N_("Nouvelle personne"),
    N_("Admettre"),
    (
        N_("Rien n’est encore écrit. Ce lit est pris, ou quelqu’un ici porte déjà ce nom :"),
        N_("C’est une autre personne, et c’est bien ce lit."),
    ),
)
NOBODY = Kind("unknown", N_("Personne inconnue"), N_("Admettre"))
NEWBORN = Kind("newborn", N_("Naissance"), N_("Inscrire la naissance"))


@dataclass(frozen=True, slots=True)
class Found:
    """One patient that it may be."""

    hit: PatientHit
    age: Age | None


@dataclass(frozen=True, slots=True)
class ArrivePage:
    """Who comes?"""

    ward: str
    name: str
    search: str  # number of the search; "" before one
    born: str
    letters: str
    hits: Sequence[Found]
    wrong: bool  # the birth date is none


@dataclass(frozen=True, slots=True)
class ManyPage:
    """Those who were admitted at once."""

    ward: str
    made: Sequence[tuple[str, str, str]]  # chart, number of the band, name; none yet while the count is asked
    once: str
    wrong: bool = False
    most: int = MANY_MAX
    here: Sequence[BoardRow] = ()  # who is on the ward without a name: those of before, or of a form that had no answer


class ArrivalPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._form = ArrivalForm(house)

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        both: Sequence[Literal["GET", "POST"]] = ("GET", "POST")
        return [
            page("/arrive", self.arrive, "move", both),
            page("/arrive/known/{id}", self.known, "move", both),
            page("/arrive/new", self.new, "move", both),
            page("/arrive/unknown", self.unknown, "move", both),
            page("/arrive/newborn/{id}", self.newborn, "write", both),
            page("/arrive/many", self.many, "move", both),
        ]

    async def arrive(self, request: Request) -> Response:
        """Search who comes."""
        house, ward = self._house, request.query_params.get("ward", "")
        if not ward:
            return await choose_ward(house, request, None, "/arrive", "/")
        if refused := await self._form.refused(request, ward):
            return refused
        _, session = person(request)
        if request.method == "POST":
            sent = await request.form()
            date, letters = str(sent.get("born", "")).strip()[:10], str(sent.get("letters", "")).strip()[:LETTERS_MAX]
            words = f"{date}|{letters}"
            number = session.searched(words) if typed_day(date) else ""
            if not number:
                return await self._arrive_page(request, ward, "", date, letters, (), wrong=True)
            return RedirectResponse(f"/arrive?ward={quote(ward)}&s={number}", 303)
        number = request.query_params.get("s", "")
        date, _, letters = session.searches.get(number, "").partition("|")
        if not typed_day(date):
            return await self._arrive_page(request, ward, "", "", "", ())
        query = f"{typed_day(date)} {letters}".strip()
        house.shell.look(request, "search", query=query)
        hits = await self._hits(request, query)
        return await self._arrive_page(request, ward, number, date, letters, hits)

    async def _arrive_page(
        self,
        request: Request,
        ward: str,
        number: str,
        date: str,
        letters: str,
        hits: Sequence[PatientHit],
        *,
        wrong: bool = False,
    ) -> Response:
        now_ns, zone = self._house.deps.clock.now_ns(), self._house.deps.zone
        names = {one.id: one.name for one in await self._house.charts.wards(self._house.world(request))}
        found = [Found(hit, age_of(hit.birth_date, now_ns, zone)) for hit in hits]
        page = ArrivePage(ward, names.get(ward, ward), number, date, letters, found, wrong)
        return await self._house.shell.render(request, "arrive.html", page, status=400 if wrong else 200)

    async def _hits(self, request: Request, query: str) -> list[PatientHit]:
        world = "T" if shows_exercise(await self._house.charts.status(), visit_of(request)) else "P"
        found = [hit for hit in await self._house.charts.find(query, HITS_MAX) if hit.world == world]
        return await self._house.visible(request, found)

    async def known(self, request: Request) -> Response:
        """Admit somebody who has a chart here."""
        house = self._house
        chart = await house.charts.chart(request.path_params["id"])
        if chart is None:
            raise NOT_FOUND
        whose = person_of(Sheet(chart, house.deps.clock.now_ns()))
        if whose.confidential and not house.account(request).in_scope(whose.ward):
            raise NOT_FOUND

        async def not_here(typed: Typed) -> None:
            if whose.ward:
                typed.problems[""] = N_("Cette personne est déjà dans une unité : c’est un transfert.")

        visit = planned_visit(chart.stays)
        return await self._form.handle(
            request,
            Asked(KNOWN, (), lambda _typed, _number: (chart, []), visit, whose, draws=False, check=not_here),
        )

    async def new(self, request: Request) -> Response:
        """Admit somebody who says who they are, and whom nobody here knows."""
        ward, number = request.query_params.get("ward", ""), request.query_params.get("s", "")
        date = person(request)[1].searches.get(number, "").partition("|")[0]
        if not typed_day(date):
            return RedirectResponse(f"/arrive?ward={quote(ward)}", 303)  # search first

        async def known_already(typed: Typed) -> None:
            if not typed_day(typed.text("born")):
                typed.problems["born"] = N_("Une date, comme 12/03/1942.")
            name = f"{capitals(typed.text('family'))} {capitals(typed.text('given'))}"
            hits = await self._hits(request, name)
            typed.doubts += [f"|{_who(hit)}" for hit in hits if namesake(hit.name, name)]

        chart_of = await self._form.newcomer(request)
        asked = Asked(NEW, named_fields(date), lambda typed, n: (chart_of(n), named(typed, n)), check=known_already)
        return await self._form.handle(request, asked)

    async def unknown(self, request: Request) -> Response:
        """Admit somebody who cannot say who they are."""
        chart_of = await self._form.newcomer(request)
        asked = Asked(NOBODY, unknown_fields(), lambda typed, n: (chart_of(n), unknown(typed, n)), inside="EMER")
        return await self._form.handle(request, asked)

    async def newborn(self, request: Request) -> Response:
        """Write down a birth, on the mother's chart."""
        id_, sheet, whose = await self._house.open(request, request.path_params["id"])
        if not request.query_params.get("ward") and whose.ward:
            return RedirectResponse(f"/arrive/newborn/{quote(id_)}?ward={quote(whose.ward)}", 303)
        chart_of = await self._form.newcomer(request)
        asked = Asked(
            NEWBORN,
            newborn_fields(),
            lambda typed, n: (chart_of(n), newborn(typed, n, sheet.chart, whose)),
            person=whose,
            back=f"/patient/{quote(id_)}",
        )
        return await self._form.handle(request, asked)

    async def many(self, request: Request) -> Response:
        """Admit several at once who cannot say who they are."""
        house, ward = self._house, request.query_params.get("ward", "")
        if not ward:
            return await choose_ward(house, request, None, "/arrive/many", "/")
        if refused := await self._form.refused(request, ward):
            return refused
        once = token_hex(ONCE_BYTES)
        if request.method == "GET":
            page = ManyPage(ward, (), once, here=await self._nameless(request, ward))
            return await house.shell.render(request, "many.html", page)
        sent = await request.form()
        count, once = str(sent.get("count", "")).strip(), str(sent.get("once", "")) or once
        if not count.isdecimal() or not 1 <= int(count) <= MANY_MAX:
            page = ManyPage(ward, (), once, wrong=True, here=await self._nameless(request, ward))
            return await house.shell.render(request, "many.html", page, status=400)
        made = await self._form.many(request, ward, int(count), once)
        return await house.shell.render(request, "many.html", ManyPage(ward, made, once))

    async def _nameless(self, request: Request, ward: str) -> list[BoardRow]:
        """Who lies on *ward* under a name to say, the last one first."""
        board = await self._house.charts.board(ward, self._house.world(request))
        found = [
            row
            for row in board.rows
            if UNKNOWN_BIRTH in row.doubts
            and row.family.startswith(f"{UNKNOWN} ")
            and not self._house.hides(request, row)
        ]
        if found:
            self._house.shell.look(request, "board", what=f"arrivals {ward}")
        return sorted(found, key=lambda row: (row.admitted, len(_band(row)), _band(row)), reverse=True)


def _band(row: BoardRow) -> str:
    return row.identifiers[0] if row.identifiers else ""


def _who(hit: PatientHit) -> str:
    return " · ".join(filter(None, (hit.name, hit.birth_date, *hit.identifiers[:1], hit.ward, hit.bed)))
