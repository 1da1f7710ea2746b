"""`contrefeu export`: all charts as FHIR NDJSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.clusters import ClusterKey, Engine, Master
from contrefeu.cli.door import Json, answer, door, say

if TYPE_CHECKING:
    from contrefeu.chart import ExportResult
    from contrefeu.cli.node import Node


def export(
    context: typer.Context,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files, one per resource type.")],
    parquet: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The same as Parquet there: id, patient, resource as JSON.")
    ] = None,
    at: Annotated[str, typer.Option(metavar="TIME", help="As known from what was received by TIME.")] = "",
    without_protected: Annotated[
        bool,
        typer.Option("--without-protected", help="Leave out anonymous and secret stays."),
    ] = False,
    user: Annotated[str, typer.Option(help="Who asks, for the audit.  [default: console]")] = "",
    engine: Annotated[Engine, typer.Option(help="local, or spark: charts are computed anew, on a cluster.")] = "local",
    master: Master = "local[*]",
    cluster_key: ClusterKey = None,
    json: Json = False,
) -> None:
    """Write all charts as FHIR R4 NDJSON, one file per resource type, and say the charts' hash.

    The files are clear text: keep them where charts may be kept. What was exported is an entry. Protected identities
    carry a security label (R) there, unless --without-protected leaves them out. `--engine spark` opens
    the home's journals on the executors of an Apache Spark cluster, which see them under the same path, and folds every
    chart there: the same files, the same hash. Needs contrefeu[spark]; --parquet needs contrefeu[match].
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.separation import writable_by_reader
    from contrefeu.cli.times import instant
    from contrefeu.recovery import write_parquet

    node = Node.at(door(context).home)
    at_ns = instant(at, "--at")
    if engine == "spark" and without_protected:
        raise typer.BadParameter("--without-protected goes with --engine local.")
    node.audit("export", user=user, what="charts")  # before a byte of it lies in clear
    if engine == "spark":
        done = _on_cluster(node, to.absolute(), at_ns, master, cluster_key)
    else:
        with node.charts() as charts, writable_by_reader(node, to.absolute()) as place:
            done = charts.export(place, at_ns, without_protected)

    if parquet is not None:
        write_parquet(to.absolute(), parquet.absolute())

    def for_people() -> None:
        say(f"{done.patients} patients in {done.seconds:.1f} s; charts_sha256 {done.charts_sha256}")
        for kind, count in sorted(done.resources.items()):
            say(f"  {kind}.ndjson  {count}")

    answer(json, done, for_people)


def _on_cluster(node: "Node", to: Path, at_ns: int | None, master: str, key: Path | None) -> "ExportResult":
    """The same, computed anew from the journals on a cluster."""
    from contrefeu.recovery import Cluster, export_on_cluster

    journals = [(files, node.counts(files.verifier().name)) for files in node.charted()]
    with node.charts() as charts:
        honey = {one.chart for one in charts.honey()}
    return export_on_cluster(Cluster(master, key), journals, node.data_keys(), node.settings, to, at_ns, honey)
