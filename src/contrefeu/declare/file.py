"""The incident's file: what the journals say of one event, in order, without a patient's name.

Rules kept here:
  * It is computed from entries each time: nothing is typed twice, and nothing is edited.
  * What nobody knows is None, and said so: a number has a method and an error, or it is "unknown" (A3).
  * An alarm that a named person found harmless stays, apart: struck, with who said so and why. It names no system
    and fills no field. The last word counts.
  * A declared downtime stands in for awareness that nobody recorded, and is said to be only that.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from contrefeu.acts import (
    MEASURE,
    PEOPLE_RULES,
    AccountAdded,
    Act,
    AlarmAcknowledged,
    ContainmentPlanned,
    CorrectedWards,
    Downtime,
    DowntimeDeclared,
    DowntimeLifted,
    GapTaken,
    Incident,
    decode,
    incidents,
)
from contrefeu.acts import Alarm as AlarmOf
from contrefeu.base import parse_rfc3339
from contrefeu.declare.counts import Counts
from contrefeu.journal import Entry

What = Literal["opened", "noted", "sent", "closed", "downtime", "lifted", "alarm", "plan", "compared"]
# Rules whose subject is a sender, or a file on somebody's share; others speak of people, of copies, of this node
# (a test compares them with the watch's)
SYSTEM_RULES = frozenset([
    "feed-silent", "feeds-silent", "feed-collapse", "feed-burst", "merges", "deletes", "cancellations", "updates",
    "kind-new", "sender-changed", "sender-new", "time-jump", "documents-sealed", "documents-broken", "text-same",
    "message-large", "control-reused", "canary",
])  # fmt: skip
EVERYTHING = "*"  # the subject of an alarm about several feeds, or about many people
HARMLESS = "harmless"  # AlarmAcknowledged.verdict
WATCH = "-watch"  # ends the name of a journal of alarms
STATION = "-station"  # of people's acts


class Answer(NamedTuple):
    """What somebody made of an alarm."""

    verdict: str
    by: str  # login
    at: str  # RFC 3339
    note: str


class Event(NamedTuple):
    """One line of the timeline."""

    at: str  # RFC 3339
    what: What
    detail: str
    by: str
    ref: str  # entry
    answer: Answer | None = None  # to an alarm


class Alarm(Struct, frozen=True, tag_field="act", tag="alarm-raised"):
    """As much of an alarm as its line needs (docs/spec/alarms-v1.md)."""

    rule: str
    subject: str
    severity: str = ""
    at: str = ""

    @property
    def told(self) -> str:
        """Its subject as it may leave the house: no login; of an address no account, no bucket; "" for all of them."""
        if self.rule in PEOPLE_RULES or self.subject == EVERYTHING:
            return ""
        scheme, double, rest = self.subject.partition("://")
        return f"{scheme}://{urlsplit(self.subject).hostname or ''}" if double and rest else self.subject


class Awareness(Struct, frozen=True):
    """Since when the house knows, and who says so."""

    at: str  # RFC 3339
    by: str  # login; "" when it is only the downtime's declaration
    recorded: bool  # by a named person


class IncidentFile(Struct):
    """One event."""

    incident: Incident | None
    awareness: Awareness | None
    timeline: list[Event]
    downtime: list[DowntimeDeclared]  # declared in its time
    lifted_at: str  # RFC 3339; "" while one holds
    plan: ContainmentPlanned | None  # the last one shown
    alarms: list[Alarm]  # those that nobody found harmless
    harmless: list[Event] = field(default_factory=list)
    counts: Counts | None = None
    measures: list[str] = field(default_factory=list)
    declarant: tuple[str, str] = ("", "")  # name and role of who opened it, as their account says

    @property
    def systems(self) -> list[str]:
        """Systems that a plan suspects, and senders and shares that an alarm speaks of."""
        seen = (alarm.told for alarm in self.alarms if alarm.rule in SYSTEM_RULES)
        named = [*(self.plan.suspects if self.plan else []), *seen]
        return list(dict.fromkeys(filter(None, named)))

    def said(self, name: str) -> str:
        """What a person wrote last for the field *name*."""
        remark = self.incident.said(name) if self.incident else None
        return remark.text if remark else ""


def register(entries: Iterable[Entry]) -> list[Incident]:
    """Every incident, past ones too, from the acts of the stations' journals."""
    return incidents((one.ref, one.source, decode(one.body)) for one in entries if one.journal.endswith(STATION))


def incident_file(entries: Sequence[Entry], incident: Incident | None, now_ns: int) -> IncidentFile:
    """Fill the file of *incident*, or of what happens now when nobody opened one.

    Args:
        entries: Every act, in journal order.
        incident: The one; None: from the first declaration of downtime that still holds on.
        now_ns: When this is asked.
    """
    acts = [(one, decode(one.body)) for one in entries if one.journal.endswith(STATION)]
    end = parse_rfc3339(incident.closed_at) if incident and incident.closed_at else None
    declared = [(e, act) for e, act in acts if isinstance(act, DowntimeDeclared)]
    lifted = [(e, act) for e, act in acts if isinstance(act, DowntimeLifted)]
    since = _downtime(acts, end or now_ns).since
    awareness = _awareness(incident, since)
    begin = _begin(incident, awareness)
    events = [*_acts(acts, incident), *_alarms(entries, _answers(acts))]
    inside = [e for e in events if begin is not None and begin <= parse_rfc3339(e.at) <= (end or 2**63)]
    inside.sort(key=lambda event: (parse_rfc3339(event.at), event.ref))
    harmless = [e for e in inside if e.answer is not None and e.answer.verdict == HARMLESS]
    shown = [e for e in inside if e.answer is None or e.answer.verdict != HARMLESS]
    mine = {event.ref for event in shown}
    plans = [act for e, act in acts if isinstance(act, ContainmentPlanned) and e.ref in mine]
    return IncidentFile(
        incident=incident,
        awareness=awareness,
        timeline=shown,
        downtime=[act for e, act in declared if e.ref in mine],
        lifted_at=next((act.cutover or act.at for e, act in reversed(lifted) if e.ref in mine and not since), ""),
        plan=plans[-1] if plans else None,
        alarms=[alarm for entry in entries if entry.ref in mine if (alarm := alarm_of(entry)) is not None],
        harmless=harmless,
        measures=list(dict.fromkeys(one.text for one in incident.remarks if one.field == MEASURE)) if incident else [],
        declarant=_declarant(acts, incident.opened_by) if incident else ("", ""),
    )


def _declarant(acts: Iterable[tuple[Entry, Act | None]], login: str) -> tuple[str, str]:
    """Name and role of *login*, as they were given last."""
    added = [act for _, act in acts if isinstance(act, AccountAdded) and act.login == login]
    return (added[-1].name, added[-1].role) if added else ("", "")


def alarms_within(incident: Incident, found: Iterable[AlarmOf]) -> list[AlarmOf]:
    """Those of *found* that belong to the file of *incident*."""
    begin = _begin(incident, _awareness(incident, ""))
    end = parse_rfc3339(incident.closed_at) if incident.closed_at else 2**63
    return [one for one in found if (begin or 0) <= parse_rfc3339(one.raised.at) <= end]


def _downtime(acts: Iterable[tuple[Entry, Act | None]], at_ns: int) -> Downtime:
    """The downtime at a moment."""
    wards = CorrectedWards()
    found = Downtime(wards.members, lambda: at_ns)
    for entry, act in acts:
        if act is not None and entry.received_ns <= at_ns:
            wards.apply(act, entry.source)
            found.apply(act, entry.source)
    return found


def _awareness(incident: Incident | None, declared: str) -> Awareness | None:
    if incident is not None:
        return Awareness(incident.aware_at, incident.opened_by, recorded=True)
    return Awareness(declared, "", recorded=False) if declared else None


def _begin(incident: Incident | None, awareness: Awareness | None) -> int | None:
    """From when on entries belong to it: when the attacker may have come in, else the day before awareness."""
    if incident is not None and incident.since:
        return parse_rfc3339(incident.since)
    return parse_rfc3339(awareness.at) - DAY_NS if awareness is not None else None


DAY_NS = 86_400 * 1_000_000_000


def _acts(acts: Iterable[tuple[Entry, object]], incident: Incident | None) -> Iterable[Event]:
    for entry, act in acts:
        by = entry.source.removeprefix("user/")
        if isinstance(act, DowntimeDeclared):
            yield Event(act.at, "downtime", " · ".join(filter(None, [*act.wards, act.reason])), by, entry.ref)
        elif isinstance(act, DowntimeLifted):
            yield Event(act.at, "lifted", " · ".join(filter(None, [*act.wards, act.reason])), by, entry.ref)
        elif isinstance(act, ContainmentPlanned):
            yield Event(act.at, "plan", ", ".join(act.suspects), by, entry.ref)
        elif isinstance(act, GapTaken):
            yield Event(act.at, "compared", f"{act.missing} / {act.entries}", by, entry.ref)
    if incident is not None:
        yield Event(incident.opened_at, "opened", incident.title, incident.opened_by, incident.ref)
        for one in incident.remarks:
            yield Event(one.at, "noted", f"{one.field}: {one.text}" if one.field else one.text, one.by, one.ref)
        for name, sent in incident.sent.items():
            yield Event(sent.at, "sent", f"{name} {sent.reference}".strip(), sent.by, sent.ref)
        if incident.closed_at:
            yield Event(incident.closed_at, "closed", incident.outcome, incident.closed_by, f"{incident.ref}/closed")


def alarm_of(entry: Entry) -> Alarm | None:
    """The alarm that *entry* raises."""
    if not entry.journal.endswith(WATCH):
        return None
    try:
        return msgspec.json.decode(entry.body, type=Alarm)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _answers(acts: Iterable[tuple[Entry, object]]) -> dict[str, Answer]:
    """The last word on each alarm."""
    return {
        act.alarm: Answer(act.verdict, entry.source.removeprefix("user/"), act.at, act.note)
        for entry, act in acts
        if isinstance(act, AlarmAcknowledged)
    }


def _alarms(entries: Iterable[Entry], answers: dict[str, Answer]) -> Iterable[Event]:
    for entry in entries:
        alarm = alarm_of(entry)
        if alarm is not None and alarm.at:
            told = f"{alarm.rule}: {alarm.told}"
            yield Event(alarm.at, "alarm", told, "Contrefeu", entry.ref, answers.get(entry.ref))
