"""What of the journals everybody on a ward must know: one that cannot write, one in whose place another was begun.

    full | read-only | failing    the disk refuses (journal -> which); writing resumes by itself
    away                          the process that takes messages does not answer
    succeeded                     the journal is damaged or short, and another goes on in its place
    no-vault | no-vault-waiting   senders wait for a vault and none is there: they are answered without one, or wait
    copy-unproven                 the last self-test did not get the charts back from a copy

Rules kept here:
  * A page does not wait for an answer: what it shows is at most ALARMS_S old.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

from contrefeu.base import ContrefeuError
from contrefeu.capture import Intake, LocalAppender
from contrefeu.cli.node import Node
from contrefeu.cli.selftest import FINE, last_selftest
from contrefeu.journal import successions

ALARMS_S = 2.0  # how old what a page says of the disk may be
SUCCESSIONS_S = 30.0  # the same of damaged journals: looking at one reads its last segment
VAULTS, COPIES = "vaults", "copies"  # stand for all of them where a journal's name does: no journal has these
ANSWER_S = 1.0  # a capture process that is syncing on a slow disk answers within


def unsound(node: Node) -> dict[str, str]:
    """Journals that another was begun in the place of, and that are still not whole."""
    return {one.follows.origin: "succeeded" for one in successions(node.paths.journals) if not one.mended}


def unproven(node: Node) -> dict[str, str]:
    """Whether some copy did not give the charts back when it was last tried."""
    red = any(one["state"] not in FINE for one in last_selftest(node))
    return {COPIES: "copy-unproven"} if red else {}


def _without_vault(state: dict[str, Any]) -> dict[str, str]:
    """What a capture process says whose senders wait for a vault, when none is there; others say nothing of it."""
    if not state.get("no_vault"):
        return {}
    return {VAULTS: "no-vault-waiting" if state["waiting_for_vault"] else "no-vault"}


class Alarms:
    """Asks, at most every ALARMS_S, whoever writes."""

    def __init__(self, node: Node, own: Intake) -> None:
        self._node = node
        self._own = own
        self._capture = LocalAppender(node.capture_socket, node.capture_journal)
        self._told: dict[str, str] = {}
        self._asked = self._looked = -SUCCESSIONS_S
        self._unsound: dict[str, str] = {}
        self._asking = asyncio.Lock()

    async def __call__(self) -> Mapping[str, str]:
        """Journal -> what is wrong with it."""
        if time.monotonic() - self._asked >= ALARMS_S and not self._asking.locked():
            async with self._asking:
                self._told = await self._ask()
                self._asked = time.monotonic()
        own = {self._own.journal: self._own.trouble_code} if self._own.trouble_code else {}
        return self._told | own

    async def _ask(self) -> dict[str, str]:
        if time.monotonic() - self._looked >= SUCCESSIONS_S:
            self._unsound = await asyncio.to_thread(unsound, self._node)
            self._looked = time.monotonic()
        state: dict[str, Any] = {"journal": self._capture.journal, "trouble_code": "away"}
        with contextlib.suppress(ContrefeuError, TimeoutError):
            state = await asyncio.wait_for(self._capture.state(), ANSWER_S)
        writing = {state["journal"]: state["trouble_code"]} if state["trouble_code"] else {}
        return self._unsound | unproven(self._node) | _without_vault(state) | writing
