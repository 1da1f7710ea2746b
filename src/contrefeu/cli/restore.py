"""`contrefeu restore`: a new home from a vault and the custodians' shares."""

from pathlib import Path
from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, say


def restore(
    from_: Annotated[str, typer.Option("--from", metavar="URL", help="The vault.")],
    shares: Annotated[list[Path], typer.Option(metavar="FILE...", help="The custodians' share files.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="The new home: an empty folder, or one that is not there.")],
    until: Annotated[str, typer.Option(metavar="TIME", help="Charts as known from what was received by TIME.")] = "",
    credentials: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is shown to an object store; mode 0600.")
    ] = None,
    charts_store: Annotated[
        str, typer.Option(metavar="URL", help="A PostgreSQL server for its charts.  [default: a sealed file]")
    ] = "",
    json: Json = False,
) -> None:
    """Make a new home from a vault and the custodians' shares; its charts are computed again.

    Needs nothing of the lost node. The copies are verified first. The new home has an identity of its own and reads
    the old journals; it never writes them. Stopped half-way, the same command goes on.
    """
    from contrefeu.acts import HorizonHeld, encode
    from contrefeu.base import SystemClock, rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.cli.shares import read_share
    from contrefeu.cli.times import instant
    from contrefeu.recovery import restore as rebuild

    until_ns = instant(until, "--until")
    clock = SystemClock()
    words = [read_share(path) for path in shares]
    done = rebuild(
        from_,
        words,
        to.absolute(),
        clock=clock,
        until_ns=until_ns,
        credentials=credentials,
        charts_store=charts_store,
    )
    node = Node.at(to.absolute())
    node.audit("restore", what=from_)
    # A recovery is open: until somebody says that it is over no reading key is destroyed.
    node.record(encode(HorizonHeld("restored from a vault", rfc3339(clock.now_ns()))))
    told = {
        "home": str(to.absolute()),
        "node": node.settings.node.id,
        "entries": done.entries,
        "patients": done.patients,
        "seconds": round(done.seconds, 3),
        "charts_sha256": done.charts_sha256,
        "journals": [{"journal": one.journal, "entries": one.entries} for one in done.journals],
        "until": rfc3339(until_ns) if until_ns is not None else "",
    }

    def for_people() -> None:
        say(f"{done.entries} entries, {done.patients} patients in {done.seconds:.1f} s")
        for one in done.journals:
            say(f"  {one.journal}: {one.entries} entries")
        say(f"charts_sha256 {done.charts_sha256}")
        say(f"Next: contrefeu --home {told['home']} up")

    answer(json, told, for_people)
