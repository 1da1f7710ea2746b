"""Until when: from the moment of awareness, in every time zone, across daylight saving (L1).

Rules kept here:
  * Hours are elapsed hours: 72 h are 72 h, whatever the clocks on the wall did meanwhile.
  * Days and months are the calendar's, where the hospital is: the same time of day; a month that has no such day ends
    on its last. A time of day that comes twice is its first; one that never comes, the instant before.
  * Of two readings of a text the earlier deadline is shown: EU law gives the rest of the last day too, and the next
    working day after a weekend (Regulation 1182/71, article 3); nobody is late who keeps this one.
  * "Without delay" has no number: its deadline is the moment of awareness itself.
  * The end of an incident stops its clocks, but not that of what follows a declaration that was sent: NIS 2 wants its
    final report.
  * What an authority asks for is owed from when somebody noted until when (NIS 2, article 23(4)(c)): the law has no
    number there. A later note is another request, which what was sent before does not answer.
  * Of an incident that outlasts the final report's deadline a progress report is owed then, and the final one counts
    from the end (23(4)(e)): until then it has no deadline.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from contrefeu.acts import Incident
from contrefeu.base import parse_rfc3339
from contrefeu.declare.regimes import ClockRule, Regime

# Clocks that run where no setting names others
OF_THE_HOUSE = ("ars", "nis2-24h", "nis2-72h", "gdpr-33", "nis2-interim", "nis2-progress", "nis2-final")
FINAL = "nis2-final"  # which ends what is owed while an incident goes on
NS_PER_HOUR = 3600 * 1_000_000_000
State = Literal["running", "late", "sent"]


class Clock(NamedTuple):
    """One deadline of one incident."""

    incident: str  # entry
    title: str  # of the incident
    regime: Regime
    due_ns: int
    state: State
    provisional: bool  # it counts from a declaration that has not been sent yet


def deadline_ns(rule: ClockRule, start_ns: int, zone: str) -> int:
    """Return when what starts at *start_ns* must be done."""
    if rule.hours or rule.at_once:
        return start_ns + rule.hours * NS_PER_HOUR
    seconds, rest = divmod(start_ns, 1_000_000_000)
    local = datetime.fromtimestamp(seconds, ZoneInfo(zone))
    wanted = _later(local, rule.months) + timedelta(days=rule.days)
    readings = (wanted.replace(fold=fold).astimezone(UTC).timestamp() for fold in (0, 1))
    return int(min(readings)) * 1_000_000_000 + rest


def _later(local: datetime, months: int) -> datetime:
    """The same day *months* later, or that month's last."""
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    return local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))


def due_ns(regime: Regime, incident: Incident, regimes: Mapping[str, Regime], zone: str) -> tuple[int | None, bool]:
    """Return when *regime* is due for *incident* (None: nobody asked for it), and whether that is provisional."""
    if regime.clock.noted:
        asked = incident.said(regime.clock.noted)
        return parse_rfc3339(asked.text) if asked else None, False
    before = regimes.get(regime.clock.after)
    if before is None:
        return deadline_ns(regime.clock, parse_rfc3339(incident.aware_at), zone), False
    sent = incident.sent.get(before.id)
    start = parse_rfc3339(sent.at) if sent else due_ns(before, incident, regimes, zone)[0]
    if start is None:
        return None, True
    due = deadline_ns(regime.clock, start, zone)
    if regime.clock.from_end and not incident.open:
        ended = parse_rfc3339(incident.closed_at)
        due = deadline_ns(regime.clock, ended, zone) if ended > due else due
    return due, sent is None


def _state(one: Incident, regime: Regime, due: int, now_ns: int) -> State:
    sent, asked = one.last_sent(regime.id), one.said(regime.clock.noted) if regime.clock.noted else None
    if sent is not None and (asked is None or sent.at >= asked.at):
        return "sent"
    return "late" if now_ns > due else "running"


def _owed(one: Incident, regime: Regime, due: int, now_ns: int) -> bool:
    """Whether *regime* has a clock: of what is over, what follows a declaration that was sent, and was not sent."""
    rule = regime.clock
    if regime.id in one.sent:
        return one.open
    if rule.ongoing and (FINAL in one.sent or (not one.open and parse_rfc3339(one.closed_at) <= due)):
        return False
    if rule.from_end and one.open and now_ns > due:
        return False
    return one.open or rule.after in one.sent


def clocks(
    found: Iterable[Incident], regimes: Mapping[str, Regime], zone: str, now_ns: int, chosen: Iterable[str] = ()
) -> list[Clock]:
    """Every deadline that runs, the next one first; of *chosen* regimes, else of OF_THE_HOUSE."""
    names = set(chosen) or set(OF_THE_HOUSE)
    told = []
    for one in found:
        for regime in regimes.values():
            if regime.id not in names:
                continue
            due, provisional = due_ns(regime, one, regimes, zone)
            if due is not None and _owed(one, regime, due, now_ns):
                state = _state(one, regime, due, now_ns)
                told.append(Clock(one.ref, one.title, regime, due, state, provisional))
    return sorted(told, key=lambda clock: (clock.due_ns, clock.regime.id))
