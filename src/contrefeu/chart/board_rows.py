"""Rows of boards, remembered: what is said of a patient is read once, and worked out once a minute.

Rules kept here:
  * A row depends on its line as the store has it, byte for byte, on the downtime of its ward and on the time. One that
    is the same when a minute begins and when it ends is the same throughout: whatever the clock does to a row lasts for
    longer than that. Any other is worked out each time.
  * In memory alone, at most ROWS_MAX.
"""

from functools import lru_cache

import msgspec

from contrefeu.chart.boards import BoardLine, row_at
from contrefeu.chart.views import BoardRow

ROWS_MAX = 4_000  # rows: every bed of a large hospital and a minute's changes; some 20 MB
_MINUTE_NS = 60 * 10**9


class BoardRows:
    """Those of one node; several threads may ask."""

    def __init__(self, zone: str) -> None:
        """*zone*: of the hospital."""
        self._zone = zone
        self.line = lru_cache(ROWS_MAX)(msgspec.json.Decoder(BoardLine).decode)
        self._lasting = lru_cache(ROWS_MAX)(self._throughout)

    def at(self, packed: bytes, now_ns: int, downtime_ns: int = 0) -> BoardRow:
        """Return the row at *now_ns* of a line as it is written down; *downtime_ns* as for `board_row`."""
        found = self._lasting(packed, now_ns // _MINUTE_NS, downtime_ns)
        return self._row(packed, now_ns, downtime_ns) if found is None else found

    def _throughout(self, packed: bytes, minute: int, downtime_ns: int) -> BoardRow | None:
        """The row of a whole minute; None when it changes within."""
        begins, ends = (self._row(packed, at * _MINUTE_NS, downtime_ns) for at in (minute, minute + 1))
        return begins if begins == ends else None

    def _row(self, packed: bytes, now_ns: int, downtime_ns: int) -> BoardRow:
        return row_at(self.line(packed), now_ns, self._zone, downtime_ns=downtime_ns)


def by_bed(row: BoardRow) -> tuple[str, list[tuple[int, str]], str]:
    """Ward, then room and bed as people count: 2 before 10."""
    return row.ward, _counted(f"{row.room} {row.bed} "), row.id


@lru_cache(ROWS_MAX)
def _counted(place: str) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    digits = ""
    for c in place:
        if c.isascii() and c.isdigit():
            digits += c
            continue
        if digits:
            parts.append((int(digits), ""))
            digits = ""
        parts.append((1 << 62, c))
    return parts
