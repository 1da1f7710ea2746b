"""Which of two entries came first, when two machines' clocks stamped them (DESIGN S7, rule D9).

Each station measures its peers' clocks when it meets them and journals what it found (acts.ClockMeasured). Between two
measurements clocks drift, so what is known of them grows uncertain; a clock that was never measured is believed within
AHEAD_NS_MAX and no better.

Rules kept here:
  * Within one station order is certain: it has one clock for the purpose, the hybrid one.
  * Between stations it is certain only when the two spans do not touch; else pages say "order uncertain".
  * A pure fold: the same acts, in whatever order they come, give the same answer.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from contrefeu.acts import ClockMeasured
from contrefeu.base import AHEAD_NS_MAX, ClockOffset, Order, Span, corrected, order_of
from contrefeu.journal import Entry

_MS = 1_000_000


class Stamp(NamedTuple):
    """What of an entry says when it was received."""

    journal: str
    sequence: int
    received_ns: int
    hlc: int = 0  # settles the order within one station


class Clocks:
    """What is known of the stations' clocks."""

    def __init__(self) -> None:
        self._measured: dict[tuple[str, str], list[tuple[int, int, int]]] = {}  # (by, of) -> (when, offset, uncertain)

    def apply(self, act: ClockMeasured, entry: Entry) -> None:
        """Take one more measurement; *entry* is the one that says it."""
        found = entry.received_ns, act.offset_ms * _MS, act.uncertainty_ms * _MS
        self._measured.setdefault((station_of(entry.journal), act.peer), []).append(found)

    def order(self, one: Entry | Stamp, other: Entry | Stamp) -> Order:
        """Which of two entries was received first, or that it cannot be told."""
        here, there = station_of(one.journal), station_of(other.journal)
        if here == there:
            return "before" if (one.hlc, one.sequence) < (other.hlc, other.sequence) else "after"
        return order_of(Span(one.received_ns, one.received_ns), self.span(other, here))

    def uncertain(self, lines: Sequence[Stamp]) -> list[bool]:
        """Of lines in a list: whether one stands next to another whose order to it cannot be told."""
        found = [False] * len(lines)
        for at, (one, other) in enumerate(pairwise(lines)):
            if self._is_uncertain(one, other):
                found[at] = found[at + 1] = True
        return found

    def _is_uncertain(self, one: Stamp, other: Stamp) -> bool:
        return station_of(one.journal) != station_of(other.journal) and self.order(one, other) == "uncertain"

    def span(self, entry: Entry | Stamp, by: str) -> Span:
        """When an entry was received, by the clock of the station *by*."""
        there = station_of(entry.journal)
        if there == by:
            return Span(entry.received_ns, entry.received_ns)
        return corrected(entry.received_ns, self._offset(by, there, entry.received_ns))

    def _offset(self, by: str, of: str, when_ns: int) -> ClockOffset:
        """How far the clock of *of* is ahead of that of *by*, when *of* said *when_ns*."""
        known = [
            # Measured here: when it was is told by this clock, which was behind theirs by the offset.
            ClockOffset(offset, uncertain).aged(when_ns - (at + offset))
            for at, offset, uncertain in self._measured.get((by, of), ())
        ] + [
            ClockOffset(-offset, uncertain).aged(when_ns - at)
            for at, offset, uncertain in self._measured.get((of, by), ())
        ]
        # The least uncertain one; of two that are as good, the same one whatever came first.
        return min(known, key=lambda one: (one.uncertainty_ns, one.offset_ns), default=ClockOffset(0, AHEAD_NS_MAX))


def station_of(journal: str) -> str:
    """The station that writes a journal: its name up to the last part."""
    return journal.rpartition("-")[0]
