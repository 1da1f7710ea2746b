"""Registers of controlled drugs: a pure fold over the acts of the stations' journals (F14).

Rules kept here:
  * A balance is the sum of its lines, in the order in which they were written; a count sets it, and says by how much.
  * A line that was taken back stays, with who took it back, when and why; it is taken back once.
  * A ward has one register under all of its names (acts/wards.py); parted again, each name has its own lines.
  * A form that was sent twice is one line: it has the same key, of the same station. Lines that look alike are two.
  * What makes no line, because the line that it takes back is not here or its number cannot be read, is a doubt that
    the page shows: nothing is left out in silence.
  * An exercise has registers of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class RegisterDoubt:
    """An act that makes no line, for somebody to look at."""

    ref: str  # entry
    act: DrugMoved
    by: str  # login
    why: Literal["line", "units"]  # the line that it takes back is not here; its number cannot be read


class Registers:
    """Every ward's register, under all names of the ward."""

    def __init__(self, members: Callable[[str], Sequence[str]]) -> None:
        """Begin without a line; *members* returns every name of a ward."""
        self._members = members
        self._said: list[tuple[str, DrugMoved, str]] = []  # entry, act, login
        self._keys: set[tuple[str, str]] = set()  # journal, key
        self._read: dict[tuple[bool, tuple[str, ...]], _Book] = {}  # exercise and names of a ward -> its register

    def apply(self, act: Act, entry: Entry) -> None:
        """Take one more act, in journal order."""
        if not isinstance(act, DrugMoved) or (act.key and (entry.journal, act.key) in self._keys):
            return
        self._keys.add((entry.journal, act.key))
        self._said.append((entry.ref, act, entry.source.removeprefix("user/")))
        self._read.clear()

    def drugs(self, ward: str, *, exercise: bool) -> tuple[str, ...]:
        """The drugs of a ward's register, by name."""
        return tuple(sorted(self._book(ward, exercise).lines))

    def lines(self, ward: str, drug: str, *, exercise: bool) -> Sequence[RegisterLine]:
        """The lines of one drug, in the order in which they were written."""
        return list(self._book(ward, exercise).lines[drug].values())

    def find(self, ward: str, ref: str, *, exercise: bool) -> RegisterLine | None:
        """One line of a ward's register."""
        found = self._book(ward, exercise).lines.values()
        return next((lines[ref] for lines in found if ref in lines), None)

    def doubts(self, ward: str, *, exercise: bool) -> Sequence[RegisterDoubt]:
        """What stations wrote of a ward's register that makes no line of it."""
        return self._book(ward, exercise).doubts

    def _book(self, ward: str, exercise: bool) -> "_Book":
        # Names are resolved when it is asked: wards are united, and parted, after their lines were written.
        names = tuple(self._members(ward))
        if (exercise, names) not in self._read:
            book = self._read[exercise, names] = _Book()
            for ref, act, by in self._said:
                if act.ward in names and (act.world == "T") == exercise:
                    book.take(ref, act, by)
        return self._read[exercise, names]


class _Book:
    """One ward's register."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[str, RegisterLine]] = {}  # drug -> entry -> line, in their order
        self.doubts: list[RegisterDoubt] = []

    def take(self, ref: str, act: DrugMoved, by: str) -> None:
        """Write one more line, or say why there is none."""
        lines = self.lines.get(act.drug, {})
        before = lines.get(act.line) if act.kind == "void" else None
        if not _UNITS.fullmatch(act.units):
            self.doubts.append(RegisterDoubt(ref, act, by, "units"))
            return
        if act.kind == "void" and (before is None or before.act.kind == "void"):
            self.doubts.append(RegisterDoubt(ref, act, by, "line"))
            return
        if before and before.void:
            return  # two stations took it back, apart: once is enough
        balance = next(reversed(lines.values())).balance if lines else Decimal(0)
        change = -before.change if before else _change(act, balance)
        line = RegisterLine(ref, act, by, change, balance + change)
        self.lines.setdefault(act.drug, lines)[ref] = line
        if before:
            lines[before.ref] = replace(before, void=line)


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
