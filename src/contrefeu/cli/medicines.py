"""`contrefeu medicines`: the list that prescribers choose from; a file proposes, the pharmacist releases in the app."""

from pathlib import Path
from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, quote, say

app = typer.Typer(no_args_is_help=True, help="The pharmacist's list of medicines.")


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with columns name, substances, route, code, cytotoxic, atc; or .toml with [[medicine]]."
        ),
    ],
    json: Json = False,
) -> None:
    """Propose a list of medicines. Nobody prescribes from it until a pharmacist releases it in the app."""
    from contrefeu.acts import MedicinesProposed, encode
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.station.care import parse_medicines

    medicines = parse_medicines(_text(file, "Nothing was proposed."), toml=file.suffix == ".toml")
    node = Node.at(door(context).home)
    node.record(encode(MedicinesProposed(medicines, file.name, rfc3339(node.clock.now_ns()))))
    told = {"proposed": len(medicines), "file": file.name}
    answer(json, told, lambda: say(f"proposed {len(medicines)} medicines: a pharmacist releases them (page Pharmacy)"))


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the medicines that a pharmacist released."""
    from msgspec import to_builtins

    from contrefeu.access import Accounts
    from contrefeu.cli.accounts import station_acts
    from contrefeu.cli.node import Node
    from contrefeu.station.care import Formulary

    accounts, formulary = Accounts(), Formulary()
    for act, entry in station_acts(Node.at(door(context).home)):
        accounts.apply(act, entry.source)
        formulary.apply(act, entry, accounts)
    found = formulary.all()
    waiting = sum(len(one.medicines) for one in formulary.proposals.values())

    def for_people() -> None:
        for one in found:
            quote(f"{one.name}{'  [' + ' / '.join(one.substances) + ']' if one.substances else ''}")
        say(f"{len(found)} released, {waiting} proposed")

    answer(json, {"medicines": to_builtins(found), "proposed": waiting}, for_people)


@app.command("stock")
def stock(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with columns cabinet, drug, quantity, date, ward.")],
    json: Json = False,
) -> None:
    """Bring the last extract of the cabinets' system. The page Pharmacy shows it with its date; nothing is reckoned."""
    from zoneinfo import ZoneInfo

    from contrefeu.acts import CabinetsExtracted, encode
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.station.care import parse_extract

    node = Node.at(door(context).home)
    lines = parse_extract(_text(file, "Nothing was brought."), ZoneInfo(node.settings.node.zone), node.clock.now_ns())
    node.record(encode(CabinetsExtracted(lines, file.name, rfc3339(node.clock.now_ns()))))
    cabinets = len({one.cabinet for one in lines})
    told = {"cabinets": cabinets, "lines": len(lines), "file": file.name}
    answer(json, told, lambda: say(f"lines: {len(lines)}, cabinets: {cabinets} (page Pharmacy, Cabinets)"))


def _text(file: Path, safe: str) -> str:
    """What *file* says; *safe* is said where it is no text."""
    from contrefeu.base import OperatorError

    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise OperatorError(
            f"{file.name} cannot be read as text in UTF-8.", safe=safe, next="Save it as UTF-8."
        ) from None
