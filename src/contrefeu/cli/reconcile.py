"""`contrefeu reconcile`: the account of every entry of every journal."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.recovery import Account


def reconcile(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE.pdf", help="The account, to sign and file.")],
    csv: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="The same, one entry a line.")] = None,
    json: Json = False,
) -> None:
    """Say of every entry what became of it: present, replayed, merged, set aside, kept here, unaccounted.

    The sum is the number of entries in the journals. Exit status 13 when one is unaccounted, or the sum is another.
    """
    from contrefeu.base import rfc3339, write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.recovering import Recovery
    from contrefeu.recovery import FATES, FOUND_TABLE, Account, Accountant, AccountList, account_pdf, findings

    node = Node.at(door(context).home)
    node.audit("export", what="account of every entry")
    recovery = Recovery(node)
    account = Account(rfc3339(node.clock.now_ns()))
    with contextlib.ExitStack() as stack:
        table, ledger = stack.enter_context(recovery.ledger("reconcile", FOUND_TABLE))
        accountant = Accountant(table, ledger, account)
        if ledger.gap is not None:
            account.against, account.compared_at = ledger.gap.against, ledger.gap.at
            accountant.take_findings(findings(recovery.findings, ledger.gap.findings))
        lines = AccountList(stack.enter_context(csv.open("w", newline=""))) if csv is not None else None
        accountant.count(recovery.heads, recovery.entries(), recovery.closed, lines)
    write_file(out.absolute(), account_pdf(account, node.settings.node.facility, door(context).language), mode=0o644)
    told = {fate: account.fates[fate] for fate in FATES} | {
        "entries": account.entries,
        "sound": account.sound,
        "against": account.against,
        "compared_at": account.compared_at,
        "journals": account.journals,
        "reasons": account.reasons,
        "wards": account.wards,
        "patients": account.patients,
        "out": str(out),
    }
    answer(json, told, lambda: _for_people(account, out))
    finish(0 if account.sound else 13)


def _for_people(account: "Account", out: Path) -> None:
    say(f"{account.entries} entries in the journals; {account.counted} counted")
    for fate, reasons in account.reasons.items():
        for why, count in reasons.most_common():
            say(f"  {fate:12} {count:>9}  {why}")
    say(f"{'Sound' if account.sound else 'NOT SOUND'}: {out}")
