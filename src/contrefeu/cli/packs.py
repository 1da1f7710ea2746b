"""`contrefeu packs`: packs made ahead, their passwords, and how old each is."""

from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

app = typer.Typer(no_args_is_help=True, help="Ward packs made ahead, sealed, on ward PCs and sticks.")


@app.command("make")
def make(
    context: typer.Context,
    ward: Annotated[list[str] | None, typer.Option(metavar="W", help="Of these wards; repeat.  [default: all]")] = None,
    now: Annotated[bool, typer.Option("--now", help="Make each, however young the last one is.")] = False,
    json: Json = False,
) -> None:
    """Make the packs that are due, and put each into the folders of the settings: a PDF, and a page for any browser.

    A running node does it by itself. A folder that is not there (a stick that was pulled) is said and passed over; the
    pack that lies in it stays whole. Both files open with the ward's password alone: contrefeu packs password.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.standing import make_due

    entrance = door(context)
    made = make_due(Node.at(entrance.home), entrance.language, set(ward or ()), at_once=now)
    problems = [place for one in made for place in one.places if place.problem]

    def for_people() -> None:
        for one in made:
            say(f"{one.ward}: {one.pages} pages, {one.patients} patients, {one.as_of or '-'}")
        for place in problems:
            say(f"  {place.path}: {place.problem}")

    answer(json, {"made": made}, for_people)
    finish(10 if problems else 0)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Show how old each ward's pack is. Exit status 10 when one is over an hour old, or lies nowhere."""
    from contrefeu.cli.node import Node
    from contrefeu.cli.standing import standing

    packs = standing(Node.at(door(context).home))

    def for_people() -> None:
        for one in packs:
            places = ", ".join(f"{place.path} {place.problem}".strip() for place in one.places)
            say(f"{'OLD  ' if one.old else ''}{one.ward}: {one.age_minutes} min, {one.patients} patients, {places}")

    answer(json, {"packs": packs}, for_people)
    finish(10 if any(one.old for one in packs) else 0)


@app.command("password")
def password(
    context: typer.Context,
    ward: Annotated[str, typer.Option(metavar="W", help="Which ward.")],
    next_: Annotated[bool, typer.Option("--next", help="Of next week, to be handed over ahead.")] = False,
    void: Annotated[bool, typer.Option("--void", help="Make all passwords void first: a stick was lost.")] = False,
    user: Annotated[str, typer.Option(help="Who asks, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Tell the password of a ward's packs. It changes each week; who asked is in the audit.

    With --void, every ward has another one from now on, and its packs are made again. What is on a lost stick stays
    sealed with the old one: contrefeu packs list says whose pack it was, and its patients.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.standing import password_of

    told = password_of(Node.at(door(context).home), ward, user, ahead=next_, void=void)
    answer(json, told, lambda: say(f"{told['password']}  until {told['until']}"))
