"""Which wards are in downtime, and since when: a pure fold over the acts of the stations' journals.

Rules kept here:
  * A declaration that names no ward is the whole hospital's; so is a lifting, and it ends the wards' own too. A ward
    that is lifted alone is out of the hospital's as well.
  * A ward is one under all of its names (acts/wards.py): declared or lifted under one of them, it is under each.
  * `since` is the minute of the first declaration that still holds; a second one does not move it. What it says of
    the medium, screen or paper, holds from its own minute on (F3), and of each function from its own; a ward's own
    word on that goes first.
  * A lifting holds from its cut-over minute: until then the ward is in downtime, from then on nothing is written here
    (F4). Who declares again meanwhile takes the lifting back: a ward the hospital's too, for itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from contrefeu.acts.act import FUNCTIONS, Act, DowntimeDeclared, DowntimeLifted
from contrefeu.base import parse_rfc3339

HOSPITAL = ""  # the key of a declaration that names no ward


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

    @property
    def since_ns(self) -> int:
        """Since when, never 0: an unreadable minute is long past."""
        return max(1, _ns(self.since))

    def elsewhere_until_ns(self, now_ns: int) -> int:
        """Until when what fell due may have been done elsewhere: on paper, or in the record system (F2)."""
        found = self.in_force("medicines")
        return min(now_ns, _ns(found.since)) if found.medium == "screen" else now_ns


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


@dataclass(frozen=True, slots=True)
class _Standing:
    """How one ward stands, or the hospital, after some of the acts."""

    house: Declared | None = None  # by the hospital
    own: Declared | None = None  # by the ward itself: begun with the hospital's when that held
    coming: Lifted | None = None
    over: Lifted | None = None

    @property
    def declared(self) -> Declared | None:
        return self.own or self.house

    def at(self, now_ns: int) -> "_Standing":
        """The same, once the cut-over has come."""
        return _Standing(over=self.coming) if self.coming and self.coming.cutover_ns <= now_ns else self


@dataclass(frozen=True, slots=True)
class _Said:
    act: DowntimeDeclared | DowntimeLifted
    by: str
    entry: str

    def on(self, before: _Standing) -> _Standing:
        """What it makes of how a ward stood."""
        before, act = before.at(_ns(self.act.at)), self.act
        if isinstance(act, DowntimeLifted):
            if before.declared is None:
                return before  # it is over already: what was lifted then stays the lifting
            lifted = Lifted(act.cutover or act.at, self.by, act.reason, act.unsigned, self.entry)
            return replace(before, coming=lifted)
        if act.wards:
            return _Standing(before.house, self._again(act, before.declared))
        return _Standing(self._again(act, before.house), before.own)

    def _again(self, act: DowntimeDeclared, found: Declared | None) -> Declared:
        found = found or Declared(act.at, act.reason, self.by)
        own = self._in_force(found.in_force(), act.medium)
        each: dict[str, InForce] = {
            one: self._in_force(found.in_force(one), act.functions.get(one, act.medium)) for one in FUNCTIONS
        }
        apart = {one: medium for one, medium in each.items() if medium != own}
        return replace(found, medium=own.medium, medium_since=own.since, medium_by=own.by, apart=apart)

    def _in_force(self, before: InForce, medium: str) -> InForce:
        """What was in force, unless *medium* is another."""
        return before if before.since and before.medium == medium else InForce(medium, self.act.at, self.by)


class Downtime:
    """Declarations that hold, by ward."""

    def __init__(self, members: Callable[[str], Sequence[str]], now_ns: Callable[[], int]) -> None:
        """Begin with nothing declared.

        Args:
            members: Returns every name of a ward, the one it goes by first.
            now_ns: Says whether a cut-over has come.
        """
        self._members, self._now_ns = members, now_ns
        self._said: list[_Said] = []
        self._standing: dict[tuple[str, ...], _Standing] = {}  # names of a ward -> how it stands after all acts

    def apply(self, act: Act, by: str, entry: str = "") -> None:
        """Take one more act, in journal order; *by* is its entry's source."""
        if isinstance(act, DowntimeDeclared | DowntimeLifted):
            self._said.append(_Said(act, by, entry))
            self._standing.clear()

    @property
    def declared(self) -> dict[str, Declared]:
        """The declarations that hold now, by ward; HOSPITAL is the whole hospital's."""
        own = {ward: found for ward in self._named() if (found := self._of(ward).own)}
        house = self._of(HOSPITAL).declared
        return {HOSPITAL: house, **own} if house else own

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
        return [] if self._of(HOSPITAL).declared else sorted(self.declared)

    @property
    def back(self) -> list[str]:
        """Wards that were lifted out of the hospital's declaration, which holds for the others."""
        if not self._of(HOSPITAL).declared:
            return []
        return sorted(ward for ward in self._named() if not self._of(ward).declared)

    def of(self, ward: str) -> Declared | None:
        """Return the declaration in force on *ward*: its own, or the hospital's."""
        return self._of(ward).declared

    def lifted(self, ward: str) -> Lifted | None:
        """Return the lifting that ended the downtime of *ward*; None while it is in one, or never was."""
        return self._of(ward).over

    def lifting(self, ward: str) -> Lifted | None:
        """Return the lifting of *ward* whose cut-over is still to come."""
        found = self._of(ward)
        return found.coming if found.declared else None

    def _named(self) -> set[str]:
        """The wards that acts name, as each goes by."""
        return {self._members(ward)[0] for said in self._said for ward in said.act.wards}

    def _of(self, ward: str) -> _Standing:
        names = (HOSPITAL,) if ward == HOSPITAL else tuple(self._members(ward))
        if names not in self._standing:
            found = _Standing()
            for said in self._said:
                if not said.act.wards or not {*names}.isdisjoint(said.act.wards):
                    found = said.on(found)
            self._standing[names] = found
        return self._standing[names].at(self._now_ns())


def cutover_ns(act: DowntimeLifted) -> int:
    """Return the minute from which a lifting holds."""
    return _ns(act.cutover or act.at)


def _ns(text: str) -> int:
    """An act's time; of one that is none, long past: a bad act stops no fold."""
    try:
        return parse_rfc3339(text)
    except ValueError:
        return 0
