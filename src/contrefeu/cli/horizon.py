"""The horizon as the node stands now: what destruction goes by, what is said of it, and the reader's daily look.

Rules kept here:
  * A follower's position counts once it is on disk: the store's log is synced before its positions are believed.
  * The entry comes first: what cannot be journaled is not destroyed.
"""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog

from contrefeu.access import Freeze, freeze_of
from contrefeu.acts import CorrectedWards, ReadingKeysDestroyed, encode
from contrefeu.base import ContrefeuError, rfc3339
from contrefeu.capture import LocalJournal
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.node import CONSOLE, Node
from contrefeu.custody import Destruction, Horizon, KeyStanding, ReadingKeys
from contrefeu.journal import MEDIA_ACT, Draft

if TYPE_CHECKING:
    from contrefeu.chart import Charts, SyncChartsClient

LOOK_S = 3600.0  # how often the reader makes the next days' keys and looks at what the horizon has passed

log = structlog.get_logger("horizon")


class KeyKeeper:
    """Makes the next days' reading keys and destroys those that the horizon has passed; the reader's own."""

    def __init__(self, node: Node, keys: ReadingKeys) -> None:
        self._node = node
        self._keys = keys
        self._destruction = Destruction(keys, node.paths.journals, node.paths.grants)

    async def keep(self) -> None:
        """Look now and then, for as long as the process lives."""
        while True:
            await asyncio.sleep(LOOK_S)
            await asyncio.to_thread(self.look)

    def look(self) -> list[str]:
        """One look; returns the days whose key was destroyed. Trouble is said, and met again at the next look."""
        self._keys.make_ahead(self._node.clock.now_ns())
        try:
            days = self._destruction.look(horizon_of(self._node), self._record)
        except (ContrefeuError, OSError) as refused:
            log.warning("no reading key is destroyed now", reason=type(refused).__name__)
            return []
        if days:
            log.info("reading keys destroyed", count=len(days))
        return days

    def _record(self, going: Sequence[KeyStanding]) -> None:
        now_ns = self._node.clock.now_ns()
        act = ReadingKeysDestroyed([k.day for k in going], [k.fingerprint for k in going], rfc3339(now_ns))
        # The reader holds no signing key: it asks who does, or waits.
        journal = LocalJournal(self._node.station_socket, self._node.station_journal)
        with contextlib.closing(journal):
            journal.append([Draft(CONSOLE, MEDIA_ACT, encode(act), now_ns)])


def horizon_of(node: Node) -> Horizon:
    """What destruction goes by, as the charts and the acts say now.

    Raises:
        ContrefeuError: The charts do not answer.
        OSError: The store's log cannot be synced.
    """
    with node.charts() as charts:
        positions = _durable_positions(node, charts)
    freeze = _freeze(node)
    own = {verifier.name for verifier in node.own_verifiers()}
    return Horizon(node.settings.keys.horizon_days, own, positions, freeze.frozen, freeze.held)


def described_horizon(node: Node) -> dict[str, Any]:
    """`horizon{}` of `status`: no header is read for it."""
    days = list(node.reading_keys().days())
    return {
        "days": node.settings.keys.horizon_days,
        "held": _freeze(node).held,
        "oldest_key": days[0] if days else "",
        "keys": len(days),
    }


def why_kept(node: Node) -> dict[str, int]:
    """How many reading keys are kept for which reason (KeyStanding.why)."""
    counts = {"within": 0, "open": 0, "unread": 0, "damaged": 0, "due": 0}
    destruction = Destruction(node.reading_keys(), node.paths.journals, node.paths.grants)
    for standing in destruction.standings(horizon_of(node)):
        counts[standing.why] += 1
    return counts


def _durable_positions(node: Node, charts: "Charts | SyncChartsClient") -> dict[str, int]:
    """What is read is on disk once the log is: commits of the store are not synced one by one."""
    positions = charts.status().positions
    for path in (node.paths.charts_db.with_name(f"{node.paths.charts_db.name}-wal"), node.paths.charts_db):
        with contextlib.suppress(FileNotFoundError):
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
    return positions


def _freeze(node: Node) -> Freeze:
    acts, corrected = [*station_acts(node)], CorrectedWards()
    for act, entry in acts:
        corrected.apply(act, entry.source)
    return freeze_of(((act, entry.received_ns) for act, entry in acts), corrected.members, node.clock.now_ns())
