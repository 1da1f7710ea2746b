"""A disk that is destroyed costs nothing that was acknowledged, when answers wait for a vault; else about a second.

Method: the campaign in a process of its own (lost_disks.py says what it does), for it forks; few trials here,
`make lost` a hundred of each.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

SECONDS_MAX = 40  # on a machine that is busy with other things, fewer trials


def campaign(ack: str, trials: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.drills.lost_disks", "--ack", ack, "--trials", str(trials)]
    done = subprocess.run(
        [*command, "--seed", "20261125", "--seconds-max", str(SECONDS_MAX)],
        capture_output=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.req("C1", "C5", "G3")
def test_with_ack_vault_a_lost_disk_costs_nothing_that_was_acknowledged() -> None:
    """Killed and deleted at any instant: each message that was acknowledged is in the vault."""
    report = campaign("vault", 6)
    assert report["trials"] >= 2 and report["acknowledged"] > 5 * report["trials"], "the storm was no storm"
    assert (report["lost"], report["trials_with_loss"]) == (0, 0)


@pytest.mark.req("C5")
def test_with_ack_disk_what_is_lost_is_counted() -> None:
    """Those of the last moments, which no copy had: the drill sees them, so that 0 above means 0."""
    report = campaign("disk", 4)
    assert report["trials"] >= 2 and report["acknowledged"] > 5 * report["trials"], "the storm was no storm"
    assert 0 < report["lost"] < report["acknowledged"]
    assert report["lost_ms"]["max"] > 0
