"""Which recovery keys a vault has been told of, and the custodians' further rights: what it keeps so that the shares of
the newest set open everything in it, and so that a segment sealed to a stranger's key is seen (S5).

    nodes/<node>/recovery/0001.note          each key, signed with the one before (journal/recovery.py)
    grants/<journal>/<segment>.<fp>.grant    data keys of older segments, sealed to a newer recovery key

Rules kept here:
  * What a vault was told first stands: notes that do not continue its own are refused, kept nowhere, and alarmed.
  * Of a home's grants only those to a recovery key go over: the others are rights of a machine that may be lost.
  * A step with nothing new reads the times of notes and folders, and nothing else.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from contrefeu.journal import RecoveryKey, note_name, recovery_keys, recovery_notes
from contrefeu.vault.place import NODES, Vault

GRANTS = "grants"
RECOVERY_NOTES = "recovery"
_GRANT = re.compile(r"\d{10}\.([0-9a-f]{16})\.grant")


class RecoveryShipper:
    """Ships one home's recovery notes, and its grants to them, to one vault."""

    def __init__(self, notes: Path, grants: Path, vault: Vault) -> None:
        self._notes = notes
        self._grants = grants
        self._vault = vault
        self._seen: tuple[object, ...] = ()
        self.problem = ""

    def forget(self) -> None:
        """Look at everything anew: another vault may answer."""
        self._seen = ()

    def step(self, node: str) -> None:
        """Ship what is new; *node* names the home.

        Raises:
            VaultAway: The vault is out of reach.
        """
        notes = sorted(self._notes.iterdir()) if self._notes.is_dir() else []
        state = (node, tuple(map(_changed, notes)), tuple(map(_changed, _folders(self._grants))))
        if state == self._seen:
            return
        keys = self._ship_notes(f"{NODES}/{node.replace('/', '_')}/{RECOVERY_NOTES}")
        self._ship_grants({key.fingerprint[:16] for key in keys})
        self._seen = state

    def _ship_notes(self, folder: str) -> list[RecoveryKey]:
        """The keys that home and vault agree on; what the home says beyond goes over if it continues the vault's."""
        held = notes_in(self._vault, folder)
        told = recovery_notes(self._notes)
        if told[: len(held)] != held[: len(told)]:
            self.problem = "The node's recovery keys are not those that this vault was told of."
            return []
        keys = recovery_keys(told)
        self.problem = "" if len(keys) == len(told) else "A recovery key's note is not signed with the key before it."
        for key in keys[: len(held)]:
            self._vault.settle(f"{folder}/{note_name(key.number)}")
        for key in keys[len(held) :]:
            self._vault.put(f"{folder}/{note_name(key.number)}", told[key.number - 1])
        return keys

    def _ship_grants(self, wanted: set[str]) -> None:
        for place in _folders(self._grants):
            folder = f"{GRANTS}/{place.name}"
            held = set(self._vault.names(folder))
            for path in sorted(place.iterdir()):
                named = _GRANT.fullmatch(path.name)
                if named and named[1] in wanted and path.name not in held:
                    self._vault.put(f"{folder}/{path.name}", path.read_bytes())


def notes_in(vault: Vault, folder: str) -> list[bytes]:
    """The recovery notes in a folder of a vault, in order."""
    names = [name for name in vault.names(folder) if name.endswith(".note")]
    wanted = [note_name(number) for number in range(1, len(names) + 1)]
    return [vault.read(f"{folder}/{name}") for name in wanted if name in names]


def recovery_chains(vault: Vault) -> list[tuple[list[bytes], list[RecoveryKey]]]:
    """The recovery keys that a vault was told of, a list for each node that told it: their notes, and what they say."""
    found = []
    for node in vault.names(NODES):
        notes = notes_in(vault, f"{NODES}/{node}/{RECOVERY_NOTES}")
        if notes:
            found.append((notes, recovery_keys(notes)))
    return found


def announced(chains: Sequence[Sequence[RecoveryKey]], first: str) -> list[str]:
    """Fingerprints that may follow *first*, the key that a journal's copy began with: those of its own chain alone."""
    for keys in chains:
        fingerprints = [key.fingerprint for key in keys]
        if first in fingerprints:
            return fingerprints
    return [first]


def _folders(grants: Path) -> list[Path]:
    return sorted(path for path in grants.iterdir() if path.is_dir()) if grants.is_dir() else []


def _changed(path: Path) -> tuple[str, int]:
    try:
        return path.name, path.stat().st_mtime_ns
    except FileNotFoundError:
        return path.name, 0
