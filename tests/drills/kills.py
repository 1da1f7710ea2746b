"""kill -9 of a node's capture process at random instants, under 32 MLLP senders, again and again on one journal.

The process is the node's own (`contrefeu part capture`), forked from one that has its modules loaded: a thousand starts
of Python would take the time of a thousand kills. Senders wait for each acknowledgement and send what was not answered
again, as interface engines do. At the end the journal is checked and read:

  * each acknowledged message is there;
  * none is there more often than it was sent: a message sent once is there once.

    python -m tests.drills.kills --kills 1000 --seed 1        exit status 1 when a message is missing or doubled
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from contrefeu.cli.node import Node
from contrefeu.cli.part import _capture, _run
from contrefeu.journal import MEDIA_HL7V2, JournalFiles, verify_journal
from tests.drills.node import contrefeu
from tests.drills.test_kill_nine import message

CONNECTIONS = 32
READY_S_MAX = 30.0
EARLY = 0.15  # of the kills come while the process starts


@dataclass
class Report:
    """What a campaign found."""

    kills: int
    early: int  # before the process listened
    seconds: float
    acknowledged: int
    unanswered: int  # messages that a kill left without an answer
    entries: int
    segments: int
    torn_tails: int
    missing: int  # acknowledged, and not in the journal
    doubled: int  # more often there than it was sent
    intact: bool


class Senders:
    """32 of them, over all the kills."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self._next = [0] * CONNECTIONS

    async def storm(self, address: tuple[str, int], pid: int, seconds: float) -> None:
        """Send until the process is killed, after *seconds*."""
        sending = [asyncio.create_task(self._send(c, address)) for c in range(CONNECTIONS)]
        await asyncio.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        await asyncio.wait_for(asyncio.gather(*sending), 60)

    async def _send(self, connection: int, address: tuple[str, int]) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(*address)
            try:
                while True:
                    number = self._next[connection]
                    control_id = f"C{connection}-{number}"
                    self.sent[control_id] += 1
                    writer.write(b"\x0b" + message(connection, number) + b"\x1c\r")
                    answer = await reader.readuntil(b"\x1c\r")
                    assert f"MSA|AA|{control_id}".encode() in answer
                    self.acknowledged.add(control_id)
                    self._next[connection] += 1
            finally:
                writer.close()


def start(home: Path) -> tuple[int, int]:
    """Fork a capture process; returns its id and the pipe that it says it is ready on."""
    return fork_part(lambda stop: _capture(Node.at(home), "127.0.0.1:0", False, None, stop))


def fork_part(body: Callable[[asyncio.Event], Awaitable[None]]) -> tuple[int, int]:
    """A process of a node; its id and the pipe that it says it is ready on."""
    ready, says = os.pipe()
    pid = os.fork()
    if pid:
        os.close(says)
        return pid, ready
    try:
        os.dup2(says, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        sys.stdout = os.fdopen(1, "w")
        _run(body)
    finally:
        os._exit(70)  # it is killed: it never ends by itself


def _address(ready: int) -> tuple[str, int] | None:
    """Where the process listens; None when it was killed before."""
    os.set_blocking(ready, False)
    said, deadline = b"", time.monotonic() + READY_S_MAX
    while not said.endswith(b"\n"):
        assert time.monotonic() < deadline, "the capture process does not start"
        try:
            part = os.read(ready, 4096)
        except BlockingIOError:
            time.sleep(0.002)
            continue
        if not part:
            return None
        said += part
    host, _, port = json.loads(said)["mllp"].rpartition(":")
    return host, int(port)


def campaign(home: Path, kills: int, seed: int, seconds_max: float = 1e9) -> Report:
    """Kill *kills* times, or as often as there is time for, then look."""
    chance, senders, began = random.Random(seed), Senders(), time.monotonic()
    done = early = 0
    while done < kills and time.monotonic() - began < seconds_max:
        pid, ready = start(home)
        if chance.random() < EARLY:
            time.sleep(chance.uniform(0, 0.08))
            os.kill(pid, signal.SIGKILL)
            early += 1
        else:
            address = _address(ready)
            assert address is not None, "the capture process ended by itself"
            asyncio.run(senders.storm(address, pid, chance.uniform(0.0, 0.25)))
        os.close(ready)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), "the capture process ended by itself"
        done += 1
    return _look(home, senders, done, early, time.monotonic() - began)


def _look(home: Path, senders: Senders, kills: int, early: int, seconds: float) -> Report:
    node = Node.at(home)
    node.writer(node.capture_journal).close()  # a start after the last kill
    files = JournalFiles.of(node.paths.journals, node.capture_journal)
    found = Counter(
        entry.body.split(b"|", 10)[9].decode()
        for entry in node.entries(node.capture_journal, 0, 1 << 63)
        if entry.media_type == MEDIA_HL7V2
    )
    return Report(
        kills=kills,
        early=early,
        seconds=round(seconds, 1),
        acknowledged=len(senders.acknowledged),
        unanswered=sum(count - 1 for count in senders.sent.values()),
        entries=sum(found.values()),
        segments=len(files.segments()),
        torn_tails=len(list(files.aside.iterdir())) if files.aside.is_dir() else 0,
        missing=len(senders.acknowledged - set(found)),
        doubled=sum(found[control_id] > senders.sent[control_id] for control_id in found),
        intact=verify_journal(files).intact,
    )


def main() -> int:
    """Run a campaign on a home of its own."""
    parser = argparse.ArgumentParser(description="kill -9 of the capture process under 32 senders.")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds-max", type=float, default=1e9)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        home = Path(folder) / "home"
        contrefeu(home, "init", "--drill", "--shares-out", str(Path(folder) / "shares"))
        report = campaign(home, chosen.kills, chosen.seed, chosen.seconds_max)
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return 1 if report.missing or report.doubled or not report.intact else 0


if __name__ == "__main__":
    sys.exit(main())
