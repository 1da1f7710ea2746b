"""What is withdrawn from sight, and what waits for a second person (F41): a page of the data protection officer.

Rules kept here:
  * The officer alone sees what is withdrawn. Who may be the second person sees what waits for one, and nothing else.
  * The page names things by their ids: it shows no chart, no document and no message.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import (
    OFFICER,
    Act,
    Told,
    Withdrawal,
    WithdrawalConfirmed,
    WithdrawalProposed,
    WithdrawalRefused,
    two_persons,
    withdrawals,
)
from contrefeu.base import rfc3339
from contrefeu.chart import AUDIT, STATION
from contrefeu.station.house import House

REASON_CHARS_MAX = 300  # two sentences; a longer one belongs into the officer's own file
TARGET_CHARS_MAX = 200  # an id, or the name of an entry
NOT_FOUND, NO_REASON, NOT_THESE_TWO, GONE = "not-found", "no-reason", "not-these-two", "gone"


@dataclass(frozen=True, slots=True)
class WithdrawalsPage:
    """What there is, the newest first."""

    found: Sequence[Withdrawal]
    officer: bool
    login: str
    problem: str = ""


class WithdrawalPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self._house.shell.page("/withdrawals", self.withdrawals, "withdraw", ("GET", "POST"))]

    async def withdrawals(self, request: Request) -> Response:
        """Show what there is; propose, confirm, refuse, undo."""
        house = self._house
        await house.staff.refresh()
        problem = await self._do(request) if request.method == "POST" else ""
        if request.method == "POST" and not problem:
            return RedirectResponse("/withdrawals", 303)
        house.shell.look(request, "act", what="withdrawals")
        account = house.account(request)
        officer = account.role == OFFICER
        found = [one for one in reversed(self._all()) if officer or (one.state == "proposed")]
        page = WithdrawalsPage(found, officer, account.login, problem)
        return await house.shell.render(request, "withdrawals.html", page, status=400 if problem else 200)

    def _all(self) -> list[Withdrawal]:
        acts = enumerate(self._house.staff.acts)
        # In the order of the staff's own fold: what was written a moment ago comes last.
        return withdrawals(Told((n, entry.journal, entry.sequence), entry.source, act) for n, (entry, act) in acts)

    async def _do(self, request: Request) -> str:
        """Do what the form asks; returns what is wrong with it."""
        form = await request.form()
        house, login = self._house, self._house.account(request).login
        at = rfc3339(house.deps.clock.now_ns())
        reason = str(form.get("reason", "")).strip()[:REASON_CHARS_MAX]
        proposal = str(form.get("proposal", ""))
        one = next((one for one in self._all() if proposal in (one.ref, one.undo)), None)
        do = form.get("do")
        act: Act | None = None
        if do == "propose":
            act = await self._proposed(request, at, reason)
            if act is None or not reason:
                return NO_REASON if act is not None else NOT_FOUND
        elif one is None:
            return GONE
        elif do == "confirm" and one.waits:
            roles = {other.login: other.role for other in house.staff.accounts.all() if not other.disabled}
            if not two_persons(one.proposer, login, roles):
                return NOT_THESE_TWO
            act = WithdrawalConfirmed(proposal, at)
        elif do == "refuse" and one.waits:
            act = WithdrawalRefused(proposal, at, reason)
        elif do == "undo" and one.state == "in force":
            if not reason:
                return NO_REASON
            act = WithdrawalProposed("entry", "", reason, at, undo=one.ref)
        if act is None:
            return GONE
        await house.staff.write(act, login)
        return ""

    async def _proposed(self, request: Request, at: str, reason: str) -> WithdrawalProposed | None:
        """What the form proposes; None when there is no such thing."""
        form, charts = await request.form(), self._house.charts
        kind = str(form.get("kind", ""))
        target = str(form.get("target", "")).strip()[:TARGET_CHARS_MAX]
        if kind == "entry":
            journal = target.rpartition("/")[0]
            if journal.endswith((STATION, AUDIT)) or await charts.entry(target) is None:
                return None
            return WithdrawalProposed("entry", target, reason, at)
        patient = str(form.get("patient", "")).strip()[:TARGET_CHARS_MAX] or target
        chart, *keys = await charts.numbers(patient) or [""]
        if not chart:
            return None
        if kind == "patient":
            return WithdrawalProposed("patient", chart, reason, at, chart, keys)
        found = await charts.chart(chart)
        if kind != "document" or found is None or target not in found.kept:
            return None
        return WithdrawalProposed("document", target, reason, at, chart)
