"""The recovery in the ward app: where it is, how long still, what waits for whom; each patient signed off by name (R7).

Rules kept here:
  * Somebody looks at both records and signs; of a patient of whom something is left, they say what was done by hand.
  * A physician sees and signs their wards' patients; coordination and recovery, everybody's.
  * Until when each source was clean, and what came in since, is decided on the same page (doubting.py).
  * What somebody decides or signs here stands in the audit too (R8): who, when, from which PC, of whom.
  * What is sent, compared and accounted for is done by commands on the node (docs/howto/send-back.md): no page sends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import PatientSignedOff, WardAccount
from contrefeu.base import rfc3339
from contrefeu.station.house import House
from contrefeu.station.names import pairs
from contrefeu.station.pages.doubting import Desk, Doubting
from contrefeu.station.reprise import Following, Patient, Reprise, Sending

SHOWN_MAX = 100  # patients on a page: those who wait first; the next hundred come up as these are signed
REMARK_CHARS_MAX = 300  # two sentences
GONE, NO_REMARK = "gone", "no-remark"


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One patient, and who they are."""

    patient: Patient
    name: str
    birth_date: str
    ward: str


@dataclass(frozen=True, slots=True)
class RecoveryPage:
    """Where the recovery is."""

    state: Reprise
    sendings: Sequence[Sending]
    seconds: float | None  # that the replay takes still
    identities: int  # pairs that wait for people
    wards: Sequence[WardAccount]
    rows: Sequence[PatientRow]
    waiting: int  # patients of this person's who are not signed off
    doubting: Doubting | None  # None for who does not see the whole house
    problem: str = ""
    compare: str = "contrefeu gap --against …"
    reckon: str = "contrefeu reconcile --out …"

    @property
    def minutes(self) -> float:
        """Of typing, in all."""
        return sum(ward.minutes for ward in self.wards)


class RecoveryPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._desk = Desk(house)
        self._reprise = Following()

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self._house.shell.page("/recovery", self.recovery, "recover", ("GET", "POST"))]

    async def recovery(self, request: Request) -> Response:
        """Show where it is; take a signature."""
        house = self._house
        await house.staff.refresh()
        problem = await self._do(request) if request.method == "POST" else ""
        if request.method == "POST" and not problem:
            return RedirectResponse("/recovery", 303)
        house.shell.look(request, "act", what="recovery")
        state, account = self._reprise(house.staff.acts), house.account(request)
        everybody = sorted(state.patients.values(), key=lambda one: (one.state == "signed", -one.left, one.chart))
        rows = await self._rows(request, everybody)
        sendings = [state.sendings[name] for name in sorted(state.sendings)]
        page = RecoveryPage(
            state=state,
            sendings=sendings,
            seconds=next((found for one in sendings if (found := one.seconds_for(state.remaining)) is not None), None),
            identities=sum(one.waits for world in ("P", "T") for one in pairs(house.staff.acts, world)),
            wards=[one for one in (state.account.wards if state.account else []) if account.in_scope(one.ward)],
            rows=rows[:SHOWN_MAX],
            waiting=sum(row.patient.state != "signed" for row in rows),
            doubting=await self._desk.shown(state.review) if account.whole_house else None,
            problem=problem,
        )
        return await house.shell.render(request, "recovery.html", page, status=400 if problem else 200)

    async def _rows(self, request: Request, some: Sequence[Patient]) -> list[PatientRow]:
        """The rows of *some*, without those who are not this person's."""
        hits, account = await self._house.charts.hits([one.chart for one in some]), self._house.account(request)
        return [
            PatientRow(one, hit.name, hit.birth_date, hit.ward)
            for one, hit in zip(some, hits, strict=True)
            if hit is not None and account.in_scope(hit.ward)
        ]

    async def _do(self, request: Request) -> str:
        """Do what the form asks; returns what is wrong with it."""
        form, state = await request.form(), self._reprise(self._house.staff.acts)
        if form.get("why"):
            patient, what, problem = "", "review decided", await self._desk.decide(request, form, state.review)
        elif "whose" in form:
            patient, what, problem = "", "clean point", await self._desk.say(request, form, state.review)
        else:
            patient, what = str(form.get("chart", "")), "signed off"
            problem = await self._sign(request, form, state)
        if not problem:
            self._house.shell.look(request, "act", patient=patient, what=f"recovery: {what}")
        return problem

    async def _sign(self, request: Request, form: FormData, state: Reprise) -> str:
        house = self._house
        one = state.patients.get(str(form.get("chart", "")))
        if one is None or one.state == "signed" or not await self._rows(request, [one]):
            return GONE
        remark = str(form.get("remark", "")).strip()[:REMARK_CHARS_MAX]
        if one.left and not remark:
            return NO_REMARK
        act = PatientSignedOff(one.chart, rfc3339(house.deps.clock.now_ns()), one.left, remark)
        await house.staff.write(act, house.account(request).login)
        return ""
