"""One sealed SQLite file: opened with a key of 32 bytes, pages sealed with AEGIS, write-ahead log.

Rules kept here:
  * The key is given as bytes and used as it is (no passphrase): it stands in no argument, no log, no error.
  * One connection writes; any number read beside it, each in a snapshot of its own.
  * Commits are not synced one by one: the store is a view, and its positions go back with its charts.
  * What SQLite says about a failed statement may quote it: errors say which kind of trouble, and nothing else.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from contrefeu.base import StorageError

KEY_BYTES = 32
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


class Database:
    """A connection."""

    def __init__(self, path: Path | None, key: bytes, *, writes: bool) -> None:
        assert len(key) == KEY_BYTES, "a store key is drawn, never typed"
        self.path = path
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


def _storage_error(found: apsw.Error) -> Exception:
    """What a trouble of SQLite is to us; itself, when it is our own mistake."""
    said = next((words for kind, words in _TROUBLE if isinstance(found, kind)), "")
    if not said:
        return found
    return StorageError(
        f"The chart store {said}.",
        safe="The journal: charts are a view of it.",
        next="See to its disk and key; a damaged store may be deleted, and is filled again from the journals.",
    )
