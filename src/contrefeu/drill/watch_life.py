"""Months of a hospital's normal life, as the watch would see it: observations, no messages.

Weekdays, weekends, French public holidays, a heat wave, clocks that change, maintenance (announced, and one night that
overruns), restarts of the interface engine, an upgrade, a feed that is connected, new staff, a famous patient, exports,
a vault's line that is down, a document that somebody enciphered, clerks who follow a wrong link, a rehearsal, advice
on a patient under secrecy. Everything comes from the seed.

Rules kept here:
  * Nothing here knows a rule's threshold, and nothing is left out because a rule would speak.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp
from random import Random
from zoneinfo import ZoneInfo

from contrefeu.watch import Heard, Looked, Observation, Told

ZONE = "Europe/Paris"
_PARIS = ZoneInfo(ZONE)
FIRST_DAY = date(2026, 3, 2)  # a Monday; clocks change four weeks later
HOUR = 3600.0
# Public holidays of France, 2026 (Code du travail, L3133-1; Easter is 5 April)
HOLIDAYS = frozenset(
    [date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 14), date(2026, 5, 25)]
)  # fmt: skip
# fmt: off
_OFFICE = [.15, .12, .1, .1, .12, .25, .5, .8, 1.3, 1.7, 1.8, 1.6,
           1.1, 1.2, 1.7, 1.7, 1.5, 1.2, .8, .6, .45, .35, .3, .2]
_WARD = [.6, .5, .5, .5, .6, .9, 1.5, 1.6, 1.4, 1.3, 1.2, 1.2,
         1.4, 1.2, 1.0, 1.0, 1.0, 1.1, 1.4, 1.2, 1.1, 1.2, .9, .7]
# fmt: on
_FLAT = [1.0] * 24


@dataclass(frozen=True, slots=True)
class Sender:
    """A feed and its habits."""

    source: str
    a_day: float  # messages on a weekday
    shape: str
    hours: list[float]
    weekend: float
    kinds: tuple[tuple[str, str, float], ...]  # kind, group, share
    documents: float = 0.0  # share of messages that carry one
    broken: float = 0.0  # share of documents that never opened
    heat: float = 0.0  # how much more in a heat wave


SENDERS = (
    Sender("CPAGE@CHU", 1500, "2.5|8859/1|A9", _OFFICE, .5, (
        ("ADT^A01", "", .12), ("ADT^A02", "", .2), ("ADT^A03", "", .12), ("ADT^A04", "", .25),
        ("ADT^A08", "update", .2), ("ADT^A11", "cancel", .02), ("ADT^A12", "cancel", .01),
        ("ADT^A28", "", .05), ("ADT^A31", "update", .025),
        ("ADT^A40", "merge", .005)), heat=.5),
    Sender("LABO@CHU", 1800, "2.3.1|8859/15|9", _WARD, .6, (
        ("ORU^R01", "", .97), ("ORU^R01", "delete", .003), ("ORU^R01", "cancel", .01), ("ORU^R30", "", .017)), heat=.6),
    Sender("PHARMA@CHU", 900, "2.5|UNICODE UTF-8|9", _OFFICE, .35, (
        ("RDE^O11", "", .6), ("RDS^O13", "", .3), ("RDE^O11", "cancel", .1)), heat=.3),
    Sender("DPI@CHU", 800, "2.6|UNICODE UTF-8|A9-9", _OFFICE, .3, (
        ("MDM^T02", "", .85), ("MDM^T10", "", .13), ("MDM^T04", "", .02)), documents=.9, broken=.002, heat=.2),
    Sender("PACS@CHU", 600, "2.4|8859/1|9.9", _OFFICE, .4, (
        ("ORU^R01", "", .6), ("ORM^O01", "", .35), ("ORM^O01", "cancel", .05)), documents=.3, broken=.004, heat=.2),
    Sender("RDV@CHU", 700, "2.5|UNICODE UTF-8|9", _OFFICE, .04, (
        ("SIU^S12", "", .6), ("SIU^S14", "", .25), ("SIU^S15", "cancel", .15))),
    Sender("REA@CHU", 1400, "2.6|UNICODE UTF-8|9", _FLAT, 1.0, (("ORU^R01", "", 1.0),), heat=.1),
)  # fmt: skip
BATCH = Sender("DROITS@CHU", 180, "2.5|8859/1|A9", _FLAT, 1.0, (("ADT^A31", "update", 1.0),))  # each day at 5:30
ROLES = (("nurse", "nu", 34), ("physician", "ph", 16), ("pharmacist", "rx", 3), ("coordinator", "co", 2))
# role -> looks a shift at patients of their own, and at others
LOOKS = {"nurse": (16, 0.5), "physician": (22, 1.6), "pharmacist": (35, 6.0), "coordinator": (5, 9.0)}


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works here."""

    login: str
    role: str
    ward: int
    from_day: int = 0
    nights: bool = False


class Life:
    """One hospital's months; `scale` multiplies what is sent and looked at."""

    def __init__(self, seed: int, *, scale: float = 1.0) -> None:
        self.seed = seed
        self.scale = scale
        draw = Random(f"plot {seed}")  # noqa: S311 - repeatable, not secret
        self.heat = range(draw.randint(55, 70), draw.randint(72, 80))
        self.upgrade = draw.randint(25, 70)  # the day on which PACS is upgraded
        self.joined = draw.randint(30, 80)  # the day on which a feed is connected
        self.overrun = draw.choice([4, 6, 8, 10])  # the week in which maintenance takes longer than announced
        self.line_down = draw.randint(16, 85)
        odd = Random(f"odd {seed}")  # noqa: S311 - repeatable, not secret
        self.enciphered = odd.randint(16, 85)  # the day on which somebody sends one document that is enciphered
        self.rehearsed = odd.randint(16, 85)  # the day on which somebody tries the recovery on two charts
        self.famous = range(draw.randint(20, 40), 60)
        self.staff = [
            Member(f"{prefix}{n}", role, n % 8, 0 if n % 6 else draw.choice([0, 0, 40]), role == "nurse" and n % 3 == 0)
            for role, prefix, count in ROLES
            for n in range(count)
        ]

    def start(self, day: int) -> float:
        """The first instant of a day."""
        return datetime.combine(FIRST_DAY + timedelta(days=day), datetime.min.time(), _PARIS).timestamp()

    def resting(self, at: float) -> frozenset[str]:
        """What an announced maintenance excuses: the identity server, every other Tuesday from 2:00 to 3:30."""
        wall = datetime.fromtimestamp(at, _PARIS)
        announced = wall.weekday() == 1 and (wall.date() - FIRST_DAY).days // 7 % 2 == 0
        return frozenset(["CPAGE@CHU"] if announced and 2 <= wall.hour + wall.minute / 60 < 3.6 else [])

    def hours(self, first_day: int, last_day: int) -> Iterator[list[Observation]]:
        """Every hour's observations, in order, of the days from *first_day* up to *last_day*."""
        at, end = self.start(first_day), self.start(last_day)
        later: list[Observation] = []  # a backlog comes in another hour than it was made
        while at < end:
            draw = Random(f"{self.seed} {int(at)}")  # noqa: S311 - repeatable, not secret
            found = [*later, *self._messages(at, draw), *self._looks(at, draw), *self._odd(at), *self._ourselves(at)]
            at += HOUR
            later = [one for one in found if one.at >= at]
            yield sorted((one for one in found if one.at < at), key=lambda one: one.at)

    # Feeds.

    def _messages(self, at: float, draw: Random) -> Iterator[Heard]:
        wall = datetime.fromtimestamp(at, _PARIS)
        day = (wall.date() - FIRST_DAY).days
        off = wall.weekday() >= 5 or wall.date() in HOLIDAYS
        of_day = Random(f"{self.seed} day {day}")  # noqa: S311 - repeatable, not secret
        stop = of_day.uniform(0, HOUR - 180) if of_day.random() < 0.15 and wall.hour == of_day.randint(0, 23) else -1.0
        for sender in (*SENDERS, BATCH):
            mood = exp(of_day.gauss(0, 0.1))
            rate = sender.a_day / 24 * sender.hours[wall.hour] * mood * (sender.weekend if off else 1.0)
            if sender is BATCH:
                rate = sender.a_day if wall.hour == 5 else 0.0
            rate *= 1 + (sender.heat if day in self.heat else 0.0)
            for n in range(_poisson(draw, rate * self.scale)):
                moment = at + draw.random() * HOUR if sender is not BATCH else at + 1800 + n * 3
                yield self._message(sender, self._sent(sender, moment, at, stop, wall, day), draw, day)
        if day >= self.joined:
            for n in range(_poisson(draw, 12 * self.scale)):
                moment = at + draw.random() * HOUR
                yield Heard(moment, f"c/{int(moment)}-{n}", "DIET@CHU", "ORM^O01", "", moment, f"p{n}", "2.5||9")

    def _sent(
        self, sender: Sender, moment: float, hour: float, stop: float, wall: datetime, day: int
    ) -> tuple[float, float]:
        """When a message is received, and when it was made: a backlog comes when its sender is back."""
        if stop >= 0 and hour + stop <= moment < hour + stop + 180:  # the interface engine restarts
            return hour + stop + 180 + (moment - hour - stop) / 20, moment
        if sender.source == "CPAGE@CHU" and wall.weekday() == 1 and day // 7 % 2 == 0 and 2 <= wall.hour < 5:
            back = self.start(day) + (3.5 + (1.0 if day // 7 == self.overrun else 0.0)) * HOUR
            began = self.start(day) + 2 * HOUR
            if began <= moment < back:
                return back + (moment - began) / 30, moment
        return moment, moment - 0.5

    def _message(self, sender: Sender, times: tuple[float, float], draw: Random, day: int) -> Heard:
        at, said = times
        point, kind, group = draw.random(), sender.kinds[0][0], ""
        for one, of, share in sender.kinds:
            if point < share:
                kind, group = one, of
                break
            point -= share
        shape = sender.shape
        if sender.source == "PACS@CHU" and day >= self.upgrade:
            shape = shape.replace("2.4", "2.5")
        patient = f"p{draw.randrange(4000)}"
        documents: tuple[str, ...] = ()
        text = ""
        if draw.random() < sender.documents:
            documents = ("broken",) if draw.random() < sender.broken else ("good",)
            text = f"letter {draw.randrange(3)}" if draw.random() < 0.002 else f"{sender.source} {at}"
        return Heard(at, f"c/{at:.2f}", sender.source, kind, group, said, patient, shape, text, documents)  # type: ignore[arg-type]

    # People.

    def _looks(self, at: float, draw: Random) -> Iterator[Looked]:
        wall = datetime.fromtimestamp(at, _PARIS)
        day = (wall.date() - FIRST_DAY).days
        off = wall.weekday() >= 5 or wall.date() in HOLIDAYS
        for member in self.staff:
            if day < member.from_day or not self._works(member, wall.hour, day, off):
                continue
            own, other = LOOKS[member.role]
            for _ in range(_poisson(draw, own / 8 * self.scale)):
                yield self._look(member, at + draw.random() * HOUR, draw, "own")
            for _ in range(_poisson(draw, other / 8)):
                yield self._look(member, at + draw.random() * HOUR, draw, draw.choice(["other", "gone"]))
            if draw.random() < 0.0015:
                yield self._look(member, at + draw.random() * HOUR, draw, "other", kind="glass")
            if day in self.famous and member.ward == 3 and draw.random() < 0.3:
                moment = at + draw.random() * HOUR
                yield Looked(moment, f"a/{moment:.2f}", member.login, member.role, "view", "famous", "own", ("famous",))
        if wall.day == 5 and wall.hour == 10:
            yield Looked(at + 60, f"a/{at}", "co0", "coordinator", "export")
        if draw.random() < 0.05:
            login = f"nu{draw.randrange(34)}"
            for n in range(draw.randint(1, 5)):
                yield Looked(at + 900 + n * 20, f"a/{at}{n}", login, "nurse", "refused")

    def _odd(self, at: float) -> Iterator[Observation]:
        """What happens now and then."""
        wall = datetime.fromtimestamp(at, _PARIS)
        day = (wall.date() - FIRST_DAY).days
        draw = Random(f"{self.seed} odd {int(at)}")  # noqa: S311 - repeatable, not secret
        moment = at + draw.random() * HOUR
        sender = SENDERS[3]
        if day == self.enciphered and wall.hour == 11:
            yield Heard(moment, f"c/{moment:.2f}", sender.source, "MDM^T02", "", moment - 0.5, "p1", sender.shape, "",
                        ("sealed",))  # fmt: skip
        if day == self.rehearsed and wall.hour == 14:
            for n in range(2):
                yield Looked(moment + n * 120, f"a/{moment}{n}", "re0", "recovery", "view", f"p{n}", "gone")
        if draw.random() < 0.01:
            yield Looked(moment, f"a/{moment}", f"cl{draw.randrange(6)}", "clerk", "denied", f"p{draw.randrange(99)}")
        if day in self.famous and 8 <= wall.hour < 18 and draw.random() < 0.02:
            yield Looked(moment, f"a/{moment}", f"ph{draw.choice([1, 2, 4, 5])}", "physician", "view", "famous",
                         "other", ("famous",))  # fmt: skip

    def _works(self, member: Member, hour: int, day: int, off: bool) -> bool:
        n = int(member.login[2:])
        if member.nights:
            return (hour >= 21 or hour < 6) and (day + n) % 3 != 0
        if member.role == "nurse":
            first = 6 if (day // 7 + n) % 2 else 13
            return first <= hour < first + 8 and (day + n) % 7 < 5
        if member.role == "physician" and (day + n) % 12 == 0:
            return True  # on call
        return not off and 8 <= hour < 18

    def _look(self, member: Member, at: float, draw: Random, place: str, kind: str = "view") -> Looked:
        patient = (
            f"w{member.ward}-{draw.randrange(28)}-{int(at // (4 * 86_400))}"
            if place == "own"
            else f"p{draw.randrange(9000)}"
        )
        marks = ("relative",) if place != "own" and draw.random() < 0.002 else ()
        return Looked(at, f"a/{at:.2f}", member.login, member.role, kind, patient, place, marks)  # type: ignore[arg-type]

    # The node itself.

    def _ourselves(self, at: float) -> Iterator[Told]:
        day = int((at - self.start(0)) // 86_400)
        hour = int((at - self.start(day)) // HOUR)
        for minute in range(0, 60, 5):
            moment = at + minute * 60
            late = day == self.line_down and 13 <= hour < 15
            yield Told(moment, "copy-late", "s3://copies", late)
            yield Told(moment, "selftest-red", "s3://copies", bad=False)
            changed = day % 31 == 17 and hour == 15 and minute == 20  # an administrator adds a feed
            yield Told(moment, "home-changed", "contrefeu.toml", changed)
            yield Told(moment, "canary", "//share/zz", bad=False)


def _poisson(draw: Random, mean: float) -> int:
    """How many come when *mean* do on average."""
    if mean <= 0:
        return 0
    if mean > 60:
        return max(0, round(draw.gauss(mean, mean**0.5)))
    limit, product, count = exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        count += 1
    return count
