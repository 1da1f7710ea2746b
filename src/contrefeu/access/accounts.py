"""Accounts: a pure fold over the acts of the stations' journals, so that a restored journal brings its users back.

Rules kept here:
  * Accounts come from acts and from nothing else; none is built in, none has a default secret (G3).
  * Same acts in the same order, same accounts.
  * A badge is a name, not a secret: it says who comes, a code lets them in. Given to two, it is whose it was last said
    to be; of somebody disabled it is nobody's.
  * An account disabled stays known by name: old entries must still say who did them.
"""

from dataclasses import dataclass, replace

from contrefeu.access.roles import in_scope, may, named, serves_house
from contrefeu.acts import AccountAdded, AccountDisabled, Act, SecretChanged, plain_login

FORMER_MAX = 4  # secrets before the one in force: nobody changes theirs five times in one outage


def plain_badge(typed: str) -> str:
    """Return a badge's number as accounts keep it: without what some readers type around and within it."""
    return "".join(c for c in typed.upper() if c.isalnum())


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody, or a machine, who may log in."""

    login: str
    name: str
    role: str
    wards: tuple[str, ...]
    secret_hash: str
    disabled: bool = False
    former: tuple[str, ...] = ()  # hashes of the secrets before, the last first: what was queued under them still opens

    def may(self, permission: str) -> bool:
        """Whether the role gives *permission* (access/roles.py)."""
        return not self.disabled and may(self.role, permission)

    @property
    def whole_house(self) -> bool:
        """Whether the role serves the whole house, not some wards."""
        return serves_house(self.role)

    def in_scope(self, ward: str) -> bool:
        """Whether a patient of *ward* is in this account's care."""
        return in_scope(self.role, self.wards, ward)

    def names(self, ward: str) -> bool:
        """Whether the account itself names *ward*, or every one: its role alone opens no protected identity (F24)."""
        return named(self.wards, ward)


class Accounts:
    """Everybody that the acts read so far have named."""

    def __init__(self) -> None:
        self._by_login: dict[str, Account] = {}
        self._by_badge: dict[str, str] = {}  # badge -> login

    def apply(self, act: Act) -> None:
        """Take one more act, in journal order."""
        if isinstance(act, AccountAdded):
            login = plain_login(act.login)
            former = self._former(login, act.secret_hash)
            self._by_login[login] = Account(login, act.name, act.role, tuple(act.wards), act.secret_hash, former=former)
            self._badge(login, act.badge or "")
        elif isinstance(act, AccountDisabled):
            self._change(act.login, disabled=True)
            self._badge(plain_login(act.login), "")
        elif isinstance(act, SecretChanged):
            self._change(act.login, secret_hash=act.secret_hash)

    def get(self, login: str) -> Account | None:
        """Return the account of *login* (case does not matter), disabled ones too."""
        return self._by_login.get(plain_login(login))

    def named(self, typed: str) -> Account | None:
        """Return whom *typed* names at the door: a login, else a badge."""
        return self.get(typed) or self._by_login.get(self._by_badge.get(plain_badge(typed), ""))

    def badge_of(self, login: str) -> str:
        """Return the badge of *login*, as `plain_badge` has it; "" for none."""
        return next((badge for badge, whose in self._by_badge.items() if whose == plain_login(login)), "")

    def all(self) -> list[Account]:
        """Return every account, by login."""
        return [self._by_login[login] for login in sorted(self._by_login)]

    def _badge(self, login: str, badge: str) -> None:
        """Give *login* its badge; the one of before, which may be lost, names nobody any more."""
        self._by_badge = {one: whose for one, whose in self._by_badge.items() if whose != login}
        if badge:
            self._by_badge[plain_badge(badge)] = login

    def _former(self, login: str, secret_hash: str) -> tuple[str, ...]:
        """The secrets before *secret_hash*; one that stays is none of them."""
        before = self._by_login.get(login)
        if before is None or before.secret_hash == secret_hash:
            return () if before is None else before.former
        return (before.secret_hash, *before.former)[:FORMER_MAX]

    def _change(self, login: str, *, disabled: bool | None = None, secret_hash: str | None = None) -> None:
        account = self._by_login.get(plain_login(login))
        if account is None:
            return  # an act about somebody whom no act has named: kept in the journal, nothing to change
        if disabled is not None:
            account = replace(account, disabled=disabled)
        if secret_hash is not None:
            account = replace(account, secret_hash=secret_hash, former=self._former(account.login, secret_hash))
        self._by_login[account.login] = account
