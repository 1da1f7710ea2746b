"""The embedded chart store: one sealed file of charts, their source entries, and the indexes that pages ask.

Rules kept here:
  * Whatever is read from a batch of entries, and how far it was read, is one transaction.
  * A store whose tables were drawn otherwise is never converted: its entries are read, and charts computed again. One
    that we cannot read is set aside.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from contrefeu.base import durable_makedirs
from contrefeu.chart.stores.compress import Packer, train
from contrefeu.chart.stores.database import Database
from contrefeu.chart.stores.folded import Folded
from contrefeu.chart.stores.identities import Identities
from contrefeu.chart.stores.kept import Kept
from contrefeu.chart.stores.people import People
from contrefeu.chart.stores.places import Places
from contrefeu.chart.stores.schema import FORMER_VERSIONS, SCHEMA, SCHEMA_VERSION

TRAIN_AFTER = 5_000  # entries, or charts, before a dictionary is trained on them
TRAIN_ON = 4_000  # of them, the newest: a second of work, once


class ChartStore:
    """A chart store, open: in a file, or in memory when there is no path."""

    def __init__(self, path: Path | None, key: bytes) -> None:
        """Open the store at *path*, or make an empty one.

        Raises:
            StorageError: The key does not open it, or its disk is in trouble.
        """
        self._path, self._key = path, key
        if path is not None:
            durable_makedirs(path.parent)
        self._db = Database(path, key, writes=True)
        self.former = False  # whether only the entries can be asked for: the other tables are of an older version
        self._set_up()
        self._lay_out()

    def _lay_out(self) -> None:
        self._bodies = Packer(self._dictionary)
        self._objects = Packer(self._dictionary)
        for packer, kind in ((self._bodies, "bodies"), (self._objects, "objects")):
            trained = self._db.row("SELECT id, bytes FROM dictionaries WHERE kind = ? ORDER BY rowid DESC", (kind,))
            if trained is not None:
                packer.use(*trained)
        self._learn_at = {"bodies": TRAIN_AFTER, "objects": TRAIN_AFTER}
        self.kept = Kept(self._db, self._bodies)
        self.identities = Identities(self._db)
        self.folded = Folded(self._db, self._objects)
        self.people = People(self._db)
        self.places = Places(self._db)

    @staticmethod
    def remove(path: Path) -> None:
        """Remove the files of a store that nobody has open."""
        for suffix in ("-wal", "-shm", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def reader(self) -> "ChartStore":
        """Open it once more, to read beside the writer (another thread may)."""
        assert self._path is not None, "a store in memory has one connection"
        beside = object.__new__(ChartStore)
        beside._path, beside._key, beside.former = self._path, self._key, self.former
        beside._db = Database(self._path, self._key, writes=False)
        beside._lay_out()
        return beside

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing."""
        try:
            with self._db.transaction():
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
        for packer, kind, sql in (
            (self._bodies, "bodies", "SELECT body FROM bodies ORDER BY id DESC LIMIT ?"),
            (self._objects, "objects", "SELECT body FROM objects ORDER BY node DESC LIMIT ?"),
        ):
            if packer.dictionary_id or entries < self._learn_at[kind]:
                continue
            self._learn_at[kind] = 2 * entries  # too few or too alike now: more of them may teach more
            trained = train(packer.unpack(body) for (body,) in self._db.rows(sql, (TRAIN_ON,)))
            if trained is not None:
                self._db.run("INSERT OR IGNORE INTO dictionaries VALUES(?, ?, ?)", (trained[0], kind, trained[1]))
                packer.use(*trained)

    def _set_up(self) -> None:
        version = self._version()
        self.former = version in FORMER_VERSIONS
        if version not in (0, SCHEMA_VERSION, *FORMER_VERSIONS):
            assert self._path is not None, "a store in memory is as old as this process"
            self._db.close()
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._path.rename(self._path.with_name(f"{self._path.name}.version-{version}"))
            self._db = Database(self._path, self._key, writes=True)
            version = 0
        if version == 0:
            with self._db.transaction():
                self._db.run(SCHEMA)
                self._db.run(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        return int(self._db.value("PRAGMA user_version"))

    def _dictionary(self, id_: int) -> bytes:
        return bytes(self._db.value("SELECT bytes FROM dictionaries WHERE id = ?", (id_,)))
