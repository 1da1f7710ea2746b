"""What one exchange did, and what somebody must look at."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["forked", "rolled-back", "missing", "damaged", "unknown", "foreign", "no-room"]
_STATUS: dict[Kind, int] = {
    "forked": 12,
    "rolled-back": 12,
    "missing": 13,
    "damaged": 10,
    "unknown": 10,
    "foreign": 10,
    "no-room": 10,
}


@dataclass(frozen=True, slots=True)
class Found:
    """Something that somebody must look at."""

    kind: Kind
    journal: str
    peer: str
    what: str


@dataclass(slots=True)
class Report:
    """What one exchange did."""

    taken: dict[str, int] = field(default_factory=dict)  # journal -> entries
    given: dict[str, int] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    more: bool = False  # whether there was more to take than one turn

    @property
    def exit_status(self) -> int:
        """0 done, 12 forked or rolled back, 13 missing, 10 another finding."""
        statuses = {_STATUS[one.kind] for one in self.found}
        return next((status for status in (12, 13, 10) if status in statuses), 0)
