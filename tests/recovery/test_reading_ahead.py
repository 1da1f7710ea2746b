"""What is read ahead is given for the entry at hand, and for no other.

Method: a reader that notes what it was asked and gives readings that nobody else would give.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import Reading, Rules, read
from contrefeu.recovery import read_ahead
from tests.cli.messages import admission

ENTRIES = [Entry("n-capture", n, n, n, "ADT@CHU", MEDIA_HL7V2, admission(f"A-{n}")) for n in range(1, 8)]


class Noted:
    """Reads when it is asked to; says what it was asked, and whether it was let go."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.given: dict[int, Reading] = {}
        self.closed = False

    def ask(self, entries: Sequence[Entry]) -> Iterator[Reading]:
        """Note it."""
        self.asked.append([one.sequence for one in entries])
        for one in entries:
            self.given[one.sequence] = read(one, Rules().of(one.source))
        return iter([self.given[one.sequence] for one in entries])

    def close(self) -> None:
        """Note it."""
        self.closed = True


def test_a_batch_is_asked_for_while_the_one_before_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """In order; the very reading that was given, for that entry alone; at the end nobody reads any more."""
    monkeypatch.setattr("contrefeu.recovery.reading_ahead.BATCH_ENTRIES", 3)
    noted = Noted()
    with read_ahead(lambda _: noted, Rules()) as ahead, closing(ahead.over(iter(ENTRIES))) as walked:
        first = next(walked)
        assert noted.asked == [[1, 2, 3], [4, 5, 6]]
        assert ahead.read(first) is noted.given[1]
        assert ahead.read(ENTRIES[5]) is not noted.given[6]
        assert ahead.read(ENTRIES[5]) == noted.given[6]
        for entry in walked:
            assert ahead.read(entry) is noted.given[entry.sequence]
    assert noted.asked == [[1, 2, 3], [4, 5, 6], [7]]
    assert noted.closed


def test_without_anybody_each_entry_is_read_here() -> None:
    """The same readings."""
    with read_ahead(None, Rules()) as ahead:
        found = [ahead.read(entry) for entry in ahead.over(iter(ENTRIES))]
    assert found == [read(entry, Rules().of(entry.source)) for entry in ENTRIES]
