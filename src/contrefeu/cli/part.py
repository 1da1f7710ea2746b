"""`contrefeu part`: one process of a running node; started by `up` or by a service manager, not by people.

Rules kept here:
  * Each part opens the keys it needs and no other: capture and web hold no key that opens a journal.
  * A part sheds what it does not need before it hears from anybody (confine.py).
  * A part says one JSON line on stdout when it is ready.
"""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

import typer

from contrefeu.cli.door import door, set_up_logs
from contrefeu.cli.notify import tell_ready

if TYPE_CHECKING:
    import ssl

    from contrefeu.capture import Intake
    from contrefeu.cli.node import Node

LOOKS_S = 0.008  # s from one commit of looks to the next, at least: unseen, and it saves a busy ward a third of them
SWITCH_S = 0.0005  # after which the thread that lays a great chart out lets pages go on: Python's own is ten times that
GRANTS_S = 0.5  # how often the reader sees whether a peer lacks a right to a new segment
RESERVE_S = 60.0  # how often the space kept back for acts is filled again, once the disk has room
STORE_S = 1.0  # how often a reader sees whether a restore has brought charts of more of the history
COUNTS_S = 5.0  # how often what refuse lists counted is written down


def part(
    context: typer.Context,
    name: Annotated[
        Literal["capture", "reader", "web", "copies", "exchange", "wards", "watch", "group", "live", "hospital"],
        typer.Argument(),
    ],
    parent: Annotated[int, typer.Option(help="Whose death ends it; 0: a service manager looks after it.")] = 0,
    listen: Annotated[str, typer.Option()] = "",
    insecure_http: Annotated[bool, typer.Option("--insecure-http")] = False,
    demo: Annotated[bool, typer.Option("--demo")] = False,
    beds: Annotated[int, typer.Option()] = 48,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Run one process of the node."""
    from contrefeu.cli.confine import confine, shed
    from contrefeu.cli.live import targets_of
    from contrefeu.cli.node import Node
    from contrefeu.cli.supervisor import die_with

    if parent:
        die_with(parent)
    shed()
    set_up_logs(name)
    node = Node.at(door(context).home)
    tls = _tls(node) if name == "capture" else None  # its files lie outside the home: before it is confined
    told_how = _profiles(node) if name in {"live", "web"} else {}  # as above
    confined = confine(name, node.paths)  # before anything listens, and before any thread
    teller = _teller(node) if name == "watch" else None  # before any thread, and before any key is opened
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the supervisor says when
    if name == "capture":
        _run(lambda stop: _capture(node, listen or node.settings.capture.mllp, confined, tls, stop))
    elif name == "reader":
        _run(lambda stop: _reader(node, stop))
    elif name == "web":
        claims = targets_of(told_how)
        address = listen or node.settings.web.listen
        _run(lambda stop: _web(node, address, insecure_http, demo, confined, claims, stop))
    elif name == "copies":
        _run(lambda stop: _copies(node, stop))
    elif name == "exchange":
        _run(lambda stop: _exchange(node, listen or node.settings.exchange.listen, stop))
    elif name == "watch":
        _run(lambda stop: _watch(node, teller, stop))
    elif name == "wards":
        _run(lambda stop: _wards(node, stop))
    elif name == "live":
        _run(lambda stop: _live(node, told_how, stop))
    elif name == "group":
        _run(lambda stop: _group(node, listen, stop))
    else:
        _run(lambda stop: _hospital(node, listen, beds, seed, stop))


def _run(body: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run *body* on uvloop with an event that SIGTERM sets."""
    import uvloop

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await body(stop)

    uvloop.run(main())


def _tls(node: "Node") -> "ssl.SSLContext | None":
    from contrefeu.capture import tls_context

    said = node.settings.capture
    return tls_context(said.tls_certificate, said.tls_key, said.tls_clients) if said.mllp_tls else None


async def _capture(
    node: "Node", listen: str, confined: bool, tls: "ssl.SSLContext | None", stop: asyncio.Event
) -> None:
    import msgspec

    from contrefeu.capture import LocalServer, MllpListener, RefusedCounts, Sequences
    from contrefeu.cli.linking import tell_links
    from contrefeu.cli.overtaken import Overtaken

    settings = node.settings.capture
    sequences = Sequences(node.paths.feeds / "sequences")
    refused = RefusedCounts(node.paths.feeds / "refused.json")
    intake = _capture_intake(node)
    listener = MllpListener(
        intake,
        message_bytes_max=settings.message_bytes_max,
        connections_max=settings.connections_max,
        refuse=settings.refuse,
        feeds=node.settings.feeds,
        sequences=sequences,
        refused=refused,
        sealing=node.sealing(),
    )

    def state() -> dict[str, Any]:
        counts: dict[str, Any] = msgspec.to_builtins(listener.counts)
        return _state(intake, confined) | counts

    local = LocalServer(intake, state, listener.refuses_body, listener.sealed)
    await local.listen(node.capture_socket)
    host, port = await listener.listen(*_address(listen))
    if tls is not None:
        await listener.listen(*_address(settings.mllp_tls), tls)
    signing = asyncio.create_task(intake.sign_every(settings.checkpoint_s))
    overtaken = Overtaken(node, intake, lambda held: node.writer(node.capture_journal, held=held))
    watching = asyncio.create_task(overtaken.watch(stop))
    counting = asyncio.create_task(refused.save_every(COUNTS_S))
    linking = asyncio.create_task(tell_links(node, listener))
    gc.freeze()  # what is here now stays: no collection looks at it while senders wait
    tell_ready({"mllp": _join(host, port)})
    await stop.wait()
    await listener.drain()
    local.close()
    signing.cancel()
    watching.cancel()
    counting.cancel()
    linking.cancel()
    intake.close()
    sequences.close()
    refused.save()


def _capture_intake(node: "Node") -> "Intake":
    """The intake of the feeds: its answers wait for the disk, or for a vault too."""
    from contrefeu.capture import CopiesFile, Intake, VaultIntake
    from contrefeu.cli.copying import STATE

    gather_s = node.settings.capture.gather_ms / 1000
    writer = node.writer(node.capture_journal)
    if not node.settings.acks_by_vault:
        return Intake(writer, node.clock, gather_s=gather_s)
    copies = CopiesFile(node.paths.run / STATE, node.capture_journal, node.clock)
    return VaultIntake(writer, node.clock, copies, node.settings.ack_rule, gather_s=gather_s)


async def _reader(node: "Node", stop: asyncio.Event) -> None:
    from contrefeu.chart import run_reader
    from contrefeu.cli.horizon import KeyKeeper
    from contrefeu.cli.peering import Granting

    keys = node.reading_keys()
    keys.make_ahead(node.clock.now_ns())
    granting = Granting(node)

    async def grant() -> None:
        while True:
            made = await asyncio.to_thread(granting.step)
            await asyncio.sleep(0.0 if made else GRANTS_S)

    keeping = asyncio.create_task(KeyKeeper(node, keys).keep())
    grants = asyncio.create_task(grant())
    while not stop.is_set():
        store = node.paths.charts_now
        ended, over = asyncio.Event(), asyncio.create_task(_until_over(node, store, stop))
        over.add_done_callback(lambda _, ended=ended: ended.set())  # type: ignore[misc]
        await run_reader(
            db=store,
            key=node.paths.store_key.read_bytes(),
            journals=node.paths.journals,
            key_of=node.data_keys(keys),  # the same keys: what is destroyed is let go of
            settings=node.settings,
            socket_path=node.charts_socket,
            counts=node.counts,
            ready=lambda: tell_ready({}),
            stop=ended,
            server=node.charts_server(store),
        )
        over.cancel()
    keeping.cancel()
    grants.cancel()


async def _until_over(node: "Node", store: Path, stop: asyncio.Event) -> None:
    """Wait for the end, or until another store answers: a restore has brought more of the history."""
    while not stop.is_set() and node.paths.charts_now == store:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), STORE_S)


async def _web(
    node: "Node",
    listen: str,
    insecure_http: bool,
    demo: bool,
    confined: bool,
    claimed: frozenset[str],
    stop: asyncio.Event,
) -> None:
    import uvicorn

    from contrefeu.capture import AsideIntake, LocalServer, Reserve
    from contrefeu.chart import sweep_seldom
    from contrefeu.cli.grouping import tell_group
    from contrefeu.cli.live import takes_no_other
    from contrefeu.cli.overtaken import Overtaken
    from contrefeu.cli.webdeps import web_app

    host, port = _address(listen)
    reserve = Reserve(node.paths.reserve)
    intake = AsideIntake(node.writer(node.station_journal, reserve), node.clock)
    looks = AsideIntake(node.writer(node.audit_journal, reserve), node.clock, pace_s=LOOKS_S)
    locals_: tuple[LocalServer, ...]
    locals_ = LocalServer(intake, lambda: _state(intake, confined)), LocalServer(looks, lambda: _state(looks, confined))
    for local, path in zip(locals_, (node.station_socket, node.audit_socket), strict=True):
        await local.listen(path)
    if node.settings.surviving:
        claims = LocalServer(intake, lambda: _state(intake, confined), partial(takes_no_other, claimed))
        await claims.listen(node.live_socket)
        locals_ = (*locals_, claims)
    beside = [
        asyncio.create_task(task)
        for task in (
            intake.sign_every(node.settings.capture.checkpoint_s),
            looks.sign_every(node.settings.capture.checkpoint_s),
            reserve.fill_every(RESERVE_S),
            Overtaken(node, intake, lambda held: node.writer(node.station_journal, reserve, held)).watch(stop),
            Overtaken(node, looks, lambda held: node.writer(node.audit_journal, reserve, held)).watch(stop),
        )
    ]
    app = web_app(node, intake, looks, insecure_http=insecure_http, demo=demo)
    sweep_seldom()  # a page makes more objects than Python sweeps after, and leaves none
    sys.setswitchinterval(SWITCH_S)
    if node.settings.group.listen:
        beside.append(asyncio.create_task(tell_group(node, app.state.house)))
    tls: dict[str, Any] = {}
    if not insecure_http:
        tls = {
            "ssl_certfile": str(node.paths.ca_dir / "server.pem"),
            "ssl_keyfile": str(node.paths.ca_dir / "server.key"),
        }
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="auto",
        timeout_graceful_shutdown=3,
        **tls,
    )
    sock = config.bind_socket()
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    bound_host, bound_port = sock.getsockname()[:2]
    address = _join(bound_host, bound_port)
    scheme = "http" if insecure_http else "https"
    tell_ready({"web": f"{scheme}://{address}/", "address": address})
    await stop.wait()
    server.should_exit = True
    with contextlib.suppress(Exception):
        await serving
    for local in locals_:
        local.close()
    for task in beside:
        task.cancel()
    intake.close()
    looks.close()


async def _copies(node: "Node", stop: asyncio.Event) -> None:
    from contrefeu.cli.copying import follow_vaults

    tell_ready({})
    await follow_vaults(node, stop)


async def _exchange(node: "Node", listen: str, stop: asyncio.Event) -> None:
    from contrefeu.cli.exchanging import run_exchange

    await run_exchange(node, listen, stop, lambda address: tell_ready({"exchange": address}))


def _teller(node: "Node") -> "IO[bytes] | None":
    """The child that tells others of alarms: it sees nothing of the home."""
    from contrefeu.cli.confine import confine
    from contrefeu.cli.supervisor import die_with
    from contrefeu.cli.watching import fork_teller

    def before(parent: int) -> None:
        die_with(parent)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        confine("tell", node.paths)

    return fork_teller(node.settings.watch, before)


async def _watch(node: "Node", teller: "IO[bytes] | None", stop: asyncio.Event) -> None:
    from contrefeu.cli.watching import run_watch

    tell_ready({})
    await run_watch(node, teller, stop)


async def _wards(node: "Node", stop: asyncio.Event) -> None:
    from contrefeu.cli.wards import write_for_wards

    tell_ready({})
    await write_for_wards(node, stop)


def _profiles(node: "Node") -> dict[str, Any]:
    from contrefeu.cli.live import profiles

    return dict(profiles(node))


async def _live(node: "Node", profiles: dict[str, Any], stop: asyncio.Event) -> None:
    from contrefeu.cli.live import send_live

    tell_ready({})
    if node.settings.surviving:
        await send_live(node, profiles, stop)


async def _group(node: "Node", listen: str, stop: asyncio.Event) -> None:
    from contrefeu.cli.grouping import run_group

    await run_group(node, listen or node.settings.group.listen, stop, lambda address: tell_ready({"group": address}))


async def _hospital(node: "Node", listen: str, beds: int, seed: int, stop: asyncio.Event) -> None:
    from contrefeu.cli.demo import met_hospital
    from contrefeu.drill import Hospital, live

    met = met_hospital(node, beds, seed)
    hospital = Hospital.for_demo(seed=met.seed, beds=met.beds, style="fr", now_ns=met.met_ns)
    host, port = _address(listen)
    tell_ready({})
    feeding = asyncio.create_task(live(hospital, host, port))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({feeding, stopping}, return_when=asyncio.FIRST_COMPLETED)
    feeding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await feeding


def _state(intake: Any, confined: bool) -> dict[str, Any]:
    told = {
        "journal": intake.journal,
        "sequence": intake.sequence,
        "trouble": intake.trouble,
        "trouble_code": intake.trouble_code,
        "refused_by_disk": intake.refused,
        "user": os.getuid(),
        "confined": confined,
    }
    if hasattr(intake, "no_vault"):  # its answers wait for one
        told |= {
            "waiting_for_vault": intake.waiting,
            "without_vault": intake.without_vault,
            "no_vault": intake.no_vault,
        }
    return told


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
