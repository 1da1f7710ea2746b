"""What a running node has done beside its parts: commands, each in a process of its own, some of them once a night.

Rules kept here:
  * A command runs as the user whose files it needs, and ends with the node's wish to stop.
  * Once a night means once since the hour began: what somebody ran by hand in the evening takes no night away.
"""

import datetime as dt
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from contrefeu.base import Clock
from contrefeu.cli.node import Node

if TYPE_CHECKING:
    from contrefeu.cli.separation import Identity

HOUR = 3  # of the hospital's night, when wards read least
LOOK_S = 60.0  # how often it is looked whether a night's work is due
STOP_S = 0.2  # how long a node that stops waits for it
_NS = 1_000_000_000


def every_night(
    node: Node, identity: "Identity | None", stop: threading.Event, words: tuple[str, ...], result: str
) -> None:
    """Run the command of *words* once a night until *stop* is set; *result* is the file of `run/` that it writes."""
    while not stop.wait(LOOK_S):
        if is_due(node.clock, node.settings.node.zone, node.paths.run / result):
            run_apart(node, identity, stop, words)


def run_apart(
    node: Node,
    identity: "Identity | None",
    stop: threading.Event,
    words: tuple[str, ...],
    *,
    nice: int = 0,
    quiet: bool = False,
) -> int:
    """Run the command of *words* now, and return its exit status; negative when *stop* was set meanwhile.

    Args:
        node: On its home.
        identity: As whom; None: as this process.
        stop: Ends the command.
        words: Behind `contrefeu`; it answers as JSON, which nobody reads.
        nice: How far it gives way to others.
        quiet: Its errors are not for the service's log.
    """
    command = ["nice", "-n", str(nice), sys.executable, "-m", "contrefeu", "--home", str(node.paths.root), *words]
    streams: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    streams |= {"stderr": subprocess.DEVNULL} if quiet else {}
    whom: Any = {"cwd": "/", "umask": 0o027, **identity} if identity is not None else {}
    with subprocess.Popen([*command, "--json"], **streams, **whom) as process:
        while process.poll() is None:
            if stop.wait(STOP_S):
                process.kill()
    return process.returncode


def is_due(clock: Clock, zone: str, result: Path) -> bool:
    """Whether it is the hour, and *result* was not written since it began."""
    now_ns = clock.now_ns()
    now = dt.datetime.fromtimestamp(now_ns / _NS, ZoneInfo(zone))
    if now.hour != HOUR:
        return False
    began_ns = now_ns - (now.minute * 60 + now.second + 1) * _NS  # a second early: that of the fraction
    try:
        return result.stat().st_mtime_ns < began_ns
    except FileNotFoundError:
        return True
