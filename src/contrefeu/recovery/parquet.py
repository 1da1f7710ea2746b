"""An export as Parquet, for those who count over many charts: one file per resource type.

    id        of the resource
    patient   what its `subject`, `patient` or `beneficiary` refers to ("Patient/..."); its own, of a Patient
    resource  the line of the NDJSON file, byte for byte

Rules kept here:
  * Columns are the same whatever a hospital sends, and no value is made another type: a decimal keeps its digits.
  * Files are for the owner's eyes only, and are whole or not there; nothing is spilled to another folder.
"""

import shutil
from pathlib import Path
from typing import Any

from contrefeu.base import OperatorError, durable_makedirs, sync_dir
from contrefeu.recovery.tables import tables_in_memory

RESOURCE_BYTES_MAX = 1 << 28  # of one line: a scanned document of 190 MB
_ROWS = """
    SELECT json->>'$.id' AS id,
        CASE WHEN json->>'$.resourceType' = 'Patient' THEN 'Patient/' || (json->>'$.id')
            ELSE coalesce(json->>'$.subject.reference', json->>'$.patient.reference', json->>'$.beneficiary.reference')
        END AS patient,
        CAST(json AS VARCHAR) AS resource
    FROM read_ndjson_objects(?, maximum_object_size = ?)"""


def write_parquet(export: Path, to: Path) -> None:
    """Write the NDJSON files of *export* as Parquet in the folder *to*, in place of an older one.

    Raises:
        OperatorError: DuckDB is not installed, or there is something in *to* that is no such export.
    """
    if to.exists() and (not to.is_dir() or any(file.suffix != ".parquet" for file in to.iterdir())):
        raise OperatorError(
            f"{to} holds something else than an export.",
            safe="Nothing in it was changed.",
            next="Name a folder that is empty, or not there.",
        )
    database = _database()
    durable_makedirs(to.parent)
    beside = to.with_name(f".{to.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    for file in sorted(export.glob("*.ndjson")):
        into = beside / f"{file.stem}.parquet"
        rows = database.sql(_ROWS, params=[str(file), RESOURCE_BYTES_MAX])
        rows.write_parquet(str(into), compression="zstd")
        into.chmod(0o600)
    database.close()
    shutil.rmtree(to, ignore_errors=True)
    beside.rename(to)
    sync_dir(to.parent)


def _database() -> Any:
    try:
        return tables_in_memory()
    except ImportError:
        raise OperatorError(
            "Parquet files need DuckDB, which is not installed here.",
            safe="The export in NDJSON is whole.",
            next="pip install 'contrefeu[match]', which brings it.",
        ) from None
