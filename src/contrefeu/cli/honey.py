"""`contrefeu honey`: patients whom nobody has a reason to open (F46); the security officer's alone."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, say
from contrefeu.cli.persons import As, Person, SecretFile, known_person

if TYPE_CHECKING:
    from contrefeu.acts import Honey
    from contrefeu.chart import HoneyChart
    from contrefeu.cli.node import Node

app = typer.Typer(
    no_args_is_help=True,
    help="Patients whom nobody has a reason to open: opening one is an alarm. For the security officer.",
)


@app.command("name")
def name(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="A number of the patient: VALUE or AUTHORITY|VALUE.")],
    as_: As,
    note: Annotated[str, typer.Option(help="Where and for whom it is laid; kept with the act. No name.")] = "",
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Let a patient be a honey patient from now on.

    The chart is found and opened as any other; opening it raises the alarm `honey`. It is left out of boards, packs,
    bed counts, work, matching, gap and replay, export and counts. Who lies in a ward is refused.
    """
    from contrefeu.acts import HONEY_MAX, HoneyNamed
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.chart.sheet import Sheet, person_of
    from contrefeu.cli.node import Node

    if not number.strip():
        raise OperatorError("A decoy is named by a number.", safe="Nothing was written.")
    node = Node.at(door(context).home)
    who = _known(node, as_, secret_file)
    with node.charts() as charts:
        keys = [key.partition(" ")[2] for key in charts.numbers(number)[1:]]
        chart = charts.chart(number) if keys else None
    ward = person_of(Sheet(chart, node.clock.now_ns())).ward if chart is not None else ""
    if ward:
        raise OperatorError(
            f"A feed says that this patient lies in {ward}.",
            safe="Nothing was changed: somebody who is cared for stays on every board.",
            next="Lay a honey patient whom no ward has: registered, or discharged long ago.",
        )
    if len(_all(node)) >= HONEY_MAX:
        raise OperatorError(f"There are {HONEY_MAX} already.", safe="Nothing was changed.", next="Release one first.")
    ref = who.record(HoneyNamed(keys or [number.strip()], rfc3339(node.clock.now_ns()), note))
    known = "its chart" if keys else "no chart has that number yet"
    answer(json, {"honey": ref, "known": bool(keys)}, lambda: say(f"Named as {ref}: {known}."))


@app.command("release")
def release(
    context: typer.Context,
    named: Annotated[str, typer.Argument(metavar="JOURNAL/SEQ", help="As `honey list` names it.")],
    as_: As,
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Let it be a patient like any other again: on boards, in exports, and no alarm."""
    from contrefeu.acts import HoneyReleased
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    who = _known(node, as_, secret_file)
    if named not in {one.ref for one in _all(node)}:
        raise OperatorError(
            f"{named} names no honey patient.", safe="Nothing was changed.", next="contrefeu honey list --as LOGIN"
        )
    who.record(HoneyReleased(named, rfc3339(node.clock.now_ns())))
    answer(json, {"honey": named, "released": True}, lambda: say(f"{named}: released"))


@app.command("list")
def list_(context: typer.Context, as_: As, secret_file: SecretFile = None, json: Json = False) -> None:
    """List them, and say where a feed puts one into a ward: a nurse there misses it on the board."""
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    who = _known(node, as_, secret_file)
    node.audit("act", user=who.login, what="honey list")
    with node.charts() as charts:
        known = charts.honey()
    told = [_told(one, known) for one in _all(node)]
    set_ = [{"numbers": [number], "named": "", "by": "contrefeu.toml", "at": "", "note": "", **_stands([number], known)}
            for number in node.settings.watch.honey]  # fmt: skip

    def for_people() -> None:
        for one in [*told, *set_]:
            where = f"  A FEED SAYS THAT IT LIES IN {one['ward']}" if one["ward"] else ""
            chart = one["chart"] or "no chart yet"
            say(f"{one['named'] or '-'}  {', '.join(one['numbers'])}  {chart}  by {one['by']}  {one['note']}{where}")

    answer(json, {"honey": [*told, *set_]}, for_people)


def _known(node: "Node", login: str, secret_file: Any) -> Person:
    return known_person(node, login, secret_file, "honey", what="lay honey patients", who="The security officer")


def _all(node: "Node") -> "list[Honey]":
    from contrefeu.acts import Told, honey_patients
    from contrefeu.cli.accounts import station_acts

    return honey_patients(Told(e.order, e.source, act) for act, e in station_acts(node))


def _told(one: "Honey", known: "list[HoneyChart]") -> dict[str, Any]:
    said = {"numbers": one.numbers, "named": one.ref, "by": one.by, "at": one.at, "note": one.note}
    return said | _stands(one.numbers, known)


def _stands(numbers: list[str], known: "list[HoneyChart]") -> dict[str, str]:
    found = next((one for one in known if one.number in numbers), None)
    return {"chart": found.chart if found else "", "ward": found.ward if found else ""}
