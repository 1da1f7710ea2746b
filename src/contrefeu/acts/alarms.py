"""Alarms: what the watch saw, what somebody made of it, and what is open now (docs/spec/alarms-v1.md).

Rules kept here:
  * An alarm names a source, a login, a journal, a vault or a file; never a patient. Figures and entries say the rest.
  * The rule that raised it is in the entry's source ("rule/<name>") and in the body: the two agree, or it is no alarm.
  * An alarm stays open until a person has acknowledged it. One that turned out harmless no longer holds back the clean
    point; one that is real does, for ever.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from msgspec import Struct, field

WATCH = "-watch"  # ends the name of a journal of alarms
RULES = "rule/"  # begins the source of what a rule wrote

Severity = Literal["look", "act", "attack"]
SEVERITIES: tuple[Severity, ...] = ("look", "act", "attack")
"""Look at it today; see to it now; an attack until somebody has shown otherwise."""


class AlarmRaised(Struct, frozen=True, tag_field="act", tag="alarm-raised"):
    """A rule of the watch says that something is not as it was."""

    rule: str  # a row of docs/reference/watch.md
    subject: str  # feed, login, journal, vault or file that it speaks of
    severity: Severity
    at: str  # RFC 3339: when it was seen
    since: str  # RFC 3339: the first observation behind it
    seen: dict[str, float] = field(default_factory=dict)  # figures, by name: what was seen, and what is usual
    evidence: list[str] = field(default_factory=list)  # some of the entries behind it
    clean_point: str = ""  # RFC 3339: the last instant of this source that evidence supports; "" when there is none


class AlarmAcknowledged(Struct, frozen=True, tag_field="act", tag="alarm-acknowledged"):
    """Somebody saw an alarm and says what it was."""

    alarm: str  # entry
    at: str  # RFC 3339
    verdict: Literal["seen", "harmless", "real"]
    note: str = ""


class Alarm(NamedTuple):
    """An alarm and what became of it."""

    ref: str  # entry
    raised: AlarmRaised
    verdict: str = ""  # "" while nobody has acknowledged it
    by: str = ""
    at: str = ""
    note: str = ""

    @property
    def open(self) -> bool:
        """Whether nobody has acknowledged it."""
        return not self.verdict


class Spoken(NamedTuple):
    """An act with where it stands and whose it is."""

    ref: str
    journal: str
    source: str
    act: object


def alarms(spoken: Iterable[Spoken]) -> list[Alarm]:
    """Every alarm, the oldest first, as the last word on it leaves it. *spoken* is in journal order."""
    found: dict[str, Alarm] = {}
    waiting: list[Spoken] = []  # a verdict may be read before its alarm: they are of two journals
    for one in spoken:
        if isinstance(one.act, AlarmRaised) and one.journal.endswith(WATCH):
            if one.source == f"{RULES}{one.act.rule}":
                found[one.ref] = Alarm(one.ref, one.act)
        elif isinstance(one.act, AlarmAcknowledged) and not one.journal.endswith(WATCH):
            waiting.append(one)
    for one in waiting:
        assert isinstance(one.act, AlarmAcknowledged)
        told = found.get(one.act.alarm)
        if told is not None:
            by = one.source.removeprefix("user/")
            found[one.act.alarm] = told._replace(verdict=one.act.verdict, by=by, at=one.act.at, note=one.act.note)
    return sorted(found.values(), key=lambda alarm: (alarm.raised.at, alarm.ref))
