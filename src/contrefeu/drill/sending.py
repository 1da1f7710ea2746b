"""The house's lines: MLLP as a sending system speaks it, one connection a system, one message at a time.

Rules kept here:
  * The next message goes when the one before was acknowledged: order is kept on each line, whatever breaks.
  * An acknowledgement counts when MSA-2 names the message and MSA-1 is the one of its mode (CA when MSH-15 asks for a
    commit, else AA). Another message's acknowledgement is passed over.
  * No answer in time, or a connection that breaks: connect again and send the same bytes again.
  * A refusal (AE, AR, CE, CR) is counted and not sent again: that is what common engines do (decision 0008).

This is a client of its own: it shares no framing with the listener that it tries.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from contrefeu.base import Clock, SystemClock
from contrefeu.drill.senders import System
from contrefeu.drill.writing import NS_PER_S

_START, _END = b"\x0b", b"\x1c\r"
ACK_S_MAX = 20.0  # for an answer: a disk that syncs slowly is no broken line
CONNECT_S_MAX = 5.0  # for a connection
RETRY_S_MIN, RETRY_S_MAX = 0.1, 3.0  # between two tries: soon at first, then as engines do
GIVE_UP_S = 120.0  # without any acknowledgement, in a batch: nobody is there
ACK_BYTES_MAX = 2**20  # of one answer: an acknowledgement has a few hundred
BACKLOG_MAX = 20_000  # messages waiting in all lines: beyond it the house stands still until somebody listens
_TICK_S = 0.5  # the house looks at the clock
_AT_ONCE = 20  # messages lived through before the lines get their turn: some milliseconds


class Sent(NamedTuple):
    """One message as its system sends it."""

    system: System
    at_ns: int  # when it leaves
    message: bytes
    repeat: bool = False  # the same bytes were sent before


class Delivery(NamedTuple):
    """What became of a batch."""

    sent: tuple[bytes, ...]  # acknowledged, in order of acknowledgement
    resent: int  # sends that went unanswered: their bytes may have been kept, and were sent again
    garbage: tuple[bytes, ...] = ()  # sent by others beside
    refused: tuple[bytes, ...] = ()  # answered with an error

    @classmethod
    def joined(cls, *parts: "Delivery") -> "Delivery":
        """Several deliveries as one."""
        return cls(
            tuple(body for part in parts for body in part.sent),
            sum(part.resent for part in parts),
            tuple(body for part in parts for body in part.garbage),
            tuple(body for part in parts for body in part.refused),
        )


class Speaking(Protocol):
    """What `live` needs of a hospital."""

    @property
    def met_ns(self) -> int:
        """When the house was met: its past ends here, and its monitors are connected."""
        ...

    @property
    def next_ns(self) -> int | None:
        """When something happens next."""
        ...

    def until(self, until_ns: int) -> Iterable[Sent]:
        """Live until then, and give what is sent."""
        ...

    def go_live(self) -> None:
        """From now on time is real."""
        ...


class Line:
    """One system's connection."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.resent = 0

    async def deliver(self, message: bytes, give_up_s: float = 0.0) -> bool:
        """Send *message* until it is answered; True when it was accepted.

        Args:
            message: Without its frame.
            give_up_s: Raise after so long without an answer; 0 tries for ever.

        Raises:
            OSError: Nobody answered for *give_up_s*.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + give_up_s
        wait, written = RETRY_S_MIN, False
        while True:
            try:
                reader, writer = await self._connected()
                self.resent += written
                written = True
                # Not wait_for: before Python 3.12 it swallows a cancellation that meets an answer.
                async with asyncio.timeout(ACK_S_MAX):
                    writer.write(_START + message + _END)
                    await writer.drain()
                    return await _answer(reader, message)
            except (OSError, EOFError, asyncio.LimitOverrunError) as broken:
                self.close()
                if give_up_s and loop.time() > until:
                    raise ConnectionError(f"no acknowledgement for {give_up_s:.0f} s") from broken
            await asyncio.sleep(wait)
            wait = min(wait * 2, RETRY_S_MAX)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            async with asyncio.timeout(CONNECT_S_MAX):
                self._streams = await asyncio.open_connection(*self._address, limit=ACK_BYTES_MAX)
        return self._streams


async def send(messages: Iterable[Sent], host: str, port: int) -> Delivery:
    """Send a batch as fast as acknowledgements come: systems side by side, each in its own order.

    Raises:
        OSError: Nobody answered for GIVE_UP_S.
    """
    waiting: dict[System, list[bytes]] = defaultdict(list)
    for one in messages:
        waiting[one.system].append(one.message)
    sent: list[bytes] = []
    refused: list[bytes] = []

    async def speak(bodies: list[bytes]) -> int:
        line = Line(host, port)
        try:
            for body in bodies:
                (sent if await line.deliver(body, GIVE_UP_S) else refused).append(body)
        finally:
            line.close()
        return line.resent

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(speak(bodies)) for bodies in waiting.values()]
    return Delivery(tuple(sent), sum(task.result() for task in tasks), refused=tuple(refused))


async def live(hospital: Speaking, host: str, port: int, clock: Clock | None = None) -> None:
    """Tell a house's past as fast as it is acknowledged, then go on in step with real time, for ever.

    A house that was met before (`met_ns` is past) tells its whole life again, byte for byte: what the node has are
    repeats, and no second house lies in the same beds.

    Args:
        hospital: From `Hospital.for_demo`.
        host: Of the listener.
        port: Of the listener.
        clock: Real time; the machine's own when None.
    """
    clock = clock or SystemClock()
    queues: dict[System, asyncio.Queue[bytes]] = {}

    async def speak(queue: asyncio.Queue[bytes]) -> None:
        line = Line(host, port)
        try:
            while True:
                await line.deliver(await queue.get())
        finally:
            line.close()

    async with asyncio.TaskGroup() as group:

        async def tell(until_ns: int) -> None:
            for count, one in enumerate(hospital.until(until_ns)):
                if one.system not in queues:
                    queues[one.system] = asyncio.Queue()
                    group.create_task(speak(queues[one.system]))
                queues[one.system].put_nowait(one.message)
                if count % _AT_ONCE == 0:
                    await asyncio.sleep(0)  # the lines send while the past is still being lived
                while sum(queue.qsize() for queue in queues.values()) > BACKLOG_MAX:
                    await asyncio.sleep(_TICK_S)

        await tell(hospital.met_ns)
        hospital.go_live()
        while True:
            await tell(clock.now_ns())
            next_ns = hospital.next_ns
            wait = _TICK_S if next_ns is None else (next_ns - clock.now_ns()) / NS_PER_S
            await asyncio.sleep(min(_TICK_S, max(0.01, wait)))


async def _answer(reader: asyncio.StreamReader, message: bytes) -> bool:
    """Read until *message* is answered; True when it was accepted."""
    mark = message[3:4]
    header = message.split(b"\r", 1)[0].split(mark)
    commit = len(header) > 14 and header[14] == b"AL"
    while True:
        answer = (await reader.readuntil(_END))[: -len(_END)].lstrip(_START)
        msa = next((line for line in answer.split(b"\r") if line.startswith(b"MSA")), b"")
        fields = msa.split(mark)
        if len(fields) > 2 and fields[2] == header[9]:
            return fields[1] == (b"CA" if commit else b"AA")
