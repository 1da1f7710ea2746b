"""No rule of the table stands for nothing: what each of the rarer ones is for raises it, and what is near it does not.

Method: a feed's habit of three weeks, and the node's own doings as its processes write them down; the others are in
test_feeds.py and test_people.py.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.watch import RULES, Passed, State, Told, Watch
from contrefeu.watch.memory import Memory
from contrefeu.watch.own import copies_told, home_told, reused_told, taps_told, wards_told
from tests.watch.test_feeds import DAY, HOUR, NOW, START, again, heard, rules_of

VAULT = "s3://copies"


def slowed(every: int) -> list[object]:
    """Two hours of a feed of a message a minute that says one in so many."""
    return [*(heard(NOW + n * 60) for n in range(1, 121, every)), Passed(NOW + 2 * HOUR)]


@pytest.mark.parametrize(
    ("rule", "signs", "near"),
    [
        ("feed-collapse", slowed(8), slowed(2)),
        (
            "cancellations",
            [heard(NOW + n * 20, kind="SIU^S15", group="cancel") for n in range(25)],
            [heard(NOW + n * 40, kind="SIU^S15", group="cancel") for n in range(15)],
        ),
        (
            "updates",
            [heard(NOW + n * 4, kind="ADT^A08", group="update") for n in range(130)],
            [heard(NOW + n * 8, kind="ADT^A08", group="update") for n in range(70)],
        ),
        (
            "documents-broken",
            [heard(NOW + n * 60, documents=("broken",)) for n in range(5)],
            [heard(NOW + n * 60, documents=("broken",)) for n in range(4)],
        ),
        (
            "sender-new",  # another facility (MSH-4) is another sender
            [heard(NOW + n, source="A@OTHER") for n in range(3)],
            [heard(NOW + n, source="A@OTHER") for n in range(2)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_feed_does_raises_its_rule(rule, signs, near):
    """Each of them, and half of it does not."""
    assert rule in [name for name, _ in rules_of(again(), signs)]
    assert rule not in [name for name, _ in rules_of(again(), near)]


def told_of(state: str = "current", lag: float = 0.0, test: str = "same", journal: str = "whole") -> list[Told]:
    """What the copies process and the nightly test say."""
    vaults: list[dict[str, object]] = [{"url": VAULT, "state": state, "lag_seconds": lag}]
    return list(copies_told(vaults, [{"url": VAULT, "state": test}], {"node-capture": {"state": journal}}, NOW))


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
    ],
    ids=["written over", "added", "removed", "another file in its place"],
)
def test_settings_keys_and_certificates_that_others_change_are_seen(tmp_path: Path, change: Callable[[Path], object]):
    """Once for each change; what the node itself writes elsewhere in the home is none."""
    (tmp_path / "ca").mkdir()
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


def test_bytes_that_a_tap_missed_are_told_once():
    """A gap that is new; a tap that was started again counts from nothing."""
    memory, watch = Memory(), again()
    seen = [[("mirror0", "t1", 0)], [("mirror0", "t1", 2)], [("mirror0", "t1", 2)], [("mirror0", "t2", 0)]]
    assert [rules_of(watch, list(taps_told(one, memory, NOW + n))) for n, one in enumerate(seen)] == [
        [], [("tap-gap", "mirror0")], [], [],
    ]  # fmt: skip


@pytest.mark.parametrize("rule", ["history-other", "clock-moved"])
def test_what_is_known_for_sure_is_told_at_once(rule):
    """Another history than a peer vouched for; this node's clock."""
    assert rules_of(again(), [Told(NOW, rule, "x", bad=False)]) == []
    assert rules_of(again(), [Told(NOW, rule, "x", bad=True)]) == [(rule, "x")]


def test_no_rule_is_without_a_test_that_raises_it():
    """A row that is added to the table is tried here, or in a file beside this one."""
    tried = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in RULES if f'"{name}"' not in tried] == []


def test_nothing_is_learned_in_two_weeks_that_an_attacker_began():
    """A sender that was there from the first day deleting results is still above what any sender may do."""
    watch = Watch(State())
    deleting = [heard(START + DAY + n, kind="ORU^R01", group="delete") for n in range(120)]
    assert ("deletes", "A@H") in rules_of(watch, deleting)
