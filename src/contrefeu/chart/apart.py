"""Charts of some patients by themselves: what ties entries to one another, and the fold of those that are tied.

Rules kept here:
  * Entries that share a name (a patient's number, a stay, an order), and those that a third one links, are tied: their
    charts depend on one another and on no other entry, but for acts that withdraw, which every part must know.
  * A part is filed and folded by the same rules as all of it is: its charts are those that stand among all others.
  * A part's store is in memory, and gone when its charts were given.
"""

import heapq
import secrets
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from contrefeu.chart.batches import Batches
from contrefeu.chart.fold import to_bundle
from contrefeu.chart.folding import Folding, hints_of, node_text, parts_of
from contrefeu.chart.follow import BATCH_ENTRIES
from contrefeu.chart.refold import open_store
from contrefeu.chart.stores import place_of
from contrefeu.chart.sweeps import few_sweeps
from contrefeu.chart.views import STATION
from contrefeu.fhir import encode
from contrefeu.journal import MEDIA_ACT, Entry, read_at
from contrefeu.mapping import Reading, Rules, read


def names_in(entry: Entry, rules: Rules) -> list[str]:
    """What *entry* names that ties it to others; [] for one that stands in no chart."""
    return [name for part in parts_of(read(entry, rules.of(entry.source))) for name in _names_of(part)]


def is_everybodys(entry: Entry) -> bool:
    """Whether every part must know *entry*: an act of people here may withdraw what any of them holds."""
    return entry.media_type == MEDIA_ACT and entry.journal.endswith(STATION)


def fold_apart(entries: Iterable[Entry], rules: Rules, at_ns: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield id and Bundle of each chart that *entries*, in any order, make: now, or as was known at *at_ns*."""
    store = open_store(place_of(None, secrets.token_bytes(32)), rules)
    try:
        batches, ordered = Batches(store, rules), _in_order(entries)
        with few_sweeps():
            while batch := list(islice(ordered, BATCH_ENTRIES)):
                batches.take(batch)
        folding = Folding(store, rules)
        folding.refresh()
        for chart in folding.charts(at_ns):
            yield chart.id, encode(to_bundle(chart))
    finally:
        store.close()


def _names_of(part: Reading) -> Iterator[str]:
    if part.subjects and part.subjects[0].keys:
        yield node_text(part.world, part.subjects[0].keys[0])
    yield from hints_of(part)
    for link in part.links:
        yield node_text(part.world, link.survivor)
        yield node_text(part.world, link.lost)


def _in_order(entries: Iterable[Entry]) -> Iterator[Entry]:
    """As a follower of all journals reads them: each in its own order, and the next is the earliest of all."""
    journals = groupby(sorted(entries, key=read_at), key=lambda entry: read_at(entry)[0])
    return heapq.merge(*[list(found) for _, found in journals], key=lambda entry: entry.order)
