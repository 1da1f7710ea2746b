"""Numbers of specimens out of a range that a laboratory knows: drawn by an act, told by a pure fold (decision 0226).

    n1-station/812  specimen-drawn  of "00412000" to "00412499"  ->  00412000
    n1-station/815  specimen-drawn  the same                     ->  00412001
    n1-station/816  specimen-drawn  for the request of 812       ->  00412000

Rules kept here:
  * An act says from where to where, and never a number: the number is what the acts before it in its own journal leave.
    A journal has one order, whoever writes in it, so that no crash, restart or second process gives one twice.
  * What was drawn for is named: the same request has the same number, however often its form is sent.
  * Numbers only rise, whatever the settings say later; one whose request was never written stays unused.
  * A part is one journal's. A journal that was begun in another's place has none until the settings give it one: what
    the one before drew last may be lost.
"""

import re
from bisect import bisect_right, insort
from collections import Counter
from dataclasses import dataclass, field

from msgspec import Struct

STATION = "-station"  # ends the name of the journal in which a station's people write
_DIGITS = re.compile(r"[0-9]{1,18}")
_LETTERS = re.compile(r"[^0-9]")


class SpecimenDrawn(Struct, frozen=True, tag_field="act", tag="specimen-drawn"):
    """The next number of a part is a request's; which one, `SpecimenDraws` says."""

    station: str  # whose part it is, as its journal is called: "n1", or "n1.2" of a journal begun in another's place
    what: str  # the request: "urn:uuid:..."
    prefix: str  # before the digits
    first: str  # of the part: digits, leading zeros and all
    last: str
    at: str  # RFC 3339
    above: str = ""  # the highest number of the part that its station knew to be drawn, in any journal; "" for none
    check: str = ""  # "luhn": a check digit stands behind


@dataclass(slots=True)
class _Journal:
    """What one journal drew, in its own order."""

    acts: list[tuple[int, SpecimenDrawn]] = field(default_factory=list)
    numbers: dict[int, str] = field(default_factory=dict)  # sequence -> number; "" for none
    given: dict[str, str] = field(default_factory=dict)  # request -> number
    drawn: dict[tuple[str, int], list[int]] = field(default_factory=dict)  # prefix and digits -> numbers, rising

    def draw(self, journal: str, sequence: int, act: SpecimenDrawn) -> None:
        number = self.given.get(act.what, "")
        if not number and journal == act.station + STATION and _sound(act):
            key, first, last = (act.prefix, len(act.first)), int(act.first), int(act.last)
            known = self.drawn.setdefault(key, [])
            next_ = max(first, int(act.above or -1) + 1, _highest(known, first, last) + 1)
            if next_ <= last:
                insort(known, next_)
                number = self.given[act.what] = printed(act.prefix, f"{next_:0{len(act.first)}}", act.check)
        self.numbers[sequence] = number


class SpecimenDraws:
    """Every number that was drawn."""

    def __init__(self) -> None:
        self._journals: dict[str, _Journal] = {}

    def apply(self, act: SpecimenDrawn, journal: str, sequence: int) -> None:
        """Take an act, in whatever order acts arrive; one that was taken before says nothing new."""
        found = self._journals.setdefault(journal, _Journal())
        if sequence in found.numbers:
            return
        if not found.acts or sequence > found.acts[-1][0]:
            found.acts.append((sequence, act))
            found.draw(journal, sequence, act)
            return
        acts = sorted([*found.acts, (sequence, act)], key=lambda one: one[0])
        found = self._journals[journal] = _Journal(acts)
        for number, one in acts:
            found.draw(journal, number, one)

    def number(self, journal: str, sequence: int) -> str:
        """Return the number that an entry drew; "" for none: its part was empty, or another journal's."""
        found = self._journals.get(journal)
        return found.numbers.get(sequence, "") if found else ""

    def given(self, what: str) -> str:
        """Return the number of a request; "" for none."""
        return next((one.given[what] for one in self._journals.values() if what in one.given), "")

    @property
    def twice(self) -> list[str]:
        """The numbers that two journals drew: their stations had the same part in their settings."""
        counts = Counter(number for one in self._journals.values() for number in set(one.given.values()))
        return sorted(number for number, count in counts.items() if count > 1)

    def above(self, prefix: str, first: str, last: str) -> str:
        """Return the highest number from *first* to *last* that any journal drew, its digits alone; "" for none."""
        key = (prefix, len(first))
        found = max((_highest(one.drawn.get(key, []), int(first), int(last)) for one in self._journals.values()),
                    default=-1)  # fmt: skip
        return f"{found:0{len(first)}}" if found >= 0 else ""

    def left(self, prefix: str, first: str, last: str) -> int:
        """Return how many numbers from *first* to *last* may still be drawn."""
        return int(last) - max(int(first) - 1, int(self.above(prefix, first, last) or -1))


def printed(prefix: str, digits: str, check: str = "") -> str:
    """Return a number as its label has it.

    >>> printed("LAB", "00412"), printed("", "7992739871", "luhn")
    ('LAB00412', '79927398713')
    """
    return prefix + digits + (luhn(digits) if check == "luhn" else "")


def luhn(digits: str) -> str:
    """Return the check digit of *digits* (ISO/IEC 7812-1, annex B)."""
    doubled = (int(sign) * (2 - at % 2) for at, sign in enumerate(reversed(digits)))
    return str(-sum(one - 9 if one > 9 else one for one in doubled) % 10)


def same_number(one: str, other: str) -> bool:
    """Whether two numbers of labels are the same as people type and scanners send them.

    Blanks, hyphens, small letters, and zeros in front of the digits do not tell them apart.

    >>> same_number("412", "00412"), same_number("lab 412", "LAB-00412"), same_number("412", "4120")
    (True, True, False)
    """
    return _plain(one) == _plain(other) != ("", "")


def _plain(number: str) -> tuple[str, str]:
    """What stands up to the last letter, and the digits behind it without their first zeros."""
    text = number.upper().replace("-", "").replace(" ", "")
    end = max((found.end() for found in _LETTERS.finditer(text)), default=0)
    return text[:end], text[end:].lstrip("0") or text[end:][-1:]


def _highest(known: list[int], first: int, last: int) -> int:
    """The highest of *known* from *first* to *last*; -1 for none."""
    at = bisect_right(known, last) - 1
    return known[at] if at >= 0 and known[at] >= first else -1


def _sound(act: SpecimenDrawn) -> bool:
    """Whether the bounds are such as settings have; another version may have written it."""
    bounds = (act.first, act.last, *([act.above] if act.above else []))
    return all(_DIGITS.fullmatch(one) for one in bounds) and len(act.first) == len(act.last)
