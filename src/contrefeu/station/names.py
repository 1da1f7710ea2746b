"""What acts say of names that were left, and of charts that may be one: told by the staff's acts, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contrefeu.acts import (
    Act,
    MatchingAct,
    NameLeft,
    NameRestored,
    OldName,
    OldNameClosed,
    PairState,
    pair_states,
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


def pairs(acts: Sequence[tuple[Entry, Act]], world: str) -> list[PairState]:
    """Return the pairs of *world* that may be, are or were one patient, in the order in which they were proposed."""
    told = ((entry.ref, entry.source, act) for entry, act in acts if isinstance(act, MatchingAct))
    return [one for one in pair_states(told, "T" if world == "T" else "P") if one.pair.world == world]


def _by(entry: Entry) -> str:
    return entry.source.removeprefix("user/")
