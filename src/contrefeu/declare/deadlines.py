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
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from contrefeu.acts import Incident
from contrefeu.base import parse_rfc3339
from contrefeu.declare.regimes import ClockRule, Regime

OF_THE_HOUSE = ("ars", "nis2-24h", "nis2-72h", "gdpr-33", "nis2-final")  # clocks that run where no setting names others
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


def due_ns(regime: Regime, incident: Incident, regimes: Mapping[str, Regime], zone: str) -> tuple[int, bool]:
    """Return when *regime* is due for *incident*, and whether that is provisional."""
    before = regimes.get(regime.clock.after)
    if before is None:
        return deadline_ns(regime.clock, parse_rfc3339(incident.aware_at), zone), False
    sent = incident.sent.get(before.id)
    start = parse_rfc3339(sent.at) if sent else due_ns(before, incident, regimes, zone)[0]
    return deadline_ns(regime.clock, start, zone), sent is None


def _still_owed(one: Incident, regime: Regime) -> bool:
    """Whether *regime* follows a declaration of an incident that is over, and was not sent."""
    return regime.clock.after in one.sent and regime.id not in one.sent


def clocks(
    found: Iterable[Incident], regimes: Mapping[str, Regime], zone: str, now_ns: int, chosen: Iterable[str] = ()
) -> list[Clock]:
    """Every deadline that runs, the next one first; of *chosen* regimes, else of OF_THE_HOUSE."""
    names = set(chosen) or set(OF_THE_HOUSE)
    told = []
    for one in found:
        for regime in regimes.values():
            if regime.id in names and (one.open or _still_owed(one, regime)):
                due, provisional = due_ns(regime, one, regimes, zone)
                state: State = "sent" if regime.id in one.sent else "late" if now_ns > due else "running"
                told.append(Clock(one.ref, one.title, regime, due, state, provisional))
    return sorted(told, key=lambda clock: (clock.due_ns, clock.regime.id))
