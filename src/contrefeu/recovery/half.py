"""A home that is being restored: what is there from the start, and what says that it is not whole yet.

    HOME/restoring.json   the plan: which restore this is
    HOME/restoring/       journals that come home, one folder each, until they are whole and checked
    HOME/charts/          recent.db, present.db: charts of part of the history, that say so themselves

Rules kept here:
  * A restore that goes on is the same one: the same custodians' key, the same instant. Vaults may be added.
  * The new node has an identity of its own, and journals of its own, from the start: what people do while the rest is
    brought is kept. What is there already is left as it is: a node may be running on it.
  * The settings file makes a home of it: it is written once there are charts to read.
"""

import contextlib
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from contrefeu.access import make_local_ca
from contrefeu.base import Clock, FileLock, OperatorError, StorageError, durable_makedirs, sync_dir, write_file
from contrefeu.custody import HomePaths, KeyPair, ReadingKeys, make_home, public_reading_keys
from contrefeu.hospital import Settings
from contrefeu.journal import JournalFiles, JournalWriter, Recipient
from contrefeu.proof import Signer

UNFINISHED = "restoring.json"
STAGED = "restoring"
LOCK = f".{UNFINISHED}.lock"
LOCK_WAIT_S = 60.0  # seconds: the process that folds who is present outlives a killed restore by less
ROLES = ("capture", "station", "audit")
_NEW = "new"  # the bare home, while it is made


class Plan(msgspec.Struct, frozen=True):
    """Which restore this is."""

    sources: list[str]  # for who finds the folder; others may be added
    recovery: str  # fingerprint of the custodians' key
    node: str  # identity of the new node
    until_ns: int | None
    charts_store: str = ""  # the server that charts go to

    @property
    def aim(self) -> tuple[str, int | None, str]:
        """What must be the same for who goes on with it."""
        return self.recovery, self.until_ns, self.charts_store


def unfinished_in(to: Path) -> Plan | None:
    """The plan of a restore that was stopped in *to*; None when nothing is there.

    Raises:
        OperatorError: Something else is there.
    """
    if not to.exists() or (to.is_dir() and all(p.name.startswith(f".{UNFINISHED}.") for p in to.iterdir())):
        return None
    try:
        return msgspec.json.decode((to / UNFINISHED).read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError):
        raise OperatorError(
            f"{to} is not empty, and no restore was stopped in it.",
            safe="Nothing in it was changed.",
            next="Name a folder that is empty or not there with --to.",
        ) from None


@contextlib.contextmanager
def alone_in(to: Path) -> Iterator[None]:
    """Be the one restore in that folder; whatever a killed one had started ends by itself within LOCK_WAIT_S.

    Raises:
        StorageError: Another one is at work.
    """
    durable_makedirs(to)
    lock = FileLock(to / LOCK, wait_s=LOCK_WAIT_S)
    try:
        lock.acquire()
    except StorageError:
        raise StorageError(
            "A restore is at work in that folder.",
            safe="It goes on; nothing was changed.",
            next="Wait for it, or stop it: the same command goes on where it was.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def planned(
    unfinished: Plan | None,
    urls: Sequence[str],
    pair: KeyPair,
    settings: Settings,
    until_ns: int | None,
    charts_store: str,
) -> Plan:
    """The plan of this restore.

    Raises:
        OperatorError: Another one was stopped there.
    """
    prefix = "drill/" if settings.drill else ""
    node = unfinished.node if unfinished is not None else f"{prefix}n{secrets.token_hex(4)}"
    plan = Plan(list(urls), pair.fingerprint, node, until_ns, charts_store)
    if unfinished is not None and unfinished.aim != plan.aim:
        raise OperatorError(
            "Another restore was stopped in that folder: another key, time, or place of the charts.",
            safe="Nothing in it was changed.",
            next="Finish that one with the command it was started with, or name another folder with --to.",
        )
    return plan


def bare_home(
    to: Path, plan: Plan, settings: Settings, recovery: Recipient, notes: Sequence[bytes], clock: Clock
) -> HomePaths:
    """A home without its settings file."""
    paths = HomePaths(to)
    durable_makedirs(to)
    if not (to / UNFINISHED).exists():
        write_file(to / UNFINISHED, msgspec.json.encode(plan))
    new = to / _NEW
    if not paths.store_key.exists() or new.exists():
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
    _own_journals(paths, plan.node, recovery, clock)
    if not (paths.ca_dir / "server.pem").exists():
        make_local_ca(paths.ca_dir, facility=settings.node.facility, names=settings.web.names, clock=clock)
    return paths


def _own_journals(paths: HomePaths, node: str, recovery: Recipient, clock: Clock) -> None:
    """The new node's journals, empty: `up` makes none."""
    ReadingKeys(paths.keys).make_ahead(clock.now_ns())
    for role in ROLES:
        own = JournalFiles.of(paths.journals, signer_of(paths, node, role).verifier.name)
        if own.segments() and own.verifier_file.exists():
            continue  # it was made, and may be written now
        writer_of(paths, node, role, recovery, clock).close()


def writer_of(paths: HomePaths, node: str, role: str, recovery: Recipient, clock: Clock) -> JournalWriter:
    """What writes the journal of *role* of the new node."""
    signer = signer_of(paths, node, role)
    return JournalWriter(
        paths.journals, signer, lambda: [recovery, *public_reading_keys(paths.keys, clock.now_ns())], clock
    )


def signer_of(paths: HomePaths, node: str, role: str) -> Signer:
    """What signs the journal of *role* of the new node."""
    return Signer(f"{node}-{role}", paths.signing_seed(role).read_bytes())


def open_home(paths: HomePaths, text: str) -> None:
    """Let commands take it for a home, if they do not yet."""
    if not paths.settings.exists():
        write_file(paths.settings, text.encode(), mode=0o640)


def finish(paths: HomePaths, text: str) -> None:
    """The charts are whole: nothing is being restored any more."""
    open_home(paths, text)
    for store in paths.early_charts:
        for path in paths.charts_db.parent.glob(f"{store.name}*"):
            path.unlink(missing_ok=True)
    sync_dir(paths.charts_db.parent)
    shutil.rmtree(paths.root / STAGED, ignore_errors=True)
    (paths.root / UNFINISHED).unlink()
    (paths.root / LOCK).unlink(missing_ok=True)
    sync_dir(paths.root)
