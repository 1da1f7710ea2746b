"""Opening a store for writing: one that was folded by other rules is folded again, from the entries that it holds.

Rules kept here:
  * Charts of two versions of the fold never stand in one store: what a chart says depends on its entries alone.
  * The bytes are taken from the store itself: the keys that opened their journals may be gone by now (S1).
  * The new store takes the place of the old one once it is whole; stopped half-way, it begins again.
"""

import functools
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from contrefeu.chart.ahead import Ahead
from contrefeu.chart.batches import CARRIED_NOTE, Batches
from contrefeu.chart.stores import ChartStore, Place
from contrefeu.chart.views import RESTORING
from contrefeu.journal import Entry
from contrefeu.mapping import Rules

REFOLD_ENTRIES = 20_000  # in one transaction
REFOLD_BYTES = 40 * 2**20  # the same for messages that carry scanned pages
_SOURCES = ("acts", "chart", "mapping", "hl7", "fhir")  # packages that decide what a chart says


def open_store(place: Place, rules: Rules) -> ChartStore:
    """Open the store at *place* for its one writer; the caller holds its lock.

    Args:
        place: Of the store.
        rules: By which its entries are read.

    Raises:
        StorageError: It does not open, or its disk or its server is in trouble.
    """
    store = ChartStore(place)
    stamp, found = stamp_of(rules), store.kept.note("rules")
    if found == stamp and not store.former:
        return store
    if found is not None or store.former or store.kept.total():
        store = _fold_again(store, rules)
    with store.transaction():
        store.kept.set_note("rules", stamp)
    return store


def stamp_of(rules: Rules) -> str:
    """Return what stands for the rules that entries are read and folded by."""
    return sha256(f"{rules}\0{version('contrefeu')}\0{version('tzdata')}\0{_sources()}".encode()).hexdigest()


@functools.cache
def _sources() -> str:
    """What stands for our own words, as this process has them."""
    digest = sha256()
    package = Path(__file__).parent.parent
    for folder in _SOURCES:
        for file in sorted((package / folder).rglob("*.py")):
            digest.update(f"{file.relative_to(package).as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _fold_again(store: ChartStore, rules: Rules) -> ChartStore:
    place = store.place
    beside = place.beside()
    beside.remove()
    made = ChartStore(beside)
    try:
        _carry_over(store, made)
        entries = store.kept.all()
        ahead = Ahead(rules, lambda: _gathered(entries))
        with closing(ahead):
            batches = Batches(made, rules, again=not store.former)
            batch, readings = ahead.next()
            while batch:
                batches.take(batch, readings)
                batch, readings = ahead.next()
    finally:
        made.close()
        store.close()
    place.take(beside)
    return ChartStore(place)


def _carry_over(store: ChartStore, made: ChartStore) -> None:
    """What a store knows beside its entries: how far each journal was read, what it lacks, and what others carried."""
    with made.transaction():
        if not store.former:  # else they are found anew with the entries
            for journal, sequence in store.kept.positions().items():
                made.kept.set_position(journal, sequence)
        for name in (RESTORING, CARRIED_NOTE):
            note = store.kept.note(name)
            if note is not None:
                made.kept.set_note(name, note)


def _gathered(entries: Iterator[Entry]) -> tuple[list[Entry], bool]:
    """The next entries, and whether they fill a batch."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += len(entry.body)
        if len(batch) >= REFOLD_ENTRIES or size >= REFOLD_BYTES:
            return batch, True
    return batch, False
