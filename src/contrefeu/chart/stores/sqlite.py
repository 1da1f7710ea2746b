"""A store in one sealed SQLite file: opened with a key of 32 bytes, pages sealed with AEGIS, write-ahead log.

Rules kept here:
  * The key is given as bytes and used as it is (no passphrase): it stands in no argument, no log, no error.
  * The file is sealed whole, so its values need no veil: whoever cannot open it sees nothing of it.
  * One connection writes; any number read beside it, each in a snapshot of its own.
  * Commits are not synced one by one: the store is a view, and its positions go back with its charts.
  * What SQLite says about a failed statement may quote it: errors say which kind of trouble, and nothing else.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from contrefeu.base import durable_makedirs
from contrefeu.chart.stores.engine import KEY_BYTES, Alternative, Database, Index, Place, Question, Term, Veil, trouble
from contrefeu.chart.stores.schema import INDEX_SQLITE, SCHEMA, SCHEMA_VERSION
from contrefeu.chart.stores.veil import Clear

_SUFFIXES = ("-wal", "-shm", "")
CACHE_KIB = 64 * 1024  # pages in memory, for a writer; a reader has an eighth
BUSY_MS = 10_000  # how long a reader that starts waits for a log that is being reset
_TROUBLE = (
    (apsw.NotADBError, "does not open with this key, or is not a chart store"),
    (apsw.CorruptError, "is damaged"),
    (apsw.FullError, "has no room left on its disk"),
    (apsw.ReadOnlyError, "cannot be written"),
    (apsw.IOError, "cannot be read or written"),
    (apsw.BusyError, "is being written by another process"),
    (apsw.CantOpenError, "cannot be opened"),
)


class SqliteFile:
    """A store in the file at *path*; in memory when there is none."""

    def __init__(self, path: Path | None, key: bytes) -> None:
        assert len(key) == KEY_BYTES, "a store key is drawn, never typed"
        self._path, self._key = path, key

    def connect(self, *, writes: bool) -> Database:
        """Open it."""
        assert writes or self._path is not None, "a store in memory has one connection"
        if self._path is not None and writes:
            durable_makedirs(self._path.parent)
        return SqliteDatabase(self._path, self._key, writes=writes)

    def beside(self) -> "SqliteFile":
        """Return the place of a store that is to take this one's."""
        return SqliteFile(self._file.with_name(f"{self._file.name}.new"), self._key)

    def remove(self) -> None:
        """Remove its files."""
        for suffix in _SUFFIXES:
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)

    def take(self, other: Place) -> None:
        """Let the file at *other* be this one."""
        assert isinstance(other, SqliteFile), "a store is replaced by one of its kind"
        self.remove()
        other._file.rename(self._file)

    def set_aside(self, version: int) -> None:
        """Give it another name."""
        for suffix in _SUFFIXES[:2]:
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        self._file.rename(self._file.with_name(f"{self._file.name}.version-{version}"))

    def is_free(self) -> bool:
        """Say that nobody writes it: whoever opens it holds the lock beside it (follow.py)."""
        return True

    @property
    def _file(self) -> Path:
        assert self._path is not None, "a store in memory is as old as this process"
        return self._path


class SqliteDatabase:
    """A connection."""

    def __init__(self, path: Path | None, key: bytes, *, writes: bool) -> None:
        self.veil: Veil = Clear()
        self.index: Index = _Words(self)
        if path is not None and writes:
            path.touch(0o600)  # for the owner's eyes, though it is sealed; its log takes the same mode
        try:
            flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
            self._db = apsw.Connection(str(path) if path else ":memory:", flags=flags)
            self._db.set_busy_timeout(BUSY_MS)
            if path is not None:
                self._db.execute("PRAGMA cipher = 'aegis'")
                self._db.execute(f"PRAGMA key = 'raw:{key.hex()}'")
                self._db.execute("PRAGMA journal_mode = WAL").fetchall()
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB if writes else CACHE_KIB // 8}")
            self._db.execute("PRAGMA temp_store = MEMORY")
            if not writes:
                self._db.execute("PRAGMA query_only = 1")
        except apsw.Error as found:
            raise _storage_error(found) from None

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run a statement that gives nothing back."""
        try:
            self._db.execute(sql, values)
        except apsw.Error as found:
            raise _storage_error(found) from None

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once a row."""
        if rows:
            try:
                self._db.executemany(sql, rows)
            except apsw.Error as found:
                raise _storage_error(found) from None

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a question."""
        try:
            return self._db.execute(sql, values).fetchall()
        except apsw.Error as found:
            raise _storage_error(found) from None

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question, one at a time."""
        try:
            yield from self._db.execute(sql, values)
        except apsw.Error as found:
            raise _storage_error(found) from None

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a question."""
        try:
            return self._db.execute(sql, values).fetchone()
        except apsw.Error as found:
            raise _storage_error(found) from None

    def value(self, sql: str, values: Sequence[Any] = (), default: Any = None) -> Any:
        """Return the first column of the first row."""
        found = self.row(sql, values)
        return default if found is None else found[0]

    def changed(self) -> int:
        """Return how many rows the last statement changed."""
        return self._db.changes()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything as of one moment."""
        self.run("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    def version(self) -> int:
        """Return which tables stand there."""
        return int(self.value("PRAGMA user_version"))

    def lay_out(self) -> None:
        """Make the tables."""
        with self.transaction():
            self.run(SCHEMA + INDEX_SQLITE)
            self.run(f"PRAGMA user_version = {SCHEMA_VERSION}")


class _Words:
    """The index: FTS5, which keeps for each word who answers to it."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db

    def put(self, people: Sequence[tuple[int, Sequence[str]]]) -> None:
        """Let each root answer to its words, and to no others."""
        self._db.run_many("DELETE FROM found WHERE rowid = ?", [(root,) for root, _ in people])
        rows = [(root, " ".join(words)) for root, words in people]
        self._db.run_many("INSERT INTO found(rowid, words) VALUES(?, ?)", rows)

    def drop(self, root: int) -> None:
        """Let *root* answer to nothing."""
        self._db.run("DELETE FROM found WHERE rowid = ?", (root,))

    def search(self, question: Question, limit: int) -> list[int]:
        """Return roots that answer."""
        match = " AND ".join(f"({' OR '.join(map(_all, alternatives))})" for alternatives in question)
        sql = "SELECT rowid FROM found WHERE found MATCH ? LIMIT ?"
        return [root for (root,) in self._db.rows(sql, (match, limit))]


def _all(terms: Alternative) -> str:
    return f"({' AND '.join(map(_term, terms))})"


def _term(term: Term) -> str:
    return f'"{term.word}"*' if term.begins else f'"{term.word}"'


def _storage_error(found: apsw.Error) -> Exception:
    """What a trouble of SQLite is to us; itself, when it is our own mistake."""
    said = next((words for kind, words in _TROUBLE if isinstance(found, kind)), "")
    return trouble(said) if said else found
