"""Checking what a vault holds, without reading it.

Rules kept here:
  * A copy is checked as any journal is. A branch beside it is a fork that was refused: it is reported, and the copy
    it was refused by is none the worse.
  * A vault with no copy in it is not a sound one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from contrefeu.base import MissingError
from contrefeu.journal import Damage, JournalFiles, Verified, verify_journal
from contrefeu.proof import Verifier
from contrefeu.vault.expiry import let_go_of
from contrefeu.vault.place import BRANCHES, JOURNALS, Vault
from contrefeu.vault.recovery import recovery_chains


def copies_in(vault: Vault) -> list[JournalFiles]:
    """The copies that a vault holds, branches left out.

    Raises:
        VaultAway: It is out of reach.
        MissingError: It holds none.
    """
    vault.identity()
    names = [name for name in vault.names(JOURNALS) if vault.size(f"{JOURNALS}/{name}/verifier") is not None]
    if not names:
        raise MissingError(
            f"There is no copy in {vault.url}.",
            safe="The vault, as it was.",
            next="contrefeu vault copy makes one; contrefeu status says what the vaults hold.",
        )
    return [vault.journal(f"{JOURNALS}/{name}") for name in names]


def verify_vault(vault: Vault, held_elsewhere: Mapping[str, Sequence[bytes]] | None = None) -> Iterator[Verified]:
    """Check each copy in a vault; a branch beside it is damage of kind "forked".

    Args:
        vault: Where the copies are.
        held_elsewhere: Signed checkpoints that others kept, by the name of the journal's folder.

    Raises:
        VaultAway: It is out of reach.
        MissingError: It holds none.
    """
    branches = vault.names(BRANCHES)
    custodians = custodians_of(vault)
    for files in copies_in(vault):
        held = (held_elsewhere or {}).get(files.folder.name, ())
        found = verify_journal(files, held_elsewhere=held, custodians=custodians)
        found.damage[:] = [_let_go(damage, files) for damage in found.damage]
        for branch in branches:
            if branch.rpartition(".")[0] == files.folder.name:
                segments = vault.journal(f"{BRANCHES}/{branch}").segments()
                first = segments[0] if segments else 0
                found.damage.append(Damage(found.journal, first, 0, found.entries + 1, found.entries, "forked"))
        yield found


def custodians_of(vault: Vault) -> list[Verifier]:
    """The authorities of the custodians that a vault was told of: what they sign as ended has ended."""
    return [key.authority for _notes, keys in recovery_chains(vault) for key in keys]


def _let_go(damage: Damage, files: JournalFiles) -> Damage:
    """What lacks at the beginning, and stands in the record of what the vault's owner let go, is no loss."""
    if damage.kind != "missing":
        return damage
    first = next(iter(files.segments()), 0)
    gone = [one for one in let_go_of(files) if one.segment < first]
    entries = {entry for one in gone for entry in (one.first_entry, one.last_entry)}
    covered = bool(gone) and min(entries) <= damage.first_entry and damage.last_entry <= max(entries)
    return replace(damage, kind="expired") if covered else damage


def checkpoints_held(vault: Vault) -> dict[str, bytes]:
    """The signed checkpoints that a vault holds, by the name of the journal's folder.

    Raises:
        VaultAway: It is out of reach.
    """
    vault.identity()
    held = {}
    for name in vault.names(JOURNALS):
        note = vault.read(f"{JOURNALS}/{name}/checkpoint")
        if note:
            held[name] = note
    return held
