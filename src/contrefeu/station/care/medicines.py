"""The pharmacist's list: which medicines prescribers choose from, and what is only proposed (F13).

Rules kept here:
  * A file, or a drug that feeds speak of, is a proposal: nothing is on the list that no pharmacist released.
  * A name is one medicine, whatever its accents and capitals; released again it replaces what stood there.
  * A wrong file names its line, and proposes nothing.
"""

import csv
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from contrefeu.access import Accounts
from contrefeu.acts import Act, Medicine, MedicinesProposed, MedicinesReleased, MedicinesTakenOff
from contrefeu.base import OperatorError
from contrefeu.chart import fold
from contrefeu.journal import Entry

MEDICINES_MAX = 5_000  # of one file: a university hospital's list has some 3,000
NAME_LENGTH_MAX = 120  # characters: what fits a line of the form and of the dose sheet
SUGGESTED_MAX = 150  # names that the form itself holds: 12 kB of a page; of a longer list one searches
FOUND_MAX = 12  # medicines that a search shows: one more word finds the one that is meant
_COLUMNS = ("name", "substances", "route", "code", "cytotoxic", "atc")
ATC = "http://www.whocc.no/atc"  # system of ATC codes (hl7.org/fhir/R4/terminologies-systems.html)
_ATC_CODE = re.compile(r"[A-Z][0-9]{2}[A-Z]{2}(?:[0-9]{2})?")  # WHO: levels 5 and 4
_YES = frozenset({"1", "yes", "oui", "true", "x"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A list that somebody brought."""

    ref: str  # entry
    origin: str
    by: str
    at: str
    medicines: Sequence[Medicine]


class Formulary:
    """The list in force, folded from the acts of the stations' journals."""

    def __init__(self) -> None:
        self._medicines: dict[str, Medicine] = {}
        self.proposals: dict[str, Proposal] = {}
        self.released: tuple[str, str] = ("", "")  # by whom (login) and when the list last changed

    def apply(self, act: Act, entry: Entry, accounts: Accounts) -> None:
        """Take one more act, in journal order; *accounts* as they stood then."""
        login = entry.source.removeprefix("user/")
        account = accounts.get(login)
        if isinstance(act, MedicinesProposed):
            self.proposals[entry.ref] = Proposal(entry.ref, act.origin, login, act.at, act.medicines)
        if account is None or not account.may("pharmacy"):
            return
        if isinstance(act, MedicinesReleased):
            self._medicines |= {key_of(one.name): one for one in act.medicines}
            self.proposals.pop(act.proposal, None)
            self.released = login, act.at
        elif isinstance(act, MedicinesTakenOff):
            for name in act.names:
                self._medicines.pop(key_of(name), None)
            self.released = login, act.at

    def __len__(self) -> int:
        return len(self._medicines)

    def get(self, name: str) -> Medicine | None:
        """Return the medicine of this name."""
        return self._medicines.get(key_of(name))

    def all(self) -> list[Medicine]:
        """Return the list, by name."""
        return [self._medicines[key] for key in sorted(self._medicines)]

    def find(self, words: str) -> list[Medicine]:
        """Return the medicines that hold each of *words* in their name or substances, by name."""
        asked = fold(words).split()
        return [one for one in self.all() if all(word in fold(f"{one.name} {' '.join(one.substances)}")
                                                 for word in asked)] if asked else []  # fmt: skip


def key_of(name: str) -> str:
    """Return how a name is known: without accents, capitals and doubled blanks."""
    return " ".join(fold(name).split())


def atc_code(text: str) -> str:
    """Return an ATC code of level 4 or 5 as it is compared; "" for anything else.

    >>> atc_code(" c03ca01 "), atc_code("C03CA"), atc_code("C03"), atc_code("furosémide")
    ('C03CA01', 'C03CA', '', '')
    """
    code = "".join(text.split()).upper()
    return code if _ATC_CODE.fullmatch(code) else ""


def parse_medicines(text: str, *, toml: bool = False) -> list[Medicine]:
    """Return the medicines of a CSV file (or TOML: [[medicine]] with the same names).

    Args:
        text: Of the file. CSV: columns name, substances, route, code, cytotoxic, atc, of which the first alone must be
            there, separated by comma or semicolon; several substances are separated by "/".
        toml: Whether it is TOML.

    Raises:
        OperatorError: A line cannot be used.
    """
    rows = _toml_rows(text) if toml else _csv_rows(text)
    found: dict[str, Medicine] = {}
    for number, row in rows:
        medicine = _medicine(row)
        said = str(row.get("atc") or "").strip()
        if said and not medicine.atc:
            raise _wrong(f"line {number}: {said[:20]!r} is no ATC code (A10BA02; A10BA for a group)")
        if not medicine.name or len(medicine.name) > NAME_LENGTH_MAX:
            raise _wrong(f"line {number} has no name, or one of more than {NAME_LENGTH_MAX} characters")
        if key_of(medicine.name) in found:
            raise _wrong(f"line {number} names {medicine.name!r} a second time")
        found[key_of(medicine.name)] = medicine
    if not found or len(found) > MEDICINES_MAX:
        raise _wrong(f"it names {len(found)} medicines; 1 to {MEDICINES_MAX} can be")
    return list(found.values())


def _csv_rows(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",")
    if "name" not in (reader.fieldnames or []):
        raise _wrong("its first line does not name a column name")
    if unknown := set(reader.fieldnames or []) - set(_COLUMNS):
        raise _wrong(f"no column is called {sorted(unknown)[0]!r}; they are {', '.join(_COLUMNS)}")
    return [(number, row) for number, row in enumerate(reader, 2) if any(row.values())]


def _toml_rows(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        found = msgspec.convert(tomllib.loads(text), dict[str, list[dict[str, str | bool | list[str]]]])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise _wrong(str(wrong)) from None
    return list(enumerate(found.get("medicine", []), 1))


def _medicine(row: Mapping[str, Any]) -> Medicine:
    said = row.get("substances") or ""
    parts = said if isinstance(said, list) else said.split("/")
    return Medicine(
        name=" ".join(str(row.get("name") or "").split()),
        substances=[part.strip() for part in parts if part.strip()],
        route=str(row.get("route") or "").strip(),
        code=str(row.get("code") or "").strip(),
        cytotoxic=str(row.get("cytotoxic") or "").strip().casefold() in _YES,
        atc=atc_code(str(row.get("atc") or "")),
    )


def _wrong(why: str) -> OperatorError:
    return OperatorError(
        f"That list of medicines cannot be used: {why}.",
        safe="The list in force: nothing was proposed.",
        next=f"Correct the file: columns {', '.join(_COLUMNS)}; substances separated by '/'.",
    )
