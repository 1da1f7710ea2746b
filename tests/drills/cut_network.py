"""A vault host behind a network that is cut for hours: feeds are taken as before, and the copies catch up alone.

A node's capture and copies processes, senders that wait for each acknowledgement, and a vault host that pulls, on the
other side of a real network (network.py). The line is up and silently cut in turns while messages come; then it stays
cut until as many wait as some hours of a hospital bring; then it is mended, at a known rate. Measured:

  * acknowledged messages a second, and the capture process's CPU for each, with the vault cut against with it up;
  * what grew in the home meanwhile beside the journals;
  * how long until the vault vouches for all of it, and for how many bytes a second that is, against the line's rate.

    python -m tests.drills.cut_network --waiting 20000 --rate 1000000       root; exit status 1 when something is not so
"""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from contrefeu.base import SystemClock
from contrefeu.cli.copying import STATE
from contrefeu.cli.node import Node
from contrefeu.cli.part import _capture, _copies
from contrefeu.custody import KeyPair, make_home
from contrefeu.proof import Verifier
from contrefeu.vault import NodeSettings, VaultHost, public_of, verify_vault
from contrefeu.vault.directory import DirectoryVault
from tests.drills.lost_disks import fork_part, said_by
from tests.drills.network import Network, network
from tests.drills.test_kill_nine import message

CONNECTIONS = 8
TURNS = 3
TURN_S = 2.0
WAIT_S = 120.0
PORT = 25771
PAIR, _ = KeyPair.draw("recovery")


@dataclass
class Report:
    """What a cut cost."""

    rate_up: float = 0.0  # acknowledged messages a second
    rate_cut: float = 0.0
    cpu_us_up: float = 0.0  # of the capture process, a message
    cpu_us_cut: float = 0.0
    waited: int = 0  # messages that the vault lacked when the line was mended
    grown_bytes: int = 0  # in the home meanwhile, journals left out
    caught_up: bool = False
    caught_up_s: float = 0.0
    bytes_per_s: float = 0.0  # of the journal, while it caught up
    intact: bool = False
    entries: int = 0
    acknowledged: int = 0


class Senders:
    """They send until they are told to stop; how many were acknowledged is counted."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.acknowledged = 0
        self._address = address
        self._stopped = False

    async def run(self) -> None:
        """Send."""
        await asyncio.gather(*(self._send(connection) for connection in range(CONNECTIONS)))

    def stop(self) -> None:
        """End after the messages under way."""
        self._stopped = True

    async def _send(self, connection: int) -> None:
        reader, writer = await asyncio.open_connection(*self._address)
        number = 0
        while not self._stopped:
            writer.write(b"\x0b" + message(connection, number) + b"\x1c\r")
            assert b"MSA|AA" in await reader.readuntil(b"\x1c\r")
            self.acknowledged += 1
            number += 1
        writer.close()


def drill(folder: Path, waiting: int, rate: int) -> Report:
    """Cut the line again and again, then for long."""
    with network() as net, contextlib.ExitStack() as running:
        node, host = _paired(folder, net)
        copies, ready = fork_part(lambda stop: _copies(node, stop))
        running.callback(_kill, copies)
        said_by(ready)
        capture, ready = fork_part(lambda stop: _capture(node, "127.0.0.1:0", False, None, stop))
        running.callback(_kill, capture)
        at, _, port = said_by(ready)["mllp"].rpartition(":")
        command = [sys.executable, "-m", "contrefeu", "--home", str(host.root), "vault", "pull"]
        pull = subprocess.Popen(net.command(*command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.callback(_end, pull)
        report = asyncio.run(_story(node, net, Senders((at, int(port))), capture, waiting, rate))
    copy = host.copies(host.settings().nodes[0])
    [found] = verify_vault(DirectoryVault(f"file://{copy}", copy))
    report.intact, report.entries = found.intact, found.entries
    return report


async def _story(node: Node, net: Network, senders: Senders, capture: int, waiting: int, rate: int) -> Report:
    sending = asyncio.create_task(senders.run())
    await _until(lambda: _vouched(node) > 0)
    rates: dict[bool, list[float]] = {False: [], True: []}
    costs: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(2 * TURNS):
        gone = turn % 2 == 1
        net.cut(gone)
        await asyncio.sleep(0.3)
        before, busy, began = senders.acknowledged, _cpu_s(capture), time.monotonic()
        await asyncio.sleep(TURN_S)
        count = senders.acknowledged - before
        rates[gone].append(count / (time.monotonic() - began))
        costs[gone].append((_cpu_s(capture) - busy) / max(1, count) * 1e6)
    held = _vouched(node)
    beside = _beside(node.paths.root)
    await _until(lambda: senders.acknowledged - held >= waiting)
    senders.stop()
    await sending
    grown = _beside(node.paths.root) - beside
    files = node.journal_files(node.capture_journal)
    head = files.read_head()
    assert head is not None
    closed = (number for number in files.segments() if number < head.segment)
    length = head.offset + sum(files.segment(number).stat().st_size for number in closed)
    lacking = length * (1 - held / senders.acknowledged)
    net.limit(rate)
    net.cut(False)
    began = time.monotonic()
    caught_up = await _until(lambda: _vouched(node) >= senders.acknowledged)
    took = time.monotonic() - began
    return Report(
        *(round(statistics.median(rates[gone]), 1) for gone in (False, True)),
        *(round(statistics.median(costs[gone]), 1) for gone in (False, True)),
        waited=senders.acknowledged - held,
        grown_bytes=grown,
        caught_up=caught_up,
        caught_up_s=round(took, 1),
        bytes_per_s=round(lacking / took),
        acknowledged=senders.acknowledged,
    )


def _paired(folder: Path, net: Network) -> tuple[Node, VaultHost]:
    home = folder / "home"
    make_home(home, "drill/cut", "Cut", PAIR.recipient, SystemClock())
    host = VaultHost.make(folder / "host", "vault-b", 400)
    node = Node.at(home)
    seed = node.paths.signing_seed("serve")
    seed.write_bytes(secrets.token_bytes(32))
    with node.paths.settings.open("a") as settings:
        url = f"pull+https://{net.here}:{PORT}?key={host.cosigner().key}"
        settings.write(f'\n[[vaults]]\nurl = "{url}"\n')
    own = Verifier("n1", public_of(seed.read_bytes()))
    host.add(NodeSettings("chu", f"pull+https://{net.here}:{PORT}?key={own}"))
    node.paths.run.mkdir(exist_ok=True)
    return Node.at(home), host


def _vouched(node: Node) -> int:
    """The last entry that the vault vouched for."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        [said] = msgspec.json.decode((node.paths.run / STATE).read_bytes())
        return int(said["positions"].get(node.capture_journal.replace("/", "_"), 0))
    return 0


def _beside(home: Path) -> int:
    """Bytes in the home that are not in its journals."""
    files = (path for path in home.rglob("*") if path.is_file() and home / "journals" not in path.parents)
    return sum(path.stat().st_size for path in files)


async def _until(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_S
    while not claim():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(20)


def possible() -> bool:
    """Whether this machine lets us make networks."""
    if os.getuid() != 0 or shutil.which("ip") is None or shutil.which("tc") is None:
        return False
    try:
        with network() as net:
            net.limit(1_000_000)
    except subprocess.CalledProcessError:
        return False
    return True


def main() -> int:
    """Run it on a home of its own."""
    parser = argparse.ArgumentParser(description="A network between node and vault host that is cut.")
    parser.add_argument("--waiting", type=int, default=20_000)
    parser.add_argument("--rate", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cut-") as folder:
        report = drill(Path(folder), chosen.waiting, chosen.rate)
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return 0 if report.caught_up and report.intact and report.entries >= report.acknowledged else 1


if __name__ == "__main__":
    sys.exit(main())
