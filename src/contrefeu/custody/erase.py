"""Destroying a file that held a secret.

Rules kept here:
  * Its bytes are written over and synced before its name goes, and the folder is synced after: no order of writing that
    a power cut leaves has the secret and not the name.
  * What the medium keeps of overwritten blocks (a flash disk's spare ones, snapshots, a copy-on-write file system) is
    beyond a program: docs/threat-model.md says so. An encrypted disk is the answer there.
"""

import os
import secrets
from pathlib import Path

from contrefeu.base import sync_dir


def erase(path: Path, bytes_max: int = 1 << 20) -> None:
    """Destroy the file at *path*, whose secret stands in its first *bytes_max* bytes; when it is there.

    Raises:
        OSError: The disk refused; the name is then still there, and erasing it again is safe.
    """
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        length = min(os.fstat(fd).st_size, bytes_max)
        for content in (secrets.token_bytes(length), bytes(length)):
            os.pwrite(fd, content, 0)
            os.fsync(fd)
    finally:
        os.close(fd)
    path.unlink()
    sync_dir(path.parent)
