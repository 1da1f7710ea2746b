"""A node's home: which file lies where, and who among its processes needs it.

    HOME/
    ├── contrefeu.toml            settings; nothing secret
    ├── node/capture.seed         signing key of the capture journal: the capture process
    ├── node/station.seed         signing key of the station journal: the web process
    ├── node/audit.seed           signing key of the audit journal: the web process
    ├── node/watch.seed           signing key of the watch's journal of alarms: the watch process
    ├── keys/recovery.pub         the custodians' public key: all writers seal to it
    ├── keys/recovery/            which public keys the custodians' were, one signed note each: all writers
    ├── keys/roles/               public keys of roles that documents are sealed to: the capture process
    ├── keys/public/              public reading keys, by day: all writers
    ├── keys/reading/             private reading keys, by day: the reader process
    ├── keys/store.key            opens charts.db: the reader process
    ├── ca/                       the local certificate authority and the server's certificate: the web process
    ├── feeds/                    sequence numbers of senders, what refuse lists counted: the capture process
    ├── journals/  grants/        sealed entries; further rights to read them
    ├── vault-credentials/        what the node shows to object stores: the copies process
    ├── charts/charts.db          a view: may be deleted; recent.db and present.db stand for it while a restore goes on
    ├── reserve/                  space kept back for acts and audit: the web process
    ├── watch/                    what the watch learned, sealed; clean points: the watch process
    └── run/                      sockets and states of running processes

Rules kept here:
  * A home is made once, in a folder that is empty: nothing is ever overwritten.
  * The settings file is written last: a home that has one is whole.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contrefeu.base import Clock, OperatorError, durable_makedirs, write_file
from contrefeu.custody.horizon import ReadingKeys
from contrefeu.hospital import default_settings
from contrefeu.journal import Recipient, note_name

ROLES = ("capture", "station", "audit")


@dataclass(frozen=True, slots=True)
class HomePaths:
    """Names under one home."""

    root: Path

    @property
    def settings(self) -> Path:
        """`contrefeu.toml`."""
        return self.root / "contrefeu.toml"

    def signing_seed(self, role: str) -> Path:
        """Ed25519 seed of the writer of the journal `<node>-<role>`."""
        return self.root / "node" / f"{role}.seed"

    @property
    def keys(self) -> Path:
        """Reading keys, public and private."""
        return self.root / "keys"

    @property
    def recovery_public(self) -> Path:
        """The custodians' public key, one line."""
        return self.keys / "recovery.pub"

    @property
    def recovery_notes(self) -> Path:
        """The custodians' public keys, one signed note each, in order."""
        return self.keys / "recovery"

    @property
    def role_keys(self) -> Path:
        """Keys of roles that documents are sealed to, one file each."""
        return self.keys / "roles"

    @property
    def store_key(self) -> Path:
        """32 bytes that open the chart store."""
        return self.keys / "store.key"

    @property
    def ca_dir(self) -> Path:
        """The local certificate authority."""
        return self.root / "ca"

    @property
    def journals(self) -> Path:
        """One folder a journal."""
        return self.root / "journals"

    @property
    def grants(self) -> Path:
        """One folder a journal."""
        return self.root / "grants"

    @property
    def vault_credentials(self) -> Path:
        """What the node shows to object stores, one file a vault."""
        return self.root / "vault-credentials"

    @property
    def charts_db(self) -> Path:
        """The chart store."""
        return self.root / "charts" / "charts.db"

    @property
    def early_charts(self) -> tuple[Path, Path]:
        """Stores of part of the history, while a restore goes on: the newest entries; also the patients in beds."""
        return self.root / "charts" / "recent.db", self.root / "charts" / "present.db"

    @property
    def charts_now(self) -> Path:
        """The chart store that answers now."""
        recent, present = self.early_charts
        return next((path for path in (present, recent) if path.exists()), self.charts_db)

    @property
    def feeds(self) -> Path:
        """What the capture process remembers of senders."""
        return self.root / "feeds"

    @property
    def watch(self) -> Path:
        """What the watch learned."""
        return self.root / "watch"

    @property
    def reserve(self) -> Path:
        """Space kept back for acts and audit."""
        return self.root / "reserve" / "space"

    @property
    def run(self) -> Path:
        """What lives as long as a process does."""
        return self.root / "run"


def make_home(
    root: Path, node_id: str, facility: str, recovery: Recipient, clock: Clock, *, notes: Sequence[bytes] = ()
) -> HomePaths:
    """Make a home in *root*, an empty folder or one that is not there.

    Args:
        root: Where.
        node_id: Names its journals.
        facility: On every page.
        recovery: The custodians' public key.
        clock: What day it is.
        notes: The signed notes of the custodians' keys, in order; the last one speaks of *recovery*.

    Raises:
        OperatorError: There is something in *root*.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise OperatorError(
            f"{root} is not empty.",
            safe="Nothing was made, and nothing in it was changed.",
            next="Name another folder with --home.",
        )
    paths = HomePaths(root)
    for folder in ("node", "keys", "ca", "journals", "grants", "charts", "feeds", "reserve", "run"):
        durable_makedirs(root / folder)
    durable_makedirs(paths.role_keys, mode=0o755)
    for role in ROLES:
        write_file(paths.signing_seed(role), secrets.token_bytes(32))
    write_file(paths.recovery_public, f"{recovery}\n".encode(), mode=0o644)
    durable_makedirs(paths.recovery_notes, mode=0o755)
    for number, note in enumerate(notes, 1):
        write_file(paths.recovery_notes / note_name(number), note, mode=0o644)
    ReadingKeys(paths.keys).make_ahead(clock.now_ns())
    write_file(paths.store_key, secrets.token_bytes(32))
    write_file(paths.settings, default_settings(node_id, facility).encode(), mode=0o640)
    return paths


def complete_home(paths: HomePaths) -> None:
    """Add what homes made by an earlier version lack: keys of later journals, folders."""
    durable_makedirs(paths.feeds)
    durable_makedirs(paths.role_keys, mode=0o755)
    durable_makedirs(paths.reserve.parent)
    for role in ("audit", "watch"):
        if not paths.signing_seed(role).exists():
            write_file(paths.signing_seed(role), secrets.token_bytes(32))
