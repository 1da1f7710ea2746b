"""`contrefeu notices`: what data protection law asks to be written down and told, filled from this home's settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, say

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.declare import Around


def notices(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the files go; what lies there is replaced.")],
    json: Json = False,
) -> None:
    """Write an impact assessment, a record of processing, and notices to patients and to staff, ready to complete.

    Four Markdown files a language, French and English, from the settings: vaults with host, country and certificate,
    retention, senders, stations, the group. What the settings do not say is a blank. Nothing is sent; yours to read,
    to complete and to sign.
    """
    from contrefeu.base import write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.printing import ready as writable
    from contrefeu.declare import NOTICES, notice

    node = Node.at(door(context).home)
    around = _around(node)
    paths = []
    for language in ("fr", "en"):
        folder = out.absolute() / language
        writable(folder, make=True)
        for name in NOTICES:
            write_file(folder / f"{name}.md", notice(name, language, node.settings, around).encode(), mode=0o640)
            paths.append(str(folder / f"{name}.md"))

    def for_people() -> None:
        for path in paths:
            say(path)
        say("To be completed, put to the data protection officer, and signed: no legal advice.")

    answer(json, {"files": paths}, for_people)


def _around(node: "Node") -> "Around":
    """The day, the stations that were joined, and the group that this node asks."""
    import datetime as dt
    from zoneinfo import ZoneInfo

    from contrefeu.cli.grouping import group_file, group_of
    from contrefeu.declare import Around

    file = group_file(node)
    members = group_of(file).facilities if file.exists() else []
    day = dt.datetime.fromtimestamp(node.clock.now_ns() / 1e9, ZoneInfo(node.settings.node.zone)).date()
    return Around(
        day.isoformat(),
        stations=[peer.node for peer in node.peers().joined()],
        group=[(one.name, one.controller) for one in members],
    )
