"""A copy brought back: what a vault host that pulls holds comes over the host's own connection, to be tried here.

    RUN/asked/wish.json  what somebody on this node asks for; asked/lock is locked for as long as they need it
    RUN/back/<id>.came   how much of it came, as the process that offers wrote it last
    RUN/back/<id>/       the bytes that came, under the names of a vault (place.py)

Rules kept here:
  * The node says in its answers what it wants; the vault host brings it or does not. Nothing connects to it, and it
    opens nothing: what comes is sealed as it went.
  * What comes is a stranger's: it is kept under names that were asked for, up to the bytes that were, and whoever
    asked checks it as any copy. What nobody waits for any more is not taken, and is taken away.
  * Who asks and who offers may be two users: each writes what is its own, and the other reads it.
"""

import contextlib
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from contrefeu.base import FileLock, is_locked, open_file, swap_file, write_at
from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.link import GIVEN, Give, Wanted
from contrefeu.vault.place import JOURNALS, VaultAway
from contrefeu.vault.quota import blocks

ASKED, BACK = "asked", "back"  # folders in run/: of who asks, and of who offers
WISH, LOCK = "wish.json", "lock"
QUIET_S = 180.0  # a vault host that brought nothing for so long does not: it may be copying a great step first
BRING_S_MAX = 12 * 3600.0  # all of it: a night, and no vault host keeps who asked waiting for ever
OTHERS_S = 600.0  # for somebody else on this node who has a copy brought back
LOOK_S = 0.1  # how often who waits looks
SLACK_BYTES = 2**28  # beyond what the journals had when it was asked for: they grow meanwhile
FREE_BYTES_MIN = 2**30  # left on the disk at least: the feeds go first
ROOM_LEFT_BYTES = SLACK_BYTES + FREE_BYTES_MIN  # beyond the bytes that are asked for
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Wish(msgspec.Struct, frozen=True):
    """What somebody on this node asks for."""

    url: str
    wanted: Wanted
    bytes_max: int


class Came(msgspec.Struct):
    """How much of it came."""

    token: str = ""
    bytes: int = 0
    pieces: int = 0  # those that came once more too: a vault host that was started anew begins anew
    whole: bool = False
    problem: str = ""  # why no more is taken


class Brought:
    """What one vault host brings: the side of the process that offers."""

    def __init__(self, run: Path, url: str) -> None:
        self._run = run
        self._url = url
        self._came_file, self._folder = _places(run, url)
        self._said = Came()
        self._lock = threading.Lock()  # an old connection may still be going away when the next one is there

    def wanted(self) -> Wanted | None:
        """What is asked for and did not come whole yet; what nobody asks for any more is taken away."""
        with self._lock:
            wish = self._wish()
            if wish is None:
                self._take_away()
                return None
            return None if self._said.whole or self._said.problem else wish.wanted

    def forget(self) -> None:
        """Take away what came: nobody will ask this vault host any more."""
        with self._lock:
            self._take_away()

    def take(self, given: Give) -> bool:
        """Keep a piece; False when nobody wants it."""
        with self._lock:
            return self._take(given)

    def _take(self, given: Give) -> bool:
        wish = self._wish()
        if wish is None or given.token != wish.wanted.token or self._said.whole or self._said.problem:
            return False
        try:
            self._came_file.parent.mkdir(mode=0o750, exist_ok=True)
            if not self._folder.exists():
                DirectoryVault(self._url, self._folder).make()
            if given.name and not self._keep(given, wish):
                return False
            self._said.whole = not given.name
            self._tell()
        except (OSError, VaultAway):
            self._said.problem = "This node's disk did not take what the vault host brought."
            with contextlib.suppress(OSError):  # who waits hears nothing, and says so
                self._tell()
            return False
        return True

    def _wish(self) -> Wish | None:
        """What is asked of this vault host by somebody who lives; something new begins with an empty folder."""
        try:
            wish = msgspec.json.decode((self._run / ASKED / WISH).read_bytes(), type=Wish)
            is_waited_for = is_locked(self._run / ASKED / LOCK)
        except (OSError, msgspec.MsgspecError):
            return None
        is_ours = wish.url == self._url and all(map(_FOLDER.fullmatch, wish.wanted.journals))
        if not is_waited_for or not is_ours:
            return None
        if self._said.token != wish.wanted.token:
            self._said = _came(self._came_file, wish.wanted.token)  # this process may have been started anew
            if not self._said.token:
                self._take_away()
                self._said = Came(wish.wanted.token)
        return wish

    def _keep(self, given: Give, wish: Wish) -> bool:
        if given.journal not in wish.wanted.journals or GIVEN.fullmatch(given.name) is None or not given.data:
            return False
        path = self._folder / JOURNALS / given.journal / given.name
        before = path.stat().st_size if path.exists() else 0
        grown = blocks(max(before, given.offset + len(given.data))) - (blocks(before) if before else 0)
        if not 0 <= given.offset <= before:
            return False
        no_room = grown and shutil.disk_usage(self._folder).free < FREE_BYTES_MIN
        if no_room or self._said.bytes + grown > wish.bytes_max:
            self._said.problem = "The vault host brought more than was asked for, or than there is room for here."
            self._tell()
            return False
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        fd = open_file(path, 0o640)
        try:
            write_at(fd, given.data, given.offset)
        finally:
            os.close(fd)
        self._said.bytes += grown
        self._said.pieces += 1
        return True

    def _tell(self) -> None:
        swap_file(self._came_file, msgspec.json.encode(self._said))

    def _take_away(self) -> None:
        self._said = Came()
        if self._folder.exists() or self._came_file.exists():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._came_file.unlink(missing_ok=True)


@contextlib.contextmanager
def brought_back(run: Path, url: str, journals: Mapping[str, tuple[int, int]], size: int) -> Iterator[DirectoryVault]:
    """The copy that the vault host at *url* holds, as a vault in a folder that is gone afterwards.

    Args:
        run: The folder of this node's running processes.
        url: As the settings name the vault.
        journals: Folder of each journal that is wanted, and its first and last segment that are.
        size: Bytes that these may have.

    Raises:
        VaultAway: The vault host does not bring it, or there is no room for it.
        StorageError: Somebody else on this node has one brought back, and for long.
    """
    wish = Wish(url, Wanted(secrets.token_hex(16), dict(journals)), size + SLACK_BYTES)
    came_file, folder = _places(run, url)
    asked = run / ASKED
    asked.mkdir(mode=0o750, exist_ok=True)
    with FileLock(asked / LOCK, wait_s=OTHERS_S):
        _refuse_without_room(run, size)
        swap_file(asked / WISH, msgspec.json.encode(wish))
        (asked / WISH).chmod(0o640)  # who takes it may have a user of its own, and who asks any umask
        try:
            _wait(came_file, wish.wanted.token)
            yield DirectoryVault(url, folder)
        finally:
            (asked / WISH).unlink(missing_ok=True)


def _wait(came_file: Path, token: str) -> None:
    said, since = Came(), time.monotonic()
    until = since + BRING_S_MAX
    while not said.whole:
        time.sleep(LOOK_S)
        before, said = said.pieces, _came(came_file, token)
        now = time.monotonic()
        if said.problem:
            raise VaultAway(said.problem, safe="The copies there.")
        if said.pieces != before:
            since = now
        if now > min(since + QUIET_S, until) and not said.whole:
            raise VaultAway(
                f"The vault host brought nothing for {QUIET_S:.0f} s, or did not come to an end.",
                safe="The copies there.",
                next="contrefeu status says whether it connects; contrefeu vault host status there.",
            )


def _refuse_without_room(run: Path, size: int) -> None:
    needed = size + ROOM_LEFT_BYTES
    free = shutil.disk_usage(run).free
    if free < needed:
        raise VaultAway(
            f"Bringing a copy back needs {needed / 1e9:.1f} GB on this node's disk; {free / 1e9:.1f} GB are free.",
            safe="The copies there.",
        )


def _came(file: Path, token: str) -> Came:
    try:
        said = msgspec.json.decode(file.read_bytes(), type=Came)
    except (OSError, msgspec.MsgspecError):
        return Came()
    return said if said.token == token else Came()


def _places(run: Path, url: str) -> tuple[Path, Path]:
    id_ = sha256(url.encode()).hexdigest()[:16]
    return run / BACK / f"{id_}.came", run / BACK / id_
