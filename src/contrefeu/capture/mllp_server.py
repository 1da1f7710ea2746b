"""The listener for HL7 v2 over MLLP (HL7 v2.9, appendix C; acknowledgement modes: 2.9.2 and 2.9.3).

Rules kept here:
  * An acknowledgement goes out after the entry is durable (`intake`). For a fault that may pass (a full disk) there
    is no answer and the connection is closed: a sender that gets AE may give the message up (F28).
  * Whatever was kept is acknowledged AA (original mode) or CA (enhanced mode), undecodable too (F28).
  * Bytes outside a frame, frames cut by a lost connection, and frames above the limit (up to the limit) are kept as
    they came, not acknowledged, and counted (C3).
  * A sender on the refuse list is acknowledged and counted, and nothing of its messages is kept, whole or cut (F45).
  * A sender that does not read its acknowledgements is not read either: its bytes wait in its own machine.
  * A connection whose other end is gone is given up after some minutes: it must not hold a place for ever.
"""

import asyncio
import contextlib
import socket
from collections.abc import Collection
from functools import partial
from time import gmtime, strftime
from typing import cast

import structlog
from msgspec import Struct

from contrefeu.capture.intake import Intake
from contrefeu.hl7 import UNREAD, Acknowledger, Frame, Framer, StrayBytes, framed_answers, peek
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_HL7V2, MEDIA_OTHER, Draft

UNFINISHED_BYTES_MAX = 2**30  # all frames being received, together: what a flood of half messages may take of memory
IDLE_PROBE_S = 60  # a firewall that forgets idle connections does so after 5 min or more: this keeps them known
PROBE_S = 15  # between probes that go unanswered
PROBES_MAX = 4  # unanswered: with the first, a dead sender's place is free after two minutes
DRAIN_S_MAX = 1.0  # how long a stop waits for senders to take their last acknowledgements

log = structlog.get_logger("capture")


class MllpCounts(Struct):
    """What the listener saw since the process started."""

    connections: int = 0  # now
    messages: int = 0
    acknowledged: int = 0
    stray: int = 0  # arrivals outside a frame
    refused_by_rule: dict[str, int] = {}
    turned_away: int = 0  # connections above the limit


class MllpListener:
    """Hands what arrives on any number of connections to one intake."""

    def __init__(
        self, intake: Intake, *, message_bytes_max: int, connections_max: int, refuse: Collection[str]
    ) -> None:
        self.intake = intake
        self.message_bytes_max = message_bytes_max
        self.connections_max = connections_max
        self.refuse = frozenset(refuse)
        self.counts = MllpCounts()
        self.unfinished_bytes = 0
        self._connections: set[MllpConnection] = set()
        self._server: asyncio.Server | None = None
        self.acknowledger = Acknowledger()
        self._second = -1
        self._stamp = b""

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Open the port; returns the address it has (port 0 asks for any)."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: MllpConnection(self), host, port, backlog=1024)
        address = self._server.sockets[0].getsockname()
        return address[0], address[1]

    def close(self) -> None:
        """Take no more connections and close those there are."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.close()

    async def drain(self) -> None:
        """Acknowledge what has arrived, close every connection, and wait until the last one has gone."""
        if self._server is not None:
            self._server.close()
        self.intake.commit()
        self.close()
        for _ in range(int(DRAIN_S_MAX / 0.01)):
            if not self._connections:
                return
            await asyncio.sleep(0.01)
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0.01)

    def joined(self, connection: "MllpConnection") -> bool:
        """Count *connection* in; False when there is no room."""
        if len(self._connections) >= self.connections_max:
            self.counts.turned_away += 1
            log.warning("connection turned away", count=len(self._connections))
            return False
        self._connections.add(connection)
        self.counts.connections = len(self._connections)
        return True

    def left(self, connection: "MllpConnection") -> None:
        """Count *connection* out."""
        self._connections.discard(connection)
        self.counts.connections = len(self._connections)

    def refuses(self, source: str) -> None:
        """Count what the refuse list kept out."""
        refused = self.counts.refused_by_rule
        refused[source] = refused.get(source, 0) + 1

    def stamp_at(self, second: int) -> bytes:
        """MSH-7 of the acknowledgements of *second* since the epoch, in UTC: written once."""
        if second != self._second:
            self._second, self._stamp = second, strftime("%Y%m%d%H%M%S+0000", gmtime(second)).encode()
        return self._stamp


class MllpConnection(asyncio.Protocol):
    """One sender's connection."""

    def __init__(self, listener: MllpListener) -> None:
        self._listener = listener
        self._framer = Framer(listener.message_bytes_max)
        self._unfinished = 0
        self._transport: asyncio.Transport | None = None
        self._source = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A sender connects."""
        self._transport = cast("asyncio.Transport", transport)
        _keep_alive(transport.get_extra_info("socket"))
        if not self._listener.joined(self):
            self.close()

    def data_received(self, data: bytes) -> None:
        """Bytes of a sender: none, one or many frames."""
        only = self._framer.only(data)
        if only is not None:
            self._message(only)
            return
        for found in self._framer.receive(data):
            if isinstance(found, Frame):
                self._message(found.body)
            else:
                self._stray(found)
        self._count_unfinished(self._framer.unfinished)
        if self._framer.overlong:
            self.close()  # it was not acknowledged: its sender has it, and somebody must look

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """What was cut short was never acknowledged: its sender has it still; we keep what we saw of it."""
        rest = self._framer.end()
        if rest is not None:
            self._stray(rest)
        self._count_unfinished(0)
        self._listener.left(self)
        self._transport = None

    def pause_writing(self) -> None:
        """Its acknowledgements pile up here: read no more of it."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Close without another answer; those given before still go out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _message(self, body: bytes) -> None:
        listener = self._listener
        intake = listener.intake
        listener.counts.messages += 1
        now_ns = intake.now_ns()
        source, answers = self._read(body, listener.stamp_at(now_ns // 1_000_000_000))
        kept = partial(self._kept, answers)
        if source is None:
            intake.offer(Draft(self._source or "mllp", MEDIA_OTHER, body, now_ns), kept)
            return
        self._source = source
        if source in listener.refuse:
            listener.refuses(source)
            intake.follow(kept)  # after the answers to what it sent before: those wait for the disk
            return
        intake.offer(Draft(source, MEDIA_HL7V2, body, now_ns), kept)

    def _read(self, body: bytes, stamp: bytes) -> tuple[str | None, bytes]:
        """Who sent *body* (None when it cannot be read), and the framed acknowledgements that it is due."""
        control_id = b"%b%d" % (stamp[:14], self._listener.counts.messages)
        greeted = self._listener.acknowledger.greet(body)
        if greeted is not None:
            greeting, answered = greeted
            return greeting.source, greeting.answer(stamp, control_id, answered)
        header = peek(body)
        answers = framed_answers(header or UNREAD, control_id=control_id.decode(), now=stamp.decode())
        return (None if header is None else header.source), answers

    def _kept(self, answers: bytes, ref: str | None) -> None:
        """What was offered is durable: answer; or, without *ref*, it is not: close."""
        if ref is None:
            self.close()
        elif answers and self._transport is not None and not self._transport.is_closing():
            self._transport.write(answers)
            self._listener.counts.acknowledged += 1

    def _stray(self, stray: StrayBytes) -> None:
        listener = self._listener
        listener.counts.stray += 1
        header = peek(stray.data)
        source = header.source if header else self._source
        if source in listener.refuse:
            listener.refuses(source)
            return
        intake = listener.intake
        for start in range(0, len(stray.data), ENTRY_BODY_BYTES_MAX):
            part = stray.data[start : start + ENTRY_BODY_BYTES_MAX]
            intake.offer(Draft(source or "mllp", MEDIA_OTHER, part, intake.now_ns()), lambda _ref: None)
        log.warning("bytes outside a frame", source=source, bytes=len(stray.data), reason=stray.reason)

    def _count_unfinished(self, now: int) -> None:
        listener = self._listener
        listener.unfinished_bytes += now - self._unfinished
        self._unfinished = now
        if listener.unfinished_bytes > UNFINISHED_BYTES_MAX:
            log.error("too many unfinished messages: a connection is closed", bytes=listener.unfinished_bytes)
            self.close()


def _keep_alive(connection: socket.socket | None) -> None:
    """Let the kernel find out that the other end is gone (RFC 1122, 4.2.3.6)."""
    if connection is None:
        return
    with contextlib.suppress(OSError):  # a socket that is closing already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_PROBE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES_MAX)
