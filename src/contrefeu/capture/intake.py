"""Append, sync, then acknowledge: the one way into a journal while a process runs.

Rules kept here:
  * An offer is answered after its entry is on disk, or told that it is not: never in between.
  * Group commit: what arrives in one turn of the event loop, and while the last commit was syncing, is one batch.
    A connection alone waits for one sync and no timer.
  * Answers are given in the order of the offers.
  * A disk that refuses stops nothing but the answers: the next offer tries again, so writing resumes by itself.
  * Copies can follow: what was appended is signed for every `checkpoint_s` seconds.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from contrefeu.base import Clock
from contrefeu.journal import Draft, JournalFailed, JournalWriter

Answer = Callable[[str | None], None]
"""Told the entry's reference once it is durable, or None when the disk refused."""

log = structlog.get_logger("capture")


class Intake:
    """The writer of one journal, shared by all who append in this process; lives in one event loop."""

    def __init__(self, writer: JournalWriter, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._waiting: list[tuple[Draft, Answer]] = []
        self._scheduled = False
        self._signed_size = 0
        self.trouble = ""  # what the disk last said; empty when the last commit stands
        self.refused = 0  # offers that the disk refused, since the process started

    @property
    def journal(self) -> str:
        """Id of the journal."""
        return self._writer.journal

    @property
    def sequence(self) -> int:
        """Sequence of its last entry."""
        return self._writer.sequence

    def now_ns(self) -> int:
        """The time an arrival is given."""
        return self._clock.now_ns()

    def offer(self, draft: Draft, answer: Answer) -> None:
        """Append *draft* with the others of this turn; *answer* is called when it is durable."""
        self._waiting.append((draft, answer))
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._commit)

    async def append(self, source: str, media_type: str, body: bytes) -> str:
        """Append one entry and return its reference, durable.

        Raises:
            JournalFailed: The disk refused; nothing was kept.
        """
        done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        draft = Draft(source, media_type, body, self._clock.now_ns())
        self.offer(draft, lambda ref: None if done.done() else done.set_result(ref))
        ref = await done
        if ref is None:
            raise JournalFailed(
                f'Journal "{self.journal}" cannot write: {self.trouble}.',
                safe="Everything that was confirmed before.",
                next="Give the disk space, or bring it back; then do it again.",
            )
        return ref

    def append_all(self, drafts: Sequence[Draft]) -> range:
        """Append *drafts* at once and return their sequences, durable.

        Raises:
            JournalFailed: The disk refused.
        """
        try:
            sequences = self._writer.append(drafts)
        except JournalFailed as failed:
            self._fails(failed, len(drafts))
            raise
        self.trouble = ""
        return sequences

    async def sign_every(self, seconds: float) -> None:
        """Keep a checkpoint of what is on disk, for ever."""
        while True:
            await asyncio.sleep(seconds)
            self.sign()

    def sign(self) -> None:
        """Keep a checkpoint if there is something new to sign for."""
        if self._writer.size == self._signed_size:
            return
        try:
            self._signed_size = self._writer.checkpoint().size
        except OSError as refused:
            self.trouble = refused.strerror or "input/output error"
            log.warning("no checkpoint", journal=self.journal, reason=self.trouble)

    def close(self) -> None:
        """Commit what waits, sign, and let the journal go."""
        if self._waiting:
            self._commit()
        self._writer.close()

    def _commit(self) -> None:
        self._scheduled = False
        waiting, self._waiting = self._waiting, []
        try:
            sequences = self._writer.append([draft for draft, _ in waiting])
        except JournalFailed as failed:
            self._fails(failed, len(waiting))
            for _, answer in waiting:
                answer(None)
            return
        self.trouble = ""
        prefix = f"{self._writer.journal}/"
        for sequence, (_, answer) in zip(sequences, waiting, strict=True):
            answer(f"{prefix}{sequence}")

    def _fails(self, failed: JournalFailed, count: int) -> None:
        cause = failed.__cause__
        self.trouble = (cause.strerror or "input/output error") if isinstance(cause, OSError) else failed.kind
        self.refused += count
        log.error("the journal cannot write", journal=self.journal, reason=self.trouble, count=count)
