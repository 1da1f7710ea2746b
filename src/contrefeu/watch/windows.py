"""Counting in windows of time, small enough to be written down every half minute.

Rules kept here:
  * A peak is what was normal at most: it is learned when a window closes, and only from windows that no rule doubted.
  * What was learned fades (FADE_A_DAY), so that a summer's peak does not hide an autumn's attack.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from math import exp, lgamma, log
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from contrefeu.watch.signals import RULES

HOUR = 3600
DAY = 86_400
SLOT = 600  # s; the shortest window
SLOTS_BEFORE = 5  # with the running one: an hour
FADE_A_DAY = 0.995  # a peak of two months ago counts for three quarters, of a year ago for a sixth
FIRST_MAX = 8  # entries kept as evidence
LEAST_PART = 1e-9  # of a sum, below which what is added does not matter
WRONG_A_WEEK = 1 / len(RULES)  # alarms by chance of one rule: A1 allows one in a week of all of them


class Peaks(Struct):
    """The most in each of some lengths of time: on any day before, and on any but one: a day alone is no habit.

    They are learned of a day that is over, or a slow attack would teach its own pace.
    """

    highest: list[float]
    habit: list[float]

    def learn(self, most: Iterable[float]) -> None:
        """A day is over, with *most* in each length."""
        days = [sorted(three) for three in zip(self.habit, self.highest, most, strict=True)]
        self.habit, self.highest = [day[1] for day in days], [day[2] for day in days]

    def fade(self, share: float) -> None:
        """What was learned counts for a little less."""
        self.habit = [one * share for one in self.habit]
        self.highest = [one * share for one in self.highest]


def no_peaks(lengths: int) -> Peaks:
    """Nothing is learned yet."""
    return Peaks([0.0] * lengths, [0.0] * lengths)


def _none() -> list[int]:
    return [0] * (SLOTS_BEFORE + 1)


class Count(Struct):
    """How often something happened in the running slot, the hour and the day before, and how often at most normally."""

    slot: int = 0  # number of the running slot
    here: int = 0  # in it
    hours: dict[int, int] = field(default_factory=dict)  # hour -> count, of the last day
    tens: list[int] = field(default_factory=list)  # the slots before, that make an hour with the running one
    peak_slot: float = 0.0
    most: list[int] = field(default_factory=_none)  # of today, in one slot, in two... in an hour
    peaks: Peaks = field(default_factory=lambda: no_peaks(SLOTS_BEFORE + 1))  # the same, of the days before
    peak_day: float = 0.0
    first: list[str] = field(default_factory=list)  # entries of the running slot
    first_at: float = 0.0
    total: int = 0  # ever

    def add(self, at: float, ref: str, *, many: int = 1, learn: bool = True) -> None:
        """Count *many*; *learn* says whether the slot before was normal life."""
        self.move(at, learn=learn)
        if not self.here:
            self.first_at = at
        self.here += many
        self.total += many
        hour = int(at // HOUR)
        self.hours[hour] = self.hours.get(hour, 0) + many
        if len(self.first) < FIRST_MAX:
            self.first.append(ref)

    def move(self, at: float, *, learn: bool = True) -> None:
        """Close the slot if it is over."""
        slot = int(at // SLOT)
        if slot <= self.slot:
            return
        if learn and self.here:
            self.peak_slot = max(self.peak_slot, float(self.here))
            self.most = [max(most, self.last(slots)) for slots, most in enumerate(self.most)]
        quiet = min(slot - self.slot - 1, SLOTS_BEFORE)
        self.tens = [*self.tens, self.here, *[0] * quiet][-SLOTS_BEFORE:]
        if slot // 144 != self.slot // 144:
            if learn:
                self.peak_day = max(self.peak_day, float(self.day))
                self.peaks.learn(map(float, self.most))
            self.most = _none()
            self.peak_slot *= FADE_A_DAY
            self.peaks.fade(FADE_A_DAY)
            self.peak_day *= FADE_A_DAY
        oldest = int(at // HOUR) - 24
        if self.hours and min(self.hours) < oldest:
            self.hours = {hour: count for hour, count in self.hours.items() if hour >= oldest}
        self.slot, self.here, self.first = slot, 0, []

    @property
    def hour(self) -> int:
        """In the running slot and the five before it."""
        return self.last(SLOTS_BEFORE)

    @property
    def peak_hour(self) -> float:
        """The most in an hour that was normal."""
        return self.peaks.highest[SLOTS_BEFORE]

    def last(self, slots: int) -> int:
        """In the running slot and the *slots* before it."""
        return sum(self.tens[-slots:] if slots else ()) + self.here

    @property
    def hour_since(self) -> float:
        """When the first slot of that hour began in which there was one."""
        back = next((n for n, count in enumerate(self.tens) if count), len(self.tens))
        return float((self.slot - len(self.tens) + back) * SLOT)

    @property
    def day(self) -> int:
        """In the last 24 hours."""
        return sum(self.hours.values())


def by_chance(count: int, mean: float) -> float:
    """How likely *count* or more are where *mean* are usual, each by itself (Poisson)."""
    if count <= mean:
        return 1.0
    term = exp(count * log(mean) - mean - lgamma(count + 1)) if mean > 0 else float(not count)
    total, number = 0.0, count
    while term > total * LEAST_PART:
        total += term
        number += 1
        term *= mean / number
    return total


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
