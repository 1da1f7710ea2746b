"""What is due, as a ward in downtime may read it (F2).

Rules kept here:
  * From the declaration on, a dose whose hour has come and for which no administration was received reads
    "given? not known": it may have been given on paper. It is never due or late there, and never given.
  * What is still to come stays as the prescription says.
"""

from collections.abc import Sequence

import msgspec

from contrefeu.base import parse_rfc3339
from contrefeu.chart.views import DueItem


def due_in_downtime(due: Sequence[DueItem], now_ns: int) -> list[DueItem]:
    """Return *due* for a ward where downtime is declared."""
    return [msgspec.structs.replace(item, state="unknown") if _has_come(item, now_ns) else item for item in due]


def _has_come(item: DueItem, now_ns: int) -> bool:
    if item.state not in {"due", "late"}:
        return False
    try:
        return not item.at or parse_rfc3339(item.at) <= now_ns
    except ValueError:
        return True
