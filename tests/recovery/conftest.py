"""Homes of these tests lie in memory where there is such a place: a restore syncs some hundred files."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder of the test's own."""
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="contrefeu-test-") as folder:
        yield Path(folder)
