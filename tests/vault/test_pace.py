"""A limit on bytes a second holds, and what can wait takes what others leave of it.

Method: a clock that moves when somebody sleeps; somebody else who sends all the time, or nobody.
"""

from collections.abc import Callable
from typing import Any

import pytest

from contrefeu.vault import pace as module
from contrefeu.vault.pace import BEHIND_S, BEHIND_SHARE, BURST_S, Pace

RATE = 1_000_000


class Time:
    """Moves when somebody sleeps; *meanwhile* happens then."""

    def __init__(self) -> None:
        self.now = 100.0
        self.meanwhile: Callable[[], Any] = lambda: None

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Go on."""
        self.now += seconds
        self.meanwhile()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The module's time."""
    found = Time()
    monkeypatch.setattr(module, "time", found)
    return found


@pytest.mark.req("C5")
def test_the_limit_holds_for_both(time: Time) -> None:
    """No more goes than the rate and one burst, whoever sends."""
    for spend in (Pace(RATE).spend, Pace(RATE).spend_behind):
        began = time.now
        for _ in range(10):
            spend(RATE)
        assert 10 - BURST_S - BEHIND_S <= time.now - began <= 10.2


@pytest.mark.req("C5")
def test_what_can_wait_leaves_the_line_to_who_cannot(time: Time) -> None:
    """While somebody sends all the time it takes one part in eight, and never more than a slice before them."""
    pace = Pace(RATE)
    sent: list[int] = []

    def other() -> None:
        """The copy, which always has more to send, and keeps the line taken for a moment ahead."""
        while pace._free_at < time.now + BEHIND_S:
            pace._reserve(10_000)
            pace._taken_at = pace._free_at
            sent.append(10_000)

    time.meanwhile = other
    other()
    began = time.now
    sent.clear()
    pace.spend_behind(RATE)
    took = time.now - began
    assert took >= BEHIND_SHARE - 1
    assert sum(sent) / took >= RATE * 0.8, "the copy catches up as if nobody else was there"
    assert (sum(sent) + RATE) / took <= RATE * 1.1, "both together keep to the limit"
