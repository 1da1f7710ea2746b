"""Who is who: temporary identities beside the known ones that they may be; two different people decide (R6).

Rules kept here:
  * Whoever proposed a pair, `contrefeu match` or somebody on a ward, it is decided here, and undone here.
  * Who may `match` decides about anybody; who may `unite`, about temporary identities that lie on their wards.
  * The first who says "the same patient" joins nobody; a second person does, or says that it is not. One person is
    enough to say that it is not, and to part what was joined.
  * A blood group crosses only when somebody says that the blood bank agreed (F11): charts are looked at when the page
    is shown and when it is answered, for a group may have come in since the pair was proposed.
  * When a name that was given here is left, what bears it still is listed first (leaving.py).
  * Pages show both identities, field by field; the evidence is named by how fields agree, and its weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import BLOOD, TEMPORARY, Agreement, IdentitiesLinked, PairDecided, PairState
from contrefeu.base import rfc3339
from contrefeu.chart import Chart, holds_blood
from contrefeu.chart.sheet import Person, Sheet, person_of
from contrefeu.station.house import House, shows_exercise
from contrefeu.station.names import pairs
from contrefeu.station.pages.leaving import leave, stand_again
from contrefeu.web import visit_of

SHOWN_MAX = 50  # pairs on a page: more than two people decide before the next cup of coffee
_DAY_CHARS = 10  # of YYYY-MM-DD
REASON_CHARS_MAX = 300  # two sentences
GONE, TWICE, BLOOD_BANK, NO_REASON = "gone", "twice", "blood-bank", "no-reason"


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair, and who its numbers are."""

    n: int
    state: PairState
    temporary: Person | None
    known: Person | None
    mine: bool  # the one who looks said "the same" already
    blood: bool  # whether the blood bank is asked

    @property
    def why(self) -> str:
        """Why no rule joins them."""
        return BLOOD if self.blood else self.state.pair.why

    @property
    def number(self) -> str:
        """The temporary number, as bands and pages have it."""
        return given_here(self.state.pair.temporary) or self.state.pair.temporary

    @property
    def fields(self) -> dict[str, Agreement]:
        """How the two agree; of a pair that somebody proposed, what a look at both charts tells without a score."""
        one, other = self.temporary, self.known
        if self.state.pair.fields or one is None or other is None:
            return self.state.pair.fields
        return {"birth": _agree(_day(one), _day(other)), "sex": _agree(_sex(one), _sex(other))}


@dataclass(frozen=True, slots=True)
class IdentitiesPage:
    """What waits, and what was joined, the latest first."""

    waiting: Sequence[PairRow]
    waiting_count: int
    joined: Sequence[PairRow]
    problem: str = ""


class IdentityPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self._house.shell.page("/identities", self.identities, "unite", ("GET", "POST"))]

    async def identities(self, request: Request) -> Response:
        """Show what waits; take a decision."""
        house = self._house
        await house.staff.refresh()
        states = await self._states(request)
        problem = await self._do(request, states) if request.method == "POST" else ""
        if request.method == "POST" and not problem:
            return RedirectResponse("/identities", 303)
        house.shell.look(request, "act", what="identities")
        login = house.account(request).login
        waiting = [one for one in states if one.waits]
        joined = [one for one in reversed(states) if one.state == "linked"]
        page = IdentitiesPage(
            [await self._row(states.index(one), one, login) for one in waiting[:SHOWN_MAX]],
            len(waiting),
            [await self._row(states.index(one), one, login) for one in joined[:SHOWN_MAX]],
            problem,
        )
        return await house.shell.render(request, "identities.html", page, status=400 if problem else 200)

    async def _states(self, request: Request) -> list[PairState]:
        """The pairs of the world that is shown which this person may decide about."""
        house, account = self._house, self._house.account(request)
        exercise = shows_exercise(await house.charts.status(), visit_of(request))
        found = pairs(house.staff.acts, "T" if exercise else "P")
        if account.may("match"):
            return found
        return [one for one in found if one.live and await self._is_on_wards_of(request, one.pair.temporary)]

    async def _is_on_wards_of(self, request: Request, key: str) -> bool:
        person = self._person(await self._house.charts.chart(key))
        return person is not None and self._house.account(request).in_scope(person.ward)

    async def _row(self, n: int, one: PairState, login: str) -> PairRow:
        temporary, known = await self._charts(one)
        return PairRow(
            n, one, self._person(temporary), self._person(known), one.agreed_by == login, _blood(one, temporary, known)
        )

    async def _charts(self, one: PairState) -> tuple[Chart | None, Chart | None]:
        charts = self._house.charts
        return await charts.chart(one.pair.temporary), await charts.chart(one.pair.known)

    def _person(self, chart: Chart | None) -> Person | None:
        return None if chart is None else person_of(Sheet(chart, self._house.deps.clock.now_ns()))

    async def _do(self, request: Request, states: Sequence[PairState]) -> str:
        """Do what the form asks; returns what is wrong with it."""
        form = await request.form()
        do, named = str(form.get("do", "")), (str(form.get("temporary", "")), str(form.get("known", "")))
        one = next((one for one in states if (one.pair.temporary, one.pair.known) == named), None)
        if one is None or do not in ("same", "different", "part"):
            return GONE
        if do == "part":
            return await self._part(request, one, str(form.get("reason", "")).strip()[:REASON_CHARS_MAX])
        return await self._decide(request, one, same=do == "same", blood_bank=form.get("blood_bank") == "yes")

    async def _decide(self, request: Request, one: PairState, *, same: bool, blood_bank: bool) -> str:
        house, pair = self._house, one.pair
        login, at = house.account(request).login, rfc3339(house.deps.clock.now_ns())
        if not one.waits:
            return GONE
        if same and one.agreed_by == login:
            return TWICE
        temporary, known = await self._charts(one)
        if same and _blood(one, temporary, known) and not blood_bank:
            return BLOOD_BANK
        await house.staff.write(PairDecided(pair.temporary, pair.known, same, at, pair.world, blood_bank), login)
        if same and one.state == "agreed":
            number = given_here(pair.temporary)
            if number and temporary is not None:
                await leave(house, request, Sheet(temporary, house.deps.clock.now_ns()), number)
            await house.staff.write(IdentitiesLinked(pair.known, pair.temporary, at, pair.world), login)
        return ""

    async def _part(self, request: Request, one: PairState, reason: str) -> str:
        if one.state != "linked":
            return GONE
        if not reason:
            return NO_REASON
        house, pair = self._house, one.pair
        at = rfc3339(house.deps.clock.now_ns())
        if number := given_here(pair.temporary):
            await stand_again(house, request, number, reason)
        act = IdentitiesLinked(pair.known, pair.temporary, at, pair.world, undo=True, reason=reason)
        await house.staff.write(act, house.account(request).login)
        return ""


def given_here(key: str) -> str:
    """Return the temporary number of *key* that was given here; "" for another's."""
    authority, _, number = key.partition("|")
    return number if authority == TEMPORARY else ""


def _agree(one: str, other: str) -> Agreement:
    return "unsaid" if not (one and other) else "same" if one == other else "other"


def _day(person: Person) -> str:
    """The birth date, when it is a whole day: a year by sight says nothing."""
    return person.birth_date if len(person.birth_date) == _DAY_CHARS else ""


def _sex(person: Person) -> str:
    """The sex, when it was said: of somebody unknown it often was not, and that disagrees with nobody."""
    return "" if person.sex == "unknown" else person.sex


def _blood(one: PairState, *charts: Chart | None) -> bool:
    """Whether a blood group would cross."""
    return one.pair.why == BLOOD or any(chart is not None and holds_blood(chart) for chart in charts)
