"""Sweeps for cycles, where pages wait: short ones, and seldom one through everything."""

import gc
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

from contrefeu.chart import sweeps
from contrefeu.chart.reader import _Reader


class _Knot:
    """Something that refers to itself."""

    def __init__(self) -> None:
        self.itself = self


def test_what_outlived_a_sweep_is_not_looked_through_again() -> None:
    made: list[list[int]] = []
    swept: list[int] = []

    def seen(phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            swept.append(info["generation"])

    gc.callbacks.append(seen)
    try:
        with sweeps.ShortSweeps():
            made.extend([n] for n in range(300_000))
    finally:
        gc.callbacks.remove(seen)
    assert len(swept) >= 50, "a few thousand new objects at a time"
    assert set(swept) == {0}, "and never what is older"


def test_what_is_older_is_looked_through_when_that_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    with sweeps.ShortSweeps() as short:
        knot = _Knot()
        gone = weakref.ref(knot)
        gc.collect(0)  # it has outlived a sweep
        del knot
        gc.collect(0)
        short.all_when_due()
        assert gone() is not None, "not due"
        monkeypatch.setattr(short, "_all_at", 0.0)
        short.all_when_due()
        assert gone() is None
    assert gc.get_freeze_count() == 0


def test_a_reader_that_stands_by_for_weeks_sweeps_too() -> None:
    """It answers pages all that time, and writes nothing."""
    reader = object.__new__(_Reader)
    stops, swept = iter([False, False, True]), []
    reader._stopping = SimpleNamespace(wait=lambda _: next(stops))
    reader._store = SimpleNamespace(kept=SimpleNamespace(total=lambda: 1), place=SimpleNamespace(is_free=lambda: False))
    reader._change = 1
    reader._stand_by(None, SimpleNamespace(all_when_due=lambda: swept.append(1)))
    assert swept == [1, 1]


def test_the_rhythm_of_before_comes_back() -> None:
    before = gc.get_threshold()
    with sweeps.ShortSweeps():
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before
