"""`contrefeu vault`: places that hold copies and cannot read them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, finish, say, whisper

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

app = typer.Typer(no_args_is_help=True, help="Places that hold copies of the journals and cannot read them.")

NO_VAULT = "No vault is in the settings, so nothing is copied: contrefeu vault add URL."

Url = Annotated[
    str,
    typer.Argument(
        metavar="URL",
        help="file:///FOLDER, s3://BUCKET/PREFIX?endpoint=…&days=N, pull+https://… or spool+file:///FOLDER",
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--credentials", metavar="FILE", help="What the node shows to an object store; mode 0600."),
]


@app.command("add")
def add(
    context: typer.Context,
    url: Url,
    credentials: KeyFile = None,
    plain_copy: Annotated[
        bool, typer.Option("--plain-copy", help="Take a store that keeps no lock: a copy, and no protection.")
    ] = False,
    host: Annotated[str, typer.Option(help="Who runs it.")] = "",
    country: Annotated[str, typer.Option(help="Where it stands.")] = "",
    certificate: Annotated[str, typer.Option(help="The host's certificate for health data (HDS in France).")] = "",
    certificate_expires: Annotated[str, typer.Option(metavar="DATE", help="Until when; YYYY-MM-DD.")] = "",
    bytes_per_second_max: Annotated[int, typer.Option(min=0, help="Sent to it at most; 0: no limit.")] = 0,
    json: Json = False,
) -> None:
    """Copy the journals to a vault from now on; a running node takes it up by itself.

    An object store is checked first (vault check): one that does not keep what it locked is refused, unless it is
    taken as a plain copy. The credentials' file is copied into the home.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.vaults import add_vault, warnings_about
    from contrefeu.hospital import VaultSettings

    node = Node.at(door(context).home)
    vault = VaultSettings(url, plain_copy, bytes_per_second_max, host, country, certificate, certificate_expires)
    add_vault(node, vault, credentials)
    warned = warnings_about(vault, node.clock)
    for warning in warned:
        whisper(f"warning: {warning}")
    answer(
        json,
        {"url": url, "added": True, "plain_copy": plain_copy, "warnings": warned},
        lambda: say(f"{url}: copies follow from now on (contrefeu status)"),
    )


@app.command("check")
def check(context: typer.Context, url: Url, credentials: KeyFile = None, json: Json = False) -> None:
    """Try on a store everything that somebody with the node's credentials would. Exit status 10 when it gives way.

    Touches only what it lays there itself. Objects that were locked for the check stay until their lock is over, a
    quarter of an hour later; the next check takes them away.
    """
    from contrefeu.cli.vaults import credentials_for, progress
    from contrefeu.vault import check_store

    home = door(context).home
    with progress("attempts") as told:
        found = check_store(url, credentials_for(home, url, credentials), told)
    report = {
        "url": url,
        "attempts": [{"name": one.name, "refused": one.refused} for one in found.attempts],
        "untried": [{"name": one.name, "why": one.why} for one in found.untried],
        "enforces": found.enforces,
        "left": found.left,
        "left_until": found.left_until,
    }

    def for_people() -> None:
        for one in found.attempts:
            say(f"  {'held     ' if one.refused else 'GAVE WAY '} {one.name}")
        for left_out in found.untried:
            say(f"  not tried {left_out.name} ({left_out.why})")
        held = sum(one.refused for one in found.attempts)
        say(f"{held} of {len(found.attempts)} held: {'it enforces' if found.enforces else 'IT DOES NOT ENFORCE'}")
        if found.left:
            say(f"{found.left} small objects stay there, locked until {found.left_until}")

    answer(json, report, for_people)
    finish(0 if found.enforces else 10)


@app.command("copy")
def copy(context: typer.Context, json: Json = False) -> None:
    """Copy what the vaults lack, once; for a node that is not running."""
    from contrefeu.base import FindingError
    from contrefeu.cli.copying import copy_all
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    _settle(node)
    states = copy_all(node)

    def for_people() -> None:
        for state in states:
            say(f"{state['url']}: {state['state']}, {state['entries']} entries {state['problem']}".rstrip())
        if not states:
            say(NO_VAULT)

    told = [{name: state[name] for name in ("url", "entries", "state", "problem")} for state in states]
    answer(json, {"copied": sum(state["entries"] for state in states), "vaults": told}, for_people)
    if any(state["state"] == "refused" for state in states):
        raise FindingError(
            "A vault refused a journal: it is not the continuation of the copy it holds.",
            safe="The copy in the vault, as it was.",
            next="contrefeu journal verify and contrefeu vault verify URL say which of the two is whole.",
        )
    kinds = {state["state"] for state in states}
    finish(14 if "unreachable" in kinds else 10 if "alarm" in kinds else 0)


@app.command("verify")
def verify(context: typer.Context, url: Url, credentials: KeyFile = None, json: Json = False) -> None:
    """Check the copies in a vault, without reading what they hold.

    Exit status 10 when a journal is absent that the settings of a node there speak of; 12 or 13 when a copy is damaged.
    """
    from contrefeu.cli.vaults import credentials_for
    from contrefeu.cli.verifying import say_lost, verify_copies

    found = verify_copies(url, credentials_for(door(context).home, url, credentials))
    report = {
        "intact": found.intact,
        "entries": found.entries,
        "copied": found.entries,
        "checkpoint": found.checkpoint,
        "damage": found.damage,
        "journals": found.journals,
        "absent": found.absent,
    }

    def for_people() -> None:
        for one in found.journals:
            say(f"{one['journal']}: {'intact' if one['intact'] else 'DAMAGED'}, {one['entries']} entries")
        for d in found.damage:
            if d["journal"] not in found.keyless:
                say(f"  {d['kind']}: {d['journal']} segment {d['segment']} byte {d['offset']}")
        say_lost(found.keyless, found.absent)

    answer(json, report, for_people)
    finish(found.exit_status)


@app.command("repair")
def repair(context: typer.Context, json: Json = False) -> None:
    """Mend damaged and missing segments: the journals' from the vaults, and those of vaults from there.

    A segment is taken when it is the one that its writer signed for. What no copy within reach has whole, a vault host
    that pulls is asked to bring back. The damaged file is kept in aside/, as evidence; in an object store nothing is
    replaced, and the good segment is laid beside.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.repairing import repair_all

    node = Node.at(door(context).home)
    report = repair_all(node)
    if report["repaired"]:
        node.audit("act", what="vault repair")

    def for_people() -> None:
        for one in report["repaired"]:
            if not one["segment"]:
                say(f"{one['place']}: {one['journal']}: its public key is back, from {one['source']}")
                continue
            where = f"{one['place']}: {one['journal']} segment {one['segment']}"
            say(f"{where}: from {one['source']}, the damaged one kept as {one['kept'] or 'there was none'}")
        for one in report["not_repaired"]:
            say(f"{one['place']}: {one['journal']} segment {one['segment']}: NO COPY HAS IT WHOLE")
        for away in report["away"]:
            say(f"{away['url']}: out of reach, not looked at")
        for url in report["held_elsewhere"]:
            say(f"{url}: held elsewhere, not mended from here; contrefeu vault host verify there checks it")
        say("everything is whole" if report["intact"] else "NOT EVERYTHING IS WHOLE")

    answer(json, report, for_people)
    finish(report["exit_status"])


@app.command("selftest")
def selftest(
    context: typer.Context,
    patients: Annotated[int, typer.Option(min=1, help="How many to compare.")] = 50,
    vault: Annotated[str, typer.Option("--vault", metavar="URL", help="With --carried: the vault it was in.")] = "",
    carried: Annotated[
        Path | None,
        typer.Option("--carried", metavar="FOLDER", help="A copy on a disk that was carried here: HOST/copies/NODE."),
    ] = None,
    json: Json = False,
) -> None:
    """Restore patients from each vault's copy and compare them with the charts that wards see. Exit status 10 when red.

    A running node does it every night at three. It needs no custodian: it opens what the node's reader opens. A vault
    host that pulls brings its copy back over its own connection. Out of a data diode nothing comes back: carry the disk
    here now and then, and name it with --vault and --carried; it is compared as of the last instant that it covers.
    So is the copy of a node that does not run, which nobody brings up to date: what it lacks since is said.
    """
    from contrefeu.base import OperatorError
    from contrefeu.cli.confine import shed
    from contrefeu.cli.node import Node
    from contrefeu.cli.selftest import FINE, run_carried, run_selftest

    if bool(vault) != (carried is not None):
        raise OperatorError(
            "Name both the vault and the folder: --vault URL --carried FOLDER.", safe="Nothing was read."
        )
    shed()
    node = Node.at(door(context).home)
    found = run_carried(node, vault, carried, patients) if carried is not None else run_selftest(node, patients)

    def for_people() -> None:
        for one in found:
            if one["state"] == "held elsewhere":
                say(f"{one['url']}: held elsewhere, behind a data diode: carry the disk here (--vault, --carried)")
                continue
            told = one.get("problem") or f"{one['patients']} patients, {len(one['differing'])} differ"
            say(f"{one['url']}: {one['state'] if one['state'] in FINE else one['state'].upper()}, {told}")
            if one.get("lacks"):
                lacks, since = one["lacks"], one["at"]
                say(f"  not in it yet: {lacks} entries since {since}; contrefeu vault copy, or start the node")
            if one["beyond_horizon"]:
                beyond, passed = one["beyond_horizon"], one["passed_over"]
                say(f"  not tested: {beyond} entries that this node cannot open, {passed} patients of whom they speak")
        if not found:
            say(NO_VAULT)

    same = all(one["state"] in FINE for one in found)
    answer(json, {"vaults": found, "same": same}, for_people)
    finish(0 if same else 10)


def _settle(node: "Node") -> None:
    """Sign for what a stopped node left unsigned; a running one signs by itself."""
    from contrefeu.cli.node import listens

    for socket, appender in (
        (node.capture_socket, node.capture_appender),
        (node.station_socket, node.station_appender),
        (node.audit_socket, node.audit_appender),
    ):
        if not listens(socket):
            with appender():
                pass
