"""What a comparison knows of sources that cannot be trusted: words of people, real alarms, and what it was told.

Rules kept here:
  * What `gap --clean --detected` says is an act, as what is said on the page: it holds until another word.
  * What the watch knows of every source goes into the journal with the comparison: pages read acts, and no other file.
"""

from collections.abc import Iterator, Sequence

from contrefeu.acts import (
    EVERY_SOURCE,
    Act,
    CleanPointSet,
    CleanPointsSeen,
    PointSeen,
    Spoken,
    alarms,
    decode,
    doubts,
)
from contrefeu.base import rfc3339
from contrefeu.cli.node import CONSOLE, Node
from contrefeu.cli.watching import clean_points
from contrefeu.journal import Entry

_KINDS = (b'{"act":"clean-point-set"', b'{"act":"alarm-')
GIVEN = "contrefeu gap --clean --detected"


class Trust:
    """From when to when each source is in doubt, and what of it is news for the journal."""

    def __init__(self, node: Node, acts: Sequence[Entry], clean_ns: int | None, detected_ns: int | None) -> None:
        """Take what was said in *acts*, and what this command was told, if it was."""
        said = (entry for entry in acts if node.counts(entry.journal) and entry.body.startswith(_KINDS))
        spoken = [Spoken(entry.ref, entry.journal, entry.source, decode(entry.body)) for entry in said]
        raised, self._now = alarms(spoken), rfc3339(node.clock.now_ns())
        self.doubts = doubts(spoken, raised)
        self.told: list[Act] = list(_seen(node, self._now))
        if clean_ns is not None and detected_ns is not None:
            given = CleanPointSet(EVERY_SOURCE, rfc3339(clean_ns), rfc3339(detected_ns), GIVEN, self._now)
            if not self._is_known(given):
                self.told.append(given)
                self.doubts = doubts([*spoken, Spoken("", node.station_journal, CONSOLE, given)], raised)

    def _is_known(self, given: CleanPointSet) -> bool:
        before = self.doubts.get(EVERY_SOURCE)
        return before is not None and (before.clean, before.detected) == (given.clean, given.detected)


def _seen(node: Node, now: str) -> Iterator[Act]:
    """What the watch knows of every source."""
    points = [
        PointSeen(
            one["source"], one["at"], one["entry"], one["messages"], one["documents"], one["days_learned"],
            one["held_by"],
        )
        for one in clean_points(node)
    ]  # fmt: skip
    if points:
        yield CleanPointsSeen(now, points)
