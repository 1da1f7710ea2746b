"""Append, sync, then acknowledge: the one way into a journal while a process runs.

Rules kept here:
  * An offer is answered after its entry is on disk, or told that it is not: never in between.
  * Group commit: what arrives in one turn of the event loop, and while the last commit was syncing, is one batch.
    A connection alone waits for one sync and no timer.
  * Answers are given in the order of the offers, and each is given, whatever stops the writer.
  * A disk that refuses stops nothing but the answers: the next offer tries again, so writing resumes by itself.
  * Copies can follow: what was appended is signed for every `checkpoint_s` seconds.
  * Once closed it writes nothing: the journal may have another writer already.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from contrefeu.base import Clock
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, Draft, EntryTooLong, JournalFailed, JournalWriter

Answer = Callable[[str | None], None]
"""Told the entry's reference once it is durable, or None when the disk refused."""

log = structlog.get_logger("capture")


class Intake:
    """The writer of one journal, shared by all who append in this process; lives in one event loop."""

    def __init__(self, writer: JournalWriter, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._waiting: list[tuple[Draft | None, Answer]] = []
        self._scheduled = False
        self._closed = False
        self._signed_size = 0
        self.trouble = ""  # what the disk last said; empty when the last commit stands
        self._cause: BaseException | None = None  # of the last refusal: who appends may need to know a full disk
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
        """Append *draft* with the others of this turn; *answer* is called when it is durable.

        Its body is at most ENTRY_BODY_BYTES_MAX long: who offers sees to that.
        """
        assert len(draft.body) <= ENTRY_BODY_BYTES_MAX, "whoever takes it from outside limits it"
        self._wait(draft, answer)

    def follow(self, answer: Answer) -> None:
        """Append nothing; *answer* is called, with "", after the answers to all that was offered before."""
        self._wait(None, answer)

    def _wait(self, draft: Draft | None, answer: Answer) -> None:
        if self._closed:
            answer(None)
            return
        self._waiting.append((draft, answer))
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.commit)

    async def append(self, source: str, media_type: str, body: bytes) -> str:
        """Append one entry and return its reference, durable.

        Raises:
            JournalFailed: The disk refused; nothing was kept.
            EntryTooLong: *body* is above the limit of an entry.
        """
        if len(body) > ENTRY_BODY_BYTES_MAX:
            raise EntryTooLong(
                f"An entry of {len(body)} bytes is above the limit of {ENTRY_BODY_BYTES_MAX}.",
                safe="Everything journaled before it.",
                next="Split it, or raise the matter with its sender.",
            )
        done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        draft = Draft(source, media_type, body, self._clock.now_ns())
        self.offer(draft, lambda ref: None if done.done() else done.set_result(ref))
        ref = await done
        if ref is None:
            raise JournalFailed(
                f'Journal "{self.journal}" cannot write: {self.trouble or "this process is stopping"}.',
                safe="Everything that was confirmed before.",
                next="Give the disk space, or bring it back; then do it again.",
            ) from self._cause
        return ref

    def append_all(self, drafts: Sequence[Draft]) -> range:
        """Append *drafts* at once and return their sequences, durable.

        Raises:
            JournalFailed: The disk refused.
            EntryTooLong: A body is above the limit; none of them was kept.
        """
        if self._closed:
            raise self._refusal()
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

    def commit(self) -> None:
        """Write what waits and give the answers; does nothing when nothing waits."""
        self._scheduled = False
        waiting, self._waiting = self._waiting, []
        drafts = [draft for draft, _ in waiting if draft is not None]
        sequences = range(0)
        kept = False
        try:
            sequences = self._writer.append(drafts) if drafts else sequences
            kept = True
        except JournalFailed as failed:
            self._fails(failed, len(drafts))
        finally:
            # Whatever else was raised: a sender that gets no answer must at least lose its connection.
            if not kept:
                for _, answer in waiting:
                    answer(None)
        if not kept:
            return
        if drafts:
            self.trouble = ""
        prefix = f"{self._writer.journal}/"
        following = iter(sequences)
        for draft, answer in waiting:
            answer(f"{prefix}{next(following)}" if draft is not None else "")

    def close(self) -> None:
        """Commit what waits, sign, and let the journal go; what is offered later is refused."""
        self.commit()
        self._closed = True
        self._writer.close()

    def _refusal(self) -> JournalFailed:
        return JournalFailed(
            f'Journal "{self.journal}" cannot write: {self.trouble or "this process is stopping"}.',
            safe="Everything that was confirmed before.",
            next="Give the disk space, or bring it back; then do it again.",
        )

    def _fails(self, failed: JournalFailed, count: int) -> None:
        cause = self._cause = failed.__cause__
        self.trouble = (cause.strerror or "input/output error") if isinstance(cause, OSError) else failed.kind
        self.refused += count
        log.error("the journal cannot write", journal=self.journal, reason=self.trouble, count=count)
