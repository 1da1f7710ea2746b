"""`contrefeu find`: patients by name, birth date, bed, any number."""

from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, quote, say, warn_of_restoring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contrefeu.chart import Charts, PatientHit, SyncChartsClient


def visible(
    charts: "Charts | SyncChartsClient", hits: "Sequence[PatientHit]", query: str, *, protected: bool
) -> "tuple[list[PatientHit], list[str]]":
    """Return those of *hits* that are shown, and the charts of protected identities among them (F24)."""
    from contrefeu.chart import is_protected
    from contrefeu.chart.sheet import Sheet, person_of

    found, shown = [], []
    for hit in hits:
        chart = charts.chart(hit.id)
        if chart is None or not is_protected(chart):
            found.append(hit)
            continue
        whose = person_of(Sheet(chart))
        if protected or query.strip() in {whose.visit, *(one.value for one in whose.numbers)}:
            found.append(hit)
            shown.append(hit.id)
    return found, shown


def find(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A name (misspelt too), a birth date, a bed, any number.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many patients.")] = 20,
    protected: Annotated[
        bool, typer.Option("--protected", help="Protected identities too; each that is shown is in the audit.")
    ] = False,
    user: Annotated[str, typer.Option(help="Who asks, for the audit.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Find patients by name (misspelt too), birth date, bed, or any number they ever had here.

    An anonymous or secret stay is found by its own number alone, which who types it knows, or with --protected.
    """
    from contrefeu.cli.node import Node

    entrance = door(context)
    node = Node.at(entrance.home)
    with node.charts() as charts:
        found, shown = visible(charts, charts.find(query, limit), query, protected=protected)
        warn_of_restoring(charts.status().restoring, entrance.language, node.settings.node.zone)
    node.audit("search", user=user, query=query)
    for chart in shown:
        node.audit("view", user=user, patient=chart, what="protected identity")

    def for_people() -> None:
        if not found:
            say("Nobody is found.")
        for hit in found:
            place = f"{hit.ward} {hit.bed}".strip()
            test = "  EXERCICE" if hit.world == "T" else ""
            quote(f"{hit.id}  {hit.name}  {hit.birth_date}  {', '.join(hit.identifiers)}  {place}{test}")

    answer(json, {"patients": found}, for_people)
