"""The cut-over minute of a lifting: typed as an hour, of the day that brings it nearest to now.

Rules kept here:
  * It is near: a minute of last week would call a week's acts late, one of tomorrow would be forgotten by then.
"""

import re
from datetime import datetime, time, timedelta, tzinfo

from contrefeu.base import rfc3339

BACK_S = 6 * 3600  # seconds before now: a shift that began in the record system and says so at its break
AHEAD_S = 4 * 3600  # seconds after now: later today, while whoever decided it is still there
_HOUR = re.compile(r"([01]?[0-9]|2[0-3]) ?[:hH.]? ?([0-5][0-9])")  # 3:11, 03h11, 0311
_NS = 1_000_000_000


def cutover_at(text: str, now_ns: int, zone: tzinfo) -> str:
    """Return the minute that *text* says, as RFC 3339; now for nothing typed.

    Raises:
        ValueError: It is no hour, or too far from now.
    """
    if not text.strip():
        return rfc3339(now_ns)
    written = _HOUR.fullmatch(text.strip())
    if written is None:
        raise ValueError("not an hour")
    now = datetime.fromtimestamp(now_ns // _NS, zone)
    hour = time(int(written[1]), int(written[2]))
    days = (now.date() + timedelta(days=n) for n in (-1, 0, 1))
    at_s = min(
        (int(datetime.combine(day, hour, zone).timestamp()) for day in days), key=lambda s: abs(s - now_ns / _NS)
    )
    if not -BACK_S <= at_s - now_ns / _NS <= AHEAD_S:
        raise ValueError("too far from now")
    return rfc3339(at_s * _NS)


def hour_past(text: str, now_ns: int, zone: tzinfo) -> str:
    """Return the last minute before now at which it was the hour that *text* says, as RFC 3339.

    Raises:
        ValueError: It is no hour.
    """
    written = _HOUR.fullmatch(text.strip())
    if written is None:
        raise ValueError("not an hour")
    now = datetime.fromtimestamp(now_ns // _NS, zone)
    hour = time(int(written[1]), int(written[2]))
    days = (now.date() - timedelta(days=n) for n in (0, 1))
    found = (int(datetime.combine(day, hour, zone).timestamp()) for day in days)
    return rfc3339(next(at_s for at_s in found if at_s * _NS <= now_ns) * _NS)
