"""No page that a copier, a fax or a telephone spoilt is filed on a wrong chart, and nearly all are read, ticks too.

Method: a sample of the simulated copier (tests/paper/copier.py); `make copier` sends ten thousand pages
through.
"""

import pytest

from tests.paper.copier import Tally, run

PAGES = 24
UNREAD_MAX = 1  # of so few; the rate of 99 % is `make copier`'s to show
DOUBTFUL_MAX = 0.2  # of boxes: those of one faxed photograph in so few pages


@pytest.fixture(scope="module")
def tally() -> Tally:
    """What became of a sample."""
    return run(0, PAGES, seed=7, patients=3)


@pytest.mark.req("Q1")
def test_spoilt_pages_reach_their_chart_or_wait(tally):
    """None wrong; at most one is left for a person; what had another sheet on it waits."""
    assert tally.pages + sum(tally.doubled.values()) == PAGES
    assert tally.wrong == []
    assert tally.right >= tally.pages - UNREAD_MAX, tally.unread
    assert tally.doubled["filed"] == 0


@pytest.mark.req("Q3")
def test_ticks_are_read_right_or_left_to_a_person(tally):
    """No box is said to be what it is not; none of those that were marked is passed over."""
    assert sum(tally.boxes.values()) > 100
    assert tally.misread == [], tally.boxes
    assert tally.share("missed") == 0, tally.boxes
    assert tally.share("doubtful") <= DOUBTFUL_MAX, tally.boxes


def test_parts_of_a_run_are_the_run():
    """A run that was cut in two says the same."""
    whole, both = run(0, 4, seed=9, patients=3), run(0, 2, seed=9, patients=3)
    both.add(run(2, 4, seed=9, patients=3))
    both.seconds = whole.seconds
    assert both == whole
