"""When the horizon stands still: while downtime is declared anywhere, and while somebody holds it (F38).

A pure fold over the acts of the stations' journals. Rules kept here:
  * A day that was frozen for a moment does not count at all.
  * Times are those at which the journal took the act, never what its body says.
  * Holding is one switch: whoever releases it ends every hold.
"""

from contrefeu.access.downtime import Downtime
from contrefeu.acts import Act, HorizonHeld, HorizonReleased
from contrefeu.base import rfc3339

_DAY = len("2026-11-24")


class Freeze:
    """Days that do not count towards the horizon."""

    def __init__(self) -> None:
        self._downtime = Downtime()
        self._held = ""
        self._since = ""  # day on which it began to stand still; empty while it moves
        self._past: list[tuple[str, str]] = []  # first and last day of each time it stood still

    def apply(self, act: Act, received_ns: int, by: str = "") -> None:
        """Take one more act, in journal order."""
        self._downtime.apply(act, by)
        if isinstance(act, HorizonHeld):
            self._held = act.reason or "held"
        elif isinstance(act, HorizonReleased):
            self._held = ""
        day = rfc3339(received_ns)[:_DAY]
        if self.held and not self._since:
            self._since = day
        elif not self.held and self._since:
            self._past.append((self._since, max(day, self._since)))
            self._since = ""

    @property
    def held(self) -> str:
        """Why nothing is destroyed now; empty when nothing holds."""
        return "downtime" if self._downtime.declared else self._held

    def frozen(self, day: str) -> bool:
        """Whether *day* ("2026-11-24") does not count."""
        if self._since and day >= self._since:
            return True
        return any(first <= day <= last for first, last in self._past)
