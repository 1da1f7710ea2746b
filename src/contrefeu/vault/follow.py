"""Following: copies go on for as long as the node runs, each vault at its own pace.

Rules kept here:
  * A vault that hangs holds up no other, and nothing but copies.
  * A vault added to the settings is taken up, one taken out is left, without a restart.
  * What is shown is what was read back; how old that is, is said beside it. When nobody says any more, that shows too.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog

from contrefeu.base import ContrefeuError, swap_file
from contrefeu.hospital import SettingsError, parse_settings
from contrefeu.vault.offer import Offers
from contrefeu.vault.opening import open_vault
from contrefeu.vault.pairing import is_pulled
from contrefeu.vault.place import VaultAway
from contrefeu.vault.ship import CopyState, Home, Shipper
from contrefeu.vault.spool import Spooler, is_spool
from contrefeu.vault.vouched import note_held

POLL_S = 0.1  # a tenth of the second that a copy may lag (C5)
QUICK_S = 0.01  # between two steps while senders wait for a vault (`ack = "vault"`)
RETRY_S = 1.0  # a vault that is away is asked again so often
HEARTBEAT_S = 2.0  # the states are written again so often though nothing changed: silence is seen
STEP_BYTES = 16 * 2**20  # of one journal before the next has its turn
LEAVING_S = 3.0  # how long a copy under way is waited for when the node stops

log = structlog.get_logger("vault")


def follow(home: Home, state_file: Path, stop: Callable[[], bool], *, serve_seed: Path | None = None) -> None:
    """Copy to every vault in the settings until *stop* says so; *state_file* tells how each stands.

    To vaults that pull, what there is is offered, under the key in *serve_seed*.

    The file holds a JSON list: `url`, `entries`, `lag_seconds`, `state`, `problem` of each vault, and `positions`, the
    last entry read back from it of each journal, by the name of its folder; of a vault that pulls, the last one that it
    vouched for.
    """
    vaults: dict[str, _Follower] = {}
    offers = Offers(home, serve_seed, state_file.parent)
    settings = _Wanted(home.settings)
    told: Any = None
    told_at = 0.0
    changed = threading.Event()
    try:
        while not stop():
            wanted = settings.now()
            offers.keep(url for url in wanted if is_pulled(url))
            offers.tidy()
            for url in [url for url, vault in vaults.items() if wanted.get(url) != vault.wish]:
                vaults.pop(url).leave()
            for url in wanted:
                if is_pulled(url):
                    continue
                if url not in vaults or not vaults[url].is_alive():
                    vaults[url] = _Follower(home, url, wanted[url], changed)
                    vaults[url].start()
            states = [_offered(offers, url) if is_pulled(url) else vaults[url].described() for url in wanted]
            news = [{k: v for k, v in state.items() if k != "lag_seconds"} for state in states]
            if news != told or time.monotonic() - told_at >= HEARTBEAT_S:
                tell_states(state_file, states)
                told, told_at = news, time.monotonic()
            if changed.wait(POLL_S):
                changed.clear()
    finally:
        offers.close()
        for vault in vaults.values():
            vault.leave()
        deadline = time.monotonic() + LEAVING_S
        for vault in vaults.values():
            vault.join(max(0.0, deadline - time.monotonic()))
        tell_states(state_file, [vault.described() for vault in vaults.values()])


@dataclass(frozen=True, slots=True)
class _Wish:
    """How a vault is copied to."""

    bytes_per_s: int
    quick: bool  # senders wait for it


class _Wanted:
    """The vaults in the settings, with their limits, read again when the file changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] = (0, 0)
        self._vaults: dict[str, _Wish] = {}

    def now(self) -> "dict[str, _Wish]":
        """As the settings say; as they said before, while the file is being edited."""
        with contextlib.suppress(OSError, UnicodeDecodeError, SettingsError):
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size)
            if seen != self._seen:
                said = parse_settings(self._path.read_text())
                quick = said.acks_by_vault
                self._vaults = {vault.url: _Wish(vault.bytes_per_second_max, quick) for vault in said.vaults}
                self._seen = seen
        return self._vaults


class _Follower(threading.Thread):
    """One vault, in a thread of its own: a disk that hangs hangs only this."""

    def __init__(self, home: Home, url: str, wish: "_Wish", changed: threading.Event) -> None:
        super().__init__(name="vault", daemon=True)
        self._home = home
        self._url = url
        self.wish = wish
        self._changed = changed
        self._leaving = threading.Event()
        self._state = CopyState(0, "catching-up", complete=False)
        self._fresh_at = time.monotonic()
        self._positions: dict[str, int] = {}

    def leave(self) -> None:
        """Stop after the step under way."""
        self._leaving.set()

    def described(self) -> dict[str, Any]:
        """How the vault stands, for the state file."""
        lag_s = round(max(0.0, time.monotonic() - self._fresh_at), 3)
        return _described(self._url, self._state, lag_s, self._positions)

    def run(self) -> None:
        """Step until told to leave."""
        shipper: Shipper | Spooler | None = None
        while True:
            last = self._leaving.is_set()
            began = time.monotonic()
            try:
                shipper = shipper or shipper_to(self._home, self._url, bytes_per_s=self.wish.bytes_per_s)
                found = shipper.step(STEP_BYTES)
            except ContrefeuError as refused:  # an address that is none
                found = CopyState(0, "unreachable", refused.what, complete=False)
            except Exception as defect:
                # Ours to mend; meanwhile the copies go on as far as they can, and everybody sees that they do not.
                log.error("copying stopped on something unforeseen", url=self._url, error=type(defect).__name__)
                found = CopyState(self._state.entries, "unreachable", type(defect).__name__, complete=False)
                shipper = None
            if found.state != self._state.state:
                log.info("copies", url=self._url, state=found.state, entries=found.entries)
            if found.complete and found.state in {"up-to-date", "alarm", "one-way"}:
                self._fresh_at = began
            self._positions = _positions_of(shipper)
            if found != self._state:
                self._state = found
                self._changed.set()
            if last:
                break
            if found.state == "unreachable":
                self._leaving.wait(RETRY_S)
            elif found.state != "catching-up" and shipper is not None:
                pace_s = min(QUICK_S, shipper.pace_s) if self.wish.quick else shipper.pace_s
                self._leaving.wait(max(0.0, began + pace_s - time.monotonic()))  # the step's own time is in it
        if shipper is not None:
            shipper.close()


def copy_once(home: Home, url: str) -> dict[str, Any]:
    """Copy to *url* what it lacks, and describe how it stands then, as `follow` does.

    Raises:
        OperatorError: It is no address.
    """
    shipper = shipper_to(home, url)
    try:
        found = shipper.step()
        shipper.finish()
    except VaultAway as away:
        found = CopyState(0, "unreachable", away.what, complete=False)
    positions = _positions_of(shipper)
    shipper.close()
    return _described(url, found, 0.0 if found.complete else None, positions)


def _described(url: str, state: CopyState, lag_s: float | None, positions: dict[str, int]) -> dict[str, Any]:
    return {
        "url": url,
        "entries": state.entries,
        "lag_seconds": lag_s,
        "state": state.state,
        "problem": state.problem,
        "positions": positions,
    }


def _positions_of(shipper: Shipper | Spooler | None) -> dict[str, int]:
    return dict(shipper.positions) if isinstance(shipper, Shipper) else {}


def _offered(offers: Offers, url: str) -> dict[str, Any]:
    vouched = offers.vouched(url)
    return {**offers.described(url), "positions": {name.replace("/", "_"): last for name, last in vouched.items()}}


def shipper_to(home: Home, url: str, *, bytes_per_s: int = 0) -> Shipper | Spooler:
    """What sends to *url*, about *bytes_per_s* at most (0: no limit).

    Raises:
        OperatorError: It is no address.
    """
    if is_spool(url):
        return Spooler(home, url)
    vault = open_vault(url, home.vault_credentials, bytes_per_s=bytes_per_s)
    return Shipper(home, vault, partial(note_held, home.journals, url))


def tell_states(path: Path, states: list[dict[str, Any]]) -> None:
    """Replace the file that says how copies stand; it need not outlive the machine, so nothing is synced for it."""
    try:
        swap_file(path, msgspec.json.encode(states))
    except OSError as refused:
        log.warning("the copies' state cannot be told", reason=refused.strerror)
