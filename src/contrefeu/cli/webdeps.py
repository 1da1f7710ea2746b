"""What the ward app is given: charts, the station's journal, the way to the capture's."""

import asyncio
import contextlib
import shutil
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import structlog

from contrefeu.base import ContrefeuError, OperatorError, StorageError
from contrefeu.capture import Intake, LocalAppender
from contrefeu.chart import ChartsClient
from contrefeu.cli.alarms import ANSWER_S, Alarms
from contrefeu.cli.copying import last_states
from contrefeu.cli.declare import regimes_of
from contrefeu.cli.demo import DEMO_LOGINS
from contrefeu.cli.grouping import group_mounted
from contrefeu.cli.incoming import FLAG
from contrefeu.cli.live import live_states
from contrefeu.cli.lost import PacksOut
from contrefeu.cli.node import Node
from contrefeu.cli.recovering import PLAN, WAITING
from contrefeu.cli.selftest import last_selftest
from contrefeu.cli.spoken_fr import in_french
from contrefeu.cli.standing import standing
from contrefeu.cli.tapping import states
from contrefeu.cli.wardtest import lacking
from contrefeu.contain import PAGES as CONTAINMENT
from contrefeu.declare import Law, Regime, default_regimes, dues, incident_pages
from contrefeu.paper import specimen_svg
from contrefeu.station import (
    DemoLogin,
    Deps,
    JournalState,
    LiveSystem,
    NodeStatus,
    PackState,
    TapFigures,
    VaultState,
    create_app,
)
from contrefeu.station.care import TestList, parse_tests

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from contrefeu.web import Mounted

log = structlog.get_logger("web")


def web_app(node: Node, intake: Intake, looks: Intake, *, insecure_http: bool, demo: bool) -> "Starlette":
    """Wire the ward app of *node*: acts go to *intake*, the audit to *looks*."""
    capture = LocalAppender(node.capture_socket, node.capture_journal)
    counts = LocalAppender(node.capture_socket, node.capture_journal)  # asked while a long message is being handed over

    async def submit(source: str, media_type: str, body: bytes) -> str:
        return await capture.append(source, media_type, body, node.clock.now_ns())

    zone = node.settings.node.zone
    law = Law(_regimes(node), node.settings.declare.regimes, zone, ZoneInfo(zone))

    async def node_status() -> NodeStatus:
        state = None
        with contextlib.suppress(ContrefeuError, TimeoutError):
            state = await asyncio.wait_for(counts.state(), ANSWER_S)
        return _status(node, state)

    return create_app(
        Deps(
            charts=ChartsClient(node.charts_socket),
            appender=intake,
            audit=looks,
            clock=node.clock,
            settings=node.settings,
            zone=ZoneInfo(node.settings.node.zone),
            node_status=node_status,
            alarms=Alarms(node, intake),
            insecure_http=insecure_http,
            submit=submit,
            plan=node.paths.run / PLAN,
            waiting=node.paths.run / WAITING,
            surviving=lambda: [
                msgspec.convert(one | {"problem_fr": in_french(one["problem"])}, LiveSystem)
                for one in live_states(node)
            ],
            bars=specimen_svg,
            packs=PacksOut(node) if node.settings.packs.folders else None,
            handed_in=(node.paths.run / "station" / FLAG).touch,
            demo_logins=_demo_logins(node) if demo or node.settings.drill else (),
            counts=node.counts,
            mounted=(CONTAINMENT, incident_pages(law), *group_mounted(node), *_exercise_pages(node)),
            dues=dues(law, node.clock.now_ns),
            tests=laboratory_list(node),
            lacking=lambda: lacking(node),
        )
    )


def _exercise_pages(node: Node) -> "tuple[Mounted, ...]":
    """The page of an exercise with people, in a home that was made for exercises, and in no other."""
    if not node.settings.drill:
        return ()
    from contrefeu.exercise import PAGES

    return (PAGES,)


def laboratory_list(node: Node) -> TestList | None:
    """The laboratory's own list, when it lies beside the settings; None for the one that is shipped."""
    own = node.paths.settings.parent / LABORATORY
    return parse_tests(own.read_text(errors="replace")) if own.exists() else None


LABORATORY = "laboratory.toml"  # in the home


def _regimes(node: Node) -> dict[str, Regime]:
    """What the law asks; a file of the home that cannot be read costs its own clock, never the ward app."""
    try:
        return regimes_of(node)
    except (OperatorError, OSError, UnicodeDecodeError) as wrong:
        log.warning("the home's own regimes are left out", error=type(wrong).__name__)
        return default_regimes()


RED = frozenset(["refused", "damaged", "different", "failed"])  # what somebody must see to


def _status(node: Node, capture: dict[str, Any] | None) -> NodeStatus:
    journals = []
    for files in node.journals():
        head = files.read_head()
        size = sum(files.segment(number).stat().st_size for number in files.segments())
        journals.append(
            JournalState(files.verifier().name, head.sequence if head else 0, size, str(head.leaves if head else 0))
        )
    tested = {one["url"]: one["state"] for one in last_selftest(node)}
    vaults = [
        VaultState(
            v["url"], v["entries"], v["lag_seconds"], _gravest(v["state"], v["scrub"]["state"], tested[v["url"]])
        )
        for v in last_states(node)
    ]
    try:
        packs = [PackState(one.ward, one.age_minutes, one.patients, one.old) for one in standing(node)]
    except StorageError:
        packs = None
    taps = [
        TapFigures(tap.interface, tap.counts.messages, tap.counts.gaps, tap.counts.dropped_packets)
        for tap in states(node)
    ]
    return NodeStatus(
        journals,
        vaults,
        packs if node.settings.packs.folders and packs else [],
        taps,
        shutil.disk_usage(node.paths.root).free,
        {name: capture.get(key, 0) for name, key in _COUNTED.items()} if capture is not None else None,
        capture.get("refused_by_rule", {}) if capture is not None else {},
        packs_unread=packs is None,
    )


# What is scraped -> what the capture process calls it
_COUNTED = {
    "connections": "connections",
    "messages_total": "messages",
    "acknowledged_total": "acknowledged",
    "stray_total": "stray",
    "turned_away_total": "turned_away",
    "disk_refused_total": "refused_by_disk",
}


def _gravest(copying: str, scrubbed: str, tested: str) -> str:
    """What to say of a vault: that its copy is refused or damaged, or gives no charts back, before how far it is."""
    return next((bad for bad in (copying, scrubbed, tested) if bad in RED), copying)


def _demo_logins(node: Node) -> tuple[DemoLogin, ...]:
    kept = node.paths.run / DEMO_LOGINS
    return tuple(msgspec.json.decode(kept.read_bytes(), type=list[DemoLogin])) if kept.exists() else ()
