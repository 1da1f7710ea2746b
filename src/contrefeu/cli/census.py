"""A sender's own list of who lies in which bed, against the boards: who is missing, who is elsewhere, who is too much.

Rules kept here:
  * A person is found by number, never by name: a list's spelling is not a messages'.
  * Numbers are compared without leading zeros: spreadsheets take them off.
  * Whoever the list lacks is named only in wards that it has: a list of one ward says nothing of the others.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from contrefeu.cli.door import say

if TYPE_CHECKING:
    from contrefeu.chart import BoardRow, PatientHit

CENSUS_BYTES_MAX = 16 * 2**20  # a line is some 40 bytes: no hospital has so many beds
_COLUMNS = {
    "number": {"number", "ipp", "numero", "mrn", "id", "patient"},
    "ward": {"ward", "unite", "uf", "service", "unit"},
    "bed": {"bed", "lit"},
}
_ACCENTS = str.maketrans("éèêëàâîïôùûç", "eeeeaaiiouuc")


class Listed(Struct, frozen=True):
    """One line of the sender's list, or where somebody is here."""

    number: str
    ward: str
    bed: str = ""


class Missing(Listed, frozen=True):
    """On the list, and on no board here."""

    known: bool = False  # whether a chart answers to the number


class Elsewhere(Listed, frozen=True):
    """In another ward or bed here than the list says."""

    here_ward: str = ""
    here_bed: str = ""


class WardCensus(Struct):
    """One ward of the list, in numbers."""

    ward: str
    listed: int = 0
    found: int = 0  # in that ward and bed
    allergies: int = 0  # of those found, how many of whom somebody said something of allergies
    prescriptions: int = 0  # of those found, how many of whom a feed ever spoke of prescriptions


class Census(Struct):
    """What the comparison found."""

    wards: list[WardCensus]
    missing: list[Missing]
    elsewhere: list[Elsewhere]
    extra: list[Listed]  # here, in a ward of the list, and not on it

    @property
    def agrees(self) -> bool:
        """Whether nobody is to be looked for."""
        return not (self.missing or self.elsewhere or self.extra)


def listed_in(path: Path) -> list[Listed]:
    """Read a list: CSV with a heading, commas, semicolons or tabs, UTF-8 or Windows' own.

    Raises:
        OperatorError: It is no such list, or is not there.
    """
    from contrefeu.base import OperatorError

    try:
        body = path.read_bytes()
    except OSError as failed:
        why = "There is no" if isinstance(failed, FileNotFoundError) else "Cannot read"
        raise OperatorError(f"{why} {path}.", safe="Nothing was changed.", next="Name a CSV file.") from None
    heading, *lines = _rows(body[:CENSUS_BYTES_MAX]) or [[]]
    named = [_plain(one) for one in heading]
    at = {key: next((n for n, one in enumerate(named) if one in names), -1) for key, names in _COLUMNS.items()}
    if at["number"] < 0 or at["ward"] < 0 or len(body) > CENSUS_BYTES_MAX:
        raise OperatorError(
            f"{path} is no list of beds: no heading names a patient's number and a ward.",
            safe="Nothing was changed.",
            next="First line: number;ward;bed (or ipp;unite;lit), then a line a patient. Other columns are not read.",
        )
    found = []
    for line in lines:
        cells = {key: line[n].strip() if 0 <= n < len(line) else "" for key, n in at.items()}
        if cells["number"]:
            found.append(Listed(**cells))
    return found


def compared(
    listed: Sequence[Listed], rows: Iterable["BoardRow"], find: Callable[[str], Sequence["PatientHit"]]
) -> Census:
    """Compare the list with who lies here; *find* says whether a chart answers to a number."""
    here = list(rows)
    by_number = {_bare(number.split()[-1]): row for row in here for number in row.identifiers if number}
    wards = {one.ward: WardCensus(one.ward) for one in listed}
    census = Census(list(wards.values()), [], [], [])
    seen = set()
    for one in listed:
        ward, row = wards[one.ward], by_number.get(_bare(one.number))
        ward.listed += 1
        if row is None:
            census.missing.append(Missing(one.number, one.ward, one.bed, known=bool(find(one.number))))
            continue
        seen.add(row.id)
        if row.ward == one.ward and _same_bed(one.bed, row.room, row.bed):
            ward.found += 1
            ward.allergies += row.allergies_state != "no-source"
            ward.prescriptions += "prescriptions" in row.heard
        else:
            census.elsewhere.append(Elsewhere(one.number, one.ward, one.bed, row.ward, f"{row.room} {row.bed}".strip()))
    for row in here:
        if row.id not in seen and row.ward in wards and not row.comes:
            number = row.identifiers[0].split()[-1] if row.identifiers else row.id
            census.extra.append(Listed(number, row.ward, f"{row.room} {row.bed}".strip()))
    return census


def show_census(found: Census) -> None:
    """Say it to people."""
    for ward in found.wards:
        known = f"allergies of {ward.allergies}, prescriptions of {ward.prescriptions}"
        say(f"{ward.ward or '(no ward)'}: {ward.found} of {ward.listed} as listed; of these {known}")
    for gone in found.missing:
        why = "has a chart, and lies nowhere here" if gone.known else "no message ever named that number"
        say(f"  MISSING    {gone.number}  {gone.ward} {gone.bed}: {why}")
    for moved in found.elsewhere:
        say(f"  ELSEWHERE  {moved.number}  listed {moved.ward} {moved.bed}; here {moved.here_ward} {moved.here_bed}")
    for more in found.extra:
        say(f"  EXTRA      {more.number}  {more.ward} {more.bed}: not on the list")
    say("The boards are as listed." if found.agrees else "Look: who is missing may need a replay of A05 or A31.")


def _rows(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", errors="replace")
    heading = text.partition("\n")[0]
    delimiter = max(";,\t", key=heading.count)
    return [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z]", "", heading.casefold().translate(_ACCENTS))


def _bare(number: str) -> str:
    return number.strip().lstrip("0").casefold()


def _same_bed(listed: str, room: str, bed: str) -> bool:
    """Whether a list's bed is that one: lists name beds with and without their room, with any space between."""
    wanted = re.sub(r"\W", "", listed).casefold()
    names = {re.sub(r"\W", "", one).casefold() for one in (bed, f"{room}{bed}")}
    return not wanted or wanted in names
