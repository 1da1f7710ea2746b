"""The rows of a board as one reader sees them, laid out once as long as nothing of them changes.

Rules kept here:
  * What is laid out is remembered by whose it is (board, role, wards, language) and by all that it shows: the rows, the
    day, what wards are called. Rows that did not change are the same objects, so that comparing them costs nothing.
  * Of a place the last state alone is remembered, and BOARDS_MAX places at most.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from contrefeu.chart import FICTITIOUS, ON_BOARD, Age, BoardRow, DueItem
from contrefeu.web import Part

_pack = msgspec.msgpack.Encoder().encode
BOARDS_MAX = 500  # boards that are laid out, each for one role, its wards and language: their rows are shared
DUE_SHOWN = 4  # doses of a row; how many more there are is said


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One row, with what is worked out for its reader."""

    row: BoardRow
    age: Age | None
    hidden: bool
    cared: bool  # whether the person sees more than who lies there
    due: Sequence[DueItem]
    shared: tuple[Hashable, Hashable] = ((), ())  # what every row of the board depends on: its place, its state

    def part(self, index: int) -> Part:
        """What the row as HTML is remembered by; a bed whose patient is hidden is known by its number alone."""
        place, state = self.shared
        whose = index if self.hidden else self.row.id
        return (place, whose, self.cared), (state, _pack((self.row, self.due, self.age)))

    @property
    def born(self) -> bool:
        """Whether the birth date is the patient's: a fictitious one is no second identifier (F22)."""
        return not FICTITIOUS & set(self.row.doubts)

    @property
    def alerts(self) -> list[str]:
        """What is said beside isolation, diet and how far care goes."""
        row = self.row
        return [one for one in row.alerts if one not in {*row.isolation, *row.resuscitation, *row.diets}]

    @property
    def not_said(self) -> list[str]:
        """What nobody recorded of what a ward must know of each (F18): never taken for "none"."""
        return [care for care in ON_BOARD if care not in self.row.said]

    @property
    def more_due(self) -> int:
        """How many due items the row does not show."""
        return max(0, len(self.due) - DUE_SHOWN)


class Laid(NamedTuple):
    """The rows of a board as one reader sees them, with what is counted of them."""

    place: Hashable
    lines: Sequence[BoardLine]
    coming: Sequence[BoardLine]
    partly: bool
    late: int
    critical: int
    leaving: int
    shown: bytes


class LaidBoards:
    """What the ward app remembers of boards."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, tuple[object, Laid]] = OrderedDict()

    def laid(self, place: Hashable, state: object, make: Callable[[], Laid]) -> Laid:
        """Return what *make* makes, or made before of the same *state*."""
        before, laid = self._known.pop(place, (None, None))
        if laid is None or before != state:
            laid = make()
        self._known[place] = state, laid
        if len(self._known) > BOARDS_MAX:
            self._known.popitem(last=False)
        return laid
