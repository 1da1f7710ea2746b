"""What stands still and what is overdue follows from the acts alone: the horizon's freeze, the custodians' year.

Method: acts in order, at times of the test's own.
"""

import pytest

from contrefeu.access import Custodians, RecoveryInForce, freeze_of
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


def stands(*told, now="2027-01-01", united=()):
    """What stands still at *now*, of acts and when the journal took each; *united*: names of one ward."""
    acts = [(act, at(when)) for act, when in told]
    return freeze_of(acts, lambda ward: tuple(united) if ward in united else (ward,), at(now))


def days(freeze):
    """The days of the first week of March that do not count."""
    return [n for n in range(1, 8) if freeze.frozen(f"2026-03-0{n}")]


@pytest.mark.req("F38")
def test_downtime_freezes_the_horizon():
    """From the day it is declared, on any ward, to the day the last one is lifted; and again at the next one."""
    told = [
        (DowntimeDeclared(["CARD"], "", ""), "2026-03-02T10:00:00Z"),
        (DowntimeDeclared(["MED"], "", ""), "2026-03-03T10:00:00Z"),
        (DowntimeLifted(["CARD"], "", ""), "2026-03-04T10:00:00Z"),
    ]
    assert (stands().held, days(stands())) == ("", [])
    assert (stands(*told).held, stands(*told).frozen("2027-01-01")) == ("downtime", True)
    lifted = stands(*told, (DowntimeLifted(["MED"], "", ""), "2026-03-05T10:00:00Z"))
    assert (lifted.held, days(lifted)) == ("", [2, 3, 4, 5])


@pytest.mark.req("F38")
def test_a_lifting_ends_it_at_its_cut_over():
    """Said the evening before: the day of the cut-over does not count either, whenever that is read."""
    told = [
        (DowntimeDeclared([], "", ""), "2026-03-02T10:00:00Z"),
        (DowntimeLifted([], "", "2026-03-04T22:00:00Z", "2026-03-05T01:00:00Z"), "2026-03-04T22:00:00Z"),
    ]
    before = stands(*told, now="2026-03-04T23:00:00Z")
    assert (before.held, before.frozen("2026-03-04"), before.frozen("2026-03-05")) == ("downtime", True, True)
    for now in ("2026-03-05T01:00:00Z", "2027-01-01"):
        assert (stands(*told, now=now).held, days(stands(*told, now=now))) == ("", [2, 3, 4, 5])
    taken_back = [*told, (DowntimeDeclared([], "", "2026-03-04T23:00:00Z"), "2026-03-04T23:00:00Z")]
    assert stands(*taken_back).held == "downtime"
    backdated = [
        told[0],
        (DowntimeLifted([], "", "2026-03-04T22:00:00Z", "2026-03-02T11:00:00Z"), "2026-03-04T22:00:00Z"),
    ]
    assert days(stands(*backdated)) == [2, 3, 4], "what its body says takes no day away"


@pytest.mark.req("F38")
def test_a_ward_of_two_names_is_lifted_under_the_other_one():
    """Nothing stands still for ever because a ward has two names."""
    told = (DowntimeDeclared(["CARDIO"], "", ""), "2026-03-02"), (DowntimeLifted(["CARD"], "", ""), "2026-03-03")
    assert stands(*told, united=("CARD", "CARDIO")).held == ""
    assert stands(*told).held == "downtime"


@pytest.mark.req("F38")
def test_a_hold_freezes_it_too_and_outlasts_a_downtime():
    """A recovery that goes on after the wards are back."""
    told = [
        (DowntimeDeclared([], "", ""), "2026-03-02T10:00:00Z"),
        (HorizonHeld("recovery", ""), "2026-03-03T10:00:00Z"),
        (DowntimeLifted([], "", ""), "2026-03-04T10:00:00Z"),
    ]
    assert (stands(*told).held, stands(*told).frozen("2026-03-09")) == ("recovery", True)
    released = stands(*told, (HorizonReleased("", ""), "2026-03-05T10:00:00Z"))
    assert (released.held, days(released)) == ("", [2, 3, 4, 5])


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
