"""The ward app, put together: the shell, the staff's door, the pages.

Rules kept here:
  * Nothing here opens a socket or a file: `cli` gives what is needed (Deps) and serves what comes back.
"""

import contextlib
from collections.abc import AsyncIterator

from jinja2 import PackageLoader
from prometheus_client import Gauge
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contrefeu.station.deps import Deps
from contrefeu.station.fhir_api import FhirApi
from contrefeu.station.house import House, around
from contrefeu.station.labels import DUE_SIGNS, age_words, allergies_struck_words, due_words, label, role_name
from contrefeu.station.pages.alarms import AlarmPages
from contrefeu.station.pages.arrivals import ArrivalPages
from contrefeu.station.pages.boards import Boards
from contrefeu.station.pages.care import CarePages
from contrefeu.station.pages.charts import ChartPages
from contrefeu.station.pages.crisis import CrisisPages
from contrefeu.station.pages.entries import EntryPages
from contrefeu.station.pages.handover import HandoverPages
from contrefeu.station.pages.identities import IdentityPages
from contrefeu.station.pages.laboratory import LaboratoryPages
from contrefeu.station.pages.messages import MessagePages
from contrefeu.station.pages.naming import NamingPages
from contrefeu.station.pages.node import NodePages
from contrefeu.station.pages.rounds import RoundPages
from contrefeu.station.pages.search import SearchPages
from contrefeu.station.pages.unplaced import UnplacedPages
from contrefeu.station.pages.withdrawals import WithdrawalPages
from contrefeu.station.pages.work import WorkPages
from contrefeu.station.sparkline import sparkline
from contrefeu.station.staff import Staff
from contrefeu.station.work import WorkInHand
from contrefeu.web import (
    NO_METHOD,
    NOT_FOUND,
    Changes,
    LoginPages,
    Setting,
    Shell,
    ShellMiddleware,
    health_routes,
    token_endpoint,
)


def create_app(deps: Deps) -> Starlette:
    """Return the ward app."""
    staff = Staff(deps.charts, deps.appender, deps.clock, deps.counts)
    work = WorkInHand(deps.charts, deps.clock, staff, deps.settings.care.escalate_minutes)
    changes = Changes(deps.charts.changes)
    shell = Shell(
        Setting(
            door=staff,
            appender=deps.appender,
            audit=deps.audit,
            clock=deps.clock,
            zone=deps.zone,
            facility=deps.settings.node.facility,
            observer=deps.settings.node.id,
            language=deps.settings.node.language,
            idle_s=deps.settings.web.idle_minutes * 60,
            secure=not deps.insecure_http,
            around=lambda visit: around(deps, staff, work, visit),
            live=lambda: changes.number,
            loaders=[PackageLoader("contrefeu.station", "templates"), *(one.loader for one in deps.mounted)],
            registry=deps.registry,
            common={
                "label": label,
                "links": [one.link for one in deps.mounted],
                "role_name": role_name,
                "age_words": age_words,
                "sparkline": sparkline,
                "due_signs": DUE_SIGNS,
                "due_words": due_words,
                "allergies_struck_words": allergies_struck_words,
            },
        )
    )
    house = House(deps, staff, shell, work)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await changes.stop()

    app = Starlette(
        routes=_routes(house, changes),
        middleware=[Middleware(ShellMiddleware, shell=shell)],
        exception_handlers={HTTPException: _no_page(shell)},
        lifespan=lifespan,
    )
    app.state.house = house
    return app


def _routes(house: House, changes: Changes) -> list[BaseRoute]:
    shell = house.shell

    async def token(request: Request) -> Response:
        return await token_endpoint(request, shell)

    return [
        *health_routes(house.deps.registry, _figures(house)),
        Route("/static/{name}", shell.static.serve),
        Route("/oauth/token", token, methods=["POST"]),
        changes.route(shell),
        *LoginPages(shell, house.deps.demo_logins).routes(),
        *Boards(house).routes(),
        *CrisisPages(house).routes(),
        *ChartPages(house).routes(),
        *CarePages(house).routes(),
        *WorkPages(house).routes(),
        *LaboratoryPages(house).routes(),
        *RoundPages(house).routes(),
        *HandoverPages(house).routes(),
        *MessagePages(house).routes(),
        *ArrivalPages(house).routes(),
        *NamingPages(house).routes(),
        *SearchPages(house).routes(),
        *EntryPages(house).routes(),
        *UnplacedPages(house).routes(),
        *NodePages(house).routes(),
        *WithdrawalPages(house).routes(),
        *(route for one in house.deps.mounted for route in one.routes(house.site)),
        *AlarmPages(house).routes(),
        *IdentityPages(house).routes(),
        *FhirApi(house).routes(),
    ]


def _no_page(shell: Shell):  # type: ignore[no-untyped-def]  # Starlette's own handler type
    async def handler(request: Request, found: Exception) -> Response:
        status = found.status_code if isinstance(found, HTTPException) else 404
        return await shell.problem(request, NO_METHOD if status == 405 else NOT_FOUND)

    return handler


def _figures(house: House):  # type: ignore[no-untyped-def]
    """Return what brings the metrics up to date, and says whether the charts answer."""
    registry = house.deps.registry
    patients = Gauge("contrefeu_charts_patients", "Patients with a chart", ["world"], registry=registry)
    entries = Gauge("contrefeu_charts_entries", "Entries that the charts have read", registry=registry)
    received = Gauge("contrefeu_feed_received", "Entries received", ["source"], registry=registry)
    sessions = Gauge("contrefeu_web_sessions", "People logged in", registry=registry)

    async def update() -> bool:
        sessions.set(len(house.shell.sessions))
        try:
            status = await house.charts.status()
        except (OSError, TimeoutError):
            return False
        patients.labels("P").set(status.patients)
        patients.labels("T").set(status.test_patients)
        entries.set(status.entries)
        for feed in status.feeds:
            received.labels(feed.source).set(feed.received)
        return True

    return update
