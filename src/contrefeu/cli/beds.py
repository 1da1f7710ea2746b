"""`contrefeu beds`: free and taken beds, as a text to read on the telephone, as FHIR or as EDXL-HAVE."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, quote


class Form(StrEnum):
    """How it is said."""

    TEXT = "text"
    FHIR = "fhir"
    HAVE = "have"


def beds(
    context: typer.Context,
    form: Annotated[
        Form, typer.Option("--as", help="text to read on the telephone, fhir, or have: EDXL-HAVE 2.0.")
    ] = Form.TEXT,
    out: Annotated[Path | None, typer.Option(help="Write there instead of on the screen.")] = None,
    json: Json = False,
) -> None:
    """Say which beds are free, ward by ward, from what has been read so far. Numbers, and no patient."""
    from msgspec import to_builtins

    from contrefeu.chart import moment
    from contrefeu.cli.node import Node
    from contrefeu.cli.printing import ready_for
    from contrefeu.fhir import encode
    from contrefeu.station import as_fhir, as_have, as_script, bed_status

    entrance = door(context)
    node = Node.at(entrance.home)
    with node.charts() as charts:
        found = [(ward, charts.board(ward.id)) for ward in charts.wards()]
    status = bed_status(node.settings.node.facility, found)
    zone, language = node.settings.node.zone, entrance.language
    ready_for(out)
    node.audit("board", what="beds")
    if form is Form.FHIR:
        text = encode(as_fhir(status)).decode()
    elif form is Form.HAVE:
        text = as_have(status).decode()
    else:
        text = as_script(status, language, lambda at: moment(at, language, zone))
    if out is not None:
        out.write_bytes(text.encode())
    told = {"as_of": status.as_of, "free": status.total("free"), "wards": to_builtins(status.wards)}
    told |= {"emergency": to_builtins(status.emergency)}
    answer(json, told, lambda: quote(text if out is None else str(out)))
