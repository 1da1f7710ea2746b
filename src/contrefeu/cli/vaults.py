"""What the commands of vaults share: credentials in the home, a vault's lines in the settings, what to warn of.

Rules kept here:
  * Credentials go from a file to a file of the home, mode 0600; they are never an argument and never shown.
  * A store that does not keep what it locked is not taken for a vault unless the operator says so.
  * What is not known of a host is asked for, not assumed: health data may not lie anywhere (F43).
"""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from contrefeu.base import Clock, OperatorError, durable_makedirs, write_file
from contrefeu.cli.door import worded
from contrefeu.custody import HomePaths
from contrefeu.hospital import VaultSettings, parse_settings
from contrefeu.vault import (
    check_store,
    credentials_file,
    is_pulled,
    is_spool,
    make_vault,
    parse_s3,
    read_credentials,
)

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

EXPIRES_SOON_DAYS = 60  # a host's certificate is renewed by an audit, which takes as long


def credentials_for(home: Path, url: str, named: Path | None) -> Path | None:
    """The file that was named, or the one that the home keeps for the vault at *url*.

    Raises:
        OperatorError: No file has the name that was typed.
    """
    if named is not None and not named.exists():
        raise OperatorError(
            f"There is no file {named}.",
            safe="Nothing was changed.",
            next="Name the file that holds access_key and secret_key.",
        )
    return named if named is not None or not url.startswith("s3:") else HomePaths(home).vault_credentials


def add_vault(node: "Node", vault: VaultSettings, credentials: Path | None) -> None:
    """Take *vault* into the settings of *node*, made and checked.

    Raises:
        OperatorError: It is there already, gives way, or there is no place for it.
        VaultAway: It is out of reach.
    """
    settings = node.paths.settings
    given = credentials_for(node.paths.root, vault.url, credentials)
    if vault.certificate_expires:
        _date(vault.certificate_expires)
    if vault.url.startswith("s3:"):
        _check(vault, given)
    elif vault.url.startswith("file:") and any(known.url == vault.url for known in node.settings.vaults):
        make_vault(vault.url, outside=node.paths.root)  # another disk at an address that is known is made a vault too
    if any(known.url == vault.url for known in node.settings.vaults):
        raise OperatorError("That vault is in the settings already.", safe="The settings, as they were.")
    _prepare(node, vault.url, given)
    if given is not None and credentials is not None:
        durable_makedirs(node.paths.vault_credentials)
        write_file(credentials_file(node.paths.vault_credentials, vault.url), given.read_bytes())
    text = f"{settings.read_text().rstrip()}\n\n[[vaults]]\n{_lines(vault)}"
    parse_settings(text)
    write_file(settings, text.encode(), mode=0o640)


def _prepare(node: "Node", url: str, credentials: Path | None) -> None:
    """Make what there must be before the first copy: a vault, an offer to a vault host, or a folder for files."""
    from contrefeu.cli.separation import give_serving, give_vault

    if is_pulled(url):
        from contrefeu.cli.vault_host import prepare_offer

        prepare_offer(node, url)
    elif is_spool(url):
        from contrefeu.cli.vault_host import prepare_spool

        prepare_spool(url)
    else:
        make_vault(url, outside=node.paths.root, credentials=credentials)
        give_vault(node, url)
    give_serving(node, url)


def warnings_about(vault: VaultSettings, clock: Clock) -> list[str]:
    """What the data protection officer would ask, in plain words."""
    found = []
    if vault.plain_copy:
        found.append("a plain copy: who has the node's credentials can delete it")
    if vault.url.startswith("s3:") and not (vault.host and vault.country):
        found.append("it is not said who runs this vault and in which country (--host, --country)")
    if vault.url.startswith("s3:") and not vault.certificate:
        found.append("no hosting certificate for health data is named (--certificate, --certificate-expires)")
    if vault.certificate and not vault.certificate_expires:
        found.append("it is not said until when the hosting certificate is valid (--certificate-expires)")
    if vault.certificate_expires:
        today = dt.datetime.fromtimestamp(clock.now_ns() / 1e9, dt.UTC).date()
        left = (_date(vault.certificate_expires) - today).days
        if left < EXPIRES_SOON_DAYS:
            when = "expired on" if left < 0 else "expires on"
            found.append(f"the hosting certificate {when} {vault.certificate_expires}")
    return found


@contextlib.contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, when that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(worded(what), total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _check(vault: VaultSettings, credentials: Path | None) -> None:
    if parse_s3(vault.url).lock == "none":
        if not vault.plain_copy:
            raise OperatorError(
                "That address asks for no lock: such a store is a copy, and no protection.",
                safe="Nothing was changed.",
                next="Leave lock=none out, or take it as it is with --plain-copy.",
            )
        if credentials is not None and not credentials.is_dir():
            read_credentials(credentials)
        return
    if vault.plain_copy:
        return
    with progress("attempts") as told:
        found = check_store(vault.url, credentials, told)
    if not found.enforces:
        gave_way = [attempt.name for attempt in found.attempts if not attempt.refused]
        raise OperatorError(
            f"That store does not keep what it locked: {len(gave_way)} of {len(found.attempts)} attempts got through, "
            f'the first being "{gave_way[0]}".',
            safe="Nothing was added; the journals were not touched.",
            next="contrefeu vault check URL lists them. Use another store, or take it as a mere copy: --plain-copy.",
        )


def _lines(vault: VaultSettings) -> str:
    """The vault's lines in TOML: only what was said."""
    said = {field: value for field, value in msgspec.structs.asdict(vault).items() if value}
    return "".join(f"{field} = {msgspec.json.encode(value).decode()}\n" for field, value in said.items())


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise OperatorError(
            "The certificate's end is a date such as 2027-06-30.", safe="Nothing was changed."
        ) from None
