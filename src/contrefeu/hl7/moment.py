"""Times of HL7 v2 (data types DT, TM, DTM, TS): YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ].

Rules kept here:
  * The same written as ISO 8601 (2026-11-24T08:30:00) is read too: it means one thing only. 11/24/2026 is not.
  * The precision that was sent is kept: a year is no first of January, and a date is never shifted.
  * A time carries the offset that was sent, else the feed's zone at that wall time.
  * An hour that a clock change repeats is `ambiguous` (the first one is taken), one that it skips is `missing`:
    both are shown, never passed over.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

_FORM = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,9})?)?)?)?)?)?([+-]\d{4})?\s*", re.ASCII
)
_ISO_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?\s*\Z", re.ASCII
)


MOMENTS_MAX = 4_096  # times that are remembered: a message repeats them, of one tube, one sender, one minute
TIME_CHARS_MAX = 64  # characters of a time that is remembered: the longest has 32, blanks may follow


class Moment(Struct, frozen=True):
    """A time as FHIR writes it."""

    fhir: str  # date, or dateTime with offset
    precision: str  # "year", "month", "day", "hour", "minute", "second"
    ambiguous: bool = False  # the wall time happens twice
    missing: bool = False  # the wall time does not happen

    @property
    def date(self) -> str:
        """The day, month or year, as it was sent."""
        return self.fhir[:10]


def parse_moment(raw: str, zone: ZoneInfo | None = None) -> Moment | None:
    """Read *raw*; None when it names no time.

    Args:
        raw: As it stands in the field, first component.
        zone: The feed's zone, for times without an offset; without it such a time keeps its date alone.

    >>> parse_moment("20261124").fhir
    '2026-11-24'
    """
    return _kept(raw, zone) if len(raw) <= TIME_CHARS_MAX else _read(raw, zone)


def _read(raw: str, zone: ZoneInfo | None) -> Moment | None:
    if zone is not None and len(raw) == 14 and raw.isascii() and raw.isdigit():  # nearly all of them
        offset = _offset_of_day(raw[:8], zone)
        if offset and raw[8:10] < "24" and raw[10:12] < "60" and raw[12:] < "60":
            return Moment(f"{raw[:4]}-{raw[4:6]}-{raw[6:8]}T{raw[8:10]}:{raw[10:12]}:{raw[12:]}{offset}", "second")
    found = _FORM.fullmatch(raw) or _FORM.fullmatch(_ISO_FORM.sub(_as_hl7, raw))
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if month in {None, "00"}:
        return Moment(year, "year") if year != "0000" else None
    if day in {None, "00"}:
        return Moment(f"{year}-{month}", "month") if 1 <= int(month) <= 12 else None
    try:
        date = datetime(int(year), int(month), int(day))  # noqa: DTZ001 - a wall date, its zone is found below
    except ValueError:
        return None
    if hour is None:
        return Moment(date.strftime("%Y-%m-%d"), "day")
    precision = "second" if second else "minute" if minute else "hour"
    # 24:00 is the end of the day; :60 is a leap second (ISO 8601).
    seconds = int(hour) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if int(hour) > 24 or int(minute or 0) > 59 or int(second or 0) > 60 or seconds > 86_400:
        return None
    wall = date + timedelta(seconds=seconds)
    return _placed(wall, fraction or "", offset, zone, precision)


_kept = lru_cache(maxsize=MOMENTS_MAX)(_read)


@lru_cache(maxsize=512)  # days that messages speak of
def _offset_of_day(day: str, zone: ZoneInfo) -> str:
    """The offset of a day that has one at every hour, both ways; "" for any other day, and for what is no day."""
    try:
        midnight = datetime(int(day[:4]), int(day[4:6]), int(day[6:]))  # noqa: DTZ001 - a wall date
        walls = [midnight + timedelta(hours=hours) for hours in range(25)]
    except (ValueError, OverflowError):
        return ""
    offsets = {wall.replace(tzinfo=zone, fold=fold).utcoffset() for wall in walls for fold in (0, 1)}
    return _offset_text(offsets.pop()) if len(offsets) == 1 else ""


def _offset_text(offset: timedelta | None) -> str:
    assert offset is not None
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _placed(wall: datetime, fraction: str, offset: str | None, zone: ZoneInfo | None, precision: str) -> Moment | None:
    text = wall.isoformat() + fraction
    if offset:
        if int(offset[1:3]) > 14 or int(offset[3:]) > 59:
            return None
        return Moment(f"{text}{offset[:3]}:{offset[3:]}", precision)
    if zone is None:
        return Moment(wall.strftime("%Y-%m-%d"), "day")
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    assert first is not None
    assert second is not None
    return Moment(f"{text}{_offset_text(first)}", precision, ambiguous=first > second, missing=first < second)


def _as_hl7(found: re.Match[str]) -> str:
    *parts, offset = found.groups("")
    return "".join(parts) + ("+0000" if offset == "Z" else offset.replace(":", ""))
