"""New accounts: the first administrator of a node, the staff of a demo, a list of people, anybody else.

Rules kept here:
  * Who is known keeps their secret when a list names them again: a list that is read each night locks nobody out.
  * Who was disabled stays so, whatever a list says.
  * Each secret is drawn at random and returned once, beside the act that keeps its hash.
  * Demo accounts are made only by who asks for them: a real node starts with one administrator.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET
from msgspec.structs import replace

from contrefeu.access.accounts import Account, Accounts, plain_badge
from contrefeu.access.roles import EVERY_WARD, ROLES
from contrefeu.access.secrets import SECRET_LENGTH_MIN, hash_secret, new_secret
from contrefeu.acts import AccountAdded
from contrefeu.base import OperatorError

BADGE_LENGTH_MAX = 64  # characters, as what is typed at the door; card numbers have 20 at most
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An act to append, and the secret to give to its owner."""

    act: AccountAdded
    secret: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a list has them."""

    login: str
    name: str
    role: str
    wards: tuple[str, ...] = ()
    badge: str | None = None  # None: the list says nothing of badges


State = Literal["new", "changed", "as before", "disabled here", "another role here"]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What becomes of somebody on a list; *account* is None where nothing is to be written."""

    person: Person
    state: State
    account: NewAccount | None = None

    @property
    def secret(self) -> str:
        """What to give to who is new; "" for who has theirs."""
        return self.account.secret if self.account is not None else ""


def enrolled(
    people: Iterable[Person],
    accounts: Accounts,
    *,
    pin: bool,
    roles: Iterable[str] = ROLES,
    owned: Iterable[str] | None = None,
) -> list[Enrolment]:
    """Say what becomes of everybody on a list.

    Args:
        people: The list.
        accounts: Who is known.
        pin: Whether secrets are codes of six digits.
        roles: Which roles of people here the list may change.
        owned: Logins that the list itself enrolled; any other that it names it takes over. None: whose they are is
            nothing to it.

    Raises:
        OperatorError: A login, a role or a badge cannot be.
    """
    changeable, own = frozenset(roles), None if owned is None else frozenset(owned)
    done = []
    for person in people:
        is_own = own is None or person.login in own
        done.append(_enrolment(person, accounts, changeable, pin=pin, is_own=is_own))
    return done


def _enrolment(person: Person, accounts: Accounts, roles: frozenset[str], *, pin: bool, is_own: bool) -> Enrolment:
    known = accounts.get(person.login)
    if known is None:
        made = new_account(person.login, person.name, person.role, person.wards, badge=person.badge or "", pin=pin)
        return Enrolment(person, "new", made)
    if known.disabled:
        return Enrolment(person, "disabled here")
    if known.role not in roles:
        return Enrolment(person, "another role here")
    before = accounts.badge_of(known.login)
    badge = before if person.badge is None else plain_badge(person.badge)
    if is_own and _said(known, before) == (person.name, person.role, person.wards, badge):
        return Enrolment(person, "as before")
    act = _account(known.login, person.name, person.role, person.wards, badge, known.secret_hash)
    return Enrolment(person, "changed", NewAccount(act, ""))


def _said(known: Account, badge: str) -> tuple[str, str, tuple[str, ...], str]:
    return known.name, known.role, known.wards, badge


def login_is_sound(login: str) -> bool:
    """Whether *login* can be one, in small letters."""
    return _LOGIN.fullmatch(login) is not None


def new_account(
    login: str,
    name: str,
    role: str,
    wards: Sequence[str] = (),
    secret: str | None = None,
    *,
    badge: str = "",
    pin: bool = False,
) -> NewAccount:
    """Make an account; its secret, or its code of six digits, is drawn when none is given.

    Raises:
        OperatorError: The login, the role, the badge or the secret cannot be.
    """
    if secret is not None and len(secret) < SECRET_LENGTH_MIN:
        raise OperatorError(
            f"A secret has {SECRET_LENGTH_MIN} characters at least.", safe="No account was made.", next="Or give none."
        )
    act = _account(login, name, role, wards, badge, "")
    secret = secret or new_secret("pin" if pin else "password")
    return NewAccount(replace(act, secret_hash=hash_secret(secret)), secret)


def _account(login: str, name: str, role: str, wards: Sequence[str], badge: str, secret_hash: str) -> AccountAdded:
    """The act; what cannot be is refused before a secret is hashed, which takes its time."""
    login = login.strip().casefold()
    if not login_is_sound(login):
        raise OperatorError("A login is 1 to 64 letters a-z, digits, '.', '_' or '-'.", safe="No account was made.")
    if role not in ROLES:
        raise OperatorError(
            f"{role!r} is no role.", safe="No account was made.", next=f"Choose one of: {', '.join(ROLES)}."
        )
    badge = plain_badge(badge)
    if len(badge) > BADGE_LENGTH_MAX:
        raise OperatorError(f"A badge has {BADGE_LENGTH_MAX} letters and digits at most.", safe="No account was made.")
    return AccountAdded(login, name, role, secret_hash, list(wards), badge or UNSET)


def first_administrator() -> NewAccount:
    """Make the account that `init` prints once."""
    return new_account("admin", "Administrateur", "admin", [EVERY_WARD])


def demo_accounts(wards: Sequence[str] = ()) -> list[NewAccount]:
    """Make one account a role for a demo; one more nurse is bound to the first of *wards*, to show the glass."""
    staff = [
        ("nadia", "Nadia Benali", "nurse", [EVERY_WARD]),
        ("martin", "Dr Claire Martin", "physician", [EVERY_WARD]),
        ("pharma", "Paul Girard", "pharmacist", [EVERY_WARD]),
        ("labo", "Samir Haddad", "laboratory", [EVERY_WARD]),
        ("accueil", "Inès Robert", "clerk", [EVERY_WARD]),
        ("crise", "Hélène Morel", "coordinator", [EVERY_WARD]),
        ("reprise", "Yann Le Goff", "recovery", [EVERY_WARD]),
        ("surete", "Dr Alice Fabre", "safety", [EVERY_WARD]),
        ("rssi", "Marc Lefèvre", "security", []),
        ("dpo", "Sophie Caron", "dpo", []),
        ("admin", "Administrateur", "admin", []),
        ("machine", "Client FHIR", "system", [EVERY_WARD]),
    ]
    if wards:
        staff.append(("lucas", f"Lucas Petit ({wards[0]})", "nurse", [wards[0]]))
    return [new_account(*row) for row in staff]
