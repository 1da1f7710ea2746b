"""Whose an entry is: the chart of whom it names first; of a union, of whom stays."""

from functools import lru_cache
from typing import Protocol

from contrefeu.journal import Entry
from contrefeu.mapping import Reading
from contrefeu.recovery.ward_messages import link_of

PATIENTS_KEPT = 100_000  # numbers whose chart is remembered: a large hospital's patients of a year


class Numbers(Protocol):
    """What gives the numbers of charts."""

    def numbers(self, id: str) -> list[str]:
        """The chart's id, and every number that it stands under."""
        ...


class Whose:
    """Gives chart ids; "" for nobody whom a chart knows."""

    def __init__(self, charts: Numbers) -> None:
        self._charts = charts
        self.chart_of = lru_cache(maxsize=PATIENTS_KEPT)(self._asked)

    def __call__(self, entry: Entry, reading: Reading) -> str:
        """Return the chart of *entry*, which says *reading*."""
        link = link_of(entry)
        return self.chart_of(link.survivor) if link else self.named_by(reading)

    def named_by(self, reading: Reading) -> str:
        """Return the chart of whom *reading* names first."""
        key = next((key for subject in reading.subjects for key in subject.keys[:1]), "")
        return self.chart_of(key) if key else ""

    def _asked(self, key: str) -> str:
        return next(iter(self._charts.numbers(key)), "")
