"""What a process of the node can no longer do once it has begun: shed before it hears a byte from outside.

Every part: no new privileges, no core file, no look at its memory by others of the same user, files for the node alone.
The parts that speak with others (capture, web, group, live, the watch's child), and the one that writes for wards: of
the home, the rows of ROOMS and nothing else, for files that are open to the node's user too (Landlock,
https://docs.kernel.org/userspace-api/landlock.html). A bug in the framer or in a page then reads no reading key,
whichever user it runs as.

Rules kept here:
  * A right is a row of ROOMS; what has no row is refused by the kernel, to what is loaded later too.
  * Outside the home a confined part reads what its user may, and writes nothing but devices: its temporary files lie in
    the home's run folder.
  * Where the kernel knows no Landlock nothing is confined, and `status` says so.
"""

import ctypes
import errno
import os
import resource
import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from contrefeu.custody import HomePaths

DEV = Path("/dev")
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1  # flag of landlock_create_ruleset: which version does the kernel know?
_PATH_BENEATH = 1

# Rights (linux/landlock.h); those of a later version of the kernel's are asked for only where it knows them.
_EXECUTE, _WRITE, _READ, _READ_DIR, _TRUNCATE, _IOCTL = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: _TRUNCATE, 5: _IOCTL}
_ON_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_LOOK = _READ | _READ_DIR | _EXECUTE

# Part -> what of the home it may read, and what it may change.
ROOMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "capture": (
        (
            "contrefeu.toml",
            "node/capture.seed",
            "keys/public",
            "keys/recovery",
            "keys/recovery.pub",
            "keys/roles",
            "vouched",
            "exchange/vouched",
            "exchange/witnessed",
        ),
        ("journals", "run", "feeds"),
    ),
    "web": (
        (
            "contrefeu.toml",
            "laboratory.toml",
            "node/station.seed",
            "node/audit.seed",
            "keys/public",
            "keys/recovery",
            "keys/recovery.pub",
            "ca",
            "peers",
            "regimes",
            "group",
            "group.toml",
            "vouched",
            "exchange/vouched",
            "exchange/witnessed",
        ),
        ("journals", "run", "reserve"),
    ),
    "tell": ((), ("run",)),  # the watch's child: it tells others what it is told, and reads nothing here
    "group": (("contrefeu.toml", "group.toml", "node/group.seed"), ("run", "group")),
    "live": (("contrefeu.toml", "peers", "journals"), ("run", "live")),  # sealed bytes: it holds no key that opens one
    "tap": ((), ()),  # it hears a network and says what it heard to the process that started it
    "wards": (
        (
            "contrefeu.toml",
            "node/wards.seed",
            "keys/recovery",
            "keys/recovery.pub",
            "peers",
            "vouched",
            "exchange",
        ),
        ("journals", "run", "wards"),
    ),
}


def shed() -> None:
    """Give up what no part needs."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o027)


def confine(part: str, paths: HomePaths) -> bool:
    """Let *part* see of the home what its row says; whether the kernel does that. Call it before any thread starts."""
    rooms = ROOMS.get(part)
    version = landlock_version()
    if rooms is None or version < 1:
        return False
    readable, writable = rooms
    rights = 0
    for since, found in _RIGHTS.items():
        rights |= found if since <= version else 0
    temporary = paths.run / f"tmp-{part}"
    shutil.rmtree(temporary, ignore_errors=True)  # what a killed process left
    temporary.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = str(temporary)
    libc = ctypes.CDLL(None, use_errno=True)
    ruleset = _called(libc.syscall(_CREATE_RULESET, struct.pack("=Q", rights), 8, 0))
    try:
        for path in outside(paths.root):
            _allow(libc, ruleset, path, _LOOK & rights)
        for path in devices(paths.root):
            _allow(libc, ruleset, path, (_LOOK | _WRITE | _IOCTL) & rights)
        for name in readable:
            _allow(libc, ruleset, paths.root / name, (_READ | _READ_DIR) & rights)
        for name in writable:
            _allow(libc, ruleset, paths.root / name, rights & ~_EXECUTE)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _called(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return True


def landlock_version() -> int:
    """Version of Landlock that the kernel knows; 0 when it knows none, or it is off."""
    return max(0, int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, 0, _VERSION)))


def devices(home: Path) -> list[Path]:
    """What of /dev may be written: all of it, or all beside a home that lies in it (/dev/shm, a station in memory)."""
    if DEV not in home.resolve().parents:
        return [DEV]
    return [path for path in outside(home) if DEV in path.parents]


def outside(home: Path) -> Iterator[Path]:
    """Everything beside the home and beside the folders it lies in, as it is there now.

    A link is what it leads to: one that leads into the home, or to a folder around it, is left out.
    """
    home = home.resolve()
    around = {home, *home.parents}
    for folder in home.parents:
        for path in _listed(folder):
            found = path.resolve() if path.is_symlink() else path
            if found not in around and home not in found.parents:
                yield path


def _listed(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return ()


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    """Allow *rights* beneath *path*; what is not there, or not this user's to see, is nothing to allow."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        wanted = rights if path.is_dir() else rights & _ON_FILES
        added = libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", wanted, fd), 0)
        if added < 0 and ctypes.get_errno() != errno.EBADFD:  # a pipe, as /dev/stdout may be, lies nowhere
            _called(added)
    finally:
        os.close(fd)


def _called(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
