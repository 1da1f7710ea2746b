"""The copies process: follow every vault in the settings; and what it last said of each."""

import asyncio
from typing import Any

import msgspec

from contrefeu.cli.node import Node

STATE = "copies.json"
SCRUB = "scrub.json"
SERVING = "serve"  # names the key that this node shows to vault hosts
SILENT_S = 15.0  # the copies process speaks every 2 s: after so long it is gone, and the age of copies not known


async def follow_vaults(node: Node, stop: asyncio.Event) -> None:
    """Copy until told to stop; a vault added to the settings meanwhile is taken up."""
    from contrefeu.vault import follow, scrub_beside

    scrub_beside(node.paths, node.paths.run / SCRUB, node.clock, stop.is_set)
    seed = node.paths.signing_seed(SERVING)
    await asyncio.to_thread(follow, node.paths, node.paths.run / STATE, stop.is_set, serve_seed=seed)


def last_states(node: Node) -> list[dict[str, Any]]:
    """`url`, `entries`, `lag_seconds`, `state` of each vault in the settings, as the copies process last saw it."""
    kept: list[dict[str, Any]] = []
    path = node.paths.run / STATE
    try:
        kept = msgspec.json.decode(path.read_bytes())
        if node.clock.now_ns() - path.stat().st_mtime_ns > SILENT_S * 1e9:
            kept = [state | {"lag_seconds": None, "state": _when_silent(state["state"])} for state in kept]
    except (FileNotFoundError, msgspec.DecodeError):
        pass
    known = {state["url"]: state for state in kept}
    none = {"entries": 0, "lag_seconds": None, "state": "never copied"}
    passes = scrubbed(node)
    return [
        known.get(vault.url, {"url": vault.url} | none) | {"scrub": passes.get(vault.url, {"state": "not yet"})}
        for vault in node.settings.vaults
    ]


def scrubbed(node: Node) -> dict[str, dict[str, Any]]:
    """What was found when closed segments were read again, by place: "home", and each vault's address."""
    from contrefeu.vault import last_passes

    return last_passes(node.paths.run / SCRUB)


def _when_silent(state: str) -> str:
    """An alarm stands until somebody says otherwise; anything else is how it was."""
    return state if state in {"refused", "alarm"} else "not copying"
