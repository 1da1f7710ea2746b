"""`contrefeu aids`: which decision aids are on, and a clinical safety officer who turns one on or off (F8)."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, say
from contrefeu.cli.persons import As, SecretFile, known_person

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(no_args_is_help=True, help="Decision aids: all are off until a clinical safety officer turns one on.")
Aid = Annotated[str, typer.Argument(metavar="AID", help="allergy, duplicate, class, dose_time or news2.")]


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the decision aids: which are on, who turned each on, and when."""
    from contrefeu.access import AIDS
    from contrefeu.cli.accounts import aids_on
    from contrefeu.cli.node import Node

    on = aids_on(Node.at(door(context).home))
    found: list[dict[str, Any]] = [
        {"aid": one, "on": one in on, "by": on[one].by if one in on else "", "at": on[one].at if one in on else ""}
        for one in AIDS
    ]

    def for_people() -> None:
        for one in found:
            if one["on"]:
                say(f"{one['aid']}: on since {one['at']}, by {one['by']}")
            else:
                say(f"{one['aid']}: off")

    answer(json, {"aids": found}, for_people)


@app.command("on")
def on(context: typer.Context, aid: Aid, as_: As, secret_file: SecretFile = None, json: Json = False) -> None:
    """Turn a decision aid on, for the whole house. The page Aids says what it is for, and what it does not do."""
    _switch(context, aid, as_, secret_file, json=json, turned_on=True)


@app.command("off")
def off(context: typer.Context, aid: Aid, as_: As, secret_file: SecretFile = None, json: Json = False) -> None:
    """Turn a decision aid off, for the whole house."""
    _switch(context, aid, as_, secret_file, json=json, turned_on=False)


def _switch(
    context: typer.Context, aid: str, login: str, secret_file: "Path | None", *, json: bool, turned_on: bool
) -> None:
    from contrefeu.access import AIDS
    from contrefeu.acts import AidSwitched
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.cli.node import Node

    if aid not in AIDS:
        raise OperatorError(
            "There is no decision aid of that name.",
            safe="Nothing was changed.",
            next=f"The aids: {', '.join(AIDS)}",
        )
    node = Node.at(door(context).home)
    who = known_person(
        node, login, secret_file, "aids", what="switch a decision aid", who="The clinical safety officer (role safety)"
    )
    who.record(AidSwitched(aid, turned_on, rfc3339(node.clock.now_ns())))
    told = {"aid": aid, "on": turned_on, "by": who.login}
    answer(json, told, lambda: say(f"{aid}: on, for the whole house") if turned_on else say(f"{aid}: off"))
