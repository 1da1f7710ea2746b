"""Accounts and downtime as the acts of the station journals say, for commands."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contrefeu.access import Account, Accounts, AidOn, Aids
from contrefeu.acts import AccountAdded, Act, CorrectedWards, Downtime, decode, plain_login
from contrefeu.cli.node import DIRECTORY, STATION_SUFFIX, Node
from contrefeu.journal import Entry


def known_accounts(node: Node) -> list[Account]:
    """Who may log in and who may no longer, in order of login."""
    return the_accounts(node).all()


def the_accounts(node: Node) -> Accounts:
    """All accounts, to be asked by login and badge."""
    accounts = Accounts()
    for act, entry in station_acts(node):
        accounts.apply(act, entry.source)
    return accounts


def of_the_directory(node: Node) -> list[str]:
    """The logins whose account is as the directory said last, in order; one given by hand since is somebody's own."""
    said = {plain_login(act.login): entry.source for act, entry in station_acts(node) if isinstance(act, AccountAdded)}
    return sorted(login for login, source in said.items() if source == DIRECTORY)


def downtime_state(node: Node) -> dict[str, Any]:
    """`state` ("normal" or "declared"), `since`, `wards`."""
    downtime = downtime_in(station_acts(node), node)
    return {"state": downtime.state, "since": downtime.since, "wards": downtime.wards}


def downtime_in(acts: Iterable[tuple[Act, Entry]], node: Node) -> Downtime:
    """The downtime in force, of *acts*: all that there are, in journal order."""
    corrected = CorrectedWards()
    downtime = Downtime(corrected.members, node.clock.now_ns)
    for act, entry in acts:
        corrected.apply(act, entry.source)
        downtime.apply(act, entry.source, entry.ref)
    return downtime


def aids_on(node: Node) -> Mapping[str, AidOn]:
    """The decision aids that the clinical safety officer turned on, each with who did and when."""
    return aids_in(station_acts(node))


def aids_in(acts: Iterable[tuple[Act, Entry]]) -> Mapping[str, AidOn]:
    """The same, of *acts*: all that there are, in journal order."""
    accounts, aids = Accounts(), Aids()
    for act, entry in acts:
        accounts.apply(act, entry.source)
        aids.apply(act, entry.source, accounts)
    return aids.on


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
