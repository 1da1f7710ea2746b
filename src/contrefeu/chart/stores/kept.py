"""Entries as they were read, what became of each, and each feed's account of them (S8).

    id = journal's number << 44 | sequence

Rules kept here:
  * Every entry read is here with its bytes, whatever became of it: a line of a chart leads to its message.
  * received = charted + uncharted + duplicates, for each feed and at every moment.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from contrefeu.chart.stores.compress import Packer
from contrefeu.chart.stores.database import Database
from contrefeu.journal import Entry

CHARTED, UNCHARTED, WAITING, DUPLICATE, ACT = 1, 0, 2, 3, 4
SEQUENCE_BITS = 44
STATES = {CHARTED: "charted", UNCHARTED: "uncharted", WAITING: "waiting", DUPLICATE: "duplicate", ACT: "act"}
_COLUMN = {CHARTED: "charted", UNCHARTED: "uncharted", WAITING: "uncharted", DUPLICATE: "duplicates", ACT: "uncharted"}
_SELECT = "SELECT e.id, e.hlc, e.received, e.source, e.media, b.body FROM entries e JOIN bodies b ON b.id = e.id "

Order = tuple[int, str, int]
"""Journal order everywhere: hybrid clock, journal, sequence."""


class FeedRow(NamedTuple):
    """One sender's account."""

    source: str
    received: int
    charted: int
    uncharted: int
    duplicates: int
    reused: int  # messages whose control id had been used for other bytes
    last_ns: int


def order_of(entry: Entry) -> Order:
    """Return where *entry* stands in journal order."""
    return entry.hlc, entry.journal, entry.sequence


class Kept:
    """The entries of a store."""

    def __init__(self, db: Database, packer: Packer) -> None:
        self._db = db
        self._packer = packer
        self._names: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def forget(self) -> None:
        """Forget what was remembered beside the file: a transaction was taken back."""
        self._names.clear()
        self._texts.clear()

    # Entries.

    def add(self, entry: Entry, state: int, reason: str = "") -> int:
        """Keep *entry* and count it; returns its id."""
        id_ = self.id_of(entry.journal, entry.sequence)
        source = self._number(entry.source)
        self._db.run(
            "INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?)",
            (id_, entry.hlc, entry.received_ns, source, self._number(entry.media_type), state, reason),
        )
        self._db.run("INSERT INTO bodies VALUES(?, ?)", (id_, self._packer.pack(entry.body)))
        self._db.run(
            f"INSERT INTO feeds(source, received, charted, uncharted, duplicates, reused, last)"  # noqa: S608
            f" VALUES(?1, 1, 0, 0, 0, 0, ?2) ON CONFLICT DO UPDATE SET received = received + 1, last = max(last, ?2)",
            (source, entry.received_ns),
        )
        self._count(source, state, 1)
        return id_

    def set_state(self, id_: int, state: int, reason: str = "") -> None:
        """Say anew what became of an entry."""
        source, before = self._db.row("SELECT source, state FROM entries WHERE id = ?", (id_,)) or (0, state)
        if before != state:
            self._count(source, before, -1)
            self._count(source, state, 1)
        self._db.run("UPDATE entries SET state = ?, reason = ? WHERE id = ?", (state, reason, id_))

    def count_reused(self, source: str) -> None:
        """Count a message whose control id had been used for other bytes (F29: an alarm)."""
        self._db.run("UPDATE feeds SET reused = reused + 1 WHERE source = ?", (self._number(source),))

    def state(self, id_: int) -> int | None:
        """What became of an entry."""
        found: int | None = self._db.value("SELECT state FROM entries WHERE id = ?", (id_,))
        return found

    def entry(self, journal: str, sequence: int) -> Entry | None:
        """One entry, or None when it was not read here."""
        number = self._known(journal)
        if number is None or not 0 < sequence < 1 << SEQUENCE_BITS:
            return None
        return next(self.entries([number << SEQUENCE_BITS | sequence]), None)

    def entries(self, ids: Iterable[int]) -> Iterator[Entry]:
        """Yield entries by id."""
        for id_ in ids:
            found = self._db.row(_SELECT + "WHERE e.id = ?", (id_,))
            if found is not None:
                yield self._entry(found)

    def orders(self, ids: Sequence[int]) -> list[tuple[Order, int, int]]:
        """Return (order, received, id) of these entries, in journal order; bodies are not read."""
        found = []
        for id_ in ids:
            hlc, received = self._db.row("SELECT hlc, received FROM entries WHERE id = ?", (id_,)) or (0, 0)
            found.append(((hlc, self._text(id_ >> SEQUENCE_BITS), id_ & (1 << SEQUENCE_BITS) - 1), received, id_))
        return sorted(found)

    def all(self, until_ns: int) -> Iterator[Entry]:
        """Yield every entry received by *until_ns*, in journal order."""
        ids = self._db.rows(
            "SELECT e.id FROM entries e JOIN names n ON n.id = e.id >> ? WHERE e.received <= ?"
            " ORDER BY e.hlc, n.text, e.id",
            (SEQUENCE_BITS, until_ns),
        )
        return self.entries(id_ for (id_,) in ids)

    def acts(self) -> list[Entry]:
        """Return every act, in journal order."""
        ids = [id_ for (id_,) in self._db.rows("SELECT id FROM entries WHERE state = ?", (ACT,))]
        return list(self.entries(id_ for _, _, id_ in self.orders(ids)))

    def waiting(self, limit: int) -> list[tuple[Entry, str]]:
        """Return entries that name somebody by an order or a stay nobody has been seen with, the newest first."""
        found = self._db.rows(
            "SELECT id, reason FROM entries WHERE state = ? ORDER BY received DESC LIMIT ?", (WAITING, limit)
        )
        return [(entry, reason) for id_, reason in found for entry in self.entries([id_])]

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
            self._text(id_ >> SEQUENCE_BITS),
            id_ & (1 << SEQUENCE_BITS) - 1,
            received,
            hlc,
            self._text(source),
            self._text(media),
            self._packer.unpack(body),
        )

    def id_of(self, journal: str, sequence: int) -> int:
        """Return the id that an entry has here."""
        return self._number(journal) << SEQUENCE_BITS | sequence

    # Repeats.

    def first_of(self, source: str, control_id: str, body: bytes) -> tuple[int, int, int | None]:
        """Return the keys of (source, control id) and of the bytes, and the entry that stands for both, if any."""
        control = _hash(f"{source}\0{control_id}".encode())
        digest = _hash(body)
        found = self._db.value("SELECT entry FROM repeats WHERE control = ? AND body = ?", (control, digest))
        return control, digest, found

    def stands_for(self, control: int, digest: int, id_: int) -> bool:
        """Let *id_* stand for its repeats; returns whether the control id had been used for other bytes."""
        self._db.run("INSERT OR REPLACE INTO repeats VALUES(?, ?, ?)", (control, digest, id_))
        return self._db.row("SELECT 1 FROM repeats WHERE control = ? AND body != ?", (control, digest)) is not None

    # How far, and who speaks.

    def positions(self) -> dict[str, int]:
        """Return the last sequence read of each journal."""
        return {self._text(j): s for j, s in self._db.rows("SELECT journal, sequence FROM positions")}

    def set_position(self, journal: str, sequence: int) -> None:
        """Say how far a journal was read."""
        self._db.run("INSERT OR REPLACE INTO positions VALUES(?, ?)", (self._number(journal), sequence))

    def as_of(self) -> tuple[int, str]:
        """Return when the last entry was received, and which it is; (0, "") before the first."""
        found = self._db.value("SELECT value FROM meta WHERE name = 'as_of'")
        if found is None:
            return 0, ""
        received, _, ref = found.partition(" ")
        return int(received), ref

    def set_as_of(self, received_ns: int, ref: str) -> None:
        """Say which entry is the last."""
        self._db.run("INSERT OR REPLACE INTO meta VALUES('as_of', ?)", (f"{received_ns} {ref}",))

    def total(self) -> int:
        """Return how many entries were read: it grows with each, so it says whether anything changed."""
        return int(self._db.value("SELECT sum(received) FROM feeds", default=0) or 0)

    def feeds(self) -> list[FeedRow]:
        """Return each feed's account, by name."""
        found = self._db.rows("SELECT source, received, charted, uncharted, duplicates, reused, last FROM feeds")
        return sorted(FeedRow(self._text(source), *rest) for source, *rest in found)

    def _count(self, source: int, state: int, by: int) -> None:
        column = _COLUMN[state]
        self._db.run(f"UPDATE feeds SET {column} = {column} + ? WHERE source = ?", (by, source))  # noqa: S608

    # Names.

    def _number(self, text: str) -> int:
        number = self._known(text)
        if number is None:
            self._db.run("INSERT INTO names(text) VALUES(?)", (text,))
            number = self._names[text] = int(self._db.value("SELECT id FROM names WHERE text = ?", (text,)))
        return number

    def _known(self, text: str) -> int | None:
        number = self._names.get(text)
        if number is None:
            number = self._db.value("SELECT id FROM names WHERE text = ?", (text,))
            if number is not None:
                self._names[text] = number
        return number

    def _text(self, number: int) -> str:
        text = self._texts.get(number)
        if text is None:
            text = self._texts[number] = str(self._db.value("SELECT text FROM names WHERE id = ?", (number,)))
        return text


def _hash(data: bytes) -> int:
    """Eight bytes of BLAKE2b, as SQLite's signed integer."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)
