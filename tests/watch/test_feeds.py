"""Feeds that stop, burst, change their voice or their clock are seen; what is usual for them is not.

Method: observations made by hand, a habit of three weeks learned by the minute; what the rules say is compared whole.
"""

import msgspec
import pytest

from contrefeu.watch import RULES, Heard, Linked, Passed, Resumed, State, Told, Watch
from contrefeu.watch.memory import Memory
from contrefeu.watch.own import canaries_told
from contrefeu.watch.profile import Feed, show_weekday
from contrefeu.watch.windows import Count, Peaks
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


RUNS = START - 60.0  # since when the capture process does


def quiet(days: int, *, standing: bool, restart_s: float = 0.0) -> bytes:
    """What a watch knows at NOW of a message an hour, heard for *days*, over a connection that stays or one a message.

    The sender's engine restarts each Sunday at 4:00, for *restart_s*.
    """
    watch, at = Watch(State()), NOW - days * DAY
    while at < NOW:
        at += 60
        if at % HOUR == 0:
            watch.take(heard(at))
        restarts = 0 <= (at - START) % (7 * DAY) - (6 * DAY + 4 * HOUR) < restart_s
        linked = not restarts if standing else at % HOUR < 60
        found = watch.take(Linked(at, RUNS, frozenset(["A@H"] if linked else [])))
        assert not found, (at, found)
    return msgspec.msgpack.encode(watch.state)


STANDING = quiet(16, standing=True, restart_s=120)


def minutes_until_missed(
    kept: bytes, senders: frozenset[str] = frozenset(), since: float = RUNS, resting: frozenset[str] = frozenset()
) -> float | None:
    """How long after NOW a feed that says nothing is missed, within two hours, while these have a connection."""
    watch = Watch(msgspec.msgpack.decode(kept, type=State), resting=lambda _: resting)
    for n in range(1, 240):
        found = watch.take(Linked(NOW + 30 * n, since, senders))
        if found:
            assert [(s.rule, s.subject, s.since) for s in found] == [("feed-silent", "A@H", NOW)]
            return n / 2
    return None


@pytest.mark.req("C7")
def test_who_always_keeps_a_connection_is_missed_five_minutes_after_it_is_gone():
    """A message an hour says nothing in five minutes; the connection that it came over does, by night too."""
    assert minutes_until_missed(STANDING) == 5
    assert minutes_until_missed(STANDING, frozenset(["A@H"])) is None, "it is there, and has nothing to say"


@pytest.mark.req("C7")
def test_a_connection_is_no_sign_where_it_comes_and_goes_or_where_nobody_knows_of_it():
    """One a message; restarts of nine minutes; this node's own restart; announced maintenance; a new sender."""
    assert minutes_until_missed(quiet(16, standing=False)) is None
    assert minutes_until_missed(quiet(16, standing=True, restart_s=540)) == 14, "1.4 times ten minutes between looks"
    assert minutes_until_missed(STANDING, since=NOW) is None
    assert minutes_until_missed(STANDING, resting=frozenset(["A@H"])) is None
    assert minutes_until_missed(quiet(10, standing=True)) is None


@pytest.mark.req("C7")
def test_a_feed_that_stops_is_missed_when_that_is_unusual():
    """A message a minute: a quarter of an hour is worth an alarm, and one alone for all of the silence."""
    watch = again()
    ticks = [Passed(NOW + 30 * n) for n in range(1, 240)]
    raised = [(n, s) for n, tick in enumerate(ticks) for s in watch.take(tick)]
    assert [(s.rule, s.subject) for _, s in raised] == [("feed-silent", "A@H")]
    assert 300 <= raised[0][1].at - NOW <= 20 * 60
    assert raised[0][1].since < NOW


def missed_after(watch: Watch, stopped: float) -> float:
    """Minutes until the one feed that spoke is missed."""
    (alarm,) = [s for n in range(1, 80) for s in watch.take(Passed(stopped + 30 * n))]
    assert (alarm.rule, alarm.subject) == ("feed-silent", "A@H")
    return (alarm.at - stopped) / 60


@pytest.mark.req("C7")
@pytest.mark.parametrize(
    ("kind", "utc_hour", "minutes"),
    [("ADT^A01", 8, (5, 5.5)), ("ORU^R01", 8, (8, 15)), ("ADT^A01", 20, (8, 15))],
    ids=["by day", "a laboratory", "by night"],
)
def test_admissions_of_a_feed_that_nobody_knows_are_missed_in_five_minutes_by_day(kind, utc_hour, minutes):
    """Two messages a minute since this morning, then none."""
    stops = START + utc_hour * HOUR
    watch = Watch(State())
    assert rules_of(watch, [heard(stops - n * 30, kind=kind) for n in range(5 * 120, 0, -1)]) == []
    least, most = minutes
    assert least <= missed_after(watch, stops - 30) <= most


@pytest.mark.req("C7")
@pytest.mark.parametrize(("kind", "minutes"), [("ADT^A01", 12.5), ("ORU^R01", 14.5)])
def test_admissions_have_a_budget_of_chance_of_their_own_by_day(kind, minutes):
    """In a house of many feeds, of which one a minute is known for weeks."""
    watch = again()
    watch.state.feeds["A@H"].kinds = {kind: START}
    watch.state.feeds |= {f"B{n}@H": Feed(first=START, last=NOW, messages=1_000_000) for n in range(3)}
    assert missed_after(watch, watch.state.feeds["A@H"].last) == pytest.approx(minutes, abs=0.6)


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


def rested(began: float, hours: float, weeks: int, *, announced: bool = True) -> Watch:
    """A watch that heard a message a minute for so many weeks, but in a maintenance at *began* of each."""

    def rests(at: float) -> bool:
        return 0 <= (at - began) % (7 * DAY) < hours * HOUR

    watch = Watch(State(), resting=lambda at: frozenset(["A@H"] if announced and rests(at) else []))
    times = range(int(START), int(START + weeks * 7 * DAY), 60)
    found = rules_of(watch, [heard(at + 30.0) for at in times if not rests(at)])
    assert found == [] or not announced
    return watch


@pytest.mark.parametrize(("announced", "missed"), [(True, 2.0), (False, 15.0)])
def test_announced_maintenance_is_no_habit(announced, missed):
    """Half an hour of silence each Wednesday: what was announced makes no later silence longer."""
    watch = rested(START + 2 * DAY, 0.5, 3, announced=announced)
    assert watch.state.feeds["A@H"].worst_missed == pytest.approx(missed, abs=2.0)


def test_hours_that_were_announced_teach_nothing():
    """Two hours and a half each Tuesday, four times; on the fifth nothing is announced, and its silence is missed."""
    watch = rested(START + DAY + 2 * HOUR, 2.5, 4)
    assert watch.state.feeds["A@H"].hours[28:32] == [-1.0, -1.0, -1.0, 60.0]  # Tuesday, 4:00 to 8:00 in Paris
    tuesday = START + 29 * DAY
    alone = Watch(watch.state)
    rules_of(alone, [heard(at + 30.0) for at in range(int(START + 28 * DAY), int(tuesday + 3 * HOUR), 60)])
    assert rules_of(alone, [Passed(tuesday + 3.5 * HOUR)]) == [("feed-silent", "A@H")]


def test_a_sender_has_time_to_speak_once_its_maintenance_is_over():
    """Two hours of announced silence are not missed in the minute after; a sender that stays away is, in its time."""
    watch = again()
    watch = Watch(watch.state, resting=lambda at: frozenset(["A@H"] if at < NOW + 2 * HOUR else []))
    assert rules_of(watch, [Passed(NOW + 2 * HOUR + 290)]) == []
    assert rules_of(watch, [Passed(NOW + 3 * HOUR)]) == [("feed-silent", "A@H")]


def test_an_hour_to_which_nobody_listened_teaches_nothing():
    """The node is down from 8:00 to 10:30 on its fourth Monday: what is usual then stays so."""
    watch = again()
    usual = watch.state.feeds["A@H"].hours[:]
    back = NOW + 2.5 * HOUR
    said = [Resumed(back), *(heard(back + n * 60) for n in range(1, 60)), Passed(back + HOUR)]
    assert rules_of(watch, said) == []
    assert watch.state.feeds["A@H"].hours[:13] == usual[:13]


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


def test_a_slow_wiper_is_seen_as_soon_as_chance_does_not_explain_it():
    """The fifth in twenty minutes of a feed that sent none before; the clean point lies before the first of them."""
    watch = again()
    merges = [heard(NOW + n * 300, kind="ADT^A40", group="merge") for n in range(14)]
    rules_of(watch, [heard(NOW - 1)])
    raised = [s for one in merges for s in watch.take(one) if s.rule == "merges"]
    assert [(s.subject, s.at - NOW, s.seen["there"]) for s in raised] == [("A@H", 1200.0, 5.0)]
    assert 0 <= NOW - raised[0].since < 600
    slower = [heard(NOW + n * 900, kind="ADT^A40", group="merge") for n in range(20)]
    assert [r for r in rules_of(again(), slower) if r[0] == "merges"] == []


def test_a_slow_wiper_in_a_busy_hour_is_seen_with_its_fifth_merge():
    """Twice as many messages as usual, one merge in two hundred of them: five in twenty minutes are still too many."""
    watch = again()
    feed = watch.state.feeds["A@H"]
    total = feed.counts[""].total
    feed.counts["merge"] = Count(total=total // 190, peaks=Peaks([4.0] * 6, [4.0] * 6))
    feed.kinds["ADT^A40"] = START
    busy = [heard(NOW + n * 21) for n in range(86)]
    merges = [heard(NOW + n * 300 + 1, kind="ADT^A40", group="merge") for n in range(7)]
    found = [s for one in sorted([*busy, *merges], key=lambda one: one.at) for s in watch.take(one)]
    assert [(s.rule, s.at - NOW) for s in found if s.rule == "merges"] == [("merges", 1201.0)]


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
    watch = again()
    assert [n for n, one in enumerate(behind) if watch.take(one)] == [3], "four in a row that took over two minutes"
    assert rules_of(again(), behind[:3]) == []
    late = [one._replace(said=one.said - 60 * n) if n < 4 else one for n, one in enumerate(behind)]
    assert rules_of(again(), late) == [("time-jump", "A@H")], "some came late as well"
    backlog = [heard(NOW + n, said=NOW - 7200 + n * 90) for n in range(40)]
    assert rules_of(again(), backlog) == [], "what its sender kept comes nearer and nearer"
    watch = Watch(State())
    wrong = [heard(START + n * 60, said=START + n * 60 - 7200) for n in range(600)]
    assert rules_of(watch, wrong) == []


def test_sealed_documents_and_ransom_notes_are_seen():
    """Two documents like ciphertext, not one; one note for thirteen patients, and not one letter for ten."""
    sealed = [heard(NOW + n, documents=("sealed",)) for n in range(2)]
    assert rules_of(again(), sealed[:1]) == []
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


def test_an_answer_of_last_week_holds_no_clean_point():
    """Merges that were found harmless and ended; those of six days later hold it before themselves alone."""
    watch = again()
    (first,) = [s for n in range(10) for s in watch.take(heard(NOW + n, group="merge"))]
    watch.harmless(first.rule, first.subject, first.at)
    later = NOW + 6 * DAY
    assert rules_of(watch, [heard(at) for at in range(int(NOW) + 60, int(later), 60)]) == []
    assert rules_of(watch, [heard(later + n, group="merge") for n in range(40)]) == [("merges", "A@H")]
    held = watch.clean_point("A@H")
    assert held.held_by == "merges"
    assert later - HOUR < held.at <= later


def test_what_goes_on_after_it_was_found_harmless_is_told_again():
    """Quiet for an hour; then an alarm, and clean until the answer at the latest. What ended stays ended."""
    watch = again()
    (alarm,) = [s for n in range(3) for s in watch.take(heard(NOW + n, documents=("sealed",)))]
    rules_of(watch, [heard(NOW + 600)])
    watch.harmless(alarm.rule, alarm.subject, alarm.at)
    going_on = [heard(NOW + 601 + n * 60, documents=("sealed", "sealed")) for n in range(90)]
    assert rules_of(watch, going_on[:59]) == []
    assert rules_of(watch, going_on[59:]) == [("documents-sealed", "A@H")]
    held = watch.clean_point("A@H")
    assert held.held_by == "documents-sealed"
    assert held.at <= NOW + 600


def test_a_canary_sings_each_time(tmp_path):
    """Changed, put right and changed again: told twice; away with its share, or not there yet: nothing."""
    share = tmp_path / "share"
    share.mkdir()
    canary, later, memory = share / "a.doc", share / "b.doc", Memory()
    canary.write_text("nobody needs this")
    names = [str(canary), str(later)]

    def bad() -> list[str]:
        return [one.subject for one in canaries_told(names, memory, NOW) if one.bad]

    assert bad() == [], "learned; the second is not there yet"
    canary.write_text("encrypted")
    assert (bad(), bad()) == ([str(canary)], []), "told once"
    canary.write_text("encrypted again")
    assert bad() == [str(canary)]
    later.write_text("put there")
    assert bad() == []
    later.unlink()
    assert (bad(), bad()) == ([str(later)], [])
    digest, _, device = memory.canaries[str(canary)].partition("@")
    memory.canaries[str(canary)] = f"{digest}@{int(device) + 1}"
    canary.unlink()
    assert bad() == [], "another file system stands where the share was"


def test_a_bundle_that_deletes_hundreds_is_no_single_message():
    """FHIR deletes by the bundle: one of thirty is a burst."""
    assert rules_of(again(), [heard(NOW, group="delete", many=30)]) == [("deletes", "A@H")]
    assert rules_of(again(), [heard(NOW, group="delete", many=3)]) == []


def test_one_text_for_many_patients_of_one_bundle_is_seen():
    """A ransom note for thirteen patients in one message."""
    notes = tuple((f"p{n}", "note") for n in range(1, 13))
    assert rules_of(again(), [heard(NOW, text="note", patient="p0", others=notes)]) == [("text-same", "A@H")]
    assert rules_of(again(), [heard(NOW, text="note", patient="p0", others=notes[:8])]) == []


MIDNIGHT = NOW - 10 * HOUR  # in Paris
PARIS = "Europe/Paris"


def lived(said: list[int], sunday: float = 20.0, weekday: float = 60.0) -> Feed:
    """A feed of 60 messages an hour, 20 on Sundays, that has said so many in the hours since midnight."""
    feed = Feed(first=START, messages=1, hours=[weekday] * 24 * 6 + [sunday] * 24, hour=int(MIDNIGHT // HOUR))
    for n, count in enumerate(said, start=1):
        feed.here = count
        feed.close_hours(MIDNIGHT + n * HOUR, PARIS)
    return feed


def rate_of(house: list[Feed], hour: float) -> float:
    """What the first of them should bring at *hour* of today, by all that the house has shown."""
    show_weekday(house, MIDNIGHT + hour // 1 * HOUR, PARIS)
    return house[0].rate(MIDNIGHT + hour * HOUR, PARIS)


BETWEEN = [36, 37, 36]  # as likely on a Sunday with much to do as on a weekday with little


@pytest.mark.parametrize(
    ("others", "rate"),
    [
        ([[58, 61, 63]] * 4, 60.0),
        ([[18, 22, 20]] * 4, 20.0),
        ([[58, 61, 63]] * 3, 20.0),
        ([[58, 61, 63]] * 4 + [[18, 22, 20]], 20.0),
        ([[58, 61, 63]] * 4 + [[0, 0, 0]], 20.0),
        ([[58, 61, 63]] * 4 + [[60, 0, 0]], 60.0),
    ],
    ids=["a weekday", "a holiday", "three feeds are few", "one says otherwise", "one says nothing", "one stopped"],
)
def test_a_night_is_judged_as_what_all_feeds_show_it_to_be(others, rate):
    """A feed that stops at 3:00 is missed as a weekday's night would; on a holiday that nobody announced it is not."""
    house = [lived(BETWEEN), *map(lived, others)]
    house[0].lately = []
    assert rate_of(house, 3.5) == rate


def test_what_the_house_showed_at_night_is_taken_back_by_the_day():
    """In a heat wave a holiday's night is as busy as any; by noon four feeds out of seven say what day it is."""
    night, busy, quiet = [58] * 5, [60] * 7, [20] * 7
    assert rate_of([lived([20] * 5), *map(lived, [night] * 4)], 5.5) == 20.0, "what it said itself comes first"
    assert rate_of([lived(BETWEEN), *map(lived, [night] * 4)], 5.5) > 20.0
    assert rate_of([lived(BETWEEN), *(lived(night + day) for day in (busy, busy, quiet, quiet))], 12.5) == 20.0


def test_a_feed_whose_sundays_are_like_other_days_shows_nothing():
    """Intensive care: its moods are no holiday."""
    assert lived([40, 45, 42], sunday=58.0).shown == 0.0
    assert lived([58, 61, 63]).shown > 3 > -3 > lived([18, 22, 20]).shown


def test_a_day_of_which_an_hour_is_not_known_is_compared_by_its_others():
    """Maintenance each night from 2:00 to 4:00, always announced: days differ from Sundays all the same."""
    feed = lived([])
    feed.hours = [-1.0 if n % 24 in (2, 3) else usual for n, usual in enumerate(feed.hours)]
    feed.here = 60
    feed.close_hours(MIDNIGHT + HOUR, PARIS)
    assert feed.shown > 3


def test_a_feed_that_speaks_once_a_day_is_missed_when_it_does_not_and_not_before():
    """Rights of insurance at 5:30: three weeks without an alarm, then a morning without them."""
    watch = Watch(State())
    for day in range(21):
        batch = [heard(START + day * DAY + 3.5 * HOUR + n * 3) for n in range(180)]
        assert rules_of(watch, [*batch, Passed(START + (day + 1) * DAY)]) == []
    assert [s.rule for s in watch.take(Passed(START + 21 * DAY + 3.5 * HOUR))] == []
    assert rules_of(watch, [Passed(START + 21 * DAY + 5 * HOUR)]) == [("feed-silent", "A@H")]


def test_merges_are_compared_with_as_long_a_time():
    """An hour that had five merges, one each twelve minutes, does not hide five within twenty."""
    watch = Watch(State())
    for n in range(int(WEEKS / 60)):
        at = START + n * 60
        merge = {"kind": "ADT^A40", "group": "merge"} if n % 1440 in (540, 552, 564, 576, 588) else {}
        assert [r for r in rules_of(watch, [heard(at, **merge)]) if r[0] == "merges"] == []
    merges = [heard(NOW + n * 300, kind="ADT^A40", group="merge") for n in range(6)]
    found = [s for one in merges for s in watch.take(one) if s.rule == "merges"]
    assert [(s.at - NOW, s.seen["there"]) for s in found] == [(1200.0, 5.0)]


@pytest.mark.parametrize(("zone", "rules"), [("Europe/Paris", []), ("America/Martinique", [("time-jump", "A@H")])])
def test_clocks_change_where_the_house_stands(zone, rules):
    """An hour behind on the night on which clocks change was only not put back; where none change, it is wrong."""
    watch = Watch(msgspec.msgpack.decode(KEPT, type=State), zone)
    night = 1_792_886_400.0  # 2026-10-25, 0:00 UTC
    state = watch.state
    state.feeds["A@H"].last = night - 60
    behind = [heard(night + n * 60, said=night + n * 60 - HOUR) for n in range(12)]
    assert [one for one in rules_of(watch, behind) if one[0] == "time-jump"] == rules


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
