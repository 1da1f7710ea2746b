"""Accounts and downtime as the acts of the station journals say, for commands."""

from collections.abc import Iterator
from typing import Any

from contrefeu.access import Account, Accounts, Downtime
from contrefeu.acts import Act, decode
from contrefeu.cli.node import STATION_SUFFIX, Node
from contrefeu.journal import Entry


def known_accounts(node: Node) -> list[Account]:
    """Who may log in and who may no longer, in order of login."""
    accounts = Accounts()
    for act, _entry in station_acts(node):
        accounts.apply(act)
    return sorted(accounts.all(), key=lambda account: account.login)


def downtime_state(node: Node) -> dict[str, Any]:
    """`state` ("normal" or "declared"), `since`, `wards`."""
    downtime = Downtime()
    for act, entry in station_acts(node):
        downtime.apply(act, entry.source)
    return {"state": downtime.state, "since": downtime.since, "wards": downtime.wards}


def station_acts(node: Node) -> Iterator[tuple[Act, Entry]]:
    """Every act of people here and of the node itself, with its entry, in journal order."""
    with node.charts() as charts:
        entries = charts.acts("")
    for entry in entries:
        # A feed makes no account and declares no downtime, whatever it sends.
        heard = entry.journal.endswith(STATION_SUFFIX) and node.counts(entry.journal)
        act = decode(entry.body) if heard else None
        if act is not None:
            yield act, entry
