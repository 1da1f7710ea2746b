"""What others hold of this home's journals: signed checkpoints that a journal must not be behind or beside (S4).

Rules kept here:
  * Notes that came before (from vaults that pull, from peers) lie in the home; vaults that can be asked are asked.
  * A vault that does not answer in time says nothing, and holds nobody up.
  * Who holds no credentials asks no object store: capture and web are not given any.
"""

import threading
import time
from collections.abc import Iterable
from pathlib import Path

import structlog

from contrefeu.base import ContrefeuError
from contrefeu.custody import HomePaths
from contrefeu.vault import checkpoints_held, is_pulled, is_spool, open_vault, vouched_notes

ASK_S_MAX = 3.0  # how long a writer that starts waits for what vaults hold: a feed waits with it

log = structlog.get_logger("node")


def held_elsewhere(paths: HomePaths, urls: Iterable[str], wait_s: float) -> dict[str, list[bytes]]:
    """The checkpoints that others hold, by the name of the journal's folder; vaults are waited for *wait_s* at most."""
    held = {folder: list(notes) for folder, notes in vouched_notes(paths.root).items()}
    for folder, note in _held_by_peers(paths.root):
        held.setdefault(folder, []).append(note)
    for folder, note in _ask(urls, paths.vault_credentials, wait_s):
        held.setdefault(folder, []).append(note)
    return held


def _held_by_peers(home: Path) -> list[tuple[str, bytes]]:
    folder = home / "exchange" / "vouched"
    try:
        return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    except OSError:
        return []


def _ask(urls: Iterable[str], credentials: Path, wait_s: float) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []

    def ask(url: str) -> None:
        try:
            found.extend(checkpoints_held(open_vault(url, credentials)).items())
        except (ContrefeuError, OSError) as away:
            log.warning("a vault is not asked what it holds", url=url, reason=type(away).__name__)

    asked = [url for url in urls if not is_pulled(url) and not is_spool(url)]
    asking = [threading.Thread(target=ask, args=(url,), daemon=True) for url in asked]
    for thread in asking:
        thread.start()
    deadline = time.monotonic() + wait_s
    for thread in asking:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            log.warning("a vault does not answer: what it holds is not compared")
    return list(found)
