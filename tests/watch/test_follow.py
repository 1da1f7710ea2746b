"""What is read on after a stop raises what happened meanwhile, and nothing of what could not be heard.

Method: a follower that is handed its entries, as a reader of journals would, and a clock that stands.
"""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from contrefeu.watch import Passed, State, Watch
from contrefeu.watch.follow import Follower
from contrefeu.watch.memory import Memory
from contrefeu.watch.seen import Heard
from tests.watch.test_feeds import FOUR, HOUR, NOW, heard


class Handed(Follower):
    """Reads what it is given, two entries at a time."""

    def __init__(self, watch: Watch, entries: list[Heard], now: float) -> None:
        observer = SimpleNamespace(of=lambda entry: [entry.seen])
        clock = SimpleNamespace(now_ns=lambda: int(now * 1e9))
        super().__init__(Path(), lambda _: b"", Memory(), watch, observer, "n-watch", clock)  # type: ignore[arg-type]
        self._left = [
            SimpleNamespace(order=(one.at, "n", 0), received_ns=int(one.at * 1e9), media_type="", seen=one)
            for one in entries
        ]
        self.raised: list[str] = []
        self.news = lambda alarm: self.raised.append(alarm.rule) or str(len(self.raised))  # type: ignore[func-returns-value]

    def _next(self) -> Iterator[SimpleNamespace]:  # type: ignore[override]
        found, self._left = self._left[:2], self._left[2:]
        return iter(found)


@pytest.mark.parametrize(
    ("entries", "raised"),
    [
        ([heard(NOW + 3 * HOUR + n) for n in range(4)], []),
        ([heard(NOW + 10), heard(NOW + 20, "BB@H"), *(heard(NOW + 3 * HOUR + n) for n in range(4))], []),
        ([heard(NOW + n * 45, "BB@H") for n in range(240)], ["feed-silent"]),
    ],
    ids=["the node was down", "the node was cut off after the watch had kept what it knew", "the watch alone was down"],
)
def test_a_node_that_was_down_misses_no_feed_and_a_watch_that_was_reads_it_all(entries, raised):
    """Senders speak before the watch has read on: three hours without any entry are no silence of theirs."""
    watch = Watch(msgspec.msgpack.decode(FOUR, type=State), resting=lambda _: frozenset(["CCC@H", "DDDD@H"]))
    watch.take(Passed(NOW))
    follower = Handed(watch, entries, NOW + 3 * HOUR + 5)
    while follower.step():
        pass
    follower.tick(NOW + 3 * HOUR + 10)
    assert follower.raised == raised


def test_a_watch_that_is_started_again_and_again_misses_a_feed_as_soon():
    """Every minute and a half, while another feed goes on: nothing was unheard, so nothing is excused."""
    state = FOUR
    raised = []
    for start in range(20):
        began = NOW + start * 90
        watch = Watch(msgspec.msgpack.decode(state, type=State), resting=lambda _: frozenset(["CCC@H", "DDDD@H"]))
        follower = Handed(watch, [heard(began + n * 30, "BB@H") for n in range(3)], began + 61)
        while follower.step():
            pass
        raised += [(began - NOW, rule) for rule in follower.raised]
        state = msgspec.msgpack.encode(watch.state)
    assert [rule for _, rule in raised] == ["feed-silent"]
    assert raised[0][0] <= 20 * 60
