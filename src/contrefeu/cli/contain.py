"""`contrefeu contain`: which cut stops a fire and costs care least. It advises, and cuts nothing (A2)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, say, whisper

if TYPE_CHECKING:
    from contrefeu.contain import Inventory, Plan, Seen, Spread

app = typer.Typer(no_args_is_help=True, help="Plan which links to cut, what each costs care, how to start again.")

RESTART_TOLD_MAX = 200  # steps of the restart that the ward app shows: ten screens; the sheet and the JSON have all


@app.command("plan")
def plan(
    context: typer.Context,
    inventory: Annotated[Path, typer.Argument(metavar="INVENTORY", help="TOML file, or folder of CSV files.")],
    suspect: Annotated[list[str], typer.Option(metavar="NAME...", help="System that the attacker has, or may have.")],
    flows: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Flows that were seen: Zeek conn.log, NetFlow or IPFIX CSV, `nft list ruleset` (or -j); repeat.",
        ),
    ] = None,
    spread: Annotated[
        Path | None, typer.Option(metavar="FILE", help="How a fire spreads.  [default: the one that comes with it]")
    ] = None,
    nft: Annotated[Path | None, typer.Option(metavar="FILE", help="Write nftables rules there, to be read.")] = None,
    sheet: Annotated[Path | None, typer.Option(metavar="FILE.pdf", help="Write a sheet to decide on there.")] = None,
    restart_all: Annotated[
        bool, typer.Option("--restart-all", help="Order of restart of every system: all is off already.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Show the plan in the ward app, to the crisis cell and security.")
    ] = False,
    json: Json = False,
) -> None:
    """Find the smallest cut that keeps suspects from the rest, weighted by the care it costs, and prove it.

    Says what each ward loses and what takes over, compares with doing nothing and with switching everything off, and
    gives the order of restart. It cuts nothing by itself, and needs no home unless it publishes. docs/howto/contain.md
    shows an inventory.
    """
    from contrefeu.base import SystemClock, rfc3339, write_file
    from contrefeu.cli.printing import ready_for
    from contrefeu.contain import make_plan, make_terrain, nft_rules

    door_ = door(context)
    ready_for(nft, sheet)
    read, model = _inventory(inventory), _spread(spread)
    terrain = make_terrain(read, model, [way for path in flows or [] for way in _flows(path, model)])
    made = make_plan(terrain, suspect, door_.language, whole=restart_all)
    named, at = read.title or inventory.name, rfc3339(SystemClock().now_ns())
    if nft is not None:
        write_file(nft.absolute(), nft_rules(terrain, made, f"{at}, {named}").encode(), mode=0o644)
    if sheet is not None:
        write_file(sheet.absolute(), _sheet(context, made, named, at), mode=0o644)
    told = _told(made) | {
        "nft": str(nft or ""),
        "sheet": str(sheet or ""),
        "published": _publish(context, made, named, at) if publish else "",
    }
    answer(json, told, lambda: _for_people(made))


def _told(made: "Plan") -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(made)
    return told


def _text(path: Path) -> str:
    from contrefeu.base import OperatorError

    try:
        return path.read_text("utf-8-sig")  # Windows begins a text with a mark
    except (OSError, UnicodeDecodeError):
        raise OperatorError(
            f"{path} cannot be read.", safe="Nothing was planned or cut.", next="Name a file in UTF-8."
        ) from None


def _inventory(path: Path) -> "Inventory":
    from contrefeu.contain import parse_csv, parse_toml
    from contrefeu.contain.inventory import TABLES

    if path.is_dir():
        return parse_csv({name: _text(path / f"{name}.csv") for name in TABLES if (path / f"{name}.csv").is_file()})
    return parse_csv({"systems": _text(path)}) if path.suffix == ".csv" else parse_toml(_text(path))


def _spread(path: Path | None) -> "Spread":
    from contrefeu.contain import default_spread, parse_spread

    return parse_spread(_text(path)) if path is not None else default_spread()


def _flows(path: Path, model: "Spread") -> "frozenset[Seen]":
    from contrefeu.base import OperatorError
    from contrefeu.contain import read_flows

    found = read_flows(_text(path), model.ports)
    if found is None:
        raise OperatorError(
            f"{path} is no file of flows that is known.",
            safe="Nothing was planned or cut.",
            next="Give Zeek's conn.log, NetFlow or IPFIX as CSV, or `nft list ruleset` (or -j) with counters.",
        )
    if found.unread:
        whisper(f"{path}: {found.unread} lines say no flow and were passed over")
    return found.ways


def _sheet(context: typer.Context, made: "Plan", named: str, at: str) -> bytes:
    from contrefeu.chart import moment
    from contrefeu.cli.node import Node
    from contrefeu.contain.sheet import plan_pdf
    from contrefeu.custody import HomePaths
    from contrefeu.hospital import default_settings, parse_settings

    door_ = door(context)
    home = HomePaths(door_.home).settings.is_file()  # planning needs no home; with one, the sheet names its hospital
    settings = Node.at(door_.home).settings if home else parse_settings(default_settings("planning", "Contrefeu"))
    return plan_pdf(
        made, facility=settings.node.facility, inventory=named, at=moment(at, door_.language, settings.node.zone),
        language=door_.language, exercise=settings.drill,
    )  # fmt: skip


def _publish(context: typer.Context, made: "Plan", named: str, at: str) -> str:
    from contrefeu.acts import ContainmentPlanned, encode
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    act = ContainmentPlanned(
        at, named, made.suspects, made.cut, made.lost_functions, made.at_risk_functions, made.kept_functions,
        made.restart[:RESTART_TOLD_MAX], made.proven, made.compared.courses, made.compared.hours,
    )  # fmt: skip
    node.record(encode(act))
    return at


_ACTIONS = {"block": "block", "isolate": "isolate", "disable": "disable"}
_HOW = {"make-anew": "make it anew", "check": "check it first", "plug-in": "plug it in"}


def _for_people(made: "Plan") -> None:
    proof = "no plan costs less" if made.proven else f"bound {made.bound:g}"
    say(f"{len(made.cut)} things to do, cost {made.cost:g} care points ({proof}). Nothing was cut: a person decides.")
    for cut in made.cut:
        what = cut.system or cut.account or f"{cut.source} -> {cut.target} {cut.protocol} {cut.transport}/{cut.port}"
        costs = f"   costs {', '.join(cut.functions)}" if cut.functions else ""
        say(f"  {_ACTIONS[cut.action]:8} {what}{costs}")
    for title, found in (("lost", made.lost_functions), ("at risk", made.at_risk_functions)):
        for one in found:
            say(f"  {title:8} {one.name} ({', '.join(one.wards)}): {one.covered_by or '-'}")
    told = made.compared
    for name, way in (("plan", told.plan), ("nothing", told.nothing), ("all off", told.everything_off)):
        care = f"care lost {way.care_lost + way.care_struck:.1f}"
        say(f"  {name:8} {way.systems_struck:8.1f} systems struck in {told.hours} h, {way.systems_off} off, {care}")
    for ward in made.wards:
        say(f"  ward     {ward.ward}: loses {', '.join(ward.lost) or '-'}; may lose {', '.join(ward.at_risk) or '-'}")
    for step in made.restart[:20]:
        say(f"  {step.order:3}. {step.name}: {_HOW[step.how]}")
