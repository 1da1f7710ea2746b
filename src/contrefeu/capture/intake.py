"""Append, sync, then acknowledge: the one way into a journal while a process runs.

Rules kept here:
  * An offer is answered after its entry is on disk, or told that it is not: never in between.
  * Group commit: what arrives in one turn of the event loop, and while the last commit was syncing, is one batch.
    A connection alone waits for one sync and no timer, unless the settings say to gather (`capture.gather_ms`).
  * With a pace, commits are that far apart: who comes alone is written at once, who comes soon after waits for the
    others of the same while.
  * A commit takes at most COMMIT_ENTRIES_MAX entries and about COMMIT_BYTES_SOFT bytes: who came first does not wait
    for the syncs of all who came after.
  * Answers are given in the order of the offers, and each is given, whatever stops the writer. Of a batch that the
    disk took in part, those that are on disk are told so: their senders would send them again else (F29).
  * A disk that refuses stops nothing but the answers: the next offer tries again, so writing resumes by itself. It is
    tried every `checkpoint_s` seconds too, so that what people are told of it does not outlast it.
  * Copies can follow: what was appended is signed for every `checkpoint_s` seconds.
  * Once closed it writes nothing: the journal may have another writer already.
  * The writer can be changed while senders wait: what was offered before is in the journal before.
"""

import asyncio
import contextlib
import errno
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from contrefeu.base import Clock
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, Draft, EntryTooLong, JournalFailed, JournalWriter

Answer = Callable[[str | None], None]
"""Told the entry's reference once it is durable, or None when the disk refused."""

COMMIT_ENTRIES_MAX = 4096  # of one commit: one frame of the journal, and one sync
COMMIT_BYTES_SOFT = 1 << 20  # bytes of bodies of one commit, unless the first is longer: some 10 ms of sealing
SIGNED_MAX = 8192  # checkpoints whose roots are remembered: an hour of them
_TROUBLES: dict[int | None, str] = {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EROFS: "read-only"}

log = structlog.get_logger("capture")

Offer = tuple[Draft | None, Answer]  # without a draft: who waits for those before


class Written(NamedTuple):
    """What became of the drafts of one commit."""

    before: int  # sequence of the last entry before them
    kept: int  # how many of the first are on disk
    failed: BaseException | None  # what stopped the others


class Intake:
    """The writer of one journal, shared by all who append in this process; lives in one event loop."""

    def __init__(self, writer: JournalWriter, clock: Clock, *, gather_s: float = 0.0, pace_s: float = 0.0) -> None:
        """Append with *writer*.

        Args:
            writer: Of the journal.
            clock: What time it is.
            gather_s: For which the first of a batch waits for others, at most.
            pace_s: From one commit to the next, at least.
        """
        self._writer = writer
        self._clock = clock
        self._gather_s = gather_s
        self._pace_s = pace_s
        self._next_s = 0.0  # of the loop's clock: when the pace allows the next commit
        self._waiting: list[Offer] = []
        self._scheduled = False
        self._closed = False
        self._signed: dict[int, bytes] = {}  # size -> root, the last ones
        self._refused_write = ""  # what the disk last said; empty when the last commit stands
        self._refused_checkpoint = ""
        self._refusal_errno: int | None = None
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

    @property
    def size(self) -> int:
        """Leaves of its tree."""
        return self._writer.size

    def signed(self, size: int) -> bytes | None:
        """The root that this process signed for at *size*; None when it did not, or long ago."""
        return self._signed.get(size)

    @property
    def trouble(self) -> str:
        """What the disk last refused with; empty when it takes what it is given."""
        return self._refused_write or self._refused_checkpoint

    @property
    def trouble_code(self) -> str:
        """The same in a word: "full", "read-only" or "failing"; empty when it takes what it is given."""
        return _TROUBLES.get(self._refusal_errno, "failing") if self.trouble else ""

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
            self._schedule(max(self._gather_s, self._paced_s()))

    def _paced_s(self) -> float:
        """For how long the next commit keeps its pace."""
        return self._next_s - asyncio.get_running_loop().time() if self._pace_s else 0.0

    def _schedule(self, seconds: float) -> None:
        self._scheduled = True
        loop = asyncio.get_running_loop()
        if seconds > 0:
            loop.call_later(seconds, self._turn)
        else:
            loop.call_soon(self._turn)

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
        written = self._write(drafts)
        self._judge(written, len(drafts))
        if written.failed is not None:
            raise written.failed
        return range(written.before + 1, written.before + written.kept + 1)

    async def sign_every(self, seconds: float) -> None:
        """Keep a checkpoint of what is on disk, for ever."""
        while True:
            await asyncio.sleep(seconds)
            await self.tend_and_sign()

    async def tend_and_sign(self) -> None:
        """Tend, then sign."""
        self.tend()
        self.sign()

    def tend(self) -> None:
        """Close a segment whose time is over though nobody writes, and try a disk that refused."""
        self._writer.tend()
        if self._refused_write:
            with contextlib.suppress(OSError):
                self._writer.probe()
                self._refused_write = ""

    def sign(self) -> None:
        """Keep a checkpoint if there is something new to sign for."""
        if not self._writer.size or self._writer.size in self._signed:
            return
        try:
            point = self._writer.checkpoint()
            self._signed[point.size] = point.root
            if len(self._signed) > SIGNED_MAX:
                del self._signed[next(iter(self._signed))]
            self._refused_checkpoint = ""
        except OSError as refused:
            self._refused_checkpoint = refused.strerror or "input/output error"
            self._refusal_errno = refused.errno
            log.warning("no checkpoint", journal=self.journal, reason=self._refused_checkpoint)

    def commit(self) -> None:
        """Write all that waits and give the answers; does nothing when nothing waits."""
        while self._waiting:
            self._commit_next()

    def _turn(self) -> None:
        self._scheduled = False
        self._keep_pace()
        try:
            self._commit_next()
        finally:
            self._go_on()

    def _keep_pace(self) -> None:
        """From now on the next commit waits for its pace."""
        if self._pace_s:
            self._next_s = asyncio.get_running_loop().time() + self._pace_s

    def _go_on(self, seconds: float = 0.0) -> None:
        """Let the next commit begin in *seconds* if somebody waits."""
        if self._waiting and not self._scheduled:
            self._schedule(seconds)

    def _commit_next(self) -> None:
        waiting = self._next()
        self._settle(waiting, self._write(drafts_of(waiting)))

    def _write(self, drafts: Sequence[Draft]) -> Written:
        """Write *drafts*, as far as the disk takes them."""
        before = self._writer.sequence
        failed: BaseException | None = None
        try:
            if drafts:
                self._writer.append(drafts)
        except BaseException as found:  # whatever it is, those that are on disk are told so first
            failed = found
        return Written(before, self._writer.sequence - before, failed)

    def _settle(self, waiting: Sequence[Offer], written: Written) -> None:
        """Answer *waiting* as they were *written*."""
        try:
            self._judge(written, len(drafts_of(waiting)))
        finally:
            # A sender that gets no answer must at least lose its connection.
            self._answer(waiting, written.before, written.kept)
        if written.failed is not None and not isinstance(written.failed, JournalFailed):
            raise written.failed

    def _judge(self, written: Written, count: int) -> None:
        """Remember what the disk said to *count* drafts."""
        if isinstance(written.failed, JournalFailed):
            self._fails(written.failed, count - written.kept)
        elif written.failed is None and count:
            self._refused_write = ""

    def _next(self) -> list[Offer]:
        """Take what the next commit takes: the first ones, in order."""
        waiting = self._waiting
        size = 0
        for count, (draft, _) in enumerate(waiting):
            size += len(draft.body) if draft is not None else 0
            if count and (count == COMMIT_ENTRIES_MAX or size > COMMIT_BYTES_SOFT):
                self._waiting = waiting[count:]
                return waiting[:count]
        self._waiting = []
        return waiting

    def _answer(self, waiting: Sequence[Offer], before: int, kept: int) -> None:
        """Tell the first *kept* drafts that they are on disk, and all from the next one on that they are not."""
        prefix, sequence = f"{self._writer.journal}/", before
        refused = False
        for draft, answer in waiting:
            if draft is not None:
                sequence += 1
                refused = sequence > before + kept
            answer(None if refused else f"{prefix}{sequence}" if draft is not None else "")

    def change(self, make: Callable[[], JournalWriter]) -> None:
        """Go on with the writer that *make* takes once this one has let go: its journal has a successor.

        Raises:
            ContrefeuError: There is no other; this intake is closed.
            OSError: As above.
        """
        self.close()
        self._writer = make()
        self._signed.clear()
        self._closed = False

    def close(self) -> None:
        """Commit what waits, sign, and let the journal go; what is offered later is refused."""
        if self._closed:
            return  # the journal may have another writer already
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
        self._refused_write = (cause.strerror or "input/output error") if isinstance(cause, OSError) else failed.kind
        self._refusal_errno = cause.errno if isinstance(cause, OSError) else None
        self.refused += count
        log.error("the journal cannot write", journal=self.journal, reason=self._refused_write, count=count)


def drafts_of(waiting: Sequence[Offer]) -> list[Draft]:
    """What *waiting* want to be written."""
    return [draft for draft, _ in waiting if draft is not None]
