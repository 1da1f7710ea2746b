"""`contrefeu restore`: a new home from vaults and the custodians' shares."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.clusters import ClusterKey, Engine, Master, reading
from contrefeu.cli.door import Json, answer, finish, say, whisper

if TYPE_CHECKING:
    from contrefeu.cli.progress import Progress
    from contrefeu.recovery import Restored


def restore(
    from_: Annotated[list[str], typer.Option("--from", metavar="URL", help="A vault; again for each that has a part.")],
    shares: Annotated[list[Path], typer.Option(metavar="FILE...", help="The custodians' share files.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="The new home: an empty folder, or one that is not there.")],
    until: Annotated[str, typer.Option(metavar="TIME", help="Charts as known from what was received by TIME.")] = "",
    credentials: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Shown to object stores; mode 0600. One for all, or again for each, in the order of --from.",
        ),
    ] = None,
    charts_store: Annotated[
        str,
        typer.Option(metavar="URL", help="PostgreSQL server to put the charts on.  [default: a file of the new home]"),
    ] = "",
    engine: Annotated[Engine, typer.Option(help="local, or spark: entries are read on a cluster.")] = "local",
    master: Master = "local[*]",
    cluster_key: ClusterKey = None,
    json: Json = False,
) -> None:
    """Make a new home from vaults and the custodians' shares; its charts are computed again.

    Needs nothing of the lost node. Each segment comes from whichever vault has it as it was signed; a vault that is
    away or damaged is named, and does not stop the rest. The newest entries come first: once the home opens, `up`,
    `find` and `chart` show today's inpatients, and every page says that its history is being restored. The new home has
    an identity of its own and reads the old journals; it never writes them. Stopped half-way, the same command goes on.

    The charts lie in a sealed file of the new home, whatever the lost one said: its server may be lost, or not to be
    trusted. `--charts-store postgresql://…` has them on a server that is (docs/howto/postgresql.md).

    `--engine spark` has what each entry says read on the executors of an Apache Spark cluster, which are given entries
    and nothing else; one process files, folds and writes: the same charts, the same hash. Needs contrefeu[spark].

    Exit status 10 when a vault was away, holds other bytes than were signed, or no vault has a journal that the node's
    settings speak of; 12 or 13 when no vault has all.
    """
    from contrefeu.base import SystemClock, rfc3339
    from contrefeu.cli.progress import Progress
    from contrefeu.cli.shares import read_share
    from contrefeu.cli.times import instant
    from contrefeu.recovery import restore as rebuild

    until_ns = instant(until, "--until")
    words = [read_share(path) for path in shares]
    home = to.absolute()
    with Progress() as bar, reading(engine, master, cluster_key) as begin:
        watcher = _Watcher(home, from_, bar, json)
        done = rebuild(
            from_,
            words,
            home,
            clock=SystemClock(),
            until_ns=until_ns,
            credentials=credentials or [],
            watcher=watcher,
            begin=begin,
            charts_store=charts_store,
        )
    told = _told(done, home, rfc3339(until_ns) if until_ns is not None else "")
    answer(json, told, lambda: _for_people(done, home))
    finish(10 if done.away or done.differences or done.absent else 0)


class _Watcher:
    """Shows how far it is; when the home opens, writes down who came in by which door."""

    def __init__(self, home: Path, vaults: Sequence[str], bar: "Progress", json: bool) -> None:
        self._home, self._vaults, self._json = home, vaults, json
        self.phase, self.told = bar.phase, bar.told

    def opened(self) -> None:
        """Leave an entry, hold the horizon, and say that charts can be read."""
        from contrefeu.acts import HorizonHeld, encode
        from contrefeu.base import rfc3339
        from contrefeu.cli.node import Node

        node = Node.at(self._home)
        node.audit("restore", what=" ".join(self._vaults))
        # A recovery is open: until somebody says that it is over no reading key is destroyed.
        node.record(encode(HorizonHeld("restored from a vault", rfc3339(node.clock.now_ns()))))
        if not self._json and node.paths.charts_now != node.paths.charts_db:
            whisper(f"Charts can be read: contrefeu --home {self._home} up. What each lacks, it says; the rest comes.")


def _told(done: "Restored", home: Path, until: str) -> dict[str, Any]:
    from contrefeu.cli.node import Node

    return {
        "home": str(home),
        "node": Node.at(home).settings.node.id,
        "entries": done.entries,
        "patients": done.patients,
        "seconds": round(done.seconds, 3),
        "first_board_seconds": round(done.first_board_seconds, 3),
        "phases": done.phases,
        "charts_sha256": done.charts_sha256,
        "journals": [{"journal": one.journal, "entries": one.entries} for one in done.journals],
        "until": until,
        "differences": [
            {"journal": d.journal, "segment": d.segment, "vault": d.vault, "good": d.good, "offset": d.offset}
            for d in done.differences
        ],
        "away": [{"vault": vault, "reason": reason} for vault, reason in done.away.items()],
        "absent": list(done.absent),
    }


def _for_people(done: "Restored", home: Path) -> None:
    say(f"{done.entries} entries, {done.patients} patients in {done.seconds:.1f} s")
    for one in done.journals:
        say(f"  {one.journal}: {one.entries} entries")
    for d in done.differences:
        what = f"segment {d.segment}" if d.segment else "its key or its checkpoint"
        good = f"taken from {d.good}" if d.good else "no other has it"
        say(f"  ALTERED: {d.journal}, {what}, in {d.vault} is not what was signed; {good}")
    for journal in done.absent:
        say(f"  ABSENT: {journal} is in none of these vaults, and its node's settings are: bring another vault")
    for reason in done.away.values():
        say(f"  AWAY: {reason}")
    say(f"charts_sha256 {done.charts_sha256}")
    say(f"Next: contrefeu --home {home} up")
