"""From a vault's address to the vault: the table of kinds."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from contrefeu.base import OperatorError
from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.pairing import is_pulled


def open_vault(url: str) -> DirectoryVault:
    """The vault at *url*; whether it answers shows when it is used.

    Raises:
        OperatorError: *url* is of no kind that is known here.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path.startswith("/"):
        return DirectoryVault(url, Path(unquote(parts.path)))
    if is_pulled(url):
        raise OperatorError(
            "Copies that are pulled lie on the vault host that pulls them.",
            safe="Nothing was changed.",
            next="There: contrefeu vault verify file:///HOST/copies/NODE, and restore from the same address.",
        )
    raise OperatorError(
        f"{url} is no address of a vault.",
        safe="Nothing was changed.",
        next="Write file:///FOLDER, the folder's whole path after two slashes.",
    )


def make_vault(url: str, *, outside: Path) -> DirectoryVault:
    """Make the vault at *url*, or find that it is there.

    Args:
        url: Where.
        outside: The home: a copy inside it would be lost with it.

    Raises:
        OperatorError: There is no place for it.
        VaultAway: The disk refuses.
    """
    vault = open_vault(url)
    place = vault.folder("").resolve()
    home = outside.resolve()
    if place == home or home in place.parents or place in home.parents:
        raise OperatorError(
            "The vault would lie inside the home, or around it: both would be lost together.",
            safe="Nothing was changed.",
            next="Name a folder on another disk.",
        )
    vault.make()
    return vault
