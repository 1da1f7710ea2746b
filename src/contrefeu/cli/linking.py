"""Who has a connection open: the capture process says so in run/links.json, the watch reads it (C7).

A file and no question: who may ask the capture process may also have it write.
"""

import asyncio
from typing import TYPE_CHECKING

import msgspec
import structlog

from contrefeu.base import swap_file
from contrefeu.cli.node import Node

if TYPE_CHECKING:
    from contrefeu.capture import MllpListener
    from contrefeu.watch import Linked

LINKS = "links.json"
LINKS_S = 10.0  # s between two words of it; a third of what the watch looks at
STALE_S = 60.0  # s; a file that is older was left by a process that hangs, or is gone

log = structlog.get_logger("capture")


class Links(msgspec.Struct, frozen=True):
    """What the file says."""

    at: float  # s since 1970
    since: float  # since when this process runs
    senders: list[str]


async def tell_links(node: Node, listener: "MllpListener") -> None:
    """Say it now and then, for ever."""
    since = node.clock.now_ns() / 1e9
    while True:
        told = Links(node.clock.now_ns() / 1e9, since, sorted(listener.senders))
        try:
            swap_file(node.paths.run / LINKS, msgspec.json.encode(told))
        except OSError as refused:
            log.warning("who has a connection open cannot be written", reason=refused.strerror)
        await asyncio.sleep(LINKS_S)


def links_told(node: Node, now: float) -> "list[Linked]":
    """What was last said, as of *now*; nothing when that is too long ago."""
    from contrefeu.watch import Linked

    try:
        told = msgspec.json.decode((node.paths.run / LINKS).read_bytes(), type=Links)
    except (OSError, msgspec.DecodeError):
        return []
    return [Linked(now, told.since, frozenset(told.senders))] if 0 <= now - told.at <= STALE_S else []
