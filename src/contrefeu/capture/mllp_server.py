"""The listener for HL7 v2 over MLLP (HL7 v2.9, appendix C; acknowledgement modes: 2.9.2 and 2.9.3).

Rules kept here:
  * An acknowledgement goes out after the entry is durable (`intake`). For a fault that may pass (a full disk) there
    is no answer and the connection is closed: a sender that gets AE may give the message up (F28). AE and AR are for
    those whose profile says that they then send again (`feeds.NAME.on_fault`).
  * Whatever was kept is acknowledged AA (original mode) or CA (enhanced mode), undecodable too (F28).
  * Bytes outside a frame, frames cut by a lost connection, and frames above the limit (up to the limit) are kept as
    they came, not acknowledged, and counted (C3).
  * What a refuse list is about is acknowledged and counted, and nothing of it is kept (F45; `refuse`). What a seal rule
    is about is kept as a role alone opens it (`seal`).
  * A sender that numbers its messages is told the number that is wanted next (F29; `sequence`).
  * A sender that does not read its acknowledgements is not read either: its bytes wait in its own machine.
  * A connection whose other end is gone is given up after some minutes: it must not hold a place for ever.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Collection, Mapping
from functools import partial
from time import gmtime, strftime
from typing import cast

import structlog
from msgspec import Struct

from contrefeu.base import OperatorError
from contrefeu.capture.intake import Intake
from contrefeu.capture.refuse import Refusals, RefusedCounts
from contrefeu.capture.seal import Sealing
from contrefeu.capture.sequence import Link, Sequences, link_of, number_of
from contrefeu.hl7 import UNREAD, Acknowledger, Frame, Framer, Header, StrayBytes, framed_answers, peek
from contrefeu.hospital import FeedSettings
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_HL7V2, MEDIA_OTHER, Draft, EntryTooLong

PART_BYTES_MAX = ENTRY_BODY_BYTES_MAX - 2**20  # of bytes outside a frame, in one entry; the rest is room to seal them
UNFINISHED_BYTES_MAX = 2**30  # all frames being received, together: what a flood of half messages may take of memory
IDLE_PROBE_S = 60  # a firewall that forgets idle connections does so after 5 min or more: this keeps them known
PROBE_S = 15  # between probes that go unanswered
PROBES_MAX = 4  # unanswered: with the first, a dead sender's place is free after two minutes
HANDSHAKE_S_MAX = 10.0  # of a TLS sender: one that says nothing must not hold a place
DRAIN_S_MAX = 1.0  # how long a stop waits for senders to take their last acknowledgements

SENDERS_MAX = 64  # told of one connection: an interface engine speaks for a dozen

log = structlog.get_logger("capture")


class MllpCounts(Struct):
    """What the listener saw since the process started."""

    connections: int = 0  # now
    messages: int = 0
    acknowledged: int = 0
    stray: int = 0  # arrivals outside a frame
    refused_by_rule: dict[str, int] = {}  # over restarts
    sealed_by_role: dict[str, int] = {}
    sequences: dict[str, Link] = {}  # links whose sender numbers its messages
    turned_away: int = 0  # connections above the limit


class MllpListener:
    """Hands what arrives on any number of connections to one intake."""

    def __init__(
        self,
        intake: Intake,
        *,
        message_bytes_max: int,
        connections_max: int,
        refuse: Collection[str],
        feeds: Mapping[str, FeedSettings] | None = None,
        sequences: Sequences | None = None,
        refused: RefusedCounts | None = None,
        sealing: Sealing | None = None,
    ) -> None:
        """Serve *intake*.

        Args:
            intake: Of the capture journal.
            message_bytes_max: The longest frame that is taken.
            connections_max: Open at once.
            refuse: Senders that are never journaled.
            feeds: What is known of senders beforehand, by name of the feed.
            sequences: What answers MSH-13; None to answer no sender by MSA-4.
            refused: Where refused messages are counted; None to count them for as long as the process lives.
            sealing: What seals documents to roles; None to seal none.
        """
        self.profiles = {sender: feed for feed in (feeds or {}).values() for sender in feed.senders}
        self.refusals = Refusals(refuse, feeds)
        self.special = self.refusals.senders | self.profiles.keys()  # not answered at a glance
        self.sequences = sequences
        self.intake = intake
        self.message_bytes_max = message_bytes_max
        self.connections_max = connections_max
        self.counts = MllpCounts()
        self._refused = refused
        self._sealing = sealing
        if sealing is not None:
            self.counts.sealed_by_role = sealing.by_role
        if refused is not None:
            self.counts.refused_by_rule = refused.by_rule
        if sequences is not None:
            self.counts.sequences = sequences.links
        self.unfinished_bytes = 0
        self._connections: set[MllpConnection] = set()
        self._servers: list[asyncio.Server] = []
        self.acknowledger = Acknowledger()
        self._second = -1
        self._stamp = b""

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> tuple[str, int]:
        """Open a port, in TLS with *tls*; returns the address it has (port 0 asks for any)."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: MllpConnection(self),
            host,
            port,
            backlog=1024,
            ssl=tls,
            ssl_handshake_timeout=HANDSHAKE_S_MAX if tls else None,
        )
        self._servers.append(server)
        address = server.sockets[0].getsockname()
        return address[0], address[1]

    def close(self) -> None:
        """Take no more connections and close those there are."""
        for server in self._servers:
            server.close()
        for connection in tuple(self._connections):
            connection.close()

    async def drain(self) -> None:
        """Acknowledge what has arrived, close every connection, and wait until the last one has gone."""
        for server in self._servers:
            server.close()
        self.intake.commit()
        if self.sequences is not None:
            self.sequences.settle()
        self.close()
        for _ in range(int(DRAIN_S_MAX / 0.01)):
            if not self._connections:
                return
            await asyncio.sleep(0.01)
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0.01)

    @property
    def senders(self) -> set[str]:
        """Who spoke on a connection that is open now."""
        return set().union(*(connection.senders for connection in self._connections))

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

    def refuses(self, rule: str) -> None:
        """Count what a rule kept out."""
        if self._refused is not None:
            self._refused.add(rule)
            return
        refused = self.counts.refused_by_rule
        refused[rule] = refused.get(rule, 0) + 1

    def refuses_body(self, source: str, media_type: str, body: bytes) -> bool:
        """Whether a rule refuses what came another way than by MLLP; it is counted."""
        rule = self.refusals.rule(source, media_type, body)
        if rule:
            self.refuses(rule)
        return bool(rule)

    def sealed(self, source: str, media_type: str, body: bytes) -> tuple[str, bytes]:
        """The media type and the body under which what *source* sent is journaled.

        Raises:
            EntryTooLong: What is to be sealed has no room.
        """
        return self._sealing.seal(source, media_type, body) if self._sealing is not None else (media_type, body)

    def link(self, header: Header) -> str:
        """The link whose sequence number is to be answered; "" for none."""
        if not header.sequence or self.sequences is None or number_of(header.sequence) is None:
            return ""
        profile = self.profiles.get(header.source)
        if profile is not None and profile.sequence == "ignore":
            return ""
        link = link_of(header)
        return link if self.sequences.knows(link) else ""

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
        self._source = ""  # who spoke last
        self.senders: set[str] = set()
        self._numbered = 0  # answers that wait for their sequence number to be on disk

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
        listener.counts.messages += 1
        greeted = listener.acknowledger.greet(body)
        if greeted is None or greeted[0].source in listener.special:
            self._by_rules(body)
            return
        greeting, answered = greeted
        intake = listener.intake
        now_ns = intake.now_ns()
        stamp = listener.stamp_at(now_ns // 1_000_000_000)
        answers = greeting.answer(stamp, b"%b%d" % (stamp[:14], listener.counts.messages), answered)
        if greeting.source != self._source:
            self._speaks_for(greeting.source)
        intake.offer(Draft(greeting.source, MEDIA_HL7V2, body, now_ns), partial(self._kept, answers))

    def _kept(self, answers: bytes, ref: str | None) -> None:
        """What was offered is durable: answer; or, without *ref*, it is not: close."""
        if ref is None:
            self.close()
        else:
            self._answer_in_turn(answers)

    def _by_rules(self, body: bytes) -> None:
        """Take a message whose sender has a profile or rules, numbers its messages, or cannot be read at a glance."""
        listener = self._listener
        header = peek(body)
        if header is None:
            self._offer(self._source or "mllp", MEDIA_OTHER, body, self._answering(UNREAD))
            return
        source = header.source
        self._speaks_for(source)
        rule = listener.refusals.rule(source, MEDIA_HL7V2, body)
        if rule:
            listener.refuses(rule)
            # After the answers to what it sent before: those wait for the disk.
            profile = listener.profiles.get(source)
            listener.intake.follow(self._answering(header, profile.on_refuse if profile else "AA"))
            return
        self._offer(source, MEDIA_HL7V2, body, self._answering(header))

    def _speaks_for(self, source: str) -> None:
        self._source = source
        if len(self.senders) < SENDERS_MAX:
            self.senders.add(source)

    def _offer(self, source: str, media_type: str, body: bytes, answer: Callable[[str | None], None]) -> None:
        intake = self._listener.intake
        try:
            kept = self._listener.sealed(source, media_type, body)
        except EntryTooLong:
            log.error("a document is too long to be sealed", source=source, bytes=len(body))
            self.close()  # as for a frame that is too long: its sender has it, and somebody must look
            return
        intake.offer(Draft(source, *kept, intake.now_ns()), answer)

    def _answering(self, header: Header, outcome: str = "AA") -> Callable[[str | None], None]:
        """What answers a message once it is known whether the disk took it."""
        link = self._listener.link(header) if header.sequence else ""
        answers = self._answers(header, outcome) if not link else b""

        def answer(ref: str | None) -> None:
            if ref is None:
                self._fault(header)
            elif link:
                self._number(header, link, outcome)
            else:
                self._answer_in_turn(answers)

        return answer

    def _number(self, header: Header, link: str, outcome: str) -> None:
        """Answer with the sequence number that is wanted next, once it is on disk."""
        sequences, number = self._listener.sequences, number_of(header.sequence)
        assert sequences is not None, "a link has a number, and somebody who keeps it"
        assert number is not None, "a link has a number, and somebody who keeps it"
        self._numbered += 1

        def answer(expected: int | None) -> None:
            self._numbered -= 1
            if expected is None:
                self._fault(header)
            else:
                self._answer(self._answers(header, outcome, str(expected)))

        sequences.take(link, number, answer)

    def _fault(self, header: Header) -> None:
        """Answer what the disk refused: with silence, but for a sender that is known to send again."""
        profile = self._listener.profiles.get(header.source)
        if profile is None or profile.on_fault == "close":
            self.close()
        else:
            self._answer(self._answers(header, profile.on_fault))

    def _stray(self, stray: StrayBytes) -> None:
        listener = self._listener
        listener.counts.stray += 1
        header = peek(stray.data)
        source = header.source if header else self._source
        rule = listener.refusals.part(source)
        if rule:
            listener.refuses(rule)
            return
        for start in range(0, len(stray.data), PART_BYTES_MAX):
            part = stray.data[start : start + PART_BYTES_MAX]
            self._offer(source or "mllp", MEDIA_OTHER, part, lambda _ref: None)
        log.warning("bytes outside a frame", source=source, bytes=len(stray.data), reason=stray.reason)

    def _answer_in_turn(self, answers: bytes) -> None:
        """Answer, after those of this connection whose sequence number is not on disk yet."""
        sequences = self._listener.sequences
        if self._numbered and sequences is not None:
            sequences.follow(lambda: self._answer(answers))
        else:
            self._answer(answers)

    def _answer(self, answers: bytes) -> None:
        if answers and self._transport is not None and not self._transport.is_closing():
            self._transport.write(answers)
            self._listener.counts.acknowledged += 1

    def _answers(self, header: Header, outcome: str = "AA", expected: str = "") -> bytes:
        """The framed acknowledgements that the sender's MSH-15 and MSH-16 ask for."""
        listener = self._listener
        stamp = listener.stamp_at(listener.intake.now_ns() // 1_000_000_000).decode()
        number = f"{stamp[:14]}{listener.counts.messages}"
        return framed_answers(header, control_id=number, now=stamp, outcome=outcome, expected=expected)

    def _count_unfinished(self, now: int) -> None:
        listener = self._listener
        listener.unfinished_bytes += now - self._unfinished
        self._unfinished = now
        if listener.unfinished_bytes > UNFINISHED_BYTES_MAX:
            log.error("too many unfinished messages: a connection is closed", bytes=listener.unfinished_bytes)
            self.close()


def tls_context(certificate: str, key: str, clients: str = "") -> ssl.SSLContext:
    """TLS 1.2 or later, as BCP 195 asks (RFC 9325); with *clients* both ways: a sender shows a certificate of theirs.

    Raises:
        OperatorError: A file is missing, or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if clients:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as wrong:
        raise OperatorError(
            f"The certificate of the TLS listener cannot be used ({type(wrong).__name__}).",
            safe="Nothing listens; senders keep their messages.",
            next="Compare capture.tls_certificate, tls_key and tls_clients with the files, and who may read them.",
        ) from None
    return context


def _keep_alive(connection: socket.socket | None) -> None:
    """Let the kernel find out that the other end is gone (RFC 1122, 4.2.3.6)."""
    if connection is None:
        return
    with contextlib.suppress(OSError):  # a socket that is closing already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_PROBE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES_MAX)
