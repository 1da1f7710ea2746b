"""What acts say of names that were left and of charts that may be one: told by the staff's acts, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contrefeu.acts import (
    Act,
    NameLeft,
    NameRestored,
    OldName,
    OldNameClosed,
    UnionConfirmed,
    UnionProposed,
    UnionRefused,
)
from contrefeu.journal import Entry


@dataclass(slots=True)
class Left:
    """One name that was left."""

    ref: str
    act: NameLeft
    by: str
    closed: set[str] = field(default_factory=set)
    restored: bool = False

    @property
    def open(self) -> list[OldName]:
        """What bears it still; nothing once it stands again."""
        return [] if self.restored else [one for one in self.act.items if one.what not in self.closed]


@dataclass(slots=True)
class Union:
    """Two charts that somebody says are one patient's."""

    ref: str
    act: UnionProposed
    by: str
    state: str = "proposed"  # "confirmed", "refused", "undone"
    confirmed_by: str = ""


def names_left(acts: Sequence[tuple[Entry, Act]], numbers: frozenset[str]) -> list[Left]:
    """Return the names that patients with one of these temporary numbers left, the latest first."""
    found: dict[str, Left] = {}
    for entry, act in acts:
        if isinstance(act, NameLeft) and act.number in numbers:
            found[entry.ref] = Left(entry.ref, act, _by(entry))
        elif isinstance(act, OldNameClosed) and act.left in found:
            found[act.left].closed.add(act.what)
        elif isinstance(act, NameRestored) and act.left in found:
            found[act.left].restored = True
    return list(reversed(found.values()))


def unions(acts: Sequence[tuple[Entry, Act]], numbers: frozenset[str]) -> list[Union]:
    """Return what was proposed of patients with one of these temporary numbers, the latest first."""
    found: dict[str, Union] = {}
    for entry, act in acts:
        if isinstance(act, UnionProposed) and act.number in numbers:
            found[entry.ref] = Union(entry.ref, act, _by(entry))
        elif isinstance(act, UnionConfirmed) and act.proposal in found:
            one = found[act.proposal]
            if one.state == "proposed" and _by(entry) != one.by:
                one.state, one.confirmed_by = "confirmed", _by(entry)
        elif isinstance(act, UnionRefused) and act.proposal in found:
            one = found[act.proposal]
            one.state = "undone" if one.state == "confirmed" else "refused"
    return list(reversed(found.values()))


def _by(entry: Entry) -> str:
    return entry.source.removeprefix("user/")
