"""`contrefeu withdraw`: two persons hide something from every view, or show it again (F41)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from contrefeu.cli.door import Json, answer, door, say
from contrefeu.cli.persons import As, Person, SecretFile, known_person

if TYPE_CHECKING:
    from contrefeu.acts import Withdrawal
    from contrefeu.cli.node import Node

app = typer.Typer(
    no_args_is_help=True,
    help="Hide an entry, a document or a patient from every view: two persons, one the data protection officer.",
)

Reason = Annotated[str, typer.Option(help="Why; kept with the act.")]
Ref = Annotated[str, typer.Argument(metavar="JOURNAL/SEQ", help="The proposal, as `withdraw list` names it.")]


@app.command("propose")
def propose(
    context: typer.Context,
    kind: Annotated[Literal["entry", "document", "patient"], typer.Argument(help="What kind of thing.")],
    target: Annotated[
        str, typer.Argument(help="JOURNAL/SEQ; DocumentReference/ID, with --patient; a chart id or any number.")
    ],
    as_: As,
    reason: Reason,
    patient: Annotated[str, typer.Option(metavar="ID", help="Whose document it is.")] = "",
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Ask that something be hidden from charts, boards, packs, search, export and the FHIR API, after a restore too.

    Nothing is hidden before a second person confirms; the data protection officer is one of the two. The journal keeps
    the bytes until its keys end. A patient is hidden with all that has come in by then: what comes in later is a chart
    again.
    """
    from contrefeu.acts import WithdrawalProposed
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.chart import AUDIT, STATION
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    who = _known(node, as_, secret_file)
    with node.charts() as charts:
        chart = charts.numbers(patient or target) if kind != "entry" else []
        acted = target.rpartition("/")[0].endswith((STATION, AUDIT))  # who did what stays
        known = not acted and charts.entry(target) is not None if kind == "entry" else bool(chart)
        if kind == "document" and chart:
            found = charts.chart(chart[0]) if patient else None
            known = found is not None and target in _lines(found)
    if not known:
        raise OperatorError(
            "There is nothing of that name to withdraw.",
            safe="Nothing was changed.",
            next="A document is named DocumentReference/ID, with --patient; contrefeu find lists charts.",
        )
    act = WithdrawalProposed(
        kind,
        chart[0] if kind == "patient" else target,
        reason,
        rfc3339(node.clock.now_ns()),
        chart[0] if chart else "",
        chart[1:] if kind == "patient" else [],
    )
    ref = who.record(act)
    answer(
        json, {"proposal": ref}, lambda: say(f"Proposed as {ref}. A second person: contrefeu withdraw confirm {ref}")
    )


@app.command("undo")
def undo(
    context: typer.Context, proposal: Ref, as_: As, reason: Reason, secret_file: SecretFile = None, json: Json = False
) -> None:
    """Ask that something withdrawn be seen again; a second person confirms."""
    from contrefeu.acts import WithdrawalProposed
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    who = _known(node, as_, secret_file)
    one = _one(node, proposal, {"in force"})
    ref = who.record(WithdrawalProposed("entry", "", reason, rfc3339(node.clock.now_ns()), undo=one.ref))
    answer(
        json, {"proposal": ref}, lambda: say(f"Proposed as {ref}. A second person: contrefeu withdraw confirm {ref}")
    )


@app.command("confirm")
def confirm(context: typer.Context, proposal: Ref, as_: As, secret_file: SecretFile = None, json: Json = False) -> None:
    """Agree to a proposal: it holds from now on."""
    from contrefeu.acts import WithdrawalConfirmed, two_persons
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    who = _known(node, as_, secret_file)
    one = _one(node, proposal, {"proposed", "undoing"})
    if not two_persons(one.proposer, who.login, who.roles):
        raise OperatorError(
            "These two may not do it together.",
            safe="Nothing was changed; the proposal stands.",
            next="It takes two persons, one of them the data protection officer (role dpo).",
        )
    who.record(WithdrawalConfirmed(proposal, rfc3339(node.clock.now_ns())))
    state = "undone" if one.state == "undoing" else "in force"
    answer(json, {"withdrawal": one.ref, "state": state}, lambda: say(f"{one.target or proposal}: {_STATES[state]}"))


@app.command("refuse")
def refuse(
    context: typer.Context,
    proposal: Ref,
    as_: As,
    reason: Reason = "",
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Refuse a proposal, or take back one's own."""
    from contrefeu.acts import WithdrawalRefused
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    who = _known(node, as_, secret_file)
    one = _one(node, proposal, {"proposed", "undoing"})
    who.record(WithdrawalRefused(proposal, rfc3339(node.clock.now_ns()), reason))
    answer(json, {"withdrawal": one.ref, "state": "refused"}, lambda: say(f"{proposal}: refused"))


_KINDS = {"entry": "entry", "document": "document", "patient": "patient"}
_STATES = {
    "proposed": "proposed",
    "in force": "in force",
    "undoing": "in force, somebody asks to show it again",
    "undone": "undone",
    "refused": "refused",
}


@app.command("list")
def list_(context: typer.Context, as_: As, secret_file: SecretFile = None, json: Json = False) -> None:
    """List what is withdrawn (for the officer), and what waits for a second person."""
    from contrefeu.acts import OFFICER
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    who = _known(node, as_, secret_file)
    found = [one for one in _all(node) if who.roles[who.login] == OFFICER or (one.waits and one.in_force is False)]
    node.audit("act", user=who.login, what="withdraw list")
    told = [_told(one) for one in found]

    def for_people() -> None:
        for one in found:
            say(f"{one.ref}  {_KINDS[one.kind]} {one.target}")
            say(f"  {_STATES[one.state]}; by {one.by}, {one.confirmed_by or '-'}")
            if one.waits:
                say(f"  waits: {one.undo or one.ref}")

    answer(json, {"withdrawals": told}, for_people)


def _say_proposed(ref: str, json: bool) -> None:
    next_ = f"contrefeu withdraw confirm {ref}"
    answer(json, {"proposal": ref}, lambda: say(f"Proposed as {ref}. A second person: {next_}"))


def _known(node: "Node", login: str, secret_file: Path | None) -> Person:
    who = "The data protection officer, and one of: physician, coordinator, recovery, security"
    return known_person(node, login, secret_file, "withdraw", what="withdraw", who=who)


def _all(node: "Node") -> "list[Withdrawal]":
    from contrefeu.acts import Told, decode, withdrawals
    from contrefeu.cli.node import STATION_SUFFIX

    with node.charts() as charts:
        entries = [entry for entry in charts.acts("") if entry.journal.endswith(STATION_SUFFIX)]
    acts = ((entry, decode(entry.body)) for entry in entries)
    return withdrawals(Told(e.order, e.source, act) for e, act in acts if act is not None)


def _one(node: "Node", proposal: str, states: set[str]) -> "Withdrawal":
    from contrefeu.base import OperatorError

    for one in _all(node):
        named = one.undo if one.state == "undoing" else one.ref
        if proposal == named and one.state in states:
            return one
    raise OperatorError(
        f"{proposal} is no proposal that waits for this.",
        safe="Nothing was changed.",
        next="contrefeu withdraw list --as LOGIN",
    )


def _lines(chart: Any) -> list[str]:
    return [name for name in chart.kept if name.startswith(("DocumentReference/", "DiagnosticReport/"))]


def _told(one: "Withdrawal") -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(one)
    return {key: value for key, value in told.items() if key not in ("keys", "until")}
