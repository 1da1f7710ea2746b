"""From a page's millimetres to a picture's pixels: the projective map that fits points which were found (pure).

A flat page seen from anywhere is its own picture under eight numbers a..h (Hartley and Zisserman, section 2.3):

    x = (a u + b v + c) / (g u + h v + 1)        y = (d u + e v + f) / (g u + h v + 1)
"""

from collections.abc import Sequence

Point = tuple[float, float]
_UNIT_MM, _UNIT_PX = 100.0, 1000.0  # of the sums: numbers near 1 keep their digits


class Plane:
    """Where the points of a page lie in a picture."""

    def __init__(self, numbers: Sequence[float]) -> None:
        self._numbers = tuple(numbers)

    def __call__(self, at: Point) -> Point:
        """Return the pixel of a point in mm."""
        a, b, c, d, e, f, g, h = self._numbers
        u, v = at[0] / _UNIT_MM, at[1] / _UNIT_MM
        w = g * u + h * v + 1
        return (a * u + b * v + c) / w * _UNIT_PX, (d * u + e * v + f) / w * _UNIT_PX

    def coefficients(self, pixels_per_mm: float) -> tuple[float, ...]:
        """Return what PIL's perspective transform takes to draw the page flat, at that many pixels a mm."""
        a, b, c, d, e, f, g, h = self._numbers
        k = 1 / (pixels_per_mm * _UNIT_MM)
        return (a * k * _UNIT_PX, b * k * _UNIT_PX, c * _UNIT_PX,
                d * k * _UNIT_PX, e * k * _UNIT_PX, f * _UNIT_PX, g * k, h * k)  # fmt: skip


def fitted(found: Sequence[tuple[Point, Point, float]]) -> Plane | None:
    """Return the plane that fits best, by least squares; None when the points fix none.

    Args:
        found: At least four points: their mm, their pixel, and how much each counts.
    """
    assert len(found) >= 4, "four points fix a plane"
    rows = []
    for (mm_x, mm_y), (px_x, px_y), weight in found:
        u, v, x, y = mm_x / _UNIT_MM, mm_y / _UNIT_MM, px_x / _UNIT_PX, px_y / _UNIT_PX
        rows.append(([u, v, 1, 0, 0, 0, -u * x, -v * x], x, weight))
        rows.append(([0, 0, 0, u, v, 1, -u * y, -v * y], y, weight))
    normal = [[sum(w * row[i] * row[j] for row, _, w in rows) for j in range(8)] for i in range(8)]
    wanted = [sum(w * row[i] * value for row, value, w in rows) for i in range(8)]
    solved = _solved(normal, wanted)
    return Plane(solved) if solved is not None else None


def _solved(matrix: list[list[float]], wanted: list[float]) -> list[float] | None:
    """Gauss, with the largest pivot; None when there is none."""
    size = len(wanted)
    rows = [[*line, value] for line, value in zip(matrix, wanted, strict=True)]
    for at in range(size):
        best = max(range(at, size), key=lambda n: abs(rows[n][at]))
        if abs(rows[best][at]) < 1e-14:
            return None
        rows[at], rows[best] = rows[best], rows[at]
        for n in range(at + 1, size):
            part = rows[n][at] / rows[at][at]
            rows[n] = [one - part * other for one, other in zip(rows[n], rows[at], strict=True)]
    found = [0.0] * size
    for at in range(size - 1, -1, -1):
        rest = sum(rows[at][n] * found[n] for n in range(at + 1, size))
        found[at] = (rows[at][size] - rest) / rows[at][at]
    return found
