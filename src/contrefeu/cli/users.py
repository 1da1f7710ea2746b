"""`contrefeu users`: people and their roles, working with the directory down."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, say

app = typer.Typer(no_args_is_help=True, help="People and roles, working with the directory down.")


@app.command("add")
def add(
    context: typer.Context,
    login: Annotated[str, typer.Argument()],
    name: Annotated[str, typer.Option(help="As shown on screens and sheets.")],
    role: Annotated[str, typer.Option(help="nurse, physician, pharmacist, clerk, coordinator, recovery, ...")],
    ward: Annotated[list[str] | None, typer.Option(help="A ward they see; repeat; '*' is every ward.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="Read the secret there instead of drawing one.")] = None,
    json: Json = False,
) -> None:
    """Add a person, or replace what is known of them. The secret is shown once."""
    from contrefeu.access import new_account
    from contrefeu.acts import encode
    from contrefeu.cli.node import Node

    secret = secret_file.read_text().strip() if secret_file else None
    account = new_account(login, name, role, ward or [], secret)
    Node.at(door(context).home).record(encode(account.act))
    told = {"login": account.act.login, "role": role, "secret": "" if secret_file else account.secret}
    answer(json, told, lambda: say(f"{account.act.login}: {told['secret'] or '(the secret you gave)'}"))


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with the columns login, name, role, wards (separated by spaces).")],
    json: Json = False,
) -> None:
    """Add many people from a CSV file. Their secrets are shown once."""
    from contrefeu.access import new_account
    from contrefeu.acts import encode
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node

    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
        accounts = [new_account(r["login"], r["name"], r["role"], (r.get("wards") or "").split()) for r in rows]
    except (KeyError, OSError, UnicodeDecodeError):
        raise OperatorError(
            "That is not a CSV file with the columns login, name, role, wards.", safe="Nobody was added."
        ) from None
    Node.at(door(context).home).record(*(encode(account.act) for account in accounts))
    told = [{"login": a.act.login, "role": a.act.role, "secret": a.secret} for a in accounts]
    answer(json, {"users": told}, lambda: say("\n".join(f"{u['login']}: {u['secret']}" for u in told)))


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
