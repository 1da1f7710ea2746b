"""Restoring: a new home from a vault and the custodians' shares, its charts computed again.

Rules kept here:
  * Nothing is made before the copies are whole and the shares are the ones that open them.
  * The new node has an identity of its own. It reads the old journals and never writes them; its own writers seal to
    the same recovery key, so that the custodians keep their shares.
  * A home being restored has no settings file, so that no command takes it for one; they are written last. Stopped
    half-way, the same restore goes on; another one, or a folder that holds anything else, is refused.
  * The recovery key is in memory while grants are written, and nowhere else.
  * A restore that did not read every entry it copied has failed, and says which journal.
"""

import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from contrefeu.access import make_local_ca
from contrefeu.base import (
    Clock,
    ContrefeuError,
    MissingError,
    OperatorError,
    StorageError,
    TamperError,
    durable_makedirs,
    sync_dir,
    write_file,
)
from contrefeu.chart import open_charts
from contrefeu.custody import (
    DataKeys,
    HomePaths,
    KeyPair,
    OpenedRecovery,
    ReadingKeys,
    grant_segments,
    make_home,
    public_reading_keys,
)
from contrefeu.hospital import ChartsSettings, Settings, parse_settings
from contrefeu.journal import (
    JournalFiles,
    JournalUnreadable,
    JournalWriter,
    Recipient,
    journals_in,
    rank_of,
    verify_journal,
)
from contrefeu.proof import Signer
from contrefeu.recovery.copies import Copied, bring, reach, segment_headers
from contrefeu.recovery.settings import last_settings, settings_text
from contrefeu.vault import GRANTS, Vault, copies_in, open_vault, recovery_chains

UNFINISHED = "restoring.json"  # what is being restored here, and from where
_NEW = "new"  # the bare home, while it is made
_ROLES = ("capture", "station", "audit")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore gave."""

    entries: int  # in the restored journals
    patients: int
    seconds: float
    charts_sha256: str
    journals: tuple[Copied, ...]  # which ones, and how far: what was found in the vault is what is believed


class _Plan(msgspec.Struct, frozen=True):
    """What is being restored: a restore that goes on must be the same one."""

    source: str
    recovery: str  # fingerprint of the custodians' key
    node: str  # identity of the new node
    until_ns: int | None


def restore(
    url: str,
    words: Sequence[str],
    to: Path,
    *,
    clock: Clock,
    until_ns: int | None = None,
    credentials: Path | None = None,
    charts_store: str = "",
) -> Restored:
    """Make a new home at *to* from the vault at *url*, or go on with making it.

    Args:
        url: The vault.
        words: The custodians' shares, SLIP-39 words; k of them at least.
        to: An empty folder, or one that is not there, or one that this restore was stopped in.
        clock: What time it is.
        until_ns: Only what was received by then, and the charts as they were known from it; None for everything.
        credentials: The file of what is shown to an object store.
        charts_store: The new home's `charts.store`: the lost one's server may be lost too.

    Raises:
        StorageError: The shares do not open the copies, or the vault or the disk is in trouble.
        TamperError: A copy holds bytes that were not written there.
        MissingError: A copy lacks entries that were signed for, or the vault holds none.
        OperatorError: Something else lies at *to*.
    """
    began = time.monotonic()
    unfinished = _unfinished(to)
    vault = open_vault(url, credentials)
    copies = copies_in(vault)
    opened = OpenedRecovery.from_shares(words)
    notes, key_of = _rights(vault, opened)
    pair = opened.pair
    _refuse_foreign_shares(copies, pair, key_of)
    settings = replace(last_settings(vault, copies), charts=ChartsSettings(charts_store))
    _verify(copies)
    plan = _planned(unfinished, url, pair, settings, until_ns)
    paths = _bare_home(to, plan, settings, pair.recipient, notes, clock)
    text = settings_text(settings, plan.node)
    settings = parse_settings(text)
    _own_journals(paths, plan.node, pair.recipient, clock)
    copied = _journals(vault, copies, paths, until_ns, key_of)
    keys = _grants(paths, plan.node, opened, key_of, clock)
    with open_charts(
        paths.charts_db,
        paths.store_key.read_bytes(),
        paths.journals,
        keys,
        settings,
        server=settings.charts.store,
        clock=clock,
    ) as charts:
        status = charts.status()
        _refuse_what_was_not_read(copied, status.positions)
        digest = charts.sha256(until_ns)
        everybody = status.patients + status.test_patients
        patients = everybody if until_ns is None else sum(1 for _ in charts.all(until_ns))
    make_local_ca(paths.ca_dir, facility=settings.node.facility, names=settings.web.names, clock=clock)
    _finish(paths, text)
    return Restored(sum(one.entries for one in copied), patients, time.monotonic() - began, digest, tuple(copied))


# Before anything is made.


def _unfinished(to: Path) -> _Plan | None:
    """The plan of a restore that was stopped in *to*; None when nothing is there.

    Raises:
        OperatorError: Something else is there.
    """
    if not to.exists() or (to.is_dir() and all(p.name.startswith(f".{UNFINISHED}.") for p in to.iterdir())):
        return None
    try:
        return msgspec.json.decode((to / UNFINISHED).read_bytes(), type=_Plan)
    except (OSError, msgspec.DecodeError):
        raise OperatorError(
            f"{to} is not empty, and no restore was stopped in it.",
            safe="Nothing in it was changed.",
            next="Name a folder that is empty or not there with --to.",
        ) from None


def _rights(vault: Vault, opened: OpenedRecovery) -> tuple[list[bytes], DataKeys]:
    """The notes that lead to the key that the shares give, and what opens the copies with it.

    Nobody is believed who is not named on the way to that key: its authority comes out of the shares, each note is
    signed by the one before it and by its own, and grants to it are signed by one of them.
    """
    for notes, keys in recovery_chains(vault):
        at = rank_of(keys, opened.pair.fingerprint)
        if at >= 0 and keys[at].authority == opened.authority.verifier:
            by = [key.authority for key in keys[: at + 1]]
            rights = DataKeys(None, grants=vault.folder(GRANTS), granted_by=by, recovery=opened.pair)
            return notes[: at + 1], rights
    return [], DataKeys(None, recovery=opened.pair)


def _refuse_foreign_shares(copies: Sequence[JournalFiles], pair: KeyPair, key_of: DataKeys) -> None:
    """Every segment must be sealed to the key that the shares give, or granted to it (S5: others open nothing)."""
    for files in copies:
        for header in segment_headers(files):
            if any(key.fingerprint == pair.fingerprint for key in header.said.keys):
                continue
            try:
                key_of(header.said)
            except JournalUnreadable:
                raise _foreign(f' (segment {header.said.segment} of "{header.said.origin}")') from None


def _foreign(where: str = "") -> StorageError:
    return StorageError(
        f"The custodians' shares give a key that these copies are not sealed to{where}.",
        safe="Nothing was opened and nothing was made.",
        next="Bring the shares of the hospital and of the time that the printed pages name.",
    )


def _verify(copies: Sequence[JournalFiles]) -> None:
    """The gravest of what is found is raised: 12 before 13."""
    missing: ContrefeuError | None = None
    for files in copies:
        found = verify_journal(files)
        if found.intact:
            continue
        first = next(d for d in found.damage if d.kind != "tail")
        what = (
            f'The copy of "{found.journal}" is damaged ({first.kind}): segment {first.segment}, byte {first.offset}, '
            f"entries {first.first_entry} to {first.last_entry}."
        )
        safe = "Nothing was made. The copy, and what lies before and behind the damage."
        then = "Restore from another vault; contrefeu vault verify URL lists all the damage."
        if found.exit_status == TamperError.exit_status:
            raise TamperError(what, safe=safe, next=then)
        missing = missing or MissingError(what, safe=safe, next=then)
    if missing is not None:
        raise missing


def _planned(unfinished: _Plan | None, url: str, pair: KeyPair, settings: Settings, until_ns: int | None) -> _Plan:
    prefix = "drill/" if settings.drill else ""
    node = unfinished.node if unfinished is not None else f"{prefix}n{secrets.token_hex(4)}"
    plan = _Plan(url, pair.fingerprint, node, until_ns)
    if unfinished is not None and plan != unfinished:
        raise OperatorError(
            "Another restore was stopped in that folder: from another vault, with another key or until another time.",
            safe="Nothing in it was changed.",
            next="Finish that one with the command it was started with, or name another folder with --to.",
        )
    return plan


# Making the home.


def _bare_home(
    to: Path, plan: _Plan, settings: Settings, recovery: Recipient, notes: Sequence[bytes], clock: Clock
) -> HomePaths:
    """A home without its settings file, which is written last."""
    paths = HomePaths(to)
    durable_makedirs(to)
    if not (to / UNFINISHED).exists():
        write_file(to / UNFINISHED, msgspec.json.encode(plan))
    new = to / _NEW
    if paths.store_key.exists() and not new.exists():
        return paths
    if not (new / paths.settings.name).exists():
        shutil.rmtree(new, ignore_errors=True)  # half made, and nobody has its keys
        make_home(new, plan.node, settings.node.facility, recovery, clock, notes=notes)
    for child in sorted(new.iterdir()):
        if child.name != paths.settings.name:
            child.rename(to / child.name)
    sync_dir(to)
    (new / paths.settings.name).unlink()
    new.rmdir()
    sync_dir(to)
    return paths


def _own_journals(paths: HomePaths, node: str, recovery: Recipient, clock: Clock) -> None:
    """The new node's journals, empty: `up` makes none."""
    ReadingKeys(paths.keys).make_ahead(clock.now_ns())
    for role in _ROLES:
        signer = _signer(paths, node, role)
        JournalWriter(
            paths.journals, signer, lambda: [recovery, *public_reading_keys(paths.keys, clock.now_ns())], clock
        ).close()


def _journals(
    vault: Vault, copies: Sequence[JournalFiles], paths: HomePaths, until_ns: int | None, key_of: DataKeys
) -> list[Copied]:
    done = []
    for files in copies:
        wanted = reach(files, until_ns, key_of)
        bring(vault, files, JournalFiles(paths.journals / files.folder.name), wanted)
        done.append(wanted)
    return done


def _grants(paths: HomePaths, node: str, opened: OpenedRecovery, key_of: DataKeys, clock: Clock) -> DataKeys:
    """Let the new node read what was restored; returns what opens it from now on, the recovery key left out.

    What was sealed to a former recovery key is granted to the one in force here too: this home's vaults need that.
    """
    own = {f"{node}-{role}" for role in _ROLES}
    [reading] = public_reading_keys(paths.keys, clock.now_ns())
    signer = _signer(paths, node, "capture")
    for files in journals_in(paths.journals):
        if files.verifier().name not in own:
            grant_segments(files, key_of, reading, paths.grants, signer)
            grant_segments(files, key_of, opened.pair.recipient, paths.grants, opened.authority)
    return DataKeys(
        ReadingKeys(paths.keys),
        grants=paths.grants,
        granted_by=[_signer(paths, node, role).verifier for role in _ROLES],
    )


def _signer(paths: HomePaths, node: str, role: str) -> Signer:
    return Signer(f"{node}-{role}", paths.signing_seed(role).read_bytes())


def _refuse_what_was_not_read(copied: Sequence[Copied], positions: dict[str, int]) -> None:
    for one in copied:
        read = positions.get(one.journal, 0)
        if read < one.entries:
            raise StorageError(
                f'The charts were read up to entry {read} of "{one.journal}", which has {one.entries}.',
                safe="The copies, and what was restored so far.",
                next="Run the same command again; with --debug it says what stopped it.",
            )


def _finish(paths: HomePaths, text: str) -> None:
    write_file(paths.settings, text.encode(), mode=0o640)
    (paths.root / UNFINISHED).unlink()
    sync_dir(paths.root)
