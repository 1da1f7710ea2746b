"""What a replay left, in the ward app, to read only: its plan, and of what waits for somebody why and whose turn it is.

Rules kept here:
  * Nothing is changed here: the plan is a file on the node, and the page says how that is done (docs/howto/).
  * A physician sees the lines of their wards; coordination and recovery, all. Nobody is named whose ward is another.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contrefeu.acts import GapTaken
from contrefeu.station.house import House
from contrefeu.station.planned import DOS, LINES_SHOWN, Kind, Plan, Planned

BEHIND = "behind"  # of what waits for another entry of its patient: nobody's turn
TURNS = (
    "review", "recovery", "physician", "ward", "identities", "interfaces", "billing", "node", "plan", BEHIND,
)  # fmt: skip  # in which order they are shown


def turn_of(kind: Kind) -> str:
    """Whose turn it is: a name that the plan gives, else by the reason (contrefeu.recovery.waiting)."""
    return kind.owner or kind.turn or BEHIND


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One page of it."""

    plan: Plan | None = None
    unread: bool = False  # one is there, and cannot be read
    only: str = ""  # of which lines; "" for all
    last: bool = False  # whether it is of the last comparison
    names: Mapping[str, str] = field(default_factory=dict)  # chart id -> name, of whom this person may see
    step: int = LINES_SHOWN
    make: str = "contrefeu replay --to … --dry-run"
    shown_by: str = "contrefeu replay"
    changed: str = "do, why, owner"
    dropped: str = "looked at and dropped: "  # (contrefeu.recovery.ledger) what somebody said stands behind it

    @property
    def by_do(self) -> list[tuple[str, int, list[Kind]]]:
        """Of a plan: what is done, with how many, and why."""
        return self.plan.groups(lambda kind: kind.do, DOS) if self.plan else []

    @property
    def by_turn(self) -> list[tuple[str, int, list[Kind]]]:
        """Of what waits: whose turn it is, with how many, and why; last what is nobody's."""
        found = self.plan.groups(turn_of, TURNS) if self.plan else []
        return sorted(found, key=lambda one: one[0] == BEHIND)

    @property
    def deciding(self) -> int:
        """Entries that wait for somebody."""
        return sum(count for name, count, _ in self.by_turn if name != BEHIND)


class ReplayPlanPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._plan = Planned(house.deps.plan)
        self._waiting = Planned(house.deps.waiting)

    def routes(self) -> list[Route]:
        """Return their routes."""
        shell = self._house.shell
        return [
            shell.page("/recovery/plan", self.plan, "recover"),
            shell.page("/recovery/waiting", self.waiting, "recover"),
        ]

    async def plan(self, request: Request) -> Response:
        """Show a page of the plan; of what is done in one way, if asked."""
        only = request.query_params.get("only", "")
        page = await self._page(request, self._plan, lambda kind: kind.do, only if only in DOS else "")
        return await self._shown(request, "replay_plan.html", "plan", page)

    async def waiting(self, request: Request) -> Response:
        """Show a page of what waits for somebody; of what is somebody's turn, if asked."""
        page = await self._page(request, self._waiting, turn_of, request.query_params.get("only", ""))
        return await self._shown(request, "replay_waiting.html", "what waits", page)

    async def _shown(self, request: Request, template: str, what: str, page: PlanPage) -> Response:
        self._house.shell.look(request, "act", what=f"recovery: {what}")
        return await self._house.shell.render(request, template, page)

    async def _page(self, request: Request, planned: Planned, by: Callable[[Kind], str], only: str) -> PlanPage:
        await self._house.staff.refresh()
        mine, asked = self._house.account(request).in_scope, request.query_params.get("page", "")
        number = max(1, int(asked)) if re.fullmatch(r"\d{1,6}", asked) else 1
        try:
            plan = await asyncio.to_thread(planned.page, mine, lambda kind: only in ("", by(kind)), number)
        except (OSError, ValueError):  # msgspec.DecodeError is a ValueError
            return PlanPage(unread=True)
        if plan is None:
            return PlanPage()
        gaps = [act for _, act in self._house.staff.acts if isinstance(act, GapTaken)]
        last = bool(gaps) and gaps[-1].findings == plan.header.findings
        return PlanPage(plan, only=only, last=last, names=await self._names(request, plan))

    async def _names(self, request: Request, plan: Plan) -> dict[str, str]:
        """Who the patients of a page are."""
        ids, account = sorted({line.patient for line in plan.lines if line.patient}), self._house.account(request)
        hits = await self._house.charts.hits(ids)
        return {id_: hit.name for id_, hit in zip(ids, hits, strict=True) if hit and account.in_scope(hit.ward)}
