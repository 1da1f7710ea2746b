"""From a vault's address to the vault: the table of kinds."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from contrefeu.base import OperatorError
from contrefeu.vault.address import Credentials, credentials_file, parse_s3, read_credentials
from contrefeu.vault.checked import Checked, Told
from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.folder_attempts import check_folder
from contrefeu.vault.pace import Pace
from contrefeu.vault.pairing import is_pulled
from contrefeu.vault.place import Vault
from contrefeu.vault.spool import is_spool

KINDS = "file:///FOLDER or s3://BUCKET/PREFIX?endpoint=https://HOST&days=400"


def lies_elsewhere(url: str) -> bool:
    """Whether what is copied to *url* lies on a vault host, which takes it by itself: a node cannot look into it."""
    return is_pulled(url) or is_spool(url)


def open_vault(url: str, credentials: Path | None = None, *, bytes_per_s: int = 0) -> Vault:
    """The vault at *url*; whether it answers shows when it is used.

    Args:
        url: Where.
        credentials: The file of the node's credentials there, or the folder of a home where each vault's lie.
        bytes_per_s: At most so many are sent; 0 is no limit.

    Raises:
        OperatorError: *url* is of no kind that is known here, or there are no credentials for it.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path.startswith("/"):
        return DirectoryVault(url, Path(unquote(parts.path)), Pace(bytes_per_s))
    if parts.scheme == "s3":
        return _object_store(url, credentials, bytes_per_s)
    if lies_elsewhere(url):
        raise OperatorError(
            "Copies that are pulled, or sent one way, lie on the vault host that takes them.",
            safe="Nothing was changed.",
            next="There: contrefeu vault verify file:///HOST/copies/NODE, and restore from the same address.",
        )
    raise OperatorError(
        f"{url} is no address of a vault.",
        safe="Nothing was changed.",
        next=f"Write {KINDS}: a folder's whole path after two slashes, or a bucket.",
    )


def make_vault(url: str, *, outside: Path, credentials: Path | None = None) -> Vault:
    """Make the vault at *url*, or find that it is there.

    Args:
        url: Where.
        outside: The home: a copy inside it would be lost with it.
        credentials: As in `open_vault`.

    Raises:
        OperatorError: There is no place for it.
        VaultAway: The disk, or the store, refuses.
    """
    vault = open_vault(url, credentials)
    if isinstance(vault, DirectoryVault):
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


def check_store(url: str, credentials: Path | None, told: Told) -> Checked:
    """Try on the store at *url* what somebody with the node's credentials would.

    Raises:
        OperatorError: As in `open_vault`.
        VaultAway: It is out of reach, or takes nothing that can be tried on.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3":
        vault = open_vault(url)
        folder = vault.folder("")
        return check_folder(folder if folder.is_dir() else folder.parent, told)
    address, found = parse_s3(url), _credentials(url, credentials)
    with _boto3():
        from contrefeu.vault.attempts import StoreCheck  # noqa: PLC0415
    return StoreCheck(address, found).run(told)


def _object_store(url: str, credentials: Path | None, bytes_per_s: int) -> Vault:
    address, found = parse_s3(url), _credentials(url, credentials)
    with _boto3():
        from contrefeu.vault.bucket import Bucket  # noqa: PLC0415
        from contrefeu.vault.object_lock import ObjectLockVault  # noqa: PLC0415
    return ObjectLockVault(url, address, Bucket(address, found, Pace(bytes_per_s)))


def _credentials(url: str, credentials: Path | None) -> Credentials:
    if credentials is None:
        raise OperatorError(
            "An object store asks for credentials, and none were named.",
            safe="Nothing was done.",
            next="Name their file with --credentials FILE.",
        )
    return read_credentials(credentials_file(credentials, url) if credentials.is_dir() else credentials)


@contextlib.contextmanager
def _boto3() -> Iterator[None]:
    """boto3 is an extra, and takes a third of a second to load: only who has an object store needs it."""
    try:
        yield
    except ModuleNotFoundError:
        raise OperatorError(
            "Vaults in an object store need boto3, which is not installed.",
            safe="Nothing was done.",
            next="pip install 'contrefeu[s3]'",
        ) from None
