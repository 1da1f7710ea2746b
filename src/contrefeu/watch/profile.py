"""What is known of one feed: its rate at each hour of the week, its gaps, its kinds of message, its writing.

Rules kept here:
  * A public holiday looks like a Sunday, and nobody announces it: until the day has shown itself, the lower of the two
    rates counts. A feed shows it by all that it said today; when that is too little, all feeds of the house together
    do. What they show is asked again each hour, and of each day anew.
  * An hour that a rule doubted teaches nothing: an attack does not become normal by lasting. Nor does an hour of which
    a part was excused, by an announced maintenance or because nobody listened: such a silence is no habit.
"""

from collections.abc import Iterable
from math import log
from statistics import median

from msgspec import Struct, field

from contrefeu.watch.windows import DAY, HOUR, Count, Peaks, day_of, hour_of_week, no_peaks

LEARNED_DAYS = 14  # two of each hour of the week; before, only what needs no habit is judged
LEARNING = 0.3  # weight of the newest week
SATURDAY, SUNDAY = 5 * 24, 6 * 24
NIGHT_TO = 9  # the hour until which a night's maintenance may go on
SHOWN = 3.0  # natural logarithm of how much likelier one day is than the other, from which a feed has shown it
WEEKDAY_SURE = 20.0  # natural logarithm of how much likelier a weekday is: moods of a day do not reach it
WEEKDAY_EACH = 6.0  # of it that one feed counts for: in a heat wave a laboratory is as busy on a holiday
HOLIDAY_ONE = -5.0  # what no single feed must say
QUIETER = 0.8  # share of a weekday that a Sunday brings, above which a feed's moods say more than what day it is
MOOD_SURE = 60.0  # messages that a usual day counts for: days differ by an eighth
SHARE_LEAST = 0.2  # of what is usual: who says less does not have a quiet day, but a trouble, or another kind of day
KNOWN_HOURS = 18  # of a day, which must be known to be compared: one is unknown while its maintenance is announced
SUNDAY_LEAST = 0.5  # messages an hour: a Sunday without any may have had some
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
    spans_first: float = 0.0  # since when what is usual within an hour is learned: it was not, in older memories
    last: float = 0.0
    last_ref: str = ""
    hours: list[float] = field(default_factory=lambda: [-1.0] * 168)
    hour: int = 0  # the running one, since 1970
    here: int = 0  # messages in it
    excused: float = 0.0  # until when its silence was announced, or not listened to
    recent: list[int] = field(default_factory=list)  # of the hours before
    lately: list[tuple[int, float]] = field(default_factory=list)  # said and expected, in the hours before
    day: int = 0  # the day of which `shown` speaks
    spoke: bool = False  # on it
    shown: float = 0.0  # how much likelier it is a day like others of its name than a Sunday (natural logarithm)
    weekday: int = 0  # the day of which the whole house has shown that it is no holiday
    owed: float = 0.0  # messages that should have come since the last one, until `owed_until`
    owed_until: float = 0.0
    worst_missed: float = 0.0  # the longest normal gap, in messages that would have come
    longest: float = 0.0  # the same in seconds
    links_first: float = 0.0  # since when it is known whether it has a connection open
    linked: float = 0.0  # when it was last seen to have one; 0: not known now
    linked_share: float = 0.0  # of looks at which it had one
    unlinked: float = 0.0  # the longest that it had none today, in seconds
    unlinked_peaks: Peaks = field(default_factory=lambda: no_peaks(1))  # the same, of the days before
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

    def a_week(self, at: float) -> float:
        """Messages in one, since it was first heard."""
        return self.messages * 7 * DAY / max(7 * DAY, at - self.first)

    def speaks(self, kinds: str) -> bool:
        """Whether it sent any kind of message that begins so."""
        return any(kind.startswith(kinds) for kind in self.kinds)

    def learned_spans(self, at: float) -> bool:
        """Whether there is one of what an hour brings."""
        return at - self.spans_first >= LEARNED_DAYS * DAY

    def rate(self, at: float, zone: str) -> float:
        """Messages that an hour should bring, at the least that is normal, on a day as the last hours show it."""
        least, usual = self.least(at, zone), self.hours[hour_of_week(at, zone)]
        return min(least, usual * self._mood()) if usual >= 0 else least

    def least(self, at: float, zone: str) -> float:
        """The same on any day of its kind, as far as that is known."""
        cell = hour_of_week(at, zone)
        usual = self.hours[cell]
        if usual < 0:
            return min(self.recent[-3:]) if len(self.recent) >= 3 else 0.0
        sunday = self.hours[SUNDAY + cell % 24]
        if sunday < 0:
            return usual
        if not self._has_shown(day_of(at, zone), of_week=cell < SATURDAY):
            return min(usual, sunday)
        if cell % 24 < NIGHT_TO and cell < SATURDAY:
            return min(usual, self._usual(cell))  # one night's maintenance is not usual
        return usual

    def _mood(self) -> float:
        """What these hours bring of what is usual, as far as the last ones can tell: few messages tell little."""
        said, expected = sum(said for said, _ in self.lately), sum(usual for _, usual in self.lately)
        return (MOOD_SURE + said) / (MOOD_SURE + expected) if said > SHARE_LEAST * expected else 1.0

    def _has_shown(self, today: int, *, of_week: bool) -> bool:
        """Whether *today* is no holiday, by what this feed said, or the house while this one says nothing else."""
        shown = self.shown if self.day == today else 0.0
        return shown >= SHOWN or (of_week and self.weekday == today and shown > -SHOWN)

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

    def excuse(self, at: float) -> None:
        """What was not heard until now is no silence, and no habit: it was announced, or nobody listened."""
        self.last = max(self.last, at)
        self.excused = at

    def close_hours(self, at: float, zone: str) -> None:
        """Learn from the hours that are over."""
        hour = int(at // HOUR)
        if not self.hour or hour - self.hour > 14 * 24:
            self.hour, self.here = hour, 0
        while self.hour < hour:
            if self.excused < self.hour * HOUR:
                self._close(zone)
            self.hour += 1
            self.here = 0

    def _close(self, zone: str) -> None:
        cell = hour_of_week(self.hour * HOUR, zone)
        usual = self.hours[cell]
        doubted = self.doubt >= self.hour * HOUR or self.doubted_from > 0
        if usual > 1 and self.here:  # an hour of silence says that the feed stopped, not what day it is
            self.lately = [*self.lately, (self.here, usual)][-2:]
        self.recent = [*self.recent, self.here][-3:]
        self._show(cell, day_of(self.hour * HOUR, zone))
        if usual < 0:
            self.hours[cell] = float(self.here)
        elif not doubted:
            self.hours[cell] += LEARNING * (self.here - usual)

    def _show(self, cell: int, today: int) -> None:
        """Add what the hour that is over shows of the day: a silence after a word may be a stop, and shows nothing."""
        if today != self.day:
            self.day, self.spoke, self.shown = today, False, 0.0
        usual, share = self._usual(cell), self._sunday_share(cell)
        sunday = max(usual * share, SUNDAY_LEAST)
        if share < QUIETER and usual > sunday and (self.here or not self.spoke):
            self.shown += self.here * log(usual / sunday) - (usual - sunday)
        self.spoke = self.spoke or self.here > 0

    def _usual(self, cell: int) -> float:
        """Messages of an hour of a day like that; of the five days of a week the median: one has its maintenance."""
        alike = self.hours[cell % 24 : SATURDAY : 24] if cell < SATURDAY else [self.hours[cell]]
        return median([one for one in alike if one >= 0] or [-1.0])

    def _sunday_share(self, cell: int) -> float:
        """What a Sunday brings of what a day like that does; 1 while nobody knows."""
        days = [(self._usual(cell - cell % 24 + hour), self.hours[SUNDAY + hour]) for hour in range(24)]
        known = [(usual, sunday) for usual, sunday in days if usual >= 0 and sunday >= 0]
        usual = sum(usual for usual, _ in known)
        return sum(sunday for _, sunday in known) / usual if usual > 0 and len(known) >= KNOWN_HOURS else 1.0

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


def show_weekday(feeds: Iterable[Feed], at: float, zone: str) -> None:
    """Note in each feed whether the hours of today that are over show, in all feeds together, that it is no holiday."""
    feeds, today = list(feeds), day_of(at, zone)
    found = [feed.shown for feed in feeds if feed.day == today and (feed.spoke or not feed.doubted_from)]
    sure = min(found, default=0.0) > HOLIDAY_ONE and sum(min(one, WEEKDAY_EACH) for one in found) >= WEEKDAY_SURE
    for feed in feeds:
        feed.weekday = today if sure else 0
