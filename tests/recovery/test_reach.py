"""A self-test asks of a copy what the node's own keys open at home, from some entry to the last.

Method: a house whose every entry is a segment of its own, and keys that open some of them; charts that say what they
come from.
"""

from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from contrefeu.journal import JournalUnreadable, KeyOf, SegmentHeader
from contrefeu.recovery import reach_of
from contrefeu.recovery.selftest import Reach, _Drawing
from tests.vault.house import House

LAST = 5


def keys(*closed: int) -> KeyOf:
    def key_of(header: SegmentHeader) -> bytes:
        if header.segment in closed:
            raise JournalUnreadable("no key")
        return b""

    return key_of


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = House(tmp_path, segment_bytes=1)
    found.say(LAST)
    return found


@pytest.mark.parametrize(
    ("closed", "after"),
    [((), 0), ((1,), 1), ((1, 2), 2), ((3,), 3), ((1, 4), 4), ((5,), 5), (range(1, 6), 5)],
    ids=["all opens", "first", "two", "middle", "first and middle", "last", "none opens"],
)
def test_it_begins_behind_the_last_one_that_does_not_open(house: House, closed: tuple[int, ...], after: int) -> None:
    """The horizon closes the oldest ones; a peer that granted nothing all of them."""
    found = reach_of(house.files, keys(*closed))
    assert found is not None
    assert (found.last, found.after) == (LAST, after)
    assert bool(found.since_ns) == (0 < after < LAST)


def test_what_has_ended_is_left_out(house: House) -> None:
    """The custodians signed that its time is over: no copy that comes later has it."""
    for number in (1, 2):
        house.files.segment(number).unlink()
    found = reach_of(house.files, keys())
    assert found is not None
    assert (found.last, found.after) == (LAST, 2)


def test_a_home_that_lost_every_segment_asks_for_all_of_them(house: House) -> None:
    """What is missing here is what a copy is for."""
    for number in house.files.segments():
        house.files.segment(number).unlink()
    found = reach_of(house.files, keys())
    assert found is not None
    assert (found.last, found.after) == (LAST, 0)


def test_who_has_something_beyond_is_passed_over_and_counted() -> None:
    """By its number in a journal that is read here; what a ward's journal carried has others, and its time tells."""
    received = {"far-capture/1": 99, "far-capture/2": 100}
    sources = {
        "old": ["n-capture/7", "n-capture/9"],
        "new": ["n-capture/8", "n-station/1"],
        "carried before": ["far-capture/1", "n-capture/9"],
        "carried since": ["far-capture/2"],
        "withdrawn": ["far-capture/3"],
    }
    live = SimpleNamespace(
        sources=sources.__getitem__,
        entry=lambda ref: SimpleNamespace(received_ns=received[ref]) if ref in received else None,
    )
    drawing = _Drawing(live, {"n-capture": Reach(9, 7, 100), "n-station": Reach(4)}, Random(1))
    assert sorted(drawing.draw(sources, 9)) == ["carried since", "new"]
    assert drawing.passed_over == {"old", "carried before", "withdrawn"}
    whole = _Drawing(live, {"n-capture": Reach(9), "n-station": Reach(4)}, Random(1))
    assert sorted(whole.draw(sources, 9)) == sorted(sources)
    assert len(whole.draw(sources, 2)) == 2
