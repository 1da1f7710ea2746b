"""Pulling from a folder that a data diode fills: the inbox (inbox.py) in a thread like that of any other node."""

import time

from contrefeu.vault.host import HostSettings, NodeSettings, VaultHost
from contrefeu.vault.inbox import Inbox
from contrefeu.vault.pullers import STEP_BYTES, Puller, PullState, Standing
from contrefeu.vault.spool import spool_folder

INBOX = "inbox"
POLL_S = 0.2  # how often the folder is looked at: a fifth of the second that a copy may lag


class FolderPuller(Puller):
    """Takes what comes out of a data diode."""

    def __init__(self, host: VaultHost, settings: HostSettings, node: NodeSettings) -> None:
        super().__init__(host, settings, node)
        root = host.root / INBOX / node.name
        self._inbox = Inbox(spool_folder(node.url), root, self._vault, settings.quota_bytes(node))
        self._taken = 0

    def _let_go(self) -> None:
        self._inbox.close()

    def _received(self) -> int:
        return self._taken

    def _pulled(self, *, once: bool) -> Standing:
        inbox = self._inbox
        written = self._vault.written
        found = inbox.step(STEP_BYTES, patient=not once)
        self._taken += inbox.applied
        state: PullState = "full" if self._vault.full else "up-to-date" if found.state == "one-way" else found.state
        problem = found.problem
        if inbox.missing:
            state = "alarm" if state in {"up-to-date", "catching-up"} else state
            problem = f"{problem}\nFiles of the one-way copy did not come.".strip()
        if found.complete and not inbox.missing and inbox.heard:
            self._fresh_at = time.monotonic()
        moved = bool(inbox.applied) or self._vault.written != written
        if not moved and not once:
            self._leaving.wait(POLL_S)
        complete = found.complete and not moved
        return Standing(state, found.entries, problem, complete, moved, inbox.entries_by_journal(), inbox.missing)
