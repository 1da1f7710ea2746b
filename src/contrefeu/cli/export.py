"""`contrefeu export`: all charts as FHIR NDJSON."""

from pathlib import Path
from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, say


def export(
    context: typer.Context,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files, one per resource type.")],
    at: Annotated[str, typer.Option(metavar="TIME", help="As known from what was received by TIME.")] = "",
    user: Annotated[str, typer.Option(help="Who asks, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Write all charts as FHIR R4 NDJSON, one file per resource type, and say the charts' hash.

    The files are clear text: keep them where charts may be kept. What was exported is an entry.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.separation import writable_by_reader
    from contrefeu.cli.times import instant

    node = Node.at(door(context).home)
    at_ns = instant(at, "--at")
    node.audit("export", user=user, what="charts")  # before a byte of it lies in clear
    with node.charts() as charts, writable_by_reader(node, to.absolute()) as place:
        done = charts.export(place, at_ns)

    def for_people() -> None:
        say(f"{done.patients} patients in {done.seconds:.1f} s; charts_sha256 {done.charts_sha256}")
        for kind, count in sorted(done.resources.items()):
            say(f"  {kind}.ndjson  {count}")

    answer(json, done, for_people)
