"""Attacks on a simulated hospital, as the watch would see them: what is added to normal life, changed in it or cut.

Rules kept here:
  * An attack says when the first byte of data was touched (`harmed`): the clean point is measured against it.
  * It knows no rule's threshold; what it does is what the field has seen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from contrefeu.drill.watch_evidence import FIRST_DEED, Evidence, nth, odd, of_feed, of_role, silent
from contrefeu.drill.watch_life import HOUR
from contrefeu.watch import Heard, Looked, Observation, Told

Change = Callable[[Observation], Observation | None]


@dataclass(frozen=True, slots=True)
class Attack:
    """One scripted attack."""

    name: str
    what: str  # for the table
    hour: float  # of the day, on the wall, at which it begins
    source: str  # whose data it touches; "" for none
    rules: tuple[str, ...]  # any of these is its alarm
    adds: Callable[[float, Random], Iterator[Observation]]  # from its beginning
    change: Callable[[float, Random], Change] | None = None  # of normal life meanwhile
    early: tuple[str, ...] = ()  # rules that may see it before data is touched
    quiet: float = 0.0  # s from its beginning to the first data touched
    hours: float = 12.0  # for which it is watched
    who: str = ""  # whom an alarm about a person must name
    evidence: Evidence = FIRST_DEED  # from when on it can be told at all


def _nothing(_at: float, _draw: Random) -> Iterator[Observation]:
    return iter(())


def _stopped(*sources: str, after: float = 0.0) -> Callable[[float, Random], Change]:
    """These feeds say nothing any more; all of them when none is named."""

    def changes(start: float, _draw: Random) -> Change:
        def change(one: Observation) -> Observation | None:
            gone = isinstance(one, Heard) and one.at >= start + after and (not sources or one.source in sources)
            return None if gone else one

        return change

    return changes


def _ransomware(at: float, draw: Random) -> Iterator[Observation]:
    """Days of quiet spread: tried passwords, then a share; then everything at once, on a night."""
    for n in range(90):
        yield Looked(at + 2 * HOUR + n * 5, f"x/{n}", f"nu{n % 30}", "nurse", "refused")
    yield Told(at + 70 * HOUR, "canary", "//share/zz", bad=True)
    for n in range(40):
        moment = at + 72 * HOUR + n * draw.uniform(20, 40)
        yield Heard(
            moment, f"x/d{n}", "DPI@CHU", "MDM^T02", "", moment, f"p{n}", "2.6|UNICODE UTF-8|A9-9", "", ("sealed",)
        )


def _wiper(at: float, _draw: Random) -> Iterator[Observation]:
    for n in range(3000):
        moment = at + n
        yield Heard(moment, f"x/{n}", "CPAGE@CHU", "ADT^A40", "merge", moment, f"p{n}", "2.5|8859/1|A9")


def _slow_wiper(at: float, _draw: Random) -> Iterator[Observation]:
    for n in range(400):
        moment = at + n * 300
        yield Heard(moment, f"x/{n}", "CPAGE@CHU", "ADT^A40", "merge", moment, f"p{n}", "2.5|8859/1|A9")


def _deletes(at: float, _draw: Random) -> Iterator[Observation]:
    for n in range(600):
        moment = at + n * 2
        yield Heard(moment, f"x/{n}", "LABO@CHU", "ORU^R01", "delete", moment, f"p{n}", "2.3.1|8859/15|9")


def _slow_theft(at: float, draw: Random) -> Iterator[Observation]:
    for day in range(5):
        for n in range(30):
            moment = at + day * 86_400 + draw.uniform(0, 7 * HOUR)
            yield Looked(moment, f"x/{day}-{n}", "nu1", "nurse", "view", f"p{day}-{n}", "gone")


def _fast_theft(at: float, _draw: Random) -> Iterator[Observation]:
    for n in range(600):
        yield Looked(at + n * 6, f"x/{n}", "ph3", "physician", "view", f"p{n}", "gone")


def _curious(at: float, _draw: Random) -> Iterator[Observation]:
    yield Looked(at + 600, "x/1", "nu8", "nurse", "view", "famous", "other", ("famous",))
    yield Looked(at + 900, "x/2", "nu8", "nurse", "view", "famous2", "other", ("famous",))


def _clerk(at: float, _draw: Random) -> Iterator[Observation]:
    """Somebody at the admission desk, who may open no chart, asks for those of people in the news."""
    yield Looked(at + 300, "x/1", "cl1", "clerk", "denied", "famous", "other", ("famous",))
    yield Looked(at + 420, "x/2", "cl1", "clerk", "denied", "famous2", "gone", ("famous",))


def _engineer(at: float, draw: Random) -> Iterator[Observation]:
    """Somebody with access walks through everything, slowly enough, at night: a honey patient is among it."""
    for n in range(200):
        moment = at + n * draw.uniform(60, 100)
        yield Looked(moment, f"x/{n}", "re1", "recovery", "view", f"p{n}", "gone", ("honey",) if n == 120 else ())


def _takeover(at: float, _draw: Random) -> Iterator[Observation]:
    for n in range(200):
        moment = at + n * 45
        yield Heard(moment, f"x/{n}", "PHARMA@CHU", "RDE^O11", "", moment, f"p{n}", "2.5|UNICODE UTF-8|A9A")


def _notes(at: float, _draw: Random) -> Iterator[Observation]:
    for n in range(200):
        moment = at + n * 20
        yield Heard(
            moment, f"x/{n}", "DPI@CHU", "MDM^T02", "", moment, f"p{n}", "2.6|UNICODE UTF-8|A9-9", "note", ("good",)
        )


def _own_clock(at: float, _draw: Random) -> Iterator[Observation]:
    yield Told(at, "clock-moved", "node", bad=True, figure=400 * 86_400.0)


def _sealed(start: float, draw: Random) -> Change:
    """Each fourth document of the record system is ciphertext."""

    def change(one: Observation) -> Observation | None:
        if isinstance(one, Heard) and one.source == "DPI@CHU" and one.documents and one.at >= start:
            return one._replace(documents=("sealed",)) if draw.random() < 0.25 else one
        return one

    return change


def _clock(seconds: float) -> Callable[[float, Random], Change]:
    def changes(start: float, _draw: Random) -> Change:
        def change(one: Observation) -> Observation | None:
            moved = isinstance(one, Heard) and one.source == "LABO@CHU" and one.at >= start
            return one._replace(said=one.said + seconds) if moved and isinstance(one, Heard) else one

        return change

    return changes


ATTACKS = (
    Attack("ransomware", "passwords tried, three quiet days, a canary two hours before; documents encrypted "
           "on a night, feeds stop 20 min later", 1.0, "DPI@CHU",
           ("documents-sealed", "feeds-silent"), _ransomware,
           _stopped(after=72 * HOUR + 1200), ("logins-refused", "canary"), 72 * HOUR, 76.0, evidence=odd()),
    Attack("all-stop", "every feed stops, on a weekday at 10:00", 10.0, "*", ("feeds-silent", "feed-silent"), _nothing,
           _stopped(), evidence=silent()),
    Attack("one-stop", "the ADT feed stops, at 10:00", 10.0, "CPAGE@CHU", ("feed-silent",), _nothing,
           _stopped("CPAGE@CHU"), evidence=silent("CPAGE@CHU")),
    Attack("one-stop-night", "the ADT feed stops, at 3:00", 3.0, "CPAGE@CHU", ("feed-silent",), _nothing,
           _stopped("CPAGE@CHU"), evidence=silent("CPAGE@CHU")),
    Attack("wiper", "mass A40, one a second, at 4:00", 4.0, "CPAGE@CHU", ("merges",), _wiper,
           evidence=of_feed("CPAGE@CHU", .005)),
    Attack("wiper-slow", "an A40 each five minutes", 9.0, "CPAGE@CHU", ("merges",), _slow_wiper, hours=30.0,
           evidence=of_feed("CPAGE@CHU", .005)),
    Attack("deletes", "results deleted, one each two seconds", 15.0, "LABO@CHU", ("deletes",), _deletes,
           evidence=of_feed("LABO@CHU", .003)),
    Attack("theft-slow", "a nurse's account, 30 charts a day", 14.0, "", ("looks-without-reason", "looks-many"),
           _slow_theft, hours=120.0, who="nu1", evidence=of_role("nurse")),
    Attack("theft-fast", "a physician's account, 600 charts in an hour", 11.0, "",
           ("looks-many", "looks-without-reason"), _fast_theft, who="ph3", evidence=of_role("physician")),
    Attack("engineer", "somebody with access, 200 charts in a night", 23.0, "",
           ("honey", "looks-many", "looks-without-reason", "at-night"), _engineer, who="re1", evidence=nth(3)),
    Attack("curious", "a nurse looks at two patients under secrecy, the second after five minutes", 16.0, "",
           ("famous",), _curious, who="nu8", evidence=nth(2)),
    Attack("clerk", "a clerk asks for charts of patients under secrecy, which they may not open", 16.0, "",
           ("famous",), _clerk, who="cl1"),
    Attack("takeover", "another program speaks in the pharmacy's name", 13.0, "PHARMA@CHU",
           ("sender-changed", "kind-new"), _takeover),
    Attack("encrypted", "each fourth document is ciphertext, by day", 9.0, "DPI@CHU",
           ("documents-sealed",), _nothing, _sealed, evidence=odd()),
    Attack("notes", "a ransom note for every patient", 9.5, "DPI@CHU", ("text-same", "feed-burst"), _notes,
           evidence=nth(2)),
    Attack("clock-ahead", "the laboratory's clock, a year ahead", 9.0, "LABO@CHU", ("time-jump",), _nothing,
           _clock(365 * 86_400.0)),
    Attack("clock-behind", "the laboratory's clock, two hours behind", 9.0, "LABO@CHU", ("time-jump",), _nothing,
           _clock(-7200.0)),
    Attack("clock-own", "this node's clock, 400 days ahead", 2.0, "", ("clock-moved",), _own_clock,
           who="node"),
)  # fmt: skip
