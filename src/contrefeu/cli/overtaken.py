"""A writer that runs, and learns that its journal is ahead elsewhere, or another there: it goes on in a successor (S4).

The copies process, the exchange process and `journal witness` leave in the home what others hold (held.py). A machine
that was put back whole knows nothing of it when it starts, and may not ask: seconds later it does.

Rules kept here:
  * A checkpoint counts by its writer's signature, and none is asked over the network: senders wait meanwhile.
  * The writer is changed between two commits. What was acknowledged in the journal before stays in it, and is read.
  * A writer that cannot be changed ends its process, which is started again.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from contrefeu.base import ContrefeuError
from contrefeu.cli.held import noted, noted_files
from contrefeu.journal import JournalFiles, JournalWriter, root_at
from contrefeu.proof import Checkpoint, ProofMismatch, open_checkpoint

if TYPE_CHECKING:
    from contrefeu.capture import Intake
    from contrefeu.cli.node import Node

LOOK_S = 1.0  # how often the home is looked at: a few files

log = structlog.get_logger("node")

Reopen = Callable[[dict[str, list[bytes]]], JournalWriter]


class Overtaken:
    """Watches one intake's journal."""

    def __init__(self, node: "Node", intake: "Intake", reopen: Reopen) -> None:
        """*reopen* takes the writer anew, given what others hold."""
        self._node = node
        self._intake = intake
        self._reopen = reopen
        self._seen: dict[Path, tuple[int, int]] = {}

    async def watch(self, stop: asyncio.Event) -> None:
        """Look now and then; *stop* is set when the journal has no writer any more."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except (ContrefeuError, OSError) as refused:
                log.error("no successor can be begun now", reason=type(refused).__name__)
                stop.set()
                return

    async def look(self) -> bool:
        """Look once; whether the writer was changed.

        Raises:
            ContrefeuError, OSError: It had to be, and there is no other: the intake is closed.
        """
        files = JournalFiles.of(self._node.paths.journals, self._intake.journal)
        for path in self._news(files.folder.name):
            point = _point(path, files)
            if point is not None and await self._is_ahead(point, files):
                log.error("the journal is ahead elsewhere", journal=point.origin, entries=point.entries)
                self._change()
                return True
        return False

    def _change(self) -> None:
        held: dict[str, list[bytes]] = {}
        for folder, note in noted(self._node.paths.root):
            held.setdefault(folder, []).append(note)
        self._intake.change(lambda: self._reopen(held))

    def _news(self, folder: str) -> list[Path]:
        """The files about the journal in *folder* that changed since they were looked at."""
        news = []
        for path, of in noted_files(self._node.paths.root):
            if of != folder:
                continue
            try:
                found = path.stat()
            except OSError:
                continue
            seen = (found.st_ino, found.st_mtime_ns)
            if self._seen.get(path) != seen:
                self._seen[path] = seen
                news.append(path)
        return news

    async def _is_ahead(self, point: Checkpoint, files: JournalFiles) -> bool:
        if point.size > self._intake.size:
            return True
        root = self._intake.signed(point.size)
        if root is None:  # of a process before this one: up to a segment is read
            root = await asyncio.to_thread(root_at, files, files.verifier(), point.size)
        return root not in {None, point.root}


def _point(path: Path, files: JournalFiles) -> Checkpoint | None:
    try:
        point = open_checkpoint(path.read_bytes(), [files.verifier()])
    except (OSError, ProofMismatch):
        return None
    return point
