"""The copies process: follow every vault in the settings, or copy once; and what was last said of each."""

import asyncio
from typing import Any

import msgspec

from contrefeu.cli.node import Node, listens

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


def copy_all(node: Node) -> list[dict[str, Any]]:
    """Copy once to every vault that is given copies, and return how each stands; of a stopped node `status` says it."""
    from contrefeu.cli.separation import give_said
    from contrefeu.vault import tell_states

    before = _kept(node)
    states = [_copied(node, vault.url, before.get(vault.url, {})) for vault in node.settings.vaults]
    if not listens(node.capture_socket):  # else its copies process says it, every two seconds
        told = [before.get(one["url"], one) if one["state"] == "pulled" else one for one in states]
        tell_states(node.paths.run / STATE, told)
        give_said(node, STATE)
    return states


def _copied(node: Node, url: str, before: dict[str, Any]) -> dict[str, Any]:
    from contrefeu.vault import copy_once, is_pulled

    if is_pulled(url):
        problem = "the vault host fetches by itself, while this node offers (up, vault serve)"
        return {"url": url, "entries": 0, "lag_seconds": None, "state": "pulled", "problem": problem}
    found = copy_once(node.paths, url)
    if found["state"] == "unreachable":  # what it held when it was seen last, it holds
        found |= {name: before[name] for name in ("entries", "positions") if name in before}
    return found


def last_states(node: Node) -> list[dict[str, Any]]:
    """`url`, `entries`, `lag_seconds`, `state` of each vault in the settings, as the copies process last saw it."""
    from contrefeu.vault import lies_elsewhere

    known = _kept(node)
    none = {"entries": 0, "lag_seconds": None, "state": "never copied"}
    passes = scrubbed(node)

    def scrub(url: str) -> dict[str, Any]:
        return passes.get(url, {"state": "held elsewhere" if lies_elsewhere(url) else "not yet"})

    return [
        known.get(vault.url, {"url": vault.url} | none) | {"scrub": scrub(vault.url)} for vault in node.settings.vaults
    ]


def _kept(node: Node) -> dict[str, dict[str, Any]]:
    """What was said last, by address; what nobody says any more is how it was then."""
    path = node.paths.run / STATE
    try:
        kept: list[dict[str, Any]] = msgspec.json.decode(path.read_bytes())
        if node.clock.now_ns() - path.stat().st_mtime_ns > SILENT_S * 1e9:
            kept = [state | {"lag_seconds": None, "state": _when_silent(state["state"])} for state in kept]
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return {state["url"]: state for state in kept}


def scrubbed(node: Node) -> dict[str, dict[str, Any]]:
    """What was found when closed segments were read again, by place: "home", and each vault's address."""
    from contrefeu.vault import last_passes

    return last_passes(node.paths.run / SCRUB)


def _when_silent(state: str) -> str:
    """An alarm stands until somebody says otherwise; anything else is how it was."""
    return state if state in {"refused", "alarm"} else "not copying"
