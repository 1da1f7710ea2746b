"""A day without the node, and what becomes of the senders' queues: stopped, its disk full, its disk slow (C2).

A real node (`contrefeu up`) in a home of its own, and the feeds of a large hospital: each a queue that stores and
forwards, as interface engines do. One message in flight, in order; no answer in 60 s, or a closed connection: the same
message again, 10 s later, for ever. Nothing of it skips a message, whatever it is answered. Messages come to the queues
all day long, at one rate, and go on to come while they drain.

  stopped   the node is ended, and started again a day later
  full      what the home lies on is full: it refuses, and gets room a day later; nobody starts anything again
  slow      each sync takes 5 s, and the capture process is frozen ten minutes of each hour; nobody starts it again

THE DAY IS COMPRESSED: node and commands run under a clock that goes many times as fast (fast_clock.py) for 24 hours of
it, and at its own pace again before the queues drain: what a drain takes is real time. Sender and node share the
machine. Measured, and judged: each message answered AA; in the journal in its feed's order, none missing, the bytes
that were queued; what came twice was sent twice, and is charted once; what `status` and a page said meanwhile.

    python -m tests.drills.outage_day --messages 1000000        exit status 1 when something is not so
    --full-on DIR   a folder that a file system of memory is mounted on, for "full" (root); left out without
"""

import argparse
import asyncio
import contextlib
import http.cookiejar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from array import array
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_HL7V2
from tests.drills.fast_clock import FastClock
from tests.drills.node import parts_of

DAY_S = 86_400
FEEDS = 16
RETRY_S = 10.0  # of the turned clock, as all of a sender's
ANSWER_S = 60.0
SYNC_MS = 5_000  # of a slow disk, by the turned clock
FROZEN_S, FROZEN_EACH_S = 600, 3600
RATES = {"stopped": 1440, "full": 240, "slow": 240}
ROOM_BEFORE, ROOM_AFTER = "300m", "6g"  # of the full disk: 64 MiB of it are people's, and as much the reserve
LOOK_S = 4.0  # what a page says of the disk is two seconds old at most
DRAIN_S_MAX = 3_600
SAYS = {"full": ("full", "le disque est plein"), "slow": ("", ""), "stopped": ("", "")}
WALL = "%Y%m%d%H%M%S"


@dataclass
class Report:
    """What a day without the node cost."""

    trial: str
    compressed: int = 0  # told seconds in a real one, of the day
    day_s: float = 0.0  # told
    made: int = 0  # messages, until the last queue was empty
    answered_that_day: int = 0  # AA, in the outage
    queued: int = 0  # when it ended
    drain_s: float = 0.0  # real: from then until every queue was empty
    drain_per_s: float = 0.0
    longest_wait_s: float = 0.0  # told, of a message in its queue
    attempts: int = 0  # messages sent, in all
    not_aa: int = 0
    blocked: int = 0  # feeds whose queue was not empty at the end
    missing: int = 0
    out_of_order: int = 0
    altered: int = 0
    repeats: int = 0  # arrivals of a message that was there
    charts_behind: int = 0  # entries, when the last queue was empty
    restarts: int = 0  # parts of the node that were another process after the outage than before
    said: list[str] = field(default_factory=list)  # `status` in the outage: exit status, trouble
    page_said: str = ""
    after: str = ""  # `status` when all was drained
    intact: bool = False
    charted_s: float = -1.0  # real, from when the last queue was empty until the charts had it all; -1: not waited for
    duplicates: int = -1  # that the charts counted, if they were waited for
    reading_keys: int = 0  # of the days, at the end
    memory_mb: float = 0.0  # of the capture process, at the end

    def wrong(self) -> list[str]:
        """What is not as it must be."""
        found = [key for key in ("not_aa", "blocked", "missing", "out_of_order", "altered") if getattr(self, key)]
        found += [] if self.intact else ["intact"]
        found += [] if self.trial == "stopped" or not self.restarts else ["restarts"]
        found += [] if self.repeats <= self.attempts - self.made else ["repeats"]
        found += [] if self.duplicates in (-1, self.repeats) else ["duplicates"]
        code, words = SAYS[self.trial]
        found += [] if not code or any(code in one for one in self.said) else ["status said nothing"]
        found += [] if words in self.page_said else ["pages said nothing"]
        return found


def _message(feed: int, number: int, wall_ns: int) -> bytes:
    made = datetime.fromtimestamp(wall_ns // 10**9, UTC).strftime(WALL)
    patient = number % 2_500
    head = f"MSH|^~\\&|FEED{feed}|CHU|CF|CHU|{made}+0000||%s|{number}|P|2.5|||||FRA|UNICODE UTF-8\r"
    who = f"PID|1||{feed:02}{patient:05}^^^CHU^PI||ESSAI{patient % 97}^PATIENT||19{patient % 90 + 10}0101|F\r"
    if number % 4 == 0:
        return (head % "ADT^A08" + f"EVN|A08|{made}\r{who}PV1|1|I|MED^{patient // 2}^{patient % 2}\r").encode()
    return (
        head % "ORU^R01"
        + who
        + f"OBR|1|P{number}^CHU|F{feed}-{number}^LABO|24326-1^Ionogramme^LN|||{made}|||||||||||||||{made}||CH|F\r"
        + f"OBX|1|NM|2823-3^Potassium^LN||{3 + number % 30 / 10:.1f}|mmol/L|3.5-5.0|N|||F|||{made}\r"
    ).encode()


class Queue(asyncio.Protocol):
    """A feed: what it made lies in a file until it was answered AA; the first of it is sent until it is."""

    def __init__(self, feed: int, folder: Path, clock: FastClock) -> None:
        self.feed = feed
        self.acked = self.attempts = self.not_aa = 0
        self.longest_ns = 0
        self.address: tuple[str, int] | None = None
        self._clock = clock
        self._file = (folder / f"{feed}.queue").open("w+b", buffering=0)
        self._ends, self._made = array("Q", [0]), array("Q")
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def made(self) -> int:
        """Messages that it was given."""
        return len(self._made)

    def give(self, messages: list[bytes], made_ns: int) -> None:
        """Store them."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(b"".join(messages))
        for one in messages:
            self._ends.append(self._ends[-1] + len(one))
            self._made.append(made_ns)
        self._next()

    def stored(self, number: int) -> bytes:
        """A message as it was stored."""
        return os.pread(self._file.fileno(), self._ends[number + 1] - self._ends[number], self._ends[number])

    def start(self) -> None:
        """Connect, now and after each end of a connection."""
        asyncio.ensure_future(self._connect())  # noqa: RUF006 - it ends with the loop

    def stop(self) -> None:
        """Send no more."""
        self.address = None
        if self._transport is not None:
            self._transport.abort()

    async def _connect(self) -> None:
        if self.address is None:
            return
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, *self.address)
        except OSError:
            self._again()

    def _again(self) -> None:
        asyncio.get_running_loop().call_later(self._clock.wait_s(RETRY_S), self.start)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a line: the first that was not answered."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._received = transport, b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """There is none: wait, and connect again."""
        self._transport = None
        self._disarm()
        self._again()

    def data_received(self, data: bytes) -> None:
        """An answer, or part of one."""
        self._received += data
        if not self._received.endswith(b"\x1c\r"):
            return
        answer, self._received = self._received, b""
        self._disarm()
        if b"MSA|AA|%d\r" % self.acked not in answer:
            self.not_aa += 1  # none would be expected: it is sent again all the same
            self.close()
            return
        self.longest_ns = max(self.longest_ns, self._clock.wall_ns() - self._made[self.acked])
        self.acked += 1
        self._next()

    def close(self) -> None:
        """Nobody answers."""
        if self._transport is not None:
            self._transport.abort()

    def _next(self) -> None:
        if self._transport is None or self._timer is not None or self.acked == self.made:
            return
        self.attempts += 1
        self._transport.write(b"\x0b" + self.stored(self.acked) + b"\x1c\r")
        self._timer = asyncio.get_running_loop().call_later(self._clock.wait_s(ANSWER_S), self.close)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Hospital:
    """The feeds, given what a day brings as the clock goes."""

    def __init__(self, folder: Path, clock: FastClock, messages_a_day: int) -> None:
        self.clock = clock
        self.queues = [Queue(feed, folder, clock) for feed in range(FEEDS)]
        self._per_ns = messages_a_day / FEEDS / DAY_S / 1e9
        self._since = clock.wall_ns() - int(2 / self._per_ns)  # each has two messages at once
        self.ended = False

    async def live(self) -> None:
        """Give each queue what is due, until the day is declared over."""
        while not self.ended:
            now = self.clock.wall_ns()
            due = int((now - self._since) * self._per_ns)
            for queue in self.queues:
                if due > queue.made:
                    queue.give([_message(queue.feed, n, now) for n in range(queue.made, due)], now)
                    await asyncio.sleep(0)
            await asyncio.sleep(0.02)

    def sum(self, what: Callable[[Queue], int]) -> int:
        """Over all feeds."""
        return sum(map(what, self.queues))

    @property
    def waiting(self) -> int:
        """Messages that were not answered yet."""
        return self.sum(lambda one: one.made - one.acked)

    def connect(self, address: tuple[str, int]) -> None:
        """Where the node is."""
        for queue in self.queues:
            queue.address = address
            queue.start()


class House:
    """The node, its home, and the clock that all of it is under."""

    def __init__(self, home: Path, clock: FastClock) -> None:
        self.home, self.clock = home, clock
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}
        made = self.run("init", "--drill", "--shares-out", str(home.parent / f"{home.name}-shares"))[1]
        self.secret = made["secret"]

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """A command under the clock; its exit status, and what it says."""
        command = [sys.executable, "-m", "contrefeu", "--home", str(self.home), *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=900, env=self.clock.env)
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}

    def up(self, mllp: str = "127.0.0.1:0") -> tuple[str, int]:
        """Start it; where it takes messages."""
        command = [sys.executable, "-m", "contrefeu", "--home", str(self.home), "up"]
        command += ["--mllp", mllp, "--web", "127.0.0.1:0", "--insecure-http"]
        log = (self.home.parent / f"{self.home.name}.log").open("ab")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, start_new_session=True, env=self.clock.env
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the node did not start: {Path(log.name).read_text()[-2000:]}"
        self.ready = json.loads(line)
        host, _, port = self.ready["mllp"].rpartition(":")
        return host, int(port)

    def stop(self) -> None:
        """End it as systemd does."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(120)

    def parts(self) -> dict[str, int]:
        """Its processes."""
        return parts_of(self.ready["pid"])

    def page(self) -> str:
        """What stands on the first page that somebody sees who comes in."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        door = opener.open(self.ready["web"] + "login", timeout=60).read().decode()
        token = re.search(r'name="csrf" value="([^"]+)"', door)
        assert token is not None
        form = {"csrf": token[1], "next": "/", "login": "admin", "secret": self.secret}
        page: str = (
            opener.open(self.ready["web"] + "login", urllib.parse.urlencode(form).encode(), timeout=60).read().decode()
        )
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def _trial(
    name: str, folder: Path, messages: int, rate: int, day_s: int, charts_s: int, disk: "Disk | None"
) -> Report:
    clock = FastClock(folder)
    house = House((disk.folder if disk else folder) / "home", clock)
    address = house.up()
    hospital = Hospital(folder, clock, messages)
    living = asyncio.create_task(hospital.live())
    report = Report(name, rate)
    try:
        hospital.connect(address)
        await _until(lambda: hospital.sum(lambda one: one.acked) >= FEEDS * 2, 600)  # a feed as on any day
        before, began_ns, acked = house.parts(), clock.wall_ns(), hospital.sum(lambda one: one.acked)
        async with contextlib.AsyncExitStack() as outage:
            await _begin(name, house, clock, disk, outage)
            clock.turn(rate)
            await _day(house, clock, report, began_ns, day_s)
            clock.turn(1)
            report.day_s = round((clock.wall_ns() - began_ns) / 1e9)
            report.answered_that_day = hospital.sum(lambda one: one.acked) - acked
        if name == "stopped":
            house.up(f"{address[0]}:{address[1]}")
        report.queued, began = hospital.waiting, time.monotonic()
        _say(f"{name}: {report.day_s} s gone, {report.queued} wait")
        await _until(lambda: hospital.waiting == 0, DRAIN_S_MAX)
        report.drain_s = round(time.monotonic() - began, 1)
        hospital.ended = True
        await living
        await _until(lambda: hospital.waiting == 0, 60)
        report.drain_per_s = round(report.queued / max(report.drain_s, 0.1))
        report.restarts = sum(before.get(part) != pid for part, pid in house.parts().items() if part in before)
        report.memory_mb = _memory_mb(house.parts()["capture"])
        status, told = await asyncio.to_thread(house.run, "status")
        report.charts_behind = told["charts"]["lag_entries"]
        report.reading_keys = told["keys"]["horizon"]["keys"]
        if charts_s:
            began, deadline = time.monotonic(), time.monotonic() + charts_s
            while told["charts"]["lag_entries"] and time.monotonic() < deadline:
                await asyncio.sleep(1)
                status, told = await asyncio.to_thread(house.run, "status")
            if not told["charts"]["lag_entries"]:
                report.charted_s = round(time.monotonic() - began, 1)
                report.duplicates = sum(feed["duplicates"] for feed in told["feeds"])
        report.after = f"{status} {told['capture']['trouble_code']}".strip()
    finally:
        hospital.ended = True
        for queue in hospital.queues:
            queue.stop()
        house.stop()
    _judge(house, hospital, report)
    return report


async def _begin(
    name: str, house: House, clock: FastClock, disk: "Disk | None", outage: contextlib.AsyncExitStack
) -> None:
    """What goes wrong, and how it is right again."""
    if name == "stopped":
        await asyncio.to_thread(house.stop)
    elif name == "full":
        assert disk is not None
        disk.fill()
        outage.callback(disk.make_room)
    else:
        clock.slow_disk(SYNC_MS)
        outage.callback(clock.slow_disk, 0)
        freezing = asyncio.create_task(_freeze(house.parts()["capture"], clock))
        outage.push_async_callback(_cancelled, freezing)


async def _freeze(pid: int, clock: FastClock) -> None:
    try:
        while True:
            await asyncio.sleep(clock.wait_s(FROZEN_EACH_S - FROZEN_S))
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(clock.wait_s(FROZEN_S))
            os.kill(pid, signal.SIGCONT)
    finally:
        os.kill(pid, signal.SIGCONT)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _day(house: House, clock: FastClock, report: Report, began_ns: int, day_s: int) -> None:
    """Until the day is over; in the middle of it somebody looks at the status, and at a page."""
    end = began_ns + day_s * 10**9
    looked = False
    while clock.wall_ns() < end:
        if not looked and clock.wall_ns() > began_ns + day_s * 10**9 // 2:
            looked = True
            if report.trial == "full":  # who answers in a second is not called away for its answer of five milliseconds
                clock.turn(1)
            await asyncio.sleep(LOOK_S)
            status, told = await asyncio.to_thread(house.run, "status")
            alarms = sorted({*told["writing"].values(), *told["troubles"].values()})
            running = "running" if told["running"] else "stopped"
            report.said.append(
                f"{status} {running} {told['capture'].get('trouble_code', '')} {' '.join(alarms)}".strip()
            )
            if told["running"]:
                report.page_said = (await asyncio.to_thread(house.page))[:600]
            clock.turn(report.compressed)
        await asyncio.sleep(0.05)


def _judge(house: House, hospital: Hospital, report: Report) -> None:
    """What the journal holds, against what the queues were given."""
    report.made = hospital.sum(lambda one: one.made)
    report.attempts, report.not_aa = hospital.sum(lambda one: one.attempts), hospital.sum(lambda one: one.not_aa)
    report.blocked = sum(one.acked < one.made for one in hospital.queues)
    report.longest_wait_s = round(max(one.longest_ns for one in hospital.queues) / 1e9)
    _status, told = house.run("journal", "verify")
    report.intact = told["intact"]
    wanted = dict.fromkeys(range(FEEDS), 0)
    for entry in Node.at(house.home).entries("", 0, 1 << 63):
        if entry.media_type != MEDIA_HL7V2:
            continue
        fields = entry.body.split(b"|", 10)
        feed, number = int(fields[2][4:]), int(fields[9])
        report.altered += entry.body != hospital.queues[feed].stored(number)
        if number == wanted[feed]:
            wanted[feed] += 1
        elif number < wanted[feed]:
            report.repeats += 1
        else:
            report.out_of_order += 1
            wanted[feed] = number + 1
    report.missing = sum(one.made - wanted[one.feed] for one in hospital.queues) + report.out_of_order


class Disk:
    """A file system of memory, small until there is made room on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM_BEFORE}", "tmpfs", folder], check=True)

    def fill(self) -> None:
        """Somebody's dump takes what is left, but what people need and a mebibyte for feeds."""
        free = shutil.disk_usage(self.folder).free
        with (self.folder / "dump").open("wb") as dump:
            dump.write(bytes(max(0, free - 65 * 2**20)))

    def make_room(self) -> None:
        """Somebody gives it more."""
        subprocess.run(["mount", "-o", f"remount,size={ROOM_AFTER}", self.folder], check=True)

    def close(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "-l", self.folder], check=False)


async def _until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(0.02)


def _memory_mb(pid: int) -> float:
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def trials(
    names: list[str], folder: Path, messages: int, *, day_s: int = DAY_S, charts_s: int = 0, full_on: Path | None = None
) -> Iterator[Report]:
    """One after the other; the charts are waited for *charts_s* at most."""
    for name in names:
        with tempfile.TemporaryDirectory(prefix=f"outage-{name}-", dir=folder) as place:
            disk = Disk(full_on) if name == "full" and full_on else None
            try:
                yield asyncio.run(_trial(name, Path(place), messages, RATES[name], day_s, charts_s, disk))
            finally:
                if disk is not None:
                    disk.close()


def main() -> int:
    """Run them, and print a report each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trial", action="append", choices=list(RATES), help="one alone; repeat")
    parser.add_argument("--messages", type=int, default=1_000_000, help="that a day brings, of all feeds")
    parser.add_argument("--day", type=int, default=DAY_S, help="seconds that the outage lasts, by the turned clock")
    parser.add_argument("--charts", type=int, default=0, metavar="SECONDS", help="wait so long for the charts, too")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--full-on", type=Path, help="where a file system of memory may be mounted")
    asked = parser.parse_args()
    names = asked.trial or [name for name in RATES if name != "full" or asked.full_on]
    wrong = False
    some = trials(names, asked.folder, asked.messages, day_s=asked.day, charts_s=asked.charts, full_on=asked.full_on)
    for report in some:
        found = report.wrong()
        wrong = wrong or bool(found)
        sys.stdout.write(json.dumps({**asdict(report), "wrong": found}, indent=1, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
