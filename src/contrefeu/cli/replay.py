"""`contrefeu replay`: send back what a restored system lacks."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say, whisper

if TYPE_CHECKING:
    from collections.abc import Callable

    from contrefeu.cli.recovering import Recovery
    from contrefeu.recovery import Header, Ledger, Profile, Replayed, Waiting


def replay(
    context: typer.Context,
    to: Annotated[str, typer.Option(metavar="URL", help="The restored system: mllp://HOST:PORT, http(s)://FHIR.")],
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A plan; with --dry-run a new file is written there.")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="How the target takes messages (TOML).  [default: as they were]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; say what would be done.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after a rejection, a silence or a kill.")] = False,
    another: Annotated[
        bool, typer.Option("--another-system", help="It is another system than those that messages went to so far.")
    ] = False,
    token_file: Annotated[Path | None, typer.Option(metavar="FILE", help="A bearer token for the FHIR server.")] = None,
    json: Json = False,
) -> None:
    """Send what the last `contrefeu gap` found missing, once each, in the order in which it was received.

    Every message is claimed in the journal before it is sent, and its answer is an entry too: stopped at any moment,
    the same command goes on with --resume and sends nothing twice. A rejection or a silence ends the run. What would
    make the target act again (orders, bills) waits for a person, unless the profile says otherwise. Exit status 10 when
    something waits.
    """
    from contrefeu.base import rfc3339
    from contrefeu.cli.live import check_idle
    from contrefeu.cli.node import Node
    from contrefeu.cli.recovering import Recovery, no_gap
    from contrefeu.recovery import (
        PLANNED_TABLE,
        Header,
        address_of,
        check_name,
        check_plan,
        made_otherwise,
        open_target,
        read_plan,
        read_profile,
        waiting_header,
    )

    node = Node.at(door(context).home)
    how = read_profile(profile)
    wire = open_target(to, how.answer_s, token_file)
    target, address = how.name or to, address_of(to)
    if not dry_run:
        check_idle(node, target, address)
    began = time.monotonic()
    recovery = Recovery(node)
    with recovery.ledger("replay", PLANNED_TABLE) as (table, ledger):
        if ledger.gap is None:
            raise no_gap()
        header = Header.of(ledger.gap, how, target)
        chosen = _plan(recovery, ledger, how, header, plan, dry_run=dry_run)
        made = check_plan(chosen, header, table)
        current = made.findings == header.findings  # else it sends nothing: what became of it can still be told
        if current:
            recovery.show(chosen)
        if not another and (other := check_name(ledger, target, address, read_plan(chosen), named=bool(how.name))):
            whisper(f"warning: some of it went to {other} already; if both are one system, a profile gives its name")
        node.audit("export" if not dry_run else "act", what=f"replay to {target}" + (" (dry run)" if dry_run else ""))
        only_look = dry_run or not current
        with recovery.waiting(waiting_header(made, rfc3339(node.clock.now_ns()), dry=only_look)) as tell:
            done = _run(recovery, ledger, how, target, chosen, wire, address, tell, dry_run=only_look, resume=resume)
        if not current and (done.remaining or done.rejected):
            raise made_otherwise(chosen.name, f"of another comparison, that of {made.at}")
    told: dict[str, Any] = {
        "target": target,
        "plan": str(chosen),
        "dry_run": dry_run,
        "planned": done.planned,
        "acknowledged": done.acknowledged,
        "rejected": done.rejected,
        "held": done.held,
        "remaining": done.remaining,
        "set_aside": done.set_aside,
        "sent": done.sent,
        "in_doubt": done.in_doubt,
        "reasons": done.reasons,
        "waits": done.waits,
        "stopped": done.stopped,
        "seconds": round(time.monotonic() - began, 3),
    }
    answer(json, told, lambda: _for_people(done, told))
    finish(14 if not done.reached else 0 if done.done or dry_run else 10)


def _plan(
    recovery: "Recovery", ledger: "Ledger", how: "Profile", header: "Header", named: Path | None, *, dry_run: bool
) -> Path:
    """The plan to go by; one is made of the last comparison when none is there."""
    from contrefeu.base import OperatorError
    from contrefeu.recovery import Progress, Replay, findings, planned, write_plan

    if named is not None and named.exists():
        return named
    if named is not None and not dry_run:
        raise OperatorError(
            f"There is no plan at {named}.", safe="Nothing was sent.", next="With --dry-run one is written there."
        )
    path, target = named or recovery.plan, header.target
    if dry_run:  # what a killed run left is known, and written by the run that goes on: this one writes nothing
        left = Replay(target, how, ledger, recovery.forward(), recovery.node.clock)
        left.settle(Progress(recovery.progress_file(target)), lambda _: None)
    found = findings(recovery.findings, header.findings)
    lines = planned(found, how, ledger.released, lambda entry: ledger.tries(entry, target), ledger.aside)
    write_plan(path, header, lines)
    return path


def _run(
    recovery: "Recovery",
    ledger: "Ledger",
    how: "Profile",
    target: str,
    plan: Path,
    wire: Any,
    address: str,
    tell: "Callable[[Waiting], None]",
    *,
    dry_run: bool,
    resume: bool,
) -> "Replayed":
    from contrefeu.base import OperatorError
    from contrefeu.chart import rules_of
    from contrefeu.recovery import FhirTarget, Progress, Replay, Statements, WardMessages, Wording, read_plan

    node = recovery.node
    forward, progress = recovery.forward(), Progress(recovery.progress_file(target))
    with node.charts() as charts:
        hides = charts.status().withdrawn > 0
        rules, facility = rules_of(node.settings), node.settings.node.facility
        wording = Wording(node.settings.node.language, node.settings.node.zone)
        form: Statements | WardMessages = WardMessages(how, rules, charts.chart, facility, wording)
        if isinstance(wire, FhirTarget):
            form = Statements(rules, charts.chart, wire.theirs)
        run = Replay(
            target, how, ledger, forward, node.clock, address=address,
            withdrawn=lambda ref: hides and charts.entry(ref) is None,
            form=form, events=not isinstance(wire, FhirTarget), tell=tell,
        )  # fmt: skip
        try:
            if dry_run:
                return run.look(read_plan(plan))
            doubts = ledger.doubts(target)
            if doubts and not resume:
                raise OperatorError(
                    f"A replay to {target} ended with {doubts} messages that it rejected, or that are in doubt.",
                    safe="Nothing was sent by this command.",
                    next="Look at them there; then --resume. What is in doubt is held until the plan says otherwise.",
                )
            with recovery.recorder() as record:
                run.settle(progress, record)
                return run.send(read_plan(plan), wire, progress, record)
        finally:
            progress.close()
            forward.close()
            wire.close()


def _for_people(done: "Replayed", told: dict[str, Any]) -> None:
    say(f"{done.planned} planned for {done.target}: {done.acknowledged} acknowledged, {done.rejected} rejected")
    say(f"  held {done.held}   remaining {done.remaining}   set aside {done.set_aside}   sent now {done.sent}")
    for why, count in done.reasons.most_common():
        say(f"  held: {count}  {why}")
    for earlier, count in done.waits.most_common():
        say(f"  waiting: {count} of the same patient, for {earlier}")
    if done.stopped is not None:
        code = f" ({done.stopped.code})" if done.stopped.code else ""
        say(f"Stopped at {done.stopped.entry or 'the first'}{code}: {done.stopped.why}")
    say(f"Plan: {told['plan']}")
