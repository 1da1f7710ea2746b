"""Which system that works on is sent to, by whom and since when: a pure fold over the acts of the stations' journals.

Rules kept here:
  * A switch ends with the downtime in which somebody set it: another downtime begins with nothing sent. What was left
    over from the one before was ordered again since, by telephone or in the record system.
"""

from collections.abc import Callable

from contrefeu.acts.act import Act, DowntimeDeclared
from contrefeu.acts.downtime import Downtime
from contrefeu.acts.live import LiveSwitched
from contrefeu.acts.wards import CorrectedWards


class Switchboard:
    """Switches that hold, by system, and whether a downtime is declared."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        """Begin with nothing said; *now_ns* says whether a cut-over has come."""
        self._wards = CorrectedWards()
        self._at_ns = 0  # when an act that is looked at was said; 0: now
        self._held = Downtime(self._wards.members, lambda: self._at_ns or now_ns())
        self.switches: dict[str, LiveSwitched] = {}
        self.ended: dict[str, LiveSwitched] = {}  # that held in a downtime that is over

    def apply(self, act: Act, by: str, entry: str, at_ns: int) -> None:
        """Take one more act, in journal order: whose it is, its entry, and when it was written."""
        self._wards.apply(act, by)
        if isinstance(act, DowntimeDeclared):
            self._at_ns = at_ns
            if not self._held.declared:
                self.ended |= self.switches
                self.switches = {}
            self._at_ns = 0
        elif isinstance(act, LiveSwitched):
            self.switches[act.system] = act
            self.ended.pop(act.system, None)
        self._held.apply(act, by, entry)

    @property
    def downtime(self) -> bool:
        """Whether one holds now."""
        return bool(self._held.declared)
