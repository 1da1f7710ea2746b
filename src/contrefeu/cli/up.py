"""`contrefeu up`: run the node until told to stop."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from contrefeu.cli.door import door, emit, set_up_logs, whisper

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
    lost either way. SIGHUP has it take up changed settings, those that can be (docs/reference/settings.md).
    """
    from contrefeu.cli.demo import prepare_demo
    from contrefeu.cli.node import Node
    from contrefeu.cli.prepare import complete
    from contrefeu.cli.reloading import note_in_force, reload
    from contrefeu.cli.sealing import bring_back_roles
    from contrefeu.cli.supervisor import Supervisor

    set_up_logs("supervisor")
    entrance = door(context)
    node = Node.at(entrance.home)
    with _alone(node):
        complete(node)
        bring_back_roles(node)
        node.sealing()  # a rule without its key is said before anything starts
        logins = prepare_demo(node) if demo else []
        supervisor = Supervisor(entrance.home, debug=entrance.debug, identity_of=_identities(node))
        signal.signal(signal.SIGTERM, supervisor.ask_to_stop)
        signal.signal(signal.SIGINT, supervisor.ask_to_stop)
        signal.signal(signal.SIGHUP, supervisor.ask_to_reload)
        try:
            _start(supervisor, node, mllp, web, insecure_http, logins, (beds, seed) if demo else None)
            note_in_force(node)
            with _beside(node):
                supervisor.run(lambda: emit(reload(node, supervisor)))
        finally:
            supervisor.stop()


@contextlib.contextmanager
def _beside(node: "Node") -> Iterator[None]:
    """Have copies tried every night, as the reader's user that may read what the copies keep; what wards need tried,
    packs made and pages taken in, as the web's, which prints forms too."""
    from contrefeu.cli import selftest, wardtest
    from contrefeu.cli.beside import every_night
    from contrefeu.cli.incoming import every_look
    from contrefeu.cli.separation import identity_of, is_separate, tester
    from contrefeu.cli.standing import every_quarter

    stop = threading.Event()
    apart = is_separate(node)
    web = identity_of("web") if apart else None
    works: tuple[tuple[Callable[..., None], Identity | None, tuple[Any, ...]], ...] = (
        (every_night, tester() if apart else None, (selftest.COMMAND, selftest.RESULT)),
        (every_night, web, (wardtest.COMMAND, wardtest.RESULT)),
        (every_quarter, web, ()),
        (every_look, web, ()),
    )
    threads = [threading.Thread(target=work, args=(node, whom, stop, *of), daemon=True) for work, whom, of in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


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
            safe="That one goes on; nothing was changed.",
            next="contrefeu status shows it. To start it anew, stop it first (Ctrl-C, or SIGTERM to its pid).",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _identities(node: "Node") -> "Callable[[str], Identity] | None":
    """Whom each part runs as, once each has what is its own."""
    from contrefeu.cli.separation import identity_of, separate

    if node.settings.processes.users == "shared":
        return None
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
    from contrefeu.cli.grouping import in_group
    from contrefeu.cli.peering import is_station
    from contrefeu.cli.reloading import note_listening
    from contrefeu.cli.supervisor import Part

    capture = Part("capture", lambda ready: ["--listen", ready.get("mllp") or mllp or node.settings.capture.mllp])
    reader = Part("reader", lambda _: [])
    copies = Part("copies", lambda _: [])
    flags = ["--insecure-http"] if insecure_http else []
    flags += ["--demo"] if demo else []
    app = Part("web", lambda ready: ["--listen", ready.get("address") or web or node.settings.web.listen, *flags])
    parts = [capture, reader, copies, app, Part("watch", lambda _: [])]
    peers = Part("exchange", lambda ready: ["--listen", ready.get("exchange") or node.settings.exchange.listen])
    if is_station(node):
        parts.append(peers)
    if node.peers().of_wards():
        parts.append(Part("wards", lambda _: []))
    if node.settings.surviving:
        parts.append(Part("live", lambda _: []))
    group = Part("group", lambda ready: ["--listen", ready.get("group") or node.settings.group.listen])
    if in_group(node):
        parts.append(group)
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
        "group": group.ready.get("group", ""),
        "pid": os.getpid(),
        "logins": logins,
    }
    note_listening(node, str(capture.ready["mllp"]), urlsplit(str(app.ready["web"])).netloc)
    if demo is not None:
        beds, seed = demo
        arguments = ["--listen", str(capture.ready["mllp"]), "--beds", str(beds), "--seed", str(seed)]
        supervisor.start(Part("hospital", lambda _: arguments))
    emit(ready)
    if logins and sys.stderr.isatty():
        _welcome(str(ready["web"]), logins)


def _welcome(address: str, logins: list[dict[str, str]]) -> None:
    """What whoever tries a demonstration at a terminal looks for: the line before is for programs."""
    whisper(f"Ward app: {address}   log in as one of these; Ctrl-C ends it")
    for one in logins:
        whisper(f"  {one['login']:10} {one['secret']:22} {one['name']}")
