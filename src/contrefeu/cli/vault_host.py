"""`contrefeu vault serve`, `vault pull`, `vault host`: copies that a vault host fetches by itself."""

import secrets
import signal
import threading
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from contrefeu.cli.door import Json, answer, door, emit, finish, say, set_up_logs

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

app = typer.Typer(no_args_is_help=True, help="A vault host: a machine that pulls copies and that nothing connects to.")

LATE_S_MAX = 60.0  # a copy that is further behind is a finding, whatever the reason
SILENT_S = 15.0  # the pulling process speaks every 2 s: after so long it is gone
_GRAVEST = {"refused": 12, "alarm": 10, "full": 10, "unreachable": 14}


@app.command("init")
def init(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Its name, as nodes show it: small letters, digits, hyphens.")],
    days: Annotated[int, typer.Option(help="How long copies are kept at least.")] = 400,
    json: Json = False,
) -> None:
    """Make a vault host in --home: its settings, its key, the folder of the copies."""
    from contrefeu.vault import VaultHost

    host = VaultHost.make(door(context).home, name, days)
    key = str(host.cosigner().key)

    def for_people() -> None:
        say(f"Vault host {name} made in {host.root}")
        say(f"Its key, for the nodes: {key}")

    answer(json, {"host": name, "home": str(host.root), "key": key, "days": days}, for_people)


@app.command("key")
def key(context: typer.Context, json: Json = False) -> None:
    """Print the vault host's public key: on each node it belongs in the address that `vault add` is given."""
    from contrefeu.vault import VaultHost

    line = str(VaultHost(door(context).home).cosigner().key)
    answer(json, {"key": line}, lambda: say(line))


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The node's name here; its copies' folder.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="pull+https://HOST:PORT?key=KEY, or spool+file:///FOLDER")],
    quota_gib: Annotated[float, typer.Option(help="What its copies may fill, in GiB.")] = 500.0,
    bytes_per_second_max: Annotated[int, typer.Option(help="At most so many are asked for; 0: no limit.")] = 0,
    json: Json = False,
) -> None:
    """Pull from a node, from the next start of `vault pull` on."""
    from contrefeu.vault import NodeSettings, VaultHost, is_spool, parse_pulled, spool_folder

    spool_folder(url) if is_spool(url) else parse_pulled(url)
    host = VaultHost(door(context).home)
    node = NodeSettings(name, url, quota_gib, bytes_per_second_max)
    host.add(node)
    folder = f"file://{host.copies(node)}"
    answer(json, {"node": name, "url": url, "copies": folder}, lambda: say(f"{name}: its copies will lie in {folder}"))


@app.command("status")
def host_status(context: typer.Context, json: Json = False) -> None:
    """Show how the copies of each node stand. Exit status 12 when a node's journal was refused, 10 at other alarms."""
    from contrefeu.vault import VaultHost

    host = VaultHost(door(context).home)
    settings = host.settings()
    nodes = _last_states(host)
    answer(json, {"host": settings.name, "days": settings.days, "nodes": nodes}, lambda: _for_people(nodes))
    finish(_exit_status(nodes))


@app.command("verify")
def host_verify(context: typer.Context, json: Json = False) -> None:
    """Read every copy here again and check it, without reading what it holds: a disk rots where nobody looks.

    No key is needed. A weekly timer may run it. Exit status 12 when a copy was altered, 13 when entries are missing, 14
    when a node has no copies here, 10 when a journal is absent that its settings here speak of.
    """
    from contrefeu.cli.verifying import gravest, say_lost
    from contrefeu.vault import VaultHost

    host = VaultHost(door(context).home)
    nodes = [_verified(node.name, f"file://{quote(str(host.copies(node)))}") for node in host.settings().nodes]

    def for_people() -> None:
        for one in nodes:
            state = one["state"] if one["state"] == "intact" else one["state"].upper()
            say(f"{one['node']}: {state}, {one['entries']} entries {one['problem']}".rstrip())
            for d in one["damage"]:
                say(f"  {d['kind']}: {d['journal']} segment {d['segment']} byte {d['offset']}")
            say_lost(one["keyless"], one["absent"])

    answer(json, {"nodes": nodes}, for_people)
    finish(reduce(gravest, (one["exit_status"] for one in nodes), 0))


def _verified(name: str, url: str) -> dict[str, Any]:
    """What a check of one node's copies found."""
    from contrefeu.base import ContrefeuError
    from contrefeu.cli.verifying import verify_copies

    told: dict[str, Any] = {"node": name, "state": "failed", "entries": 0, "damage": [], "problem": ""}
    told |= {"keyless": [], "absent": []}
    try:
        found = verify_copies(url, None)
    except ContrefeuError as failed:
        return told | {"problem": failed.what, "exit_status": failed.exit_status}
    state = "damaged" if not found.intact else "incomplete" if found.absent else "intact"
    return told | {
        "state": state,
        "entries": found.entries,
        "damage": found.damage,
        "keyless": found.keyless,
        "absent": found.absent,
        "exit_status": found.exit_status,
    }


@app.command("expire")
def expire(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    json: Json = False,
) -> None:
    """Let go of what was kept for longer than `days`: whole segments, the oldest first. Nothing goes by itself.

    The age of a segment counts from when this host last wrote to it, on this host's clock: nothing that a node says
    shortens it. Each one's digest, entries and times stand in let-go.jsonl beside the copy before it goes.
    """
    from contrefeu.base import SystemClock
    from contrefeu.vault import VaultHost, due_in, let_go

    host, clock = VaultHost(door(context).home), SystemClock()
    gone: list[dict[str, Any]] = []
    for node in host.settings().nodes:
        if dry_run:
            gone += [
                {"node": node.name, "journal": due.files.verifier().name, "segment": due.number}
                for due in due_in(host, node, clock)
            ]
        else:
            gone += [
                {"node": node.name, "journal": one.journal, "segment": one.segment} for one in let_go(host, node, clock)
            ]

    def for_people() -> None:
        for one in gone:
            say(f"{one['node']}: {one['journal']} segment {one['segment']} {'would go' if dry_run else 'was let go'}")
        say(f"{len(gone)} segments older than {host.settings().days} days")

    answer(json, {"days": host.settings().days, "removed": [] if dry_run else gone, "due": gone}, for_people)


def pull(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Pull what there is now, and end.")] = False,
    json: Json = False,
) -> None:
    """On a vault host: fetch what nodes offer, check it, keep it, and vouch for it. It opens no port.

    Runs until Ctrl-C or SIGTERM. With --once, exit status 12 says that a node's journal was refused: it was cut back,
    or another history was put in its place; the good copy stays as it was, and what the node says now lies beside it.
    """
    from contrefeu.base import FileLock, SystemClock
    from contrefeu.vault import VaultHost, pull_once
    from contrefeu.vault import pull as run

    set_up_logs("pull")
    host = VaultHost(door(context).home)
    settings = host.settings()
    with FileLock(host.root / "pull.lock"):
        if once:
            nodes = pull_once(host, SystemClock())
            answer(json, {"host": settings.name, "days": settings.days, "nodes": nodes}, lambda: _for_people(nodes))
            finish(_exit_status(nodes))
            return
        stop = _stop_signal()
        emit({"event": "ready", "host": settings.name, "nodes": [node.name for node in settings.nodes]})
        run(host, SystemClock(), stop.is_set)


def serve(
    context: typer.Context,
    key: Annotated[bool, typer.Option("--key", help="Print the key that vault hosts must know, and end.")] = False,
    json: Json = False,
) -> None:
    """On a node: offer the journals to the vault hosts in the settings. A running node (`up`) does it by itself."""
    from contrefeu.base import OperatorError, StorageError
    from contrefeu.cli.copying import SERVING
    from contrefeu.cli.node import Node
    from contrefeu.vault import Offers, is_pulled

    node = Node.at(door(context).home)
    if key:
        line = _own_key(node)
        answer(json, {"key": line}, lambda: say(line))
        return
    urls = [vault.url for vault in node.settings.vaults if is_pulled(vault.url)]
    if not urls:
        raise OperatorError(
            "No vault host is in the settings.",
            safe="Nothing is offered.",
            next="contrefeu vault add pull+https://ADDRESS:PORT?key=KEY, with the key of the vault host.",
        )
    set_up_logs("serve")
    stop = _stop_signal()
    offers = Offers(node.paths, node.paths.signing_seed(SERVING), node.paths.run)
    try:
        offers.keep(urls)
        while not offers.addresses() and not stop.wait(0.05):
            if offers.problems():
                raise StorageError(
                    " ".join(offers.problems()),
                    safe="The journals, and the copies that there are.",
                    next="A running node (contrefeu up) offers by itself: then this is not needed.",
                )
        emit({"event": "ready", "listen": [f"{host}:{port}" for host, port in offers.addresses()]})
        stop.wait()
    finally:
        offers.close()


def resend(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="spool+file:///FOLDER")],
    files: Annotated[str, typer.Argument(metavar="[FILES]", help="As the vault host lists them: STREAM:17-18,20")] = "",
    from_start: Annotated[bool, typer.Option("--from-start", help="Send everything again.")] = False,
    json: Json = False,
) -> None:
    """On a node: send files of a one-way copy once more, that did not come out of the diode."""
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node
    from contrefeu.vault import ask_again, spool_folder

    node = Node.at(door(context).home)
    spool_folder(url)
    if bool(files) == from_start:
        raise OperatorError(
            "Name the files that are missing, or --from-start.",
            safe="Nothing was sent.",
            next="contrefeu vault host status, on the vault host, lists them: type the list as it stands.",
        )
    ask_again(node.paths, url, "all" if from_start else files)
    asked = "everything" if from_start else files
    line = f"{asked}: sent at the next step of the running node, or by vault copy"
    answer(json, {"url": url, "asked": asked}, lambda: say(line))


def prepare_spool(url: str) -> None:
    """What `vault add` does for a one-way copy: look at the address.

    Raises:
        OperatorError: The address is none, or there is no such folder.
    """
    from contrefeu.base import OperatorError
    from contrefeu.vault import spool_folder

    folder = spool_folder(url)
    if not folder.is_dir():
        raise OperatorError(f"There is no folder {folder}.", safe="Nothing was changed.", next="Make or mount it.")


def prepare_offer(node: "Node", url: str) -> None:
    """What `vault add` does for a vault that pulls: look at the address, make the node's key.

    Raises:
        OperatorError: The address is none.
    """
    from contrefeu.vault import parse_offered

    parse_offered(url)
    _own_key(node)


def _own_key(node: "Node") -> str:
    """The line that vault hosts must know; the key is made when it is first asked for."""
    from contrefeu.base import write_file
    from contrefeu.cli.copying import SERVING
    from contrefeu.proof import Verifier
    from contrefeu.vault import public_of

    path = node.paths.signing_seed(SERVING)
    if not path.exists():
        write_file(path, secrets.token_bytes(32))
    return str(Verifier(node.settings.node.id, public_of(path.read_bytes())))


def _stop_signal() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _last_states(host: Any) -> list[dict[str, Any]]:
    """What the pulling process last said of each node in the settings."""
    import msgspec

    from contrefeu.base import SystemClock

    said: list[dict[str, Any]] = []
    silent = True
    try:
        said = msgspec.json.decode(host.state.read_bytes())
        silent = SystemClock().now_ns() - host.state.stat().st_mtime_ns > SILENT_S * 1e9
    except (FileNotFoundError, msgspec.DecodeError):
        pass
    known = {state["node"]: state for state in said}
    found = []
    for node in host.settings().nodes:
        none = {"node": node.name, "url": node.url, "entries": 0, "journals": {}, "state": "never pulled"}
        state = {"lag_seconds": None, "problem": "", "missing": ""} | none | known.get(node.name, {})
        if silent and state["state"] not in {"refused", "alarm", "full"}:
            state |= {"lag_seconds": None, "state": "not pulling"}
        found.append(state)
    return found


def _exit_status(nodes: list[dict[str, Any]]) -> int:
    """12 before 13 before 10 (SURFACE)."""
    found = [_GRAVEST.get(node["state"], 0) for node in nodes]
    found += [13 for node in nodes if node["missing"]]
    found += [10 for node in nodes if node["lag_seconds"] is None or node["lag_seconds"] > LATE_S_MAX]
    return next((status for status in (12, 13, 10, 14) if status in found), 0)


def _for_people(nodes: list[dict[str, Any]]) -> None:
    for node in nodes:
        nothing = node["state"] == "unreachable" and not node["entries"]  # its lag counts from when it was first tried
        unknown = node["lag_seconds"] is None or nothing
        lag = "how far behind is not known" if unknown else f"{node['lag_seconds']} s behind"
        say(f"{node['node']}: {node['state']}, {node['entries']} entries, {lag}")
        for sentence in node["problem"].splitlines():
            say(f"  {sentence}")
        if node["missing"]:
            say(f"  missing: {node['missing']}")
