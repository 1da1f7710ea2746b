"""`contrefeu packs`: packs made ahead, their passwords, and how old each is."""

from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, finish, quote, say
from contrefeu.cli.persons import As, SecretFile

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
    from contrefeu.cli.making import make_due
    from contrefeu.cli.node import Node

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
    """Show how old each ward's pack is.

    Exit status 10 when one is over an hour old, lies nowhere, or does not come out of its printer in a downtime.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.standing import standing

    packs = standing(Node.at(door(context).home))

    def for_people() -> None:
        if not packs:
            say("No ward has a pack that was made ahead ([packs] folders in contrefeu.toml).")
        for one in packs:
            say(f"{'OLD  ' if one.old else ''}{one.ward}: {one.age_minutes} min, {one.patients} patients")
            for place in one.places:
                say(f"  {place.path}  {place.problem}".rstrip())
            if one.printer:
                say(f"  NOT PRINTED: the printer {one.printer}")

    answer(json, {"packs": packs}, for_people)
    finish(10 if any(one.old or one.printer for one in packs) else 0)


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
    sealed with the old one: contrefeu packs lost opens an incident, and says who was on it.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.standing import password_of

    told = password_of(Node.at(door(context).home), ward, user, ahead=next_, void=void)
    answer(json, told, lambda: say(f"{told['password']}  until {told['until']}"))


@app.command("lost")
def lost(
    context: typer.Context,
    ward: Annotated[str, typer.Option(metavar="W", help="Whose pack was on it.")],
    as_: As,
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Say that a stick or a PC with a ward's pack is lost: opens an incident under your name, and lists who was on it.

    Every ward's password is another from then on. What is told is the last pack that was put there.
    """
    from contrefeu.acts import IncidentNoted, IncidentOpened
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.chart.sheet import Sheet, person_of
    from contrefeu.cli.incident import declarer
    from contrefeu.cli.lost import PacksOut
    from contrefeu.cli.node import Node

    entrance = door(context)
    node = Node.at(entrance.home)
    packs = PacksOut(node)
    found = packs.last(ward, entrance.language)
    if found is None:
        raise OperatorError(
            f'No pack of a ward "{ward}" was ever put anywhere.',
            safe="No incident was opened, and no password is another.",
            next="contrefeu packs list names the wards that have one.",
        )
    who, now_ns = declarer(node, as_, secret_file), node.clock.now_ns()
    ref = who.record(IncidentOpened(found.title, rfc3339(now_ns), rfc3339(now_ns)))
    who.record(IncidentNoted(ref, found.note, rfc3339(now_ns)))
    packs.void()
    with node.charts() as charts:
        there = [(id_, chart) for id_ in found.charts if (chart := charts.chart(id_)) is not None]
    people = [(id_, person_of(Sheet(chart, now_ns))) for id_, chart in there]
    for id_, _ in people:
        node.audit("print", user=who.login, patient=id_, what=f"lost pack {ward}")
    patients = [
        {"id": id_, "name": f"{one.family} {one.given}".strip(), "birthDate": one.birth_date} for id_, one in people
    ]
    told = {"incident": ref, "ward": ward, "as_of": found.as_of, "on_it": len(found.charts), "patients": patients}

    def for_people() -> None:
        say(f"{ref}: {found.title}")
        for one in patients:
            quote(f"  {one['name']}  {one['birthDate']}  {one['id']}")

    answer(json, told, for_people)
