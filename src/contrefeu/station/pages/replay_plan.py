"""The plan of a replay in the ward app: what would be sent, what is held or set aside, why, and of whom; to read only.

Rules kept here:
  * Nothing is changed here: the plan is a file on the node, and the page says how that is done (docs/howto/).
  * A physician sees the lines of their wards; coordination and recovery, all. Nobody is named whose ward is another.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.acts import GapTaken
from contrefeu.chart.sheet import Sheet, person_of
from contrefeu.station.house import House
from contrefeu.station.planned import DOS, LINES_SHOWN, Plan, read_plan


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One page of it."""

    plan: Plan | None = None
    unread: bool = False  # one is there, and cannot be read
    do: str = ""  # of which lines; "" for all
    last: bool = False  # whether it is of the last comparison
    names: Mapping[str, str] = field(default_factory=dict)  # chart id -> name, of whom this person may see
    step: int = LINES_SHOWN
    make: str = "contrefeu replay --to … --dry-run"
    shown_by: str = "contrefeu replay"
    changed: str = "do, why, owner"
    dropped: str = "looked at and dropped: "  # (contrefeu.recovery.ledger) what somebody said stands behind it


class ReplayPlanPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self._house.shell.page("/recovery/plan", self.plan, "recover")]

    async def plan(self, request: Request) -> Response:
        """Show a page of the plan."""
        house = self._house
        await house.staff.refresh()
        await house.shell.look(request, "act", what="recovery: plan")
        return await house.shell.render(request, "replay_plan.html", await self._page(request))

    async def _page(self, request: Request) -> PlanPage:
        path, asked = self._house.deps.plan, request.query_params
        do = asked.get("do", "") if asked.get("do") in DOS else ""
        number = max(1, int(asked["page"])) if re.fullmatch(r"\d{1,6}", asked.get("page", "")) else 1
        if path is None:
            return PlanPage()
        try:
            plan = await asyncio.to_thread(read_plan, path, self._house.account(request).in_scope, do, number)
        except FileNotFoundError:
            return PlanPage()
        except (OSError, ValueError):  # msgspec.DecodeError is a ValueError
            return PlanPage(unread=True)
        gaps = [act for _, act in self._house.staff.acts if isinstance(act, GapTaken)]
        last = bool(gaps) and gaps[-1].findings == plan.header.findings
        return PlanPage(plan, do=do, last=last, names=await self._names(request, plan))

    async def _names(self, request: Request, plan: Plan) -> dict[str, str]:
        """Who the patients of a page are."""
        account, names = self._house.account(request), dict[str, str]()
        for id_ in {line.patient for line in plan.lines if line.patient}:
            chart = await self._house.charts.chart(id_)
            if chart is not None and account.in_scope((who := person_of(Sheet(chart))).ward):
                names[id_] = f"{who.family} {who.given}".strip()
        return names
