"""`contrefeu users`: people and their roles, working with the directory down."""

import csv
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.access import NewAccount

app = typer.Typer(no_args_is_help=True, help="People and roles, working with the directory down.")


@app.command("add")
def add(
    context: typer.Context,
    login: Annotated[str, typer.Argument()],
    name: Annotated[str, typer.Option(help="As shown on screens and sheets.")],
    role: Annotated[str, typer.Option(help="nurse, physician, pharmacist, clerk, coordinator, recovery, ...")],
    ward: Annotated[list[str] | None, typer.Option(help="A ward they see; repeat; '*' is every ward.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="Read the secret there instead of drawing one.")] = None,
    badge: Annotated[str, typer.Option(help="What a badge reader types for them; with their code it is a login.")] = "",
    digits: Annotated[bool, typer.Option("--digits", help="Draw a code of six digits instead of a password.")] = False,
    json: Json = False,
) -> None:
    """Add a person, or replace what is known of them. The secret is shown once."""
    from contrefeu.access import new_account
    from contrefeu.acts import encode
    from contrefeu.cli.node import Node

    secret = secret_file.read_text().strip() if secret_file else None
    account = new_account(login, name, role, ward or [], secret, badge=badge, pin=digits)
    Node.at(door(context).home).record(encode(account.act))
    told = {"login": account.act.login, "role": role, "secret": "" if secret_file else account.secret}
    answer(json, told, lambda: say(f"{account.act.login}: {told['secret'] or '(the secret you gave)'}"))


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV: login, name, role, wards (separated by spaces); also badge.")],
    digits: Annotated[bool, typer.Option("--digits", help="Draw codes of six digits instead of passwords.")] = False,
    json: Json = False,
) -> None:
    """Add many people from a CSV file. Their secrets are shown once."""
    from contrefeu.acts import encode
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node

    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
        accounts = [_account(row, pin=digits) for row in rows]
    except (KeyError, OSError, UnicodeDecodeError):
        raise OperatorError(
            "That is not a CSV file with the columns login, name, role, wards.", safe="Nobody was added."
        ) from None
    Node.at(door(context).home).record(*(encode(account.act) for account in accounts))
    told = [{"login": a.act.login, "role": a.act.role, "secret": a.secret} for a in accounts]
    answer(json, {"users": told}, lambda: say("\n".join(f"{u['login']}: {u['secret']}" for u in told)))


def _account(row: dict[str, str], *, pin: bool) -> "NewAccount":
    from contrefeu.access import new_account

    wards, badge = (row.get("wards") or "").split(), row.get("badge") or ""
    return new_account(row["login"], row["name"], row["role"], wards, badge=badge, pin=pin)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List who may log in."""
    from contrefeu.cli.accounts import known_accounts
    from contrefeu.cli.node import Node

    accounts = known_accounts(Node.at(door(context).home))
    told = [
        {"login": a.login, "name": a.name, "role": a.role, "wards": list(a.wards), "disabled": a.disabled}
        for a in accounts
    ]

    def for_people() -> None:
        for a in accounts:
            say(f"{a.login:16} {a.role:12} {a.name}{'  (disabled)' if a.disabled else ''}")

    answer(json, {"users": told}, for_people)


@app.command("compare")
def compare(context: typer.Context, json: Json = False) -> None:
    """Compare the accounts with the hospital's own staff list (MFN^M02): who has none yet, and who has left.

    A person of the list is somebody here whose badge or login is their number, or who has the same name.

    Exit status: 0 nobody has left   10 somebody who left the list may still log in
    """
    from contrefeu.cli.accounts import the_accounts
    from contrefeu.cli.node import Node
    from contrefeu.cli.staff import compared

    node = Node.at(door(context).home)
    with node.charts() as charts:
        found = compared(charts.staff(), the_accounts(node))

    def for_people() -> None:
        for one in found.without_account:
            say(f"no account  {one.number:16} {one.name}")
        for gone in found.left:
            say(f"HAS LEFT    {gone.number:16} {gone.name}: contrefeu users disable {gone.login}")
        say(f"{found.listed} on the list, {len(found.without_account)} without an account, {len(found.left)} left")

    answer(json, asdict(found), for_people)
    finish(10 if found.left else 0)


@app.command("disable")
def disable(
    context: typer.Context,
    login: Annotated[str, typer.Argument()],
    reason: Annotated[str, typer.Option(help="Why; kept with the act.")] = "",
    json: Json = False,
) -> None:
    """Let nobody log in by this login any more."""
    from contrefeu.acts import AccountDisabled, encode
    from contrefeu.base import OperatorError
    from contrefeu.cli.accounts import known_accounts
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    if login not in {account.login for account in known_accounts(node)}:
        raise OperatorError(f"Nobody has the login {login!r}.", next="contrefeu users list")
    node.record(encode(AccountDisabled(login, reason)))
    answer(json, {"login": login, "disabled": True}, lambda: say(f"{login}: disabled"))
