"""The watch process: reads what the reader reads, writes one journal, and tells nobody itself.

    up ── watch    the reading keys; the signing key of <node>-watch
          └─ tell  a child, forked before any key was opened: addresses of `[watch]`, what leaves of an alarm

Rules kept here:
  * Whoever opens messages opens no connection, and whoever opens connections holds no key: what a message can do to the
    one, it cannot send by the other (decision 0141).
  * An alarm is journaled, then the state behind it is kept, then others are told.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from typing import IO, Any

import msgspec
import structlog

from contrefeu.acts import RULES, WATCH, AlarmRaised, encode
from contrefeu.base import durable_makedirs, rfc3339, write_file
from contrefeu.cli.node import Node
from contrefeu.cli.watched import Homes, Leave, Wards
from contrefeu.hospital import WatchSettings
from contrefeu.journal import MEDIA_ACT
from contrefeu.watch import Observation, Told, Watch
from contrefeu.watch.engine import CleanPoint
from contrefeu.watch.follow import Follower, alarms_in
from contrefeu.watch.memory import RAISED_MAX, Memory, MemoryFile, derived_key
from contrefeu.watch.observe import Observer

STEP_S = 0.5  # how often the journals are looked at
OWN_S = 30.0  # how often copies, files and canaries are; and the state is written down
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
    """Send each alarm that is read, every way that is set."""
    from contrefeu.watch.tell import News, Teller, ways

    teller = Teller(ways(settings))
    for line in news:
        teller.tell(msgspec.json.decode(line, type=News))
    teller.close()


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
    of, drill = node.settings.node, node.settings.drill
    line = msgspec.json.encode(news_of(alarm, entry, of.id, of.facility, exercise=drill))
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
        feeds = [(sender, feed) for feed in node.settings.feeds.values() for sender in feed.senders]
        self._habits = {sender: feed.control_ids for sender, feed in feeds}
        self.watch = Watch(self.memory.state, zone, lambda at: node.settings.watch.resting(at, zone))
        digest_key = derived_key(seed, b"watch-digest")
        self._where = Wards(node, digest_key)
        sizes = {sender: feed.message_bytes_max for sender, feed in feeds}
        observer = Observer(
            digest_key, rules_of(node.settings), zone, self.memory.desk, self._where, Leave(node).holds,
            node.settings.watch.honey, Homes(node, digest_key), sizes,
        )  # fmt: skip
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

    def _own(self, now: float) -> Iterator[Observation]:
        from contrefeu.cli.copying import last_states, scrubbed
        from contrefeu.cli.exchanging import refused_journals
        from contrefeu.cli.linking import links_told
        from contrefeu.cli.selftest import last_selftest
        from contrefeu.cli.tapping import states
        from contrefeu.cli.wardtest import last_wardtest
        from contrefeu.journal import successions
        from contrefeu.watch.own import canaries_told, copies_told, home_told, reused_told, taps_told, wards_told

        node = self._node
        yield from links_told(node, now)
        yield from copies_told(last_states(node), last_selftest(node), dict(scrubbed(node)), now)
        yield from reused_told(self._where.feeds(), self.memory, now, self._habits)
        yield from wards_told({one.ward: bool(one.lacks) for one in last_wardtest(node)}, now)
        for one in successions(node.paths.journals):
            yield Told(now, "journal-damaged", one.follows.origin, not one.mended)
        for name in refused_journals(node):
            yield Told(now, "history-other", name, bad=True)
        yield from home_told(node.paths.root, self.memory, now)
        yield from canaries_told(node.settings.watch.canaries, self.memory, now)
        taps = [(tap.interface, tap.since, tap.counts.gaps + tap.counts.dropped_packets) for tap in states(node)]
        yield from taps_told(taps, self.memory, now)
        wall, mono = self._now(), time.monotonic()
        moved = (wall - self._clocks[0]) - (mono - self._clocks[1])
        self._clocks = wall, mono
        yield Told(now, "clock-moved", node.settings.node.id, abs(moved) > CLOCK_S, round(moved))


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
