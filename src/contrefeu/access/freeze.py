"""When the horizon stands still: while downtime is declared anywhere, and while somebody holds it (F38).

A pure fold over the acts of the stations' journals. Rules kept here:
  * A day that was frozen for a moment does not count at all.
  * Times are those at which the journal took the act, never what its body says; but a lifting ends a downtime at its
    cut-over minute when that comes later.
  * Holding is one switch: whoever releases it ends every hold.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from contrefeu.acts import Act, Downtime, DowntimeLifted, HorizonHeld, HorizonReleased, cutover_ns
from contrefeu.base import rfc3339

_DAY = len("2026-11-24")


@dataclass(frozen=True, slots=True)
class Freeze:
    """Days that do not count towards the horizon."""

    held: str  # why nothing is destroyed now; empty when nothing holds
    since: str  # day on which it began to stand still; empty while it moves
    past: Sequence[tuple[str, str]]  # first and last day of each time it stood still

    def frozen(self, day: str) -> bool:
        """Whether *day* ("2026-11-24") does not count."""
        if self.since and day >= self.since:
            return True
        return any(first <= day <= last for first, last in self.past)


def freeze_of(told: Iterable[tuple[Act, int]], members: Callable[[str], Sequence[str]], now_ns: int) -> Freeze:
    """Return what stands still.

    Args:
        told: Acts in journal order, each with when its journal took it, in nanoseconds.
        members: As for `Downtime`.
        now_ns: How far time has come: a cut-over beyond has ended nothing yet.
    """
    fold = _Fold(members)
    for act, received_ns in told:
        fold.pass_to(received_ns)
        fold.take(act)
    fold.pass_to(now_ns)
    return Freeze(fold.why, fold.since, fold.past)


class _Fold:
    def __init__(self, members: Callable[[str], Sequence[str]]) -> None:
        self._at_ns = 0
        self._downtime = Downtime(members, lambda: self._at_ns)
        self._cutovers: set[int] = set()
        self._held = ""
        self.since = ""
        self.past: list[tuple[str, str]] = []

    @property
    def why(self) -> str:
        return "downtime" if self._downtime.declared else self._held

    def pass_to(self, to_ns: int) -> None:
        """Let time pass, from one cut-over to the next."""
        for at_ns in sorted({*(one for one in self._cutovers if self._at_ns < one < to_ns), to_ns}):
            self._at_ns = max(at_ns, self._at_ns)
            self._mark()

    def take(self, act: Act) -> None:
        self._downtime.apply(act, "")
        if isinstance(act, DowntimeLifted):
            self._cutovers.add(cutover_ns(act))
        elif isinstance(act, HorizonHeld):
            self._held = act.reason or "held"
        elif isinstance(act, HorizonReleased):
            self._held = ""
        self._mark()

    def _mark(self) -> None:
        """Note a beginning or an end of standing still."""
        day = rfc3339(self._at_ns)[:_DAY]
        if self.why and not self.since:
            self.since = day
        elif not self.why and self.since:
            self.past.append((self.since, max(day, self.since)))
            self.since = ""
