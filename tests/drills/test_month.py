"""A month of a simulated hospital at the size of a test; `make month` lives through it with 1,000 patients."""

from pathlib import Path

import pytest

from tests.drills.month import live


@pytest.mark.req("C3", "R1", "F34")
@pytest.mark.timeout(300)
def test_every_chart_is_what_the_ledger_says(tmp_path: Path) -> None:
    """By commands: a day at a time, feed after feed, rebuilt; not one line missing, not one too much."""
    report = live(tmp_path, "fr", patients=12, days=2, seed=5)
    assert report.wrong == []
    assert report.patients >= 12
    assert len(set(report.lines.values())) == 1 and min(report.lines.values()) > 500
    assert set(report.lines) == {"as sent", "feed after feed", "rebuilt"}
