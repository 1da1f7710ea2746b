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
from time import gmtime, strftime
from typing import cast

import structlog
from msgspec import Struct

from contrefeu.capture.intake import Intake
from contrefeu.hl7 import UNREAD, Frame, Framer, Header, StrayBytes, acknowledge, frame, peek
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

    def acknowledgement_time(self) -> str:
        """MSH-7 of an acknowledgement, in UTC."""
        return strftime("%Y%m%d%H%M%S+0000", gmtime(self.intake.now_ns() // 1_000_000_000))


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
        listener.counts.messages += 1
        header = peek(body)
        if header is None:
            self._offer(self._source or "mllp", MEDIA_OTHER, body, self._answers(UNREAD))
            return
        self._source = header.source
        if header.source in listener.refuse:
            listener.refuses(header.source)
            answers = self._answers(header)
            # After the answers to what it sent before: those wait for the disk.
            listener.intake.follow(lambda ref: self.close() if ref is None else self._answer(answers))
            return
        self._offer(header.source, MEDIA_HL7V2, body, self._answers(header))

    def _offer(self, source: str, media_type: str, body: bytes, answers: bytes) -> None:
        intake = self._listener.intake

        def answer(ref: str | None) -> None:
            if ref is None:
                self.close()
            else:
                self._answer(answers)

        intake.offer(Draft(source, media_type, body, intake.now_ns()), answer)

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

    def _answer(self, answers: bytes) -> None:
        if answers and self._transport is not None and not self._transport.is_closing():
            self._transport.write(answers)
            self._listener.counts.acknowledged += 1

    def _answers(self, header: Header) -> bytes:
        """The framed acknowledgements that the sender's MSH-15 and MSH-16 ask for."""
        listener = self._listener
        now = listener.acknowledgement_time()
        return b"".join(
            frame(acknowledge(header, code, control_id=f"{now[:14]}{listener.counts.messages}", now=now))
            for code in acknowledgement_codes(header.accept_ack, header.app_ack)
        )

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


def acknowledgement_codes(accept: str, application: str) -> tuple[str, ...]:
    """What answers a message that was kept (HL7 table 0155: AL always, NE never, ER on error, SU on success).

    >>> acknowledgement_codes("", "")
    ('AA',)
    >>> acknowledgement_codes("AL", "NE")
    ('CA',)
    """
    if not accept and not application:
        return ("AA",)  # original mode (2.9.2)
    wanted = ("AL", "SU")
    return (("CA",) if accept in wanted else ()) + (("AA",) if application in wanted else ())
