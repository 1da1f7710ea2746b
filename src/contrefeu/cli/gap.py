"""`contrefeu gap`: what a restored system lacks of what the journals hold."""

import time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.clusters import ClusterKey, Engine, Master, reading
from contrefeu.cli.door import Json, answer, door, finish, say, whisper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contrefeu.cli.recovering import Recovery
    from contrefeu.mapping import Reading, Rules
    from contrefeu.recovery import Asked, Gap, Profile, Scratch

OWNER = "recovery"  # who looks at what is in doubt; the page says who did
TOP = 10  # rows of each kind that people are shown; --json has all
_KEPT = {  # what is not compared, and why (recovery.State)
    "repeat": "that repeat another",
    "void": "that were taken back, or take back what is no more",
    "exercise": "of exercises",
    "act": "that people did here",
    "nobodys": "that are about nobody's care",
    "echo": "that were sent back, said to us again",
    "withdrawn": "that two persons withdrew",
    "closed": "that no key here opens",
}


def gap(
    context: typer.Context,
    against: Annotated[
        str,
        typer.Option(
            metavar="DIR|URL",
            help="The restored system: an export (folder or file), its FHIR base, or mllp://HOST:PORT to be asked.",
        ),
    ],
    since: Annotated[str, typer.Option(metavar="TIME", help="Only what was received from TIME on.")] = "",
    mapping: Annotated[Path | None, typer.Option(metavar="FILE", help="Names the columns of CSV files (TOML).")] = None,
    profile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="How it is asked over MLLP (TOML, [query]).")
    ] = None,
    token_file: Annotated[Path | None, typer.Option(metavar="FILE", help="A bearer token for the FHIR server.")] = None,
    clean: Annotated[str, typer.Option(metavar="TIME", help="The last moment known to be clean.")] = "",
    detected: Annotated[str, typer.Option(metavar="TIME", help="When the attack was detected.")] = "",
    engine: Annotated[Engine, typer.Option(help="local, or spark: entries are read on a cluster.")] = "local",
    master: Master = "local[*]",
    cluster_key: ClusterKey = None,
    json: Json = False,
) -> None:
    """Compare a restored system with the journals: what it lacks, what it holds otherwise, what it has beside.

    Messages are compared by control id and by content, whatever form the export has (files, archives, lists of control
    ids in CSV); a FHIR server is asked for all it holds, page by page, and compared statement by statement. What was
    received between --clean and --detected is set aside for review. `contrefeu replay` sends what is found missing.
    `--engine spark` has what each entry says read on the executors of an Apache Spark cluster: the same findings.
    Exit status 10 when something is.
    """
    from contrefeu.acts import EntriesSetAside, GapTaken
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.chart import rules_of
    from contrefeu.cli.node import Node
    from contrefeu.cli.recovering import Recovery
    from contrefeu.cli.times import instant
    from contrefeu.cli.trusting import Trust
    from contrefeu.recovery import (
        ASKED_TABLE,
        TABLES,
        Doubted,
        FhirServer,
        Gap,
        Served,
        Sources,
        columns,
        find_gap,
        findings,
        held,
        own_source,
        read_ahead,
        read_profile,
        set_aside,
    )

    node = Node.at(door(context).home)
    since_ns, clean_ns, detected_ns = (
        instant(since, "--since"),
        instant(clean, "--clean"),
        instant(detected, "--detected"),
    )
    server = FhirServer(against, token_file) if against.startswith(("http://", "https://")) else None
    asks = against.startswith("mllp://")
    how = read_profile(profile)
    if server is None and not asks and not Path(against).exists():
        raise OperatorError(
            f"There is no export at {against}.",
            safe="Nothing was compared.",
            next="Name a folder or a file that exists, http(s)://HOST/BASE of a FHIR server, or mllp://HOST:PORT.",
        )
    if (clean_ns is None) != (detected_ns is None):
        raise OperatorError("--clean and --detected go together.", safe="Nothing was compared.")
    named = columns(mapping) if mapping else None
    began = time.monotonic()
    recovery = Recovery(node)
    node.audit("act", what="gap")
    found = Gap(against, rfc3339(since_ns) if since_ns else "", rfc3339(node.clock.now_ns()), recovery.heads)
    rules = rules_of(node.settings)
    with (
        reading(engine, master, cluster_key) as begin,
        read_ahead(begin, rules) as ahead,
        node.charts() as charts,
        recovery.ledger("gap", ASKED_TABLE, *TABLES) as (table, ledger),
    ):
        asked = _asked(against, how, recovery, since_ns or 0, table, rules) if asks else None
        holds = asked or (Served(server) if server is not None else lambda: held(Path(against), named))
        trust = Trust(node, charts.acts(""), clean_ns, detected_ns)
        sources = Sources(
            entries=lambda: ahead.over(recovery.entries(since_ns or 0)),
            closed=recovery.closed,
            held=holds,
            charts=charts,
            ledger=ledger,
            read=ahead.read,
            asked=asked,
            hides=charts.status().withdrawn > 0,
            drill=node.settings.drill,
            nobodies=frozenset(one.chart for one in charts.honey()),
            own_source=own_source(node.settings.node.facility),
            doubted=Doubted(trust.doubts.values()),
        )
        find_gap(sources, found, table, recovery.findings)
        taken = GapTaken(
            against, found.until, found.since, found.entries, found.present, found.missing, found.different,
            found.extra, found.findings, found.at, found.unasked, found.older,
        )  # fmt: skip
        aside = set_aside(findings(recovery.findings, found.findings), ledger, OWNER, found.at)
        fresh = 0
        with recovery.recorder() as record:
            # Killed in between, nothing in doubt is left to a plan of before.
            for act in chain(trust.told, aside, [taken]):
                record([act])
                fresh += len(act.entries) if isinstance(act, EntriesSetAside) else 0
    for trouble in found.unreadable:
        whisper(f"contrefeu: {trouble.origin}: {trouble.reason}")
    if found.missing and not found.held:  # a folder that was not mounted, a server that gives nothing
        whisper(f"warning: there is nothing at {against}: all of it counts as missing, and would be sent again")
    seconds = round(time.monotonic() - began, 3)

    import msgspec

    told = msgspec.to_builtins(found) | {"seconds": seconds}
    target = against if server or asks else "mllp://HOST:PORT"
    answer(json, told, lambda: _for_people(found, seconds, target, fresh))
    finish(10 if found.missing or found.different or found.unreadable else 0)


def _for_people(found: "Gap", seconds: float, to: str, fresh: int) -> None:
    say(f"{found.entries} entries: {found.present} present, {found.missing} missing, {found.different} different")
    if found.older:
        say(f"  {found.older} of the missing are there in an earlier state")
    if found.unasked:
        say(f"  {found.unasked} that its answers do not show: neither present nor missing")
    say(f"  {found.extra} that no journal holds; compared with {found.held} messages in {seconds:.1f} s")
    for state, count in sorted(found.kept_here.items()):
        say(f"  not compared: {count} {_KEPT[state]}")
    for title, table in (("type", found.types), ("ward", found.wards), ("day", found.days)):
        for name, n in sorted(table.items(), key=lambda one: -sum(one[1].values()))[:TOP]:
            counts = f"{n['missing']} missing, {n['different']} different, {n['extra']} there alone"
            say(f"  {title} {name or '?'}: {counts}, {n['unasked']} not shown")
    lacking = sum(1 for one in found.patients if one.id and one.missing + one.different)
    say(f"  {lacking} patients lack something")
    if fresh:
        say(f"  {fresh} set aside: in doubt, to be read again in the ward app (Recovery) before they go back")
    if found.missing or found.different:
        say(f"Next: contrefeu replay --to {to} --dry-run")


def _asked(
    against: str, how: "Profile", recovery: "Recovery", since_ns: int, table: "Scratch", rules: "Rules"
) -> "Asked":
    """The restored system, asked for everybody whom the entries name."""
    from contrefeu.mapping import read
    from contrefeu.recovery import Asked, MllpTarget, is_own, open_target
    from contrefeu.recovery.asked import ANSWER_BYTES_MAX

    wire = open_target(against, how.answer_s, answer_bytes_max=ANSWER_BYTES_MAX)
    assert isinstance(wire, MllpTarget), "its scheme was looked at"

    def readings() -> "Iterator[Reading]":
        for entry in recovery.entries(since_ns):
            if not is_own(entry):
                yield read(entry, rules.of(entry.source))

    return Asked(against, wire, how.query, readings, table, rules, recovery.node.clock)
