"""`group.toml`: the facilities of a group, where each answers and by which key it is known.

    stale_minutes = 5

    [[facilities]]
    name = "Clinique du Parc"
    place = "10.4.0.10:8446"            or "file:///srv/group/parc.note"
    key = "parc-1+1a2b3c4d+BASE64"      contrefeu group key, over there, prints it
    controller = "Clinique du Parc SAS" who answers for that facility's data (GDPR, article 4(7))

Rules kept here:
  * An address is an IP address: a group that is attacked may have no name service, and a name would wait for it.
  * Names and keys are one facility's each: a page never shows one clinic's beds under another's name.
"""

import ipaddress
import tomllib
from typing import Annotated
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct

from contrefeu.base import OperatorError
from contrefeu.proof import ProofMismatch, Verifier

FILE = "group.toml"  # in the home
MEMBERS_MAX = 1000  # a country's largest group has some hundreds; each is a connection at each asking


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """One facility."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    place: str
    key: str
    controller: Annotated[str, Meta(max_length=200)] = ""  # whose the data there are; "" when nobody wrote it down

    @property
    def verifier(self) -> Verifier:
        """Whom it is known by."""
        return Verifier.parse(self.key)

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it answers; None for a note that somebody brings."""
        return None if self.place.startswith("file:") else _address(self.place)

    @property
    def file(self) -> str:
        """Where its note is brought; "" for one that answers itself."""
        parts = urlsplit(self.place)
        return unquote(parts.path) if parts.scheme == "file" and not parts.netloc else ""


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """All of them."""

    facilities: list[Member] = []
    stale_minutes: Annotated[int, Meta(ge=1, le=1440)] = 5  # what is older is shown as old


def parse_group(text: str) -> Group:
    """Read `group.toml`.

    Raises:
        OperatorError: It is not TOML, or names a facility twice, or one that cannot be asked.
    """
    try:
        group = msgspec.convert(tomllib.loads(text), Group)
    except tomllib.TOMLDecodeError as found:
        raise _wrong(f"is not TOML: {found}") from None
    except msgspec.ValidationError as found:
        raise _wrong(str(found)) from None
    if len(group.facilities) > MEMBERS_MAX:
        raise _wrong(f"names more than {MEMBERS_MAX} facilities")
    keys = [_checked(member) for member in group.facilities]
    names = [member.name for member in group.facilities]
    for at, name in enumerate(names):
        if name in names[:at] or keys[at] in keys[:at]:
            raise _wrong(f'names two facilities with the name or the key of "{name}"')
    return group


def member_text(member: Member) -> str:
    """The lines of one more facility."""
    said = {"name": member.name, "place": member.place, "key": member.key, "controller": member.controller}
    lines = [f"{key} = {msgspec.json.encode(text).decode()}\n" for key, text in said.items() if text]
    return f"\n[[facilities]]\n{''.join(lines)}"


def _checked(member: Member) -> bytes:
    """The facility's public key.

    Raises:
        OperatorError: There is none, or its place is none.
    """
    try:
        key = member.verifier.public
    except ProofMismatch:
        raise _wrong(f'"{member.name}" has no facility\'s key', "contrefeu group key, over there, prints it.") from None
    if not member.file and member.address is None:
        raise _wrong(f'"{member.name}" is in no place', "Write an IP address and a port, or file:///FOLDER/FILE.")
    return key


def _address(place: str) -> tuple[str, int] | None:
    host, _, port = place.rpartition(":")
    try:
        found = str(ipaddress.ip_address(host.strip("[]")))
        number = int(port)
    except ValueError:
        return None
    return (found, number) if 0 < number < 65_536 else None


def _wrong(what: str, next: str = "docs/howto/group.md shows one.") -> OperatorError:
    return OperatorError(f"{FILE} {what}.", safe="Nobody was asked.", next=next)
