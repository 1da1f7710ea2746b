"""A row of a benchmark: what was measured, ours and the reference in one unit, their ratio, and the target if any."""

from collections.abc import Sequence
from typing import Any


def row(name: str, ours: float, reference: float | None, unit: str, *, target: str | None = None) -> dict[str, Any]:
    """Return one row.

    Args:
        name: "benchmark: what".
        ours: Our figure.
        reference: The same of what we are compared with; None when it is not on this machine.
        unit: Of both.
        target: What the ratio is to be, such as ">= 30" or "<= 1.6".
    """
    ratio = ours / reference if reference is not None else None
    found: dict[str, Any] = {"name": name, "ours": ours, "reference": reference, "ratio": ratio, "unit": unit}
    if target is not None:
        found |= {"target": target, "met": ratio is not None and _holds(ratio, target)}
    if reference is None:
        found["note"] = "not installed"
    return found


def at(samples: Sequence[float], percent: int) -> float:
    """The percentile of *samples*."""
    return sorted(samples)[min(len(samples) - 1, len(samples) * percent // 100)]


def _holds(ratio: float, target: str) -> bool:
    sign, limit = target.split()
    return ratio >= float(limit) if sign == ">=" else ratio <= float(limit)
