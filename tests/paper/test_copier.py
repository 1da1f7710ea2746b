"""No page that a copier, a fax or a telephone spoilt is filed on a wrong chart, and nearly all are read.

Method: a sample of the simulated copier (tests/paper/copier.py); `make copier` sends ten thousand pages
through.
"""

import pytest

from tests.paper.copier import run

PAGES = 20
UNREAD_MAX = 1  # of so few; the rate of 99 % is `make copier`'s to show


@pytest.mark.req("Q1")
def test_spoilt_pages_reach_their_chart_or_wait():
    """None wrong; at most one is left for a person."""
    tally = run(PAGES, seed=7, patients=3)
    assert (tally.pages, tally.wrong) == (PAGES, [])
    assert tally.right >= PAGES - UNREAD_MAX, tally.unread
