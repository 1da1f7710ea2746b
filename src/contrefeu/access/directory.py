"""Whom a directory's entries name, and as what: values in, values out.

Rules kept here:
  * Groups say what somebody is: the first in the settings that has them gives the role, and all of that role the wards.
  * A member stands in their own entry (`memberOf`) or in the group's (`member`, `uniqueMember`, `memberUid`).
  * Who is in a group is in every group that it is in; a loop ends where it began.
  * Whom the directory itself locked out is not enrolled.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contrefeu.access.enrol import Person, login_is_sound
from contrefeu.access.ldif import DirectoryEntry, plain_dn

_AD_DISABLED = 0x2  # userAccountControl, ADS_UF_ACCOUNTDISABLE ([MS-ADTS] 2.2.16)


class Group(Protocol):
    """What a group gives (hospital.DirectoryGroup)."""

    @property
    def dn(self) -> str:
        """Its name in the directory."""

    @property
    def role(self) -> str:
        """Of its members."""

    @property
    def wards(self) -> Sequence[str]:
        """Of its members."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Which attributes say what."""

    login: str
    name: str
    badge: str = ""


@dataclass(slots=True)
class Roll:
    """What a directory says of people."""

    people: list[Person] = field(default_factory=list)
    no_group: int = 0  # who is in none of the groups
    locked: int = 0  # whom the directory locked out
    no_login: list[str] = field(default_factory=list)  # names in the directory of who has no login that can be typed
    empty: list[str] = field(default_factory=list)  # groups that have nobody: a name mistyped, most often


def roll_of(entries: Iterable[DirectoryEntry], attributes: Attributes, groups: Sequence[Group]) -> Roll:
    """Say whom *entries* name: each login once, as its first entry has it."""
    entries = list(entries)
    groups_of = _groups_of(entries)
    roll, seen, met = Roll(), set[str](), set[str]()
    for entry in entries:
        login = entry.one(attributes.login).casefold()
        if not _is_somebody(entry, attributes) or login in seen:
            continue
        named = _reached(groups_of, plain_dn(entry.dn), f"uid:{login}")
        given = [group for group in groups if plain_dn(group.dn) in named]
        met |= named
        if not given:
            roll.no_group += 1
        elif _is_locked(entry):
            roll.locked += 1
        elif not login_is_sound(login):
            roll.no_login.append(entry.dn)
        else:
            seen.add(login)
            roll.people.append(_person(entry, login, attributes, given))
    roll.empty = [group.dn for group in groups if plain_dn(group.dn) not in met]
    return roll


def _person(entry: DirectoryEntry, login: str, attributes: Attributes, given: Sequence[Group]) -> Person:
    role = given[0].role
    wards = dict.fromkeys(ward for group in given if group.role == role for ward in group.wards)
    name = entry.one(attributes.name) or entry.one("cn") or login
    return Person(login, name, role, tuple(wards), entry.one(attributes.badge) if attributes.badge else None)


def _is_somebody(entry: DirectoryEntry, attributes: Attributes) -> bool:
    """A folder has neither login nor groups; a group of Active Directory may have both."""
    is_group = any("group" in kind.casefold() for kind in entry.all("objectClass"))
    return not is_group and bool(entry.one(attributes.login) or entry.all("memberOf"))


def _is_locked(entry: DirectoryEntry) -> bool:
    control = entry.one("userAccountControl")
    return control.isdigit() and bool(int(control) & _AD_DISABLED)


def _groups_of(entries: Sequence[DirectoryEntry]) -> dict[str, set[str]]:
    """Member (a person's or a group's name, or "uid:LOGIN") -> the groups that they are in themselves."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        here = plain_dn(entry.dn)
        found.setdefault(here, set()).update(plain_dn(dn) for dn in entry.all("memberOf"))
        for dn in (*entry.all("member"), *entry.all("uniqueMember")):
            found.setdefault(plain_dn(dn), set()).add(here)
        for login in entry.all("memberUid"):
            found.setdefault(f"uid:{login.casefold()}", set()).add(here)
    return found


def _reached(groups_of: Mapping[str, set[str]], *members: str) -> set[str]:
    """Every group that one of *members* is in, and the groups that those are in."""
    reached, waiting = set[str](), [*members]
    while waiting:
        further = groups_of.get(waiting.pop(), set()) - reached
        reached |= further
        waiting += further
    return reached
