"""Deadlines hold in every time zone and across daylight saving, and nobody who keeps ours is late by another reading.

Method: properties over moments and zones, and the nights on which clocks change, worked out by hand.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.acts import Incident, Remark, Sent
from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.declare import ClockRule, clocks, deadline_ns, default_regimes, due_ns

ZONES = st.sampled_from(
    [
        "Europe/Paris",
        "America/New_York",
        "America/Martinique",
        "Indian/Reunion",
        "Pacific/Noumea",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/St_Johns",
        "Pacific/Apia",
        "UTC",
    ]
)
MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: seconds * 1_000_000_000)
HOUR = 3600 * 1_000_000_000
REGIMES = default_regimes()


def local(ns: int, zone: str) -> datetime:
    """The wall's time."""
    return datetime.fromtimestamp(ns // 1_000_000_000, ZoneInfo(zone))


@given(start=MOMENTS, zone=ZONES, hours=st.sampled_from([24, 72]))
@pytest.mark.req("L1")
def test_hours_are_elapsed_hours(start, zone, hours):
    """72 h are 72 h on every clock, also over the night that has 23 or 25."""
    assert deadline_ns(ClockRule(hours=hours), start, zone) == start + hours * HOUR


@given(start=MOMENTS, zone=ZONES, months=st.integers(1, 24))
@pytest.mark.req("L1")
def test_a_month_ends_on_the_same_day_or_that_months_last(start, zone, months):
    """At the same time of day there, and never later than the end of that day."""
    begun, due = local(start, zone), local(deadline_ns(ClockRule(months=months), start, zone), zone)
    count = begun.year * 12 + begun.month - 1 + months
    if zone not in ("Pacific/Apia",):  # Samoa left a day out (30 December 2011): there is no such wall time
        assert (due.year, due.month) == (count // 12, count % 12 + 1)
        tomorrow = due + timedelta(days=1)
        assert due.day == begun.day or (due.day < begun.day and tomorrow.month != due.month)
    assert abs((due.replace(tzinfo=None) - due.replace(hour=begun.hour, minute=begun.minute, tzinfo=None)).seconds) in (
        *range(60), 3600, *range(1800, 3660), *range(82_800, 86_400),
    )  # fmt: skip


@given(start=MOMENTS, zone=ZONES, days=st.sampled_from([1, 30, 60]))
@pytest.mark.req("L1")
def test_days_are_the_calendars(start, zone, days):
    """60 days later by the calendar there: within the hour that clocks may have moved."""
    due = deadline_ns(ClockRule(days=days), start, zone)
    assert abs(due - start - days * 24 * HOUR) <= (25 if zone == "Pacific/Apia" else 1) * HOUR


@pytest.mark.parametrize(
    ("rule", "start", "zone", "due"),
    [
        # The night of 28 March 2027: 02:30 does not come. The instant before, as the clocks stood.
        (ClockRule(months=1), "2027-02-28T02:30:00+01:00", "Europe/Paris", "2027-03-28T02:30:00+02:00"),
        # The night of 31 October 2027: 02:30 comes twice. The first.
        (ClockRule(days=60), "2027-09-01T02:30:00+02:00", "Europe/Paris", "2027-10-31T02:30:00+02:00"),
        (ClockRule(months=1), "2027-01-31T12:00:00+01:00", "Europe/Paris", "2027-02-28T12:00:00+01:00"),
        (ClockRule(months=1), "2028-01-31T12:00:00+01:00", "Europe/Paris", "2028-02-29T12:00:00+01:00"),
        (ClockRule(hours=24), "2027-03-27T12:00:00+01:00", "Europe/Paris", "2027-03-28T13:00:00+02:00"),
        (ClockRule(at_once=True), "2027-03-27T12:00:00+01:00", "Europe/Paris", "2027-03-27T12:00:00+01:00"),
    ],
)  # fmt: skip
@pytest.mark.req("L1")
def test_nights_on_which_clocks_change(rule, start, zone, due):
    """Worked out by hand."""
    assert rfc3339(deadline_ns(rule, parse_rfc3339(start), zone)) == rfc3339(parse_rfc3339(due))


def incident(aware_at: str) -> Incident:
    """One that is open."""
    return Incident("n-station/1", "Rançongiciel", aware_at, aware_at, "crise")


@pytest.mark.req("L1")
def test_the_final_report_counts_from_the_notification():
    """One month after it was sent; until then, from the last moment at which it may be sent, and called provisional."""
    one, final = incident("2026-11-24T02:00:00Z"), REGIMES["nis2-final"]
    assert due_ns(final, one, REGIMES, "Europe/Paris") == (parse_rfc3339("2026-12-27T02:00:00Z"), True)
    one.sent["nis2-72h"] = Sent("2026-11-25T10:00:00Z", "crise", "", "n-station/2")
    assert due_ns(final, one, REGIMES, "Europe/Paris") == (parse_rfc3339("2026-12-25T10:00:00Z"), False)


@pytest.mark.req("L1")
def test_every_clock_of_an_open_incident_runs():
    """The next one first; what is past is late, what was sent has stopped, a closed incident has none."""
    one = incident("2026-11-24T02:00:00Z")
    one.sent["ars"] = Sent("2026-11-24T03:00:00Z", "crise", "1", "n-station/2")
    now = parse_rfc3339("2026-11-25T12:00:00Z")
    found = clocks([one], REGIMES, "Europe/Paris", now)
    assert [(clock.regime.id, clock.state) for clock in found] == [
        ("ars", "sent"), ("nis2-24h", "late"), ("gdpr-33", "running"), ("nis2-72h", "running"),
        ("nis2-final", "running"), ("nis2-progress", "running"),
    ]  # fmt: skip
    assert [clock.regime.id for clock in clocks([one], REGIMES, "UTC", now, ["hipaa"])] == ["hipaa"]
    one.closed_at = "2026-11-25T00:00:00Z"
    assert clocks([one], REGIMES, "Europe/Paris", now) == []


def running(one: Incident, now: str, *names: str) -> dict[str, tuple[str, str]]:
    """Clocks of *names*: state, and when they are due."""
    found = clocks([one], REGIMES, "Europe/Paris", parse_rfc3339(now), names)
    return {clock.regime.id: (clock.state, rfc3339(clock.due_ns)[:16]) for clock in found}


@pytest.mark.req("L1")
def test_an_incident_that_goes_on_owes_a_progress_report_and_the_final_one_after_its_end():
    """NIS 2, article 23(4)(e): at the final report's deadline, then a month after the handling, by the calendar."""
    one = incident("2026-11-24T02:00:00Z")
    one.sent["nis2-72h"] = Sent("2026-11-25T10:00:00Z", "crise", "", "n-station/2")
    both = ("nis2-progress", "nis2-final")
    month = "2026-12-25T10:00"
    assert running(one, "2026-12-20T00:00:00Z", *both) == dict.fromkeys(both, ("running", month))
    assert running(one, "2026-12-26T00:00:00Z", *both) == {"nis2-progress": ("late", month)}
    one.sent["nis2-progress"] = Sent("2026-12-25T09:00:00Z", "crise", "", "n-station/3")
    assert running(one, "2026-12-26T00:00:00Z", *both) == {"nis2-progress": ("sent", month)}
    one.closed_at = "2027-02-28T20:00:00Z"
    assert running(one, "2027-03-01T00:00:00Z", *both) == {"nis2-final": ("running", "2027-03-28T19:00")}, "summer time"
    one.sent["nis2-final"] = Sent("2027-03-02T09:00:00Z", "crise", "", "n-station/4")
    assert running(one, "2027-03-03T00:00:00Z", *both) == {}


@pytest.mark.req("L1")
def test_an_incident_that_is_handled_in_time_owes_no_progress_report():
    """The final one says all."""
    one = incident("2026-11-24T02:00:00Z")
    one.sent["nis2-72h"] = Sent("2026-11-25T10:00:00Z", "crise", "", "n-station/2")
    one.closed_at = "2026-12-02T00:00:00Z"
    assert set(running(one, "2026-12-03T00:00:00Z", "nis2-progress", "nis2-final")) == {"nis2-final"}


@pytest.mark.req("L1")
def test_an_intermediate_report_is_owed_when_it_was_asked_for_and_again_when_it_is_asked_for_again():
    """NIS 2, article 23(4)(c): the law has no time, the request has; what was sent answers no later request."""
    one = incident("2026-11-24T02:00:00Z")
    assert running(one, "2026-11-25T00:00:00Z", "nis2-interim") == {}
    asked = Remark("2026-11-26T08:00:00Z", "crise", "2026-11-28T17:00:00Z", "interim_until", "n-station/2")
    one.remarks.append(asked)
    assert running(one, "2026-11-27T00:00:00Z", "nis2-interim") == {"nis2-interim": ("running", "2026-11-28T17:00")}
    assert running(one, "2026-11-29T00:00:00Z", "nis2-interim") == {"nis2-interim": ("late", "2026-11-28T17:00")}
    one.sent["nis2-interim"] = Sent("2026-11-28T10:00:00Z", "crise", "", "n-station/3")
    assert running(one, "2026-11-29T00:00:00Z", "nis2-interim")["nis2-interim"][0] == "sent"
    one.remarks.append(Remark("2026-12-03T08:00:00Z", "crise", "2026-12-05T17:00:00Z", "interim_until", "n-station/4"))
    assert running(one, "2026-12-04T00:00:00Z", "nis2-interim") == {"nis2-interim": ("running", "2026-12-05T17:00")}
    one.again["nis2-interim"] = Sent("2026-12-05T10:00:00Z", "crise", "", "n-station/5")
    assert running(one, "2026-12-06T00:00:00Z", "nis2-interim")["nis2-interim"][0] == "sent"
    one.closed_at = "2026-12-07T00:00:00Z"
    assert running(one, "2026-12-08T00:00:00Z", "nis2-interim") == {}


@pytest.mark.req("L1")
def test_what_follows_a_declaration_that_was_sent_is_owed_when_all_is_over():
    """NIS 2 wants a final report a month after the notification, of an incident that was handled within a week too."""
    one, now = incident("2026-11-24T02:00:00Z"), parse_rfc3339("2026-12-01T00:00:00Z")
    one.closed_at = "2026-11-30T00:00:00Z"
    one.sent["nis2-72h"] = Sent("2026-11-25T10:00:00Z", "crise", "", "n-station/2")
    (clock,) = clocks([one], REGIMES, "Europe/Paris", now)
    assert (clock.regime.id, clock.state, clock.provisional) == ("nis2-final", "running", False)
    assert clock.due_ns == parse_rfc3339("2026-12-25T10:00:00Z")
    one.sent["nis2-final"] = Sent("2026-12-20T10:00:00Z", "crise", "", "n-station/3")
    assert clocks([one], REGIMES, "Europe/Paris", now) == []
