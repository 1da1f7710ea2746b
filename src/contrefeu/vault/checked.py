"""What a check of a store says, whatever the store."""

from collections.abc import Callable
from dataclasses import dataclass, field

PROBES = "probe"  # the folder of what a check lays in an object store

Told = Callable[[int, int], None]
"""Hears how many attempts are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that was tried, and whether the store withstood."""

    name: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Untried:
    """An attempt that was not made: it could harm what is not the check's, or could not be put back."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    attempts: list[Attempt]
    left: int = 0  # objects that stay until their lock is over
    left_until: str = ""  # RFC 3339, the store's time
    untried: list[Untried] = field(default_factory=list)

    @property
    def enforces(self) -> bool:
        """Whether everything was withstood."""
        return bool(self.attempts) and all(attempt.refused for attempt in self.attempts)
