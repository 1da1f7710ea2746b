"""Accounts and downtime as the acts of the station journals say, for commands."""

from collections.abc import Iterator
from typing import Any

from contrefeu.access import Account, Accounts, Downtime
from contrefeu.acts import Act, decode
from contrefeu.cli.node import STATION_SUFFIX, Node


def known_accounts(node: Node) -> list[Account]:
    """Who may log in and who may no longer, in order of login."""
    accounts = Accounts()
    for act, _by in _acts(node):
        accounts.apply(act)
    return sorted(accounts.all(), key=lambda account: account.login)


def downtime_state(node: Node) -> dict[str, Any]:
    """`state` ("normal" or "declared"), `since`, `wards`."""
    downtime = Downtime()
    for act, by in _acts(node):
        downtime.apply(act, by)
    return {"state": downtime.state, "since": downtime.since, "wards": downtime.wards}


def _acts(node: Node) -> Iterator[tuple[Act, str]]:
    with node.charts() as charts:
        entries = charts.acts("")
    for entry in entries:
        # A feed makes no account and declares no downtime, whatever it sends.
        act = decode(entry.body) if entry.journal.endswith(STATION_SUFFIX) else None
        if act is not None:
            yield act, entry.source
