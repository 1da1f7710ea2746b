"""A node whose disk is destroyed at random instants, under senders: what was acknowledged and no vault has.

Each trial is a node of its own: its capture and copies processes (forked, as in kills.py), a vault in a folder, senders
that wait for each acknowledgement. At an instant drawn from the seed both processes are killed and the home is deleted.
What the vault holds is opened with the custodians' key and compared with what was acknowledged:

  * with `ack = "vault"` nothing may lack;
  * with `ack = "disk"` it is counted, in messages and in milliseconds: how old the oldest of them was.

    python -m tests.drills.lost_disks --trials 100 --seed 1 --ack disk      exit status 1 when `ack = "vault"` lost one
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from contrefeu.base import SystemClock
from contrefeu.cli.node import Node
from contrefeu.cli.part import _capture, _copies
from contrefeu.custody import KeyPair, make_home
from contrefeu.journal import MEDIA_HL7V2, JournalFiles, JournalReader
from contrefeu.vault import make_vault
from tests.drills.kills import fork_part
from tests.drills.test_kill_nine import message

CONNECTIONS = 8
READY_S_MAX = 60.0
STORM_S = (0.2, 1.5)
PAIR, _ = KeyPair.draw("recovery")

Ack = Literal["disk", "vault"]


@dataclass
class Trial:
    """One disk that was lost."""

    acknowledged: int
    lost: int
    lost_ms: float  # before the end, the oldest message that lacks was acknowledged; 0 when none lacks


@dataclass
class Report:
    """What a campaign found: medians and tails over its trials."""

    ack: str
    trials: int = 0
    acknowledged: int = 0
    trials_with_loss: int = 0
    lost: int = 0
    lost_messages: dict[str, float] = field(default_factory=dict)
    lost_ms: dict[str, float] = field(default_factory=dict)


def campaign(folder: Path, ack: Ack, trials: int, seed: int, seconds_max: float = 1e9) -> Report:
    """Lose *trials* disks, or as many as there is time for."""
    chance, began = random.Random(seed), time.monotonic()
    found: list[Trial] = []
    while len(found) < trials and time.monotonic() - began < seconds_max:
        place = folder / str(len(found))
        place.mkdir()
        found.append(trial(place, ack, chance.uniform(*STORM_S)))
        shutil.rmtree(place)
    return Report(
        ack,
        len(found),
        sum(one.acknowledged for one in found),
        sum(one.lost > 0 for one in found),
        sum(one.lost for one in found),
        _spread([float(one.lost) for one in found]),
        _spread([one.lost_ms for one in found]),
    )


def trial(folder: Path, ack: Ack, seconds: float) -> Trial:
    """Lose one disk after *seconds* of messages."""
    home, url = folder / "home", f"file://{folder / 'vault'}"
    make_home(home, "drill/lost", "Lost", PAIR.recipient, SystemClock())
    make_vault(url, outside=home)
    with (home / "contrefeu.toml").open("a") as settings:
        settings.write(f'\n[capture]\nack = "{ack}"\nwhen_no_vault = "wait"\n\n[[vaults]]\nurl = "{url}"\n')
    node = Node.at(home)
    node.paths.run.mkdir(exist_ok=True)
    copies, ready = fork_part(lambda stop: _copies(node, stop))
    said_by(ready)
    capture, ready = fork_part(lambda stop: _capture(node, "127.0.0.1:0", False, None, stop))
    host, _, port = said_by(ready)["mllp"].rpartition(":")
    acknowledged, ended = asyncio.run(_storm((host, int(port)), [capture, copies], seconds))
    for pid in (capture, copies):
        os.waitpid(pid, 0)
    journal = node.capture_journal
    shutil.rmtree(home)
    lacking = acknowledged.keys() - _held(folder / "vault" / "journals" / journal.replace("/", "_"))
    oldest = min((acknowledged[one] for one in lacking), default=ended)
    return Trial(len(acknowledged), len(lacking), round((ended - oldest) * 1000, 1))


def _held(copy: Path) -> set[str]:
    """Control ids of the messages in a copy."""
    if not (copy / "segments").is_dir():
        return set()
    reader = JournalReader(JournalFiles(copy), lambda h: PAIR.open(h.keys[0].sealed, h.origin, h.segment))
    entries = (entry for batch in reader.after(0) for entry in batch if entry.media_type == MEDIA_HL7V2)
    return {entry.body.split(b"|", 10)[9].decode() for entry in entries}


def said_by(ready: int) -> dict[str, str]:
    """What a process of the node says when it is ready."""
    with os.fdopen(ready) as pipe:
        told: dict[str, str] = json.loads(pipe.readline())
    return told


async def _storm(address: tuple[str, int], pids: list[int], seconds: float) -> tuple[dict[str, float], float]:
    """When each message was acknowledged, and when all ended."""
    acknowledged: dict[str, float] = {}
    sending = [asyncio.create_task(_send(c, address, acknowledged)) for c in range(CONNECTIONS)]
    async with asyncio.timeout(READY_S_MAX):
        while not acknowledged:  # the vault was reached for the first time
            await asyncio.sleep(0.005)
    await asyncio.sleep(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    ended = time.monotonic()
    await asyncio.wait_for(asyncio.gather(*sending), 60)
    return acknowledged, ended


async def _send(connection: int, address: tuple[str, int], acknowledged: dict[str, float]) -> None:
    number = 0
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection(*address)
        try:
            while True:
                writer.write(b"\x0b" + message(connection, number) + b"\x1c\r")
                answer = await reader.readuntil(b"\x1c\r")
                assert f"MSA|AA|C{connection}-{number}".encode() in answer
                acknowledged[f"C{connection}-{number}"] = time.monotonic()
                number += 1
        finally:
            writer.close()


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * at))]
        for name, at in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
    }


def main() -> int:
    """Run a campaign."""
    parser = argparse.ArgumentParser(description="Disks that are destroyed at random instants.")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ack", choices=("disk", "vault"), default="vault")
    parser.add_argument("--seconds-max", type=float, default=1e9)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lost-") as folder:
        report = campaign(Path(folder), chosen.ack, chosen.trials, chosen.seed, chosen.seconds_max)
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return 1 if chosen.ack == "vault" and report.lost else 0


if __name__ == "__main__":
    sys.exit(main())
