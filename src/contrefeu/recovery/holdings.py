"""What a restored system holds, as it was written out: a folder of messages, or a list of control ids.

Rules kept here:
  * Files are read as `import` reads them: told apart by their content, compressed and archived ones too.
  * A list (CSV) is read by a mapping file that names its columns: what it does not name is not compared.
  * What cannot be read is counted and said; nothing is held in memory but one message.
"""

import csv
import tomllib
from codecs import lookup
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from contrefeu.base import OperatorError
from contrefeu.capture import Item, files_in, read_file
from contrefeu.hl7 import source_name

ANY_FACILITY = "*"  # of a sender whose list says MSH-3 alone


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """Which column of a list is what; by the names in its first line."""

    control_id: str  # MSH-10
    application: str = ""  # MSH-3
    facility: str = ""  # MSH-4
    delimiter: str = ","
    encoding: str = "utf-8"


class Listed(Struct, frozen=True):
    """A message that a list names: it says nothing of what is in it."""

    control_id: str
    source: str  # "" when the list does not say; "CPAGE@*" when it says MSH-3 alone


class Unreadable(Struct, frozen=True):
    """What could not be read."""

    origin: str
    reason: str


def columns(path: Path) -> Columns:
    """Read a mapping file.

    Raises:
        OperatorError: It is none.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Columns)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as found:
        raise OperatorError(
            f"{path.name} is no mapping of columns ({type(found).__name__}).",
            safe="Nothing was read.",
            next='It is TOML: control_id = "COLUMN"; application, facility, delimiter and encoding if need be.',
        ) from None


def held(folder: Path, mapping: Columns | None) -> Iterator[Item | Listed | Unreadable]:
    """Yield what the export at *folder* (a folder or one file) holds.

    Raises:
        OperatorError: A list has other columns, or no mapping says which: all that it names would be missing.
    """
    for path in files_in(folder):
        if path.suffix.lower() == ".csv":
            if mapping is None:
                raise OperatorError(
                    f"{path.name} is a list, and nothing says what its columns are.",
                    safe="Nothing was compared.",
                    next="Give --mapping FILE; if it is no list of control ids, take it out of the export.",
                )
            yield from _rows(path, mapping)
            continue
        for found in read_file(path):
            if isinstance(found, Item):
                yield found
            elif not found.kept:
                yield Unreadable(found.origin, found.reason)


def _rows(path: Path, mapping: Columns) -> Iterator[Listed | Unreadable]:
    try:
        encoding = lookup(mapping.encoding).name
        # A spreadsheet begins UTF-8 with a mark of its own, which is no part of the first column's name.
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
            rows = csv.DictReader(file, delimiter=mapping.delimiter)
            wanted = [one for one in (mapping.control_id, mapping.application, mapping.facility) if one]
            if lacking := [one for one in wanted if one not in (rows.fieldnames or [])]:
                raise OperatorError(
                    f"{path.name} has no column {lacking[0]}.",
                    safe="Nothing was compared.",
                    next="Name its columns in the mapping file as they stand in its first line.",
                )
            nameless = 0
            for row in rows:
                if control_id := row[mapping.control_id]:
                    yield Listed(control_id, _sender(row, mapping))
                else:
                    nameless += 1
            if nameless:
                yield Unreadable(path.name, f"lines without a control id: {nameless}")
    except (OSError, UnicodeDecodeError, csv.Error, LookupError) as refused:
        yield Unreadable(path.name, type(refused).__name__)


def _sender(row: Mapping[str, str | None], mapping: Columns) -> str:
    if not mapping.application:
        return ""
    facility = (row[mapping.facility] or "") if mapping.facility else ANY_FACILITY
    return source_name(row[mapping.application] or "", facility)
