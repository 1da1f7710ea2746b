"""Counting in windows of time, small enough to be written down every half minute.

Rules kept here:
  * A peak is what was normal at most: it is learned when a window closes, and only from windows that no rule doubted.
  * What was learned fades (FADE_A_DAY), so that a summer's peak does not hide an autumn's attack.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct, field

HOUR = 3600
DAY = 86_400
SLOT = 600  # s; the shortest window
FADE_A_DAY = 0.995  # a peak of two months ago counts for three quarters, of a year ago for a sixth
FIRST_MAX = 8  # entries kept as evidence


class Count(Struct):
    """How often something happened in the running slot and in the day before, and how often at most in normal life."""

    slot: int = 0  # number of the running slot
    here: int = 0  # in it
    hours: dict[int, int] = field(default_factory=dict)  # hour -> count, of the last day
    peak_slot: float = 0.0
    peak_day: float = 0.0
    first: list[str] = field(default_factory=list)  # entries of the running slot
    first_at: float = 0.0

    def add(self, at: float, ref: str, *, learn: bool = True) -> None:
        """Count one; *learn* says whether the slot before it was normal life."""
        self.move(at, learn=learn)
        self.here += 1
        hour = int(at // HOUR)
        self.hours[hour] = self.hours.get(hour, 0) + 1
        if self.here == 1:
            self.first_at = at
        if len(self.first) < FIRST_MAX:
            self.first.append(ref)

    def move(self, at: float, *, learn: bool = True) -> None:
        """Close the slot if it is over."""
        slot = int(at // SLOT)
        if slot <= self.slot:
            return
        if learn and self.here:
            self.peak_slot = max(self.peak_slot, float(self.here))
        if slot // 144 != self.slot // 144:
            if learn:
                self.peak_day = max(self.peak_day, float(self.day))
            self.peak_slot *= FADE_A_DAY
            self.peak_day *= FADE_A_DAY
        oldest = int(at // HOUR) - 24
        if self.hours and min(self.hours) < oldest:
            self.hours = {hour: count for hour, count in self.hours.items() if hour >= oldest}
        self.slot, self.here, self.first = slot, 0, []

    @property
    def day(self) -> int:
        """In the last 24 hours."""
        return sum(self.hours.values())


@lru_cache(maxsize=4096)
def _local(hour: int, zone: str) -> tuple[int, int]:
    """Hour of the week, from Monday 0:00, and day number, on the wall, of an hour since 1970."""
    wall = datetime.fromtimestamp(hour * HOUR, ZoneInfo(zone))
    return wall.weekday() * 24 + wall.hour, wall.toordinal()


def hour_of_week(at: float, zone: str) -> int:
    """0 (Monday, 0:00) to 167, as clocks on the wards say."""
    return _local(int(at // HOUR), zone)[0]


def day_of(at: float, zone: str) -> int:
    """A number for the day, as calendars on the wards say."""
    return _local(int(at // HOUR), zone)[1]


@lru_cache(maxsize=512)
def clocks_change(day: int, zone: str) -> bool:
    """Whether clocks change within a day of day number *day* (since 1970)."""
    noon = datetime.fromtimestamp(day * DAY, ZoneInfo(zone))
    return (noon - timedelta(days=1)).utcoffset() != (noon + timedelta(days=2)).utcoffset()
