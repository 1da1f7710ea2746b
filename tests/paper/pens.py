"""Marks of a biro on boxes: a tick, a cross, a scribble, a line through box and hour, a line that means nothing.

Pictures are of A4 at DPI; each mark is drawn as a hand would, a little aside and never straight, by its own seed.
"""

import random
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw

from contrefeu.acts import Box

DPI = 200
_PX = DPI / 25.4  # in a mm
Hand = random.Random

KINDS = ("tick", "cross", "filled", "struck", "stray", "none")
WEIGHTS = (36, 12, 5, 8, 4, 35)
MEANT = {"tick": "ticked", "cross": "ticked", "filled": "ticked", "struck": "struck", "stray": "", "none": ""}


def marked(page: Image.Image, boxes: Sequence[Box], seed: int) -> tuple[Image.Image, list[str]]:
    """*page* after somebody filled in *boxes*, and what each mark is."""
    hand, out = Hand(seed), page.copy()
    pen = Pen(ImageDraw.Draw(out), hand)
    kinds = []
    for box in boxes:
        [kind] = hand.choices(KINDS, WEIGHTS)
        kind = kind if box.what or kind not in {"struck", "stray"} else "none"  # answers of forms are ticked, or not
        pen.mark(kind, box)
        kinds.append(kind)
    return out, kinds


class Pen:
    """A biro in somebody's hand: its ink and its width are one page's."""

    def __init__(self, draw: ImageDraw.ImageDraw, hand: Hand) -> None:
        self._draw, self._hand = draw, hand
        self._ink, self._width = hand.randint(15, 105), hand.randint(3, 6)

    def mark(self, kind: str, box: Box) -> None:
        """Draw a mark of that kind on *box*; a tick may have an hour and initials beside it."""
        x, y, side, some = box.x, box.y, box.side, self._hand.uniform
        match kind:
            case "tick":
                dip = (x + side * some(0.25, 0.5), y + side * some(0.65, 1.1))
                start = (x + side * some(-0.15, 0.2), y + side * some(0.3, 0.6))
                self._line(start, dip, (x + side * some(0.75, 1.25), y + side * some(-0.35, 0.15)))
            case "cross":
                self._line(
                    (x + side * some(0, 0.2), y + side * some(0, 0.2)),
                    (x + side * some(0.8, 1.05), y + side * some(0.8, 1.05)),
                )
                self._line(
                    (x + side * some(0, 0.2), y + side * some(0.8, 1)),
                    (x + side * some(0.8, 1.05), y + side * some(-0.05, 0.2)),
                )
            case "filled":
                for n in range(7):
                    row = y + side * (n + some(0.2, 0.8)) / 7
                    self._line(
                        (x + side * some(0, 0.15), row), (x + side * some(0.85, 1), row + side * some(-0.1, 0.1))
                    )
            case "struck":
                self._line(
                    (x - some(1.6, 3.5), y + side * some(0.3, 0.7)), (x + side + some(6, 12), y + side * some(0.2, 0.8))
                )
            case "stray":
                tilt = some(-8, 8)
                self._line((x - some(12, 30), y + side / 2 - tilt), (x + some(14, 30), y + side / 2 + tilt))
            case _:
                return
        if box.what and kind != "stray":
            self._scrawl(x + some(6, 8), y + side + some(1.8, 3))

    def _scrawl(self, x: float, y: float) -> None:
        some = self._hand.uniform
        self._line(*((x + n * some(1, 1.6), y + some(0, 3)) for n in range(8)))

    def _line(self, *points: tuple[float, float]) -> None:
        some, fine = self._hand.uniform, []
        for (a, b), (c, d) in pairwise(points):
            fine += [(a + (c - a) * n / 6 + some(-0.1, 0.1), b + (d - b) * n / 6 + some(-0.1, 0.1)) for n in range(7)]
        self._draw.line([(x * _PX, y * _PX) for x, y in fine], fill=self._ink, width=self._width, joint="curve")
