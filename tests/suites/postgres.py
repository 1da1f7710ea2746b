"""A real PostgreSQL for the tests that are marked `postgres`."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "postgres.sh"


@contextmanager
def server() -> Iterator[str]:
    """Run one in a folder of its own (pytest's are closed to the server's user); gives its URL."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-pg-") as folder:
        subprocess.run([SCRIPT, "start", folder], check=True, stdout=subprocess.DEVNULL, timeout=120)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            subprocess.run([SCRIPT, "stop", folder], check=True, stdout=subprocess.DEVNULL, timeout=60)
