"""How far apart doses are said to be: what is compared, what is not and why, and when nobody is asked.

Method: prescriptions as feeds and forms write them; times drawn around their intervals, in Paris, over a year that has
its hour too many and its hour too few.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contrefeu.chart import Spacing, beyond_most, spacing_of, too_close

PARIS = ZoneInfo("Europe/Paris")
MINUTE_NS, HOUR_NS = 60 * 10**9, 3600 * 10**9
AT_NS = int(datetime(2026, 11, 24, 10, 0, tzinfo=PARIS).timestamp()) * 10**9
OCTOBER_NS = int(datetime(2026, 10, 25, 2, 30, tzinfo=PARIS).timestamp()) * 10**9  # the first of the two
TIMES = st.integers(AT_NS // MINUTE_NS - 400_000, AT_NS // MINUTE_NS + 200_000).map(lambda minute: minute * MINUTE_NS)


def order(**repeat):
    """A prescription of one instruction with this Timing.repeat."""
    return {"dosageInstruction": [{"text": "1 g", **({"timing": {"repeat": repeat}} if repeat else {})}]}


def needed(most=0, **repeat):
    """The same, if needed, with a most in 24 hours."""
    found = order(**repeat)
    found["dosageInstruction"][0]["asNeededBoolean"] = True
    if most:
        ratio = {"numerator": {"value": most, "code": "{dose}"}, "denominator": {"value": 24, "code": "h"}}
        found["dosageInstruction"][0]["maxDosePerPeriod"] = ratio
    return found


EVERY_6 = order(frequency=1, period=6, periodUnit="h")
FIXED = order(timeOfDay=["08:00:00", "14:00:00", "20:00:00"])
WEEKLY = order(timeOfDay=["08:00:00"], dayOfWeek=["mon"])
IF_NEEDED = needed(4, frequency=1, period=6, periodUnit="h")


def said(request, at_ns=AT_NS):
    return spacing_of(request, at_ns, PARIS)


@pytest.mark.req("F8")
@pytest.mark.parametrize(
    ("request_", "spacing"),
    [
        (EVERY_6, Spacing("elapsed", 6 * 3600, 1800)),
        (order(frequency=1, period=Decimal("90"), periodUnit="min"), Spacing("elapsed", 5400, 1800)),
        (FIXED, Spacing("wall", 6 * 3600, 5400)),
        (order(timeOfDay=["08:00"]), Spacing("wall", 24 * 3600, 5400)),
        (order(timeOfDay=["22:00", "06:00"]), Spacing("wall", 8 * 3600, 5400)),
        (WEEKLY, Spacing("wall", 7 * 24 * 3600, 5400)),
        (order(timeOfDay=["08:00"], dayOfWeek=["mon", "wed", "sat"]), Spacing("wall", 48 * 3600, 5400)),
        (IF_NEEDED, Spacing("needed", 6 * 3600, most=4)),
        (needed(frequency=3, period=1, periodUnit="d"), Spacing("needed", most=3, why="unsaid")),
        (needed(2), Spacing("needed", most=2, why="unsaid")),
    ],
)
def test_what_a_prescription_says_is_what_is_compared(request_, spacing):
    """Every n hours, its own hours round the clock and the week, a least interval, a most in 24 hours."""
    assert said(request_) == spacing


@pytest.mark.req("F8", "F9")
@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({}, "unsaid"),
        (order(), "words"),
        (needed(), "unsaid"),
        (order(frequency=2, period=1, periodUnit="d"), "words"),
        (order(frequency=1, period=6, periodMax=8, periodUnit="h"), "words"),
        (needed(frequency=1, period=4, periodMax=6, periodUnit="h"), "words"),
        (needed(frequency=1, period=Decimal("4.5"), periodUnit="h"), "words"),
        (order(frequency=1, period=30, periodUnit="min"), "short"),
        (order(timeOfDay=["08:00", "09:00", "10:00"]), "short"),
        ({"dosageInstruction": [*EVERY_6["dosageInstruction"], *needed()["dosageInstruction"]]}, "several"),
        ({"dosageInstruction": [{"timing": {"event": ["2026-11-24T08:00:00+01:00"]}}]}, "unsaid"),
        (
            {
                "dosageInstruction": [
                    {"timing": {"code": {"text": "C"}}, "doseAndRate": [{"rateQuantity": {"value": 2, "unit": "mL/h"}}]}
                ]
            },
            "infusion",
        ),
    ],
)
def test_what_does_not_fit_is_not_compared_and_says_why(request_, why):
    """Words, twice a day without hours, ranges, several rhythms, infusions, one dose: no interval is made of them."""
    found = said(request_)
    assert (found.why, found.least_s, found.checks) == (why, 0, False)


def test_a_most_that_is_an_amount_is_not_compared_and_is_said():
    """Four grams in 24 hours is no number of doses; nor is four tablets, nor four doses in a week."""
    for value, unit, hours in ((4, "g", 24), (4, "cp", 24), (4, "{dose}", 168), (Decimal("2.5"), "{dose}", 24)):
        found = needed(frequency=1, period=6, periodUnit="h")
        ratio = {"numerator": {"value": value, "code": unit}, "denominator": {"value": hours, "code": "h"}}
        found["dosageInstruction"][0]["maxDosePerPeriod"] = ratio
        assert said(found) == Spacing("needed", 6 * 3600, amount=True)


def test_of_steps_the_one_in_force_counts():
    """A taper is every 6 hours, then every 12: which of them, its hour says; none in force says nothing."""
    turn = "2026-11-24T12:00:00+01:00"
    steps = [
        {"timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h", "boundsPeriod": {"end": turn}}}},
        {"timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h",
                               "boundsPeriod": {"start": "2026-11-24T12:00:01+01:00", "end": "2026-11-26"}}}},
    ]  # fmt: skip
    request = {"dosageInstruction": steps}
    assert said(request).least_s == 6 * 3600
    assert said(request, AT_NS + 4 * HOUR_NS).least_s == 12 * 3600
    assert said(request, AT_NS + 80 * HOUR_NS) == Spacing(why="several")


@pytest.mark.req("F8")
@given(one=TIMES, other=TIMES, request_=st.sampled_from([EVERY_6, FIXED, WEEKLY, IF_NEEDED]))
def test_which_dose_was_written_first_changes_nothing(one, other, request_):
    """Two doses are too close, or not, whichever is asked about."""
    spacing = said(request_)
    assert too_close(spacing, one, other, PARIS) == too_close(spacing, other, one, PARIS)


@pytest.mark.req("F8")
@given(at=TIMES, apart=st.integers(0, 13 * 60))
@example(OCTOBER_NS, 5 * 60 + 29)
def test_elapsed_time_is_asked_about_until_half_an_hour_before(at, apart):
    """Every 6 hours: 5 h 29 is, 5 h 30 is not, on the night of October and of March as on any other."""
    assert too_close(said(EVERY_6), at, at + apart * MINUTE_NS, PARIS) == (apart < 330)


@pytest.mark.req("F8")
@given(at=TIMES, apart=st.integers(0, 13 * 60), seconds=st.integers(0, 59))
def test_the_least_interval_of_what_is_given_if_needed_is_whole_to_the_minute(at, apart, seconds):
    """5 h 59 is asked about, 6 h 00 is not, whatever the seconds were."""
    late = at + seconds * 10**9
    assert too_close(said(IF_NEEDED), late, at + apart * MINUTE_NS, PARIS) == (apart < 360)


@pytest.mark.req("F8", "F9")
@given(
    day=st.integers(0, 364),
    slot=st.integers(0, 2),
    late=st.integers(-30, 60),
    next_late=st.integers(-30, 60),
    hours=st.sampled_from([("08:00", "14:00", "20:00"), ("06:00", "14:00", "22:00"), ("00:00", "02:00", "04:00")]),
)
@example(297, 0, 60, -30, ("00:00", "02:00", "04:00"))
@example(87, 0, 60, -30, ("00:00", "02:00", "04:00"))
def test_usual_practice_at_fixed_hours_is_never_asked_about(day, slot, late, next_late, hours):
    """One dose up to an hour late, the next up to half an hour early, also where the clock jumps: no alarm."""
    midnight = datetime(2026, 1, 1) + timedelta(days=day)

    def at(number):
        hour = int(hours[number % 3][:2])
        local = midnight + timedelta(days=number // 3, hours=hour)
        return int(local.replace(tzinfo=PARIS).timestamp()) * 10**9

    one, other = at(slot) + late * MINUTE_NS, at(slot + 1) + next_late * MINUTE_NS
    assert not too_close(said(order(timeOfDay=list(hours))), one, other, PARIS)


@pytest.mark.req("F8")
def test_a_dose_given_very_late_makes_the_next_one_too_close():
    """That of 08:00 given at 13:00, that of 14:00 at its time."""
    assert too_close(said(FIXED), AT_NS + 3 * HOUR_NS, AT_NS + 4 * HOUR_NS, PARIS)
    assert too_close(said(WEEKLY), AT_NS, AT_NS + 24 * HOUR_NS, PARIS)  # methotrexate, once a week, the next day


@pytest.mark.req("F8", "F9")
def test_the_hour_that_october_repeats_is_an_hour():
    """02:30 and 02:30 are an hour apart; a dose every 6 hours is due at 07:30, not at 08:30."""
    assert too_close(said(EVERY_6), OCTOBER_NS, OCTOBER_NS + HOUR_NS, PARIS)
    assert not too_close(said(EVERY_6), OCTOBER_NS, OCTOBER_NS + 6 * HOUR_NS, PARIS)
    assert not too_close(said(IF_NEEDED), OCTOBER_NS, OCTOBER_NS + 6 * HOUR_NS, PARIS)


@pytest.mark.req("F8")
def test_as_many_as_are_allowed_in_some_24_hours_are_counted():
    """The fifth is one too many, wherever it lies among the others; one that lies 24 hours back counts no more."""
    four = [AT_NS - hours * HOUR_NS for hours in (23, 17, 11, 5)]
    spacing = said(IF_NEEDED)
    assert beyond_most(spacing, four, AT_NS) == sorted(four)
    assert beyond_most(spacing, four, AT_NS - 8 * HOUR_NS) == sorted(four)  # typed late
    assert beyond_most(spacing, four, AT_NS + HOUR_NS) == []
    assert beyond_most(spacing, four[1:], AT_NS) == []
    assert beyond_most(said(EVERY_6), four * 9, AT_NS) == []


@pytest.mark.req("F8")
@given(times=st.lists(TIMES, max_size=12), at=TIMES, most=st.integers(1, 6))
def test_the_most_is_that_of_every_window_of_24_hours(times, at, most):
    """It is passed exactly when some 24 hours that hold the new dose would hold more than the most."""
    day = 24 * HOUR_NS
    all_ = [*times, at]
    worst = max(sum(end - day < t <= end for t in all_) for end in all_ if at <= end < at + day)
    assert bool(beyond_most(Spacing("needed", most=most), times, at)) == (worst > most)


@pytest.mark.parametrize("odd", ["x", 4, [], {}, {"value": "x"}, None])
@pytest.mark.parametrize("part", ["numerator", "denominator"])
def test_a_most_of_another_shape_is_said_and_stops_no_form(part: str, odd: object) -> None:
    """A FHIR sender may write anything there: it is a most that is not compared."""
    ratio = {"numerator": {"value": 4, "unit": "dose"}, "denominator": {"value": 24, "unit": "h"}} | {part: odd}
    found = spacing_of(
        {"dosageInstruction": [{"asNeededBoolean": True, "maxDosePerPeriod": ratio}]}, 0, ZoneInfo("UTC")
    )
    assert (found.most, found.amount) == (0, True)
