"""Closing: what is done with a segment once it does not grow any more, beside the copying and never before it.

A process that ends does not wait for it: what was not closed lies in chunks, and is taken up by the next one.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import structlog

from contrefeu.vault.place import VaultAway

CLOSE_RETRY_S = 60.0  # a segment that could not be made one object is tried again so often; its chunks are locked

log = structlog.get_logger("vault")


class Closing:
    """Work that is done beside the copying, one at a time, and again when it failed."""

    def __init__(self, work: Callable[[str], None]) -> None:
        self._work = work
        self._waiting: list[str] = []
        self._lock = threading.Lock()
        self._running: Future[None] | None = None
        self._again_at = 0.0

    def take(self, name: str) -> None:
        """Have *name* done."""
        with self._lock:
            if name not in self._waiting:
                self._waiting.append(name)

    def go_on(self) -> None:
        """Begin, unless it is under way, or failed a moment ago."""
        with self._lock:
            if not self._waiting or (self._running is not None and not self._running.done()):
                return
            if time.monotonic() < self._again_at:
                return
            self._running = Future()
            threading.Thread(target=self._do, args=(self._running,), name="vault-closing", daemon=True).start()

    def wait(self) -> None:
        """Until nothing is left, or something failed."""
        self._again_at = 0.0
        self.go_on()
        if self._running is not None:
            self._running.result()

    def _do(self, done: Future[None]) -> None:
        try:
            self._run()
        except BaseException as defect:
            done.set_exception(defect)
        else:
            done.set_result(None)

    def _run(self) -> None:
        while self._waiting:
            try:
                self._work(self._waiting[0])
            except VaultAway as away:
                log.warning("a closed segment is still in chunks", reason=away.kind)
                self._again_at = time.monotonic() + CLOSE_RETRY_S
                return
            with self._lock:
                self._waiting.pop(0)
