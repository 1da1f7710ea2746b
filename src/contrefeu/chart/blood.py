"""Whether a chart says a blood group: no group crosses to another number without the blood bank (FIELD F11)."""

from contrefeu.chart.elements import codes
from contrefeu.chart.fold import Chart

BLOOD_GROUPS = frozenset({"882-1", "883-9", "10331-7", "890-4"})
"""LOINC: ABO and Rh group, ABO group, Rh group, antibody screen."""


def holds_blood(chart: Chart) -> bool:
    """Whether *chart* says a blood group or an antibody screen."""
    return any(
        BLOOD_GROUPS & set(codes(kept.now.get("code")))
        for kept in chart.kept.values()
        if kept.kind in ("Observation", "DiagnosticReport")
    )
