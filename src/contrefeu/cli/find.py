"""`contrefeu find`: patients by name, birth date, bed, any number."""

from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, say, warn_of_restoring


def find(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A name (misspelt too), a birth date, a bed, any number.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many patients.")] = 20,
    user: Annotated[str, typer.Option(help="Who asks, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Find patients by name (misspelt too), birth date, bed, or any number they ever had here."""
    from contrefeu.cli.node import Node

    entrance = door(context)
    node = Node.at(entrance.home)
    with node.charts() as charts:
        found = charts.find(query, limit)
        warn_of_restoring(charts.status().restoring, entrance.language, node.settings.node.zone)
    node.audit("search", user=user, query=query)

    def for_people() -> None:
        if not found:
            say("-")
        for hit in found:
            place = f"{hit.ward} {hit.bed}".strip()
            test = "  EXERCICE" if hit.world == "T" else ""
            say(f"{hit.id}  {hit.name}  {hit.birth_date}  {', '.join(hit.identifiers)}  {place}{test}")

    answer(json, {"patients": found}, for_people)
