"""No rule of the table stands for nothing: what each is for raises it, and what is near one of the rarer ones does not.

Method: a feed's habit of three weeks, people's of forty days, and the node's own doings as its processes write them
down. What is near the others is in test_feeds.py and test_people.py.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from contrefeu.watch import RULES, Passed, State, Told, Watch
from contrefeu.watch.engine import LASTING, LASTS
from contrefeu.watch.memory import GUARDED_ONCE, Memory
from contrefeu.watch.own import copies_told, home_told, reused_told, taps_told, wards_told
from tests.watch import test_people as people
from tests.watch.test_feeds import DAY, FOUR, HOUR, NOW, START, again, heard, rules_of
from tests.watch.test_people import look

VAULT = "s3://copies"


def slowed(every: int) -> list[object]:
    """Two hours of a feed of a message a minute that says one in so many."""
    return [*(heard(NOW + n * 60) for n in range(1, 121, every)), Passed(NOW + 2 * HOUR)]


def told_of(state: str = "current", lag: float = 0.0, test: str = "same", journal: str = "whole") -> list[Told]:
    """What the copies process and the nightly test say."""
    vaults: list[dict[str, object]] = [{"url": VAULT, "state": state, "lag_seconds": lag}]
    return list(copies_told(vaults, [{"url": VAULT, "state": test}], {"node-capture": {"state": journal}}, NOW))


LATER = people.NOW  # when people's habits are known
SIGNS: dict[str, list[object]] = {
    "feed-silent": [Passed(NOW + HOUR)],
    "feeds-silent": [Passed(NOW + 600)],
    "feed-collapse": slowed(8),
    "feed-burst": [heard(NOW + n / 10) for n in range(600)],
    "merges": [heard(NOW + n * 300, group="merge") for n in range(5)],
    "deletes": [heard(NOW, group="delete", many=30)],
    "cancellations": [heard(NOW + n * 20, kind="SIU^S15", group="cancel") for n in range(25)],
    "updates": [heard(NOW + n * 4, kind="ADT^A08", group="update") for n in range(130)],
    "kind-new": [heard(NOW + n, kind="ADT^A47") for n in range(5)],
    "sender-changed": [heard(NOW + n, shape="2.3") for n in range(5)],
    "sender-new": [heard(NOW + n, source="A@OTHER") for n in range(3)],  # another facility (MSH-4) is another sender
    "time-jump": [heard(NOW + n * 60, said=NOW + 365 * DAY) for n in range(3)],
    "documents-sealed": [heard(NOW + n, documents=("sealed",)) for n in range(2)],
    "documents-broken": [heard(NOW + n * 60, documents=("broken",)) for n in range(5)],
    "text-same": [heard(NOW + n, text="note", patient=f"p{n}") for n in range(13)],
    "honey": [look(LATER, "h", "gone", marks=("honey",))],
    "looks-many": [look(LATER + n * 5, f"t{n}") for n in range(100)],
    "looks-without-reason": [look(LATER + n * 600, f"t{n}", "gone") for n in range(3)],
    "export": [look(LATER, "", kind="export")],
    "at-night": [look(LATER + 16 * HOUR + n, f"p{n}") for n in range(10)],
    "on-leave": [look(LATER, "p", marks=("leave",))],
    "glass-cluster": [look(LATER + n * 60, f"p{n}", kind="glass") for n in range(4)],
    "famous": [look(LATER + n, f"vip{n}", "other", marks=("famous",)) for n in range(2)],
    "relatives": [look(LATER + n * DAY, "r", "other", marks=("relative",)) for n in range(2)],
    "logins-refused": [look(LATER + n, "", kind="refused") for n in range(15)],
    "copy-late": [one._replace(at=NOW + n * 60) for n in range(6) for one in told_of(lag=400.0)],
    "copy-refused": [*told_of(state="refused")],
    "selftest-red": [*told_of(test="different")],
    "ward-unready": [*wards_told({"CARD": True}, NOW)],
    "journal-damaged": [*told_of(journal="damaged")],
    "message-large": [heard(NOW, size=2_000_001, size_max=2_000_000)],
    "control-reused": [*reused_told([("A@H", 5003, 3)], Memory(reused={"A@H": 1}), NOW)],
    "tap-gap": [*taps_told([("mirror0", "t1", 2)], Memory(), NOW)],
    # What others find out, or what files say, is tried by itself: below, in test_feeds.py and in the drills.
    **{rule: [Told(NOW, rule, "x", bad=True)] for rule in ("history-other", "home-changed", "canary", "clock-moved")},
}


def watch_for(rule: str) -> Watch:
    """One that knows what *rule* compares with."""
    if rule != "feeds-silent" and RULES[rule].about != "people":
        return again()
    return Watch(msgspec.msgpack.decode(FOUR if rule == "feeds-silent" else people.KEPT, type=State))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_raised_by_what_it_is_for(rule):
    """A row that is added to the table has its signs here, or it fails."""
    assert rule in [name for name, _ in rules_of(watch_for(rule), SIGNS[rule])]


def test_nothing_is_said_of_a_rule_that_is_not_in_the_table():
    """What lasts, what the node says of itself, what is tried here: all of them are rows."""
    assert RULES.keys() == SIGNS.keys()
    assert LASTS | LASTING.keys() <= RULES.keys()
    assert {name for name, row in RULES.items() if row.about == "ourselves"} == LASTING.keys() - {"control-reused"}


@pytest.mark.parametrize(
    ("rule", "near"),
    [
        ("feed-collapse", slowed(2)),
        ("cancellations", [heard(NOW + n * 40, kind="SIU^S15", group="cancel") for n in range(15)]),
        ("updates", [heard(NOW + n * 8, kind="ADT^A08", group="update") for n in range(70)]),
        ("documents-broken", SIGNS["documents-broken"][:4]),
        ("sender-new", SIGNS["sender-new"][:2]),
        ("message-large", [heard(NOW, size=2_000_000, size_max=2_000_000), heard(NOW + 1, size=60_000_000)]),
        ("history-other", [Told(NOW, "history-other", "x", bad=False)]),
        ("clock-moved", [Told(NOW, "clock-moved", "x", bad=False)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_half_of_it_does_not(rule, near):
    """What happens on any day, of the rules that are not tried elsewhere."""
    assert rule not in [name for name, _ in rules_of(again(), near)]


@pytest.mark.parametrize(
    ("rule", "said", "subject"),
    [
        ("copy-refused", {"state": "refused"}, VAULT),
        ("copy-refused", {"state": "alarm"}, VAULT),
        ("selftest-red", {"test": "different"}, VAULT),
        ("journal-damaged", {"journal": "damaged"}, "node-capture"),
    ],
)
def test_what_the_copies_say_raises_its_rule(rule, said, subject):
    """A vault that refuses, a test that got back something else, a segment that is not what was signed."""
    assert rules_of(again(), told_of(**said)) == [(rule, subject)]
    assert rules_of(again(), told_of()) == []


def test_a_copy_is_late_once_it_was_for_five_minutes():
    """A line that breaks off for a moment is none."""
    late = [one._replace(at=NOW + minute * 60) for minute in range(6) for one in told_of(lag=400.0)]
    assert rules_of(again(), late) == [("copy-late", VAULT)]
    assert rules_of(again(), late[: -len(told_of())]) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda home: (home / "contrefeu.toml").write_text("other"),
        lambda home: (home / "ca" / "new.pem").write_text("x"),
        lambda home: (home / "ca" / "ca.pem").unlink(),
        lambda home: (home / "spare").replace(home / "contrefeu.toml"),
        lambda home: (home / "peers" / "theirs.json").write_text("may read"),
        lambda home: (home / "vault-credentials" / "v").write_text("theirs"),
        lambda home: (home / "group.toml").write_text("asks them"),
        lambda home: (home / "regimes" / "own.toml").write_text("at leisure"),
    ],
    ids=["written over", "added", "removed", "another in its place", "a peer", "credentials", "a group", "a regime"],
)
def test_settings_keys_and_certificates_that_others_change_are_seen(tmp_path: Path, change: Callable[[Path], object]):
    """Once for each change; what the node itself writes elsewhere in the home is none."""
    for folder in ("ca", "peers", "vault-credentials", "regimes"):
        (tmp_path / folder).mkdir()
    for name in ("contrefeu.toml", "spare", "ca/ca.pem"):
        (tmp_path / name).write_text("same")
    memory, watch = Memory(), again()

    def raised() -> list[tuple[str, str]]:
        return rules_of(watch, list(home_told(tmp_path, memory, NOW)))

    assert raised() == []
    (tmp_path / "journal").write_text("grows")
    assert raised() == []
    change(tmp_path)
    assert [rule for rule, _ in raised()] == ["home-changed"]
    assert raised() == []


def test_a_version_that_guards_more_calls_nothing_new_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An upgrade raises no alarm for each peer; from then on they are guarded, a folder of another user by its time."""
    (tmp_path / "peers").mkdir()
    for name in ("contrefeu.toml", "peers/p.json"):
        (tmp_path / name).write_text("same")
    with monkeypatch.context() as former:
        former.setattr("contrefeu.watch.own.GUARDED", GUARDED_ONCE)
        memory = Memory()
        assert list(home_told(tmp_path, memory, NOW)) == []
    assert not [one for one in home_told(tmp_path, memory, NOW) if one.bad]

    def shut(path: Path) -> Iterator[Path]:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "iterdir", shut)
    os.utime(tmp_path / "peers", (1, 1))  # long ago, whatever the file system's clock ticks in
    assert [one.subject for one in home_told(tmp_path, memory, NOW) if one.bad] == ["peers", "peers/p.json"]
    (tmp_path / "peers" / "q.json").write_text("may read")
    assert [one.subject for one in home_told(tmp_path, memory, NOW) if one.bad] == ["peers"]


def test_a_ward_that_lacks_something_for_the_night_is_told():
    """Its pack, its printer, who may log in."""
    assert rules_of(again(), list(wards_told({"CARD": True, "NEUR": False}, NOW))) == [("ward-unready", "CARD")]


def test_a_control_id_that_is_used_again_is_told_once():
    """Not at the first look, which learns; not of a sender that does so all the time."""
    memory, watch = Memory(), again()
    seen = [
        [("A@H", 5000, 1), ("B@H", 100, 9)],
        [("A@H", 5001, 1), ("B@H", 120, 12)],
        [("A@H", 5003, 3)],
        [("A@H", 5004, 3)],
    ]
    assert [rules_of(watch, list(reused_told(one, memory, NOW + n))) for n, one in enumerate(seen)] == [
        [], [], [("control-reused", "A@H")], [],
    ]  # fmt: skip


@pytest.mark.req("F34")
@pytest.mark.parametrize(
    ("habit", "told"),
    [("", []), ("unique", [("control-reused", "A@H")]), ("daily", [("control-reused", "A@H")]), ("reused", [])],
)
def test_a_profile_says_the_habit_of_control_ids(habit, told):
    """Of a sender that used many again: one whose profile says so is not told, one whose profile denies it is."""
    memory = Memory(reused={"A@H": 50})
    assert rules_of(again(), [*reused_told([("A@H", 1000, 51)], memory, NOW, {"A@H": habit})]) == told
    seldom = Memory(reused={"A@H": 0})
    rare = rules_of(again(), [*reused_told([("A@H", 1000, 1)], seldom, NOW, {"A@H": habit})])
    assert rare == ([] if habit == "reused" else [("control-reused", "A@H")])
    first = rules_of(again(), [*reused_told([("A@H", 3, 1)], Memory(), NOW, {"A@H": habit})])
    assert first == told, "whose habit is known has none to learn"


def test_bytes_that_a_tap_missed_are_told_once():
    """A gap that is new; a tap that was started again counts from nothing."""
    memory, watch = Memory(), again()
    seen = [[("mirror0", "t1", 0)], [("mirror0", "t1", 2)], [("mirror0", "t1", 2)], [("mirror0", "t2", 0)]]
    assert [rules_of(watch, list(taps_told(one, memory, NOW + n))) for n, one in enumerate(seen)] == [
        [], [("tap-gap", "mirror0")], [], [],
    ]  # fmt: skip


def test_nothing_is_learned_in_two_weeks_that_an_attacker_began():
    """A sender that was there from the first day deleting results is still above what any sender may do."""
    watch = Watch(State())
    deleting = [heard(START + DAY + n, kind="ORU^R01", group="delete") for n in range(120)]
    assert ("deletes", "A@H") in rules_of(watch, deleting)
