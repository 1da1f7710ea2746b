"""Which wards are in downtime: a pure fold over the acts of the stations' journals.

Rules kept here:
  * A declaration that names no ward is the whole hospital's; so is a lifting, and it ends the wards' own too. A ward
    that is lifted alone is out of the hospital's as well.
  * `since` is the minute of the first declaration that still holds; a second one does not move it. What it says of
    the medium, screen or paper, holds from its own minute on (F3), and of each function from its own.
  * A lifting holds from its cut-over minute: until then the ward is in downtime, from then on nothing is written here
    (F4). Who declares again meanwhile takes the lifting back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from contrefeu.acts import FUNCTIONS, Act, DowntimeDeclared, DowntimeLifted
from contrefeu.base import parse_rfc3339

HOSPITAL = ""  # the key of a declaration that names no ward
FOR_EVER = 1 << 62  # ns: who gives no clock sees every cut-over as come


@dataclass(frozen=True, slots=True)
class InForce:
    """Where something is written."""

    medium: str  # "paper", "screen", or "record" for the record system
    since: str  # RFC 3339
    by: str  # the entry's source


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration that holds."""

    since: str  # RFC 3339
    reason: str
    by: str  # the entry's source
    medium: str = "paper"  # where the ward writes: "paper" or "screen"
    medium_since: str = ""  # RFC 3339
    medium_by: str = ""
    apart: dict[str, InForce] = field(default_factory=dict)  # functions with a medium, or a minute, of their own

    def in_force(self, function: str = "") -> InForce:
        """Where *function* is written; the ward itself for ""."""
        return self.apart.get(function) or InForce(self.medium, self.medium_since, self.medium_by)

    @property
    def elsewhere(self) -> dict[str, InForce]:
        """The functions that are written elsewhere than the ward."""
        return {name: found for name, found in self.apart.items() if found.medium != self.medium}

    @property
    def on_paper(self) -> bool:
        """Whether something is written on paper, and may not be here."""
        return any(self.in_force(one).medium == "paper" for one in FUNCTIONS)

    def elsewhere_until_ns(self, now_ns: int) -> int:
        """Until when what fell due may have been done elsewhere: on paper, or in the record system (F2)."""
        found = self.in_force("medicines")
        return min(now_ns, parse_rfc3339(found.since)) if found.medium == "screen" else now_ns


@dataclass(frozen=True, slots=True)
class Lifted:
    """One lifting, of a ward or of the hospital."""

    cutover: str  # RFC 3339: from then on the record system is where care is written
    by: str  # the entry's source
    reason: str
    unsigned: int  # hand-back sheets that nobody had signed
    entry: str  # that says it

    @property
    def cutover_ns(self) -> int:
        """The cut-over minute."""
        return _ns(self.cutover)


class Downtime:
    """Declarations that hold, by ward."""

    def __init__(
        self,
        members: Callable[[str], Sequence[str]] = lambda ward: (ward,),
        now_ns: Callable[[], int] = lambda: FOR_EVER,
    ) -> None:
        """Begin with nothing declared.

        Args:
            members: Returns every name of a ward: what is declared of one of them is of all.
            now_ns: Says whether a cut-over has come.
        """
        self._members, self._now_ns = members, now_ns
        self._declared: dict[str, Declared] = {}
        self._coming: dict[str, Lifted] = {}  # liftings whose cut-over has not come
        self._over: dict[str, Lifted] = {}

    def apply(self, act: Act, by: str, entry: str = "") -> None:
        """Take one more act, in journal order; *by* is its entry's source."""
        if isinstance(act, DowntimeDeclared):
            self._settle(_ns(act.at))
            for ward in act.wards or [HOSPITAL]:
                self._declare(ward, act, by)
        elif isinstance(act, DowntimeLifted):
            found = Lifted(act.cutover or act.at, by, act.reason, act.unsigned, entry)
            self._coming |= dict.fromkeys(act.wards or [HOSPITAL], found)

    def _declare(self, ward: str, act: DowntimeDeclared, by: str) -> None:
        for ended in (self._coming, self._over):
            if ward == HOSPITAL:
                ended.clear()
            ended.pop(ward, None)
        before = self._declared.get(ward) or Declared(act.at, act.reason, by)
        own = _in_force(before.in_force(), act.medium, act.at, by)
        found = {
            one: _in_force(before.in_force(one), act.functions.get(one, act.medium), act.at, by) for one in FUNCTIONS
        }
        apart: dict[str, InForce] = {one: medium for one, medium in found.items() if medium != own}
        self._declared[ward] = replace(before, medium=own.medium, medium_since=own.since, medium_by=own.by, apart=apart)

    def _settle(self, now_ns: int) -> None:
        """End what was lifted by *now_ns*."""
        for ward, lifted in [*self._coming.items()]:
            if lifted.cutover_ns > now_ns:
                continue
            del self._coming[ward]
            self._over[ward] = lifted
            if ward == HOSPITAL:
                self._declared.clear()
            else:
                self._declared.pop(ward, None)

    @property
    def declared(self) -> dict[str, Declared]:
        """The declarations that hold now, by ward; HOSPITAL is the whole hospital's."""
        if self._coming:
            self._settle(self._now_ns())
        return self._declared

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

    @property
    def back(self) -> list[str]:
        """Wards that were lifted out of the hospital's declaration, which holds for the others."""
        return sorted(self._over.keys() - {HOSPITAL}) if HOSPITAL in self.declared else []

    def of(self, ward: str) -> Declared | None:
        """Return the declaration in force on *ward*: its own, or the hospital's."""
        declared, members = self.declared, self._members(ward)
        found = [declared[one] for one in members if one in declared]
        if found:
            return min(found, key=lambda one: one.since)
        return None if any(one in self._over for one in members) else declared.get(HOSPITAL)

    def lifted(self, ward: str) -> Lifted | None:
        """Return the lifting that ended the downtime of *ward*; None while it is in one, or never was."""
        return None if self.of(ward) else self._said(self._over, ward)

    def lifting(self, ward: str) -> Lifted | None:
        """Return the lifting of *ward* whose cut-over is still to come."""
        return self._said(self._coming, ward) if self.of(ward) else None

    def _said(self, ended: dict[str, Lifted], ward: str) -> Lifted | None:
        return next((ended[one] for one in (*self._members(ward), HOSPITAL) if one in ended), None)


def _in_force(before: InForce, medium: str, at: str, by: str) -> InForce:
    """What was in force, unless *medium* is another."""
    return before if before.since and before.medium == medium else InForce(medium, at, by)


def _ns(text: str) -> int:
    """An act's time; of one that is none, long past: a bad act stops no fold."""
    try:
        return parse_rfc3339(text)
    except ValueError:
        return 0
