"""Which database a store lies in: the sealed file of the home, or the server that its settings name."""

from pathlib import Path

from contrefeu.base import OperatorError
from contrefeu.chart.stores.engine import Place
from contrefeu.chart.stores.sqlite import SqliteFile


def place_of(path: Path | None, key: bytes, server: str = "") -> Place:
    """Return where a store lies.

    Args:
        path: Of its file; None for one in memory.
        key: Its key.
        server: A postgresql:// URL; then it lies there, and not in the file.

    Raises:
        OperatorError: The driver that the server needs is not installed.
    """
    if not server:
        return SqliteFile(path, key)
    try:
        from contrefeu.chart.stores.postgres import PostgresSchema  # noqa: PLC0415 - an extra: who needs it installs it
    except ImportError:
        raise OperatorError(
            "The settings put the charts on a PostgreSQL server, and its driver is not installed.",
            safe="Nothing was changed.",
            next='Install it: pip install "contrefeu[postgres]"; or remove `charts.store` from contrefeu.toml.',
        ) from None
    return PostgresSchema(server, key)
