"""The whole story, as `contrefeu drill` plays it: every promise measured and held; and a broken one is said to be.

Method: the command itself, on a small hospital, with each kind of attack that strikes differently. That the score can
fail is tried in tests/drill/test_score.py and, here, by a chart that is made wrong on purpose.
"""

import json

import pytest

from contrefeu.cli.main import run
from contrefeu.drill import scenario

IDS = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "R1", "TRUTH", "C5"]


@pytest.mark.req("C1", "C3", "C4", "D2", "G2", "G3", "R1")
@pytest.mark.parametrize(("attack", "seed"), [("ransomware", 3), ("wiper", 4)])
def test_every_promise_holds(capfdbinary, tmp_path, attack, seed):
    """Exit status 0, eleven promises held, and the record is a PDF."""
    record = tmp_path / "record.pdf"
    arguments = [
        "drill",
        "--patients",
        "10",
        "--attack",
        attack,
        "--seed",
        str(seed),
        "--report",
        str(record),
        "--json",
    ]
    status = run(arguments)
    report = json.loads(capfdbinary.readouterr().out)
    broken = [promise for promise in report["promises"] if not promise["held"]]
    assert not broken
    assert status == 0
    assert [promise["id"] for promise in report["promises"]] == IDS
    assert report["seed"] == seed
    assert report["messages"] > 1_000
    assert record.read_bytes().startswith(b"%PDF")


@pytest.mark.req("G2")
def test_a_wrong_chart_breaks_the_drill(capfdbinary, monkeypatch):
    """One value changed in what the restored node exports: TRUTH is broken, and the exit status is 10."""
    honest = scenario.read_export

    def wrong(folder):
        charts = honest(folder)
        changed = next(r for chart in charts for r in chart.all("Observation") if "valueQuantity" in r)
        changed["valueQuantity"]["value"] += 1
        return charts

    monkeypatch.setattr(scenario, "read_export", wrong)
    status = run(["drill", "--patients", "8", "--seed", "5", "--json"])
    report = json.loads(capfdbinary.readouterr().out)
    assert [promise["id"] for promise in report["promises"] if not promise["held"]] == ["TRUTH"]
    assert status == 10
