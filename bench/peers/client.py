"""The sender that measures every receiver: uvloop, one message in flight on each connection, each answer checked.

    python -m bench.peers.client HOST PORT CONNECTIONS SECONDS

Prints one JSON object: messages acknowledged AA a second, the delays of these acknowledgements in microseconds (p50,
p99), and how many were answered in all. A message has about 1,200 bytes and a control id of its own; nothing else is
made while the clock runs.
"""

import asyncio
import json
import random
import sys
import time
from array import array
from typing import Any

import uvloop

MESSAGES = 2048
NO_ANSWER_S = 60  # then a receiver answers nobody
WARM_UP_S = 0.3  # of the same load, not counted: caches fill, a JIT compiles, a first segment is made


class _Load:
    """What all connections share."""

    def __init__(self) -> None:
        self.number = 0
        self.counting = False
        self.stopped = False
        self.delays = array("d")


class _Sender(asyncio.Protocol):
    """Sends a message when the one before is acknowledged."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._received = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        if not self.closed.done():
            self.closed.set_result(None)

    def send(self) -> None:
        """The next one."""
        load = self._load
        load.number += 1
        control_id = b"B%09d" % load.number
        self._expected = b"MSA|AA|" + control_id
        self._sent = time.perf_counter()
        self._transport.write(BEFORE + control_id + AFTER[load.number % MESSAGES])

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        if not data.endswith(b"\x1c\r"):
            self._received = data
            return
        self._received = b""
        delay = time.perf_counter() - self._sent
        assert self._expected in data, f"not the answer that was due: {data!r}"
        load = self._load
        if load.counting:
            load.delays.append(delay)
        if load.stopped:
            self._transport.close()
        else:
            self.send()


async def _measure(host: str, port: int, connections: int, seconds: float) -> dict[str, float]:
    loop, load = asyncio.get_running_loop(), _Load()
    senders = [(await loop.create_connection(lambda: _Sender(load), host, port))[1] for _ in range(connections)]
    for sender in senders:
        sender.send()
    await asyncio.sleep(WARM_UP_S)
    load.counting, started = True, time.perf_counter()
    await asyncio.sleep(seconds)
    while not load.delays and time.perf_counter() - started < NO_ANSWER_S:  # a slow receiver on a busy machine
        await asyncio.sleep(0.01)
    load.counting, taken = False, time.perf_counter() - started
    load.stopped = True
    await asyncio.wait_for(asyncio.gather(*(sender.closed for sender in senders)), NO_ANSWER_S)
    assert load.delays, "no answer in time"
    delays = sorted(load.delays)
    return {
        "answered": load.number,
        "rate": len(delays) / taken,
        "p50_us": delays[len(delays) // 2] * 1e6,
        "p99_us": delays[min(len(delays) - 1, len(delays) * 99 // 100)] * 1e6,
    }


def _messages() -> list[bytes]:
    """Blood counts as they are sent, no two alike, from behind the control id."""
    chance = random.Random(7)
    return [message_after(chance) for _ in range(MESSAGES)]


def message_after(chance: random.Random) -> bytes:
    """One of them, to the end of its frame: as alike, and as unlike, as a laboratory's are (zstd-1: 7 to 1)."""
    family, given, author = ("".join(chance.choices("ABCDEFGHIJKLMNOPRSTUV", k=8)) for _ in range(3))
    patient, order, hour = chance.randrange(10**7), chance.randrange(10**8), chance.randrange(24)
    minute = chance.randrange(60)
    lines = [
        "|P|2.5",
        f"PID|1||{patient:07d}^^^CHU^PI||{family}^{given}||19{chance.randrange(10, 99)}0101|F",
        f"PV1|1|I|CARDIO^{chance.randrange(100, 160)}^1^CHU||||||||||||||||S{chance.randrange(10**6):06d}^^^CHU^VN",
        f"OBR|1|P{order:08d}|F{order:08d}|58410-2^Numeration formule sanguine^LN|||20261124{hour:02d}{minute:02d}00",
    ]
    for n in range(12):
        value, flag = chance.randrange(1000) / 10, chance.choice(("", "H", "L"))
        lines.append(
            f"OBX|{n}|NM|{n * 377 + 700}-{n % 10}^Analyte {n}^LN||{value}|{UNITS[n % 6]}|{n}-{n + 20}|{flag}|||F"
            f"|||20261124{hour:02d}{minute:02d}{chance.randrange(60):02d}||{author}"
        )
    return ("\r".join(lines) + "\r\x1c\r").encode()


UNITS = ("10*9/L", "mmol/L", "umol/L", "g/L", "U/L", "%")
BEFORE = b"\x0bMSH|^~\\&|LABO|CHU|CF|CHU|20261124030000||ORU^R01^ORU_R01|"
AFTER = _messages()

if __name__ == "__main__":
    _host, _port, _connections, _seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(_measure(_host, int(_port), int(_connections), float(_seconds)))))
