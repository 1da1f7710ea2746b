"""The ward app with the pages of containment and of declarations, on the ward in memory."""

from zoneinfo import ZoneInfo

from contrefeu.base import ManualClock
from contrefeu.contain import PAGES
from contrefeu.declare import Law, default_regimes, dues, incident_pages
from tests.station.ward_in_memory import NOW_NS

ZONE = "Europe/Paris"
LAW = Law(default_regimes(), [], ZONE, ZoneInfo(ZONE))


def mounted(clock: ManualClock | None = None) -> dict[str, object]:
    """What the app is given beside the rest."""
    clock = clock or ManualClock(NOW_NS)
    return {"clock": clock, "mounted": (PAGES, incident_pages(LAW)), "dues": dues(LAW, clock.now_ns)}
