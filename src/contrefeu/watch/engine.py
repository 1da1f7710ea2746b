"""The watch: observations in, alarms out; its whole state is one small value.

Rules kept here:
  * Same observations, same alarms, wherever it was stopped and started in between.
  * One alarm for one trouble: the same rule about the same subject is quiet until it was quiet for EPISODE_S.
  * The watch learns for itself. What a person found harmless lets the clean point go on, and changes no rule: if it
    still happens an hour later it is told again, and holds the clean point where the answer was given.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct, field

from contrefeu.watch.feeds import (
    collapse_signals,
    fade,
    heard_signals,
    learn_gap,
    learn_link,
    silence_signals,
    unlinked_signals,
)
from contrefeu.watch.people import People, looked_signals
from contrefeu.watch.profile import LEARNED_DAYS, Feed, Mark, show_weekday
from contrefeu.watch.seen import Heard, Linked, Looked, Observation, Resumed, Signal, Told
from contrefeu.watch.signals import RULES
from contrefeu.watch.windows import DAY, HOUR

EPISODE_S = 6 * 3600.0  # s of quiet after which the same trouble is another one
HARMLESS_S = 3600.0  # s that what somebody found harmless stays quiet: a clean-up may go on, an attack may hide in it
# What is so for as long as it lasts: who answered knows it, and hears of it again once it was over
LASTS = frozenset([
    "feed-silent", "feeds-silent", "feed-collapse", "copy-late", "copy-refused", "selftest-red", "ward-unready",
    "journal-damaged", "history-other",
])  # fmt: skip
QUIET_S = {"honey": 600.0}  # s, instead of EPISODE_S: each decoy that is opened says how far somebody is
UNHEARD_S = 60.0  # s without anything read, from which on a restart excuses silences: less is none of any rule
LINKS_S_MAX = 120.0  # s between two words on who has a connection, of more nobody knows what was between
LOOK_S = 30.0  # s between two looks at what is missing
NEW_SENDER_MESSAGES = 3  # one message may be a mistake
FEEDS_MAX = 2_000  # senders whose habits are remembered; a large hospital has some hundred
# Rule of ourselves -> seconds that it must last before it is an alarm
LASTING: dict[str, float] = {
    "copy-late": 300.0,
    "copy-refused": 0.0,
    "selftest-red": 0.0,
    "ward-unready": 0.0,
    "journal-damaged": 0.0,
    "history-other": 0.0,
    "home-changed": 0.0,
    "canary": 0.0,
    "tap-gap": 0.0,
    "control-reused": 0.0,
    "clock-moved": 0.0,
}
EVERYWHERE = "*"


class Pin(Struct, frozen=True):
    """An alarm that holds back a clean point."""

    rule: str
    subject: str
    since: float
    at: float


class State(Struct):
    """All that the watch remembers."""

    now: float = 0.0
    first: float = 0.0
    looked: float = 0.0
    links_since: float = 0.0  # since when whoever says who has a connection open runs
    links_at: float = 0.0  # when that was last said
    feeds: dict[str, Feed] = field(default_factory=dict)
    people: People = field(default_factory=People)
    open: dict[str, float] = field(default_factory=dict)  # rule and subject -> when it last fired
    settled: dict[str, float] = field(default_factory=dict)  # rule and subject -> when somebody found it harmless
    bad: dict[str, float] = field(default_factory=dict)  # rule and subject of ourselves -> since when
    pins: list[Pin] = field(default_factory=list)


class CleanPoint(NamedTuple):
    """The last instant of a source that evidence supports."""

    source: str
    at: float  # 0: there is none
    ref: str  # the last entry before it
    messages: int  # in profile until then
    documents: int  # that opened until then
    days: float  # for which the feed's habits are known
    held_by: str  # the rule that holds it back; "" when nothing does


class Watch:
    """Takes observations in the order in which they were received."""

    def __init__(
        self, state: State, zone: str = "Europe/Paris", resting: Callable[[float], frozenset[str]] | None = None
    ) -> None:
        """*resting* says which feeds an announced maintenance excuses at an instant; `*` stands for all of them."""
        self.state = state
        self._zone = zone
        self._resting = resting or (lambda _: frozenset())

    def take(self, one: Observation) -> list[Signal]:
        """Return the alarms that *one* raises."""
        state = self.state
        state.first = state.first or one.at
        if isinstance(one, Resumed):
            self._resume(one.at)
        found = list(self._missing(one.at))
        state.now = max(state.now, one.at)
        if isinstance(one, Heard):
            found += self._heard(one)
        elif isinstance(one, Looked):
            found += looked_signals(state.people, one, self._zone)
        elif isinstance(one, Told):
            found += self._told(one)
        elif isinstance(one, Linked):
            found += self._linked(one)
        return [signal for signal in found if self._is_news(signal)]

    def _heard(self, one: Heard) -> Iterator[Signal]:
        state = self.state
        feed = state.feeds.get(one.source)
        if feed is None:
            if len(state.feeds) >= FEEDS_MAX:
                return
            feed = state.feeds[one.source] = Feed(first=one.at, last=one.at)
        learn_gap(feed, one.at, self._zone)
        feed.close_hours(one.at, self._zone)
        feed.last, feed.last_ref = one.at, one.ref
        feed.here += 1
        feed.messages += 1
        if feed.messages == NEW_SENDER_MESSAGES and one.at - state.first > LEARNED_DAYS * DAY:
            yield Signal("sender-new", one.source, one.at, feed.first, {"messages": 3.0}, [one.ref])
        yield from heard_signals(feed, one, self._zone)

    def _missing(self, at: float) -> Iterator[Signal]:
        """Look at what did not come, every LOOK_S of the time that passes."""
        state = self.state
        if not state.looked or at - state.looked > DAY:
            state.looked = at
        while at - state.looked >= LOOK_S:
            before, state.looked = state.looked, state.looked + LOOK_S
            now = state.looked
            resting = self._resting(now)
            if EVERYWHERE in resting:
                resting = frozenset(state.feeds)
            yield from silence_signals(state.feeds, now, self._zone, resting)
            if now // (HOUR / 6) != before // (HOUR / 6):
                for feed in state.feeds.values():
                    feed.mark(before)
            if now // HOUR != before // HOUR:
                yield from self._hour(before, now, resting)
            for source in resting & state.feeds.keys():
                state.feeds[source].excuse(now)

    def _hour(self, before: float, now: float, resting: frozenset[str]) -> Iterator[Signal]:
        for feed in self.state.feeds.values():
            feed.close_hours(now, self._zone)
            if now // DAY != before // DAY:
                fade(feed)
        show_weekday(self.state.feeds.values(), now, self._zone)
        yield from collapse_signals(self.state.feeds, now, self._zone, resting)

    def _told(self, one: Told) -> Iterator[Signal]:
        key = f"{one.what} {one.subject}"
        if not one.bad:
            self.state.bad.pop(key, None)
            return
        since = self.state.bad.setdefault(key, one.at)
        if one.at - since >= LASTING[one.what]:
            yield Signal(one.what, one.subject, one.at, since, {"figure": one.figure} if one.figure else {}, [])

    def _linked(self, one: Linked) -> Iterator[Signal]:
        state = self.state
        if one.since != state.links_since or one.at - state.links_at > LINKS_S_MAX:
            self._unlink()
        state.links_since, state.links_at = one.since, one.at
        resting = self._resting(one.at)
        for source, feed in state.feeds.items():
            here = source in one.senders
            if here or not resting & {source, EVERYWHERE}:
                learn_link(feed, one.at, here=here)
            else:
                feed.linked = 0.0
        yield from unlinked_signals(state.feeds, one.at)

    def _unlink(self) -> None:
        """Nobody knows any more who should have a connection: they closed none."""
        for feed in self.state.feeds.values():
            feed.linked = 0.0

    def _resume(self, at: float) -> None:
        if at - self.state.now < UNHEARD_S:
            return
        self.state.looked = at
        for feed in self.state.feeds.values():
            feed.excuse(at)
        self._unlink()

    def _is_news(self, signal: Signal) -> bool:
        state, key = self.state, f"{signal.rule} {signal.subject}"
        last = state.open.get(key)
        state.open[key] = signal.at
        feed = state.feeds.get(signal.subject)
        if feed is not None:
            feed.doubted(signal.at)
        goes_on = last is not None and signal.at - last < QUIET_S.get(signal.rule, EPISODE_S)
        settled = state.settled.get(key)
        if settled is not None:
            if signal.at - settled < HARMLESS_S:
                return False
            del state.settled[key]
        elif goes_on:
            return False
        rule = RULES[signal.rule]
        if rule.pins:
            subject = EVERYWHERE if rule.pins == "all" else signal.subject
            since = min(signal.since, settled) if settled is not None and goes_on else signal.since
            state.pins.append(Pin(signal.rule, subject, since, signal.at))
        if len(state.open) > FEEDS_MAX:
            state.open = {key: at for key, at in state.open.items() if signal.at - at < EPISODE_S}
        return True

    def harmless(self, rule: str, subject: str, at: float) -> None:
        """Somebody found the alarm of *rule* at *at* harmless: it holds nothing back any more."""
        where = EVERYWHERE if RULES[rule].pins == "all" else subject
        self.state.pins = [p for p in self.state.pins if (p.rule, p.subject, int(p.at)) != (rule, where, int(at))]
        if rule not in LASTS:
            self.state.settled[f"{rule} {subject}"] = max(at, self.state.now)
        if len(self.state.settled) > FEEDS_MAX:
            newest = sorted(self.state.settled.items(), key=lambda one: one[1])
            self.state.settled = dict(newest[FEEDS_MAX // 2 :])

    def clean_point(self, source: str) -> CleanPoint:
        """The last instant of *source* that evidence supports."""
        feed = self.state.feeds[source]
        pins = [pin for pin in self.state.pins if pin.subject in (source, EVERYWHERE)]
        pin = min(pins, key=lambda one: one.since, default=None)
        mark = feed.clean_before(pin.since if pin is not None else self.state.now + 1)
        mark = mark or Mark(0.0, "", 0, 0)
        days = max(0.0, (mark.at - feed.first) / DAY) if mark.at else 0.0
        return CleanPoint(
            source, mark.at, mark.ref, mark.messages, mark.documents, round(days, 1), pin.rule if pin else ""
        )

    def clean_points(self) -> list[CleanPoint]:
        """Of every feed, by name."""
        return [self.clean_point(source) for source in sorted(self.state.feeds)]
