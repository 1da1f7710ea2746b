"""What the custodians' shares open of the copies that several vaults hold, and what they do not.

Rules kept here:
  * Nobody is believed who is not named on the way to the key that the shares give: its authority comes out of the
    shares, each note is signed by the one before it and by its own, and grants to it are signed by one of them.
  * Every segment must be sealed to that key, or granted to it: other shares open nothing, and make nothing (S5).
"""

import contextlib
from collections.abc import Sequence

from contrefeu.base import StorageError
from contrefeu.custody import DataKeys, OpenedRecovery
from contrefeu.journal import JournalUnreadable, KeyOf, SegmentHeader, rank_of
from contrefeu.recovery.gather import Findings, JournalCopies
from contrefeu.vault import GRANTS, Vault, VaultAway, recovery_chains


def rights(vaults: Sequence[Vault], opened: OpenedRecovery, findings: Findings) -> tuple[list[bytes], KeyOf]:
    """The notes that lead to the key that the shares give, and what opens the copies with it."""
    best: list[bytes] = []
    keys: list[DataKeys] = []
    for vault in vaults:
        try:
            notes, found = _rights_in(vault, opened)
        except VaultAway as away:
            findings.passed_over(vault, away)
            continue
        best = max(best, notes, key=len)
        keys.append(found)
    return best, _AnyOf([*keys, DataKeys(None, recovery=opened.pair)])


def _rights_in(vault: Vault, opened: OpenedRecovery) -> tuple[list[bytes], DataKeys]:
    for notes, keys in recovery_chains(vault):
        at = rank_of(keys, opened.pair.fingerprint)
        if at >= 0 and keys[at].authority == opened.authority.verifier:
            by = [key.authority for key in keys[: at + 1]]
            found = DataKeys(None, grants=vault.folder(GRANTS), granted_by=by, recovery=opened.pair)
            return notes[: at + 1], found
    return [], DataKeys(None, recovery=opened.pair)


class _AnyOf:
    """Several places to look for rights."""

    def __init__(self, keys: Sequence[DataKeys]) -> None:
        self._keys = keys

    def __call__(self, header: SegmentHeader) -> bytes:
        for keys in self._keys[:-1]:
            with contextlib.suppress(JournalUnreadable):
                return keys(header)
        return self._keys[-1](header)


def refuse_foreign_shares(journals: Sequence[JournalCopies], opened: OpenedRecovery, key_of: KeyOf) -> None:
    """See that the shares open every segment.

    Raises:
        StorageError: They do not.
    """
    for copies in journals:
        for header in copies.headers.values():
            if any(key.fingerprint == opened.pair.fingerprint for key in header.said.keys):
                continue
            try:
                key_of(header.said)
            except JournalUnreadable:
                where = f'segment {header.said.segment} of "{header.said.origin}"'
                raise StorageError(
                    f"The custodians' shares give a key that these copies are not sealed to ({where}).",
                    safe="Nothing was opened and nothing was made.",
                    next="Bring the shares of the hospital and of the time that the printed pages name.",
                ) from None
