"""Everything dropped but loopback: directory, name service, internet, mail, time server, record system, the LAN itself.

Method: the whole story (tests/drills/alone.py) in a network namespace of its own, where only `lo` is up.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ALONE = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "alone"]


@pytest.mark.req("D1", "D2")
@pytest.mark.timeout(600)
def test_a_ward_works_with_nothing_but_loopback(tmp_path: Path) -> None:
    """A node starts; a nurse logs in, sees the board, writes, reads it back, finds; a coordinator declares; paper."""
    if os.geteuid() != 0 or subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("only root, where the system lets it, makes networks")
    command = [*ALONE, sys.executable, "-m", "tests.drills.alone", str(tmp_path)]
    ran = subprocess.run(command, check=False, capture_output=True, cwd=Path(__file__).parents[2])
    assert ran.returncode == 0, ran.stderr.decode()[-3000:]
    assert json.loads(ran.stdout) == {
        "nothing_there": True,
        "board": True,
        "declared": 303,
        "written": 303,
        "read": True,
        "found": True,
        "printed": 1,
        "pdf": "%PDF-",
    }
