"""`contrefeu keys`: who can open what, the custodians' shares, the horizon."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say, whisper

if TYPE_CHECKING:
    pass

app = typer.Typer(no_args_is_help=True, help="Who can open what: the horizon, the custodians and their shares.")

Shares = Annotated[list[Path], typer.Option(metavar="FILE...", help="The custodians' share files.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the journal.")]


@app.command("status")
def status(context: typer.Context, json: Json = False) -> None:
    """Say what this node can still open, what the custodians alone can, and what somebody must see to.

    Reads every header and no body. Exit status 10 when a share or a rehearsal is overdue, or a segment opens for
    nobody.
    """
    from contrefeu.cli.horizon import described_horizon, why_kept
    from contrefeu.cli.node import Node
    from contrefeu.cli.openable import openable
    from contrefeu.cli.rehearsing import described_recovery
    from contrefeu.cli.sealing import described_roles

    node = Node.at(door(context).home)
    told: dict[str, Any] = {"node": node.settings.node.id}
    told |= described_recovery(node)
    told |= {"horizon": described_horizon(node) | {"why_kept": why_kept(node)}, "journals": openable(node)}
    told["roles"] = described_roles(node)
    told["alarms"] += ["role-without-key"] if any(not one["fingerprint"] for one in told["roles"]) else []
    lost = any(one["nobody"] for one in told["journals"])
    answer(json, told, lambda: _say_status(told))
    finish(10 if told["alarms"] or lost else 0)


@app.command("confirm")
def confirm(
    context: typer.Context,
    share: Annotated[Path, typer.Option(metavar="FILE", help="One custodian's share file.")],
    json: Json = False,
) -> None:
    """Let one custodian show that they still hold their share, alone: nothing is put together, nothing is opened."""
    from contrefeu.acts import ShareConfirmed, encode
    from contrefeu.base import FindingError, rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.cli.rehearsing import key_in_force
    from contrefeu.cli.shares import read_share
    from contrefeu.custody import share_number

    node = Node.at(door(context).home)
    key = key_in_force(node)
    number = share_number(key, read_share(share))
    if number is None:
        raise FindingError(
            f"That is not a share of the recovery key in force ({key.fingerprint[:16]}).",
            safe="Nothing was opened and nothing was noted.",
            next="Compare the words with the printed page. A share of an older key opens what was sealed to that key.",
        )
    node.record(encode(ShareConfirmed(key.fingerprint, number, rfc3339(node.clock.now_ns()))))
    told = {"recovery": key.fingerprint, "share": number, "of": len(key.shares)}
    answer(json, told, lambda: say(f"Share {number} of {len(key.shares)} is confirmed. Put it back where it was."))


@app.command("rehearse")
def rehearse(context: typer.Context, shares: Shares, json: Json = False) -> None:
    """Try the recovery key on every segment, with the custodians; reads no body. To do once a year.

    What was tried is an entry. Exit status 10 when a segment does not open.
    """
    from contrefeu.acts import encode
    from contrefeu.cli.node import Node
    from contrefeu.cli.rehearsing import key_in_force, numbers_of, open_recovery, rehearsed_act
    from contrefeu.custody import rehearse as try_all

    node = Node.at(door(context).home)
    key = key_in_force(node)
    opened, words = open_recovery(shares)
    _refuse_other_key(opened.pair.fingerprint, key.fingerprint)
    found = try_all(node.journals(), node.recovery_keys(opened))
    brought = numbers_of(key, words)
    node.record(encode(rehearsed_act(node, key, brought, found)))
    told = {
        "recovery": key.fingerprint,
        "shares": brought,
        "opened": found.opened,
        "closed": [{"journal": journal, "segment": number} for journal, number in found.closed],
        "seconds": round(found.seconds, 3),
    }

    def for_people() -> None:
        say(f"{found.opened} segments open with shares {', '.join(map(str, brought))} ({found.seconds:.1f} s)")
        for journal, number in found.closed:
            say(f"  CLOSED: segment {number} of {journal}")
        say("No body was read. The key is gone again; give each custodian their share back.")

    answer(json, told, for_people)
    finish(10 if found.closed else 0)


@app.command("rotate")
def rotate(
    context: typer.Context,
    shares: Shares,
    shares_out: Annotated[Path, typer.Option(help="Folder for the new shares, outside the home.")],
    custodians: Annotated[int, typer.Option(help="How many people get a share of the new key.")] = 5,
    threshold: Annotated[int, typer.Option(help="How many of them open the archive together.")] = 3,
    json: Json = False,
) -> None:
    """Put a new recovery key in the place of the old one: for new custodians, or a share that was lost.

    Needs the old shares once more. What is sealed already is granted to the new key; a running node seals to it within
    seconds. Interrupted, run it again with the same old shares. It takes no right away: who kept enough old shares and
    a copy still reads what was sealed to the old key, in locked copies for as long as they are kept.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.rotating import rotate_key

    node = Node.at(door(context).home)
    done = rotate_key(node, shares, shares_out, custodians, threshold)

    def for_people() -> None:
        if not done.shares:
            say(f"The rotation to key {done.fingerprint[:16]} was made before and is finished now.")
        for path in done.shares:
            say(f"  {path}")
        say(f"Recovery key {done.fingerprint[:16]}, number {done.number}: {done.granted} segments granted to it")
        if done.shares:
            say("Give each share to its custodian, then remove the files: they are kept nowhere else.")
            say("Then: contrefeu keys rehearse with the new shares; only then destroy the old ones.")
        say("Copies that are locked keep what they hold: the old shares still open what was sealed to them.")

    told = {
        "number": done.number,
        "recipients": [{"name": "recovery", "fingerprint": done.fingerprint}],
        "shares": [str(path) for path in done.shares],
        "granted": done.granted,
        "revoked": 0,
    }
    answer(json, told, for_people)


@app.command("role")
def role(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the role, as rules say it: psychiatry.")],
    again: Annotated[
        bool, typer.Option("--again", help="Make another key for a role that has one: words were lost, or told.")
    ] = False,
    json: Json = False,
) -> None:
    """Make the key of a role to which documents are sealed, and show its eight words, once.

    Rules of feeds name the role (`feeds.NAME.seal`). Whoever has the words opens its documents, on any node; so do the
    custodians together, with `journal unseal`. With --again, what was sealed before opens with the former words.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.sealing import make_role

    made, words = make_role(Node.at(door(context).home), name, again=again)
    told = {"role": made.role, "fingerprint": made.recipient.fingerprint, "words": words}

    def for_people() -> None:
        from contrefeu.custody import words_of

        say(f"Documents can be sealed to {made.role} from now on. Its words:")
        for line in words_of(words):
            say(f"  {line}")
        say("They are kept nowhere: write them on paper for those who may read, and put one copy in a safe.")

    answer(json, told, for_people)


@app.command("expire")
def expire(
    context: typer.Context,
    shares: Annotated[list[Path] | None, typer.Option(metavar="FILE...", help="The custodians' share files.")] = None,
    json: Json = False,
) -> None:
    """End what of the journals has outlived its time (`[retention]`): its keys and its bytes are destroyed here.

    Without shares it says what is due. The custodians sign for it; two vaults must hold it, checked now, and keep it as
    long as their own retention says. Nothing ends while a journal is not whole, or downtime or a recovery is open.
    """
    from contrefeu.cli.expiring import due
    from contrefeu.cli.expiring import expire as end_all
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    told: dict[str, Any] = {"due": [], "expired": []}
    if shares:
        told["expired"] = [
            {"journal": one.journal, "segments": one.segments, "last_entry": one.entries}
            for one in end_all(node, shares)
        ]
    else:
        told["due"] = [
            {"journal": one.expiry.origin, "segments": len(one.going), "last_entry": one.expiry.entries}
            for one in due(node)
        ]

    def for_people() -> None:
        for one in told["due"]:
            say(f"due: {one['journal']} up to entry {one['last_entry']}, {one['segments']} segments")
        for one in told["expired"]:
            say(f"ended: {one['journal']} up to entry {one['last_entry']}, {one['segments']} segments")
        if not told["due"] and not told["expired"]:
            say("Nothing has outlived its time.")
        if told["expired"]:
            say("Copies in vaults end with the retention that stands there; contrefeu journal verify says expired.")

    answer(json, told, for_people)
    finish(10 if told["due"] else 0)


@app.command("hold")
def hold(context: typer.Context, reason: Reason, json: Json = False) -> None:
    """Let no reading key be destroyed, and no day count, until `keys release`: a recovery is open, or an inquiry."""
    from contrefeu.acts import HorizonHeld

    _record(context, HorizonHeld, reason, json)


@app.command("release")
def release(context: typer.Context, reason: Reason = "", json: Json = False) -> None:
    """Let the horizon move again."""
    from contrefeu.acts import HorizonReleased

    _record(context, HorizonReleased, reason, json)


def _record(context: typer.Context, kind: Any, reason: str, json: bool) -> None:
    from contrefeu.acts import encode
    from contrefeu.base import rfc3339
    from contrefeu.cli.horizon import described_horizon
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    node.record(encode(kind(reason, rfc3339(node.clock.now_ns()))))
    told = {"horizon": described_horizon(node)}
    held = told["horizon"]["held"]
    answer(json, told, lambda: say(f"horizon held: {held}" if held else "horizon not held"))


def _refuse_other_key(given: str, wanted: str) -> None:
    from contrefeu.base import StorageError

    if given != wanted:
        raise StorageError(
            f"These shares give key {given[:16]}; the one in force is {wanted[:16]}.",
            safe="Nothing was opened.",
            next="Bring shares of the set that names that key on its first lines.",
        )


def _say_status(told: dict[str, Any]) -> None:
    for one in told["recipients"]:
        say(f"recovery key {one['fingerprint'][:16]}{'  in force' if one['in_force'] else '  former'}")
    custodians = told["custodians"]
    if custodians:
        say(f"  {custodians['threshold']} of {custodians['shares']} shares open it")
        say(f"  {len(custodians['confirmed'])} of them confirmed within a year")
        say(f"  last rehearsed {custodians['rehearsed'] or 'never'}")
    horizon = told["horizon"]
    say(f"horizon {horizon['days']} days; {horizon['keys']} reading keys, the oldest of {horizon['oldest_key']}")
    if horizon["held"]:
        say(f"  held: {horizon['held']}; no reading key is destroyed")
    for one in told["journals"]:
        say(
            f"  {one['journal']}: {one['node']} segments open for this node, {one['custodians']} for the custodians, "
            f"{one['nobody']} for nobody"
        )
    for one in told["roles"]:
        say(f"  role {one['role']}: {one['fingerprint'][:16] or 'no key'}")
    say_alarms(told["alarms"])


ALARMS = {
    "rehearsal-overdue": "the recovery key was not tried for a year: contrefeu keys rehearse",
    "rehearsal-incomplete": "at the last rehearsal a segment did not open: contrefeu keys status",
    "custodians-unconfirmed": "too few custodians confirmed their share within a year: contrefeu keys confirm",
    "rotation-unfinished": "a rotation was interrupted: contrefeu keys rotate with the old shares finishes it",
    "role-without-key": "a rule seals documents to a role that has no key: contrefeu keys role",
    "no-notes": "this home's shares cannot be confirmed one by one: contrefeu keys rotate makes new ones",
}


def say_alarms(alarms: Sequence[str]) -> None:
    """What somebody must see to, with the command that does it."""
    for alarm in alarms:
        whisper(f"ALARM: {ALARMS[alarm]}")
