"""The accounts beside the hospital's own staff list (MFN^M02): whom to enrol, and who has left.

Rules kept here:
  * Somebody of the list is the account whose login or badge is their number; else the one of their name.
  * A person whom the list never named is neither new nor gone: lists do not hold agency staff.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from contrefeu.access import Account, Accounts
from contrefeu.chart import fold
from contrefeu.mapping import Listed


@dataclass(frozen=True, slots=True)
class Unknown:
    """Somebody of the list who has no account."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody who left the list and may still log in."""

    login: str
    number: str
    name: str


@dataclass(slots=True)
class Comparison:
    """What differs."""

    listed: int = 0  # people who are on the list now
    without_account: list[Unknown] = field(default_factory=list)
    left: list[Gone] = field(default_factory=list)


def compared(staff: Iterable[Listed], accounts: Accounts) -> Comparison:
    """Return what differs between the list and the accounts, in the order of names."""
    here = [account for account in accounts.all() if not account.disabled]
    found = Comparison()
    for line in sorted(staff, key=lambda one: (one.name, one.number)):
        account = _account_of(line, accounts, here)
        found.listed += line.open
        if line.open and account is None:
            found.without_account.append(Unknown(line.number, line.name))
        elif not line.open and account is not None:
            found.left.append(Gone(account.login, line.number, line.name or account.name))
    return found


def _account_of(line: Listed, accounts: Accounts, here: list[Account]) -> Account | None:
    """The account of a person of the list that is in use."""
    numbered = accounts.named(line.number)
    if numbered is not None:
        return None if numbered.disabled else numbered
    words = sorted(fold(line.name).split())
    same = [account for account in here if words and sorted(fold(account.name).split()) == words]
    return same[0] if len(same) == 1 else None
