"""New accounts: the first administrator of a node, the staff of a demo, anybody else.

Rules kept here:
  * Each secret is drawn at random and returned once, beside the act that keeps its hash.
  * Demo accounts are made only by who asks for them: a real node starts with one administrator.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET

from contrefeu.access.accounts import plain_badge
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
    login = login.strip().casefold()
    if not _LOGIN.fullmatch(login):
        raise OperatorError("A login is 1 to 64 letters a-z, digits, '.', '_' or '-'.", safe="No account was made.")
    if role not in ROLES:
        raise OperatorError(
            f"{role!r} is no role.", safe="No account was made.", next=f"Choose one of: {', '.join(ROLES)}."
        )
    if secret is not None and len(secret) < SECRET_LENGTH_MIN:
        raise OperatorError(
            f"A secret has {SECRET_LENGTH_MIN} characters at least.", safe="No account was made.", next="Or give none."
        )
    badge = plain_badge(badge)
    if len(badge) > BADGE_LENGTH_MAX:
        raise OperatorError(f"A badge has {BADGE_LENGTH_MAX} letters and digits at most.", safe="No account was made.")
    secret = secret or new_secret("pin" if pin else "password")
    return NewAccount(AccountAdded(login, name, role, hash_secret(secret), list(wards), badge or UNSET), secret)


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
