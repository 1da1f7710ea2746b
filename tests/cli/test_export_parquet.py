"""`export --parquet` gives the same resources in tables that other programs read.

Method: a home with some messages, exported in both forms; DuckDB reads the tables back.
"""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

File = Callable[[str, bytes], Path]


def test_every_resource_is_there_byte_for_byte(cli: Commands, filed: File, tmp_path: Path) -> None:
    """In order, with its id and whom it is about; for their owner alone; an older export is replaced."""
    duckdb = pytest.importorskip("duckdb", reason="pip install 'contrefeu[match]' brings it")
    cli.told("import", filed("a.hl7", admission() + potassium()))
    for _ in range(2):
        done = cli.told("export", "--to", tmp_path / "out", "--parquet", tmp_path / "tables")
    assert {file.stem for file in (tmp_path / "tables").iterdir()} == set(done["resources"])
    patients = set()
    for file in sorted((tmp_path / "tables").iterdir()):
        rows = duckdb.sql(f"SELECT id, patient, resource FROM '{file}'").fetchall()
        assert [row[2] for row in rows] == (tmp_path / "out" / f"{file.stem}.ndjson").read_text().splitlines()
        assert all(f'"id":"{row[0]}"' in row[2] for row in rows)
        patients |= {row[1] for row in rows if file.stem in {"Patient", "Observation", "Encounter"}}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(patients) == 1
    assert stat.S_IMODE((tmp_path / "tables").stat().st_mode) == 0o700
    assert not (tmp_path / ".tables.new").exists()


def test_a_folder_with_something_else_is_left_alone(cli: Commands, filed: File, tmp_path: Path) -> None:
    """And so is what is in it."""
    cli.told("import", filed("a.hl7", admission()))
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "letter.txt").write_text("mine")
    ran = cli("export", "--to", tmp_path / "out", "--parquet", tmp_path / "tables")
    assert (ran.status, "something else than an export" in ran.err) == (1, True)
    assert (tmp_path / "tables" / "letter.txt").read_text() == "mine"
