"""Ranges of specimen numbers that were agreed with laboratories: `[[specimen_numbers]]` (FIELD F16, decision 0226).

Rules kept here:
  * The same tables stand in the settings of every station of the house: each draws from its own part, and a check of
    any one of them sees two parts that overlap.
  * No number is in two parts, nor in two ranges, whichever way it is read: zeros in front tell no numbers apart.
  * Bounds are text, as the laboratory prints them: how many digits a number has is what they show.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from contrefeu.hospital.problems import Problem, quoted

Digits = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$", description='1 to 18 digits, such as "00412000"')]
Prefix = Annotated[str, Meta(pattern=r"^[A-Z0-9-]{0,8}$", description='up to 8 capitals, digits and "-"')]
PartStation = Annotated[
    str,
    Meta(
        pattern=r"^(drill/)?[a-z0-9][a-z0-9-]{1,62}(\.[0-9]+)?$",
        description="the id of a station, with .2 behind it once its journal was begun anew",
    ),
]
_OTHER_RANGE, _OTHER_PART = "numbers that no other range has", "numbers that no other part has"
_HEAD = re.compile(r"^(.*[^0-9])?([0-9]*)$")


class SpecimenPart(Struct, frozen=True, forbid_unknown_fields=True):
    """One station's part of a range."""

    station: PartStation  # whose part it is, by its `node.id`; two stations that are cut apart never give one number
    first: Digits  # the first number that it gives
    last: Digits  # the last one


class SpecimenRange(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers that a laboratory expects on tubes: its system takes no orders from here, and no others than it knows."""

    name: str  # the laboratory, as people say it; a request chooses among several by it
    first: Digits  # of all that was agreed, with the zeros in front that labels have
    last: Digits  # the last one agreed
    prefix: Prefix = ""  # what labels have before the digits
    check: Literal["", "luhn"] = ""  # a check digit behind them (ISO/IEC 7812-1, annex B, over the digits alone)
    low_labels: Annotated[int, Meta(ge=1, le=100_000)] = 50  # fewer numbers left are told: time to agree on others
    parts: list[SpecimenPart] = field(default_factory=list)  # of stations; one without a part draws labels of its own

    def of(self, station: str) -> list[SpecimenPart]:
        """Return the parts of *station*, in their order."""
        return [part for part in self.parts if part.station == station]


def specimen_problems(ranges: list[SpecimenRange]) -> Iterator[Problem]:
    """Names that are there twice, bounds that cannot be, parts that leave their range; numbers that two have."""
    names: dict[str, str] = {}
    taken: list[tuple[str, str, int, int]] = []
    for n, one in enumerate(ranges, 1):
        key = f"specimen_numbers[{n}]"
        if not one.name.strip() or (names.setdefault(one.name, key) != key):
            found, allowed = quoted(one.name), "a name of its own"
            yield Problem(f"{key}.name", f"`{key}.name` is {found}; allowed: {allowed}.", found, allowed)
        wrong = list(_bounds(key, one.first, one.last, one.low_labels))
        yield from wrong
        if wrong:
            continue
        yield from _overlaps(f"{key}.first", one, one.first, one.last, taken, _OTHER_RANGE)
        parts: list[tuple[str, str, int, int]] = []
        for m, part in enumerate(one.parts, 1):
            at = f"{key}.parts[{m}]"
            wrong = [*_within(at, part, one)] or [*_bounds(at, part.first, part.last, one.low_labels)]
            yield from wrong
            if not wrong:
                yield from _overlaps(f"{at}.first", one, part.first, part.last, parts, _OTHER_PART)


def _bounds(key: str, first: str, last: str, low: int) -> Iterator[Problem]:
    if len(first) != len(last):
        found, allowed = quoted(last), f"{len(first)} digits, as `first` has"
        yield Problem(f"{key}.last", f"`{key}.last` is {found}; allowed: {allowed}.", found, allowed)
    elif last < first:
        found, allowed = quoted(last), f"from {quoted(first)}"
        yield Problem(f"{key}.last", f"`{key}.last` is {found}, before `first`, {quoted(first)}.", found, allowed)
    elif (count := int(last) - int(first) + 1) <= low:
        yield Problem(
            f"{key}.last",
            f"`{key}` holds {count} numbers; `low_labels` is {low}.",
            str(count),
            f"more than {low} numbers",
            next="Agree on more numbers with the laboratory, or tell it later: a smaller `low_labels`.",
        )


def _within(key: str, part: SpecimenPart, whole: SpecimenRange) -> Iterator[Problem]:
    """A part has the digits of its range, and stays in it."""
    for name, bound in (("first", part.first), ("last", part.last)):
        if len(bound) != len(whole.first) or not whole.first <= bound <= whole.last:
            found, allowed = quoted(bound), f"from {quoted(whole.first)} to {quoted(whole.last)}"
            yield Problem(f"{key}.{name}", f"`{key}.{name}` is {found}; allowed: {allowed}.", found, allowed)


def _overlaps(
    key: str, of: SpecimenRange, first: str, last: str, taken: list[tuple[str, str, int, int]], allowed: str
) -> Iterator[Problem]:
    """Bounds of which a number stands in one of *taken*, which they join."""
    check = bool(of.check)
    head, low = _split(of.prefix + first + "0" * check)
    _, high = _split(of.prefix + last + "9" * check)
    where = key.rpartition(".")[0]
    for other, its_head, its_low, its_high in taken:
        if head == its_head and low <= its_high and its_low <= high:
            yield Problem(
                key,
                f"`{where}` and `{other}` have numbers in common.",
                f"{quoted(first)}…{quoted(last)}",
                allowed,
                next="Move one of them: a number that two give is two patients'.",
            )
    taken.append((where, head, low, high))


def _split(text: str) -> tuple[str, int]:
    """What stands up to the last sign that is no digit, and the number behind it, as labels are looked up."""
    found = _HEAD.match(text.replace("-", ""))
    assert found is not None, "any text has such a head"
    return found[1] or "", int(found[2])
