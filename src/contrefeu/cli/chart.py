"""`contrefeu chart`: one chart, now or as it was known at an instant."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from contrefeu.cli.door import Json, door, warn_of_restoring


def chart(
    context: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="ID", help="A chart id, or any number of the patient.")],
    as_: Annotated[
        Literal["text", "fhir", "ips"],
        typer.Option("--as", help="text, fhir (a collection Bundle), ips (an International Patient Summary)."),
    ] = "text",
    at: Annotated[str, typer.Option(metavar="TIME", help="As known from what was received by TIME.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
    user: Annotated[str, typer.Option(help="Who asks, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Show one chart. `--as fhir` (or `--json`) gives a FHIR R4 collection Bundle, `--as ips` a document Bundle."""
    from contrefeu.base import OperatorError
    from contrefeu.chart import summary
    from contrefeu.cli.node import Node
    from contrefeu.cli.times import instant
    from contrefeu.fhir import encode

    entrance = door(context)
    node = Node.at(entrance.home)
    at_ns = instant(at, "--at")
    with node.charts() as charts:
        bundle = charts.bundle(patient, at_ns)
        text = charts.text(patient, at_ns, entrance.language) if bundle is not None else ""
        found = charts.chart(patient, at_ns) if as_ == "ips" else None
        lacks = charts.status().restoring
    if bundle is None:
        raise OperatorError(
            "No chart answers to that number.", safe="Nothing was changed.", next="contrefeu find NAME lists charts."
        )
    node.audit("view", user=user, patient=patient)
    if json or as_ in {"fhir", "ips"}:  # the text says it itself
        warn_of_restoring(lacks, entrance.language, node.settings.node.zone)
    if found is not None:
        settings = node.settings.node
        data = encode(summary(found, settings.facility, entrance.language, settings.zone)) + b"\n"
    else:
        data = bundle + b"\n" if json or as_ == "fhir" else text.encode()
    if out is not None:
        out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
