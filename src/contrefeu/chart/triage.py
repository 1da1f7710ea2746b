"""What is said of somebody in the emergency department: triage level, who sees them, where they go next.

Rules kept here:
  * A level is shown as it was sent or written: scales differ, and none is turned into another.
  * The newest word stands, a feed's measured level or people's own; each says when and by whom.
"""

from collections.abc import Iterable

from contrefeu.chart.elements import Resource, codes, concept, display, first, instant, is_error
from contrefeu.chart.views import Emergency

TRIAGE = "urn:contrefeu:triage"  # of a Flag: system of its category and code, url of its extension (doctor, goes)
LEVEL_CODES = frozenset({"11283-9", "75636-1"})  # LOINC: acuity at arrival, emergency severity index


def is_level(kind: str, resource: Resource) -> bool:
    """Whether an object of a chart says a triage level."""
    if kind == "Flag":
        return any(one.get("system") == TRIAGE for k in resource.get("category") or [] for one in k.get("coding") or [])
    return kind == "Observation" and bool(LEVEL_CODES & set(codes(resource.get("code"))))


def emergency_of(found: Iterable[tuple[str, Resource]]) -> Emergency | None:
    """Return the newest word of a chart's objects; None when there is none."""
    said = [_said(kind, one) for kind, one in found if is_level(kind, one) and not is_error(one)]
    standing = [one for one in said if one is not None]
    return max(standing, key=lambda one: instant(one.at), default=None)


def _said(kind: str, resource: Resource) -> Emergency | None:
    if kind == "Observation":
        measured = resource.get("valueQuantity") or {}
        level = concept(resource.get("valueCodeableConcept")) or str(
            resource.get("valueString") or measured.get("value") or ""
        )
        by = display(next(iter(resource.get("performer") or []), None))
        return Emergency(level, first(resource, "effectiveDateTime", "issued"), by) if level else None
    if resource.get("status", "active") != "active":
        return None
    parts = {
        str(part.get("url")): str(part.get("valueString", ""))
        for one in resource.get("extension") or []
        if one.get("url") == TRIAGE
        for part in one.get("extension") or []
    }
    return Emergency(
        level=concept(resource.get("code")),
        at=first(resource, "period.start"),
        by=display(resource.get("author")),
        doctor=parts.get("doctor", ""),
        goes=parts.get("goes", ""),
    )
