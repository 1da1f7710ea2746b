"""Hours without a vault slow no feed down and fill nothing but the journal; then the copies catch up alone.

Method: the drill in a process of its own (cut_network.py says what it does), for it forks; root, for it makes networks.
"""

import json
import subprocess
import sys

import pytest

from tests.drills.cut_network import possible

WAITING = 2000  # two hours of a small hospital
LINE_BYTES_PER_S = 500_000


@pytest.mark.req("C5")
def test_a_cut_network_costs_the_feeds_nothing() -> None:
    """As many messages a second, for as much CPU each, with the line cut as with it up; all is there at the end."""
    if not possible():
        pytest.skip("only root, where the system lets it, makes networks")
    command = [sys.executable, "-m", "tests.drills.cut_network"]
    sizes = ["--waiting", str(WAITING), "--rate", str(LINE_BYTES_PER_S)]
    done = subprocess.run([*command, *sizes], capture_output=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()[-2000:]
    report = json.loads(done.stdout)
    assert report["waited"] >= WAITING
    assert report["rate_cut"] > 0.5 * report["rate_up"], "half is what a busy machine may take between two turns"
    assert report["cpu_us_cut"] < 1.5 * report["cpu_us_up"]
    assert report["grown_bytes"] < 100_000, "nothing is spooled: the journal is what waits"
    assert (report["caught_up"], report["intact"]) == (True, True)
    assert report["entries"] >= report["acknowledged"]
