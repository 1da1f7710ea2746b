"""Entries as they were read, what became of each, and each feed's account of them (S8).

    id = journal's number << 44 | sequence

Rules kept here:
  * Every entry read is here with its bytes, whatever became of it: a line of a chart leads to its message.
  * What a transaction adds is held in memory and written at its end, each entry once, with what became of it.
  * received = charted + uncharted + duplicates, for each feed and at every moment.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from contrefeu.chart.identity import Order
from contrefeu.chart.stores.compress import Packer
from contrefeu.chart.stores.engine import Database
from contrefeu.chart.stores.seen import Seen
from contrefeu.hospital import feed_of
from contrefeu.journal import Entry, as_repeated

CHARTED, UNCHARTED, WAITING, DUPLICATE, ACT, WITHDRAWN = 1, 0, 2, 3, 4, 5
SEQUENCE_BITS = 44  # 17e12 entries a journal, and half a million journals, in SQLite's 63 bits
STATES = {
    CHARTED: "charted",
    UNCHARTED: "uncharted",
    WAITING: "waiting",
    DUPLICATE: "duplicate",
    ACT: "act",
    WITHDRAWN: "withdrawn",  # counted among the uncharted: the three still sum (S8)
}
_RECEIVED, _REUSED, _LAST = 3, 4, 5
# Place in a feed's counts; then the three above
_COUNT = {CHARTED: 0, UNCHARTED: 1, WAITING: 1, ACT: 1, WITHDRAWN: 1, DUPLICATE: 2}
# As the index says it (schema.py): what no rule reads, or defeats the fold, is a line on its patient's chart
_OF_NOBODY = "FROM entries WHERE state = 0 AND reason NOT IN ('', 'no rule for it', 'the fold gave up on it')"
_SELECT = "SELECT e.id, e.hlc, e.received, e.source, e.media, b.body FROM entries e JOIN bodies b ON b.id = e.id "


class FeedRow(NamedTuple):
    """One sender's account."""

    source: str
    received: int
    charted: int
    uncharted: int
    duplicates: int
    reused: int  # messages whose control id had been used for other bytes
    last_ns: int


class Placed(NamedTuple):
    """Where an entry stands."""

    order: Order
    received_ns: int
    id: int
    state: int


class _Added:
    """An entry that is not written yet, and what became of it."""

    __slots__ = ("entry", "media", "reason", "source", "state")

    def __init__(self, entry: Entry, source: int, media: int, state: int, reason: str) -> None:
        self.entry = entry
        self.source = source
        self.media = media
        self.state = state
        self.reason = reason


class Kept:
    """The entries of a store."""

    def __init__(self, db: Database, packer: Packer) -> None:
        self._db = db
        self._packer = packer
        self._names: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._counts: dict[int, list[int]] = {}
        self._added: dict[int, _Added] = {}  # by this transaction, and not written yet
        self._stand: dict[int, dict[int, int]] = {}  # the same: control -> digest -> the entry that stands for both
        self._unused: set[int] = set()  # controls that the file does not know
        self._seen: Seen | None = None  # controls, for the one that writes

    def begin(self) -> None:
        """Begin a transaction: nobody else writes from now on."""
        if self._seen is None:
            self._seen = Seen(empty=self._db.row("SELECT 1 FROM repeats LIMIT 1") is None)

    def forget(self) -> None:
        """Forget what was remembered beside the file: a transaction was taken back."""
        self._names.clear()
        self._texts.clear()
        self._counts.clear()
        self._added.clear()
        self._stand.clear()
        self._unused.clear()

    def flush(self) -> None:
        """Write down what this transaction added, for statements that read the tables."""
        self._db.run_many(
            "INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?)",
            [
                (id_, one.entry.hlc, one.entry.received_ns, one.source, one.media, one.state, one.reason)
                for id_, one in self._added.items()
            ],
        )
        acts = [id_ for id_, one in self._added.items() if one.state == ACT]
        self._db.run_many("INSERT INTO acts VALUES(?, ?)", list(enumerate(acts, self.acts_count() + 1)) if acts else [])
        pack = self._packer.pack
        self._db.run_many(
            "INSERT INTO bodies VALUES(?, ?)", [(id_, pack(one.entry.body, id_)) for id_, one in self._added.items()]
        )
        self._added.clear()
        self._db.run_many(
            "INSERT INTO repeats VALUES(?, ?, ?) ON CONFLICT(control, body) DO UPDATE SET entry = excluded.entry",
            sorted((control, digest, id_) for control, found in self._stand.items() for digest, id_ in found.items()),
        )
        self._stand.clear()
        self._unused.clear()

    def settle(self) -> None:
        """Write down the entries and the counts of this transaction, before it ends."""
        self.flush()
        rows = [
            (source, received, *counts, reused, last)
            for source, (*counts, received, reused, last) in self._counts.items()
        ]
        self._db.run_many(
            "INSERT INTO feeds(source, received, charted, uncharted, duplicates, reused, last)"
            " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(source) DO UPDATE SET"
            " received = feeds.received + excluded.received, charted = feeds.charted + excluded.charted,"
            " uncharted = feeds.uncharted + excluded.uncharted, duplicates = feeds.duplicates + excluded.duplicates,"
            " reused = feeds.reused + excluded.reused,"
            " last = CASE WHEN excluded.last > feeds.last THEN excluded.last ELSE feeds.last END",
            rows,
        )
        self._counts.clear()

    # Entries.

    def add(self, entry: Entry, state: int, reason: str = "") -> int:
        """Keep *entry* and count it; returns its id."""
        id_ = self.id_of(entry.journal, entry.sequence)
        source = self._number(entry.source)
        self._added[id_] = _Added(entry, source, self._number(entry.media_type), state, reason)
        counts = self._of(source)
        counts[_COUNT[state]] += 1
        counts[_RECEIVED] += 1
        counts[_LAST] = max(counts[_LAST], entry.received_ns)
        return id_

    def replace(self, entry: Entry) -> None:
        """Keep *entry* where another was kept under its name; what became of that one stays said until a new fold."""
        self.flush()
        id_ = self.id_of(entry.journal, entry.sequence)
        said = (entry.hlc, entry.received_ns, self._number(entry.source), self._number(entry.media_type), id_)
        self._db.run("UPDATE entries SET hlc = ?, received = ?, source = ?, media = ? WHERE id = ?", said)
        self._db.run("UPDATE bodies SET body = ? WHERE id = ?", (self._packer.pack(entry.body, id_), id_))

    def set_state(self, id_: int, state: int, reason: str = "") -> None:
        """Say anew what became of an entry."""
        added = self._added.get(id_)
        if added is not None:
            source, before = added.source, added.state
            added.state, added.reason = state, reason
        else:
            source, before = self._db.row("SELECT source, state FROM entries WHERE id = ?", (id_,)) or (0, state)
            self._db.run("UPDATE entries SET state = ?, reason = ? WHERE id = ?", (state, reason, id_))
        if before != state:
            counts = self._of(source)
            counts[_COUNT[before]] -= 1
            counts[_COUNT[state]] += 1

    def count_reused(self, source: str) -> None:
        """Count a message whose control id had been used for other bytes (F29: an alarm)."""
        self._of(self._number(source))[_REUSED] += 1

    def state(self, id_: int) -> tuple[int, str] | None:
        """What became of an entry, and why."""
        added = self._added.get(id_)
        if added is not None:
            return added.state, added.reason
        return self._db.row("SELECT state, reason FROM entries WHERE id = ?", (id_,))

    def entry(self, journal: str, sequence: int) -> Entry | None:
        """One entry, or None when it was not read here."""
        number = self._known(journal)
        if number is None or not 0 < sequence < 1 << SEQUENCE_BITS:
            return None
        return next(self.entries([number << SEQUENCE_BITS | sequence]), None)

    def entries(self, ids: Iterable[int]) -> Iterator[Entry]:
        """Yield entries by id."""
        for id_ in ids:
            added = self._added.get(id_)
            if added is not None:
                yield added.entry
                continue
            found = self._db.row(_SELECT + "WHERE e.id = ?", (id_,))
            if found is not None:
                yield self._entry(found)

    def order(self, id_: int) -> Order:
        """Return where an entry stands in journal order."""
        added = self._added.get(id_)
        if added is not None:
            return added.entry.order
        hlc = int(self._db.value("SELECT hlc FROM entries WHERE id = ?", (id_,)))
        return hlc, self.journal_of(id_), id_ & (1 << SEQUENCE_BITS) - 1

    def placed(self, ids: Iterable[int]) -> list[Placed]:
        """Return where these entries stand, in journal order; bodies are not read."""
        found = []
        for id_ in ids:
            added = self._added.get(id_)
            if added is not None:
                found.append(Placed(added.entry.order, added.entry.received_ns, id_, added.state))
                continue
            row = self._db.row("SELECT hlc, received, state FROM entries WHERE id = ?", (id_,))
            assert row is not None, "what is filed is kept"
            order = (row[0], self.journal_of(id_), id_ & (1 << SEQUENCE_BITS) - 1)
            found.append(Placed(order, row[1], id_, row[2]))
        return sorted(found)

    def all(self) -> Iterator[Entry]:
        """Yield every entry, in journal order."""
        for _, same in groupby(self._db.each("SELECT hlc, id FROM entries ORDER BY hlc, id"), key=itemgetter(0)):
            yield from self.entries(sorted((id_ for _, id_ in same), key=lambda id_: (self.journal_of(id_), id_)))

    def acts(self, after: Order | None = None) -> list[Entry]:
        """Return every act after *after*, in journal order."""
        hlc = after[0] if after is not None else 0
        ids = [id_ for (id_,) in self._db.rows("SELECT id FROM entries WHERE state = 4 AND hlc >= ?", (hlc,))]
        return list(self.entries(one.id for one in self.placed(ids) if after is None or one.order > after))

    def acts_count(self) -> int:
        """Return how many acts there are."""
        return int(self._db.value("SELECT max(id) FROM acts") or 0)

    def acts_behind(self, count: int) -> Iterator[Entry]:
        """Yield the acts that were read after the first *count*, as they were read."""
        yield from self.entries([id_ for (id_,) in self._db.rows("SELECT entry FROM acts WHERE id > ?", (count,))])

    def waiting(self, limit: int) -> list[tuple[Entry, str]]:
        """Return entries that name somebody by an order or a stay nobody has been seen with, the newest first."""
        found = self._db.rows("SELECT id, reason FROM entries WHERE state = 2 ORDER BY received DESC LIMIT ?", (limit,))
        return [(entry, reason) for id_, reason in found for entry in self.entries([id_])]

    def of_nobody(self, limit: int) -> list[tuple[Entry, str]]:
        """Return entries that are charted nowhere and stand on nobody's chart either, the newest first."""
        found = self._db.rows("SELECT id, reason " + _OF_NOBODY + " ORDER BY received DESC LIMIT ?", (limit,))
        return [(entry, reason) for id_, reason in found for entry in self.entries([id_])]

    def unplaced_counts(self) -> tuple[int, int]:
        """Return how many entries wait for their patient, and how many are nobody's."""
        waiting = self._db.value("SELECT count(*) FROM entries WHERE state = 2")
        return int(waiting), int(self._db.value("SELECT count(*) " + _OF_NOBODY))

    def withdrawn_counts(self) -> dict[str, int]:
        """Return how many entries of each source are withdrawn."""
        sql = "SELECT source, count(*) FROM entries WHERE state = 5 GROUP BY source"
        return {self._text(source): count for source, count in self._db.rows(sql)}

    def account(self, journal: str, first: int, last: int) -> dict[int, int]:
        """Return how many entries of *journal*, from *first* to *last*, are in each state."""
        number = self._known(journal)
        if number is None:
            return {}
        base = number << SEQUENCE_BITS
        return dict(
            self._db.rows(
                "SELECT state, count(*) FROM entries WHERE id BETWEEN ? AND ? GROUP BY state",
                (base | first, base | last),
            )
        )

    def _entry(self, row: tuple[int, int, int, int, int, bytes]) -> Entry:
        id_, hlc, received, source, media, body = row
        return Entry(
            self.journal_of(id_),
            id_ & (1 << SEQUENCE_BITS) - 1,
            received,
            hlc,
            self._text(source),
            self._text(media),
            self._packer.unpack(body, id_),
        )

    def id_of(self, journal: str, sequence: int) -> int:
        """Return the id that an entry has here."""
        return self._number(journal) << SEQUENCE_BITS | sequence

    # Repeats.

    def first_of(self, entry: Entry, control_id: str) -> tuple[int, int, int | None]:
        """Return the keys of (source, control id) and of the bytes, and the entry that stands for both, if any."""
        control = self._hash("repeats.control", f"{feed_of(entry.source)}\0{control_id}".encode())
        digest = self._hash("repeats.body", as_repeated(entry.media_type, entry.body))
        found = self._stand.get(control, {}).get(digest)
        if found is not None or control in self._unused:
            return control, digest, found
        lacks = self._seen is not None and self._seen.lacks(control)
        if lacks or self._db.row("SELECT 1 FROM repeats WHERE control = ?", (control,)) is None:
            self._unused.add(control)
            return control, digest, None
        sql = "SELECT entry FROM repeats WHERE control = ? AND body = ?"
        return control, digest, self._db.value(sql, (control, digest))

    def stands_for(self, control: int, digest: int, id_: int) -> int | None:
        """Let *id_* stand for its repeats; returns the last entry that used the control id for other bytes, if any."""
        stand = self._stand.setdefault(control, {})
        used = [entry for one, entry in stand.items() if one != digest]
        if control not in self._unused:
            sql = "SELECT max(entry) FROM repeats WHERE control = ? AND body != ?"
            before = self._db.value(sql, (control, digest))
            used += [] if before is None else [before]
        stand[digest] = id_
        if self._seen is not None:
            self._seen.add(control)
        return max(used, default=None)

    def add_repeat(self, control: int, digest: int, id_: int) -> None:
        """Keep that *id_* is a repeat that another entry stands for."""
        self._db.run("INSERT INTO repeated VALUES(?, ?, ?) ON CONFLICT DO NOTHING", (control, digest, id_))

    def drop_repeat(self, control: int, digest: int, id_: int) -> None:
        """Keep that *id_* is no repeat any more: it stands for the others."""
        self._db.run("DELETE FROM repeated WHERE control = ? AND body = ? AND entry = ?", (control, digest, id_))

    def repeats_of(self, control: int, digest: int) -> list[int]:
        """Return the repeats that another entry stands for."""
        sql = "SELECT entry FROM repeated WHERE control = ? AND body = ?"
        return [entry for (entry,) in self._db.rows(sql, (control, digest))]

    # How far, and who speaks.

    def positions(self) -> dict[str, int]:
        """Return the last sequence read of each journal."""
        return {self._text(j): s for j, s in self._db.rows("SELECT journal, sequence FROM positions")}

    def set_position(self, journal: str, sequence: int) -> None:
        """Say how far a journal was read."""
        self._db.run(
            "INSERT INTO positions VALUES(?, ?) ON CONFLICT(journal) DO UPDATE SET sequence = excluded.sequence",
            (self._number(journal), sequence),
        )

    def as_of(self) -> tuple[int, str]:
        """Return when the last entry was received, and which it is; (0, "") before the first."""
        found = self.note("as_of")
        if found is None:
            return 0, ""
        received, _, ref = found.partition(" ")
        return int(received), ref

    def set_as_of(self, received_ns: int, ref: str) -> None:
        """Say which entry is the last."""
        self.set_note("as_of", f"{received_ns} {ref}")

    def note(self, name: str) -> str | None:
        """Return what was noted under *name*."""
        found = self._db.value("SELECT value FROM meta WHERE name = ?", (name,))
        return None if found is None else self._db.veil.open("meta", found, name.encode()).decode()

    def set_note(self, name: str, value: str) -> None:
        """Note *value* under *name*."""
        sealed = self._db.veil.seal("meta", value.encode(), name.encode())
        self._db.run(
            "INSERT INTO meta VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value", (name, sealed)
        )

    def total(self) -> int:
        """Return how many entries were read: it grows with each, so it says whether anything changed."""
        return int(self._db.value("SELECT sum(received) FROM feeds", default=0) or 0)

    def feeds(self) -> list[FeedRow]:
        """Return each feed's account, by name."""
        found = self._db.rows("SELECT source, received, charted, uncharted, duplicates, reused, last FROM feeds")
        return sorted(FeedRow(self._text(source), *rest) for source, *rest in found)

    def _of(self, source: int) -> list[int]:
        return self._counts.setdefault(source, [0] * 6)

    # Names.

    def _number(self, text: str) -> int:
        number = self._known(text)
        if number is None:
            sql = "INSERT INTO names(text) VALUES(?) RETURNING id"
            number = self._names[text] = int(self._db.value(sql, (self._masked(text),)))
        return number

    def _known(self, text: str) -> int | None:
        number = self._names.get(text)
        if number is None:
            number = self._db.value("SELECT id FROM names WHERE text = ?", (self._masked(text),))
            if number is not None:
                self._names[text] = number
        return number

    def _text(self, number: int) -> str:
        text = self._texts.get(number)
        if text is None:
            found = self._db.value("SELECT text FROM names WHERE id = ?", (number,))
            text = self._texts[number] = self._db.veil.unmask("names.text", found).decode()
        return text

    def journal_of(self, id_: int) -> str:
        """Return the journal of an entry."""
        return self._text(id_ >> SEQUENCE_BITS)

    def _masked(self, text: str) -> bytes:
        return self._db.veil.mask("names.text", text.encode())

    def _hash(self, column: str, data: bytes) -> int:
        """Eight bytes that stand for *data*, as a database's signed integer."""
        return int.from_bytes(self._db.veil.digest(column, data, 8), "big", signed=True)
