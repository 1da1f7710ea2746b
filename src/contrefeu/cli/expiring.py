"""`contrefeu keys expire`: what of the journals has outlived its time ends, in the hands of the custodians (F42).

Rules kept here:
  * Nothing ends on an error state: a journal that is not whole, a reader that is behind, a vault that is away or lacks
    what ends, a downtime or a recovery that is open.
  * Two vaults at least hold what ends, and were checked now (S11): there it ends with their own retention. One that
    pulls is asked of nobody: what it cosigned itself counts. Two addresses of one copy are one vault.
  * What people do (`<node>-station`) does not end: accounts and their history are read from its first entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contrefeu.acts import JournalExpired, encode
from contrefeu.base import ContrefeuError, FileLock, StorageError
from contrefeu.cli.held import held_elsewhere
from contrefeu.cli.horizon import horizon_of
from contrefeu.cli.node import AUDIT_SUFFIX, Node
from contrefeu.cli.rehearsing import key_in_force, open_recovery
from contrefeu.cli.verifying import VAULTS_S_MAX
from contrefeu.custody import Ending, OpenedRecovery, end, endings
from contrefeu.journal import verify_journal
from contrefeu.proof import Signer
from contrefeu.vault import VouchedBy, is_pulled, is_spool, open_vault, parse_offered, verify_vault

VAULTS_MIN = 2  # S11: the journal here is then one of three copies

_SAFE = "Nothing was destroyed."


@dataclass(frozen=True, slots=True)
class Expired:
    """What one journal lost."""

    journal: str
    segments: int
    entries: int


def due(node: Node) -> list[Ending]:
    """What has outlived its time now; nothing while the horizon is held.

    Raises:
        StorageError: A downtime or a recovery is open.
    """
    horizon = horizon_of(node)
    if horizon.held:
        raise StorageError(
            f"Nothing ends now: {horizon.held}.",
            safe=_SAFE,
            next="contrefeu downtime lift, or contrefeu keys release, when it is over.",
        )
    own = {verifier.name for verifier in node.own_verifiers()}
    kept = node.settings.retention

    def kept_days(journal: str) -> int:
        if journal not in own:
            return 0
        return {"-capture": kept.feeds_days, AUDIT_SUFFIX: kept.audit_days}.get(f"-{journal.rpartition('-')[2]}", 0)

    paths = node.paths
    found = list(endings(paths.journals, paths.grants, kept_days, horizon.frozen, node.clock.now_ns()))
    for one in found:
        if horizon.positions.get(one.expiry.origin, 0) < one.expiry.entries and one.expiry.origin in horizon.positions:
            raise StorageError(
                f'The charts have not read "{one.expiry.origin}" up to entry {one.expiry.entries}.',
                safe=_SAFE,
                next="contrefeu status says how far they are.",
            )
    return found


def expire(node: Node, shares: Sequence[Path]) -> list[Expired]:
    """End what is due.

    Raises:
        StorageError: Something is in the way; nothing was destroyed.
    """
    with FileLock(node.paths.run / "expire.lock"):
        found = due(node)
        if not found:
            return []
        opened, _words = open_recovery(shares)
        _refuse_other_key(node, opened)
        _refuse_unsound(node, found)
        _refuse_without_copies(node, found)
        return [_end(node, one, opened) for one in found]


def _end(node: Node, one: Ending, opened: OpenedRecovery) -> Expired:
    expiry, files = one.expiry, one.files
    seed = node.paths.signing_seed(expiry.origin.rpartition("-")[2]).read_bytes()
    half = files.expired.exists() and one.expiry.text().encode() in files.expired.read_bytes()
    note = files.expired.read_bytes() if half else expiry.sign(Signer(expiry.origin, seed), opened.authority)
    gone = end(one, note, node.paths.grants, lambda: node.record(encode(JournalExpired(expiry.origin, note.decode()))))
    return Expired(expiry.origin, gone, expiry.entries)


def _refuse_other_key(node: Node, opened: OpenedRecovery) -> None:
    key = key_in_force(node)
    if opened.pair.fingerprint != key.fingerprint:
        raise StorageError(
            f"These shares give key {opened.pair.fingerprint[:16]}; the one in force is {key.fingerprint[:16]}.",
            safe=_SAFE,
            next="Bring shares of the set that names that key on its first lines.",
        )


def _refuse_unsound(node: Node, found: Sequence[Ending]) -> None:
    held = held_elsewhere(node.paths, node.settings, VAULTS_S_MAX)
    for one in found:
        notes = held.get(one.files.folder.name, ())
        checked = verify_journal(one.files, held_elsewhere=notes, writing=True, custodians=node.custodians())
        if not checked.intact:
            raise StorageError(
                f'Journal "{checked.journal}" is not whole: nothing of it ends.',
                safe=_SAFE,
                next="contrefeu journal verify says where; contrefeu vault repair fetches it from a copy.",
            )


def _refuse_without_copies(node: Node, found: Sequence[Ending]) -> None:
    holding = {_holder(node, vault.url, found) for vault in node.settings.vaults if not is_spool(vault.url)}
    if len(holding) < VAULTS_MIN:
        raise StorageError(
            f"What ends here must lie in {VAULTS_MIN} vaults first; there are {len(holding)}.",
            safe=_SAFE,
            next="contrefeu vault add, and contrefeu vault copy.",
        )


def _holder(node: Node, url: str, found: Sequence[Ending]) -> str:
    """Which copy lies at *url*, where two addresses may lead to one.

    Raises:
        StorageError: It lacks something that ends: one that comes back later could not be given it any more.
    """
    try:
        copy, held = _vouched(node, url) if is_pulled(url) else _verified(node, url)
    except ContrefeuError as away:
        raise StorageError(f"The vault {url} cannot be checked: {away.what}", safe=_SAFE, next=away.next) from None
    for one in found:
        if held.get(one.expiry.origin, 0) < one.expiry.entries:
            raise StorageError(
                f'The vault {url} does not hold "{one.expiry.origin}" whole up to entry {one.expiry.entries}.',
                safe=_SAFE,
                next="contrefeu vault copy, then contrefeu vault verify; or take it out of the settings.",
            )
    return copy


def _verified(node: Node, url: str) -> tuple[str, dict[str, int]]:
    vault = open_vault(url, node.paths.vault_credentials)
    return vault.identity(), {one.journal: one.entries for one in verify_vault(vault) if one.intact}


def _vouched(node: Node, url: str) -> tuple[str, dict[str, int]]:
    """What this vault that pulls cosigned, and no other: it checks what it holds before it says so."""
    witness = parse_offered(url).witness
    return witness.public.hex(), VouchedBy(node.paths.journals, witness).positions()
