"""`contrefeu pack`: the ward's pack, as a PDF."""

from pathlib import Path
from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, say


def pack(
    context: typer.Context,
    ward: Annotated[str, typer.Option(metavar="W", help="Which ward, by its id.")],
    out: Annotated[Path | None, typer.Option(help="The file.  [default: pack-W.pdf]")] = None,
    printer: Annotated[str, typer.Option(metavar="QUEUE", help="A CUPS queue, instead of a file.")] = "",
    password_file: Annotated[Path | None, typer.Option(help="Its first line locks the file (AES-256).")] = None,
    user: Annotated[str, typer.Option(help="Who prints, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Print a ward's pack: census, a page a patient, dose sheets for 24 hours, index of names.

    Every page says how old its messages are, when it is no longer to be used and when it is to be destroyed, and has a
    code by which it is found again. The pages are in the journal before the file is there.
    """
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.cli.outlet import Outlet
    from contrefeu.cli.printing import (
        board_of,
        downtime_of,
        issued,
        issuer_of,
        password_in,
        setting_of,
    )
    from contrefeu.paper import print_pack, ward_pack

    entrance = door(context)
    node = Node.at(entrance.home)
    password = password_in(password_file)
    if password and printer:
        raise OperatorError(
            "A printer opens no locked file.",
            safe="Nothing was printed.",
            next="Leave out --password-file, or --printer.",
        )
    outlet = Outlet.of(out if out or printer else Path(f"pack-{ward.replace('/', '-')}.pdf"), printer)
    setting = setting_of(node, entrance.language)
    downtime = downtime_of(node, ward)
    with node.charts() as charts:
        board = board_of(charts, ward)
        lacks = charts.status().restoring
        facility = node.settings.node.facility
        made, shown = ward_pack(board, charts.chart, setting, facility, downtime, lacks)
    printed = print_pack(made, shown, issuer_of(node, ward, rfc3339(setting.now_ns)), password)
    node.audit("print", user=user, what=f"pack {ward}")
    issued(node, user, printed.issues)
    outlet.put(node, f"pack {ward}", printed)
    told = {**outlet.told, "pages": printed.pages, "patients": len(shown), "as_of": board.as_of.time}
    answer(
        json, told, lambda: say(f"{outlet}: {printed.pages} pages, {len(shown)} patients, {board.as_of.time or '-'}")
    )
