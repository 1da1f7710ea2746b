"""What a report was made of: its specimen, the isolate or the order that it goes on from (FIELD F31).

    SPM-2         number of the specimen, its placer's and its filler's (EIP; 2.A.29)
    OBR-26        parent result: code, sub-id, and words of the line that it goes on from (PRL; 2.A.59, 7.3.1.26)
    OBR-29, ORC-8 parent order: its placer's and its filler's number (EIP)

Rules kept here:
  * Two reports of one message are two, whatever number they share: of two isolates, or of a test done twice, the second
    never takes the place of the first.
  * A specimen's number finds its patient when nothing better does, for two to four weeks: laboratories begin them
    again. Short ones, which some begin again each day, find nobody (decision 0238).
"""

from collections.abc import Iterable

from contrefeu.hl7 import Rep, Segment
from contrefeu.mapping.from_hl7.datatypes import Context
from contrefeu.mapping.from_hl7.groups import Order

HINT = "specimen:"
SPAN_NS = 14 * 86_400 * 10**9  # a number is looked for in the fortnight of its message and in those beside it
NUMBER_CHARS_MIN = 6  # letters and digits of a specimen's number that finds a patient


class Reports:
    """The reports of one patient's part of a message, so far."""

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}
        self._lines: list[Segment] = []  # OBX of those before

    def key(self, base: str, obr: Segment) -> str:
        """What a report is called: *base*, the line that it goes on from, and which of this message it is."""
        parent = obr.rep(26)
        named = [parent.text(1), parent.text(2)] if parent is not None else []
        key = "|".join([base, *named]) if any(named) else base
        count = self._keys[key] = self._keys.get(key, 0) + 1
        return f"{key}|{count}" if count > 1 else key

    def heard(self, lines: Iterable[Segment]) -> None:
        """Keep what a report says: a later one may go on from one of its lines."""
        self._lines += lines

    def isolate(self, obr: Segment) -> str:
        """What the line says that a report goes on from: an organism; "" when that is not told, or not told apart."""
        parent = obr.rep(26)
        if parent is None:
            return ""
        named = parent.text(1), parent.text(2)
        said = {obx.text(5, 2) or obx.text(5) for obx in self._lines if (obx.text(3), obx.text(4)) == named}
        return parent.text(3) or (said.pop() if len(said) == 1 else "")


def parent_names(orc: Segment | None, obr: Segment, context: Context) -> list[str]:
    """The hints of the order that a report goes on from: a reflex test may name no other."""
    reps = [obr.rep(29), orc.rep(8) if orc is not None else None]
    return [f"order:{key}" for key in _pairs(reps, context.authority)]


def specimen_names(order: Order, context: Context) -> list[str]:
    """The hints of the specimens that an order or a report is of: number and fortnight."""
    span = context.sent_ns // SPAN_NS
    numbers = _pairs((spm.rep(2) for spm in order.specimens), context.authority) if span else []
    return [f"{HINT}{number}|{span}" for number in numbers if _tells(number)]


def with_neighbours(hints: Iterable[str]) -> list[str]:
    """*hints* as they are looked for: specimens in the fortnights before and behind too."""
    found = []
    for hint in hints:
        found.append(hint)
        if hint.startswith(HINT):
            number, _, span = hint.rpartition("|")
            found += [f"{number}|{int(span) + step}" for step in (-1, 1)]
    return found


def _pairs(reps: Iterable[Rep | None], default: str) -> list[str]:
    """EIP -> the keys of both numbers, as `entity` makes them of EI."""
    found = []
    for rep in (one for one in reps if one is not None):
        for place in (1, 2):
            if value := rep.text(place).strip():
                found.append(f"{rep.text(place, 2) or rep.text(place, 3) or default}|{value}")
    return list(dict.fromkeys(found))


def _tells(key: str) -> bool:
    """Whether a number is of one specimen alone, as far as its writing tells."""
    signs = [sign for sign in key.rpartition("|")[2] if sign.isalnum()]
    return len(signs) >= NUMBER_CHARS_MIN and len(set(signs)) > 1
