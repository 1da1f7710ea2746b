"""Every benchmark of `bench/` runs and gives ratios.

Method: run each with as little work as it can do, and look at its rows; figures are not compared, machines differ.
What is compared with and is not on this machine is said to be "not installed".
"""

import importlib.util
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.tree import ROOT

BENCHMARKS = sorted((ROOT / "bench").glob("[a-z]*.py"))
WORK = {"ROUNDS": 1, "SINGLE": 3, "BATCH": 4, "BATCHES": 2, "MESSAGES": 20, "BEDS": 8, "HOURS": 2}
WORK |= {"PATIENTS": 300, "QUESTIONS": 3, "CHARTS": 20, "KNOWN": 1_000}
WORK |= {"SIZE_BYTES": 3_000_000, "LOOKS": 3, "FOLLOWED": 5, "SECONDS": 0.05, "SYNCS": 5}
WORK |= {"PRINTED_BEDS": 1}
WORK |= {"SYSTEMS": 300, "FLOWS": 1500, "SERVERS": 40}
WORK |= {"PLACES": ("folder",), "TRIALS": 1, "OUTAGE_BYTES": 400_000, "WAITING": 0}


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(module, patch):
    for name, value in WORK.items():
        if hasattr(module, name):
            patch.setattr(module, name, value)
    return module.run()


def _rows(path):
    """The same in a process where nothing has typeset yet: the typesetter's threads do not come along in a fork."""
    with pytest.MonkeyPatch.context() as patch:
        return _run(_load(path), patch)


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_gives_ratios(path, monkeypatch):
    """Each row names what was measured, ours and the reference in one unit, and their ratio."""
    module = _load(path)
    assert module.__doc__, "say what is compared with what"
    if getattr(module, "FORKS", False):
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            rows = alone.submit(_rows, path).result()
    else:
        rows = _run(module, monkeypatch)
    assert rows
    for row in rows:
        assert list(row)[:5] == ["name", "ours", "reference", "ratio", "unit"]
        assert set(row) - set(list(row)[:5]) <= {"target", "met", "note"}
        if row["reference"] is None:
            assert (row["ratio"], row["note"], row.get("met", False)) == (None, "not installed", False)
        else:
            assert row["ratio"] == pytest.approx(row["ours"] / row["reference"])
        assert row["name"].startswith(f"{path.stem}: "), "a row begins with its benchmark"


def test_there_are_benchmarks():
    """A folder that is empty would pass the others."""
    assert "journal" in {path.stem for path in BENCHMARKS}
