"""`contrefeu users`: people and their roles, working with the directory down."""

import csv
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.command_line import CommandLineError
from contrefeu.cli.door import Json, answer, door, finish, say, whisper

if TYPE_CHECKING:
    from contrefeu.access import Account, Enrolment, Person
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node

Digits = Annotated[bool, typer.Option("--digits", help="Draw codes of six digits instead of passwords.")]

app = typer.Typer(no_args_is_help=True, help="People and roles, working with the directory down.")


@app.command("add")
def add(
    context: typer.Context,
    login: Annotated[str, typer.Argument()],
    name: Annotated[str, typer.Option(help="As shown on screens and sheets; always needed.")] = "",
    role: Annotated[
        str, typer.Option(help="nurse, physician, pharmacist, clerk, coordinator, recovery, ...; always needed.")
    ] = "",
    ward: Annotated[list[str] | None, typer.Option(help="A ward they see; repeat; '*' is every ward.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="Read the secret there instead of drawing one.")] = None,
    badge: Annotated[str, typer.Option(help="What a badge reader types for them; with their code it is a login.")] = "",
    digits: Digits = False,
    json: Json = False,
) -> None:
    """Add a person, or replace what is known of them, with a new secret. The secret is shown once."""
    from contrefeu.access import new_account
    from contrefeu.acts import encode
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    known = _known(node, login)
    if not (name and role):
        if known is not None:
            raise _exists(known)
        raise CommandLineError(
            "A new person needs --name and --role.", safe="Nobody was added.", next="contrefeu users add --help"
        )
    secret = secret_file.read_text().strip() if secret_file else None
    account = new_account(login, name, role, ward or [], secret, badge=badge, pin=digits)
    node.record(encode(account.act))
    told = {
        "login": account.act.login,
        "role": role,
        "secret": "" if secret_file else account.secret,
        "replaced": known is not None,
    }

    def for_people() -> None:
        say(f"{account.act.login}: {told['secret'] or '(the secret you gave)'}")
        if known is not None:
            whisper(f"{known.login} existed and is replaced: {known.name}, {_place(known)}. The secret before is void.")

    answer(json, told, for_people)


def _known(node: "Node", login: str) -> "Account | None":
    """Who has *login*; nobody while the charts cannot be read, for people come in all the same."""
    from contrefeu.base import StorageError
    from contrefeu.cli.accounts import the_accounts

    try:
        return the_accounts(node).get(login)
    except StorageError:
        return None


def _exists(known: "Account") -> "OperatorError":
    from contrefeu.base import OperatorError

    wards = [word for ward in known.wards for word in ("--ward", ward)]
    again = ["contrefeu", "users", "add", known.login, "--name", known.name, "--role", known.role, *wards]
    return OperatorError(
        f"The login {known.login} exists already: {_place(known)}.",
        safe="It is as it was.",
        next=f"Another person: choose another login.\n"
        f"A new secret, for who forgot theirs: {shlex.join(again)}\n"
        "Another name, role or wards, with the secret kept: contrefeu users import FILE",
    )


def _place(account: "Account") -> str:
    """What somebody is, and where."""
    return " ".join([account.role, *account.wards, *(["(disabled)"] if account.disabled else [])])


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV: login, name, role, wards (separated by spaces); also badge.")],
    digits: Digits = False,
    json: Json = False,
) -> None:
    """Add many people from a CSV file; secrets of who is new are shown once, and who is known keeps theirs."""
    from contrefeu.base import OperatorError
    from contrefeu.cli.accounts import the_accounts
    from contrefeu.cli.node import Node

    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            people = [_person(row) for row in csv.DictReader(lines)]
    except (KeyError, OSError, UnicodeDecodeError):
        raise OperatorError(
            "That is not a CSV file with the columns login, name, role, wards.", safe="Nobody was added."
        ) from None
    from contrefeu.access import enrolled

    node = Node.at(door(context).home)
    done = enrolled(people, the_accounts(node), pin=digits)
    _record(node, done)
    answer(json, {"users": _told(done)}, lambda: _say_enrolled(done))


def _person(row: dict[str, str]) -> "Person":
    from contrefeu.access import Person

    badge = row.get("badge", "") or "" if "badge" in row else None
    return Person(row["login"], row["name"], row["role"], tuple((row.get("wards") or "").split()), badge)


@app.command("directory")
def directory(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Option(help="LDIF that was written before; without it the directory is asked.")
    ] = None,
    digits: Digits = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Enrol nobody; say what would be done.")] = False,
    json: Json = False,
) -> None:
    """Enrol the members of groups of the hospital's directory (LDAP), ahead: `[directory]` says which.

    Who is new has a secret drawn, shown once; who is known keeps theirs. Nobody is disabled: who left the directory is
    named, and somebody decides. The directory is asked now, and never at the door.

    Exit status: 0 nobody has left   10 somebody who left the directory may still log in, or nobody is in its groups
    """
    from contrefeu.access import Attributes, enrolled, roll_of
    from contrefeu.cli.accounts import of_the_directory, the_accounts
    from contrefeu.cli.directory import read
    from contrefeu.cli.node import DIRECTORY, Node
    from contrefeu.hospital import DIRECTORY_ROLES

    node = Node.at(door(context).home)
    settings = node.settings.directory
    attributes = Attributes(settings.login, settings.name, settings.badge)
    roll = roll_of(read(settings, file), attributes, settings.groups)
    accounts, owned = the_accounts(node), of_the_directory(node)
    done = enrolled(roll.people, accounts, pin=digits, roles=DIRECTORY_ROLES, owned=owned)
    here = {person.login for person in roll.people}
    known = (accounts.get(login) for login in owned if login not in here)
    left = [account for account in known if account is not None and not account.disabled]
    if not dry_run:
        _record(node, done, DIRECTORY)
    told = {
        "users": _told(done),
        "left": [one.login for one in left],
        "no_group": roll.no_group,
        "locked": roll.locked,
        "no_login": roll.no_login,
        "empty_groups": roll.empty,
        "dry_run": dry_run,
    }

    def for_people() -> None:
        _say_enrolled(done, drawn=not dry_run)
        for one in left:
            say(f"HAS LEFT    {one.login:16} {one.name}: contrefeu users disable {one.login}")
        for dn in roll.no_login:
            say(f"no login    {dn}")
        for dn in roll.empty:
            say(f"NOBODY IN   {dn}")
        say(f"{len(roll.people)} people in the groups, {roll.no_group} in none, {roll.locked} locked by the directory")
        if not roll.people:
            say("NOBODY was found, and nobody is enrolled: compare base, filter, login and groups in [directory].")

    answer(json, told, for_people)
    finish(10 if left or not roll.people else 0)


def _record(node: "Node", done: "list[Enrolment]", source: str = "") -> None:
    from contrefeu.acts import encode

    node.record(*(encode(one.account.act) for one in done if one.account is not None), source=source)


def _told(done: "list[Enrolment]") -> list[dict[str, str]]:
    return [
        {"login": one.person.login, "role": one.person.role, "state": one.state, "secret": one.secret} for one in done
    ]


_SAID = {"changed": "changed", "disabled here": "disabled here", "another role here": "has another role here"}


def _say_enrolled(done: "list[Enrolment]", *, drawn: bool = True) -> None:
    """Each new one with their secret, who was left as they are with the reason, and how many were as before."""
    for one in done:
        if one.state == "new":
            say(f"{one.person.login}: {one.secret if drawn else '(new)'}")
        elif one.state != "as before":
            say(f"{one.person.login}: {_SAID[one.state]}")
    say(f"{sum(one.state == 'as before' for one in done)} as before")


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List who may log in."""
    from contrefeu.cli.accounts import known_accounts
    from contrefeu.cli.node import Node

    accounts = known_accounts(Node.at(door(context).home))
    told = [
        {
            "login": a.login,
            "name": a.name,
            "role": a.role,
            "wards": list(a.wards),
            "disabled": a.disabled,
            "until": a.agency_until,
        }
        for a in accounts
    ]

    def for_people() -> None:
        for a in accounts:
            until = f"  (agency, until {a.agency_until[:16]}Z)" if a.agency_until else ""
            say(f"{a.login:16} {a.role:12} {a.name}{until}{'  (disabled)' if a.disabled else ''}")

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
    from contrefeu.cli.accounts import the_accounts
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    known = the_accounts(node).get(login)
    if known is None:
        raise OperatorError(f"Nobody has the login {login!r}.", next="contrefeu users list")
    node.record(encode(AccountDisabled(known.login, reason)))
    answer(json, {"login": known.login, "disabled": True}, lambda: say(f"{known.login}: disabled"))
