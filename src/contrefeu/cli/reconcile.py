"""`contrefeu reconcile`: the account of every entry of every journal."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.acts import AccountDrawn
    from contrefeu.cli.node import Node
    from contrefeu.recovery import Account, AccountList, AccountLists, BillingList


def reconcile(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE.pdf", help="The account, to sign and file.")],
    csv: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="The same, one entry a line.")] = None,
    fhir: Annotated[
        Path | None, typer.Option(metavar="FILE.ndjson", help="The same as FHIR Lists, one a line: which entries, why.")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of the target (TOML): by which way each function goes back.")
    ] = None,
    billing: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="What billing needs of each stay that was written here.")
    ] = None,
    json: Json = False,
) -> None:
    """Say of every entry what became of it: present, replayed, merged, set aside, kept here, unaccounted.

    The sum is the number of entries in the journals. What is left is said by ward, with an estimate of the hours of
    typing; the page "Reprise" of the ward app shows it, and takes a signature for each patient. Exit status 13 when
    one is unaccounted, or the sum is another.
    """
    from msgspec.structs import asdict

    from contrefeu.base import rfc3339, write_file
    from contrefeu.chart import rules_of
    from contrefeu.cli.node import Node
    from contrefeu.cli.printing import ready_for
    from contrefeu.cli.recovering import Recovery
    from contrefeu.mapping import read
    from contrefeu.recovery import (
        FATES,
        FOUND_TABLE,
        Account,
        Accountant,
        Whose,
        account_pdf,
        drawn,
        findings,
        read_profile,
    )

    node, how = Node.at(door(context).home), read_profile(profile)
    ready_for(out)
    node.audit("act", what="account of every entry")
    recovery = Recovery(node)
    account = Account(rfc3339(node.clock.now_ns()))
    with contextlib.ExitStack() as stack:
        table, ledger = stack.enter_context(recovery.ledger("reconcile", FOUND_TABLE))
        rules, whose = rules_of(node.settings), Whose(stack.enter_context(node.charts()))
        accountant = Accountant(
            table, ledger, account, how.way_of, lambda entry: whose(entry, read(entry, rules.of(entry.source)))
        )
        if ledger.gap is not None:
            account.against, account.compared_at = ledger.gap.against, ledger.gap.at
            accountant.take_findings(findings(recovery.findings, ledger.gap.findings))
        lists = _lists(stack, csv, fhir, account.at, drill=node.settings.drill)
        accountant.count(recovery.heads, recovery.entries(), recovery.closed, lists)
    write_file(out.absolute(), account_pdf(account, node.settings.node.facility, door(context).language), mode=0o644)
    act = drawn(account)
    with recovery.recorder() as record:
        record([act])
    stays = None if billing is None else _billing(node, billing)
    told = {fate: account.fates[fate] for fate in FATES} | {
        "entries": account.entries,
        "sound": account.sound,
        "against": account.against,
        "compared_at": account.compared_at,
        "journals": account.journals,
        "reasons": account.reasons,
        "wards": account.wards,
        "minutes": {one.ward: one.minutes for one in act.wards},
        "written": account.written,
        "written_back": account.written_back,
        "patients": account.patients,
        "ways": {one.way: asdict(one) for one in act.ways},
        "billing": stays and {"stays": stays.stays, "complete": stays.complete},
        "out": str(out),
    }
    answer(json, told, lambda: _for_people(account, act, out, stays))
    finish(0 if account.sound else 13)


def _lists(
    stack: contextlib.ExitStack, csv: Path | None, fhir: Path | None, at: str, *, drill: bool
) -> "list[AccountList | AccountLists]":
    """The lists that are asked for; they stand in place, whole, once *stack* is left."""
    from contrefeu.base import text_file
    from contrefeu.recovery import AccountList, AccountLists

    found: list[AccountList | AccountLists] = []
    if csv is not None:
        found.append(AccountList(stack.enter_context(text_file(csv.absolute(), 0o600))))
    if fhir is not None:
        file = stack.enter_context(text_file(fhir.absolute(), 0o600))
        found.append(stack.enter_context(contextlib.closing(AccountLists(file, at, drill=drill))))
    return found


_FATES = {
    "present": "present",
    "replayed": "sent back and accepted",
    "merged": "said again by the restored system",
    "set_aside": "set aside",
    "kept_here": "kept here",
    "unaccounted": "UNACCOUNTED",
}
_WAYS = {
    "data": "as data",
    "document": "as documents to be read",
    "retype": "typed from the list",
    "none": "does not go back",
}


def _for_people(account: "Account", act: "AccountDrawn", out: Path, stays: "BillingList | None") -> None:
    say(f"{account.entries} entries in the journals; {account.counted} counted")
    for fate, reasons in account.reasons.items():
        for why, count in reasons.most_common():
            say(f"  {_FATES[fate]}: {count}  {why}")
    for ward in act.wards:
        say(f"  left in {ward.ward or '?'}: {ward.left}, some {ward.minutes:.0f} min of typing")
    if account.written:
        say(f"  of {account.written} entries written here {account.written_back} are there without typing")
    for way in account.ways.values():
        if way.way != "data" or len(account.ways) > 1:
            back = f"{way.back} of {way.written} back, {way.left} left"
            say(f"  {_WAYS[way.way]}: {back}, some {way.minutes:.0f} min of typing")
    if stays is not None:
        say(f"  of {stays.stays} stays written here {stays.complete} hold all that billing needs")
    say(f"{'Sound' if account.sound else 'NOT SOUND'}: {out}")


def _billing(node: "Node", path: Path) -> "BillingList":
    """Write what billing needs of the stays of which people here wrote a step."""
    from contrefeu.base import text_file
    from contrefeu.cli.recovering import people
    from contrefeu.recovery import BillingList, stays_written

    with node.charts() as charts, text_file(path.absolute(), 0o644) as file:
        found = BillingList(file)
        for person in people(node, charts):
            chart = charts.chart(person.chart)
            for stay in stays_written(chart) if chart is not None else ():
                found.write(stay)
    return found
