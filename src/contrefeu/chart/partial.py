"""Charts of part of the journals, while a restore brings the rest: who lies in a bed first (docs/decisions/0065).

Rules kept here:
  * A store that lacks history says so itself, in a note that is written with its first entry: no chart, board or list
    comes out of it without (`Restoring`).
  * It is folded by the same fold from whole entries, in journal order; what is lacking is what came before, and the
    older entries that name nobody who is chosen.
  * It takes its place once it is whole; stopped half-way, it begins again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec.structs import replace

from contrefeu.chart.answers import rules_of
from contrefeu.chart.batches import Batches
from contrefeu.chart.called import WORLDS
from contrefeu.chart.follow import BATCH_ENTRIES, Follower
from contrefeu.chart.refold import open_store
from contrefeu.chart.stores import ChartStore, place_of
from contrefeu.chart.sweeps import few_sweeps
from contrefeu.chart.views import RESTORING, Restoring
from contrefeu.hospital import Settings
from contrefeu.journal import Entry, KeyOf

_RUNS = re.compile(rb"[0-9A-Za-z]+")
_BY_PATIENT = re.compile(r"^\S+ (only|message):")  # orders and stays that only a patient's number leads to


def fold_partial(
    path: Path,
    key: bytes,
    settings: Settings,
    journals: Path,
    key_of: KeyOf,
    *,
    after: Mapping[str, int],
    older: Iterable[Entry] = (),
    lacks: Restoring,
) -> None:
    """Make the store at *path* of the newest entries, and of some older ones.

    Args:
        path: Of the store, which is not there.
        key: Its key.
        settings: Of the node.
        journals: One folder a journal; those that end before the first entry wanted may lack segments.
        key_of: What opens them.
        after: Of each journal, the last entry that is not folded, but for those in *older*.
        older: Entries up to those, in journal order.
        lacks: What the store says of itself, but for those older ones.

    Raises:
        StorageError: The store cannot be written.
    """
    place = place_of(path, key)
    beside = place.beside()
    beside.remove()
    rules = rules_of(settings)
    store = open_store(beside, rules)
    try:
        with few_sweeps():
            with store.transaction():
                store.kept.set_note(RESTORING, msgspec.json.encode(lacks).decode())
            batches = Batches(store, rules)
            for batch in _batches(older):
                batches.take(batch)
                lacks = replace(lacks, read=lacks.read + len(batch))
            with store.transaction():
                store.kept.set_note(RESTORING, msgspec.json.encode(lacks).decode())
                for journal, sequence in after.items():
                    store.kept.set_position(journal, sequence)
            with closing(Follower(store, journals, key_of, settings)) as follower:
                while follower.step():
                    pass
    finally:
        store.close()
    place.take(beside)


class Present:
    """The numbers of those who lie in beds, to find by them which older entries may be theirs.

    An entry that names one of them holds its digits and letters as they are: whoever is asked for is found. Others may
    be found too (a number that stands in another's text), and are charted as far as that goes.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        """See who is on the boards of the store at *path*."""
        self._wanted: set[bytes] = set()
        store = ChartStore(place_of(path, key))
        try:
            lines = [line for world in WORLDS for line in store.places.lines(world, "")]
            for line in lines:
                self._want(store, line.row.id)
        finally:
            store.close()
        shortest = min(map(len, self._wanted), default=1)
        self._runs = re.compile(rb"[0-9A-Za-z]{%d,}" % shortest)

    def named_in(self, body: bytes) -> bool:
        """Whether *body* may name any of them."""
        if b"\x00" in body[:64]:  # two bytes a letter: read it and see
            return True
        return not self._wanted.isdisjoint(self._runs.findall(body))

    def _want(self, store: ChartStore, chart: str) -> None:
        root = store.identities.by_chart(UUID(chart).bytes)
        if root is None:
            return
        members = store.identities.members(root)
        names = [store.identities.text(one) for one in members]
        names += [hint for hint in store.identities.hints_of(members) if not _BY_PATIENT.search(hint)]
        for name in names:
            runs = _RUNS.findall(name.rpartition("|")[2].encode())
            if runs:
                self._wanted.add(max(runs, key=len))


def _batches(entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
    left = iter(entries)
    while batch := list(islice(left, BATCH_ENTRIES)):
        yield batch
