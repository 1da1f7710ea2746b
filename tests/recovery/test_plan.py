"""A plan is read through before anything is sent, whatever its length, in memory that does not grow with it.

Method: a plan as `write_plan` writes it; the memory is what Python itself allocates meanwhile (tracemalloc).
"""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.base import OperatorError
from contrefeu.recovery import PLANNED_TABLE, Header, Line, Scratch, check_plan, scratch, write_plan

LINES = 40_000
PEAK_BYTES_MAX = 1_000_000  # of LINES lines: a twentieth of what their names take, and room for a disk block or two
HEADER = Header("contrefeu-replay/1", "2026-11-24T02:00:00Z", "export", "ff", "ehr", "00")


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Scratch]:
    """Where the names of entries go."""
    with scratch(tmp_path / "recovery", "replay", PLANNED_TABLE) as found:
        yield found


def plan(tmp_path: Path, *more: Line) -> Path:
    """A plan of LINES lines, and these."""
    path = tmp_path / "plan.jsonl"
    write_plan(path, HEADER, [*(Line(f"n7f3k2-capture/{n}", "send") for n in range(LINES)), *more])
    return path


@pytest.mark.req("R3")
def test_a_long_plan_is_checked_without_keeping_it(tmp_path: Path, table: Scratch) -> None:
    """The names of its entries lie in a table, not in memory."""
    path = plan(tmp_path)
    tracemalloc.start()
    try:
        assert check_plan(path, HEADER, table) == HEADER
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < PEAK_BYTES_MAX


@pytest.mark.req("R3")
@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (Line("n7f3k2-capture/7", "hold"), "an entry stands in it twice"),
        (Line("n7f3k2-capture/x", "aside", why="typed there"), "what is set aside needs `why` and `owner`"),
    ],
)
def test_the_line_that_is_wrong_is_named(tmp_path: Path, table: Scratch, bad: Line, why: str) -> None:
    """By its number in the file, the first line being 1."""
    path = plan(tmp_path, bad, Line("n7f3k2-capture/last", "send"))
    with pytest.raises(OperatorError, match=rf"^Line {LINES + 2} of plan\.jsonl is no line of a plan: {why}\."):
        check_plan(path, HEADER, table)
