"""From entries to a store, a batch at a time.

Rules kept here:
  * All that a batch changes, and how far each journal was read, is one transaction: a crash leaves both as they were.
  * An entry that comes after all that its chart has seen is folded onto it; any other has the chart folded again.
  * Memory is bounded: the charts lately used stay open, by how much they hold.
  * Nothing stops the feed: an entry that defeats us is kept and counted, and the next one is read.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

import structlog

from contrefeu.base import ContrefeuError
from contrefeu.chart.boards import BoardLine, board_line, place_of
from contrefeu.chart.filing import REFUSED, Filing
from contrefeu.chart.fold import Chart
from contrefeu.chart.folding import Folding
from contrefeu.chart.hits import hit_of, search_words
from contrefeu.chart.spelling import number_word
from contrefeu.chart.stores import CHARTED, UNCHARTED, ChartStore, order_of
from contrefeu.chart.views import STATION, BoardRow, PatientHit
from contrefeu.journal import Entry
from contrefeu.mapping import FeedRules

OPEN_LINES_MAX = 60_000  # objects in charts that stay open: about 200 MB
TAIL_MIN = 32  # entries folded onto a chart before it is written down again: opening it folds them on, in 5 ms
TAIL_MAX = 256  # the same for a great chart, which costs more to write
TAIL_SHARE = 16  # part of its objects that a chart's tail may count

_log = structlog.get_logger()


class Batches:
    """Writes one store."""

    def __init__(self, store: ChartStore, rules: FeedRules) -> None:
        self._store = store
        self._folding = Folding(store, rules)
        self._filing = Filing(store, self._folding)
        self._open: OrderedDict[int, tuple[Chart, list[int]]] = OrderedDict()
        self._shown: dict[int, tuple[str, ...]] = {}  # open chart -> who set what a search shows of it
        self._lines = 0

    def take(self, entries: Sequence[Entry]) -> None:
        """Read *entries*, in journal order, into the store; all of them count on return.

        Raises:
            StorageError: The store cannot be written; nothing of the batch counts.
        """
        try:
            self._take(entries)
        except ContrefeuError:
            raise
        except Exception as defeated:
            _log.error("a batch of entries is read one by one", error=type(defeated).__name__, count=len(entries))
            for entry in entries:
                self._take_one(entry)

    def _take_one(self, entry: Entry) -> None:
        try:
            self._take([entry])
        except ContrefeuError:
            raise
        except Exception as defeated:
            _log.error("an entry is kept and not charted", error=type(defeated).__name__, entry=entry.ref)
            self._take([entry], unread=f"{REFUSED} ({type(defeated).__name__})")

    def _take(self, entries: Sequence[Entry], unread: str = "") -> None:
        kept, filing = self._store.kept, self._filing
        try:
            with self._store.transaction():
                positions = kept.positions()
                for entry in entries:
                    if entry.sequence <= positions.get(entry.journal, 0):
                        continue
                    positions[entry.journal] = entry.sequence
                    if unread:
                        filing.keep(entry, unread)
                    else:
                        filing.take(entry)
                self._fold()
                self._advance(entries)
                self._store.learn()
        except BaseException:
            self._open.clear()
            self._shown.clear()
            self._lines = 0
            raise
        finally:
            filing.clear()

    def _advance(self, entries: Sequence[Entry]) -> None:
        for journal in {entry.journal for entry in entries}:
            self._store.kept.set_position(journal, max(e.sequence for e in entries if e.journal == journal))
        # What people do here makes no page fresh: as far as the feeds have been read is what `as_of` says.
        heard = [entry for entry in entries if not entry.journal.endswith(STATION)]
        last = max(heard, key=lambda e: (e.received_ns, order_of(e)), default=None)
        if last is not None and last.received_ns >= self._store.kept.as_of()[0]:
            self._store.kept.set_as_of(last.received_ns, last.ref)

    def _fold(self) -> None:
        """Bring up to date every chart that the batch is about."""
        root_of = self._store.identities.root
        again = set()
        for node in self._filing.again:
            root = root_of(node)
            again.add(root)
            if root != node:
                self._drop(node)
        added: dict[int, set[int]] = {}
        for node, ids in self._filing.new.items():
            added.setdefault(root_of(node), set()).update(ids)
        for root in again:
            self._fold_again(root)
        for root, new in added.items():
            if root not in again:
                self._fold_on(root, new)

    def _fold_on(self, root: int, new: Iterable[int]) -> None:
        readings = self._filing.readings
        ids = sorted(new, key=lambda id_: readings[id_].order)
        found = self._find(root)
        if found is None:
            self._fold_again(root)  # its first entries
            return
        chart, tail = found
        if readings[ids[0]].order <= chart.last:
            self._fold_again(root)
            return
        try:
            for id_ in ids:
                self._folding.onto(chart, readings[id_], root)
        except Exception:  # a chart half changed is thrown away; folded again, it passes over what defeats it
            self._fold_again(root)
            return
        self._remember(root, chart, [*tail, *ids])

    def _fold_again(self, root: int) -> None:
        self._shown.pop(root, None)
        chart, placed, passed = self._folding.again(root)
        if chart is None:
            self._drop(root)
            return
        for one in placed:
            if one.id in passed:
                self._store.kept.set_state(one.id, UNCHARTED, REFUSED)
            elif one.state == UNCHARTED and (self._store.kept.state(one.id) or (0, ""))[1] == REFUSED:
                self._store.kept.set_state(one.id, CHARTED)
        whole = bool(passed) or self._store.folded.known(root)
        self._remember(root, chart, [one.id for one in placed], whole=whole)

    def _remember(self, root: int, chart: Chart, tail: list[int], *, whole: bool = False) -> None:
        """Write a chart and what is asked of it; it stays open."""
        if whole or len(tail) >= min(TAIL_MAX, max(TAIL_MIN, _lines_of(chart) // TAIL_SHARE)):
            self._store.folded.keep(root, chart)
            tail = []
        else:
            self._store.folded.keep_tail(root, chart.world, tail)
        self._show(root, chart)
        shown = _shown_by(chart)
        self._forget(root)
        self._open[root] = (chart, tail)
        self._shown[root] = shown
        self._lines += _lines_of(chart)
        while self._lines > OPEN_LINES_MAX and len(self._open) > 1:
            self._forget(next(iter(self._open)))

    def _find(self, root: int) -> tuple[Chart, list[int]] | None:
        found = self._open.get(root)
        if found is not None:
            self._lines -= _lines_of(found[0])  # it is about to grow; `_remember` counts it again
            del self._open[root]
            return found
        chart = self._folding.load(root)
        return None if chart is None else (chart, self._store.folded.tail(root))

    def _forget(self, root: int) -> None:
        found = self._open.pop(root, None)
        self._shown.pop(root, None)
        if found is not None:
            self._lines -= _lines_of(found[0])

    def _drop(self, root: int) -> None:
        world = self._store.identities.text(root).partition(" ")[0]
        self._store.folded.drop(root, world)
        self._store.people.drop(root)
        self._store.places.drop(root)
        self._forget(root)

    def _show(self, root: int, chart: Chart) -> None:
        """Let the patient be found, and stand on the board of their ward."""
        same = bool(chart.stays) and self._shown.get(root) == _shown_by(chart)
        try:
            line = board_line(chart)
            found = None if same else (hit_of(chart), search_words(chart))
        except Exception as defeated:  # whatever a sender put there, the patient is found and their bed is taken
            error = type(defeated).__name__
            _log.error("a chart has no board line", error=error, entry=f"{chart.last[1]}/{chart.last[2]}")
            line, found = _plain_line(chart), (_plain_hit(chart), [number_word(chart.key.rpartition("|")[2])])
        if found is not None:
            hit, words = found
            self._store.people.keep(root, words, hit)
        if line is None:
            self._store.places.drop(root)
        else:
            self._store.places.keep(root, chart.world, line)


def _lines_of(chart: Chart) -> int:
    return 8 + len(chart.kept) + 2 * len(chart.stays)


def _shown_by(chart: Chart) -> tuple[str, ...]:
    """The entries that set what a search shows of a chart."""
    return (chart.identity.ref, *(stay.ref for stay in chart.stays.values()))


def _plain_hit(chart: Chart) -> PatientHit:
    return PatientHit(chart.id, "", "", [chart.key], "", "", world="T" if chart.world == "T" else "P")


def _plain_line(chart: Chart) -> BoardLine | None:
    ward, room, bed = (*place_of(chart), "", "", "")[:3]
    if not ward:
        return None
    row = BoardRow(
        chart.id, bed, room, ward, chart.key, "", "", "", "", [chart.key], "", [], "no-source", [], [], 0, 0, ""
    )  # fmt: skip
    return BoardLine(row, [], [], [], 0, deceased=False)
