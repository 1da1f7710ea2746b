"""What was ticked on a page: each box found by its outline, and its ink judged (`contrefeu[scan]`).

Rules kept here:
  * Where boxes lie on the page is what the issue says; how the page lies is what lies.py finds.
  * A box whose outline is not there is doubtful, never empty: something may cover it. Where most of them are not there
    the page lies otherwise than was thought, and all are doubtful.
  * One line through the box and what stands right of it is a striking out. Whatever else runs through is doubtful.
  * What is read is proposed to a person, with the place of the picture to look at (Q3). Nothing is concluded here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from contrefeu.acts import Box, Mark
from contrefeu.paper.lies import OUTLINE_MIN, PAGE_MM, darkness_of, outlines_of, paper_of, peak_of, plane_of
from contrefeu.paper.pictures import Seen
from contrefeu.paper.plane import Plane

PIXELS_PER_MM = 8  # of the page drawn flat: a biro's line has three to five pixels
ASTRAY_MM = 2.5  # how far from its place a box is looked for: a fold shifts a line by less
DARK = 0.65  # of the paper's brightness: ink is below it
INK_MIN, TICK_MIN = 0.02, 0.05  # parts of the inside: below is dust, above is a tick, between is asked
OUT_PX = 5  # beyond the edge of a box its outline has ended
STRUCK_PX = 9  # that a striking out reaches left of it at least: more than a tick's beginning
LINE_PX = 40  # a line that reaches further to the left belongs to something else: 5 mm
SLOPE_MAX = 0.3  # of the side, that a striking out rises or falls from one side of the box to the other
GAP_PX = 11  # right of a box the paper is white so far: 1.4 mm (pack.typ)
CUT_DOSE_MM, CUT_FORM_MM = (2.0, 1.2, 25.0, 10.3), (3.0, 2.0, 44.0, 6.5)  # left, above, right, below of a box


def marks_on(page: Image.Image, seen: Seen, boxes: Sequence[Box], number: int) -> list[Mark] | None:
    """Return what is marked on page *number* of an issue that has *boxes*; None when it cannot be told how it lies.

    Places are pixels of *page*.

    Args:
        page: In grey; upright, where its code was read.
        seen: Where its code lies, if it was read.
        boxes: Of the whole issue.
        number: Which page this is.
    """
    mine = [(n, box) for n, box in enumerate(boxes) if box.page == number]
    if not mine:
        return []
    plane = plane_of(page, seen)
    if plane is None:
        return None
    width, height = (side * PIXELS_PER_MM for side in PAGE_MM)
    coefficients = plane.coefficients(PIXELS_PER_MM)
    flat = page.transform(
        (width, height), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR, fillcolor=255
    )
    inks = [_found(flat, box) for _, box in mine]
    astray = sum(ink is None for ink in inks) * 2 > len(inks)
    judged = [_judged(None if astray else ink, box) for ink, (_, box) in zip(inks, mine, strict=True)]
    return [
        Mark(n, state, why, *_cut(plane, box, page.size))
        for (state, why), (n, box) in zip(judged, mine, strict=True)
        if state
    ]


State = Literal["ticked", "struck", "doubtful", ""]


# One box.


@dataclass(frozen=True, slots=True)
class _Ink:
    """What is dark around a box, as bytes: 1 is ink. The box's upper left corner is (x, y)."""

    rows: Sequence[bytes]
    x: int
    y: int
    side: int

    def inside(self) -> float:
        """Of the inside, the part that is ink."""
        a, b = OUT_PX, self.side - OUT_PX
        inner = [row[self.x + a : self.x + b] for row in self.rows[self.y + a : self.y + b]]
        return sum(map(sum, inner)) / ((b - a) ** 2)

    def column(self, x: int, more: int = OUT_PX) -> list[int]:
        """Rows in which column *x* is ink, beside the box and *more* pixels above and below it."""
        return [n for n in range(self.y - more, self.y + self.side + more) if self.rows[n][x]]

    def left(self) -> int:
        """How far ink goes on to the left of the box, in pixels; a gap of two ends it."""
        reach, gap = 0, 0
        while gap < 3 and reach < self.x - OUT_PX:
            gap = 0 if self.column(self.x - OUT_PX - reach, GAP_PX) else gap + 1
            reach += 1
        return reach - gap

    def right(self) -> bool:
        """Whether ink crosses the white on the right of the box."""
        edge = self.x + self.side
        return all(self.column(x) for x in range(edge + OUT_PX, edge + GAP_PX))

    def slope(self) -> float:
        """How much a line that runs through rises or falls between the sides, in sides."""
        rows = [self.column(self.x - OUT_PX), self.column(self.x + self.side + OUT_PX)]
        left, right = (sum(found) / len(found) if found else 0.0 for found in rows)
        return abs(left - right) / self.side

    def strokes(self) -> int:
        """How many lines leave the box on the left: runs of ink in the column there."""
        rows = self.column(self.x - OUT_PX - 3)
        return sum(1 for n, row in enumerate(rows) if n == 0 or row - rows[n - 1] > OUT_PX)

    def upright(self) -> bool:
        """Whether ink goes on both above and below the box."""
        columns = slice(self.x, self.x + self.side)
        above = self.rows[self.y - GAP_PX : self.y - OUT_PX]
        below = self.rows[self.y + self.side + OUT_PX : self.y + self.side + GAP_PX]
        return all(any(row[columns]) for row in above) and all(any(row[columns]) for row in below)


def _judged(ink: _Ink | None, box: Box) -> tuple[State, str]:
    """What a box is ("" when it is empty), and why when it is doubtful."""
    if ink is None:
        return "doubtful", "no-box"
    inside = ink.inside()
    if inside < INK_MIN:
        return "", ""
    left, right = ink.left(), ink.right()
    through = left >= STRUCK_PX and right
    if ink.upright() or left > LINE_PX or (through and ink.slope() > SLOPE_MAX):
        return "doubtful", "line"
    if through and (ink.strokes() > 1 or not box.what):
        return "doubtful", "strokes"
    if through:
        return "struck", ""
    return ("doubtful", "little") if inside < TICK_MIN else ("ticked", "")


def _found(flat: Image.Image, box: Box) -> _Ink | None:
    """The box, found by its outline, and the ink around it; None when there is no outline near its place."""
    side = round(box.side * PIXELS_PER_MM)
    reach, margin = round(ASTRAY_MM * PIXELS_PER_MM), LINE_PX + 2 * OUT_PX
    x, y = round(box.x * PIXELS_PER_MM) - reach - margin, round(box.y * PIXELS_PER_MM) - reach - margin
    size = side + 2 * (reach + margin)
    window = flat.crop((x, y, x + size, y + size))
    outline = outlines_of(darkness_of(window), side)
    first = margin + side // 2
    near = outline.crop((first, first, first + 2 * reach + 1, first + 2 * reach + 1))
    best, at_x, at_y = peak_of(near)
    if best < OUTLINE_MIN:
        return None
    level = round(paper_of(window) * DARK)
    dark = window.point([int(value < level) for value in range(256)]).tobytes()
    rows = [dark[n * size : (n + 1) * size] for n in range(size)]
    return _Ink(rows, margin + at_x, margin + at_y, side)


def _cut(plane: Plane, box: Box, size: tuple[int, int]) -> Iterator[int]:
    """Where to look at it: the box with what stands beside it, as x, y, width and height."""
    left, above, right, below = CUT_DOSE_MM if box.what else CUT_FORM_MM
    corners = [(box.x - left, box.y - above), (box.x + right, box.y - above),
               (box.x - left, box.y + below), (box.x + right, box.y + below)]  # fmt: skip
    places = [plane(corner) for corner in corners]
    x, y = max(0, round(min(p[0] for p in places))), max(0, round(min(p[1] for p in places)))
    yield from (x, y)
    yield max(1, min(size[0], round(max(p[0] for p in places))) - x)
    yield max(1, min(size[1], round(max(p[1] for p in places))) - y)
