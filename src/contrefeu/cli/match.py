"""`contrefeu match`: temporary identities to known ones."""

import csv as tables
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.clusters import ClusterKey, Engine, Master
from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contrefeu.acts import IdentitiesLinked, ProposedPair
    from contrefeu.chart import Charts, SyncChartsClient
    from contrefeu.recovery import Cluster, Identity, Proposal

LOT = 128  # pairs an act, links an append


def match(
    context: typer.Context,
    review: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the pairs that people decide there (.csv or .json).")
    ] = None,
    temporary: Annotated[
        list[str] | None,
        typer.Option(metavar="AUTHORITY", help="Numbers of AUTHORITY are temporary, beside those that say so."),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="local, or spark: temporary numbers are shared out on a cluster.")
    ] = "local",
    master: Master = "local[*]",
    cluster_key: ClusterKey = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Join nobody; say what would be done.")] = False,
    json: Json = False,
) -> None:
    """Find who the people with a temporary number are among the known ones, and who of them was registered twice.

    What is beyond doubt is joined, as a merge is, and can be undone; the rest waits on the page "Identités" of the ward
    app, where two different people decide. Doubtful and fictitious identities, twins, and charts that hold a blood
    group are never joined without people. Needs contrefeu[match]. `--engine spark` has each executor of an
    Apache Spark cluster compare some of the temporary numbers with everybody: the same pairs. Exit status 10 when
    something waits.
    """
    from contrefeu.acts import PairsProposed
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.cli.recovering import Recovery, people
    from contrefeu.recovery import Cluster, Matched, among, everybody, identities

    node = Node.at(door(context).home)
    began = time.monotonic()
    if not dry_run:
        node.audit("act", what="match")
    with node.charts() as charts:
        waiting, known = everybody(identities(people(node, charts), frozenset(temporary or ())))
        found = Matched(decided=_decided(charts))
        proposals = list(_proposals(known, waiting, engine, Cluster(master, cluster_key)))
        found.take(among(proposals), charts.chart)
    at = rfc3339(node.clock.now_ns())
    if not dry_run and (found.joined or found.proposed):
        with Recovery(node).recorder() as record:
            for start in range(0, len(found.joined), LOT):
                record([_link(pair, at) for pair in found.joined[start : start + LOT]])
            for start in range(0, len(found.proposed), LOT):
                record([PairsProposed(found.proposed[start : start + LOT], at)])
    if review is not None:
        _write(review, found.proposed)
    told = {
        "pairs": len(found.joined) + len(found.proposed),
        "automatic": len(found.joined),
        "review": found.review,
        "unmatched": found.unmatched,
        "review_pairs": len(found.proposed),
        "dry_run": dry_run,
        "seconds": round(time.monotonic() - began, 3),
    }

    def for_people() -> None:
        say(f"{len(waiting)} temporary identities: {told['automatic']} joined, {told['review']} for people, "
            f"{told['unmatched']} like nobody")  # fmt: skip
        for why, count in found.reasons.most_common():
            say(f"  for people: {count}  {why}")
        if found.review:
            say("Next: two people decide on the page Identités of the ward app.")

    answer(json, told, for_people)
    finish(10 if found.review else 0)


def _proposals(
    known: "Iterator[Identity]", waiting: "list[Identity]", engine: str, cluster: "Cluster"
) -> "Iterator[Proposal]":
    """What is proposed for those who wait; who they are is known once all who are known were read."""
    from contrefeu.recovery import Matcher, match_on_cluster

    if engine == "spark":
        yield from match_on_cluster(cluster, known, waiting)
        return
    matcher = Matcher(known)
    yield from matcher.match(waiting)
    matcher.close()


def _decided(charts: "Charts | SyncChartsClient") -> set[tuple[str, str, str]]:
    """Pairs that people were asked about before, or that were joined and undone: they are not proposed again."""
    from contrefeu.acts import MatchingAct, decode, pair_states

    told = ((entry.ref, entry.source, decode(entry.body)) for entry in charts.acts())
    ours = [(ref, source, act) for ref, source, act in told if isinstance(act, MatchingAct)]
    return {one.pair.name for one in pair_states(ours) if one.state != "proposed"}


def _link(pair: "ProposedPair", at: str) -> "IdentitiesLinked":
    from contrefeu.acts import IdentitiesLinked

    reason = f"{pair.rule} {pair.bits:.1f}"
    return IdentitiesLinked(pair.known, pair.temporary, at, pair.world, by_rule=True, reason=reason)


def _write(path: Path, pairs: "list[ProposedPair]") -> None:
    """The review pile: numbers and how they agree, no names."""
    import io

    import msgspec

    from contrefeu.base import write_file

    if path.suffix.lower() == ".json":
        write_file(path.absolute(), msgspec.json.format(msgspec.json.encode(pairs)) + b"\n", mode=0o600)
        return
    text = io.StringIO()
    rows = tables.writer(text)
    names = list(pairs[0].fields) if pairs else []
    rows.writerow(["temporary", "known", "rule", "bits", "why", *names])
    for pair in pairs:
        rows.writerow([pair.temporary, pair.known, pair.rule, pair.bits, pair.why, *pair.fields.values()])
    write_file(path.absolute(), text.getvalue().encode(), mode=0o600)
