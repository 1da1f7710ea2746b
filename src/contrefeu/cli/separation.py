"""One system user for each process of a node: what each may open, the kernel holds to (DESIGN S9).

    part      user                 owns
    capture   contrefeu-capture    node/capture.seed, its journal, feeds/, run/capture/
    reader    contrefeu-reader     keys/reading/, keys/public/, keys/store.key, charts/, run/charts/
    watch     contrefeu-reader     node/watch.seed, watch/, the journal of alarms: it opens what the reader opens
    web       contrefeu-web        node/station.seed, node/audit.seed, their journals, reserve/, ca/server.key,
                                   run/station/, run/audit/
    copies    contrefeu-copies     vaults in folders, vault-credentials/ (its group reads them: the nightly self-test,
                                   which is the reader's user in that group), node/serve.seed, vouched/, spool/
    exchange  contrefeu-exchange   node/exchange.key, node/witness.seed, exchange/, grants/, journals of others
    wards     contrefeu-wards      node/wards.seed, wards/, the journals for wards; asks run/charts/ as web does
    group     contrefeu-group      node/group.seed, group/: it answers other facilities with numbers that web counted
    live      contrefeu-live       live/: it asks run/charts/ as web does, and writes claims through run/live/ alone
    (all)     group contrefeu      reads sealed journals, grants, public keys, the settings

Rules kept here:
  * It is asked for (`[processes] users = "separate"`) and then done, or `up` says why not and starts nothing.
  * A socket lies in a folder that its owner and those who may ask can enter, and nobody else.
  * `up` sets owners anew at each start: commands that ran as root meanwhile leave nothing that a part cannot read.
  * Nothing but the home, and vaults in folders, ever changes owner.
"""

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict
from urllib.parse import unquote, urlsplit

import contrefeu
from contrefeu.base import OperatorError
from contrefeu.cli.node import Node
from contrefeu.journal import of_station, ward_prefix
from contrefeu.vault import ASKED, BACK, LOCK, file_name

GROUP = "contrefeu"
_OWN = ("capture", "reader", "web", "copies", "exchange", "wards", "group", "live")
USERS = {part: f"contrefeu-{part}" for part in _OWN}
USERS["watch"] = USERS["reader"]  # it opens the same entries
_ROOT = "root"
# Socket's folder in run/ -> whose it is, and who may ask.
_SOCKETS = {
    "capture": ("capture", "web"),
    "charts": ("reader", "web"),
    "station": ("web", "reader"),
    "audit": ("web", "reader"),
    "live": ("web", "live"),
}
# File in run/ -> who writes it anew: the folder lets nobody replace what is another's.
_SAYS = {
    "links.json": "capture",
    "wards.json": "wards",
    "live.json": "live",
    "copies.json": "copies",
    "scrub.json": "copies",
    "selftest.json": "reader",
    "ready.json": "web",
    "packs.json": "web",
    "packs.lock": "web",
    "facility.json": "web",
    "plan.jsonl": "web",
    "waiting.jsonl": "web",
}


class Identity(TypedDict):
    """As subprocess.Popen takes it."""

    user: int
    group: int
    extra_groups: list[int]


def identity_of(part: str) -> Identity:
    """Whom a part runs as; the simulated hospital of a demo, which is no part of the node, as capture."""
    found = pwd.getpwnam(USERS.get(part, USERS["capture"]))
    groups = [grp.getgrnam(GROUP).gr_gid]
    if part in {"wards", "live"}:
        groups.append(pwd.getpwnam(USERS["web"]).pw_gid)  # those who may ask the charts
    return Identity(user=found.pw_uid, group=found.pw_gid, extra_groups=groups)


def tester() -> Identity:
    """Whom the nightly self-test runs as: the reader, which opens entries, in the group that sees the vaults."""
    reader = identity_of("reader")
    copies = pwd.getpwnam(USERS["copies"]).pw_gid
    return Identity(user=reader["user"], group=reader["group"], extra_groups=[*reader["extra_groups"], copies])


def separate(node: Node) -> None:
    """Make the users, and give each what is its own.

    Raises:
        OperatorError: This is not root, or the users could not reach the home or the program.
    """
    if os.getuid() != 0:
        raise OperatorError(
            'The settings say users = "separate", and only root can start processes of other users.',
            safe="Nothing was started.",
            next='Start it as root (a system service does), or write users = "shared" under [processes].',
        )
    _make_users()
    _refuse_closed_folders(node.paths.root)
    for path, owner, group, mode in _owners(node):
        os.chown(path, _uid(owner), _gid(group), follow_symlinks=False)
        path.chmod(mode)
    for vault in node.settings.vaults:
        give_vault(node, vault.url)
        give_serving(node, vault.url)


def give_vault(node: Node, url: str) -> None:
    """Let the copies process write to a vault in a folder, when it has a user of its own."""
    parts = urlsplit(url)
    folder = Path(unquote(parts.path))
    if is_separate(node) and parts.scheme == "file" and (folder / "contrefeu-vault").is_file():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, _uid("copies"), _gid(USERS["copies"]), follow_symlinks=False)


def give_serving(node: Node, url: str) -> None:
    """Let the copies process offer to vault hosts, and drop files for a data diode, when it has a user of its own."""
    if not is_separate(node):
        return
    for path, owner, group, mode in _serving(node):
        os.chown(path, _uid(owner), _gid(group), follow_symlinks=False)
        path.chmod(mode)
    parts = urlsplit(url)
    folder = Path(unquote(parts.path))
    if parts.scheme == "spool+file" and folder.is_dir():
        os.chown(folder, _uid("copies"), -1, follow_symlinks=False)


def give_certificate(node: Node) -> None:
    """Let the web process read the key of a certificate that was made anew, when it has a user of its own."""
    if is_separate(node):
        os.chown(node.paths.ca_dir / "server.key", _uid("web"), _gid(_ROOT))


def give_said(node: Node, *names: str) -> None:
    """Let who writes files of run/ anew do so after this command, when each process has a user of its own."""
    if is_separate(node):
        for name in names:
            os.chown(node.paths.run / name, _uid(_SAYS[name]), _gid(GROUP))


def give_asked(node: Node) -> None:
    """Let the self-test ask vault hosts after this command did, when each process has a user of its own."""
    if is_separate(node):
        asked = node.paths.run / ASKED
        asked.mkdir(mode=0o750, exist_ok=True)
        (asked / LOCK).touch(mode=0o640)
        for path, owner, group, mode in _tree(asked, "reader", 0o2750, 0o640):
            os.chown(path, _uid(owner), _gid(group), follow_symlinks=False)
            path.chmod(mode)


def give_journals(node: Node) -> None:
    """Let who writes the journals, and who reads them, do so after this command mended them."""
    if is_separate(node):
        for path, owner, group, mode in _journals(node):
            os.chown(path, _uid(owner), _gid(group), follow_symlinks=False)
            path.chmod(mode)


def is_separate(node: Node) -> bool:
    """Whether this is root, on a home whose processes have users of their own."""
    return node.settings.processes.users == "separate" and os.getuid() == 0


@contextlib.contextmanager
def writable_by_reader(node: Node, to: Path) -> Iterator[Path]:
    """Where the reader can write what is meant for *to*: there itself, unless it has a user of its own."""
    if not is_separate(node):
        yield to
        return
    staged = node.paths.run / "charts" / "out"
    try:
        yield staged
        shutil.copytree(staged, to, dirs_exist_ok=True)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _make_users() -> None:
    def known(name: str) -> bool:
        try:
            pwd.getpwnam(name)
        except KeyError:
            return False
        return True

    try:
        grp.getgrnam(GROUP)
    except KeyError:
        subprocess.run(["groupadd", "--system", GROUP], check=True, stdout=subprocess.DEVNULL)
    for name in USERS.values():
        if not known(name):
            command = ["useradd", "--system", "--user-group", "--groups", GROUP, "--no-create-home"]
            nowhere = shutil.which("nologin") or "/usr/sbin/nologin"
            subprocess.run([*command, "--shell", nowhere, name], check=True, stdout=subprocess.DEVNULL)


def _refuse_closed_folders(home: Path) -> None:
    """Every folder on the way to the home and to the program must let others pass."""
    program = [Path(sys.executable).resolve(), Path(os.__file__).resolve(), Path(contrefeu.__file__).resolve()]
    for path in (home.resolve(), *program):
        for folder in path.parents:
            if not folder.stat().st_mode & 0o001:
                raise OperatorError(
                    f"The node's own users cannot enter {folder}.",
                    safe="Nothing was started, and nothing was given away.",
                    next="Install Contrefeu and keep its home where others may enter, such as /opt and /var/lib.",
                )


def _owners(node: Node) -> Iterator[tuple[Path, str, str, int]]:
    """Path, user, group and mode of what lies in the home."""
    root, paths = node.paths.root, node.paths
    yield root, _ROOT, GROUP, 0o2750
    yield paths.settings, _ROOT, GROUP, 0o640
    yield from _tree(root / "node", _ROOT, 0o750, 0o600)
    yield paths.signing_seed("capture"), "capture", _ROOT, 0o600
    yield paths.signing_seed("station"), "web", _ROOT, 0o600
    for name, owner in (
        ("exchange.key", "exchange"),
        ("witness.seed", "exchange"),
        ("reader.seed", "reader"),
        ("watch.seed", "reader"),
        ("wards.seed", "wards"),
        ("group.seed", "group"),
    ):
        if (root / "node" / name).exists():  # some are of a node with peers
            yield root / "node" / name, owner, _ROOT, 0o600
    if (root / "node" / "exchange.pem").exists():
        yield root / "node" / "exchange.pem", _ROOT, GROUP, 0o644
    yield from _tree(root / "peers", _ROOT, 0o2750, 0o640)
    yield from _tree(root / "wards", "wards", 0o700, 0o600)
    yield from _tree(root / "live", "live", 0o700, 0o600)
    yield from _tree(root / "group", "group", 0o2750, 0o640)
    if (root / "group.toml").exists():
        yield root / "group.toml", _ROOT, GROUP, 0o640
    yield from _tree(root / "exchange", "exchange", 0o2750, 0o640)
    (root / "exchange" / "outbox").mkdir(mode=0o750, parents=True, exist_ok=True)  # grants, as the reader makes them
    yield from _tree(root / "exchange" / "outbox", "reader", 0o2750, 0o640)
    yield paths.signing_seed("audit"), "web", _ROOT, 0o600
    yield from _tree(paths.watch, "reader", 0o2750, 0o640)
    yield from _tree(paths.feeds, "capture", 0o700, 0o600)
    yield from _tree(paths.reserve.parent, "web", 0o700, 0o600)
    yield from _serving(node)
    yield paths.keys, _ROOT, GROUP, 0o2750
    yield from _tree(paths.recovery_notes, _ROOT, 0o2750, 0o644)
    yield paths.recovery_public, _ROOT, GROUP, 0o644
    yield from _tree(paths.role_keys, _ROOT, 0o2750, 0o644)
    yield from _tree(paths.keys / "public", "reader", 0o2750, 0o644)
    yield from _tree(paths.keys / "reading", "reader", 0o700, 0o600)
    yield paths.store_key, "reader", _ROOT, 0o600
    yield from _tree(paths.charts_db.parent, "reader", 0o700, 0o600)
    yield from _tree(paths.ca_dir, _ROOT, 0o2750, 0o644)
    yield paths.ca_dir / "ca.key", _ROOT, _ROOT, 0o600
    yield paths.ca_dir / "server.key", "web", _ROOT, 0o600
    yield from _tree(paths.grants, "exchange", 0o2750, 0o640)
    yield paths.journals, _ROOT, GROUP, 0o3770
    yield from _journals(node)
    for path, owner, _, mode in _tree(paths.vault_credentials, "copies", 0o750, 0o640):
        yield path, owner, USERS["copies"], mode
    yield paths.run, _ROOT, GROUP, 0o3770
    for path in sorted((*paths.run.glob("*.json"), *paths.run.glob("*.lock"))):
        yield path, _SAYS.get(path.name, _ROOT), GROUP, 0o640
    for path in paths.run.glob("*.jsonl"):
        yield path, _SAYS.get(path.name, _ROOT), GROUP, 0o600  # who lacked what: for the pages alone
    for name, (owner, asking) in _SOCKETS.items():
        folder = paths.run / name
        folder.mkdir(mode=0o700, exist_ok=True)
        yield folder, owner, USERS[asking], 0o710


def _journals(node: Node) -> Iterator[tuple[Path, str, str, int]]:
    for files in node.journals():
        yield from _tree(files.folder, _writer_of(files.folder.name, node.settings.node.id), 0o2750, 0o640)


def _serving(node: Node) -> Iterator[tuple[Path, str, str, int]]:
    """What the copies process keeps in the home: its key for vault hosts, what they vouched for, what was sent."""
    seed = node.paths.signing_seed("serve")
    if seed.is_file():
        yield seed, "copies", _ROOT, 0o600
    for name in ("vouched", "spool"):
        folder = node.paths.root / name
        folder.mkdir(mode=0o750, exist_ok=True)
        yield from _tree(folder, "copies", 0o2750, 0o640)
    asked = node.paths.run / ASKED  # what the nightly self-test asks vault hosts to bring back
    asked.mkdir(mode=0o750, exist_ok=True)
    yield from _tree(asked, "reader", 0o2750, 0o640)
    back = node.paths.run / BACK  # what vault hosts bring back, sealed; the nightly self-test reads it, and nobody else
    back.mkdir(mode=0o750, exist_ok=True)
    for path, owner, _, mode in _tree(back, "copies", 0o2750, 0o640):
        yield path, owner, USERS["copies"], mode


def _tree(folder: Path, owner: str, folders: int, files: int) -> Iterator[tuple[Path, str, str, int]]:
    if folder.is_dir():
        yield folder, owner, GROUP, folders
    for path in sorted(folder.rglob("*")):
        if not path.is_symlink():
            yield path, owner, GROUP, folders if path.is_dir() else files


def _writer_of(folder: str, node: str) -> str:
    """Whose a journal is: a feed's, the station's, or another node's, which the exchange takes."""
    if not of_station(folder, file_name(node)):
        return "exchange"
    if folder.startswith(file_name(ward_prefix(node))):
        return "wards"
    return {"capture": "capture", "watch": "reader"}.get(folder.rpartition("-")[2], "web")


def _uid(owner: str) -> int:
    return pwd.getpwnam(USERS.get(owner, owner)).pw_uid


def _gid(group: str) -> int:
    return grp.getgrnam(group).gr_gid
