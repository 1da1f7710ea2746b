"""The acts that decide what is shown: accounts, downtimes, honey patients, corrections of wards. Each is read once.

Most acts are of paper, a great many: an answer that read them all again after each would slow down from week to week.
"""

from collections.abc import Callable

from contrefeu.acts import (
    AccountAdded,
    AccountDisabled,
    Act,
    DowntimeDeclared,
    DowntimeLifted,
    HoneyNamed,
    HoneyReleased,
    WardCorrected,
    decode,
)
from contrefeu.chart.stores import ChartStore
from contrefeu.chart.views import STATION
from contrefeu.journal import Entry

_DECIDE = (
    AccountAdded,
    AccountDisabled,
    DowntimeDeclared,
    DowntimeLifted,
    HoneyNamed,
    HoneyReleased,
    WardCorrected,
)


class Deciding:
    """Those of one store; asked within a snapshot."""

    def __init__(self, store: ChartStore, counts: Callable[[str], bool]) -> None:
        """*counts*: whose acts count here."""
        self._store = store
        self._counts = counts
        self._read = 0
        self._found: list[tuple[Entry, Act]] = []

    def refresh(self) -> None:
        """Read the acts that came since; once for each question, which then sees one state of them."""
        kept = self._store.kept
        if (count := kept.acts_count()) != self._read:
            new = [(entry, act) for entry in kept.acts_behind(self._read) if (act := self._decided(entry)) is not None]
            if new:
                self._found = sorted([*self._found, *new], key=lambda one: one[0].order)
            self._read = count

    def acts(self) -> tuple[int, list[tuple[Entry, Act]]]:
        """Return them in journal order with their entries, and how many: the same number, the same acts."""
        return len(self._found), self._found

    def _decided(self, entry: Entry) -> Act | None:
        heard = entry.journal.endswith(STATION) and self._counts(entry.journal)
        act = decode(entry.body) if heard else None
        return act if isinstance(act, _DECIDE) else None
