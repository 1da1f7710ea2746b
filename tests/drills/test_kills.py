"""Forty kills of the capture process under 32 senders, at instants drawn from a seed; `make kill` makes a thousand.

Method: the campaign in a process of its own (kills.py says what it does), for it forks.
"""

import json
import subprocess
import sys

import pytest

KILLS = 40
SECONDS_MAX = 60  # on a machine that is busy with other things, fewer kills


@pytest.mark.req("C1", "F29")
@pytest.mark.timeout(240)
def test_no_kill_costs_an_acknowledged_message_and_none_doubles_one() -> None:
    """What was acknowledged is there; what was sent once is there once at most; the journal is whole."""
    command = [sys.executable, "-m", "tests.drills.kills", "--kills", str(KILLS), "--seed", "20261125"]
    done = subprocess.run([*command, "--seconds-max", str(SECONDS_MAX)], capture_output=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()[-2000:]
    report = json.loads(done.stdout)
    assert (report["missing"], report["doubled"], report["intact"]) == (0, 0, True)
    assert report["kills"] >= 10 and report["acknowledged"] > 10 * report["kills"], "the storm was no storm"
    assert report["unanswered"] > report["kills"], "no kill came while a message was under way"
