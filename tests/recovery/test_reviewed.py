"""What a comparison says of entries in doubt is said in acts of bounded length, whatever their number.

Method: findings made here, and the ledger that earlier acts left.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.acts import ENTRIES_MAX, NO_LONGER, EntriesReleased, EntriesSetAside
from contrefeu.recovery import LEDGER_TABLES, Ledger, scratch, set_aside
from contrefeu.recovery.findings import Finding

AT = "2026-11-24T03:00:00Z"
REFS = [f"j/{n}" for n in range(1, 2 * ENTRIES_MAX + 2)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Of nothing yet."""
    with scratch(tmp_path, "t", *LEDGER_TABLES) as table:
        yield Ledger(table)


@pytest.mark.req("R5")
def test_many_entries_are_set_aside_and_released_in_several_acts(ledger: Ledger) -> None:
    """Each entry once, in order; released, they are nobody's decision and can be set aside again."""
    for _ in range(2):
        aside = list(set_aside((Finding(ref, "missing", review=True, source="LAB") for ref in REFS), ledger, "w", AT))
        sizes = [len(act.entries) for act in aside if isinstance(act, EntriesSetAside) and act.source == "LAB"]
        assert sizes == [ENTRIES_MAX, ENTRIES_MAX, 1]
        for act in aside:
            ledger.take(act)
        clear = list(set_aside((Finding(ref, "missing") for ref in REFS), ledger, "w", AT))
        assert [len(act.entries) for act in clear if isinstance(act, EntriesReleased)] == sizes
        assert [ref for act in clear if isinstance(act, EntriesReleased) for ref in act.entries] == REFS
        assert {act.reason for act in clear if isinstance(act, EntriesReleased)} == {NO_LONGER}
        for act in clear:
            ledger.take(act)
        assert not any(map(ledger.released, REFS))
