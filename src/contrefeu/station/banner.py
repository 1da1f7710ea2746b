"""Which alarms of the watch stand on top of every page, and for whom.

Rules kept here:
  * What was answered "harmless" leaves the pages; what somebody is on, or confirmed, stays for a day, with their name.
  * An alarm about a colleague is for those who review: nobody reads on a ward's screen who is suspected of what.
  * What is only to be looked at today stands on its own page, and disturbs no ward.
"""

from collections.abc import Sequence

from contrefeu.acts import PEOPLE_RULES, SEVERITIES, Alarm
from contrefeu.base import parse_rfc3339
from contrefeu.web import Seen

SHOWN_MAX = 3  # alarms on every page: more would push the ward's patients off the screen
ANSWERED_HOURS = 24  # for which an answered alarm goes on standing there
_NS = 3600 * 1_000_000_000


def banner(known: Sequence[Alarm], now_ns: int, *, reviews: bool) -> tuple[tuple[Seen, ...], int]:
    """The gravest alarms for somebody who *reviews*, or does not; and how many more there are."""
    shown = [alarm for alarm in known if _stands(alarm, now_ns) and (reviews or alarm.raised.rule not in PEOPLE_RULES)]
    shown.sort(key=lambda alarm: (alarm.open, SEVERITIES.index(alarm.raised.severity), alarm.raised.at), reverse=True)
    found = tuple(
        Seen(
            alarm.raised.rule,
            "" if alarm.raised.subject == "*" else alarm.raised.subject,
            alarm.raised.severity,
            alarm.raised.since,
            alarm.by,
        )
        for alarm in shown[:SHOWN_MAX]
    )
    return found, len(shown) - len(found)


def _stands(alarm: Alarm, now_ns: int) -> bool:
    if alarm.raised.severity == "look" or alarm.verdict == "harmless":
        return False
    return alarm.open or now_ns - parse_rfc3339(alarm.at) < ANSWERED_HOURS * _NS
