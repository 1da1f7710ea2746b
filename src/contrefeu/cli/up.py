"""`contrefeu up`: run the node until told to stop."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import door, emit, set_up_logs

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.cli.separation import Identity

STOPPING_S_MAX = 5.0  # a node that is being restarted may still be stopping


def up(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Feed the node with a simulated hospital.")] = False,
    mllp: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where feeds connect.  [default: settings]")] = "",
    web: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the ward app is.  [default: settings]")] = "",
    insecure_http: Annotated[
        bool, typer.Option("--insecure-http", help="No TLS: for a trial on this machine alone.")
    ] = False,
    beds: Annotated[int, typer.Option(min=8, max=2500, help="With --demo: beds of the simulated hospital.")] = 48,
    seed: Annotated[int, typer.Option(help="With --demo: its seed.")] = 1,
) -> None:
    """Run the node: listeners, journal, charts, ward app, copies.

    Prints JSON objects, one a line; the first when it is ready. Ctrl-C or SIGTERM stops it; nothing acknowledged is
    lost either way.
    """
    from contrefeu.base import durable_makedirs
    from contrefeu.cli.demo import prepare_demo
    from contrefeu.cli.held import NOTED
    from contrefeu.cli.node import Node
    from contrefeu.cli.supervisor import Supervisor
    from contrefeu.custody import complete_home

    set_up_logs("supervisor")
    entrance = door(context)
    node = Node.at(entrance.home)
    with _alone(node):
        complete_home(node.paths)
        for folder in (*NOTED, "wards"):  # there before a part is confined: what others hold comes later
            durable_makedirs(node.paths.root / folder, mode=0o750)
        logins = prepare_demo(node) if demo else []
        supervisor = Supervisor(entrance.home, debug=entrance.debug, identity_of=_identities(node))
        signal.signal(signal.SIGTERM, supervisor.ask_to_stop)
        signal.signal(signal.SIGINT, supervisor.ask_to_stop)
        try:
            _start(supervisor, node, mllp, web, insecure_http, logins, (beds, seed) if demo else None)
            with _tested_nightly(node):
                supervisor.run()
        finally:
            supervisor.stop()


@contextlib.contextmanager
def _tested_nightly(node: "Node") -> Iterator[None]:
    """Have the copies tried every night, as the reader's user that may read what the copies keep."""
    from contrefeu.cli.selftest import every_night
    from contrefeu.cli.separation import is_separate, tester

    stop = threading.Event()
    identity = tester() if is_separate(node) else None
    testing = threading.Thread(target=every_night, args=(node, identity, stop), name="selftest", daemon=True)
    testing.start()
    try:
        yield
    finally:
        stop.set()
        testing.join()


@contextlib.contextmanager
def _alone(node: "Node") -> Iterator[None]:
    """Be the one node of this home.

    Raises:
        StorageError: Another one runs.
    """
    from contrefeu.base import FileLock, StorageError

    lock = FileLock(node.paths.run / "up.lock", wait_s=STOPPING_S_MAX)
    try:
        lock.acquire()
    except StorageError:
        raise StorageError(
            "A node runs already on this home.",
            safe="It goes on; nothing was changed.",
            next="contrefeu status shows it. To start it anew, stop it first (Ctrl-C, or SIGTERM to its pid).",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _identities(node: "Node") -> "Callable[[str], Identity] | None":
    """Whom each part runs as, once each has what is its own."""
    from contrefeu.base import durable_makedirs
    from contrefeu.cli.separation import identity_of, separate

    if node.settings.processes.users == "shared":
        return None
    for name in ("peers", "exchange"):
        durable_makedirs(node.paths.root / name)  # there before a part is confined: a peer may be joined later
    separate(node)
    return identity_of


def _start(
    supervisor: Any,
    node: "Node",
    mllp: str,
    web: str,
    insecure_http: bool,
    logins: list[dict[str, str]],
    demo: tuple[int, int] | None,
) -> None:
    from contrefeu.cli.peering import is_station
    from contrefeu.cli.supervisor import Part

    capture = Part("capture", lambda ready: ["--listen", ready.get("mllp") or mllp or node.settings.capture.mllp])
    reader = Part("reader", lambda _: [])
    copies = Part("copies", lambda _: [])
    flags = ["--insecure-http"] if insecure_http else []
    flags += ["--demo"] if demo else []
    app = Part("web", lambda ready: ["--listen", ready.get("address") or web or node.settings.web.listen, *flags])
    parts = [capture, reader, copies, app]
    peers = Part("exchange", lambda ready: ["--listen", ready.get("exchange") or node.settings.exchange.listen])
    if is_station(node):
        parts.append(peers)
    if node.peers().of_wards():
        parts.append(Part("wards", lambda _: []))
    supervisor.start(*parts)
    if not app.ready:
        return  # told to stop meanwhile
    ready = {
        "event": "ready",
        "node": node.settings.node.id,
        "mllp": capture.ready["mllp"],
        "web": app.ready["web"],
        "fhir": app.ready["web"] + "fhir",
        "exchange": peers.ready.get("exchange", ""),
        "pid": os.getpid(),
        "logins": logins,
    }
    if demo is not None:
        beds, seed = demo
        arguments = ["--listen", str(capture.ready["mllp"]), "--beds", str(beds), "--seed", str(seed)]
        supervisor.start(Part("hospital", lambda _: arguments))
    emit(ready)
