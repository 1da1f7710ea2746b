"""The local socket of a journal's writer: how other processes of this node append to it.

    request  = length u32 || MessagePack of Append or Ask
    response = length u32 || MessagePack of Kept, Told or Refused

Rules kept here:
  * The socket's folder is its writer's own (0700, or 0710 for one group): whoever may enter it may append to this
    journal, and to no other.
  * An append is answered when all of it is durable. What a refuse list is about is counted and not kept (F45): an
    append that was refused whole has no first entry.
  * An exchange that was broken off leaves a connection that is not used again: its answer would be taken for another's.
  * Bodies are opaque: bytes that another process must not read pass through it unread (S9).
"""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from struct import Struct as Layout
from typing import Any

import msgspec
from msgspec import Struct

from contrefeu.base import OperatorError, StorageError, durable_makedirs, guard_socket
from contrefeu.capture.intake import Intake
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, Draft, EntryTooLong, JournalFailed

REQUEST_BYTES_MAX = ENTRY_BODY_BYTES_MAX + 2**20  # one entry of the greatest length and its envelope
BATCH_BYTES = 2**20  # what a client gathers before it waits for an answer
BATCH_DRAFTS = 1024  # short messages: one sync for so many is as fast as for more (FINDINGS 2a)
SOCKET_PATH_BYTES_MAX = 107  # sockaddr_un (unix(7)): 108 bytes with its end
_LENGTH = Layout(">I")


class Append(Struct, tag=True, frozen=True):
    """Append these, in this order."""

    drafts: list[tuple[str, str, bytes, int]]  # source, media type, body, received (ns)


class Ask(Struct, tag=True, frozen=True):
    """How are you?"""


class Kept(Struct, tag=True, frozen=True):
    """All of it is durable."""

    first: int
    count: int
    journal: str  # the one that it is in: its writer may have begun another


class Told(Struct, tag=True, frozen=True):
    """What the process says of itself."""

    state: dict[str, Any]


class Refused(Struct, tag=True, frozen=True):
    """Of it the first `kept` are durable, and the rest does not count."""

    kind: str
    what: str
    safe: str
    next: str
    kept: int = 0


_encode = msgspec.msgpack.Encoder().encode
_request: msgspec.msgpack.Decoder[Append | Ask] = msgspec.msgpack.Decoder(Append | Ask)
_response: msgspec.msgpack.Decoder[Kept | Told | Refused] = msgspec.msgpack.Decoder(Kept | Told | Refused)


class LocalServer:
    """Serves one intake on a Unix socket."""

    def __init__(
        self,
        intake: Intake,
        state: Callable[[], dict[str, Any]],
        refuses: Callable[[str, str, bytes], bool] = lambda _source, _media_type, _body: False,
        seals: Callable[[str, str, bytes], tuple[str, bytes]] = lambda _source, media_type, body: (media_type, body),
    ) -> None:
        """Serve *intake*.

        Args:
            intake: Of the journal.
            state: What the process says of itself.
            refuses: Whether a body of a source and a media type is refused; it counts what it refuses.
            seals: The media type and the body under which what it does not refuse is kept.
        """
        self._intake = intake
        self._state = state
        self._refuses = refuses
        self._seals = seals
        self._server: asyncio.Server | None = None

    async def listen(self, path: Path) -> None:
        """Open the socket at *path*; one that a dead process left is replaced.

        Raises:
            OperatorError: The path is longer than a socket's may be.
        """
        if len(os.fsencode(path)) > SOCKET_PATH_BYTES_MAX:
            raise OperatorError(
                f"The home's path is too long for a local socket ({SOCKET_PATH_BYTES_MAX} bytes).",
                safe="Everything in the home.",
                next="Move the home to a shorter path, or give a short symbolic link with --home.",
            )
        durable_makedirs(path.parent)
        path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, path)
        guard_socket(path)

    def close(self) -> None:
        """Take no more connections."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
                if length > REQUEST_BYTES_MAX:
                    break
                answer = _encode(self._answer(await reader.readexactly(length)))
                writer.write(_LENGTH.pack(len(answer)) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side left, or this process stops: what was answered is kept
        finally:
            writer.close()

    def _answer(self, request: bytes) -> Kept | Told | Refused:
        try:
            asked = _request.decode(request)
        except msgspec.MsgspecError:
            return Refused("sender", "The request is not one.", "Nothing was kept.", "")
        if isinstance(asked, Ask):
            return Told(self._state())
        taken = [Draft(*draft) for draft in asked.drafts if not self._refuses(*draft[:3])]
        if not taken:
            return Kept(0, 0, self._intake.journal)
        try:
            drafts = [Draft(d.source, *self._seals(d.source, d.media_type, d.body), d.received_ns) for d in taken]
            kept = self._intake.append_all(drafts)
        except JournalFailed as failed:
            return Refused(failed.kind, failed.what, failed.safe, failed.next, failed.kept)
        except EntryTooLong as failed:
            return Refused(failed.kind, failed.what, failed.safe, failed.next)
        return Kept(kept.start, len(kept), self._intake.journal)


class LocalJournal:
    """A journal whose writer is another process; blocking, for commands."""

    def __init__(self, path: Path, journal: str) -> None:
        """Connect.

        Raises:
            StorageError: No process listens there.
        """
        self.journal = journal
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise _not_running(journal) from None

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append *drafts* and return their sequences, durable.

        Raises:
            JournalFailed: The disk refused; the first `kept` are durable all the same.
            StorageError: The process went away: what was not answered may or may not be kept.
        """
        answer = self._ask(Append([(d.source, d.media_type, d.body, d.received_ns) for d in drafts]))
        if isinstance(answer, Kept):
            self.journal = answer.journal
            return range(answer.first, answer.first + answer.count)
        raise _failure(self.journal, answer)

    def state(self) -> dict[str, Any]:
        """What the process says of itself."""
        answer = self._ask(Ask())
        assert isinstance(answer, Told)
        return answer.state

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()

    def _ask(self, request: Append | Ask) -> Kept | Told | Refused:
        body = _encode(request)
        try:
            self._socket.sendall(_LENGTH.pack(len(body)) + body)
            (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
            return _response.decode(self._exactly(length))
        except OSError:
            raise _not_running(self.journal) from None

    def _exactly(self, length: int) -> bytes:
        parts = []
        while length:
            part = self._socket.recv(min(length, 2**20))
            if not part:
                raise ConnectionResetError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


class LocalAppender:
    """A journal whose writer is another process; for an event loop. Connects when asked, and again when it must."""

    def __init__(self, path: Path, journal: str) -> None:
        self.journal = journal
        self._path = path
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def append(self, source: str, media_type: str, body: bytes, received_ns: int) -> str:
        """Append one entry and return its reference, durable; "" when a rule of its feed refuses it.

        Raises:
            JournalFailed: The disk refused.
            StorageError: The process does not answer: it may or may not be kept; send it again.
        """
        answer = await self._ask(Append([(source, media_type, body, received_ns)]))
        if isinstance(answer, Kept):
            return f"{answer.journal}/{answer.first}" if answer.count else ""
        raise _failure(self.journal, answer)

    async def state(self) -> dict[str, Any]:
        """What the process says of itself."""
        answer = await self._ask(Ask())
        assert isinstance(answer, Told)
        return answer.state

    async def _ask(self, request: Append | Ask) -> Kept | Told | Refused:
        body = _encode(request)
        async with self._lock:
            streams, self._streams = self._streams, None
            try:
                if streams is None or streams[0].at_eof():  # the process was started again meanwhile
                    _close(streams)
                    streams = await asyncio.open_unix_connection(self._path)
                reader, writer = streams
                writer.write(_LENGTH.pack(len(body)) + body)
                await writer.drain()
                (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
                answer = _response.decode(await reader.readexactly(length))
            except (OSError, asyncio.IncompleteReadError):
                _close(streams)
                raise _not_running(self.journal) from None
            except asyncio.CancelledError:
                _close(streams)
                raise
            self._streams = streams
            return answer


def _close(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None) -> None:
    if streams is not None:
        streams[1].close()


def _failure(journal: str, answer: Told | Refused | Kept) -> JournalFailed | EntryTooLong:
    assert isinstance(answer, Refused)
    what = answer.what or f'Journal "{journal}" refused.'
    if answer.kind == EntryTooLong.kind:
        return EntryTooLong(what, safe=answer.safe, next=answer.next)
    return JournalFailed(what, safe=answer.safe, next=answer.next, kept=answer.kept)


def _not_running(journal: str) -> StorageError:
    return StorageError(
        f'The process that writes journal "{journal}" does not answer.',
        safe="Everything that was confirmed before.",
        next="contrefeu status shows whether the node runs; contrefeu up starts it.",
    )
