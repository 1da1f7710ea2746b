"""Reading entries ahead of a pass that looks at each of them, in order.

Rules kept here:
  * Who reads ahead gives what reading here would give: a pass that asks for another entry than the one at hand, or has
    nobody reading ahead, reads it itself.
  * A batch is read while the one before is looked at.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice

from contrefeu.chart import Asked, Begin
from contrefeu.journal import Entry
from contrefeu.mapping import Reading, Rules, read

BATCH_ENTRIES = 4_000  # asked for at once: a cluster's job costs some 100 ms, whatever is in it


class ReadAhead:
    """What the entry at hand says, read before it is asked for."""

    def __init__(self, asked: Asked | None, rules: Rules) -> None:
        self._asked, self._rules = asked, rules
        self._at_hand: tuple[Entry, Reading] | None = None

    def over(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """Yield *entries*."""
        if self._asked is None:
            yield from entries
            return
        waiting: deque[tuple[list[Entry], Iterator[Reading]]] = deque()
        while batch := list(islice(entries, BATCH_ENTRIES)):
            waiting.append((batch, self._asked.ask(batch)))
            if len(waiting) > 1:
                yield from self._one_by_one(*waiting.popleft())
        while waiting:
            yield from self._one_by_one(*waiting.popleft())

    def read(self, entry: Entry) -> Reading:
        """Return what *entry* says."""
        if self._at_hand is not None and self._at_hand[0] is entry:
            return self._at_hand[1]
        return read(entry, self._rules.of(entry.source))

    def _one_by_one(self, batch: Sequence[Entry], readings: Iterator[Reading]) -> Iterator[Entry]:
        for self._at_hand in zip(batch, readings, strict=True):
            yield self._at_hand[0]
        self._at_hand = None


@contextmanager
def read_ahead(begin: Begin | None, rules: Rules) -> Iterator[ReadAhead]:
    """Give what reads by *rules*, ahead where *begin* says who does."""
    asked = begin(rules) if begin is not None else None
    if asked is None:
        yield ReadAhead(None, rules)
        return
    with closing(asked):
        yield ReadAhead(asked, rules)
