"""A curve in the height of a line: inline SVG, attributes only (the page's CSP allows no inline style).

Rules kept here:
  * Points stand at equal steps: it says up or down, not when; the times are written beside.
  * The band is the reference range of the last value, when its sender gave both ends.
  * A point out of the band is drawn as a square as well as in colour.
"""

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup, escape

WIDTH, HEIGHT, MARGIN = 92, 24, 3


def sparkline(points: Sequence[Decimal], low: Decimal | None, high: Decimal | None, title: str) -> Markup:
    """Return the drawing, or nothing for fewer than two points."""
    if len(points) < 2:
        return Markup("")
    ends = [end for end in (low, high) if end is not None]
    bottom, top = min((*points, *ends)), max((*points, *ends))
    span = float(top - bottom) or 1.0

    def y(value: Decimal) -> float:
        return round(HEIGHT - MARGIN - float(value - bottom) / span * (HEIGHT - 2 * MARGIN), 1)

    def x(index: int) -> float:
        return round(MARGIN + index * (WIDTH - 2 * MARGIN) / (len(points) - 1), 1)

    parts = [f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    if low is not None and high is not None:
        parts.append(f'<rect class="band" x="0" y="{y(high)}" width="{WIDTH}" height="{max(1.0, y(low) - y(high))}"/>')
    line = " ".join(f"{x(i)},{y(value)}" for i, value in enumerate(points))
    parts.append(f'<polyline points="{line}"/>')
    for i, value in enumerate(points):
        out = (low is not None and value < low) or (high is not None and value > high)
        if out:
            parts.append(f'<rect class="out" x="{x(i) - 2}" y="{y(value) - 2}" width="4" height="4"/>')
    parts.append(f'<circle class="last" cx="{x(len(points) - 1)}" cy="{y(points[-1])}" r="2.6"/></svg>')
    return Markup("".join(parts))  # noqa: S704 (numbers, and a title that is escaped)
