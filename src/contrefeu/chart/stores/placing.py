"""Which database a store lies in: the sealed file of the home, or the server that its settings name."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from contrefeu.base import OperatorError
from contrefeu.chart.stores.engine import KEY_BYTES, Apart, Place
from contrefeu.chart.stores.sqlite import SqliteFile

if TYPE_CHECKING:
    from contrefeu.chart.stores.postgres import PostgresSchema


def place_of(path: Path | None, key: bytes, server: str = "") -> Place:
    """Return where a store lies.

    Args:
        path: Of its file; None for one in memory.
        key: Its key.
        server: A postgresql:// URL; then it lies there, and not in the file.

    Raises:
        OperatorError: The driver that the server needs is not installed.
    """
    return _on_server(server, key) if server else SqliteFile(path, key)


def how_apart(server: str) -> Apart:
    """Return how the server of a store keeps its users apart.

    Raises:
        OperatorError: The driver that the server needs is not installed.
        StorageError: The server is in trouble.
    """
    return _on_server(server, secrets.token_bytes(KEY_BYTES)).apart()  # it looks at no store: any key will do


def _on_server(server: str, key: bytes) -> "PostgresSchema":
    try:
        from contrefeu.chart.stores.postgres import PostgresSchema  # noqa: PLC0415 - an extra: who needs it installs it
    except ImportError:
        raise OperatorError(
            "The charts are to lie on a PostgreSQL server, and its driver is not installed.",
            safe="Nothing was changed.",
            next='Install it: pip install "contrefeu[postgres]". Or have them in a file of the home: without'
            " `charts.store` in contrefeu.toml, or without --charts-store.",
        ) from None
    return PostgresSchema(server, key)
