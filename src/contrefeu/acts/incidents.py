"""Incidents: opened by a named person with the moment of awareness, noted, declared, closed; one file each (L1, L2).

Rules kept here:
  * Only somebody who logged in opens, notes or closes: awareness has a name, and a rule or a feed has none.
  * The moment of awareness starts the clocks of the law. It may be corrected by a note of the field "aware_at"; what
    was said before stays in the file.
  * A field that is said again is replaced; what was said before stays in the journal.
  * Same acts, same answer, whatever order they were learned in.
"""

from collections.abc import Iterable

from msgspec import Struct, field

from contrefeu.acts.people import PEOPLE

AWARE = "aware_at"
SINCE = "since"
MEASURE = "measures"


class IncidentOpened(Struct, frozen=True, tag_field="act", tag="incident-opened"):
    """Somebody knows of an incident since `aware_at`."""

    title: str
    aware_at: str  # RFC 3339
    at: str  # RFC 3339
    since: str = ""  # RFC 3339: from when the attacker may have been there; "" when nobody knows


class IncidentNoted(Struct, frozen=True, tag_field="act", tag="incident-noted"):
    """Something to be remembered, or the words of a field of a declaration."""

    incident: str  # entry that opened it
    text: str
    at: str  # RFC 3339
    field: str = ""  # of a regime (docs/howto/declare.md); "" for the timeline alone


class DeclarationSent(Struct, frozen=True, tag_field="act", tag="declaration-sent"):
    """A declaration left: its clock stops, and one that counts from it begins."""

    incident: str  # entry
    regime: str
    sent_at: str  # RFC 3339
    at: str  # RFC 3339
    reference: str = ""  # what the authority called it


class IncidentClosed(Struct, frozen=True, tag_field="act", tag="incident-closed"):
    """It is over; its file stays in the register."""

    incident: str  # entry
    outcome: str
    at: str  # RFC 3339


IncidentAct = IncidentOpened | IncidentNoted | DeclarationSent | IncidentClosed


class Remark(Struct, frozen=True):
    """One note, whose it is, and where it stands."""

    at: str
    by: str
    text: str
    field: str
    ref: str


class Sent(Struct, frozen=True):
    """One declaration that left."""

    at: str
    by: str
    reference: str
    ref: str


class Incident(Struct):
    """One incident, as its acts leave it."""

    ref: str  # entry that opened it: it is called so
    title: str
    aware_at: str
    opened_at: str
    opened_by: str
    since: str = ""
    remarks: list[Remark] = field(default_factory=list)
    sent: dict[str, Sent] = field(default_factory=dict)  # regime -> the first time it was sent
    again: dict[str, Sent] = field(default_factory=dict)  # regime -> the last time, of what was sent again
    closed_at: str = ""
    closed_by: str = ""
    outcome: str = ""

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return not self.closed_at

    def last_sent(self, regime: str) -> Sent | None:
        """The last sending of *regime*."""
        return self.again.get(regime) or self.sent.get(regime)

    def said(self, name: str) -> Remark | None:
        """What somebody said last of the field *name*."""
        return next((one for one in reversed(self.remarks) if one.field == name), None)


def incidents(spoken: Iterable[tuple[str, str, object]]) -> list[Incident]:
    """Return every incident, the first opened first.

    Args:
        spoken: Acts of the stations' journals in journal order: entry, source, act.
    """
    found: dict[str, Incident] = {}
    later: list[tuple[str, str, object]] = []  # of another journal it may stand before what it speaks of
    for ref, source, act in spoken:
        if not source.startswith(PEOPLE):
            continue
        if isinstance(act, IncidentOpened):
            by = source.removeprefix(PEOPLE)
            found[ref] = Incident(ref, act.title, act.aware_at, act.at, by, act.since)
        elif isinstance(act, IncidentNoted | DeclarationSent | IncidentClosed):
            later.append((ref, source, act))
    for ref, source, act in later:
        assert isinstance(act, IncidentNoted | DeclarationSent | IncidentClosed)
        if act.incident in found:
            _apply(found[act.incident], ref, source.removeprefix(PEOPLE), act)
    return list(found.values())


def _apply(one: Incident, ref: str, by: str, act: IncidentNoted | DeclarationSent | IncidentClosed) -> None:
    if isinstance(act, IncidentNoted):
        one.remarks.append(Remark(act.at, by, act.text, act.field, ref))
        if act.field == AWARE:
            one.aware_at = act.text
        elif act.field == SINCE:
            one.since = act.text
    elif isinstance(act, DeclarationSent):
        told = Sent(act.sent_at, by, act.reference, ref)
        if one.sent.setdefault(act.regime, told) is not told:
            one.again[act.regime] = told
    else:
        one.closed_at, one.closed_by, one.outcome = act.at, by, act.outcome
