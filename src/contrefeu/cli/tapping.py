"""A tap on an interface: two processes, so that whoever reads a stranger's packets can do nothing else.

    contrefeu capture tap eth1 ── appends to the capture process's socket, writes run/tap-eth1.json
                               └─ ear: holds the packet socket and a pipe; no key, no file, no right

    pipe = (length u32 || MessagePack of Heard, Gap, Counted, Ready or Failed)*

Rules kept here:
  * The ear opens the interface, then gives everything up: user, capabilities, the home, and opening anything at all.
  * What it says is checked as a stranger's words: a source begins with TAP, a media type is one of two, a body has a
    length.
  * A node that is away is waited for: the ear's pipe fills, the kernel drops packets, and the gap is known as one.
"""

import ctypes
import os
import pwd
import resource
import signal
import struct
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from contrefeu.base import ContrefeuError, OperatorError, StorageError, rfc3339, write_file
from contrefeu.capture import BATCH_BYTES, BATCH_DRAFTS, LocalJournal
from contrefeu.capture.tap import Gap, Heard, Interface, Tap, TapCounts
from contrefeu.cli.confine import confine, shed
from contrefeu.cli.door import emit, set_up_logs
from contrefeu.cli.node import Node, listens
from contrefeu.cli.supervisor import die_with
from contrefeu.hospital import TAP
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_HL7V2, MEDIA_OTHER, Draft, JournalFailed

TOLD_S = 5.0  # how often the ear says what it counted, and the file is written
STOP_S_MAX = 10.0  # that a node which is away is waited for once the tap was told to stop
AGAIN_S = 1.0  # how often a node that is away is asked for again
PIPE_BYTES = 1 << 20  # between the two: as much as a user may have (pipe(7))
SAID_BYTES_MAX = ENTRY_BODY_BYTES_MAX + 4096  # one body and its envelope
SOURCE_CHARS_MAX = 200  # of a source: MSH-3 and MSH-4 have 227 characters each at most, and some tens in practice
_LENGTH = struct.Struct(">I")
_PR_CAP_AMBIENT, _CLEAR_ALL = 47, 4
_CAPSET = {"x86_64": 126, "aarch64": 91}

log = structlog.get_logger("tap")


class Counted(Struct, tag=True, frozen=True):
    """Since the beginning."""

    counts: TapCounts


class Ready(Struct, tag=True, frozen=True):
    """It listens."""

    confined: bool
    user: int
    process: int


class Failed(Struct, tag=True, frozen=True):
    """It does not."""

    reason: str


_Said = Heard | Gap | Counted | Ready | Failed
_decode: msgspec.msgpack.Decoder[_Said] = msgspec.msgpack.Decoder(_Said)
_encode = msgspec.msgpack.Encoder().encode


class TapState(Struct):
    """What run/tap-NAME.json says of a tap."""

    interface: str
    since: str
    at: str = ""
    confined: bool = False
    counts: TapCounts = msgspec.field(default_factory=TapCounts)
    journaled: int = 0
    last_gap: dict[str, Any] = msgspec.field(default_factory=dict)  # source, bytes, reason, at


def states(node: Node) -> list[TapState]:
    """What every tap of this home last said."""
    found = []
    for path in sorted(node.paths.run.glob("tap-*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=TapState))
        except (OSError, msgspec.MsgspecError):
            continue
    return found


def listen(node: Node, interface: str, ports: Collection[int]) -> None:
    """Journal what passes on *interface* until SIGTERM or Ctrl-C.

    Raises:
        OperatorError: No node runs, or the interface cannot be listened to.
    """
    if not listens(node.capture_socket):
        raise OperatorError(
            "No node runs on this home.",
            safe="Nothing was listened to.",
            next="contrefeu up starts it; then start the tap.",
        )
    set_up_logs("tap")
    ear, said = _fork(lambda pipe: _ear(node, interface, ports, pipe))
    journaling = _Journaling(node, interface)

    def stop(*_: object) -> None:
        journaling.stopping = time.monotonic()
        os.kill(ear, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        journaling.run(said)
        status = os.waitpid(ear, 0)[1]
    except BaseException:
        os.kill(ear, signal.SIGKILL)
        os.waitpid(ear, 0)
        raise
    if status and not journaling.stopping:
        raise StorageError("The tap's ear ended.", safe="What was journaled.", next="Start the tap again; report this.")


def _fork(body: Callable[[int], None]) -> tuple[int, int]:
    """Run *body* in a child that writes to a pipe; returns its id, and where to read what it says."""
    readable, writable = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child:
        os.close(writable)
        return child, readable
    try:
        os.close(readable)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the parent says when
        die_with(parent)
        body(writable)
        os._exit(0)
    finally:
        os._exit(1)


class _Journaling:
    """What the ear says, appended."""

    def __init__(self, node: Node, interface: str) -> None:
        self._node = node
        self._path = node.paths.run / f"tap-{interface}.json"
        self._state = TapState(interface, rfc3339(node.clock.now_ns()))
        self._journal: LocalJournal | None = None
        self._waiting: list[Draft] = []
        self._bytes = 0
        self.stopping = 0.0  # since when it was told to stop

    def run(self, said: int) -> None:
        """Until the ear has ended."""
        for some in _sayings(said):
            for one in some:
                self._take(one)
                if self._bytes > BATCH_BYTES or len(self._waiting) >= BATCH_DRAFTS:
                    self._append()
            self._append()
        self._write()

    def _take(self, one: _Said) -> None:
        if isinstance(one, Heard):
            self._found(one)
        elif isinstance(one, Gap):
            self._missed(one)
        elif isinstance(one, Ready):
            self._ready(one)
        elif isinstance(one, Failed):
            raise _refused(self._state.interface, one.reason)
        else:
            self._state.counts = one.counts
            self._write()

    def _found(self, one: Heard) -> None:
        if not one.source.startswith(TAP) or one.media_type not in (MEDIA_HL7V2, MEDIA_OTHER):
            raise _no_saying()
        draft = Draft(
            one.source[:SOURCE_CHARS_MAX], one.media_type, one.body[:ENTRY_BODY_BYTES_MAX], self._node.clock.now_ns()
        )
        self._waiting.append(draft)
        self._bytes += len(one.body)

    def _missed(self, one: Gap) -> None:
        at = rfc3339(self._node.clock.now_ns())
        self._state.last_gap = {"source": one.source, "bytes": one.length, "reason": one.reason, "at": at}
        log.warning("bytes of a feed were not seen", source=one.source, bytes=one.length, reason=one.reason)

    def _ready(self, one: Ready) -> None:
        self._state.confined = one.confined
        self._write()
        emit(
            {
                "event": "ready",
                "interface": self._state.interface,
                "confined": one.confined,
                "user": one.user,
                "process": one.process,
            }
        )

    def _append(self) -> None:
        """Append what waits, however long the node is away."""
        while self._waiting:
            try:
                self._journal = self._journal or LocalJournal(self._node.capture_socket, self._node.capture_journal)
                kept = self._journal.append(self._waiting)
                self._state.journaled += len(kept)
                self._waiting, self._bytes = [], 0
            except JournalFailed as failed:
                del self._waiting[: failed.kept]
                self._state.journaled += failed.kept
                time.sleep(AGAIN_S)
            except ContrefeuError:
                if self.stopping and time.monotonic() - self.stopping > STOP_S_MAX:
                    raise
                if self._journal is not None:
                    self._journal.close()
                self._journal = None
                time.sleep(AGAIN_S)

    def _write(self) -> None:
        self._state.at = rfc3339(self._node.clock.now_ns())
        write_file(self._path, msgspec.json.encode(self._state), mode=0o640)


def _sayings(pipe: int) -> Iterator[list[_Said]]:
    """What the ear says, as much at a time as there is."""
    buffer = bytearray()
    while data := os.read(pipe, PIPE_BYTES):
        buffer += data
        found, at = [], 0
        while len(buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, at)
            if length > SAID_BYTES_MAX:
                raise _no_saying()
            end = at + _LENGTH.size + length
            if end > len(buffer):
                break
            found.append(_decode.decode(memoryview(buffer)[at + _LENGTH.size : end]))
            at = end
        del buffer[:at]
        yield found


def _no_saying() -> StorageError:
    return StorageError("The tap's ear says what it may not.", safe="What was journaled.", next="Report this.")


def _refused(interface: str, reason: str) -> OperatorError:
    return OperatorError(
        f"{interface} cannot be listened to: {reason}.",
        safe="Nothing was listened to, and nothing was changed.",
        next="Run it as root, or with CAP_NET_RAW; name an interface that is up.",
    )


# In the ear.


def _ear(node: Node, name: str, ports: Collection[int], pipe: int) -> None:
    """Listen to *name* and say what was heard, until SIGTERM."""
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(1))

    def say(one: _Said) -> None:
        body = _encode(one)
        rest = memoryview(_LENGTH.pack(len(body)) + body)
        while rest:
            rest = rest[os.write(pipe, rest) :]

    try:
        interface = Interface(name, ports)
    except (OSError, ValueError) as refused:
        say(Failed(refused.strerror or type(refused).__name__ if isinstance(refused, OSError) else str(refused)))
        return
    parent = os.getppid()
    confined = confine("tap", node.paths)
    give_up_rights()
    die_with(parent)  # who changes user is forgotten by its parent
    say(Ready(confined, os.getuid(), os.getpid()))
    hearing = Tap(node.settings.capture.message_bytes_max, ports)
    told = time.monotonic()
    for packet in interface.packets():
        for one in hearing.take(packet) if packet is not None else hearing.tick(time.monotonic_ns()):
            say(one)
        if time.monotonic() - told >= TOLD_S or over:
            told = time.monotonic()
            hearing.counts.dropped_packets = interface.count_dropped()
            say(Counted(hearing.counts))
        if over:
            break
    for one in hearing.end():
        say(one)
    say(Counted(hearing.counts))


def give_up_rights() -> None:
    """Be nobody, may nothing, and open nothing any more; what is open stays so."""
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header, none = struct.pack("II", 0x20080522, 0), bytes(24)
    if libc.syscall(_CAPSET[os.uname().machine], header, none) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    shed()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, 1))  # poll(2) is asked about one; no number below it is free
