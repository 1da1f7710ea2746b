"""`contrefeu downtime`: declare it, lift it, ask."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, say

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
    json: Json = False,
) -> None:
    """Declare downtime, as the button in the app does; said again, it changes where care is written."""
    _act(context, "DowntimeDeclared", ward or [], reason, json, medium=medium.value)


@app.command("lift")
def lift(context: typer.Context, ward: Ward = None, reason: Reason = "", json: Json = False) -> None:
    """Lift downtime, as the button in the app does."""
    _act(context, "DowntimeLifted", ward or [], reason, json)


@app.command("status")
def status(context: typer.Context, json: Json = False) -> None:
    """Say whether downtime is declared, since when, where."""
    from contrefeu.cli.accounts import downtime_state
    from contrefeu.cli.node import Node

    state = downtime_state(Node.at(door(context).home))
    answer(json, state, lambda: say(f"{state['state']} {state['since']}".strip()))


def _act(context: typer.Context, kind: str, wards: list[str], reason: str, json: bool, **more: Any) -> None:
    from contrefeu import acts
    from contrefeu.base import rfc3339
    from contrefeu.cli.accounts import downtime_state
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    act = getattr(acts, kind)(wards, reason, rfc3339(node.clock.now_ns()), **more)
    node.record(acts.encode(act))
    state = downtime_state(node)
    answer(json, state, lambda: say(f"{state['state']} {state['since']}".strip()))
