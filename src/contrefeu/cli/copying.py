"""The copies process: follow every vault in the settings; and what it last said of each."""

import asyncio
from typing import Any

import msgspec

from contrefeu.cli.node import Node

STATE = "copies.json"


async def follow_vaults(node: Node, stop: asyncio.Event) -> None:
    """Copy until told to stop; a vault added to the settings meanwhile is taken up."""
    from contrefeu.vault import follow

    await asyncio.to_thread(follow, node.paths, node.paths.run / STATE, stop.is_set)


def last_states(node: Node) -> list[dict[str, Any]]:
    """`url`, `entries`, `lag_seconds`, `state` of each vault in the settings, as the copies process last saw it."""
    try:
        kept = msgspec.json.decode((node.paths.run / STATE).read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        kept = []
    known = {state["url"]: state for state in kept}
    none = {"entries": 0, "lag_seconds": None, "state": "never copied"}
    return [known.get(vault.url, {"url": vault.url} | none) for vault in node.settings.vaults]
