"""What somebody who has the node's user would try on a vault in a folder; and what the folder lets them do.

An ordinary folder lets them do everything: a removable disk on a shelf, or another machine's snapshots, are what
protects it. The attempts are made all the same, for file systems that keep what was written.

Only a file made here is touched.
"""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

from contrefeu.vault.checked import Attempt, Checked, Told
from contrefeu.vault.place import VaultAway

_BODY = b"contrefeu: laid here by a check of this folder, to see whether it stays\n"


def check_folder(root: Path, told: Told) -> Checked:
    """Try everything on the folder at *root*.

    Raises:
        VaultAway: Nothing can be written there, so nothing can be tried.
    """
    found = []
    left = 0
    for done, (name, attack) in enumerate(_ATTEMPTS):
        told(done, len(_ATTEMPTS))
        folder = root / f"probe-{token_hex(6)}"
        file = folder / "probe"
        try:
            folder.mkdir()
            file.write_bytes(_BODY)
            file.chmod(0o400)
        except OSError as refused:
            raise VaultAway(
                f"Nothing can be written in that folder: {refused.strerror}.",
                safe="Nothing was changed.",
                next="Mount the disk, or make the folder; then check again.",
            ) from refused
        with contextlib.suppress(OSError):
            attack(file)
        stands = False
        with contextlib.suppress(OSError):
            stands = file.read_bytes() == _BODY
        found.append(Attempt(name, stands))
        shutil.rmtree(folder, ignore_errors=True)
        left += folder.exists()
    return Checked(found, left)


def _open_and(flags: int, data: bytes = b"") -> Callable[[Path], None]:
    def attack(file: Path) -> None:
        file.chmod(0o600)
        fd = os.open(file, os.O_WRONLY | flags)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)

    return attack


def _write_over(file: Path) -> None:
    beside = file.with_name("other")
    beside.write_bytes(b"another")
    beside.replace(file)


def _rename(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))


_ATTEMPTS: tuple[tuple[str, Callable[[Path], None]], ...] = (
    ("delete it", lambda file: file.unlink()),
    ("delete its folder", lambda file: shutil.rmtree(file.parent)),
    ("write into it", _open_and(0, b"another")),
    ("cut it", _open_and(os.O_TRUNC)),
    ("put another in its place", _write_over),
    ("give it another name", _rename),
)
