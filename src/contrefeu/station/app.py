"""The ward app, put together: the shell, the staff's door, the pages.

Rules kept here:
  * Nothing here opens a socket or a file: `cli` gives what is needed (Deps) and serves what comes back.
"""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from jinja2 import PackageLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contrefeu.chart import BLOOD_GROUPS, tall_man
from contrefeu.station.board_lines import LaidBoards
from contrefeu.station.deps import Deps
from contrefeu.station.fhir_api import FhirApi
from contrefeu.station.house import House, OutOfScope, around, ward_name
from contrefeu.station.labels import (
    DUE_SIGNS,
    age_words,
    allergies_struck_words,
    due_words,
    entry_kind,
    label,
    result_said,
    role_name,
    why_words,
)
from contrefeu.station.lately import LatelyOpened
from contrefeu.station.metrics import Figures
from contrefeu.station.pages.account import AccountPages
from contrefeu.station.pages.agency import AgencyPages
from contrefeu.station.pages.agenda import AgendaPages
from contrefeu.station.pages.aids import AidPages
from contrefeu.station.pages.alarms import AlarmPages
from contrefeu.station.pages.arrivals import ArrivalPages
from contrefeu.station.pages.beds import BedPages
from contrefeu.station.pages.boards import Boards
from contrefeu.station.pages.care import CarePages
from contrefeu.station.pages.charts import ChartPages
from contrefeu.station.pages.corrections import CorrectionPages
from contrefeu.station.pages.crisis import CrisisPages
from contrefeu.station.pages.dispensing import DispensingPages
from contrefeu.station.pages.entries import EntryPages
from contrefeu.station.pages.flow import FlowPages
from contrefeu.station.pages.guide import GuidePages
from contrefeu.station.pages.handback import HandBackPages
from contrefeu.station.pages.handover import HandoverPages
from contrefeu.station.pages.honey import HoneyPages
from contrefeu.station.pages.identities import IdentityPages
from contrefeu.station.pages.kitchen import KitchenPages
from contrefeu.station.pages.laboratory import LaboratoryPages
from contrefeu.station.pages.lost_packs import LostPackPages
from contrefeu.station.pages.measure import MeasurePages
from contrefeu.station.pages.messages import MessagePages
from contrefeu.station.pages.naming import NamingPages
from contrefeu.station.pages.node import NodePages
from contrefeu.station.pages.offline import OfflinePages
from contrefeu.station.pages.opening import OpeningPages
from contrefeu.station.pages.papers import PaperPages
from contrefeu.station.pages.pharmacy import PharmacyPages
from contrefeu.station.pages.queued import QueuedPages
from contrefeu.station.pages.recovery import RecoveryPages
from contrefeu.station.pages.registers import RegisterPages
from contrefeu.station.pages.replay_plan import ReplayPlanPages
from contrefeu.station.pages.rounds import RoundPages
from contrefeu.station.pages.sealed import SealedPages
from contrefeu.station.pages.search import SearchPages
from contrefeu.station.pages.surviving import SurvivingPages
from contrefeu.station.pages.ticks import TickPages
from contrefeu.station.pages.transfusion import TransfusionPages
from contrefeu.station.pages.unplaced import UnplacedPages
from contrefeu.station.pages.vitals import VitalsPages
from contrefeu.station.pages.ward_list import WardListPages
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
    staff = Staff(deps.charts, deps.appender, deps.clock, deps.counts, deps.settings.node.id)
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
            world="T" if deps.settings.drill else "",
            around=lambda visit: around(deps, staff, work, visit),
            live=lambda: changes.number,
            loaders=[PackageLoader("contrefeu.station", "templates"), *(one.loader for one in deps.mounted)],
            registry=deps.registry,
            common={
                "entry_kind": entry_kind,
                "label": label,
                "links": [one.link for one in deps.mounted],
                "is_blood_group": lambda key: bool(BLOOD_GROUPS & set(key.split("|"))),
                "role_name": role_name,
                "ward_name": partial(ward_name, deps, staff),
                "age_words": age_words,
                "sparkline": sparkline,
                "tall_man": tall_man,
                "due_signs": DUE_SIGNS,
                "due_words": due_words,
                "result_said": result_said,
                "why_words": why_words,
                "allergies_struck_words": allergies_struck_words,
            },
        )
    )
    house = House(deps, staff, shell, work, LatelyOpened(deps.charts), LaidBoards())

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await changes.stop()

    app = Starlette(
        routes=_routes(house, changes),
        middleware=[Middleware(ShellMiddleware, shell=shell)],
        exception_handlers={HTTPException: _no_page(shell), OutOfScope: _glass(house)},
        lifespan=lifespan,
    )
    app.state.house = house
    return app


def _routes(house: House, changes: Changes) -> list[BaseRoute]:
    shell = house.shell

    async def token(request: Request) -> Response:
        return await token_endpoint(request, shell)

    figures = Figures(house)
    house.deps.registry.register(figures)
    return [
        *health_routes(house.deps.registry, figures.update),
        Route("/static/{name}", shell.static.serve),
        Route("/oauth/token", token, methods=["POST"]),
        changes.route(shell),
        *LoginPages(shell, house.deps.demo_logins).routes(),
        *AccountPages(house).routes(),
        *AgencyPages(house).routes(),
        *Boards(house).routes(),
        *CrisisPages(house).routes(),
        *BedPages(house).routes(),
        *FlowPages(house).routes(),
        *AgendaPages(house).routes(),
        *GuidePages(house).routes(),
        *CorrectionPages(house).routes(),
        *ChartPages(house).routes(),
        *CarePages(house).routes(),
        *WorkPages(house).routes(),
        *LaboratoryPages(house).routes(),
        *SurvivingPages(house).routes(),
        *AidPages(house).routes(),
        *OfflinePages(house).routes(),
        *PharmacyPages(house).routes(),
        *DispensingPages(house).routes(),
        *VitalsPages(house).routes(),
        *TransfusionPages(house).routes(),
        *MeasurePages(house).routes(),
        *RoundPages(house).routes(),
        *RegisterPages(house).routes(),
        *HandoverPages(house).routes(),
        *KitchenPages(house).routes(),
        *HandBackPages(house).routes(),
        *MessagePages(house).routes(),
        *ArrivalPages(house).routes(),
        *NamingPages(house).routes(),
        *RecoveryPages(house).routes(),
        *ReplayPlanPages(house).routes(),
        *SearchPages(house).routes(),
        *EntryPages(house).routes(),
        *SealedPages(house).routes(),
        *UnplacedPages(house).routes(),
        *PaperPages(house).routes(),
        *QueuedPages(house).routes(),
        *TickPages(house).routes(),
        *NodePages(house).routes(),
        *OpeningPages(house).routes(),
        *WithdrawalPages(house).routes(),
        *(route for one in house.deps.mounted for route in one.routes(house.site)),
        *AlarmPages(house).routes(),
        *WardListPages(house).routes(),
        *HoneyPages(house).routes(),
        *LostPackPages(house).routes(),
        *IdentityPages(house).routes(),
        *FhirApi(house).routes(),
    ]


def _no_page(shell: Shell):  # type: ignore[no-untyped-def]  # Starlette's own handler type
    async def handler(request: Request, found: Exception) -> Response:
        status = found.status_code if isinstance(found, HTTPException) else 404
        return await shell.problem(request, NO_METHOD if status == 405 else NOT_FOUND)

    return handler


def _glass(house: House):  # type: ignore[no-untyped-def]
    async def handler(request: Request, found: Exception) -> Response:
        assert isinstance(found, OutOfScope), "Starlette calls it for nothing else"
        return await house.to_glass(request, found.chart)

    return handler
