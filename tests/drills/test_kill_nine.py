"""What was acknowledged is there, once, after the node was killed while 32 connections were sending.

Method: the real command in real processes; senders that wait for each acknowledgement, as interfaces do, and send an
unanswered message again; SIGKILL of the node at an instant drawn from a seed; then a second node on the same home.
"""

import asyncio
import contextlib
import random
from collections import Counter
from pathlib import Path

import pytest

from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_HL7V2
from tests.drills.node import RunningNode, contrefeu

CONNECTIONS = 32
ROUNDS = 3


def message(connection: int, number: int) -> bytes:
    """An admission whose control id says who sent it."""
    return (
        f"MSH|^~\\&|LOAD{connection}|CHU|CF|CHU|20261124030000||ADT^A08|C{connection}-{number}|T|2.5\r"
        f"EVN|A08|20261124030000\rPID|1||{connection:05d}^^^CHU^PI||ESSAI^PATIENT {connection}||19700101|F\r"
        f"PV1|1|I|MED^101^{connection}\r"
    ).encode()


async def send_until_it_dies(connection: int, first: int, address: tuple[str, int], acked: list[int]) -> None:
    """Send message after message, each after the acknowledgement of the one before."""
    reader, writer = await asyncio.open_connection(*address)
    number = first
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            writer.write(b"\x0b" + message(connection, number) + b"\x1c\r")
            answer = await reader.readuntil(b"\x1c\r")
            assert f"MSA|AA|C{connection}-{number}".encode() in answer
            acked.append(number)
            number += 1
    writer.close()


async def storm(node: RunningNode, firsts: list[int], seconds: float) -> list[list[int]]:
    """32 senders, and the node killed under them after *seconds*; returns what each had acknowledged."""
    acked: list[list[int]] = [[] for _ in range(CONNECTIONS)]
    senders = [asyncio.create_task(send_until_it_dies(c, firsts[c], node.mllp, acked[c])) for c in range(CONNECTIONS)]
    await asyncio.sleep(seconds)
    node.kill()
    await asyncio.wait_for(asyncio.gather(*senders), 30)
    return acked


@pytest.mark.req("C1", "F29")
def test_no_acknowledged_message_is_missing_and_none_is_there_twice(tmp_path: Path) -> None:
    """Three kills; each time the senders go on with the first message that was not acknowledged."""
    home = tmp_path / "home"
    contrefeu(home, "init", "--drill", "--shares-out", str(tmp_path / "shares"))
    chance = random.Random(20261124)
    acknowledged: Counter[str] = Counter()
    firsts = [0] * CONNECTIONS
    for _ in range(ROUNDS):
        acked = asyncio.run(storm(RunningNode(home), firsts, chance.uniform(0.4, 1.2)))
        for connection, numbers in enumerate(acked):
            acknowledged.update(f"C{connection}-{n}" for n in numbers)
            # A sender whose message was not answered sends that message again.
            firsts[connection] = numbers[-1] + 1 if numbers else firsts[connection]
    assert sum(acknowledged.values()) > 100 * ROUNDS, "the storm was no storm"
    with RunningNode(home):
        pass
    assert contrefeu(home, "journal", "verify")["intact"]

    found = Counter(
        entry.body.split(b"|", 10)[9].decode()
        for entry in Node.at(home).entries("", 0, 1 << 63)
        if entry.media_type == MEDIA_HL7V2
    )
    assert set(acknowledged) - set(found) == set(), "acknowledged, and not in the journal"
    # What a kill left unanswered was sent again: that is a second arrival (F29), never a second acknowledgement.
    repeats = {control_id: n for control_id, n in found.items() if n > 1}
    assert all(acknowledged[control_id] <= 1 for control_id in repeats)
    assert len(repeats) <= CONNECTIONS * (ROUNDS - 1)
    status = contrefeu(home, "status")
    assert sum(feed["duplicates"] for feed in status["feeds"]) == sum(n - 1 for n in repeats.values())
