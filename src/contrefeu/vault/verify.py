"""Checking what a vault holds, without reading it.

Rules kept here:
  * A copy is checked as any journal is. A branch beside it is a fork that was refused: it is reported, and the copy
    it was refused by is none the worse.
  * A vault with no copy in it is not a sound one, nor is one that lost a copy's public key, or a journal whole.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from contrefeu.base import MissingError
from contrefeu.hospital import Settings, SettingsError, parse_settings
from contrefeu.journal import SEGMENT_NAME, Damage, JournalFiles, Verified, verify_journal
from contrefeu.proof import Verifier
from contrefeu.vault.expiry import let_go_of
from contrefeu.vault.place import BRANCHES, JOURNALS, NODES, Vault
from contrefeu.vault.recovery import recovery_chains

FIRST_DAY = ("capture", "station")  # journals of every node: `init` makes them


def copies_in(vault: Vault) -> list[JournalFiles]:
    """The copies that a vault holds and that can be opened, branches left out.

    Raises:
        VaultAway: It is out of reach.
        MissingError: It holds none.
    """
    return _there(vault, [name for name in _names(vault) if _has_key(vault, name)])


def _there(vault: Vault, names: Sequence[str]) -> list[JournalFiles]:
    if not names:
        raise MissingError(
            f"There is no copy in {vault.url}.",
            safe="The vault, as it was.",
            next="contrefeu vault copy makes one; contrefeu status says what the vaults hold.",
        )
    return [vault.journal(f"{JOURNALS}/{name}") for name in names]


def _names(vault: Vault) -> list[str]:
    vault.identity()
    return vault.names(JOURNALS)


def _has_key(vault: Vault, name: str) -> bool:
    return vault.size(f"{JOURNALS}/{name}/verifier") is not None


def lies_in(vault: Vault, name: str) -> bool:
    """Whether anything of a journal's copy is in its folder *name*: a segment, or a checkpoint.

    Raises:
        VaultAway: It is out of reach.
    """
    folder = f"{JOURNALS}/{name}"
    if vault.size(f"{folder}/checkpoint") is not None:
        return True
    return any(SEGMENT_NAME.fullmatch(child) for child in vault.names(f"{folder}/segments"))


def newest_settings(vault: Vault) -> list[tuple[Settings, int]]:
    """Of each node whose settings a vault holds the newest that can be read, and how many versions there are.

    Raises:
        VaultAway: It is out of reach.
    """
    found = []
    for node in vault.names(NODES):
        folder = f"{NODES}/{node}/settings"
        versions = vault.names(folder)
        for version in reversed(versions):
            try:
                found.append((parse_settings(vault.read(f"{folder}/{version}").decode()), len(versions)))
                break
            except (SettingsError, UnicodeDecodeError):
                continue
    return found


def absent_from(nodes: Iterable[Settings], journals: Collection[str]) -> list[str]:
    """The journals that each of *nodes* writes from its first day, and that are not among *journals*."""
    wanted = {f"{said.node.id}-{role}" for said in nodes for role in FIRST_DAY}
    return sorted(wanted - set(journals))


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
    for files in _there(vault, [name for name in _names(vault) if _has_key(vault, name) or lies_in(vault, name)]):
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
