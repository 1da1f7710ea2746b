"""`contrefeu poster`: two pages for the ward's wall."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from contrefeu.cli.door import Json, answer, door, say, whisper


def poster(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE.pdf", help="The file.")],
    address: Annotated[
        str, typer.Option(help="Where wards open the app.  [default: from the settings: web.names and web.listen]")
    ] = "",
    json: Json = False,
) -> None:
    """Print the poster: what a ward does when the computers are down, two pages A4, in the language of --lang.

    It names no patient and no secret: it may hang on a wall. Telephone numbers are written in by hand.
    """
    from contrefeu.base import write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.printing import ready_for
    from contrefeu.paper import poster_pdf

    entrance = door(context)
    settings = Node.at(entrance.home).settings
    host, port = settings.web.names[0], settings.web.listen.rpartition(":")[2]
    address = address or f"https://{host}" + ("" if port == "443" else f":{port}")
    ready_for(out)
    write_file(out.absolute(), poster_pdf(settings.node.facility, address, entrance.language), mode=0o644)
    if urlsplit(address).hostname in ("localhost", "127.0.0.1"):
        whisper(
            "warning: no other PC opens that address; give --address, or say web.names and web.listen in contrefeu.toml"
        )
    answer(json, {"file": str(out), "pages": 2, "address": address}, lambda: say(f"{out}: 2 pages, {address}"))
