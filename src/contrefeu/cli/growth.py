"""How fast the home grows, and for how many days its disk lasts at that pace (D7).

    a day    = the median of the last GROWTH_DAYS of 24 h, in bytes of the segments that were closed in each,
               times what the chart store takes beside all journals
    days     = what is free beside what feeds leave to people, over that

Rules kept here:
  * Nothing is said of a pace before DAYS_MIN whole days behind the first closed segment. A restore or an import fills
    a day or two, and the median leaves them out.
  * It is an estimate from what came, not a promise: a scanner that is connected tomorrow changes it.
"""

import os
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

GROWTH_DAYS = 7  # looked back: a week has its week-end
DAYS_MIN = 3  # days: of two the median is half an import
DAY_S = 86_400  # s
ACTS_A_DAY = 20  # of an inpatient: six rounds, seven doses, results, notes, orders (tests/drills/ward_run counts 19)
ACT_BYTES = 4_000  # of an act, journal and charts, without scanned pages: 2.8 times what 600 inpatients took each


@dataclass(frozen=True, slots=True)
class Growth:
    """The disk of a home."""

    free_bytes: int  # beside what feeds leave to people
    bytes_a_day: int | None  # None while nobody can tell
    days_left: float | None


def growth(node: "Node") -> Growth:
    """Look at the files of the home; no entry is read."""
    found = os.statvfs(node.paths.root)
    free = max(0, found.f_bavail * found.f_frsize - node.settings.capture.spare_bytes)
    sizes = [
        one for files in node.journals() for number in files.segments()[:-1] for one in _seen(files.segment(number))
    ]
    charts = sum(size for path in _store(node.paths.charts_db) for _, size in _seen(path))
    pace = bytes_a_day(sizes, charts, node.clock.now_ns() / 1e9)
    return Growth(free, pace, round(free / pace, 1) if pace else None)


def downtime_bytes(inpatients: int, days: float) -> int:
    """Return the bound of what wards write into a home in a downtime, known before its first act.

    Args:
        inpatients: Who lies in the house at once.
        days: Of the downtime.
    """
    return int(inpatients * days * ACTS_A_DAY * ACT_BYTES)


def bytes_a_day(segments: list[tuple[float, int]], charts: int, now_s: float) -> int | None:
    """Return how fast a home grows; None while nobody can tell.

    Args:
        segments: When each closed segment was last written (s since 1970), and its bytes.
        charts: Bytes of the chart store.
        now_s: Now, as the segments count.
    """
    began = min((when for when, _ in segments), default=now_s)
    whole = min(GROWTH_DAYS, int((now_s - began) // DAY_S))
    if whole < DAYS_MIN:
        return None
    days = [0] * whole
    for when, size in segments:
        ago = int((now_s - when) // DAY_S)
        if 0 <= ago < whole:
            days[ago] += size
    journals = sum(size for _, size in segments)
    return int(statistics.median(days) * (1 + charts / max(1, journals)))


def _seen(path: Path) -> list[tuple[float, int]]:
    """When a file was last written, and its bytes; nothing of one that ended meanwhile, or that is not ours to see."""
    try:
        found = path.stat()
    except OSError:
        return []
    return [(found.st_mtime, found.st_size)]


def _store(db: Path) -> list[Path]:
    return [db, db.with_name(f"{db.name}-wal")]
