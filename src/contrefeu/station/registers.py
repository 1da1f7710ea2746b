"""Registers of controlled drugs: a pure fold over the acts of the stations' journals (F14).

Rules kept here:
  * A balance is the sum of its lines, in the order in which they were written; a count sets it, and says by how much.
  * A line that was taken back stays, with who took it back, when and why; it is taken back once.
  * An exercise has registers of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from contrefeu.acts import Act, DrugMoved
from contrefeu.journal import Entry

_UNITS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")  # as forms take them; an entry from elsewhere may say anything
_SIGNS = {"received": 1, "given": -1, "wasted": -1}


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One line, and what it did to the balance."""

    ref: str  # entry
    act: DrugMoved
    by: str  # login
    change: Decimal
    balance: Decimal  # after it
    void: "RegisterLine | None" = None  # the line that took it back

    @property
    def units(self) -> str:
        """What came or went, with its sign; of a count, what was found."""
        return in_words(Decimal(self.act.units)) if self.act.kind == "counted" else in_words(self.change, signed=True)

    @property
    def left(self) -> str:
        """What was left after it."""
        return in_words(self.balance)

    @property
    def difference(self) -> str:
        """By how much a count differs from what the lines say."""
        return in_words(self.change, signed=True)

    @property
    def off(self) -> bool:
        """Whether somebody must look: more went than there was, or a count found another number."""
        return self.balance < 0 or (self.act.kind == "counted" and self.change != 0)


@dataclass(slots=True)
class _Book:
    lines: dict[str, RegisterLine] = field(default_factory=dict)  # entry -> line, in their order
    balance: Decimal = Decimal(0)


class Registers:
    """Every ward's register."""

    def __init__(self) -> None:
        self._books: dict[tuple[bool, str], dict[str, _Book]] = {}
        self._keys: set[str] = set()

    def apply(self, act: Act, entry: Entry) -> None:
        """Take one more act, in journal order."""
        if not isinstance(act, DrugMoved) or act.key in self._keys or not _UNITS.fullmatch(act.units):
            return
        self._keys.add(act.key)
        book = self._books.setdefault((act.world == "T", act.ward), {}).setdefault(act.drug, _Book())
        before = book.lines.get(act.line) if act.kind == "void" else None
        if act.kind == "void" and (before is None or before.void or before.act.kind == "void"):
            return  # taken back already, or no line of this register
        change = -before.change if before else _change(act, book.balance)
        book.balance += change
        line = RegisterLine(entry.ref, act, entry.source.removeprefix("user/"), change, book.balance)
        book.lines[entry.ref] = line
        if before:
            book.lines[before.ref] = replace(before, void=line)

    def drugs(self, ward: str, *, exercise: bool) -> tuple[str, ...]:
        """The drugs of a ward's register, by name."""
        return tuple(sorted(self._books.get((exercise, ward), {})))

    def lines(self, ward: str, drug: str, *, exercise: bool) -> Sequence[RegisterLine]:
        """The lines of one drug, in the order in which they were written."""
        return list(self._books[exercise, ward][drug].lines.values())

    def find(self, ward: str, ref: str, *, exercise: bool) -> RegisterLine | None:
        """One line of a ward's register."""
        books = self._books.get((exercise, ward), {}).values()
        return next((book.lines[ref] for book in books if ref in book.lines), None)


def in_words(number: Decimal, *, signed: bool = False) -> str:
    """Return a number without a trailing zero, its sign long enough to be seen.

    >>> in_words(Decimal("10.50")), in_words(Decimal("3"), signed=True), in_words(Decimal("-1"))
    ('10.5', '+3', '−1')
    """
    said = f"{number.normalize():+f}" if signed else f"{number.normalize():f}"
    return said.replace("-", "−")


def _change(act: DrugMoved, balance: Decimal) -> Decimal:
    units = Decimal(act.units)
    return units - balance if act.kind == "counted" else _SIGNS[act.kind] * units
