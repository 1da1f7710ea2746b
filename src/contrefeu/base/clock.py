"""Time is passed in: no module reads the machine's clock but `SystemClock`.

Times inside Contrefeu are integers, nanoseconds since 1970-01-01T00:00:00Z. Times people and other
programs read are RFC 3339, in UTC, with microseconds.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

NS_PER_S = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_NAIVE = datetime(1970, 1, 1)  # noqa: DTZ001 - isoformat() of a naive one has no offset to take away


class Clock(Protocol):
    """Something that tells the time."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return time.time_ns()


class ManualClock:
    """A clock that moves when told to: for tests, drills and replays."""

    def __init__(self, start_ns: int = 1_790_000_000 * NS_PER_S) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return self._now_ns

    def set(self, now_ns: int) -> None:
        """Move to *now_ns*, backwards too: clocks of real machines do."""
        self._now_ns = now_ns

    def advance(self, *, seconds: float = 0, hours: float = 0) -> None:
        """Move forward."""
        self._now_ns += int((seconds + hours * 3600) * NS_PER_S)


def rfc3339(ns: int) -> str:
    """Return *ns* as RFC 3339 text in UTC with microseconds: 2026-11-24T01:02:03.123456Z.

    >>> rfc3339(0)
    '1970-01-01T00:00:00.000000Z'
    """
    return (_EPOCH_NAIVE + timedelta(microseconds=ns // 1000)).isoformat(timespec="microseconds") + "Z"


def parse_rfc3339(text: str) -> int:
    """Return the nanoseconds that RFC 3339 *text* names; a date alone is its first instant, UTC.

    Raises:
        ValueError: *text* is not a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * NS_PER_S + delta.microseconds * 1000
