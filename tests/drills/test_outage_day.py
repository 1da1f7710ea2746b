"""Two hours without the node, on a clock that goes faster: the queues drain in order; `make outage-day` takes a day.

Method: outage_day.py says it: a real node, feeds that store and forward, the clock of both turned for the outage alone.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.fast_clock import can_turn
from tests.drills.outage_day import DAY_S, trials

SHORT_S = 7_200
MESSAGES = 60_000  # a day


def _mounts(folder: Path) -> bool:
    """Whether a file system of memory can be mounted here."""
    if os.geteuid():
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode == 0:
        subprocess.run(["umount", folder], check=True)
    return done.returncode == 0


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose path is short: a node has local sockets in it."""
    with tempfile.TemporaryDirectory(prefix="day-") as folder:
        yield Path(folder)


@pytest.mark.req("C2")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["stopped", "full", "slow"])
def test_a_sender_waits_and_drains_in_order(name: str, place: Path) -> None:
    """Each message AA, in its feed's order, none missing, what came twice counted; status and page said so."""
    if not can_turn():
        pytest.skip("no C compiler to turn the clock with")
    full_on = place / "disk"
    full_on.mkdir()
    if name == "full" and not _mounts(full_on):
        pytest.skip("no file system can be mounted here")
    [report] = trials([name], place, MESSAGES, day_s=SHORT_S, charts_s=120, full_on=full_on)
    assert report.wrong() == []
    assert report.queued > MESSAGES * SHORT_S / DAY_S / 2, "the outage was no outage"
    assert report.drain_s < 120
