"""Curves of vital signs over time: inline SVG, attributes only (the page's CSP allows no inline style).

Rules kept here:
  * One unit a curve: a series is of one code, unit and method already (chart/sheet/results.py, F5).
  * Time is drawn to scale. Where nothing was measured for GAP_HOURS, or what stands there is no plain number, the line
    is broken: what is between was not seen.
  * Every point stands in the table beside it: the drawing adds nothing that only eyes can read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from contrefeu.base import rfc3339
from contrefeu.chart import instant
from contrefeu.chart.sheet import Series, Value

WIDTH, HEIGHT, LEFT, MARGIN = 560, 150, 44, 12
GAP_HOURS = 8  # hours without a value from which the line is broken: more than a round of a quiet night
POINTS_MAX = 200  # of one curve: hourly for a week
_HOUR_NS = 3600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Curve:
    """One measurement over time."""

    key: str
    name: str
    unit: str
    values: Sequence[Value]  # in the time that is shown, the newest first
    older: int  # values before it
    drawing: Markup
    gaps: int
    begin: str  # RFC 3339: where the drawing begins


def curve_of(series: Series, since_ns: int, until_ns: int, title: str) -> Curve | None:
    """Return the curve of what was measured between two times; None when nothing was.

    Args:
        series: All values of one code, unit and method.
        since_ns: Where the drawing begins; 0 for the first value.
        until_ns: Where it ends.
        title: What a screen reader says of the drawing.
    """
    shown = [one for one in series.values if instant(one.when) and since_ns <= instant(one.when) <= until_ns]
    if not shown:
        return None
    begin = since_ns or min(instant(one.when) for one in shown)
    lines = _lines(shown[:POINTS_MAX])
    drawing = _draw(lines, begin, until_ns, title) if lines else Markup("")
    return Curve(
        key=series.key,
        name=series.name,
        unit=series.last.unit,
        values=shown,
        older=len(series.values) - len(shown),
        drawing=drawing,
        gaps=max(0, len(lines) - 1),
        begin=rfc3339(begin),
    )


Point = tuple[int, Decimal]


def _lines(values: Sequence[Value]) -> list[list[Point]]:
    """The unbroken parts of the curve, the oldest first."""
    lines: list[list[Point]] = []
    broken = True
    for one in reversed(values):
        if one.gone:
            continue
        if one.number is None:
            broken = True
            continue
        at_ns = instant(one.when)
        if broken or at_ns - lines[-1][-1][0] > GAP_HOURS * _HOUR_NS:
            lines.append([])
        lines[-1].append((at_ns, one.number))
        broken = False
    return lines


def _draw(lines: Sequence[Sequence[Point]], begin: int, end: int, title: str) -> Markup:
    numbers = [number for line in lines for _, number in line]
    bottom, top = min(numbers), max(numbers)
    span, time = float(top - bottom) or 1.0, float(end - begin) or 1.0

    def x(at_ns: int) -> float:
        return round(LEFT + (at_ns - begin) / time * (WIDTH - LEFT - MARGIN), 1)

    def y(number: Decimal) -> float:
        return round(HEIGHT - MARGIN - float(number - bottom) / span * (HEIGHT - 2 * MARGIN), 1)

    parts = [f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    for number in dict.fromkeys((top, bottom)):
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y(number)}" x2="{WIDTH - MARGIN}" y2="{y(number)}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(number) + 4}" text-anchor="end">{number}</text>')
    for line in lines:
        points = " ".join(f"{x(at)},{y(number)}" for at, number in line)
        parts.append(f'<polyline points="{points}"/>')
        parts += [f'<circle cx="{x(at)}" cy="{y(number)}" r="3"/>' for at, number in line]
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 (numbers, and a title that is escaped)
