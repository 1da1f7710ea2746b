"""Blood groups: none crosses to another number without the blood bank, none is said outside its source (FIELD F11)."""

from hashlib import sha256
from typing import TYPE_CHECKING

from contrefeu.chart.elements import Resource, codes

if TYPE_CHECKING:
    from contrefeu.chart.fold import Chart

BLOOD_GROUPS = frozenset({"882-1", "883-9", "10331-7", "890-4"})
"""LOINC: ABO and Rh group, ABO group, Rh group, antibody screen."""
GROUP_UNSAID = "groupe sanguin non affiché"
"""What lists have in place of its value; screens say it in their reader's language."""


def says_group(result: Resource) -> bool:
    """Whether a result, or a part of it, is a blood group or an antibody screen."""
    said = (result, *(result.get("component") or []))
    return any(BLOOD_GROUPS & set(codes(one.get("code"))) for one in said)


def group_mark(value: str) -> str:
    """Return what tells one unsaid value from another: who acknowledged the one has not seen the other."""
    return f"#{sha256(value.encode()).hexdigest()[:8]}"


def holds_blood(chart: "Chart") -> bool:
    """Whether *chart* says a blood group or an antibody screen."""
    return any(
        BLOOD_GROUPS & set(codes(kept.now.get("code")))
        for kept in chart.kept.values()
        if kept.kind in ("Observation", "DiagnosticReport")
    )
