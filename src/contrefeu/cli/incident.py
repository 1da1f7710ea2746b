"""`contrefeu incident`: a named person opens it with the moment of awareness, notes, says what was sent, closes it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, say
from contrefeu.cli.persons import As, Person, SecretFile, known_person

if TYPE_CHECKING:
    from contrefeu.acts import Incident
    from contrefeu.cli.node import Node

app = typer.Typer(no_args_is_help=True, help="Open an incident, note what is known, say what was declared, close it.")

Ref = Annotated[str, typer.Argument(metavar="INCIDENT", help="JOURNAL/SEQ, as `incident list` names it; or `open`.")]
Moment = Annotated[str, typer.Option(metavar="TIME", help="RFC 3339; with no zone it is UTC.")]


@app.command("open")
def open_(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="What happened, in a line without a patient's name.")],
    as_: As,
    aware_at: Annotated[str, typer.Option(metavar="TIME", help="Since when the house knows.  [default: now]")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="From when the attacker may have been there.")] = "",
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Open an incident: the clocks of the law run from the moment of awareness, recorded under your name."""
    from contrefeu.acts import IncidentOpened
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    _something(title, "The title")
    who = declarer(node, as_, secret_file)
    now = rfc3339(node.clock.now_ns())
    aware = _past(node, aware_at, "--aware-at") or now
    begun = _past(node, since, "--since")
    if begun > aware:
        raise OperatorError("--since lies after the house knew.", safe="Nothing was written.", next="See both times.")
    ref = who.record(IncidentOpened(title, aware, now, begun))
    answer(json, {"incident": ref, "aware_at": aware}, lambda: say(f"Opened as {ref}, known since {aware}."))


@app.command("note")
def note(
    context: typer.Context,
    incident: Ref,
    text: Annotated[str, typer.Argument(help="What is known, without a patient's name.")],
    as_: As,
    field: Annotated[
        str,
        typer.Option(metavar="FIELD", help="Of a declaration, as `declare` lists it: cause, measures, indicators..."),
    ] = "",
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Add to an incident's file; with --field, what a declaration says there.

    Fields `aware_at` and `since` correct these moments; the file keeps what was said before. `interim_until` is when
    the authority wants an intermediate report that it asked for: its clock runs from this note on.
    """
    from contrefeu.acts import AWARE, SINCE, IncidentNoted
    from contrefeu.base import rfc3339
    from contrefeu.cli.declare import regimes_of
    from contrefeu.cli.node import Node
    from contrefeu.declare import moments

    node = Node.at(door(context).home)
    _something(text, "The note")
    _a_field(node, field)
    who = declarer(node, as_, secret_file)
    one = _one(node, incident)
    said, name = text, f"The field {field}"
    if field in (AWARE, SINCE):
        said = _past(node, text, name)
    elif field in moments(regimes_of(node).values()):
        said = rfc3339(_moment(text, name))
    ref = who.record(IncidentNoted(one.ref, said, rfc3339(node.clock.now_ns()), field))
    answer(json, {"incident": one.ref, "entry": ref}, lambda: say(f"Noted as {ref}."))


@app.command("sent")
def sent(
    context: typer.Context,
    incident: Ref,
    regime: Annotated[str, typer.Argument(help="One of docs/howto/declare.md, such as nis2-24h.")],
    as_: As,
    at: Moment = "",
    reference: Annotated[str, typer.Option(help="What the authority called it.")] = "",
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Say that a declaration left: its clock stops, and the one that counts from it begins."""
    from contrefeu.acts import DeclarationSent
    from contrefeu.base import rfc3339
    from contrefeu.cli.declare import regime_of, regimes_of
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    who = declarer(node, as_, secret_file)
    one, known = _one(node, incident), regime_of(regimes_of(node), regime)
    now = rfc3339(node.clock.now_ns())
    when = _past(node, at, "--at") or now
    ref = who.record(DeclarationSent(one.ref, known.id, when, now, reference))
    answer(json, {"incident": one.ref, "entry": ref}, lambda: say(f"{known.id}: sent {when}."))


@app.command("close")
def close(
    context: typer.Context,
    incident: Ref,
    outcome: Annotated[str, typer.Argument(help="How it ended.")],
    as_: As,
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Close an incident: its clocks stop, its file stays in the register.

    What follows a declaration that was sent is still owed, as the final report of NIS 2 is; `unsent` are declarations
    whose clocks stop with it.
    """
    from contrefeu.acts import IncidentClosed
    from contrefeu.base import rfc3339
    from contrefeu.cli.declare import regimes_of
    from contrefeu.cli.node import Node
    from contrefeu.declare import clocks

    node = Node.at(door(context).home)
    who = declarer(node, as_, secret_file)
    one = _one(node, incident)
    now_ns, declare = node.clock.now_ns(), node.settings.declare
    who.record(IncidentClosed(one.ref, outcome, rfc3339(now_ns)))

    def unsent() -> list[str]:
        running = clocks([one], regimes_of(node), node.settings.node.zone, now_ns, declare.regimes)
        return [clock.regime.id for clock in running if clock.state != "sent"]

    before = unsent()
    one.closed_at = rfc3339(now_ns)
    owed = unsent()
    stopped = [name for name in before if name not in owed]

    def for_people() -> None:
        say(f"{one.ref}: closed.")
        if stopped:
            say(f"    never sent, and their clocks stop: {', '.join(stopped)}")
        if owed:
            say(f"    still owed: {', '.join(owed)}")

    answer(json, {"incident": one.ref, "state": "closed", "unsent": stopped, "owed": owed}, for_people)


_STATES = {"open": "open", "closed": "closed"}
_CLOCKS = {"running": "running", "late": "LATE", "sent": "sent"}


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List every incident, past ones too, with what was declared and which clocks run."""
    from contrefeu.base import rfc3339
    from contrefeu.cli.declare import regimes_of, register_of
    from contrefeu.cli.node import Node
    from contrefeu.declare import clocks

    node = Node.at(door(context).home)
    found, declare = register_of(node), node.settings.declare
    running = clocks(found, regimes_of(node), node.settings.node.zone, node.clock.now_ns(), declare.regimes)
    told = [
        _told(one)
        | {
            "clocks": [
                {"regime": c.regime.id, "due": rfc3339(c.due_ns), "state": c.state, "provisional": c.provisional}
                for c in running
                if c.incident == one.ref
            ]
        }
        for one in found
    ]
    node.audit("act", what="incident list")

    def for_people() -> None:
        for one in told:
            say(
                f"{one['incident']}  {_STATES[one['state']]}  {one['title']}  "
                f"known since {one['aware_at']} ({one['opened_by']})"
            )
            for clock in one["clocks"]:
                say(f"    {clock['regime']:10} {_CLOCKS[clock['state']]:8} due {clock['due']}")

    answer(json, {"incidents": told}, for_people)


def _told(one: "Incident") -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(one)
    return {"incident": told.pop("ref"), "state": "open" if one.open else "closed"} | told


def declarer(node: "Node", login: str, secret_file: Path | None) -> Person:
    """Who *login* is, if their role declares incidents."""
    who = "The crisis coordinator, security, or the data protection officer"
    return known_person(node, login, secret_file, "incident", what="declare", who=who)


_ZONED = re.compile(r"(?:[zZ]|[+-]\d\d:?\d\d)$")


def _something(text: str, name: str) -> None:
    """A field that holds nothing is no field that was filled."""
    from contrefeu.base import OperatorError

    if not text.strip():
        raise OperatorError(f"{name} is empty.", safe="Nothing was written.", next="Say it in a line.")


def _a_field(node: "Node", name: str) -> None:
    """What is said in a field that no declaration has would be read by nobody."""
    from contrefeu.acts import AWARE, MEASURE, SINCE
    from contrefeu.base import OperatorError
    from contrefeu.cli.declare import regimes_of

    asked = {one.id for regime in regimes_of(node).values() for one in regime.fields}
    known = {"", AWARE, SINCE, MEASURE, "indicators"} | asked
    if name not in known:
        raise OperatorError(
            f"No declaration has a field {name}.",
            safe="Nothing was written.",
            next=f"Fields are {', '.join(sorted(known - {''}))}.",
        )


def _past(node: "Node", text: str, name: str) -> str:
    """A moment that is not after now, as UTC; "" for none."""
    from contrefeu.base import OperatorError, rfc3339

    if not text:
        return ""
    found = _moment(text, name)
    if found > node.clock.now_ns():
        raise OperatorError(
            f"{name} lies in the future.", safe="Nothing was written.", next="See the zone of the time."
        )
    return rfc3339(found)


def _moment(text: str, name: str) -> int:
    """A moment that says its zone, in ns since 1970."""
    from contrefeu.base import OperatorError, parse_rfc3339

    try:
        found = parse_rfc3339(text)
    except ValueError:
        raise OperatorError(f"{name} is no time.", next="Write one such as 2026-11-24T03:10:00+01:00.") from None
    if not _ZONED.search(text):
        raise OperatorError(
            f"{name} has no zone: an hour's doubt is an hour of the deadline.",
            safe="Nothing was written.",
            next="Write one such as 2026-11-24T03:10:00+01:00.",
        )
    return found


def _one(node: "Node", named: str) -> "Incident":
    from contrefeu.base import OperatorError
    from contrefeu.cli.declare import register_of

    found = register_of(node)
    chosen = [one for one in found if one.ref == named or (named == "open" and one.open)]
    if len(chosen) == 1:
        return chosen[0]
    raise OperatorError(
        "There is no incident of that name." if not chosen else "Several incidents are open.",
        safe="Nothing was written.",
        next="contrefeu incident list names them; contrefeu incident open opens one.",
    )
