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


def test_slow_theft_is_seen_on_its_first_day_and_a_few_odd_charts_are_not():
    """Thirty charts of nobody in the ward, over a shift; eight are a day like others."""
    spread = [look(NOW + n * 600, f"t{n}", "gone") for n in range(30)]
    assert raised(spread[:8]) == []
    (alarm,) = raised(spread)
    assert (alarm.rule, alarm.subject, alarm.since) == ("looks-without-reason", "n1", NOW)


def test_a_theft_of_ten_a_day_adds_up():
    """Each day alone would pass; the sum does not."""
    days = [look(NOW + day * DAY + n * 600, f"t{day}-{n}", "other") for day in range(8) for n in range(10)]
    assert raised(days[:10]) == []
    assert [s.rule for s in raised(days)][:1] == ["looks-without-reason"]


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
