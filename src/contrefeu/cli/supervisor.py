"""The node's processes, and keeping them alive (DESIGN S9: least privilege between processes).

    contrefeu up ── capture   its journal's signing key; public keys to seal to; no key that opens
                 ├─ reader    the reading keys and the store's key; no port but a local socket
                 ├─ web       the station journal's signing key and the certificate's; no key that opens
                 ├─ copies    the journals' bytes and the vaults' addresses; no key at all
                 ├─ watch     the reading keys, and the signing key of the alarms; its child, with no key, tells others
                 ├─ exchange  (with peers) its connections' key, and the one that cosigns; peers' sealed journals
                 ├─ wards     (with stations of wards) the key that signs their journals; no key that opens
                 ├─ group     (in a group) its connections' key, which signs what the house says in numbers
                 ├─ live      (with surviving systems) no key: asks the reader, writes claims and answers through web
                 └─ hospital  (with --demo) a simulated hospital, a stranger to the node

Rules kept here:
  * A part that dies is started again, ever more slowly up to RESTART_S_MAX; the others go on.
  * No part outlives its supervisor, killed or not (PR_SET_PDEATHSIG).
  * A port that was chosen is kept over restarts: senders come back to the same address.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec
import structlog

from contrefeu.base import StorageError

if TYPE_CHECKING:
    from contrefeu.cli.separation import Identity

READY_S_MAX = 600.0  # an old PC that starts from a stick takes minutes; a part that died is told at once
RESTART_S_MAX = 5.0  # a sender waits no longer for a part that fails at once; a broken one spins no core
STOP_S_MAX = 15.0  # for all parts together: a disk that syncs slowly; service managers kill after 90 s
_PR_SET_PDEATHSIG = 1

log = structlog.get_logger("supervisor")


@dataclass(slots=True)
class Part:
    """One process of the node."""

    name: str
    arguments: Callable[[dict[str, Any]], list[str]]  # from what it last said when ready
    ready: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay_s: float = 0.2
    restart_at: float = 0.0


class Supervisor:
    """Starts parts, waits until they are ready, and keeps them alive until told to stop."""

    def __init__(
        self, home: Path, *, debug: bool = False, identity_of: "Callable[[str], Identity] | None" = None
    ) -> None:
        """*identity_of* says whom a part runs as; None: all as whoever runs this."""
        self._home = home
        self._debug = debug
        self._identity_of = identity_of
        self._parts: list[Part] = []
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._reloading = False

    def start(self, *parts: Part) -> None:
        """Start *parts* at once and wait until each is ready.

        Raises:
            StorageError: One did not come up.
        """
        for part in parts:
            self._parts.append(part)
            self._spawn(part)
        deadline = time.monotonic() + READY_S_MAX
        while any(not part.ready for part in parts):
            self._listen(0.2)
            for part in parts:
                if part.process is not None and part.process.poll() not in {None, 0} and not part.ready:
                    raise _did_not_start(part.name)
            if time.monotonic() > deadline:
                raise _did_not_start(next(part.name for part in parts if not part.ready))
            if self._stopping:
                return

    def run(self, reload: Callable[[], None] = lambda: None) -> None:
        """Keep the parts alive until a signal says stop; *reload* is called when one says that settings changed."""
        while not self._stopping:
            self._listen(0.25)
            if self._reloading:
                self._reloading = False
                reload()
            for part in self._parts:
                self._keep_alive(part)

    def ask_to_stop(self, *_signal: object) -> None:
        """What a signal handler calls."""
        self._stopping = True

    def ask_to_reload(self, *_signal: object) -> None:
        """What a signal handler calls."""
        self._reloading = True

    def renew(self, name: str) -> None:
        """Have the part *name* end, if there is one: it is started again like one that died, with what is set now."""
        for part in self._parts:
            if part.name == name and part.process is not None:
                part.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End the parts, last started first: senders are told nothing that is not kept."""
        deadline = time.monotonic() + STOP_S_MAX
        for part in reversed(self._parts):
            if part.process is None or part.process.poll() is not None:
                continue
            part.process.send_signal(signal.SIGTERM)
            try:
                part.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("killed: it did not stop", process=part.name)
                part.process.kill()
                part.process.wait()

    def _spawn(self, part: Part) -> None:
        command = [sys.executable, "-m", "contrefeu", "--home", str(self._home)]
        command += ["--debug"] if self._debug else []
        command += ["part", part.name, "--parent", str(os.getpid()), *part.arguments(part.ready)]
        if self._identity_of is None:
            part.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        else:
            whom = self._identity_of(part.name)
            part.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd="/", umask=0o027, **whom
            )
        part.started = time.monotonic()
        assert part.process.stdout is not None
        self._selector.register(part.process.stdout, selectors.EVENT_READ, part)

    def _listen(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self._selector.select(seconds):
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
            line = stream.readline()
            if not line:
                self._selector.unregister(stream)
                stream.close()
                continue
            with contextlib.suppress(msgspec.MsgspecError):
                key.data.ready = msgspec.json.decode(line, type=dict[str, Any])

    def _keep_alive(self, part: Part) -> None:
        now = time.monotonic()
        if part.process is not None and (status := part.process.poll()) is not None:
            (log.error if status else log.info)("a part ended", process=part.name, exit_status=status)
            lived = now - part.started
            part.delay_s = 0.2 if lived > 60 else min(RESTART_S_MAX, part.delay_s * 2)
            part.process, part.restart_at = None, now + part.delay_s
        if part.process is None and now >= part.restart_at and not self._stopping:
            self._spawn(part)


def die_with(parent: int) -> None:
    """Called in a part: be killed when the supervisor dies, however it dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def _did_not_start(name: str) -> StorageError:
    return StorageError(
        f"The node's {name} process did not start.",
        safe="The journals and all they hold.",
        next="The lines above say why (a port in use, a disk that is full, another node on this home).",
    )
