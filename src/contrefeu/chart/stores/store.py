"""A chart store: charts, their source entries, and the indexes that pages ask, in whichever database it lies.

Rules kept here:
  * Whatever is read from a batch of entries, and how far it was read, is one transaction.
  * Who opens a store for writing writes so into it: one whose place another took meanwhile (its connection had ended)
    remembers what is no longer so, and writes no more.
  * A store whose tables were drawn otherwise is never converted: its entries are read, and charts computed again. One
    that we cannot read is set aside.
"""

import contextlib
import secrets
from collections.abc import Iterator

from contrefeu.chart.stores.agenda import Agenda
from contrefeu.chart.stores.compress import Packer, train
from contrefeu.chart.stores.departures import Departures
from contrefeu.chart.stores.engine import Database, Place, StoreTaken, trouble
from contrefeu.chart.stores.folded import Folded
from contrefeu.chart.stores.identities import Identities
from contrefeu.chart.stores.kept import Kept
from contrefeu.chart.stores.lists import Lists
from contrefeu.chart.stores.looks import Looks
from contrefeu.chart.stores.people import People
from contrefeu.chart.stores.places import Places
from contrefeu.chart.stores.schema import FORMER_VERSIONS, SCHEMA_VERSION
from contrefeu.chart.stores.work import Work

WRITER = "writer"  # the note that says who opened it last for writing
TRAIN_AFTER = 5_000  # entries, or charts, before a dictionary is trained on them
TRAIN_ON = 4_000  # of them, the newest: a second of work, once


class ChartStore:
    """A chart store, open."""

    def __init__(self, place: Place) -> None:
        """Open the store at *place* for its one writer, or make an empty one.

        Raises:
            StorageError: The key does not open it, or its disk or its server is in trouble.
        """
        self.place = place
        self._db = place.connect(writes=True)
        version = self._db.version()
        self.former = version in FORMER_VERSIONS  # only the entries can be asked for: other tables are of an older form
        if version not in (0, SCHEMA_VERSION, *FORMER_VERSIONS):
            self._db.close()
            place.set_aside(version)
            self._db = place.connect(writes=True)
            version = 0
        if version == 0:
            self._db.lay_out()
        self._open(self._db)
        self._writer = secrets.token_hex(8)
        if not self.former:
            with self._db.transaction():
                self.kept.set_note(WRITER, self._writer)

    def _open(self, db: Database) -> None:
        self._db = db
        # Messages are written once and seldom read; objects are written and read by every page, many at a time: there
        # the third level takes little longer, and a twentieth less room.
        self._bodies = Packer(self._dictionary, db.veil, "bodies", 1)
        self._objects = Packer(self._dictionary, db.veil, "objects", 3)
        for packer, kind in ((self._bodies, "bodies"), (self._objects, "objects")):
            trained = db.value("SELECT id FROM dictionaries WHERE kind = ?", (kind,))
            if trained is not None:
                packer.use(trained, self._dictionary(trained))
        self._learn_at = {"bodies": TRAIN_AFTER, "objects": TRAIN_AFTER}
        self.kept = Kept(db, self._bodies)
        self.identities = Identities(db, self.kept.journal_of)
        self.folded = Folded(db, self._objects)
        self.people = People(db)
        self.places = Places(db)
        self.lists = Lists(db)
        self.work = Work(db)
        self.agenda = Agenda(db)
        self.departures = Departures(db)
        self.looks = Looks(db, self.identities)

    def reader(self) -> "ChartStore":
        """Open it once more, to read beside the writer (another thread may)."""
        return self._read(self.place, self.place.connect(writes=False), self.former)

    @classmethod
    def read_beside(cls, place: Place) -> "ChartStore":
        """Open the store at *place* to read it, while another node writes it.

        Raises:
            StorageError: It is of another version, or its server is in trouble.
        """
        db = place.connect(writes=False)
        if db.version() != SCHEMA_VERSION:
            db.close()
            raise trouble("is written by a node of another version")
        return cls._read(place, db, former=False)

    @classmethod
    def _read(cls, place: Place, db: Database, former: bool) -> "ChartStore":
        beside = object.__new__(cls)
        beside.place, beside.former = place, former
        beside._open(db)
        return beside

    def close(self) -> None:
        """Let it go."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing."""
        try:
            with self._db.transaction():
                if not self.former and self.kept.note(WRITER) != self._writer:
                    raise trouble("was written by another process since", StoreTaken)
                self.kept.begin()
                self.identities.begin()
                yield
                self.kept.settle()
                self.identities.settle_filed()
                self.folded.settle()
        except BaseException:
            self.kept.forget()
            self.identities.forget()
            self.folded.forget()
            self.people.forget()
            self.places.forget()
            raise

    def snapshot(self) -> contextlib.AbstractContextManager[None]:
        """Read everything as of one moment."""
        return self._db.snapshot()

    def learn(self) -> None:
        """Train the dictionaries, once there is enough to learn from; within a transaction."""
        entries = self.kept.total()
        for packer, kind, samples in (
            (self._bodies, "bodies", self._sample_bodies),
            (self._objects, "objects", self.folded.samples),
        ):
            if packer.dictionary_id or entries < self._learn_at[kind]:
                continue
            self._learn_at[kind] = 2 * entries  # too few or too alike now: more of them may teach more
            trained = train(samples(TRAIN_ON))
            if trained is not None:
                sealed = self._db.veil.seal("dictionaries", trained[1], trained[0])
                row = (trained[0], kind, sealed)
                self._db.run("INSERT INTO dictionaries VALUES(?, ?, ?) ON CONFLICT DO NOTHING", row)
                packer.use(*trained)

    def _sample_bodies(self, limit: int) -> Iterator[bytes]:
        for body, id_ in self._db.rows("SELECT body, id FROM bodies ORDER BY id DESC LIMIT ?", (limit,)):
            yield self._bodies.unpack(body, id_)

    def _dictionary(self, id_: int) -> bytes:
        found = self._db.value("SELECT bytes FROM dictionaries WHERE id = ?", (id_,))
        return self._db.veil.open("dictionaries", found, id_)
