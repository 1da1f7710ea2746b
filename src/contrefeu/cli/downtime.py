"""`contrefeu downtime`: declare it, lift it, ask."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, say

if TYPE_CHECKING:
    from contrefeu import acts
    from contrefeu.acts import Function
    from contrefeu.cli.node import Node

app = typer.Typer(no_args_is_help=True, help="Declare downtime, lift it, ask.")

Ward = Annotated[list[str] | None, typer.Option(help="Only this ward; repeat.  [default: the whole hospital]")]
Reason = Annotated[str, typer.Option(help="Why; shown to everyone.")]


class Medium(StrEnum):
    """Where a ward in downtime writes."""

    PAPER = "paper"
    SCREEN = "screen"


@app.command("declare")
def declare(
    context: typer.Context,
    ward: Ward = None,
    reason: Reason = "",
    medium: Annotated[Medium, typer.Option(help="Where care is written from now on.")] = Medium.PAPER,
    function: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=MEDIUM", help="Written elsewhere than the rest, as medicines=paper; repeat."),
    ] = None,
    json: Json = False,
) -> None:
    """Declare downtime, as the button in the app does; said again, it changes where care is written.

    A function is one of medicines, observations, requests, movements, notes; its medium paper, screen, or record for
    the record system that still does it.
    """
    from contrefeu.acts import DowntimeDeclared, encode
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    at = rfc3339(node.clock.now_ns())
    node.record(encode(DowntimeDeclared(ward or [], reason, at, medium.value, _apart(function or []))))
    _answer(node, json)


@app.command("lift")
def lift(
    context: typer.Context,
    ward: Ward = None,
    reason: Reason = "",
    cutover: Annotated[str, typer.Option(help="HH:MM when the record system takes over.  [default: now]")] = "",
    json: Json = False,
) -> None:
    """Lift downtime, as the button in the app does; hand-back sheets that nobody signed ask for a reason."""
    from contrefeu.cli.lifting import lift_wards
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    lift_wards(node, ward or [], reason, cutover)
    _answer(node, json)


@app.command("status")
def status(context: typer.Context, json: Json = False) -> None:
    """Say whether downtime is declared, since when, where."""
    from contrefeu.cli.node import Node

    _answer(Node.at(door(context).home), json)


def _apart(said: list[str]) -> "dict[Function, acts.Medium]":
    from contrefeu.acts import FUNCTIONS, MEDIA

    known = {f"{one}={where}": (one, where) for one in FUNCTIONS for where in MEDIA}
    for one in said:
        if one not in known:
            raise typer.BadParameter(f"{one}: one of {', '.join(FUNCTIONS)}, then =, then one of {', '.join(MEDIA)}.")
    return dict(known[one] for one in said)


def _answer(node: "Node", json: bool) -> None:
    from contrefeu.cli.accounts import downtime_state

    state = downtime_state(node)
    answer(json, state, lambda: say(f"declared {state['since']}" if state["state"] == "declared" else "normal"))
