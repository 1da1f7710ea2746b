"""What stands still and what is overdue follows from the acts alone: the horizon's freeze, the custodians' year.

Method: acts in order, at times of the test's own.
"""

import pytest

from contrefeu.access import Custodians, Freeze, RecoveryInForce
from contrefeu.acts import (
    DowntimeDeclared,
    DowntimeLifted,
    HorizonHeld,
    HorizonReleased,
    RecoveryKeyChanged,
    RecoveryRehearsed,
    ShareConfirmed,
)
from contrefeu.base import parse_rfc3339

DAY_NS = 86_400 * 10**9
KEY = RecoveryInForce("f" * 64, threshold=3, shares=5)


def at(text: str) -> int:
    """Nanoseconds."""
    return parse_rfc3339(text)


@pytest.mark.req("F38")
def test_downtime_freezes_the_horizon():
    """From the day it is declared, on any ward, to the day the last one is lifted; and again at the next one."""
    freeze = Freeze()
    assert (freeze.held, freeze.frozen("2026-03-01")) == ("", False)
    freeze.apply(DowntimeDeclared(["CARD"], "", ""), at("2026-03-02T10:00:00Z"))
    freeze.apply(DowntimeDeclared(["MED"], "", ""), at("2026-03-03T10:00:00Z"))
    freeze.apply(DowntimeLifted(["CARD"], "", ""), at("2026-03-04T10:00:00Z"))
    assert (freeze.held, freeze.frozen("2027-01-01")) == ("downtime", True)
    freeze.apply(DowntimeLifted(["MED"], "", ""), at("2026-03-05T10:00:00Z"))
    days = [f"2026-03-0{n}" for n in range(1, 8)]
    assert [day for day in days if freeze.frozen(day)] == days[1:5]
    assert freeze.held == ""


@pytest.mark.req("F38")
def test_a_hold_freezes_it_too_and_outlasts_a_downtime():
    """A recovery that goes on after the wards are back."""
    freeze = Freeze()
    freeze.apply(DowntimeDeclared([], "", ""), at("2026-03-02T10:00:00Z"))
    freeze.apply(HorizonHeld("recovery", ""), at("2026-03-03T10:00:00Z"))
    freeze.apply(DowntimeLifted([], "", ""), at("2026-03-04T10:00:00Z"))
    assert (freeze.held, freeze.frozen("2026-03-09")) == ("recovery", True)
    freeze.apply(HorizonReleased("", ""), at("2026-03-05T10:00:00Z"))
    assert (freeze.held, freeze.frozen("2026-03-05"), freeze.frozen("2026-03-06")) == ("", True, False)


@pytest.mark.req("F40")
def test_fewer_than_k_plus_1_confirmed_in_twelve_months_is_an_alarm():
    """Three are not four; a share confirmed long ago, twice, or of another key does not count; a rehearsal's do."""
    made, now = at("2024-01-01"), at("2026-01-01")
    custodians = Custodians()
    rehearsed = RecoveryRehearsed(KEY.fingerprint, [1, 2, 3], 9, 0, 0.1, "")
    custodians.apply(rehearsed, now - 10 * DAY_NS)
    assert custodians.alarms(KEY, made, now) == ["custodians-unconfirmed"]
    for act, when in (
        (ShareConfirmed(KEY.fingerprint, 2, ""), now),
        (ShareConfirmed("0" * 64, 4, ""), now),
        (ShareConfirmed(KEY.fingerprint, 5, ""), now - 366 * DAY_NS),
    ):
        custodians.apply(act, when)
    assert custodians.alarms(KEY, made, now) == ["custodians-unconfirmed"]
    custodians.apply(ShareConfirmed(KEY.fingerprint, 4, ""), now)
    assert custodians.alarms(KEY, made, now) == []
    assert sorted(custodians.confirmed(KEY, now)) == [1, 2, 3, 4]


@pytest.mark.req("F40")
def test_a_rehearsal_is_due_a_year_after_the_last():
    """Or after the key was made; one that left a segment closed is an alarm at once."""
    made = at("2026-01-01")
    custodians = Custodians()
    assert custodians.alarms(KEY, made, made + 364 * DAY_NS) == []
    assert "rehearsal-overdue" in custodians.alarms(KEY, made, made + 365 * DAY_NS)
    custodians.apply(RecoveryRehearsed(KEY.fingerprint, [1, 2, 3, 4], 9, 1, 0.1, ""), made + 300 * DAY_NS)
    assert custodians.alarms(KEY, made, made + 600 * DAY_NS) == ["rehearsal-incomplete"]


def test_a_key_is_announced_by_its_entry():
    """By its number."""
    custodians = Custodians()
    custodians.apply(RecoveryKeyChanged(1, "note"), 0)
    assert custodians.announced == {1}
