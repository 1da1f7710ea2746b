"""Feeds that stop, burst, change their voice or their clock are seen; what is usual for them is not.

Method: observations made by hand, a habit of three weeks learned by the minute; what the rules say is compared whole.
"""

import msgspec
import pytest

from contrefeu.watch import RULES, Heard, Passed, Resumed, State, Told, Watch
from tests.house.tree import ROOT

DAY, HOUR = 86_400.0, 3600.0
START = 1_780_272_000.0  # Monday 2026-06-01, 0:00 UTC
WEEKS = 21 * DAY
NOW = START + WEEKS + 8 * HOUR  # a Monday, 10:00 in Paris


def learned(*sources: str) -> Watch:
    """A watch that has heard *sources* for three weeks, a message of each a minute, until NOW."""
    watch = Watch(State())
    for minute in range(int((NOW - START) / 60)):
        for source in sources or ("A@H",):
            found = watch.take(heard(START + minute * 60 + len(source) / 10, source))
            assert not found, (minute, found)
    return watch


def heard(at: float, source: str = "A@H", **more: object) -> Heard:
    """A message that was made just now."""
    told = {"ref": f"c/{at:.0f}", "kind": "ADT^A01", "said": at - 0.5, "shape": "2.5", "patient": "p"} | more
    return Heard(at, source=source, **told)  # type: ignore[arg-type]


KEPT = msgspec.msgpack.encode(learned().state)
FOUR = msgspec.msgpack.encode(learned("A@H", "BB@H", "CCC@H", "DDDD@H").state)


def again() -> Watch:
    """The watch that knows one feed, as if it had been stopped and started."""
    return Watch(msgspec.msgpack.decode(KEPT, type=State))


def rules_of(watch: Watch, observations: list[object]) -> list[tuple[str, str]]:
    """Rule and subject of each alarm."""
    return [(s.rule, s.subject) for one in observations for s in watch.take(one)]  # type: ignore[arg-type]


@pytest.mark.req("C7")
def test_a_feed_that_stops_is_missed_when_that_is_unusual():
    """A message a minute: a quarter of an hour is worth an alarm, and one alone for all of the silence."""
    watch = again()
    ticks = [Passed(NOW + 30 * n) for n in range(1, 240)]
    raised = [(n, s) for n, tick in enumerate(ticks) for s in watch.take(tick)]
    assert [(s.rule, s.subject) for _, s in raised] == [("feed-silent", "A@H")]
    assert 300 <= raised[0][1].at - NOW <= 20 * 60
    assert raised[0][1].since < NOW


def test_what_was_not_listened_to_is_no_silence():
    """The node was down for two hours: nobody can say that the feed was."""
    watch = again()
    assert watch.take(Resumed(NOW + 2 * HOUR)) == []
    assert rules_of(watch, [Passed(NOW + 2 * HOUR + 60), heard(NOW + 2 * HOUR + 90)]) == []


def test_announced_maintenance_is_no_silence():
    """The settings say so, for one feed; another one is missed all the same."""
    state = msgspec.msgpack.decode(FOUR, type=State)
    watch = Watch(state, resting=lambda _: frozenset(["A@H", "BB@H", "CCC@H"]))
    assert rules_of(watch, [Passed(NOW + HOUR)]) == [("feed-silent", "DDDD@H")]


def test_feeds_that_stop_together_are_one_alarm_before_each():
    """Four feeds: what they miss together is seen sooner than what one misses."""
    watch = Watch(msgspec.msgpack.decode(FOUR, type=State))
    raised = [s for n in range(1, 40) for s in watch.take(Passed(NOW + 30 * n))]
    assert raised[0].rule == "feeds-silent"
    assert raised[0].at - NOW <= 480


def test_a_burst_of_merges_is_seen_and_a_few_are_not():
    """Five merges in ten minutes are the identity office; ten are not."""
    few = [heard(NOW + n, kind="ADT^A40", group="merge") for n in range(4)]
    many = [heard(NOW + n, kind="ADT^A40", group="merge") for n in range(4, 10)]
    watch = again()
    assert [r for r in rules_of(watch, few) if r[0] != "kind-new"] == []
    assert ("merges", "A@H") in rules_of(watch, many)


def test_a_backlog_is_no_burst():
    """What its sender kept for an hour comes at once: it was made before."""
    late = [heard(NOW + n / 10, said=NOW - HOUR + n * 6) for n in range(600)]
    assert rules_of(again(), late) == []
    assert ("feed-burst", "A@H") in rules_of(again(), [heard(NOW + n / 10) for n in range(600)])


def test_another_program_in_a_feeds_name_is_seen():
    """Another version, five times: once may be a mistake."""
    assert rules_of(again(), [heard(NOW + n, shape="2.3") for n in range(4)]) == []
    assert rules_of(again(), [heard(NOW + n, shape="2.3") for n in range(5)]) == [("sender-changed", "A@H")]


def test_a_new_kind_and_a_new_sender_are_seen():
    """After the weeks in which everything was new."""
    assert rules_of(again(), [heard(NOW + n, kind="ADT^A47") for n in range(5)]) == [("kind-new", "A@H")]
    assert rules_of(again(), [heard(NOW + n, "NEW@H") for n in range(5)]) == [("sender-new", "NEW@H")]


def test_clocks_that_jump_are_seen_in_both_directions():
    """A year ahead; two hours behind and staying there. A zone that was always wrong is how it is."""
    assert rules_of(again(), [heard(NOW + n * 60, said=NOW + 365 * DAY) for n in range(6)]) == [("time-jump", "A@H")]
    behind = [heard(NOW + n * 60, said=NOW + n * 60 - 7200) for n in range(12)]
    assert rules_of(again(), behind) == [("time-jump", "A@H")]
    watch = Watch(State())
    wrong = [heard(START + n * 60, said=START + n * 60 - 7200) for n in range(600)]
    assert rules_of(watch, wrong) == []


def test_sealed_documents_and_ransom_notes_are_seen():
    """Three documents like ciphertext; one note for thirteen patients, and not one letter for ten."""
    sealed = [heard(NOW + n, documents=("sealed",)) for n in range(3)]
    assert rules_of(again(), sealed) == [("documents-sealed", "A@H")]
    notes = [heard(NOW + n, text="note", patient=f"p{n}") for n in range(13)]
    assert rules_of(again(), notes[:10]) == []
    assert rules_of(again(), notes) == [("text-same", "A@H")]


def test_the_clean_point_lies_before_the_first_bad_message_and_moves_on_when_that_was_harmless():
    """An hour of life, then sealed documents: clean until before them, and on again once somebody says so."""
    watch = again()
    rules_of(watch, [heard(NOW + n * 60) for n in range(60)])
    assert watch.clean_point("A@H").at > NOW + HOUR / 2
    began = NOW + HOUR
    (alarm,) = [s for n in range(3) for s in watch.take(heard(began + n, documents=("sealed",)))]
    rules_of(watch, [heard(began + n * 60) for n in range(1, 240)])
    held = watch.clean_point("A@H")
    assert (held.held_by, held.ref != "") == ("documents-sealed", True)
    assert began - 2 * HOUR < held.at <= began

    watch.harmless(alarm.rule, alarm.subject, alarm.at)
    assert watch.clean_point("A@H").held_by == ""
    assert watch.clean_point("A@H").at > began


def test_what_touches_the_house_holds_back_every_source():
    """A canary says that somebody is inside: no source is clean after it."""
    watch = again()
    assert rules_of(watch, [Told(NOW + 60, "canary", "//share/a", bad=True)]) == [("canary", "//share/a")]
    assert watch.clean_point("A@H").held_by == "canary"


def test_every_rule_says_what_it_sees_why_what_it_costs_and_what_to_do():
    """The table is what people decide by, and the page what they do."""
    page = (ROOT / "docs" / "howto" / "alarms.md").read_text()
    for name, row in RULES.items():
        assert name == row.name
        assert all((row.sees, row.why, row.costs)), name
        assert f"`{name}`" in page, name


def test_a_house_that_is_connected_may_tell_its_past():
    """Three days in a minute, cancellations among them, up to the present: no attack, and no clock that is wrong."""
    watch = Watch(State())
    past = [
        heard(NOW + n / 50, said=NOW - 3 * DAY + n * DAY / 1000, group="cancel" if n % 20 == 0 else "")
        for n in range(3000)
    ]
    assert rules_of(watch, past) == []
    assert rules_of(watch, [heard(NOW + 120 + n, said=NOW + 120 + n + 900) for n in range(6)])[:1] == [
        ("time-jump", "A@H")
    ]
