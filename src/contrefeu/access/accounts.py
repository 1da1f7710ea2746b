"""Accounts: a pure fold over the acts of the stations' journals, so that a restored journal brings its users back.

Rules kept here:
  * Accounts come from acts and from nothing else; none is built in, none has a default secret (G3).
  * Same acts in the same order, same accounts.
  * A badge is a name, not a secret: it says who comes, a code lets them in. Given to two, it is whose it was last said
    to be; of somebody disabled it is nobody's.
  * A passkey is its owner's until they remove it or are disabled; an account said again keeps its passkeys, so that
    an import of the whole staff takes nobody's.
  * An account disabled stays known by name: old entries must still say who did them.
  * A temporary account is what two said (temporary.py); said by an administrator it is one like any other.
"""

from dataclasses import dataclass, replace

from contrefeu.access.roles import EVERY_WARD, TEMPORARY_MAY, in_scope, may, named, serves_house
from contrefeu.access.temporary import Temporary, physician_needed, role_of, vouched
from contrefeu.acts import (
    AccountAdded,
    AccountDisabled,
    Act,
    PasskeyAdded,
    PasskeyRemoved,
    SecretChanged,
    TemporaryAccountEnded,
    TemporaryAccountMade,
    TemporaryAccountProlonged,
    login_of,
    plain_login,
)

FORMER_MAX = 4  # secrets before the one in force: nobody changes theirs five times in one outage


def plain_badge(typed: str) -> str:
    """Return a badge's number as accounts keep it: without what some readers type around and within it."""
    return "".join(c for c in typed.upper() if c.isalnum())


PASSKEYS_MAX = 10  # of one account: a key on the ring, one in the drawer, some PCs


@dataclass(frozen=True, slots=True)
class Passkey:
    """The public half of a key that lets its owner in."""

    credential: str  # its id, base64url
    public_key: str  # COSE_Key, base64url
    site: str  # that the browser bound it to
    label: str
    at: str  # RFC 3339


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
    passkeys: tuple[Passkey, ...] = ()
    temporary: Temporary | None = None  # who was let in by two, for a day at most

    def may(self, permission: str) -> bool:
        """Whether the role gives *permission* (access/roles.py)."""
        if self.disabled or self.first_code or (self.temporary and permission not in TEMPORARY_MAY):
            return False
        return may(self.role, permission)

    @property
    def first_code(self) -> bool:
        """Whether the secret is still the one that others saw: its owner changes it before anything else."""
        return self.temporary is not None and self.secret_hash == self.temporary.first_hash

    @property
    def agency_until(self) -> str:
        """When a temporary account ends; "" for any other."""
        return self.temporary.until if self.temporary else ""

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
        self._forms: set[str] = set()  # keys of the forms of two that counted
        self.unfounded: list[tuple[str, TemporaryAccountMade]] = []  # source, act: said by two who could not

    def apply(self, act: Act, source: str = "") -> None:
        """Take one more act, in journal order; *source* is its entry's."""
        if isinstance(act, TemporaryAccountMade | TemporaryAccountProlonged):
            self._vouched(act, login_of(source))
        elif isinstance(act, AccountAdded):
            login = plain_login(act.login)
            before = self._by_login.get(login)
            self._by_login[login] = Account(
                login,
                act.name,
                act.role,
                tuple(act.wards),
                act.secret_hash,
                former=self._former(login, act.secret_hash),
                passkeys=before.passkeys if before else (),
            )
            self._badge(login, act.badge or "")
        elif isinstance(act, TemporaryAccountEnded):
            known = self.get(act.login)
            if known and known.temporary and known.agency_until == act.until:
                self._change(act.login, disabled=True, passkeys=())
                self._badge(known.login, "")
        elif isinstance(act, AccountDisabled):
            self._change(act.login, disabled=True, passkeys=())
            self._badge(plain_login(act.login), "")
        elif isinstance(act, SecretChanged):
            self._change(act.login, secret_hash=act.secret_hash)
        elif isinstance(act, PasskeyAdded):
            mine = (*self._passkeys(act), Passkey(act.credential, act.public_key, act.site, act.label, act.at))
            self._change(act.login, passkeys=mine[-PASSKEYS_MAX:])
        elif isinstance(act, PasskeyRemoved):
            self._change(act.login, passkeys=self._passkeys(act))

    def get(self, login: str) -> Account | None:
        """Return the account of *login* (case does not matter), disabled ones too."""
        return self._by_login.get(plain_login(login))

    def named(self, typed: str) -> Account | None:
        """Return whom *typed* names at the door: a login, else a badge."""
        return self.get(typed) or self._by_login.get(self._by_badge.get(plain_badge(typed), ""))

    def badge_of(self, login: str) -> str:
        """Return the badge of *login*, as `plain_badge` has it; "" for none."""
        return next((badge for badge, whose in self._by_badge.items() if whose == plain_login(login)), "")

    def by_passkey(self, credential: str) -> tuple[Account, Passkey] | None:
        """Return whose passkey *credential* names, and that passkey."""
        every = ((account, one) for account in self._by_login.values() for one in account.passkeys)
        return next((found for found in every if found[1].credential == credential), None)

    def all(self) -> list[Account]:
        """Return every account, by login."""
        return [self._by_login[login] for login in sorted(self._by_login)]

    def temporary(self) -> list[Account]:
        """Return the temporary accounts, ended ones too, by login."""
        return [one for one in self.all() if one.temporary]

    def known_form(self, key: str) -> bool:
        """Whether a form of two counts already."""
        return key in self._forms

    def vouches(self, login: str) -> Account | None:
        """Return the account of *login* if it is one that may vouch for somebody."""
        account = self.get(login)
        return account if account and account.may("vouch") else None

    def _vouched(self, act: TemporaryAccountMade | TemporaryAccountProlonged, by: str) -> None:
        """Let somebody in, or go on, by the word of two."""
        if self.known_form(act.key):
            return
        word, login = vouched(by, act), plain_login(act.login)
        two, known = [self.vouches(by), self.vouches(act.second)], self._by_login.get(login)
        roles = [one.role for one in two if one]
        sound = word is not None and len(roles) == 2 and word.by != word.second and word.at_ns < word.until_ns
        if isinstance(act, TemporaryAccountProlonged):
            if sound and word and known and not known.disabled and known.temporary:
                before = known.temporary
                if word.at_ns < before.words[-1].until_ns and not physician_needed(before.profession, *roles):
                    self._forms.add(act.key)
                    self._by_login[login] = replace(known, temporary=replace(before, words=(*before.words, word)))
            return
        whole = bool(login) and act.ward not in ("", EVERY_WARD)
        if not (sound and word and whole) or known or physician_needed(act.profession, *roles):
            self.unfounded.append((by, act))
            return
        self._forms.add(act.key)
        said = Temporary(act.ward, act.profession, act.secret_hash, (word,))
        role = role_of(act.profession)
        self._by_login[login] = Account(login, act.name, role, (act.ward,), act.secret_hash, temporary=said)
        if act.badge and plain_badge(act.badge) not in self._by_badge:
            self._badge(login, act.badge)

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

    def _passkeys(self, act: PasskeyAdded | PasskeyRemoved) -> tuple[Passkey, ...]:
        """Those of an account, without the one that *act* speaks of."""
        account = self.get(act.login)
        return tuple(one for one in account.passkeys if one.credential != act.credential) if account else ()

    def _change(
        self,
        login: str,
        *,
        disabled: bool | None = None,
        secret_hash: str | None = None,
        passkeys: tuple[Passkey, ...] | None = None,
    ) -> None:
        account = self._by_login.get(plain_login(login))
        if account is None:
            return  # an act about somebody whom no act has named: kept in the journal, nothing to change
        if disabled is not None:
            account = replace(account, disabled=disabled)
        if secret_hash is not None:
            account = replace(account, secret_hash=secret_hash, former=self._former(account.login, secret_hash))
        if passkeys is not None:
            account = replace(account, passkeys=passkeys)
        self._by_login[account.login] = account
