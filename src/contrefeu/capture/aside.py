"""An intake beside whose syncs the event loop goes on: for a process that shows pages meanwhile.

Rules kept here:
  * All that touches the writer runs in one thread, one after the other; answers are given in the event loop.
  * What is offered while a commit is under way is the next commit: a batch never overtakes another.
  * Whoever needs the journal at once (a command's batch, the end) waits for what is under way.

Capture does without it: its senders wait for the sync whatever the loop does, and a hand-over to a thread costs them
more than it saves.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from contrefeu.capture.intake import Intake, Offer, Written, drafts_of
from contrefeu.journal import Draft


class AsideIntake(Intake):
    """An intake whose writer has a thread of its own."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """As any intake."""
        super().__init__(*given, **named)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._under_way: tuple[Future[Written], Sequence[Offer]] | None = None

    async def tend_and_sign(self) -> None:
        """As any intake, beside the loop."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._tend_and_sign)

    def commit(self) -> None:
        """Write all that waits and give the answers; no commit is under way then."""
        self._finish()
        super().commit()

    def close(self) -> None:
        """As any intake."""
        self.commit()  # here, not in the thread: answers belong to the loop
        self._thread.submit(super().close).result()

    def _tend_and_sign(self) -> None:
        self.tend()
        self.sign()

    def _write(self, drafts: Sequence[Draft]) -> Written:
        return self._thread.submit(super()._write, drafts).result()

    def _turn(self) -> None:
        """Begin a commit; the next one begins with its end."""
        self._scheduled = False
        waiting = self._next()
        if not waiting:
            return
        self._keep_pace()
        self._scheduled = True
        job = self._thread.submit(super()._write, drafts_of(waiting))
        self._under_way = job, waiting
        job.add_done_callback(partial(_tell, asyncio.get_running_loop(), self._ended))

    def _ended(self, job: Future[Written]) -> None:
        if self._under_way is not None and self._under_way[0] is job:  # else somebody could not wait for it
            self._finish()

    def _finish(self) -> None:
        """Wait for the commit that is under way, if there is one, and answer it."""
        if self._under_way is None:
            return
        job, waiting = self._under_way
        written = job.result()
        self._under_way, self._scheduled = None, False
        try:
            self._settle(waiting, written)
        finally:
            self._go_on(self._paced_s())


def _tell(loop: asyncio.AbstractEventLoop, ended: Callable[[Future[Written]], None], job: Future[Written]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and whoever ended it has closed the intake
        loop.call_soon_threadsafe(ended, job)
