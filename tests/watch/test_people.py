"""People are compared with themselves and their role; honey, leave, glass and night are seen.

Method: looks made by hand over weeks of work; one login does what a thief does.
"""

import msgspec
import pytest

from contrefeu.watch import Looked, Signal, State, Watch

DAY, HOUR = 86_400.0, 3600.0
START = 1_780_272_000.0  # Monday 2026-06-01, 0:00 UTC
DAYS = 40
NOW = START + DAYS * DAY + 9 * HOUR


def look(at: float, patient: str, place: str = "own", who: str = "n1", **more: object) -> Looked:
    """A nurse opens a chart."""
    told = {"role": "nurse", "kind": "view"} | more
    return Looked(at, f"a/{at:.0f}", who, patient=patient, place=place, **told)  # type: ignore[arg-type]


def _worked() -> Watch:
    watch = Watch(State())
    for day in range(DAYS):
        for n in range(20):
            at = START + day * DAY + 8 * HOUR + n * 900
            assert watch.take(look(at, f"w{n}-{day // 4}")) == []
            assert watch.take(look(at + 60, f"x{n}", who="n2")) == []
        assert watch.take(look(START + day * DAY + 12 * HOUR, f"g{day}", "gone")) == []
    return watch


KEPT = msgspec.msgpack.encode(_worked().state)


def raised(looks: list[Looked]) -> list[Signal]:
    """What a watch that knows everybody says."""
    watch = Watch(msgspec.msgpack.decode(KEPT, type=State))
    return [signal for one in looks for signal in watch.take(one)]


def test_slow_theft_is_seen_within_its_first_hour_and_a_few_odd_charts_are_not():
    """Thirty charts of patients in no ward, over a shift; two, or eight of other wards, are a day like others."""
    spread = [look(NOW + n * 600, f"t{n}", "gone") for n in range(30)]
    assert raised(spread[:2]) == []
    (alarm,) = raised(spread)
    assert (alarm.rule, alarm.subject, alarm.since) == ("looks-without-reason", "n1", NOW)
    assert (alarm.at - NOW, alarm.seen) == (1200.0, {"within_minutes": 20.0, "there": 3.0, "usual_at_most": 1.0})
    slower = raised([look(NOW + n * 1800, f"t{n}", "gone") for n in range(30)])
    assert [(one.at - NOW, one.seen["there"]) for one in slower] == [(5400.0, 4.0)]
    assert raised([look(NOW + n * 600, f"t{n}", "other") for n in range(8)]) == []


def test_three_in_half_an_hour_are_no_sign_where_such_looks_are_many():
    """A house of thirty who each open two such charts a day: some evening three come together by chance."""
    watch = Watch(State())
    for day in range(DAYS):
        for n in range(60):
            at = START + day * DAY + 8 * HOUR + n * 480
            assert watch.take(look(at, f"g{day}-{n}", "gone", f"m{n % 30}")) == []
    found = [s for n in range(6) for s in watch.take(look(NOW + n * 600, f"t{n}", "gone", "m1"))]
    assert [s.seen["there"] for s in found] == [5.0]


def test_three_in_half_an_hour_are_a_sign_of_somebody_who_rarely_opens_one():
    """Five pharmacists open thirty such charts a day, as is their work; a nurse, who opens one in four days, three."""
    watch = Watch(State())
    for day in range(DAYS):
        at = START + day * DAY + 8 * HOUR
        looks = [look(at + n * 190, f"g{day}-{n}", "gone", f"r{n % 5}", role="pharmacist") for n in range(150)]
        looks += [look(at + n * 600 + 1, f"w{n}", "own", f"n{n}") for n in range(24)]
        looks += [look(at + n * 3600 + 2, f"v{day}-{n}", "gone", f"n{4 * n + day % 4}") for n in range(6)]
        assert [s for one in sorted(looks, key=lambda one: one.at) for s in watch.take(one)] == []
    charts = [look(NOW + n * 890, f"t{n}", "gone", "n1") for n in range(3)]
    assert [(s.rule, s.at - NOW) for one in charts for s in watch.take(one)] == [("looks-without-reason", 1780.0)]


def test_somebody_whose_role_opens_no_charts_is_seen_with_the_fourth():
    """An engineer, by night, on charts of whatever ward; a new nurse's first four are her work."""
    charts = [look(NOW + n * 70, f"t{n}", "other", "e1", role="recovery") for n in range(4)]
    assert raised(charts[:3]) == []
    assert [(s.rule, s.subject) for s in raised(charts)] == [("looks-without-reason", "e1")]
    assert raised([one._replace(who="n9", role="nurse") for one in charts]) == []


def test_a_clerk_who_asks_for_charts_they_may_not_open_is_seen():
    """Four that were refused; one, of a patient under secrecy. A wrong link is none."""
    asked = [look(NOW + n * 60, f"t{n}", "", "c1", role="clerk", kind="denied") for n in range(4)]
    assert raised(asked[:3]) == []
    assert [(s.rule, s.subject) for s in raised(asked)] == [("looks-without-reason", "c1")]
    assert [(s.rule, s.subject) for s in raised([asked[0]._replace(marks=("famous",))])] == [("famous", "c1")]


def test_a_round_of_another_ward_is_seen_within_two_hours_unless_it_is_usual():
    """Nine charts in eighty minutes by somebody who opened one a day; the same by one whose work that is, is none."""
    spread = [look(NOW + n * 590, f"t{n}", "other") for n in range(9)]
    (alarm,) = raised(spread)
    assert (alarm.rule, alarm.since, alarm.seen["today"]) == ("looks-without-reason", NOW, 9.0)
    watch = Watch(State())
    for day in range(DAYS):
        for n in range(8):
            assert watch.take(look(START + day * DAY + 8 * HOUR + n * 590, f"g{day}-{n}", "other")) == []
    assert [signal for one in spread for signal in watch.take(one)] == []


def test_a_theft_of_ten_a_day_adds_up():
    """Each day alone would pass, one each forty minutes; the sum does not."""
    days = [look(NOW + day * DAY + n * 2400, f"t{day}-{n}", "other") for day in range(8) for n in range(10)]
    assert raised(days[:10]) == []
    assert [s.rule for s in raised(days)][:1] == ["looks-without-reason"]


def test_charts_that_are_taken_one_by_one_count_as_looked_at():
    """A program that asks for whole charts, one each second, is as fast a thief as a person."""
    found = [s.rule for s in raised([look(NOW + n, f"t{n}", kind="export") for n in range(100)])]
    assert found[:2] == ["export", "looks-many"]


def test_fast_theft_is_seen_within_minutes():
    """A chart each five seconds."""
    alarm = raised([look(NOW + n * 5, f"t{n}") for n in range(100)])[0]
    assert (alarm.rule, alarm.at - NOW < 300) == ("looks-many", True)


@pytest.mark.parametrize(
    ("looks", "rule"),
    [
        ([look(NOW, "h", "gone", marks=("honey",))], "honey"),
        ([look(NOW, "p", marks=("leave",))], "on-leave"),
        ([look(NOW, "", kind="export")], "export"),
        ([look(NOW + n * 60, f"p{n}", kind="glass") for n in range(4)], "glass-cluster"),
        ([look(NOW + 16 * HOUR + n, f"p{n}") for n in range(10)], "at-night"),
        ([look(NOW + n, f"vip{n}", "other", marks=("famous",)) for n in range(2)], "famous"),
        ([look(NOW + n * DAY, "r", "other", marks=("relative",)) for n in range(2)], "relatives"),
        ([look(NOW + n, "", kind="refused") for n in range(15)], "logins-refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_sign_is_seen(looks, rule):
    """One rule each, about the person."""
    assert [(s.rule, s.subject) for s in raised(looks)] == [(rule, "n1")]


@pytest.mark.parametrize(
    "looks",
    [
        [look(NOW, "p", marks=("famous",))],
        [look(NOW + n * 60, f"p{n}", kind="glass") for n in range(3)],
        [look(NOW + n * 120, f"p{n}") for n in range(25)],
        [look(NOW + n, "", kind="refused") for n in range(5)],
        [look(NOW, "r", "other", marks=("relative",))],
    ],
    ids=["famous and cared for", "three glasses", "a busy hour", "a forgotten password", "a namesake"],
)
def test_what_happens_on_a_ward_is_no_sign(looks):
    """None of these is an alarm."""
    assert raised(looks) == []


def test_many_people_at_one_famous_bed_are_one_alarm_about_all():
    """Each of them looked once."""
    looks = [look(NOW + n * 60, "vip", "other", f"m{n}", marks=("famous",)) for n in range(4)]
    assert [(s.rule, s.subject) for s in raised(looks)] == [("famous", "*")]
