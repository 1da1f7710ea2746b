"""A node that is fed for long stays as it was: memory flat, nothing lost, and it starts again without reading it all.

Method: the real command; senders that wait for each acknowledgement; the memory of each process read from /proc while
they send; then a second start, whose reading is counted by the kernel. CI sends SHORT messages; `make soak` a million.
"""

import asyncio
import os
import random
import sys
import time
from pathlib import Path

import pytest

from contrefeu.journal.store import SEGMENT_BYTES
from tests.drills.node import RunningNode, contrefeu, parts_of

SHORT = 12_000
MESSAGES = int(os.environ.get("CONTREFEU_SOAK_MESSAGES", str(SHORT)))
CONNECTIONS = 16
PATIENTS = 2_500  # in the house at once; one leaves and one comes every STAY messages
STAY = 100
# The reader's page cache (64 MB), its readers' (8 MB each) and its open charts fill meanwhile; a leak of 130 bytes a
# message goes beyond it in a million.
GROWTH_MB_MAX = 130
CATCH_UP_S_MAX = 3_600


def message(number: int, chance: random.Random) -> bytes:
    """A new result or an admission update of one of those who are in the house; every one is another message."""
    patient = number // STAY + chance.randrange(PATIENTS)
    minute = f"2026112{4 + number // 720_000}{number // 60_000 % 12:02}{number // 1000 % 60:02}{number // 17 % 60:02}"
    head = f"MSH|^~\\&|SOAK{number % CONNECTIONS}|CHU|CF|CHU|{minute}||%s|S{number}|T|2.5\r"
    who = f"PID|1||{patient:06}^^^CHU^PI||ESSAI{patient % 97}^PATIENT||19{patient % 90 + 10}0101|F\r"
    where = f"PV1|1|I|MED^{patient // 2}^{patient % 2}||||||||||||||||{patient:06}^^^CHU^VN\r"
    if number % 4 == 0:
        return (head % "ADT^A08" + f"EVN|A08|{minute}\r" + who + where).encode()
    value = f"{3 + chance.random() * 3:.1f}"
    return (
        head % "ORU^R01"
        + who
        + where
        + f"ORC|RE|P{number}^CHU|F{number}^LABO\r"
        + f"OBR|1|P{number}^CHU|F{number}^LABO|24326-1^Ionogramme^LN|||{minute}"
        + f"|||||||||||||||{minute}||CH|F\r"
        + f"OBX|1|NM|2823-3^Potassium^LN||{value}|mmol/L|3.5-5.0|N|||F|||{minute}\r"
    ).encode()


async def feed(node: RunningNode, first: int, count: int, chance: random.Random) -> None:
    """Send *count* messages over all connections, one in flight on each."""
    numbers = iter(range(first, first + count))

    async def sender() -> None:
        reader, writer = await asyncio.open_connection(*node.mllp)
        for number in numbers:
            writer.write(b"\x0b" + message(number, chance) + b"\x1c\r")
            answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 60)
            assert f"MSA|AA|S{number}".encode() in answer
        writer.close()

    await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))


def memory_mb(pid: int) -> float:
    """Resident memory."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def read_bytes(pid: int) -> int:
    """What a process has asked the kernel to read so far."""
    return int(Path(f"/proc/{pid}/io").read_text().splitlines()[0].split()[1])


def wait_until_folded(home: Path, messages: int) -> dict:
    """Wait for the charts: `status` says how far they are."""
    deadline = time.monotonic() + CATCH_UP_S_MAX
    while time.monotonic() < deadline:
        status = contrefeu(home, "status")
        if status["charts"]["lag_entries"] == 0:
            return status
        time.sleep(0.5)
    raise AssertionError(f"the charts do not follow {messages} messages")


@pytest.mark.req("D7", "C3")
@pytest.mark.timeout(CATCH_UP_S_MAX * 2)
def test_memory_stays_flat_and_a_start_does_not_read_the_journal(tmp_path: Path) -> None:
    """Between a third of the messages and all of them, no process grows; the next start reads a part of the journal."""
    home = tmp_path / "home"
    contrefeu(home, "init", "--drill", "--shares-out", str(tmp_path / "shares"))
    contrefeu(home, "vault", "add", f"file://{tmp_path / 'vault'}")
    chance = random.Random(7)
    third = MESSAGES // 3
    with RunningNode(home) as node:
        started = time.monotonic()
        asyncio.run(feed(node, 0, third, chance))
        wait_until_folded(home, third)
        early = {name: memory_mb(pid) for name, pid in parts_of(node.ready["pid"]).items()}
        asyncio.run(feed(node, third, MESSAGES - third, chance))
        sent_s = time.monotonic() - started
        status = wait_until_folded(home, MESSAGES)
        folded_s = time.monotonic() - started
        late = {name: memory_mb(pid) for name, pid in parts_of(node.ready["pid"]).items()}
    assert sum(feed["received"] for feed in status["feeds"] if feed["source"].startswith("SOAK")) == MESSAGES
    growth = {name: round(late[name] - early[name], 1) for name in early}
    sys.stdout.write(
        f"{MESSAGES} messages: sent in {sent_s:.0f} s, charted in {folded_s:.0f} s; MB {late}, grown by {growth}\n"
    )
    assert set(early) >= {"capture", "reader", "web", "copies"}
    assert max(growth.values()) < GROWTH_MB_MAX, growth

    with RunningNode(empty_home(tmp_path)) as node:
        idle = {name: read_bytes(pid) for name, pid in parts_of(node.ready["pid"]).items()}
    begun = time.monotonic()
    with RunningNode(home) as node:
        ready_s = time.monotonic() - begun
        read = {name: read_bytes(pid) - idle[name] for name, pid in parts_of(node.ready["pid"]).items()}
    journal_mb = sum(path.stat().st_size for path in (home / "journals").rglob("*.seg")) / 1e6
    sys.stdout.write(f"ready again in {ready_s:.2f} s; a journal of {journal_mb:.0f} MB; read at start {read} bytes\n")
    # A writer that starts reads its last segment and no other; a reader starts from its store's positions.
    assert max(read["capture"], read["reader"]) < SEGMENT_BYTES + 16 * 2**20, read


def empty_home(tmp_path: Path) -> Path:
    """A home with nothing in it, to compare with."""
    home = tmp_path / "empty"
    contrefeu(home, "init", "--drill", "--shares-out", str(tmp_path / "empty-shares"))
    return home
