"""Which wards are in downtime: a pure fold over the acts of the stations' journals.

Rules kept here:
  * A declaration that names no ward is the whole hospital's; so is a lifting, and it ends the wards' own too.
  * `since` is the minute of the first declaration that still holds; a second one does not move it. What it says of
    the medium, screen or paper, holds from its own minute on (F3).
"""

from dataclasses import dataclass, replace

from contrefeu.acts import Act, DowntimeDeclared, DowntimeLifted
from contrefeu.base import parse_rfc3339

HOSPITAL = ""  # the key of a declaration that names no ward


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration that holds."""

    since: str  # RFC 3339
    reason: str
    by: str  # the entry's source
    medium: str = "paper"  # where the ward writes: "paper" or "screen"
    medium_since: str = ""  # RFC 3339
    medium_by: str = ""

    def elsewhere_until_ns(self, now_ns: int) -> int:
        """Until when what fell due may have been done elsewhere: on paper, or in the record system (F2)."""
        return min(now_ns, parse_rfc3339(self.medium_since)) if self.medium == "screen" else now_ns


class Downtime:
    """Declarations that hold, by ward."""

    def __init__(self) -> None:
        self.declared: dict[str, Declared] = {}

    def apply(self, act: Act, by: str) -> None:
        """Take one more act, in journal order; *by* is its entry's source."""
        if isinstance(act, DowntimeDeclared):
            for ward in act.wards or [HOSPITAL]:
                found = self.declared.get(ward) or Declared(act.at, act.reason, by)
                if act.medium != found.medium or not found.medium_since:
                    found = replace(found, medium=act.medium, medium_since=act.at, medium_by=by)
                self.declared[ward] = found
        elif isinstance(act, DowntimeLifted):
            if not act.wards:
                self.declared.clear()
            for ward in act.wards:
                self.declared.pop(ward, None)

    @property
    def state(self) -> str:
        """ "normal" or "declared"."""
        return "declared" if self.declared else "normal"

    @property
    def since(self) -> str:
        """RFC 3339 time of the oldest declaration that holds; empty when none does."""
        return min((found.since for found in self.declared.values()), default="")

    @property
    def wards(self) -> list[str]:
        """Wards named by declarations; empty when the whole hospital is (or none)."""
        return [] if HOSPITAL in self.declared else sorted(self.declared)

    def of(self, ward: str) -> Declared | None:
        """Return the declaration in force on *ward*: its own, or the hospital's."""
        return self.declared.get(ward) or self.declared.get(HOSPITAL)
