"""The node's own pages: state of feeds, journals and copies; downtime; what must be reviewed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import FUNCTIONS, MEDIA, Declared, DowntimeDeclared, GlassBroken, Lifted
from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.chart import ChartsStatus, FeedStatus, WardSummary, of_feeds
from contrefeu.station.agency import AgencyLine, agency_lines
from contrefeu.station.deps import LiveSystem, NodeStatus
from contrefeu.station.house import House
from contrefeu.station.pages.lifting import Asked, lift
from contrefeu.web import person

SILENT_S = 300  # s; a feed that said nothing for 5 min is shown so (C7); watch alarms by what it learned
REASON_LENGTH_MAX = 300  # characters: two sentences; it stands on every screen


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The node at a glance."""

    charts: ChartsStatus
    node: NodeStatus
    feeds: Sequence[FeedStatus]
    own: int  # acts and looks of people here
    silent: frozenset[str]  # sources
    sessions: int
    world: str
    surviving: Sequence[LiveSystem]
    lacks: Mapping[str, Sequence[str]]  # ward -> what it would lack in an outage


@dataclass(frozen=True, slots=True)
class DowntimePage:
    """Declare, lift."""

    declared: Sequence[tuple[str, Declared]]
    wards: Sequence[WardSummary]
    lifting: Mapping[str, Lifted]  # ward, "" for the hospital -> its cut-over that has not come
    back: Sequence[str]  # wards that are out of the hospital's downtime
    asked: Asked  # a lifting that was refused
    surviving: bool = False  # whether the settings name a system that works on
    functions: Sequence[str] = FUNCTIONS  # of a ward, each of which may be written elsewhere than the rest


@dataclass(frozen=True, slots=True)
class Broken:
    """One glass broken."""

    at: str
    who: str
    chart: str
    reason: str
    entry: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Glasses broken, and accounts that two people opened, the newest first."""

    broken: Sequence[Broken]
    agency: Sequence[AgencyLine]


class NodePages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/status", self.status, "status"),
            page("/world", self.world, "board", ("POST",)),
            page("/downtime", self.downtime, "downtime", ("GET", "POST")),
            page("/review", self.review, "review"),
        ]

    async def status(self, request: Request) -> Response:
        """Show the node."""
        house = self._house
        charts = await house.charts.status()
        now_ns = house.deps.clock.now_ns()
        feeds = of_feeds(charts.feeds)
        silent = frozenset(
            feed.source for feed in feeds if feed.last and now_ns - parse_rfc3339(feed.last) > SILENT_S * 10**9
        )
        page = StatusPage(
            charts=charts,
            node=await house.deps.node_status(),
            feeds=feeds,
            own=charts.entries - sum(feed.received for feed in feeds),
            silent=silent,
            sessions=len(house.shell.sessions),
            world=house.world(request),
            surviving=house.deps.surviving(),
            lacks=house.deps.lacking(),
        )
        return await house.shell.render(request, "status.html", page)

    async def world(self, request: Request) -> Response:
        """Look at the exercise beside the real patients, or back."""
        _, session = person(request)
        session.world = "T" if (await request.form()).get("world") == "T" else self._house.shell.setting.world
        return RedirectResponse("/", 303)

    async def downtime(self, request: Request) -> Response:
        """Declare or lift downtime."""
        house, asked = self._house, Asked()
        if request.method == "POST":
            form = await request.form()
            at, by = rfc3339(house.deps.clock.now_ns()), house.account(request).login
            wards = sorted({str(ward) for ward in form.getlist("ward") if ward})
            reason = str(form.get("reason", "")).strip()[:REASON_LENGTH_MAX]
            if form.get("do") == "declare":
                medium: Literal["paper", "screen"] = "screen" if form.get("medium") == "screen" else "paper"
                said = {one: where for one in FUNCTIONS for where in MEDIA if form.get(f"function-{one}") == where}
                await house.staff.write(DowntimeDeclared(wards, reason, at, medium, said), by)
            elif form.get("do") == "lift":
                asked = await lift(house, request, form, wards, reason)
            if not asked.problem:
                return RedirectResponse("/downtime", 303)
        downtime = house.staff.downtime
        page = DowntimePage(
            declared=sorted(downtime.declared.items()),
            wards=await house.charts.wards(house.world(request)),
            lifting={ward: found for ward in downtime.declared if (found := downtime.lifting(ward))},
            back=downtime.back,
            asked=asked,
            surviving=bool(house.deps.settings.surviving),
        )
        return await house.shell.render(request, "downtime.html", page, status=409 if asked.problem else 200)

    async def review(self, request: Request) -> Response:
        """Show what somebody must look at."""
        await self._house.staff.refresh()
        broken = [
            Broken(act.at, entry.source.removeprefix("user/"), act.chart, act.reason, entry.ref)
            for entry, act in reversed(self._house.staff.acts)
            if isinstance(act, GlassBroken)
        ]
        return await self._house.shell.render(
            request, "review.html", ReviewPage(broken, agency_lines(self._house.staff))
        )
