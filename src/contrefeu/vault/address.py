"""Addresses of object stores, and the credentials that a node shows there.

    s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&lock=compliance&days=400&open-days=14&region=us-east-1

    credentials file, TOML, mode 0600, or 0640 in its owner's own group:

    access_key = "…"   secret_key = "…"   ca = "/path/of/ca.pem" (optional)

Rules kept here:
  * An address holds no secret: it stands in settings, in logs and on screens.
  * Credentials come from a file alone, never from an argument or the environment; one that others may read is refused.
"""

import datetime as dt
import grp
import os
import pwd
import stat
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from contrefeu.base import OperatorError

DAYS = 400  # 13 months (C6): how long a closed segment is locked when the address does not say
OPEN_DAYS = 14  # how long what is still growing is locked: a hospital must have noticed by then
DAYS_MAX = 36_500  # a century: past it the number was mistyped, and a lock is not taken back
_KNOWN = frozenset(["endpoint", "lock", "days", "open-days", "region", "as-of"])
_SECRET = frozenset(["access_key", "secret_key"])


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a node shows to an object store."""

    access_key: str
    secret_key: str
    ca: str = ""  # file of the authority that signed the store's certificate; the system's when empty

    def __repr__(self) -> str:
        return "Credentials(…)"  # never in a traceback


@dataclass(frozen=True, slots=True)
class S3Address:
    """An object store's address, taken apart."""

    bucket: str
    prefix: str  # "" or "…/"
    endpoint: str  # "" is the one that the region has
    region: str
    lock: Literal["compliance", "none"]
    days: int
    open_days: int
    as_of: dt.datetime | None  # only what was there by then: before somebody had the credentials


def parse_s3(url: str) -> S3Address:
    """Take *url* apart.

    Raises:
        OperatorError: It is no address of an object store.
    """
    parts = urlsplit(url)
    asked = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
    unknown = sorted(set(asked) - _KNOWN)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or unknown:
        raise _no_address("It names what is not known here: " + ", ".join(unknown) if unknown else "")
    lock = asked.get("lock", "compliance")
    if lock not in {"compliance", "none"}:
        raise _no_address("lock is compliance, or none for a plain copy")
    endpoint = asked.get("endpoint", "").rstrip("/")
    if endpoint and urlsplit(endpoint).scheme not in {"http", "https"}:
        raise _no_address("endpoint begins with https://")
    prefix = unquote(parts.path).strip("/")
    return S3Address(
        bucket=parts.netloc,
        prefix=f"{prefix}/" if prefix else "",
        endpoint=endpoint,
        region=asked.get("region", "us-east-1"),
        lock="none" if lock == "none" else "compliance",
        days=_days(asked.get("days", str(DAYS))),
        open_days=_days(asked.get("open-days", str(OPEN_DAYS))),
        as_of=_instant(asked["as-of"]) if "as-of" in asked else None,
    )


def credentials_file(folder: Path, url: str) -> Path:
    """Where in a home the credentials of the vault at *url* lie."""
    address = parse_s3(url)
    where = f"{address.endpoint} {address.bucket}/{address.prefix}"
    return folder / f"{sha256(where.encode()).hexdigest()[:16]}.toml"


def read_credentials(path: Path) -> Credentials:
    """Read a credentials file.

    Raises:
        OperatorError: It is not there, others may read it, or it does not say what it must.
    """
    try:
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & (0o037 if _is_private(found) else 0o077):
            raise OperatorError(
                "The file of the vault's credentials can be read by others.",
                safe="Nothing was done with it.",
                next=f"chmod 600 {path.name}; if others had access, have the store's owner give new ones.",
            )
        said = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise OperatorError(
            "There are no credentials for that vault here.",
            safe="Nothing was changed.",
            next="contrefeu vault add URL --credentials FILE keeps them; other commands take the same option.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        said = {}
    if not _SECRET <= said.keys() <= _SECRET | {"ca"} or not all(isinstance(v, str) and v for v in said.values()):
        raise OperatorError(
            "The file of the vault's credentials does not say what it must.",
            safe="Nothing was changed.",
            next='Two lines: access_key = "…" and secret_key = "…"; and ca = "FILE" where the store has its own.',
        )
    return Credentials(said["access_key"], said["secret_key"], said.get("ca", ""))


def _is_private(found: os.stat_result) -> bool:
    """Whether a file's group is its owner's own, which bears the owner's name: nobody is in it but by intent."""
    try:
        return pwd.getpwuid(found.st_uid).pw_name == grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        return False


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= DAYS_MAX:
        raise _no_address(f"days are a number from 1 to {DAYS_MAX}")
    return int(text)


def _instant(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError:
        raise _no_address("as-of is an instant such as 2026-11-25T04:00:00Z") from None
    if found.tzinfo is None:
        raise _no_address("as-of has a zone, such as the Z of 2026-11-25T04:00:00Z")
    return found


def _no_address(why: str) -> OperatorError:
    return OperatorError(
        f"That is no address of a vault{': ' + why if why else ''}.",
        safe="Nothing was changed.",
        next="Write s3://BUCKET/PREFIX?endpoint=https://HOST&lock=compliance&days=400.",
    )
