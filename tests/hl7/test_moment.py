"""A time says what was sent, no more: its precision, its offset, and its doubt when clocks change.

Method: the forms of HL7 v2.9, 2.A.21, one by one; then every hour of a year in the zones of French hospitals.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.hl7 import Moment, parse_moment

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("1950", Moment("1950", "year")),
        ("19500000", Moment("1950", "year")),
        ("195003", Moment("1950-03", "month")),
        ("19500300", Moment("1950-03", "month")),
        ("19500324", Moment("1950-03-24", "day")),
        ("2026112408", Moment("2026-11-24T08:00:00+01:00", "hour")),
        ("202611240830", Moment("2026-11-24T08:30:00+01:00", "minute")),
        ("20261124083015", Moment("2026-11-24T08:30:15+01:00", "second")),
        ("20261124083015.1234", Moment("2026-11-24T08:30:15.1234+01:00", "second")),
        ("20260724083015", Moment("2026-07-24T08:30:15+02:00", "second")),
        ("20261124083015+0000", Moment("2026-11-24T08:30:15+00:00", "second")),
        ("20261124083015-0430", Moment("2026-11-24T08:30:15-04:30", "second")),
        ("2026-11-24", Moment("2026-11-24", "day")),
        ("2026-11-24T08:30:15", Moment("2026-11-24T08:30:15+01:00", "second")),
        ("2026-11-24 08:30", Moment("2026-11-24T08:30:00+01:00", "minute")),
        ("2026-11-24T08:30:15.25Z", Moment("2026-11-24T08:30:15.25+00:00", "second")),
        ("2026-11-24T08:30:15-04:30", Moment("2026-11-24T08:30:15-04:30", "second")),
        ("202611242400", Moment("2026-11-25T00:00:00+01:00", "minute")),
        ("20261231235960", Moment("2027-01-01T00:00:00+01:00", "second")),
        ("20261025023000", Moment("2026-10-25T02:30:00+02:00", "second", ambiguous=True)),
        ("20260329023000", Moment("2026-03-29T02:30:00+01:00", "second", missing=True)),
    ],
)
def test_a_time_keeps_what_was_sent(raw, read):
    """Year, month and day stay so; an hour gets the offset that was sent, else that of the feed's zone."""
    assert parse_moment(raw, PARIS) == read


@pytest.mark.parametrize(
    "raw",
    ["", "20", "0000", "20261", "20261301", "20260230", "2026112425", "202611240861", "24/11/2026", "hier", '""',
     "20261124083015+2500", "20261124083015+0199", "20261124240001", "٢٠٢٦"],
)  # fmt: skip
def test_what_is_no_time_is_none(raw):
    """An impossible date is not bent into a possible one."""
    assert parse_moment(raw, PARIS) is None


def test_a_day_is_never_shifted():
    """A birth date is the same day in every zone."""
    for name in ("Europe/Paris", "Pacific/Noumea", "America/Cayenne", "Indian/Reunion"):
        assert parse_moment("19500324", ZoneInfo(name)) == Moment("1950-03-24", "day")


def test_without_a_zone_an_hour_is_not_placed():
    """A time without offset from a feed whose zone nobody knows keeps its day alone."""
    assert parse_moment("20261124083015") == Moment("2026-11-24", "day")
    assert parse_moment("20261124083015+0100") == Moment("2026-11-24T08:30:15+01:00", "second")


@given(
    minutes=st.integers(0, 366 * 24 * 60),
    zone=st.sampled_from(["Europe/Paris", "America/Cayenne", "America/Miquelon", "Pacific/Tahiti"]),
)
def test_every_wall_time_is_placed_or_doubted(minutes, zone):
    """What is neither ambiguous nor missing names one instant, and that instant shows this wall time."""
    wall = datetime(2026, 1, 1) + timedelta(minutes=minutes)
    found = parse_moment(wall.strftime("%Y%m%d%H%M"), ZoneInfo(zone))
    assert found is not None
    back = datetime.fromisoformat(found.fhir).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert (back == wall) is not found.missing
    other = wall.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset()
    first = wall.replace(tzinfo=ZoneInfo(zone), fold=0).utcoffset()
    assert (found.ambiguous or found.missing) is (first != other)


@given(raw=st.text(alphabet="0123456789.+- \n", max_size=28))
def test_no_text_defeats_the_reader_of_times(raw):
    """Digits and signs in any order."""
    found = parse_moment(raw, PARIS)
    assert found is None or found.fhir


@given(
    seconds=st.integers(0, 366 * 24 * 3600 - 1),
    zone=st.sampled_from(["Europe/Paris", "America/Miquelon", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_a_day_without_a_clock_change_is_placed_like_any_other(seconds, zone):
    """Fourteen digits are read by the day's one offset; beside them a fraction is read the long way: they agree."""
    raw = (datetime(2026, 1, 1) + timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%S")
    short, long = parse_moment(raw, ZoneInfo(zone)), parse_moment(f"{raw}.0", ZoneInfo(zone))
    assert short is not None
    assert long is not None
    assert (short.fhir, short.ambiguous, short.missing) == (long.fhir.replace(".0", ""), long.ambiguous, long.missing)
