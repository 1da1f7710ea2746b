"""A real PostgreSQL for the tests that are marked `postgres`."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "postgres.sh"


@contextmanager
def folder() -> Iterator[Path]:
    """One for a server (pytest's are closed to the server's user)."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-pg-") as found:
        Path(found).chmod(0o755)  # replicas look into it
        yield Path(found)


@contextmanager
def server(where: Path | None = None, replica_of: Path | None = None) -> Iterator[str]:
    """Run one in a folder of its own, or in *where*; gives its URL."""
    with folder() as made:
        chosen = where or made
        asked = ["replica", chosen, replica_of] if replica_of else ["start", chosen]
        quick = os.environ | {"SYNC": "off"}  # servers are killed, the machine never
        subprocess.run([SCRIPT, *asked], check=True, stdout=subprocess.DEVNULL, timeout=120, env=quick)
        try:
            yield f"postgresql://postgres@/postgres?host={chosen}"
        finally:
            subprocess.run([SCRIPT, "stop", chosen], check=False, stdout=subprocess.DEVNULL, timeout=60)


def promote(where: Path) -> None:
    """Let the replica in *where* be written."""
    subprocess.run([SCRIPT, "promote", where], check=True, stdout=subprocess.DEVNULL, timeout=60)
