"""A table that may be larger than memory, for as long as one command runs.

Rules kept here:
  * It lies in the home, sealed with a key that is never written: when the process ends, nobody reads it.
  * One process has it. It is removed at the end; one that a killed command left is removed by the next.
"""

import contextlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from contrefeu.base import FileLock, StorageError, durable_makedirs

_KEY_BYTES = 32
_CACHE_KIB = 64 * 1024  # pages in memory


class There(Exception):
    """A row's key is there already."""


class Scratch:
    """A connection to one such table."""

    def __init__(self, path: Path) -> None:
        path.touch(0o600)
        self._db = apsw.Connection(str(path))
        self._db.execute("PRAGMA cipher = 'aegis'")
        self._db.execute(f"PRAGMA key = 'raw:{secrets.token_hex(_KEY_BYTES)}'")
        self._db.execute("PRAGMA journal_mode = OFF")  # what is half written is thrown away
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.execute("PRAGMA temp_store = MEMORY")

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; returns how many rows it changed."""
        try:
            self._db.execute(sql, values)
        except apsw.FullError:
            raise _full() from None
        return int(self._db.changes())

    def run_each(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once with each of *rows*, taken one at a time.

        Raises:
            There: The last row that was taken has a key that is there already.
        """
        try:
            self._db.executemany(sql, rows)
        except apsw.FullError:
            raise _full() from None
        except apsw.ConstraintError:
            raise There from None

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a question."""
        return self._db.execute(sql, values).fetchone()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a question: few, and what follows may write (beside an open question writing is slow)."""
        return self._db.execute(sql, values).fetchall()

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield the rows of a question, however many; nothing is written meanwhile."""
        yield from self._db.execute(sql, values)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()


@contextlib.contextmanager
def scratch(folder: Path, name: str, *tables: str) -> Iterator[Scratch]:
    """A table under *folder*, made of *tables* (SQL).

    Raises:
        StorageError: Another process has it.
    """
    durable_makedirs(folder)
    path = folder / f"{name}.scratch"
    with FileLock(folder / f"{name}.lock"):
        path.unlink(missing_ok=True)
        table = Scratch(path)
        try:
            for sql in tables:
                table.run(sql)
            table.run("BEGIN")
            yield table
        finally:
            table.close()
            path.unlink(missing_ok=True)


def _full() -> StorageError:
    return StorageError(
        "The home's disk is full.",
        safe="The journals, and what was sent and answered so far.",
        next="Make room, and run the command again.",
    )
