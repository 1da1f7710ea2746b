"""Two hours without the node, on a clock that goes faster: the queues drain in order; `make outage-day` takes a day.

Method: outage_day.py says it: a real node, feeds that store and forward, the clock of both turned for the outage alone.
The other two of its trials, a full disk and a slow one, are run by `make outage-day` alone: on a busy machine the half
minute that two such hours take is over before `status` has said what it is to be told by.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.fast_clock import can_turn
from tests.drills.outage_day import DAY_S, trials

SHORT_S = 7_200
MESSAGES = 60_000  # a day


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose path is short: a node has local sockets in it."""
    with tempfile.TemporaryDirectory(prefix="day-") as folder:
        yield Path(folder)


@pytest.mark.req("C2")
@pytest.mark.timeout(600)
def test_a_sender_waits_and_drains_in_order(place: Path) -> None:
    """Each message AA, in its feed's order, none missing, what came twice counted; status and page said so."""
    if not can_turn():
        pytest.skip("no C compiler to turn the clock with")
    [report] = trials(["stopped"], place, MESSAGES, day_s=SHORT_S, charts_s=120)
    assert report.wrong() == []
    assert report.queued > MESSAGES * SHORT_S / DAY_S / 2, "the outage was no outage"
    assert report.drain_s < 120
