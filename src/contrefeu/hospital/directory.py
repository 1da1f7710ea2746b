"""The hospital's directory, from which people are enrolled ahead: `[directory]` in `contrefeu.toml`.

Rules kept here:
  * A directory gives a ward's roles and no other: who took it over must not name who declares, reviews or administers.
  * No password stands here: a copy of the settings lies in every vault.
  * Values in, values out; what an entry of it makes of somebody is `contrefeu.access`.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct, field

from contrefeu.hospital.problems import Problem

DirectoryRole = Literal["biologist", "clerk", "laboratory", "nurse", "pharmacist", "physician"]
DIRECTORY_ROLES: tuple[DirectoryRole, ...] = get_args(DirectoryRole)
Attribute = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$", description="an attribute's name")]
OptionalAttribute = Annotated[
    str, Meta(pattern=r"^([A-Za-z][A-Za-z0-9-]{0,63})?$", description='the name of an attribute, or ""')
]
DirectoryUrl = Annotated[
    str, Meta(pattern=r"^(ldaps?://[A-Za-z0-9.:\[\]-]+)?$", description='ldaps:// or ldap://HOST, or ""')
]


class DirectoryGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """What members of a group are here. Somebody in several has the role of the first, and its groups' wards."""

    dn: str  # the group's name in the directory: "cn=ide-cardio,ou=groups,dc=chu,dc=example"
    role: DirectoryRole  # of a ward; every other role is given by `users add`
    wards: list[str] = field(default_factory=list)  # as feeds name them; "*" is every ward


class DirectorySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is enrolled from the hospital's directory by `users directory`. Nobody is asked there at the door."""

    url: DirectoryUrl = ""  # ldap:// goes on by StartTLS, or not at all; "": files alone (`--file`)
    ca: str = ""  # PEM file of who vouches for its certificate; "": as the system's /etc/ldap/ldap.conf says
    bind: str = ""  # who asks: the name of an account that reads; "": nobody in particular
    password_file: str = ""  # its password, alone in a file
    base: str = ""  # where people are: "ou=people,dc=chu,dc=example"
    filter: str = "(objectClass=person)"  # who of them is somebody (RFC 4515)
    login: Attribute = "uid"  # what they type; Active Directory has sAMAccountName
    name: Attribute = "displayName"  # on screens and sheets; `cn` where an entry has none
    badge: OptionalAttribute = ""  # what a badge reader types for them; "": badges are given here
    groups: list[DirectoryGroup] = field(default_factory=list)  # who is in none of them is not enrolled


def directory_problems(directory: DirectorySettings) -> Iterator[Problem]:
    """A directory that is named must be askable, and give somebody a role."""
    needed = {"base": directory.base, "groups": directory.groups} if directory.url else {}
    for name, value in needed.items():
        if not value:
            key = f"directory.{name}"
            yield Problem(
                key,
                f"`directory.url` is set, and `{key}` is not.",
                allowed=f"with `{key}`",
                next="Say where people are (base) and what groups give (groups).",
            )
