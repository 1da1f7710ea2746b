"""The recovery, whole, at the size of a test; `make recover` lives through it with 500 patients and 28 days.

Method: the story of tests/drills/recover with few beds and days as long as some hours, in this process.
"""

from pathlib import Path

import pytest

from tests.drills.recover.story import tell


@pytest.mark.req("R2", "R3", "R5", "R7", "F33")
@pytest.mark.timeout(300)
def test_after_the_replay_the_record_system_holds_the_truth(tmp_path: Path) -> None:
    """Every line of every chart, of feeds and of wards, no other; nothing unaccounted, nothing typed again."""
    report = tell(tmp_path, beds=4, seed=3, days=2, oddly=0.03)
    assert report.wrong == []
    assert (report.fates["unaccounted"], report.missing_after) == (0, 0)
    assert report.retyped_share <= 0.10
    assert report.entries == sum(report.fates.values())
    assert report.lost > 50 and report.missing > report.lost, "messages of before the attack, and acts"
    assert report.signed > 0 and report.unsigned == 0, "who ever lacked something is signed off"
    assert report.set_aside > 0 and report.united > 0
    assert set(report.acts) >= {"arrive", "vitals", "dose", "prescription", "paper"}
    assert len(report.answers) > 1 and report.runs > 3, "the record system answered as it should, always"
