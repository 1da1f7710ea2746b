"""From entries to a store, a batch at a time.

Rules kept here:
  * All that a batch changes, and how far each journal was read, is one transaction: a crash leaves both as they were.
  * An entry that comes after all that its chart has seen is folded onto it; any other has the chart folded again.
  * What entries say is let go once it is folded, every FOLD_ENTRIES; a chart is written once a batch, whatever was said
    of it: a great batch costs a chart no more than a small one does.
  * Memory is bounded: the charts lately used stay open, by how much they hold.
  * Nothing stops the feed: an entry that defeats us is kept and counted, and the next one is read.
  * An entry that comes in its own journal and in a ward's, or in two wards', is one: who comes second is passed over.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

import structlog
from msgspec import json

from contrefeu.base import ContrefeuError
from contrefeu.chart.agenda import AgendaLine, agenda_of
from contrefeu.chart.boards import BoardLine, board_line, flagged_again, has_left, heard_again, place_of
from contrefeu.chart.corrections import Correction, corrections_of
from contrefeu.chart.departures import Departure, departures_of
from contrefeu.chart.filing import REFUSED, Filing
from contrefeu.chart.fold import Chart
from contrefeu.chart.folding import Folding
from contrefeu.chart.hits import hit_of, search_words
from contrefeu.chart.spelling import number_word
from contrefeu.chart.stores import CHARTED, UNCHARTED, ChartStore, Objects
from contrefeu.chart.views import AUDIT, STATION, BoardRow, PatientHit
from contrefeu.chart.withdrawn import Withdrawing
from contrefeu.chart.work import work_line
from contrefeu.journal import Carried, Entry, parse_ref, read_at
from contrefeu.mapping import Reading, Rules

FOLD_ENTRIES = 2_000  # whose readings are in memory at once: some 50 MB
OUTDATED = "an original took the place of a copy"  # in the store's note of rules, where no rules are so called
CARRIED_NOTE = "carried"  # in the store's notes: journals of which others carried entries here
OPEN_LINES_MAX = 60_000  # objects in charts that stay open: about 200 MB

_log = structlog.get_logger()


class Batches:
    """Writes one store."""

    def __init__(
        self, store: ChartStore, rules: Rules, *, again: bool = False, give_way: Callable[[], None] = lambda: None
    ) -> None:
        """Write *store*.

        Args:
            store: To write.
            rules: Of the feeds.
            again: Whether what is taken are the entries of another store, read before.
            give_way: Called between two entries and between two charts: whoever is in more of a hurry goes first.
        """
        self._store = store
        self._again = again
        self._give_way = give_way
        self._folding = Folding(store, rules)
        self._filing = Filing(store, self._folding)
        self._withdrawing = Withdrawing(store, self._folding, self._filing)
        self._folding.refresh()
        self._open: OrderedDict[int, _Open] = OrderedDict()
        self._changed: set[int] = set()  # those of the open ones that are not written yet
        self._lines = 0
        self._carried: set[str] | None = None  # journals of which others carried entries here
        self.outdated = False  # whether an original took a copy's place: the store must be folded again

    def take(self, entries: Sequence[Entry], readings: Iterable[Reading] | None = None) -> None:
        """Read *entries*, in journal order, into the store; all of them count on return.

        Args:
            entries: A batch.
            readings: What each of them says, where it was read ahead.

        Raises:
            StorageError: The store cannot be written; nothing of the batch counts.
        """
        try:
            self._take(entries, readings)
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

    def _take(self, entries: Sequence[Entry], readings: Iterable[Reading] | None = None, unread: str = "") -> None:
        kept, filing = self._store.kept, self._filing
        try:
            with self._store.transaction():
                positions = kept.positions()
                for entry, reading in zip(entries, readings or map(self._folding.read, entries), strict=True):
                    if not self._again and self._is_read(entry, positions):
                        continue
                    self._give_way()
                    if unread:
                        filing.keep(entry, unread)
                    else:
                        filing.take(entry, reading)
                    if len(filing.readings) >= FOLD_ENTRIES:
                        self._fold()
                self._fold()
                self._write()
                self._store.looks.take(entries)
                self._advance(entries)
                self._store.learn()
        except BaseException:
            self._open.clear()
            self._changed.clear()
            self._lines = 0
            self._carried = None
            self._folding.withdrawn_as_written()
            raise
        finally:
            filing.clear()

    def _is_read(self, entry: Entry, positions: dict[str, int]) -> bool:
        """Whether *entry* was read before, in this journal or in another one; *positions* go on with it."""
        journal, sequence = read_at(entry)
        if sequence <= positions.get(journal, 0):
            return True
        positions[journal] = sequence
        kept = self._store.kept
        if self._carried is None:
            self._carried = set(json.decode(kept.note(CARRIED_NOTE) or "[]", type=list[str]))
        if isinstance(entry, Carried):
            if entry.journal not in self._carried:
                self._carried.add(entry.journal)
                kept.set_note(CARRIED_NOTE, json.encode(sorted(self._carried)).decode())
        elif entry.journal not in self._carried:
            return False
        elif (copy := kept.entry(entry.journal, entry.sequence)) is not None and copy != entry:
            self._prefer(entry)
        return kept.state(kept.id_of(entry.journal, entry.sequence)) is not None

    def _prefer(self, entry: Entry) -> None:
        """An original, signed by its own writer, takes the place of what another journal gave out for it.

        Whatever followed from the copy is found anew with all entries: repeats, who is who, who lies where.
        """
        _log.error("an entry was carried here as something else than it is", entry=entry.ref)
        self._store.kept.replace(entry)
        self._store.kept.set_note("rules", OUTDATED)
        self.outdated = True

    def _advance(self, entries: Sequence[Entry]) -> None:
        reached: dict[str, int] = {}
        for journal, sequence in map(read_at, () if self._again else entries):
            reached[journal] = max(sequence, reached.get(journal, 0))
        for journal, sequence in reached.items():
            self._store.kept.set_position(journal, sequence)
        # What people do here makes no page fresh: as far as the feeds have been read is what `as_of` says.
        heard = [entry for entry in entries if not entry.journal.endswith((STATION, AUDIT))]
        last = max(heard, key=lambda e: (e.received_ns, e.order), default=None)
        if last is not None and last.received_ns >= self._store.kept.as_of()[0]:
            self._store.kept.set_as_of(last.received_ns, last.ref)

    def _fold(self) -> None:
        """Bring up to date every chart that was spoken of since this was last done."""
        if self._filing.unsettled:
            self._withdrawing.settle()
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
            self._give_way()
            if root not in again:
                self._fold_on(root, new)
        self._filing.clear()

    def _fold_on(self, root: int, new: Iterable[int]) -> None:
        readings = self._filing.readings
        ids = sorted(new, key=lambda id_: readings[id_].order)
        found = self._find(root)
        if found is None:
            self._fold_again(root)  # its first entries
            return
        chart = found.chart
        if readings[ids[0]].order <= chart.last:
            self._fold_again(root)
            return
        try:
            for id_ in ids:
                self._folding.onto(chart, readings[id_], root)
        except Exception:  # a chart half changed is thrown away; folded again, it passes over what defeats it
            self._fold_again(root)
            return
        self._remember(root, found)

    def _fold_again(self, root: int) -> None:
        chart, placed, passed = self._folding.again(root)
        if chart is None:
            self._drop(root)
            return
        for one in placed:
            if one.id in passed:
                self._store.kept.set_state(one.id, UNCHARTED, REFUSED)
            elif one.state == UNCHARTED and (self._store.kept.state(one.id) or (0, ""))[1] == REFUSED:
                self._store.kept.set_state(one.id, CHARTED)
        self._remember(root, _Open(chart))

    def _remember(self, root: int, found: "_Open") -> None:
        """Keep a chart open, to be written at the end of the batch."""
        self._forget(root)
        self._open[root] = found
        self._changed.add(root)

    def _write(self) -> None:
        """Write every chart that changed, and what is asked of it; they stay open, as many as there is room for."""
        for root in sorted(self._changed):
            self._give_way()
            found = self._open[root]
            self._show(root, found)
            self._store.folded.keep(root, found.chart)
            found.lines = _lines_of(found.chart)
            self._lines += found.lines
        self._changed.clear()
        while self._lines > OPEN_LINES_MAX and len(self._open) > 1:
            self._forget(next(iter(self._open)))

    def _find(self, root: int) -> "_Open | None":
        found = self._open.get(root)
        if found is not None:
            return found
        chart = self._store.folded.opened(root)
        return None if chart is None else _Open(chart)

    def _forget(self, root: int) -> None:
        found = self._open.pop(root, None)
        self._changed.discard(root)
        if found is not None:
            self._lines -= found.lines
            found.lines = 0

    def _drop(self, root: int) -> None:
        world = self._store.identities.text(root).partition(" ")[0]
        self._store.folded.drop(root, world)
        self._store.people.drop(root)
        self._store.places.drop(root)
        self._store.work.drop(root)
        self._store.agenda.drop(root)
        self._store.departures.drop(root)
        self._store.looks.drop(root)
        self._forget(root)

    def _show(self, root: int, found: "_Open") -> None:
        """Let the patient be found, and stand on the board of their ward."""
        chart = found.chart
        setters: tuple[str, ...] | None = _setters(chart)
        gone = found.line is not None and has_left(found.line, chart.last_received_ns)
        same = found.setters == setters and not gone
        try:
            if same and found.line is not None and _leaves_boards(chart):
                line: BoardLine | None = heard_again(found.line, chart)
            elif same and found.line is not None and _leaves_lists(chart):
                line = flagged_again(found.line, chart)
            else:
                line = board_line(chart)
                self._list(root, found, same=same)
            if not same or not chart.stays:
                self._store.people.keep(root, search_words(chart), hit_of(chart))
                self._depart(root, found)
        except Exception as defeated:  # whatever a sender put there, the patient is found and their bed is taken
            error = type(defeated).__name__
            _log.error("a chart has no board line", error=error, entry=f"{chart.last[1]}/{chart.last[2]}")
            self._store.people.keep(root, [number_word(chart.key.rpartition("|")[2])], _plain_hit(chart))
            line, setters = _plain_line(chart), None
        found.line, found.setters = line, setters
        if line is None:
            self._store.places.drop(root)
        else:
            self._store.places.keep(root, chart.world, line)

    def _list(self, root: int, found: "_Open", *, same: bool) -> None:
        """Put down what waits for somebody and when they are expected, unless nothing was said that could change it."""
        if same and found.listed and _leaves_lists(found.chart):
            return
        found.listed = True
        line = work_line(found.chart)
        if line is None:
            self._store.work.drop(root)
        else:
            self._store.work.keep(root, found.chart.world, line)
        corrected = corrections_of(found.chart, self._received)
        if corrected != found.corrected:
            self._store.looks.keep(root, found.chart.world, corrected)
            found.corrected = corrected
        days = agenda_of(found.chart)
        if days != found.days:
            self._store.agenda.keep(root, found.chart.world, days)
            found.days = days

    def _depart(self, root: int, found: "_Open") -> None:
        """Put down which wards the patient left."""
        departures = departures_of(found.chart)
        if departures != found.departures:
            self._store.departures.keep(root, found.chart.world, departures)
            found.departures = departures

    def _received(self, ref: str) -> int:
        """When an entry came in; 0 for one that is not here."""
        entry = self._store.kept.entry(*parse_ref(ref))
        return entry.received_ns if entry is not None else 0


class _Open:
    """A chart that stays open, and what was last made of it."""

    __slots__ = ("chart", "corrected", "days", "departures", "line", "lines", "listed", "setters")

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.lines = 0  # what it counts for while it is open
        self.line: BoardLine | None = None
        self.setters: tuple[str, ...] | None = None
        self.days: dict[int, AgendaLine] | None = None  # that were put down; None: nobody knows
        self.departures: list[Departure] | None = None  # that were put down; None: nobody knows
        self.corrected: list[Correction] | None = None  # that were put down; None: nobody knows
        self.listed = False  # whether what waits was put down


def _lines_of(chart: Chart) -> int:
    return 8 + len(chart.kept) + 2 * len(chart.stays)


def _setters(chart: Chart) -> tuple[str, ...]:
    """The entries that set what is said of a patient and their stays: the same ones, the same words."""
    return (chart.identity.ref, *(stay.ref for stay in chart.stays.values()))


def _leaves_boards(chart: Chart) -> bool:
    """Whether nothing that a board needs was said since the chart was last written."""
    return isinstance(chart.kept, Objects) and chart.kept.leaves_boards


def _leaves_lists(chart: Chart) -> bool:
    """Whether nothing was said since the chart was last written that somebody could wait for."""
    return isinstance(chart.kept, Objects) and chart.kept.leaves_lists


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
