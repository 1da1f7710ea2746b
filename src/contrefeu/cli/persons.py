"""Who acts: somebody who says who they are at the console, and proves it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import worded

if TYPE_CHECKING:
    from contrefeu.acts import Act
    from contrefeu.cli.node import Node

As = Annotated[str, typer.Option("--as", metavar="LOGIN", help="Who you are; your secret is asked for.")]
SecretFile = Annotated[Path | None, typer.Option(help="Read your secret there instead of asking.")]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who said who they are, and proved it."""

    node: "Node"
    login: str
    roles: dict[str, str]  # of everybody

    def record(self, act: "Act") -> str:
        """Append *act* as theirs; returns its entry."""
        from contrefeu.acts import encode

        return self.node.record_as(self.login, encode(act))


def known_person(node: "Node", login: str, secret_file: Path | None, permission: str, *, what: str, who: str) -> Person:
    """Who *login* is.

    Args:
        node: The home.
        login: As they say.
        secret_file: Where their secret is; None: it is asked for.
        permission: What their role must give.
        what: What they want to do, in the audit and in the error.
        who: Whose task it is, in the error.

    Raises:
        OperatorError: The secret is not theirs, or they may not.
    """
    from contrefeu.access import secret_matches
    from contrefeu.base import OperatorError
    from contrefeu.cli.accounts import known_accounts

    accounts = {one.login: one for one in known_accounts(node) if not (one.disabled or one.temporary)}
    asked = worded(f"The secret of {login}")
    secret = secret_file.read_text().strip() if secret_file else typer.prompt(asked, hide_input=True, err=True)
    account = accounts.get(login.strip().casefold())
    if not secret_matches(account.secret_hash if account else None, secret) or account is None:
        node.audit("login", user=login, what=what, failed=True)
        raise OperatorError("That login and that secret let nobody in.", safe="Nothing was changed.")
    if not account.may(permission):
        raise OperatorError(
            f"The role {account.role} may not do this: {what}.", safe="Nothing was changed.", next=f"{who}."
        )
    return Person(node, account.login, {one.login: one.role for one in accounts.values()})
