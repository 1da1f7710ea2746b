"""Who is who: temporary identities beside the known ones that they may be; two different people decide (R6).

Rules kept here:
  * The first who says "the same patient" joins nobody; a second person does, or says that it is not. One person is
    enough to say that it is not, and to part what was joined.
  * A blood group crosses only when somebody says that the blood bank agreed (F11).
  * Pages show both identities, field by field; the evidence is named by how fields agree, and its weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import IdentitiesLinked, MatchingAct, PairDecided, PairState, pair_states
from contrefeu.base import rfc3339
from contrefeu.chart.sheet import Person, Sheet, person_of
from contrefeu.station.house import House

SHOWN_MAX = 50  # pairs on a page: more than two people decide before the next cup of coffee
REASON_CHARS_MAX = 300  # two sentences
GONE, TWICE, BLOOD_BANK, NO_REASON = "gone", "twice", "blood-bank", "no-reason"
BLOOD_WORDS = "blood"  # begins, somewhere in it, the reason of a pair that holds a blood group


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair, and who its numbers are."""

    n: int
    state: PairState
    temporary: Person | None
    known: Person | None
    mine: bool  # the one who looks said "the same" already

    @property
    def blood(self) -> bool:
        """Whether the blood bank is asked."""
        return BLOOD_WORDS in self.state.pair.why


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
        return [self._house.shell.page("/identities", self.identities, "match", ("GET", "POST"))]

    async def identities(self, request: Request) -> Response:
        """Show what waits; take a decision."""
        house = self._house
        await house.staff.refresh()
        problem = await self._do(request) if request.method == "POST" else ""
        if request.method == "POST" and not problem:
            return RedirectResponse("/identities", 303)
        await house.shell.look(request, "act", what="identities")
        login, states = house.account(request).login, self._states()
        waiting = [one for one in states if one.waits]
        joined = [one for one in reversed(states) if one.state == "linked"]
        page = IdentitiesPage(
            [await self._row(states.index(one), one, login) for one in waiting[:SHOWN_MAX]],
            len(waiting),
            [await self._row(states.index(one), one, login) for one in joined[:SHOWN_MAX]],
            problem,
        )
        return await house.shell.render(request, "identities.html", page, status=400 if problem else 200)

    def _states(self) -> list[PairState]:
        acts = ((entry.ref, entry.source, act) for entry, act in self._house.staff.acts)
        return pair_states((ref, source, act) for ref, source, act in acts if isinstance(act, MatchingAct))

    async def _row(self, n: int, one: PairState, login: str) -> PairRow:
        pair = one.pair
        return PairRow(
            n, one, await self._person(pair.temporary), await self._person(pair.known), one.agreed_by == login
        )

    async def _person(self, key: str) -> Person | None:
        chart = await self._house.charts.chart(key)
        return None if chart is None else person_of(Sheet(chart, self._house.deps.clock.now_ns()))

    async def _do(self, request: Request) -> str:
        """Do what the form asks; returns what is wrong with it."""
        form = await request.form()
        do, named = str(form.get("do", "")), (str(form.get("temporary", "")), str(form.get("known", "")))
        one = next((one for one in self._states() if (one.pair.temporary, one.pair.known) == named), None)
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
        if same and BLOOD_WORDS in pair.why and not blood_bank:
            return BLOOD_BANK
        await house.staff.write(PairDecided(pair.temporary, pair.known, same, at, pair.world, blood_bank), login)
        if same and one.state == "agreed":
            await house.staff.write(IdentitiesLinked(pair.known, pair.temporary, at, pair.world), login)
        return ""

    async def _part(self, request: Request, one: PairState, reason: str) -> str:
        if one.state != "linked":
            return GONE
        if not reason:
            return NO_REASON
        house, pair = self._house, one.pair
        at = rfc3339(house.deps.clock.now_ns())
        act = IdentitiesLinked(pair.known, pair.temporary, at, pair.world, undo=True, reason=reason)
        await house.staff.write(act, house.account(request).login)
        return ""
