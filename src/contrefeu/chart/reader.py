"""The reader process: follows the journals, and answers on a local socket meanwhile.

Rules kept here:
  * Whoever may enter the socket's folder may ask (0700, or 0710 for one group): no port, no password.
  * Journals are followed in one thread, questions answered in others, each over a connection of its own: a question
    waits for no batch.
  * A question that is open when the node stops ends with its connection, quietly.
  * A store that cannot be written for a while is tried again; what was written goes on being answered.
  * Of several nodes on one server's store one writes it. The others answer from what it writes, and stand by: the first
    that finds the store let go of opens it for writing.
  * A server that is away when a node starts keeps nothing else of the node waiting.
"""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import structlog

from contrefeu.base import Clock, ContrefeuError, StorageError, SystemClock, durable_makedirs, guard_socket
from contrefeu.chart.answers import Charts, rules_of
from contrefeu.chart.board_rows import BoardRows
from contrefeu.chart.follow import Follower, lock_of
from contrefeu.chart.questions import LENGTH, QUESTION_BYTES_MAX, SHORT, answered, asked, framed, refused
from contrefeu.chart.refold import open_store
from contrefeu.chart.right_of_way import RightOfWay
from contrefeu.chart.stores import ChartStore, Place, StoreAway, StoreTaken, place_of
from contrefeu.chart.sweeps import ShortSweeps
from contrefeu.hospital import Settings
from contrefeu.journal import KeyOf
from contrefeu.mapping import Rules

GATHER_S = 0.2  # between two small batches: each is a transaction, and writes each chart that it touches
SMALL = 64  # entries of a batch behind which it is worth while to wait for more
POLL_S = 0.05  # how long the journals are left alone when nothing tells that one has grown
STORE_AGAIN_S = 5.0  # how often a store in trouble is tried again
STAND_BY_S = 0.5  # how often who stands by looks for news, and whether the store was let go of
SWITCH_S = 0.0005  # after which who follows lets who answers go on: with Python's 5 ms a page would wait 20 and more
ANSWERING = 4  # questions answered at once: more of them would share the same two processors
CHANGES_S_MAX = 60.0  # the longest that one question about changes waits

_NO_QUESTION = "The question is not one that charts answer."

_log = structlog.get_logger()


async def run_reader(
    *,
    db: Path,
    key: bytes,
    journals: Path,
    key_of: KeyOf,
    settings: Settings,
    socket_path: Path,
    ready: Callable[[], None],
    stop: asyncio.Event,
    server: str = "",
    clock: Clock | None = None,
    counts: Callable[[str], bool] = lambda _: True,
) -> None:
    """Follow every journal under *journals* and answer on *socket_path* until *stop*.

    Args:
        db: The chart store; it is made when it is not there.
        key: Its key.
        journals: One folder a journal.
        key_of: What opens their segments.
        settings: Of the node.
        socket_path: Where questions are answered; a socket that a dead process left is replaced.
        ready: Called once questions are answered; journals may still be read then.
        stop: Set when it shall end.
        server: The postgresql:// URL that the store lies at instead; the lock stays beside *db*.
        clock: What time it is, for what is due.
        counts: Whether a journal's declarations of downtime count here.

    Returns, too, when the store must be opened anew: another node wrote it, or let it go.

    Raises:
        StorageError: The store does not open, or another process writes it.
    """
    durable_makedirs(db.parent)
    sys.setswitchinterval(SWITCH_S)
    lock = lock_of(db)
    await asyncio.to_thread(lock.acquire)
    try:
        place = place_of(db, key, server)
        try:
            store, writes = await asyncio.to_thread(_opened, place, rules_of(settings))
        except StoreAway as trouble:
            _log.error("the charts' server is away", error=type(trouble).__name__)
            ready()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), STORE_AGAIN_S)
            return
        try:
            way = RightOfWay()
            follower = Follower(store, journals, key_of, settings, counts, give_way=way.give) if writes else None
            reader = _Reader(store, follower, settings, clock or SystemClock(), counts, way)
            await _serve(reader, socket_path, ready, stop)
        finally:
            store.close()
    finally:
        lock.release()


def _opened(place: Place, rules: Rules) -> tuple[ChartStore, bool]:
    """The store, and whether it is ours to write."""
    try:
        return open_store(place, rules), True
    except StoreTaken:
        _log.warning("another node writes the charts; this one answers from them, and stands by")
        return ChartStore.read_beside(place), False


async def _serve(reader: "_Reader", path: Path, ready: Callable[[], None], stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    following = threading.Thread(target=reader.follow, args=(loop,), name="follow", daemon=True)
    durable_makedirs(path.parent)
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(reader.answer, path)
    guard_socket(path)
    following.start()
    try:
        ready()
        stopping = asyncio.create_task(stop.wait())
        waited: set[asyncio.Future[Any]] = {stopping, reader.ended}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
    finally:
        server.close()
        reader.stop()
        await asyncio.to_thread(following.join)
        await asyncio.to_thread(reader.close)
        await reader.hang_up()
        path.unlink(missing_ok=True)
    if reader.ended.done():
        reader.ended.result()


class StoreOutdated(Exception):
    """The store must be opened anew: the process ends, and the next one folds it again."""


class _Reader:
    """One store, followed and asked."""

    def __init__(
        self,
        store: ChartStore,
        follower: Follower | None,
        settings: Settings,
        clock: Clock,
        counts: Callable[[str], bool],
        way: RightOfWay,
    ) -> None:
        self._store = store
        self._way = way
        self._settings = settings
        self._clock = clock
        self._follower = follower  # None: another node writes the store
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(ANSWERING, thread_name_prefix="answer")
        self._idle: SimpleQueue[Charts] = SimpleQueue()
        rows = BoardRows(settings.node.zone)
        for _ in range(ANSWERING):
            self._idle.put(Charts(store.reader(), settings, clock, lambda: self._troubles, counts, rows))
        self._troubles: dict[str, str] = {}  # replaced whole, by the thread that follows
        self._told = 0  # how often that changed: pages hear of it as of an entry
        self._change = store.kept.total()
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: set[asyncio.Task[Any]] = set()  # one a connection
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def stop(self) -> None:
        """Let the thread that follows end after its batch."""
        self._stopping.set()

    def close(self) -> None:
        """Let everything go; nothing follows any more."""
        self._pool.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().close()
        if self._follower is not None:
            self._follower.close()

    async def hang_up(self) -> None:
        """End every connection: who still waits for an answer asks the next reader."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    # Following, in its own thread.

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read the journals until stopped, or stand by while another node does."""
        defect: BaseException | None = None
        try:
            with ShortSweeps() as sweeps:
                if self._follower is None:
                    self._stand_by(loop, sweeps)
                else:
                    self._read_on(self._follower, loop, sweeps)
        except StoreTaken:
            _log.warning("another node writes the charts now")
        except BaseException as found:  # the process ends with it, and says so
            defect = found
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._end, defect)

    def _read_on(self, follower: Follower, loop: asyncio.AbstractEventLoop, sweeps: ShortSweeps) -> None:
        while not self._stopping.is_set():
            sweeps.all_when_due()
            began = time.monotonic()
            try:
                moved = follower.step()
            except StoreTaken:
                raise
            except StorageError as trouble:
                _log.error("the chart store cannot be written", error=type(trouble).__name__)
                self._stopping.wait(STORE_AGAIN_S)
                continue
            if follower.outdated and not moved:  # all there is was read: once is enough
                raise StoreOutdated
            if self._tell_troubles(follower) or moved:
                number = self._store.kept.total() + self._told
                loop.call_soon_threadsafe(self._changed, number)
            if not moved:
                follower.wait(POLL_S)
            elif moved < SMALL and (left_s := began + GATHER_S - time.monotonic()) > 0:
                follower.rest(left_s)  # what comes alone is read at once, and so is what people do; the rest gathers

    def _stand_by(self, loop: asyncio.AbstractEventLoop, sweeps: ShortSweeps) -> None:
        """Tell of what the other node writes, until it lets the store go."""
        while not self._stopping.wait(STAND_BY_S):
            sweeps.all_when_due()
            try:
                number = self._store.kept.total()
                if self._store.place.is_free():
                    _log.warning("the charts are written by no other node any more; this one takes over")
                    return
            except StorageError as trouble:
                _log.error("the charts' server is away", error=type(trouble).__name__)
                self._stopping.wait(STORE_AGAIN_S)
                continue
            if number != self._change:
                loop.call_soon_threadsafe(self._changed, number)

    def _tell_troubles(self, follower: Follower) -> bool:
        """See which journals are not read on; returns whether that is another answer than before."""
        before, now = self._troubles, follower.troubles
        for journal, error in now.items():
            if before.get(journal) != error:
                _log.error("a journal is not read on", journal=journal, error=error)
        self._troubles = now
        self._told += now != before
        return now != before

    def _end(self, defect: BaseException | None) -> None:
        if self.ended.done():
            return
        if defect is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(defect)

    def _changed(self, number: int) -> None:
        self._change = number
        task = asyncio.ensure_future(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    # Answering.

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the questions of one connection."""
        task = asyncio.current_task()
        assert task is not None, "a connection is a task of its own"
        self._asking.add(task)
        try:
            while True:
                (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                if length > QUESTION_BYTES_MAX:
                    break
                writer.write(framed(await self._answer(await reader.readexactly(length))))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # they hung up
        except asyncio.CancelledError:
            pass  # the node stops: the asker sees the connection end, and asks the next reader
        finally:
            self._asking.discard(task)
            writer.close()

    async def _answer(self, question: bytes) -> bytes:
        try:
            name, arguments = asked(question)
            if name == "together":
                return answered(await self._together(arguments))
            if name == "changes":
                return answered(await self._changes(int(arguments[0]), float(arguments[1])))
            with self._way.asking() if name in SHORT else contextlib.nullcontext():
                return await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, name, arguments)
        except (ValueError, TypeError, LookupError):
            return refused(ContrefeuError(_NO_QUESTION))
        except ContrefeuError as found:
            return refused(found)

    async def _together(self, questions: list[bytes]) -> list[bytes]:
        def each() -> list[bytes]:
            return [self._one_of(question) for question in questions]

        with self._way.asking():
            return await asyncio.get_running_loop().run_in_executor(self._pool, each)

    def _one_of(self, question: bytes) -> bytes:
        try:
            name, arguments = asked(question)
            if name in SHORT:
                return self._ask(name, arguments)
        except (ValueError, TypeError, LookupError):
            pass
        except ContrefeuError as found:
            return refused(found)
        return refused(ContrefeuError(_NO_QUESTION))

    def _ask(self, name: str, arguments: list[Any]) -> bytes:
        charts = self._idle.get()
        try:
            if name == "export":
                arguments = [Path(arguments[0]), *arguments[1:]]
            return answered(getattr(charts, name)(*arguments))
        finally:
            self._idle.put(charts)

    async def _changes(self, after: int, timeout_s: float) -> int:
        try:
            async with asyncio.timeout(min(timeout_s, CHANGES_S_MAX)), self._news:
                await self._news.wait_for(lambda: self._change != after)
        except TimeoutError:
            pass
        return self._change
