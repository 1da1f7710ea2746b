"""`contrefeu chart`: one chart, now or as it was known at an instant."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from contrefeu.cli.door import Json, door, warn_of_restoring

if TYPE_CHECKING:
    from contrefeu.chart import Charts, Language, SyncChartsClient
    from contrefeu.cli.node import Node


def chart(
    context: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="ID", help="A chart id, or any number of the patient.")],
    as_: Annotated[
        Literal["text", "fhir", "ips", "pdf"],
        typer.Option("--as", help="text, fhir (a collection Bundle), ips (an International Patient Summary), pdf."),
    ] = "text",
    at: Annotated[str, typer.Option(metavar="TIME", help="As known from what was received by TIME.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
    user: Annotated[str, typer.Option(help="Who asks, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Show one chart. `--as fhir` (or `--json`) gives a FHIR R4 collection Bundle, `--as ips` a document Bundle.

    `--as pdf` gives the patient's pages as a pack has them, with codes: the journal says that they were issued.
    """
    from contrefeu.base import OperatorError
    from contrefeu.chart import summary
    from contrefeu.cli.node import Node
    from contrefeu.cli.printing import ready_for
    from contrefeu.cli.times import instant
    from contrefeu.fhir import encode

    if out is not None:
        ready_for(out)
    entrance = door(context)
    node = Node.at(entrance.home)
    at_ns = instant(at, "--at")
    with node.charts() as charts:
        bundle = charts.bundle(patient, at_ns)
        text = charts.text(patient, at_ns, entrance.language) if bundle is not None else ""
        found = charts.chart(patient, at_ns) if as_ == "ips" else None
        lacks = charts.status().restoring
        paper = _printed(node, charts, patient, entrance.language, user, at_ns) if as_ == "pdf" and bundle else b""
    if bundle is None:
        raise OperatorError(
            f"No chart answered to that number by {at}." if at else "No chart answers to that number.",
            safe="Nothing was changed.",
            next="contrefeu find NAME lists charts.",
        )
    node.audit("view", user=user, patient=patient)
    if json or as_ in {"fhir", "ips"}:  # the text says it itself
        warn_of_restoring(lacks, entrance.language, node.settings.node.zone)
    if paper:
        data = paper
    elif found is not None:
        settings = node.settings.node
        data = encode(summary(found, settings.facility, entrance.language, settings.zone)) + b"\n"
    else:
        data = bundle + b"\n" if json or as_ == "fhir" else text.encode()
    if out is not None:
        out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _printed(
    node: "Node", charts: "Charts | SyncChartsClient", patient: str, language: "Language", user: str, at_ns: int | None
) -> bytes:
    """The patient's pages; they are in the journal before they are anywhere else."""
    from contrefeu.base import rfc3339
    from contrefeu.cli.printing import foot_for, issued, issuer_of, setting_of
    from contrefeu.paper import print_chart

    chart = charts.chart(patient, at_ns)
    assert chart is not None, "its bundle was there"
    setting = setting_of(node, language)
    ward, foot = foot_for(node, charts, chart, setting)
    printed = print_chart(chart, foot, setting, issuer_of(node, ward, rfc3339(setting.now_ns)))
    issued(node, user, printed.issues)
    return printed.pdf
