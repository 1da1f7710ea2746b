"""Temporary accounts as pages list them: who was let in, by which two, until when, and what became of it (F20).

Rules kept here:
  * What two could not say is listed too, as what it is: it let nobody in.
  * Who ended one is who said so; of one that ended of itself nobody did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from contrefeu.access import Account
from contrefeu.acts import AccountDisabled, Profession, TemporaryAccountMade, login_of, plain_login
from contrefeu.base import rfc3339
from contrefeu.station.staff import Staff

State = Literal["first", "open", "over", "ended", "unfounded"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of two, by name."""

    by: str
    second: str
    at: str  # RFC 3339


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """One temporary account."""

    login: str
    name: str
    profession: Profession
    ward: str
    words: Sequence[Word]  # that made it, then those that prolonged it
    until: str  # RFC 3339
    state: State
    makers: frozenset[str] = frozenset()  # logins
    ended_by: str = ""  # by name; "" when nobody did
    ended_at: str = ""  # RFC 3339

    @property
    def counts(self) -> bool:
        """Whether it lets somebody in now."""
        return self.state in ("first", "open")


def agency_lines(staff: Staff) -> list[AgencyLine]:
    """Return every temporary account that was ever made: those that count first, then the newest first."""
    made = {account.login: account for account in staff.accounts.temporary()}
    ends, unfounded = _ends(staff), staff.accounts.unfounded
    found = [_line(staff, account, ends) for account in made.values()]
    found += [_unfounded(staff, by, act) for by, act in unfounded]
    found.sort(key=lambda one: one.words[0].at, reverse=True)
    return sorted(found, key=lambda one: not one.counts)


def open_on(staff: Staff, ward: str) -> list[AgencyLine]:
    """Return those that count on a ward, under any of its names."""
    names = staff.wards.members(ward)
    return [one for one in agency_lines(staff) if one.counts and one.ward in names]


def _line(staff: Staff, account: Account, ends: Mapping[str, tuple[str, str]]) -> AgencyLine:
    said = account.temporary
    assert said is not None, "only temporary accounts are asked for"
    words = [Word(_name(staff, one.by), _name(staff, one.second), one.at) for one in said.words]
    by, at = ends.get(account.login, ("", "")) if account.disabled else ("", "")
    state: State = "first" if account.first_code else "open"
    if account.disabled and by:
        state = "ended"
    elif staff.ended(account):
        state, at = "over", said.until
    return AgencyLine(
        account.login,
        account.name,
        said.profession,
        said.ward,
        words,
        said.until,
        state,
        said.makers,
        _name(staff, by) if by else "",
        at,
    )


def _unfounded(staff: Staff, by: str, act: TemporaryAccountMade) -> AgencyLine:
    words = [Word(_name(staff, by), _name(staff, plain_login(act.second)), act.at)]
    return AgencyLine(plain_login(act.login), act.name, act.profession, act.ward, words, act.until, "unfounded")


def _ends(staff: Staff) -> dict[str, tuple[str, str]]:
    """Who ended an account first, and when."""
    found: dict[str, tuple[str, str]] = {}
    for entry, act in staff.acts:
        if isinstance(act, AccountDisabled):
            by = login_of(entry.source) or entry.source
            found.setdefault(plain_login(act.login), (by, rfc3339(entry.received_ns)))
    return found


def _name(staff: Staff, login: str) -> str:
    account = staff.accounts.get(login)
    return account.name if account else login
