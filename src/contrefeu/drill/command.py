"""The node that a drill strikes: the real command, in processes of its own, in a folder of its own.

Rules kept here:
  * A drill drives what runs at night, through the same commands and sockets; nothing of it is reached into.
  * No process outlives the drill.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from contrefeu.base import StorageError

COMMAND_S_MAX = 900.0  # a restore of the largest drill on a slow disk; beyond it something hangs
STOP_S_MAX = 60.0  # its own parts are given 15 s each


class Answer(msgspec.Struct, frozen=True):
    """What a command gave back."""

    status: int
    value: dict[str, Any]
    said: str  # on stderr


class NodeUnderDrill:
    """One home, the commands on it, and the node that runs on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ready: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log = home.with_name(f"{home.name}.log")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def ask(self, *arguments: str) -> Answer:
        """Run a command with --json, whatever its exit status."""
        done = subprocess.run(
            [*_program(), "--home", str(self.home), *arguments, "--json"],
            capture_output=True,
            check=False,
            timeout=COMMAND_S_MAX,
        )
        value = msgspec.json.decode(done.stdout) if done.stdout.strip() else {}
        return Answer(done.returncode, value, done.stderr.decode(errors="replace"))

    def command(self, *arguments: str) -> dict[str, Any]:
        """Run a command that must succeed.

        Raises:
            StorageError: It did not.
        """
        answer = self.ask(*arguments)
        if answer.status:
            raise StorageError(
                f"The drill stopped: `contrefeu {arguments[0]}` ended with {answer.status}.\n{answer.said.strip()}",
                safe="Everything outside the drill's own folder.",
                next="Run it again with --keep DIR and look at what it left.",
            )
        return answer.value

    def up(self, mllp: str = "127.0.0.1:0", web: str = "127.0.0.1:0", *flags: str) -> None:
        """Start the node and wait until it is ready.

        Raises:
            StorageError: It did not come up; its log says why.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_program(), "--home", str(self.home), "up", "--mllp", mllp, "--web", web, *flags],
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise StorageError(
                "The drill's node did not start.",
                safe="Everything outside the drill's own folder.",
                next=f"Read {self._log.name} (--keep DIR leaves it there).",
            )
        self.ready = msgspec.json.decode(line)

    @property
    def mllp(self) -> tuple[str, int]:
        """Where feeds connect."""
        host, _, port = str(self.ready["mllp"]).rpartition(":")
        return host, int(port)

    @property
    def web(self) -> str:
        """Address of the ward app, as https://host:port/."""
        return str(self.ready["web"])

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_S_MAX)
            self._process = None

    def stop(self) -> None:
        """Tell it to stop, and wait."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_S_MAX)
            self._process = None


def _program() -> list[str]:
    return [sys.executable, "-m", "contrefeu"]
