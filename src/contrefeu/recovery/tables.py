"""Tables in memory, for questions about many people at once: DuckDB, which is an extra and keeps nothing on a disk."""

from typing import Any


def tables_in_memory() -> Any:
    """Open an empty database, which is gone when it is closed.

    Raises:
        ImportError: DuckDB is not installed here.
    """
    import duckdb  # noqa: PLC0415 - an extra: who needs it installs it

    database = duckdb.connect(":memory:")
    database.execute("SET temp_directory = ''")  # no name leaves memory
    database.execute("SET autoinstall_known_extensions = false")
    database.execute("SET enable_progress_bar = false")
    return database
