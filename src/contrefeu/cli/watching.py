"""The watch process: reads what the reader reads, writes one journal, and tells nobody itself.

    up ── watch    the reading keys; the signing key of <node>-watch
          └─ tell  a child, forked before any key was opened: addresses of `[watch]`, what leaves of an alarm

Rules kept here:
  * Whoever opens messages opens no connection, and whoever opens connections holds no key: what a message can do to the
    one, it cannot send by the other (decision 0141).
  * An alarm is journaled, then the state behind it is kept, then others are told.
  * The reader is asked where a patient lies; a reader that does not answer makes a look "not known", and stops nothing.
"""

import asyncio
import contextlib
import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
import structlog

from contrefeu.acts import RULES, WATCH, AlarmRaised, encode
from contrefeu.base import ContrefeuError, durable_makedirs, rfc3339, write_file
from contrefeu.cli.node import Node
from contrefeu.hospital import WatchSettings
from contrefeu.journal import MEDIA_ACT
from contrefeu.watch import Told, Watch
from contrefeu.watch.engine import CleanPoint
from contrefeu.watch.follow import Follower, alarms_in
from contrefeu.watch.memory import RAISED_MAX, Memory, MemoryFile, derived_key
from contrefeu.watch.observe import Observer, Where

STEP_S = 0.5  # how often the journals are looked at
OWN_S = 30.0  # how often copies, files and canaries are; and the state is written down
WHERE_S = 600.0  # how long it is remembered where a patient lies
WHERE_MAX = 5_000  # patients for whom it is
CLOCK_S = 60.0  # s that this node's clock may move by itself between two looks
NEWS_BYTES_MAX = 64 * 1024  # of one alarm on its way to the child
STATE, CLEAN = "state", "clean.json"

log = structlog.get_logger("watch")


def fork_teller(settings: WatchSettings, before: Any) -> IO[bytes] | None:
    """Start the child that tells others; returns where it is written to. *before* is called in it first.

    Call it before any key is opened and any thread started.
    """
    if not (settings.syslog or settings.mail or settings.webhook):
        return None
    readable, writable = os.pipe()
    parent = os.getpid()
    if os.fork():
        os.close(readable)
        return os.fdopen(writable, "wb", buffering=0)
    os.close(writable)
    try:
        before(parent)
        _tell(os.fdopen(readable, "rb"), settings)
    finally:
        os._exit(0)


def _tell(news: IO[bytes], settings: WatchSettings) -> None:
    """Send each alarm that is read, every way that is set; a way that fails is tried again, ever later."""
    from contrefeu.watch.tell import TRIES, News, send, ways

    by = ways(settings)
    for line in news:
        one, left = msgspec.json.decode(line, type=News), by
        for attempt in range(TRIES):
            failed = send(one, left)
            left = [way for way in left if way[0] in failed]
            if not left:
                break
            time.sleep(2**attempt)


async def run_watch(node: Node, teller: IO[bytes] | None, stop: asyncio.Event) -> None:
    """Watch until told to stop."""
    from contrefeu.capture import Intake

    intake = Intake(node.writer(node.watch_journal), node.clock)
    loop = asyncio.get_running_loop()
    signing = asyncio.create_task(intake.sign_every(node.settings.capture.checkpoint_s))

    def news(alarm: AlarmRaised) -> str:
        """Journal an alarm, from the thread that follows; then tell others."""
        writing = intake.append(f"{RULES}{alarm.rule}", MEDIA_ACT, encode(alarm))
        entry = asyncio.run_coroutine_threadsafe(writing, loop).result()
        log.warning("an alarm was raised", entry=entry)
        _pass_on(node, teller, alarm, entry)
        return entry

    watching = Watching(node)
    watching.follower.news = news
    try:
        while not stop.is_set():
            moved = await asyncio.to_thread(watching.step)
            if not moved:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), STEP_S)
        await asyncio.to_thread(watching.save)  # not after a failure: what was being read is read again
    finally:
        await asyncio.to_thread(watching.close)
        signing.cancel()
        intake.close()


def _pass_on(node: Node, teller: IO[bytes] | None, alarm: AlarmRaised, entry: str) -> None:
    from contrefeu.watch.tell import news_of, wanted

    if teller is None or not wanted(alarm, node.settings.watch):
        return
    line = msgspec.json.encode(news_of(alarm, entry, node.settings.node.id, node.settings.node.facility))
    try:
        teller.write(line[:NEWS_BYTES_MAX] + b"\n")
    except OSError:
        log.error("nobody tells others: the alarm stands in the journal and on every page")


class Watching:
    """The watch on one home; lives in one thread."""

    def __init__(self, node: Node) -> None:
        from contrefeu.chart.answers import rules_of

        seed = node.paths.signing_seed("watch").read_bytes()
        self._node = node
        self._file = MemoryFile(node.paths.watch / STATE, seed)
        self.memory: Memory = self._file.load()
        zone = node.settings.node.zone
        self._where = Wards(node)
        self.watch = Watch(self.memory.state, zone, lambda at: node.settings.watch.resting(at, zone))
        digest_key = derived_key(seed, b"watch-digest")
        observer = Observer(digest_key, rules_of(node.settings), zone, self.memory.desk, self._where, Leave(node).holds)
        own = f"{node.settings.node.id}{WATCH}"
        keys = node.data_keys()
        self.follower = Follower(node.paths.journals, keys, self.memory, self.watch, observer, own, node.clock)
        for files in node.journals():
            if files.verifier().name.endswith(WATCH):
                for ref, alarm in alarms_in(files, keys, RAISED_MAX):
                    self.follower.remember(ref, alarm)
        self._looked = 0.0
        self._clocks = self._now(), time.monotonic()

    def step(self) -> int:
        """Read on; once all is read, let time go by. Returns how many entries were read."""
        moved = self.follower.step()
        if not moved:
            now = self._now()
            due = time.monotonic() - self._looked >= OWN_S or not self._looked
            self.follower.tick(now, self._own(now) if due else None)
            if due:
                self._looked = time.monotonic()
                self.save()
        return moved

    def _now(self) -> float:
        return self._node.clock.now_ns() / 1e9

    def save(self) -> None:
        """Write the state down, and what clean points are known."""
        self._file.save(self.memory)
        clean = [described(point) for point in self.watch.clean_points()]
        write_file(self._node.paths.watch / CLEAN, msgspec.json.encode(clean), mode=0o640)

    def close(self) -> None:
        """Let everything go."""
        self.follower.close()
        self._where.close()

    def _own(self, now: float) -> Iterator[Told]:
        from contrefeu.cli.copying import last_states, scrubbed
        from contrefeu.cli.exchanging import refused_journals
        from contrefeu.cli.selftest import last_selftest
        from contrefeu.journal import successions
        from contrefeu.watch.own import canaries_told, copies_told, home_told

        node = self._node
        yield from copies_told(last_states(node), last_selftest(node), dict(scrubbed(node)), now)
        for one in successions(node.paths.journals):
            yield Told(now, "journal-damaged", one.follows.origin, not one.mended)
        for name in refused_journals(node):
            yield Told(now, "history-other", name, bad=True)
        yield from home_told(node.paths.root, self.memory, now)
        yield from canaries_told(node.settings.watch.canaries, self.memory, now)
        wall, mono = self._now(), time.monotonic()
        moved = (wall - self._clocks[0]) - (mono - self._clocks[1])
        self._clocks = wall, mono
        yield Told(now, "clock-moved", node.settings.node.id, abs(moved) > CLOCK_S, round(moved))


class Wards:
    """Where patients lie, as the reader says; remembered for a while."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._client: Any = None
        self._known: dict[str, tuple[float, Where]] = {}

    def __call__(self, chart: str) -> Where:
        """Where the patient of *chart* is."""
        now = time.monotonic()
        known = self._known.get(chart)
        if known is not None and now - known[0] < WHERE_S:
            return known[1]
        found = self._ask(chart)
        if len(self._known) >= WHERE_MAX:
            self._known.clear()
        self._known[chart] = now, found
        return found

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.close()

    def _ask(self, id_: str) -> Where:
        from contrefeu.chart import SyncChartsClient
        from contrefeu.chart.sheet import Sheet, person_of

        try:
            self._client = self._client or SyncChartsClient(self._node.charts_socket)
            chart = self._client.chart(id_)
            numbers = self._client.numbers(id_)
        except (ContrefeuError, OSError, TimeoutError):
            self._client = None
            return Where(known=False)
        if chart is None:
            return Where(known=False)
        person = person_of(Sheet(chart, self._node.clock.now_ns()))
        honey = is_honey(numbers, self._node.settings.watch.honey)
        return Where(person.ward, person.confidential, honey, person.family)


def is_honey(numbers: list[str], honey: list[str]) -> bool:
    """Whether one of a chart's numbers ("P authority|value") is a honey patient's ("value" or "authority|value")."""
    bare = {number.partition(" ")[2] for number in numbers}
    return any(one in bare or one in {number.rpartition("|")[2] for number in bare} for one in honey)


class Leave:
    """Who is on leave, from a file that is read again when it changes."""

    def __init__(self, node: Node) -> None:
        self._path = Path(node.settings.watch.leave_file) if node.settings.watch.leave_file else None
        self._read: tuple[int, list[tuple[str, str, str]]] = (0, [])

    def holds(self, login: str, at: float) -> bool:
        """Whether *login*'s owner is on leave at *at*."""
        if self._path is None:
            return False
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read[0]:
                with self._path.open(newline="") as file:
                    rows = [[*row, "", "", ""][:3] for row in csv.reader(file)]
                self._read = changed, [(who.strip().casefold(), since, until) for who, since, until in rows]
        except (OSError, UnicodeDecodeError, csv.Error):
            return False
        day = rfc3339(int(at * 1e9))[:10]
        return any(who == login.casefold() and since <= day <= until for who, since, until in self._read[1])


def described(point: CleanPoint) -> dict[str, Any]:
    """A clean point, as `contrefeu watch` prints it."""
    return {
        "source": point.source,
        "at": rfc3339(int(point.at * 1e9)) if point.at else "",
        "entry": point.ref,
        "messages": point.messages,
        "documents": point.documents,
        "days_learned": point.days,
        "held_by": point.held_by,
    }


def clean_points(node: Node) -> list[dict[str, Any]]:
    """What the watch last wrote of each source."""
    try:
        return msgspec.json.decode((node.paths.watch / CLEAN).read_bytes(), type=list[dict[str, Any]])
    except (OSError, msgspec.DecodeError):
        return []


def make_watch_folder(node: Node) -> None:
    """There before the process is confined."""
    durable_makedirs(node.paths.watch, mode=0o750)
