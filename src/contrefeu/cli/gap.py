"""`contrefeu gap`: what a restored system lacks of what the journals hold."""

import time
from pathlib import Path
from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, finish, say, whisper

TOP = 10  # rows of each kind that people are shown; --json has all


def gap(
    context: typer.Context,
    against: Annotated[
        str,
        typer.Option(metavar="DIR|URL", help="The restored system: an export (folder or file), or its FHIR base."),
    ],
    since: Annotated[str, typer.Option(metavar="TIME", help="Only what was received from TIME on.")] = "",
    mapping: Annotated[Path | None, typer.Option(metavar="FILE", help="Names the columns of CSV files (TOML).")] = None,
    token_file: Annotated[Path | None, typer.Option(metavar="FILE", help="A bearer token for the FHIR server.")] = None,
    clean: Annotated[str, typer.Option(metavar="TIME", help="The last moment known to be clean.")] = "",
    detected: Annotated[str, typer.Option(metavar="TIME", help="When the attack was detected.")] = "",
    json: Json = False,
) -> None:
    """Compare a restored system with the journals: what it lacks, what it holds otherwise, what it has beside.

    Messages are compared by control id and by content, whatever form the export has (files, archives, lists of control
    ids in CSV); a FHIR server is asked for all it holds, page by page, and compared statement by statement. What was
    received between --clean and --detected is set aside for review. `contrefeu replay` sends what is found missing.
    Exit status 10 when something is.
    """
    from contrefeu.acts import GapTaken
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.chart import rules_of
    from contrefeu.cli.node import Node
    from contrefeu.cli.recovering import Recovery
    from contrefeu.cli.times import instant
    from contrefeu.recovery import TABLES, FhirServer, Gap, Served, Sources, columns, find_gap, held, own_source

    node = Node.at(door(context).home)
    since_ns, clean_ns, detected_ns = (
        instant(since, "--since"),
        instant(clean, "--clean"),
        instant(detected, "--detected"),
    )
    server = FhirServer(against, token_file) if against.startswith(("http://", "https://")) else None
    if server is None and not Path(against).exists():
        raise OperatorError(
            f"There is no export at {against}.",
            safe="Nothing was compared.",
            next="Name a folder or a file that exists, or http(s)://HOST/BASE of a FHIR server.",
        )
    if (clean_ns is None) != (detected_ns is None):
        raise OperatorError("--clean and --detected go together.", safe="Nothing was compared.")
    named = columns(mapping) if mapping else None
    began = time.monotonic()
    recovery = Recovery(node)
    node.audit("export", what="gap")
    found = Gap(against, rfc3339(since_ns) if since_ns else "", rfc3339(node.clock.now_ns()), recovery.heads)
    with node.charts() as charts, recovery.ledger("gap", *TABLES) as (table, ledger):
        sources = Sources(
            entries=lambda: recovery.entries(since_ns or 0),
            closed=recovery.closed,
            held=Served(server) if server is not None else lambda: held(Path(against), named),
            charts=charts,
            ledger=ledger,
            rules=rules_of(node.settings),
            hides=charts.status().withdrawn > 0,
            drill=node.settings.drill,
            own_source=own_source(node.settings.node.facility),
            review=(clean_ns or 0, detected_ns or 0),
        )
        find_gap(sources, found, table, recovery.findings)
    with recovery.recorder() as record:
        record(
            [
                GapTaken(
                    against, found.until, found.since, found.entries, found.present, found.missing, found.different,
                    found.extra, found.findings, found.at,
                )
            ]
        )  # fmt: skip
    for trouble in found.unreadable:
        whisper(f"contrefeu: {trouble.origin}: {trouble.reason}")
    seconds = round(time.monotonic() - began, 3)

    def for_people() -> None:
        say(f"{found.entries} entries: {found.present} present, {found.missing} missing, {found.different} different")
        say(f"  {found.extra} that no journal holds; compared with {found.held} messages in {seconds:.1f} s")
        for state, count in sorted(found.kept_here.items()):
            say(f"  not compared: {count} {state}")
        for title, table in (("type", found.types), ("ward", found.wards), ("day", found.days)):
            for name, states in sorted(table.items(), key=lambda one: -sum(one[1].values()))[:TOP]:
                say(f"  {title} {name or '?'}: " + ", ".join(f"{count} {state}" for state, count in states.items()))
        say(f"  {sum(1 for one in found.patients if one.id)} patients lack something")
        if found.missing or found.different:
            say(f"Next: contrefeu replay --to {against if server else 'mllp://HOST:PORT'} --dry-run")

    import msgspec

    told = msgspec.to_builtins(found) | {"seconds": seconds}
    answer(json, told, for_people)
    finish(10 if found.missing or found.different or found.unreadable else 0)
