"""Ages as a ward says them: years, then months, days and hours for the youngest (F10).

Rules kept here:
  * Under 3 days in hours (when the hour of birth is known), under 1 month in days, under 2 years in months.
  * A weight serves for doses while it is young: the younger the child, the sooner it is old.
  * A birth date at year or month precision gives "about"; none gives nothing: never a guess.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal

from contrefeu.base import parse_rfc3339

NEWBORN_HOURS, NEWBORN_DAYS, INFANT_MONTHS, CHILD_YEARS = 72, 31, 24, 18
# After how many days a child's weight is shown as old (F10): a newborn is weighed daily, an infant monthly, a child at
# each stay. Ours to choose; no dose is computed from it.
WEIGHT_DAYS = {"hours": 1, "days": 2, "months": 30, "years": 180}


@dataclass(frozen=True, slots=True)
class Age:
    """How old somebody is."""

    number: int
    unit: Literal["hours", "days", "months", "years"]
    about: bool = False

    @property
    def child(self) -> bool:
        """Under 18: doses go by weight (F10)."""
        return self.unit != "years" or self.number < CHILD_YEARS


def weight_is_old(age: Age | None, when: str, now_ns: int) -> bool:
    """Whether a child's weight of *when* (FHIR dateTime) is too old to give a dose by, or undated (F10)."""
    if age is None or not age.child:
        return False
    try:
        return now_ns - parse_rfc3339(when) > WEIGHT_DAYS[age.unit] * 86_400 * 1_000_000_000
    except ValueError:
        return True


def age_of(birth_date: str, now_ns: int, zone: tzinfo, birth_time: str = "") -> Age | None:
    """Return the age of somebody born on *birth_date* (any precision), at *birth_time* (dateTime) if it is known."""
    now = datetime.fromtimestamp(now_ns // 1_000_000_000, zone)
    if birth_time:
        try:
            hours = int((now - datetime.fromisoformat(birth_time).astimezone(zone)).total_seconds() // 3600)
        except ValueError:
            hours = -1
        if 0 <= hours < NEWBORN_HOURS:
            return Age(hours, "hours")
    parts = birth_date.split("-")
    try:
        born = date(int(parts[0]), int(parts[1]) if len(parts) > 1 else 7, int(parts[2]) if len(parts) > 2 else 1)
    except ValueError:
        return None
    about = len(parts) < 3
    days = (now.date() - born).days
    if days < 0:
        return None
    months = (now.year - born.year) * 12 + now.month - born.month - (now.day < born.day)
    if len(parts) == 3 and days < NEWBORN_DAYS:
        return Age(days, "days")
    if len(parts) > 1 and months < INFANT_MONTHS:
        return Age(max(months, 0), "months", about)
    return Age(months // 12, "years", about)
