"""`contrefeu group`: the facilities of a group, seen from one place."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say
from contrefeu.cli.watch import GRAVITIES

if TYPE_CHECKING:
    from contrefeu.group import FacilityTold, Standing

app = typer.Typer(no_args_is_help=True, help="A group of facilities, seen from one place. No patient leaves a house.")


@app.command("status")
def status(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its facilities.  [default: group.toml in the home]")
    ] = None,
    json: Json = False,
) -> None:
    """Ask every facility of the group at once: feeds, copies, downtime, beds, alarms. In numbers; nobody is named.

    It takes a second, whoever answers: of a facility that does not, it says since when, and what it said last. Exit
    status 10 when somebody must see to one: silent, old, a grave alarm, a copy or a journal in trouble.
    """
    from contrefeu.cli.grouping import ask_group, group_file, group_of, standing_group
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    group = group_of(file or group_file(node))
    asyncio.run(ask_group(node, group))
    found = standing_group(node, group)
    totals = _totals(found)
    told = {"facilities": [_described(one) for one in found], "totals": totals}
    answer(json, told, lambda: _for_people(found, totals))
    finish(10 if any(one.findings for one in found) else 0)


@app.command("key")
def key(context: typer.Context, json: Json = False) -> None:
    """Print this node's key in the group: it belongs in group.toml where it is asked, in `askers` where it asks."""
    from contrefeu.cli.grouping import group_signer
    from contrefeu.cli.node import Node

    line = str(group_signer(Node.at(door(context).home)).verifier)
    answer(json, {"key": line}, lambda: say(line))


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The facility's name, as pages show it.")],
    place: Annotated[str, typer.Argument(metavar="PLACE", help="IP:PORT where it answers, or file:///FOLDER/FILE.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key: contrefeu group key, over there, prints it.")],
    controller: Annotated[
        str, typer.Option(help="Who answers for its data (GDPR, article 4(7)), as pages show it.")
    ] = "",
    json: Json = False,
) -> None:
    """Ask one more facility, from now on: a line in the home's group.toml."""
    from contrefeu.base import write_file
    from contrefeu.cli.grouping import group_file
    from contrefeu.cli.node import Node
    from contrefeu.group import Member, member_text, parse_group

    node = Node.at(door(context).home)
    path = group_file(node)
    begun = path.read_text() if path.exists() else "# The facilities of this group. docs/howto/group.md\n"
    text = begun.rstrip("\n") + "\n" + member_text(Member(name, place, key, controller))
    count = len(parse_group(text).facilities)
    write_file(path, text.encode(), mode=0o640)
    answer(json, {"added": name, "facilities": count}, lambda: say(f"{name}: asked from now on; {count} facilities"))


@app.command("publish")
def publish(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the signed note goes: a share, a stick.")],
    json: Json = False,
) -> None:
    """Write what this house says of itself, signed, for a group that cannot ask it: the same numbers, in a file."""
    from contrefeu.base import write_file
    from contrefeu.cli.grouping import counted_by_command, group_signer
    from contrefeu.cli.node import Node
    from contrefeu.group import signed_told

    node = Node.at(door(context).home)
    told = counted_by_command(node)
    write_file(file.absolute(), signed_told(told, group_signer(node)), mode=0o644)
    answer(json, told, lambda: say(f"{file}: {told.facility} at {told.time}, {len(told.wards)} wards"))


def _described(one: "Standing") -> dict[str, Any]:
    """One facility as `--json` prints it."""
    import msgspec

    found = {
        "name": one.name,
        "state": one.state,
        "since": one.since,
        "problem": one.problem,
        "controller": one.controller,
        "findings": one.findings,
    }
    told = msgspec.to_builtins(one.told) if one.told is not None else {}
    beds = _beds(one.told) if one.told is not None else None
    return found | told | {"beds": beds}


def _beds(told: "FacilityTold") -> dict[str, int]:
    return {name: told.total(name) for name in ("patients", "free", "beds", "coming")}


def _totals(found: "Sequence[Standing]") -> dict[str, int]:
    """Sums over the facilities that answer: old numbers are in none."""
    now = [one.told for one in found if one.state == "answers" and one.told is not None]
    sums = {name: sum(told.total(name) for told in now) for name in ("patients", "free", "beds")}
    return {"facilities": len(found), "answering": len(now)} | sums


def _for_people(found: "Sequence[Standing]", totals: dict[str, int]) -> None:
    beds = f"{totals['patients']} patients, {totals['free']} of {totals['beds']} known beds free"
    say(f"{totals['answering']} of {totals['facilities']} facilities answer; {beds}")
    for one in sorted(found, key=lambda one: not one.findings):
        say(f"  {one.name}  {_state(one)}")
        for line in _lines(one.told) if one.told is not None else ():
            say(f"    {line}")
        say(f"    data controller: {one.controller or 'NOT SAID (controller in group.toml)'}")


def _state(one: "Standing") -> str:
    said = {"answers": "answers", "old": f"OLD, said at {one.since}", "silent": f"SILENT since {one.since}"}[one.state]
    why = f" ({one.problem})" if one.problem else ""
    return f"{said}{why}" if one.told is not None else f"{said}{why}; it never said anything"


def _lines(told: "FacilityTold") -> "Iterator[str]":
    yield f"{told.total('patients')} patients, {told.total('free')} of {told.total('beds')} beds free"
    if told.downtime.state == "declared":
        yield f"DOWNTIME since {told.downtime.since}"
    if silent := sum(feed.silent for feed in told.feeds):
        yield f"{silent} of {len(told.feeds)} feeds silent"
    for copy in told.copies:
        if copy.state != "up-to-date":
            yield f"copy {copy.place}  {copy.state}"
    if told.alarms.open:
        yield f"{told.alarms.open} ALARMS, the gravest {GRAVITIES[told.alarms.gravest]}"
    for journal, why in told.troubles.items():
        yield f"journal {journal}  {why}"
