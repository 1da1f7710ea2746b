"""What came back to the pharmacy and what cabinets held: a pure fold over the acts of the stations' journals (F13).

Rules kept here:
  * A return is a line; a wrong one is taken back by another and stays, struck. Sent twice it is one line.
  * Of each cabinet the extract with the latest time of its own stands, whichever was brought last: an old file that is
    brought again changes nothing. It is never reckoned with: what was given since stands beside it.
  * An exercise has returns of its own; cabinets are the house's.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from contrefeu.acts import Act, CabinetLine, CabinetsExtracted, MedicinesReturned
from contrefeu.base import OperatorError
from contrefeu.chart import fold, instant
from contrefeu.journal import Entry

LINES_MAX = 20_000  # of one extract: 100 cabinets of 200 drugs
WORDS_MAX = 120  # characters of a cabinet's or a drug's name
AHEAD_S = 3600  # seconds that the clock of a cabinet's system may be ahead
UNITS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")
_COLUMNS = ("cabinet", "drug", "quantity", "date", "ward")
_APART = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Return:
    """One return, and who took it back."""

    ref: str  # entry
    act: MedicinesReturned
    by: str  # login
    void: "Return | None" = None


@dataclass(frozen=True, slots=True)
class Extract:
    """What one cabinet held, and when its system said so."""

    cabinet: str
    ward: str
    taken: str  # the oldest time of its lines
    lines: Sequence[CabinetLine]
    origin: str
    by: str  # login
    brought: str


class Dispensary:
    """Returns and cabinets."""

    def __init__(self) -> None:
        self._returns: dict[str, Return] = {}
        self._keys: set[tuple[str, str]] = set()  # journal, key
        self._extracts: dict[str, Extract] = {}

    def apply(self, act: Act, entry: Entry) -> None:
        """Take one more act, in journal order."""
        login = entry.source.removeprefix("user/")
        if isinstance(act, MedicinesReturned) and (entry.journal, act.key) not in self._keys:
            self._keys.add((entry.journal, act.key))
            self._return(Return(entry.ref, act, login))
        elif isinstance(act, CabinetsExtracted):
            of: dict[str, list[CabinetLine]] = {}
            for line in act.lines:
                of.setdefault(line.cabinet, []).append(line)
            for cabinet, lines in of.items():
                taken = min((one.taken for one in lines), key=instant)
                ward = next((one.ward for one in lines if one.ward), "")
                found = Extract(cabinet, ward, taken, lines, act.origin, login, act.at)
                before = self._extracts.get(cabinet)
                if before is None or instant(before.taken) <= instant(taken):
                    self._extracts[cabinet] = found

    def _return(self, one: Return) -> None:
        if not one.act.line:
            self._returns[one.ref] = one
            return
        before = self._returns.get(one.act.line)
        if before is not None and before.void is None:
            self._returns[before.ref] = replace(before, void=one)

    def returns(self, *, exercise: bool) -> Sequence[Return]:
        """Every return, the newest first."""
        return [one for one in self._returns.values() if (one.act.world == "T") == exercise][::-1]

    def find(self, ref: str, *, exercise: bool) -> Return | None:
        """A return that stands."""
        found = self._returns.get(ref)
        return found if found and not found.void and (found.act.world == "T") == exercise else None

    @property
    def extracts(self) -> Sequence[Extract]:
        """The cabinets, by name."""
        return [self._extracts[name] for name in sorted(self._extracts)]


def counted(returns: Sequence[Return]) -> list[tuple[str, str, Decimal]]:
    """Return how many units of which drug came back from which ward; what was taken back is not counted."""
    found: dict[tuple[str, str], tuple[str, str, Decimal]] = {}
    for one in returns:
        if one.void is None and UNITS.fullmatch(one.act.units):
            key = one.act.ward, same_drug(one.act.drug)
            ward, drug, units = found.get(key, (one.act.ward, one.act.drug, Decimal(0)))
            found[key] = ward, drug, units + Decimal(one.act.units)
    return sorted(found.values(), key=lambda one: (one[0], fold(one[1])))


def same_drug(name: str) -> str:
    """Return what two systems call alike: letters and digits alone, without accents and capitals.

    >>> same_drug("PARACETAMOL 1G CP") == same_drug("Paracétamol 1 g, cp")
    True
    """
    return _APART.sub("", fold(name))


def parse_extract(text: str, zone: tzinfo, now_ns: int) -> list[CabinetLine]:
    """Return the lines of an extract: CSV with the columns cabinet, drug, quantity, date and, if it has it, ward.

    Args:
        text: Of the file.
        zone: Of times that have no offset.
        now_ns: Now. A line of a time to come is refused: no extract that is brought later would take its place.

    Raises:
        OperatorError: A line cannot be used.
    """
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",")
    names = reader.fieldnames or []
    if lacking := [one for one in _COLUMNS[:4] if one not in names]:
        raise _wrong(f"its first line does not name a column {lacking[0]}")
    if unknown := set(names) - set(_COLUMNS):
        raise _wrong(f"no column is called {sorted(unknown)[0]!r}; they are {', '.join(_COLUMNS)}")
    found = [_line(number, row, zone, now_ns) for number, row in enumerate(reader, 2) if any(row.values())]
    if not found or len(found) > LINES_MAX:
        raise _wrong(f"it has {len(found)} lines; 1 to {LINES_MAX} can be")
    return found


def _line(number: int, row: dict[str, Any], zone: tzinfo, now_ns: int) -> CabinetLine:
    said = {name: " ".join(str(row.get(name) or "").split()) for name in _COLUMNS}
    units = said["quantity"].replace(",", ".")
    for name in ("cabinet", "drug"):
        if not said[name] or len(said[name]) > WORDS_MAX:
            raise _wrong(f"line {number} has no {name}, or one of more than {WORDS_MAX} characters")
    if not UNITS.fullmatch(units):
        raise _wrong(f"the quantity of line {number} is no number")
    taken = said["date"].replace(" ", "T")
    try:
        when = datetime.fromisoformat(taken)
    except ValueError:
        raise _wrong(f"the date of line {number} is none: 2026-11-24 or 2026-11-24T06:00:00+01:00") from None
    if "T" in taken:
        taken = (when if when.tzinfo else when.replace(tzinfo=zone)).isoformat(timespec="seconds")
    if instant(taken) > now_ns + AHEAD_S * 10**9:
        raise _wrong(f"the date of line {number} is still to come")
    return CabinetLine(said["cabinet"], said["drug"], units, taken, said["ward"])


def _wrong(why: str) -> OperatorError:
    return OperatorError(
        f"That extract of cabinets cannot be used: {why}.",
        safe="What is shown of the cabinets: nothing was brought.",
        next=f"Correct the file: columns {', '.join(_COLUMNS)}, separated by ; or a comma.",
    )
