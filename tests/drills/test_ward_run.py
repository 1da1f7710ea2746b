"""Four weeks of a hospital without its record system, at the size of a test; `make ward-run` lives through them whole.

Method: the run of tests/drills/ward_run with few beds and days, in this process.
"""

from pathlib import Path

import pytest

from contrefeu.cli.growth import ACT_BYTES, ACTS_A_DAY, downtime_bytes
from tests.drills.ward_run.story import Run


@pytest.mark.req("D7")
def test_wards_write_for_days_and_nothing_is_lost(tmp_path: Path) -> None:
    """No restart: one writer, one fold, one reader; every chart holds what was written; the disk is as foreseen."""
    report = Run(tmp_path, inpatients=20, days=4, seed=5).live()
    assert report.wrong == []
    assert set(report.acts) >= {"arrive", "vitals", "dose", "prescription", "answer", "discharge", "transfer"}
    assert report.entries > 1_000 and report.patients > 25
    assert report.acts_a_day < ACTS_A_DAY
    assert report.memory_mb[-1] - report.memory_mb[0] < 60, "some pages of the store and of the charts, and no more"


@pytest.mark.req("D7")
def test_the_bound_is_known_before_the_first_act() -> None:
    """600 inpatients, four weeks: 1.3 GB, from two numbers that the run is held to."""
    assert downtime_bytes(600, 28) == 600 * 28 * ACTS_A_DAY * ACT_BYTES == 1_344_000_000
