"""What a chart store asks of the database under it, and nothing more: SQLite and PostgreSQL both give it.

Rules kept here:
  * Statements are written once, in what both databases understand: `?` for a value, ON CONFLICT, RETURNING, LIMIT.
  * What a value means, an engine is not told: it goes through the engine's *veil* first. The veil of a sealed file
    changes nothing; on a server nothing stands but our own numbers, keyed tokens and sealed bytes (S13).
  * Finding people by words is the one thing that each does in its own way (`Index`).
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from contrefeu.base import StorageError

KEY_BYTES = 32


class Term(NamedTuple):
    """A word of a question, or how one begins."""

    word: str
    begins: bool = False


Alternative = tuple[Term, ...]
"""Terms that must all be there."""

Question = Sequence[Sequence[Alternative]]
"""One of the alternatives of each."""


class Veil(Protocol):
    """What hides the values of a store from whoever holds its database."""

    def mask(self, column: str, value: bytes) -> bytes:
        """Return what stands for *value*: the same each time, so that it can be looked up, and read back."""

    def unmask(self, column: str, kept: bytes) -> bytes:
        """Return what `mask` was given."""

    def digest(self, column: str, value: bytes, size: int) -> bytes:
        """Return *size* bytes that stand for *value* and can only be looked up."""

    def seal(self, column: str, value: bytes, *at: int | bytes) -> bytes:
        """Return *value* sealed to its column and to the row *at*."""

    def open(self, column: str, kept: bytes, *at: int | bytes) -> bytes:
        """Return what `seal` was given; StorageError when the bytes are not what was written there."""


class Index(Protocol):
    """Which patients answer to which words."""

    def put(self, people: Sequence[tuple[int, Sequence[str]]]) -> None:
        """Let each root answer to its words, and to no others."""

    def drop(self, root: int) -> None:
        """Let *root* answer to nothing."""

    def search(self, question: Question, limit: int) -> list[int]:
        """Return roots that answer, *limit* at most."""


class Database(Protocol):
    """A connection."""

    veil: Veil
    index: Index

    def close(self) -> None:
        """Let it go."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run a statement that gives nothing back."""

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once a row."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a question."""

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question, one at a time: they may be more than memory holds."""

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a question."""

    def value(self, sql: str, values: Sequence[Any] = (), default: Any = None) -> Any:
        """Return the first column of the first row."""

    def changed(self) -> int:
        """Return how many rows the last statement changed."""

    def transaction(self) -> AbstractContextManager[None]:
        """All of it, or nothing."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Read everything as of one moment."""

    def version(self) -> int:
        """Return which tables stand there; 0 for none."""

    def lay_out(self) -> None:
        """Make the tables, of our version."""


class Apart(NamedTuple):
    """What a server lets its users do."""

    superuser: bool  # the node's user may do anything there
    open: bool  # any user of the server may enter this database, and hold its locks
    others: int  # databases of others that the node's user may enter


class Place(Protocol):
    """Where a store lies."""

    def connect(self, *, writes: bool) -> Database:
        """Open it; for its one writer it is made when it is not there."""

    def beside(self) -> "Place":
        """Return the place of a store that is to take this one's."""

    def remove(self) -> None:
        """Remove the store; nobody has it open."""

    def take(self, other: "Place") -> None:
        """Let the store at *other*, which nobody has open, take the place of the one here."""

    def set_aside(self, version: int) -> None:
        """Put away a store that we cannot read; nobody has it open."""

    def is_free(self) -> bool:
        """Say whether nobody writes it now; StorageError when nobody can tell."""


class StoreTaken(StorageError):
    """Another process writes the store, on this machine or on another."""


class StoreAway(StorageError):
    """The server of the store does not answer, or ended the connection."""


def trouble(said: str, kind: type[StorageError] = StorageError) -> StorageError:
    """What is told of a store that is in trouble."""
    return kind(
        f"The chart store {said}.",
        safe="The journal: charts are a view of it.",
        next="See to its disk and key; a damaged store may be deleted, and is filled again from the journals.",
    )
