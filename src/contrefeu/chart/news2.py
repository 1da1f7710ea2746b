"""NEWS2: the table that the Royal College of Physicians published, and the sum of one set of measurements.

Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, London 2017, chart 1 (decision 0115).

Rules kept here:
  * The sum of seven measurements of one set, or none: of a set that lacks one there is no score, and it is said which.
  * A value counts in the unit of the table alone (F5); "<90" or a text is not a value.
  * The scale for oxygen saturation is 1, unless a physician wrote a target of 88 to 92 % (scale 2).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

# For each measurement: up to and including this value, so many points; None is everything above.
Steps = Sequence[tuple[Decimal | None, int]]


def _steps(*found: tuple[str, int]) -> Steps:
    return [(Decimal(top) if top else None, points) for top, points in found]


BREATHS = _steps(("8", 3), ("11", 1), ("20", 0), ("24", 2), ("", 3))  # /min
SATURATION_1 = _steps(("91", 3), ("93", 2), ("95", 1), ("", 0))  # %
SATURATION_2_AIR = _steps(("83", 3), ("85", 2), ("87", 1), ("", 0))
SATURATION_2_OXYGEN = _steps(("83", 3), ("85", 2), ("87", 1), ("92", 0), ("94", 1), ("96", 2), ("", 3))
SYSTOLIC = _steps(("90", 3), ("100", 2), ("110", 1), ("219", 0), ("", 3))  # mmHg
PULSE = _steps(("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2), ("", 3))  # /min
TEMPERATURE = _steps(("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1), ("", 2))  # °C
OXYGEN_POINTS, ALTERED_POINTS = 2, 3  # breathing oxygen; confused (new), or answering to voice, pain or nothing
PARTS = ("breaths", "saturation", "oxygen", "systolic", "pulse", "consciousness", "temperature")
MEDIUM, HIGH, RED = 5, 7, 3  # thresholds of the same report: urgent; emergency; one measurement in the red


class Measured(NamedTuple):
    """One set of measurements; what is not there is None."""

    breaths: Decimal | None = None
    saturation: Decimal | None = None
    oxygen: bool | None = None  # whether the patient breathes any
    systolic: Decimal | None = None
    pulse: Decimal | None = None
    consciousness: str | None = None  # A, C, V, P, U
    temperature: Decimal | None = None


def missing(found: Measured) -> list[str]:
    """Return what the set lacks."""
    return [name for name in PARTS if getattr(found, name) is None]


def points_of(found: Measured, *, scale_2: bool = False) -> Mapping[str, int]:
    """Return the points of each measurement that is there; of saturation on scale 2, once oxygen is known."""
    points: dict[str, int] = {}
    for name, steps in (("breaths", BREATHS), ("systolic", SYSTOLIC), ("pulse", PULSE), ("temperature", TEMPERATURE)):
        value = getattr(found, name)
        if value is not None:
            points[name] = _points(value, steps)
    if found.saturation is not None and not scale_2:
        points["saturation"] = _points(found.saturation, SATURATION_1)
    elif found.saturation is not None and found.oxygen is not None:
        points["saturation"] = _points(found.saturation, SATURATION_2_OXYGEN if found.oxygen else SATURATION_2_AIR)
    if found.oxygen is not None:
        points["oxygen"] = OXYGEN_POINTS if found.oxygen else 0
    if found.consciousness is not None:
        points["consciousness"] = 0 if found.consciousness == "A" else ALTERED_POINTS
    return points


def _points(value: Decimal, steps: Steps) -> int:
    return next(points for top, points in steps if top is None or value <= top)
