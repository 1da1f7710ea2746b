"""Order between machines whose clocks differ (DESIGN S7): hybrid clocks, and what two times can say of each other.

    hybrid clock = milliseconds since 1970 (48 bits) || counter (16 bits)

Rules kept here:
  * A cause never follows its effect: who writes after having heard of an entry writes behind it in hybrid order.
  * A clock that is far ahead (AHEAD_NS_MAX) never advances another's: one broken clock does not carry every station
    into next year. Its entries stand where its clock says, and it is flagged.
  * Hybrid order settles ties and repeatability. Which clinical fact is newer is asked of corrected times, and the
    answer may be that nobody knows.
"""

from dataclasses import dataclass
from typing import Literal

COUNTER_BITS = 16
AHEAD_NS_MAX = 15 * 60 * 1_000_000_000  # a clock further ahead is wrong, not merely late in being set (S7)
DRIFT_PPM_MAX = 100  # of a PC's quartz, uncorrected: what is not measured again grows so uncertain

Order = Literal["before", "after", "uncertain"]


def physical_ns(hlc: int) -> int:
    """The time in a hybrid clock, ns since 1970; whole milliseconds."""
    return (hlc >> COUNTER_BITS) * 1_000_000


def hybrid(now_ns: int) -> int:
    """The least hybrid clock of an instant."""
    return max(0, now_ns) // 1_000_000 << COUNTER_BITS


def next_hybrid(own: int, heard: int, now_ns: int) -> int:
    """The hybrid clock of the next entry.

    Args:
        own: Of the last entry written here.
        heard: The highest of those heard of from others; one that is far ahead does not count.
        now_ns: This machine's clock.
    """
    if is_far_ahead(heard, now_ns):
        heard = 0
    return max(own + 1, heard + 1, hybrid(now_ns))


def is_far_ahead(hlc: int, now_ns: int) -> bool:
    """Whether a hybrid clock speaks of a time that this machine's clock is more than AHEAD_NS_MAX away from."""
    return physical_ns(hlc) > now_ns + AHEAD_NS_MAX


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How far another clock is ahead of this one (below 0: behind), as it was measured."""

    offset_ns: int
    uncertainty_ns: int

    @property
    def is_far_ahead(self) -> bool:
        """Whether it is surely more than AHEAD_NS_MAX ahead."""
        return self.offset_ns - self.uncertainty_ns > AHEAD_NS_MAX

    def aged(self, elapsed_ns: int) -> "ClockOffset":
        """The same, *elapsed_ns* after it was measured: the clocks have drifted apart since."""
        drift_ns = abs(elapsed_ns) * 2 * DRIFT_PPM_MAX // 1_000_000
        return ClockOffset(self.offset_ns, self.uncertainty_ns + drift_ns)


@dataclass(frozen=True, slots=True)
class Span:
    """When something happened, as far as anybody can tell; ns since 1970, by the clock that is asked."""

    earliest_ns: int
    latest_ns: int

    @property
    def middle_ns(self) -> int:
        """What is displayed."""
        return (self.earliest_ns + self.latest_ns) // 2


def corrected(device_ns: int, offset: ClockOffset | None) -> Span:
    """When it was here, when a device's clock said *device_ns*; an offset that was never measured corrects nothing."""
    if offset is None:
        return Span(device_ns, device_ns)
    middle = device_ns - offset.offset_ns
    return Span(middle - offset.uncertainty_ns, middle + offset.uncertainty_ns)


def order_of(one: Span, other: Span) -> Order:
    """Which came first, if it can be told: two spans that touch are uncertain.

    >>> order_of(Span(0, 5), Span(6, 9))
    'before'
    >>> order_of(Span(0, 6), Span(6, 9))
    'uncertain'
    """
    if one.latest_ns < other.earliest_ns:
        return "before"
    if other.latest_ns < one.earliest_ns:
        return "after"
    return "uncertain"
