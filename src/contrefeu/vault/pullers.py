"""What pulls from one node: a thread with a folder, a quota and a standing of its own, whatever way the bytes come.

Rules kept here:
  * A slow, lying or dead node holds up no other, and what it may fill is its own.
  * What is shown is what was read back from this host's disk, and how long ago it was all there was.
"""

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from contrefeu.base import ContrefeuError, TamperError
from contrefeu.vault.host import HostSettings, NodeSettings, VaultHost
from contrefeu.vault.quota import QuotaVault

STEP_BYTES = 16 * 2**20  # of one journal before the others have their turn
RETRY_S_MIN, RETRY_S_MAX = 0.2, 1.0  # a node that gives nothing is tried again: copies lag by as much once it does
FULL_S = 15.0  # a quota that is full is looked at again so often

PullState = Literal["up-to-date", "catching-up", "alarm", "refused", "full", "unreachable"]

log = structlog.get_logger("pull")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the copies of one node stand."""

    state: PullState
    entries: int = 0
    problem: str = ""  # a sentence a line
    complete: bool = False
    moved: bool = False  # whether the last step copied something
    journals: dict[str, int] | None = None  # entries of each
    missing: str = ""  # files of a one-way copy that did not come


class Puller(threading.Thread, ABC):
    """Pulls from one node until told to leave."""

    def __init__(self, host: VaultHost, settings: HostSettings, node: NodeSettings) -> None:
        super().__init__(name=f"pull {node.name}", daemon=True)
        self.node = node
        self._settings = settings
        self._vault = QuotaVault(f"file://{host.copies(node)}", host.copies(node), settings.quota_bytes(node))
        self._vault.make()
        self._leaving = threading.Event()
        self._begun_at = self._fresh_at = time.monotonic()
        self._once = False
        self._standing = Standing("catching-up")

    def leave(self) -> None:
        """Stop after the step under way."""
        self._leaving.set()

    def described(self) -> dict[str, Any]:
        """How the copies of this node stand, for the state file."""
        standing = self._standing
        lag_s = round(max(0.0, time.monotonic() - self._fresh_at), 3)
        # One look that did not get everything has seen no moment at which it was all here.
        unseen = self._once and self._fresh_at == self._begun_at and standing.state in {"alarm", "catching-up"}
        return {
            "node": self.node.name,
            "url": self.node.url,
            "state": standing.state,
            "entries": standing.entries,
            "lag_seconds": None if unseen else lag_s,
            "problem": standing.problem,
            "journals": standing.journals or {},
            "missing": standing.missing,
            "bytes": self._vault.used,
            "quota_bytes": self._settings.quota_bytes(self.node),
            "days": self._settings.days,
        }

    def once(self) -> None:
        """Pull until all that is there is here, or something is in the way."""
        self._once = True
        while True:
            self._step(once=True)
            if self._standing.complete or not self._standing.moved:
                break
        self._let_go()

    def run(self) -> None:
        """Pull until told to leave."""
        retry_s = RETRY_S_MIN
        while not self._leaving.is_set():
            received = self._received()
            self._step(once=False)
            if self._standing.state == "unreachable":
                retry_s = RETRY_S_MIN if self._received() != received else min(RETRY_S_MAX, retry_s * 2)
                self._leaving.wait(retry_s)
            elif self._standing.state == "full":
                self._leaving.wait(FULL_S)
            else:
                retry_s = RETRY_S_MIN
        self._let_go()

    @abstractmethod
    def _pulled(self, *, once: bool) -> Standing:
        """One step: take what is new, waiting a little for it unless *once*.

        Raises:
            ContrefeuError: The node is out of reach, or what came is refused.
        """

    @abstractmethod
    def _let_go(self) -> None:
        """Close what is open."""

    @abstractmethod
    def _received(self) -> int:
        """A number that changes when anything comes."""

    def _failed(self) -> None:
        """A step ended with an error: what was known of the node is not any more."""

    def _step(self, *, once: bool) -> None:
        before = self._standing
        try:
            self._standing = self._pulled(once=once)
        except TamperError as found:
            self._failed()
            self._standing = Standing("refused", before.entries, found.what, journals=before.journals)
        except ContrefeuError as found:
            self._failed()
            state: PullState = "full" if self._vault.full else "unreachable"
            self._standing = Standing(state, before.entries, found.what, journals=before.journals)
        except Exception as defect:
            # Ours to mend; meanwhile everybody sees that nothing is copied, and the copies are as they were.
            log.error("pulling stopped on something unforeseen", node=self.node.name, error=type(defect).__name__)
            self._failed()
            self._standing = Standing("unreachable", before.entries, type(defect).__name__, journals=before.journals)
        if self._standing.state != before.state:
            log.info("copies", node=self.node.name, state=self._standing.state, entries=self._standing.entries)
