"""What is known of one feed: its rate at each hour of the week, its gaps, its kinds of message, its writing.

Rules kept here:
  * A public holiday looks like a Sunday, and nobody announces it: until the day has shown itself, the lower of the two
    rates counts.
  * An hour that a rule doubted teaches nothing: an attack does not become normal by lasting.
"""

from msgspec import Struct, field

from contrefeu.watch.windows import DAY, HOUR, Count, hour_of_week

LEARNED_DAYS = 14  # two of each hour of the week; before, only what needs no habit is judged
LEARNING = 0.3  # weight of the newest week
SUNDAY = 6 * 24
SHOWN_FROM, SHOWN_TO = 9, 21  # hours of a day in which its first hours have shown what day it is
HOLIDAY = 0.75  # below this share of a weekday's rate a day may be a holiday
MARK_HOURS_MAX = 48  # of marks kept each hour; older ones are kept one a day
MARK_DAYS_MAX = 30  # of the older ones: who lay hidden for longer is not found by a feed


class Mark(Struct, frozen=True):
    """Until here all of a feed was as it should be."""

    at: float
    ref: str
    messages: int  # in profile, since the feed was first heard
    documents: int  # opened


class Feed(Struct):
    """One feed's state."""

    first: float = 0.0
    last: float = 0.0
    last_ref: str = ""
    hours: list[float] = field(default_factory=lambda: [-1.0] * 168)
    hour: int = 0  # the running one, since 1970
    here: int = 0  # messages in it
    recent: list[int] = field(default_factory=list)  # of the hours before
    shares: list[float] = field(default_factory=list)  # of what was expected, in the hours before
    owed: float = 0.0  # messages that should have come since the last one, until `owed_until`
    owed_until: float = 0.0
    worst_missed: float = 0.0  # the longest normal gap, in messages that would have come
    longest: float = 0.0  # the same in seconds
    messages: int = 0
    counts: dict[str, Count] = field(default_factory=dict)  # group -> how often
    kinds: dict[str, float] = field(default_factory=dict)  # kind -> first heard
    new_kinds: dict[str, list[float]] = field(default_factory=dict)
    shapes: dict[str, float] = field(default_factory=dict)
    new_shapes: dict[str, list[float]] = field(default_factory=dict)
    lag: float = 0.0  # s between making and receiving, as is usual
    ahead: int = 0  # messages in a row that were made in the future
    lags: list[tuple[float, float]] = field(default_factory=list)  # received, and how long after it was made
    documents: int = 0  # opened
    bad_share: float = 0.0  # of documents that did not, in normal life
    bad: list[tuple[float, str, str]] = field(default_factory=list)  # of the last hour: when, entry, why
    texts: dict[str, tuple[float, list[str]]] = field(default_factory=dict)  # digest -> first, patients
    same_peak: int = 0  # patients that got one text, at most, in normal life
    doubt: float = 0.0  # when something was last not quite right; 0: never
    doubted_from: float = 0.0
    marks: list[Mark] = field(default_factory=list)  # the newest last

    def learned(self, at: float) -> bool:
        """Whether there is a habit to compare with."""
        return at - self.first >= LEARNED_DAYS * DAY

    def rate(self, at: float, zone: str) -> float:
        """Messages that an hour should bring, at the least that is normal, as far as that is known."""
        cell = hour_of_week(at, zone)
        usual = self.hours[cell]
        if usual < 0:
            return min(self.recent[-3:]) if len(self.recent) >= 3 else 0.0
        sunday = self.hours[SUNDAY + cell % 24]
        share = sum(self.shares[-2:]) / 2 if len(self.shares) >= 2 else 1.0
        shown = SHOWN_FROM <= cell % 24 < SHOWN_TO and share >= HOLIDAY
        low = usual if shown or sunday < 0 else min(usual, sunday)
        return low * min(1.0, share if share > 0.2 else 1.0)

    def missed(self, at: float, zone: str) -> float:
        """Messages that should have come since the last one; asked again, it goes on where it was."""
        if self.owed_until <= self.last:
            self.owed, self.owed_until = 0.0, self.last
        start = max(self.owed_until, at - 2 * DAY)
        while start < at:
            end = min(at, (start // HOUR + 1) * HOUR)
            self.owed += self.rate(start, zone) * (end - start) / HOUR
            start = end
        self.owed_until = max(at, self.owed_until)
        return self.owed

    def close_hours(self, at: float, zone: str) -> None:
        """Learn from the hours that are over."""
        hour = int(at // HOUR)
        if not self.hour or hour - self.hour > 14 * 24:
            self.hour, self.here = hour, 0
        while self.hour < hour:
            self._close(zone)
            self.hour += 1
            self.here = 0

    def _close(self, zone: str) -> None:
        cell = hour_of_week(self.hour * HOUR, zone)
        usual = self.hours[cell]
        doubted = self.doubt >= self.hour * HOUR or self.doubted_from > 0
        if usual > 1:
            self.shares = [*self.shares, self.here / usual][-3:]
        self.recent = [*self.recent, self.here][-3:]
        if usual < 0:
            self.hours[cell] = float(self.here)
        elif not doubted:
            self.hours[cell] += LEARNING * (self.here - usual)

    def doubted(self, at: float) -> None:
        """Note that something is not as it should be, less than an alarm."""
        self.doubt = at
        self.doubted_from = self.doubted_from or at

    def mark(self, at: float) -> None:
        """An hour without any doubt behind it: everything until now was as it should be."""
        if self.doubted_from and at - self.doubt > HOUR:
            self.doubted_from = 0.0
        if self.doubted_from or not self.messages or (self.marks and at - self.marks[-1].at < HOUR / 6):
            return
        marks, new = self.marks, Mark(at, self.last_ref, self.messages, self.documents)
        if len(marks) > 1 and marks[-1].at // HOUR == marks[-2].at // HOUR:
            marks[-1] = new  # of one hour the last
        else:
            marks.append(new)
        if len(marks) > MARK_HOURS_MAX + MARK_DAYS_MAX:
            old = marks[:-MARK_HOURS_MAX]
            kept = {int(one.at // DAY): one for one in old}  # of a day the last
            self.marks = [*sorted(kept.values(), key=lambda one: one.at)[-MARK_DAYS_MAX:], *marks[-MARK_HOURS_MAX:]]

    def clean_before(self, since: float) -> Mark | None:
        """The last mark before *since*."""
        return next((one for one in reversed(self.marks) if one.at < since), None)
