"""What people wrote into a home, kept in one file and put back: settings, laboratory list, regimes.

    BACKUP.tar.gz = contrefeu.toml  [laboratory.toml]  [regimes/*]

Rules kept here:
  * No key, no credential and no message is in it: NAMES says what is, and a test compares it with the whole home.
  * Only what NAMES says comes out of a file, as plain files of bounded size, whatever else it holds.
  * What is replaced stays beside it, as NAME.before.
"""

import gzip
import io
import tarfile
from pathlib import Path

from contrefeu.base import OperatorError, durable_makedirs, write_file
from contrefeu.hospital import parse_settings

NAMES = ("contrefeu.toml", "laboratory.toml")  # and the files of FOLDERS
FOLDERS = ("regimes",)
FILE_BYTES_MAX = 2**20  # of one file: as settings themselves
FILES_MAX = 200  # a regime is a file; there are a dozen


def backed_up(home: Path) -> dict[str, bytes]:
    """Name -> bytes of what a backup holds."""
    wanted = [home / name for name in NAMES]
    wanted += [path for folder in FOLDERS for path in sorted((home / folder).glob("*"))]
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in wanted if path.is_file()}


def packed(files: dict[str, bytes]) -> bytes:
    """*files* as one archive: the same bytes for the same files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o640
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files of an archive, checked.

    Raises:
        OperatorError: It is no backup of settings.
        SettingsError: Its settings have problems.
    """
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            while (entry := archive.next()) is not None:
                if not entry.isreg() or entry.size > FILE_BYTES_MAX or len(files) == FILES_MAX or not _ours(entry.name):
                    raise _no_backup()
                stream = archive.extractfile(entry)
                files[entry.name] = stream.read() if stream is not None else b""
    except (tarfile.TarError, EOFError, OSError, ValueError):
        raise _no_backup() from None
    if NAMES[0] not in files:
        raise _no_backup()
    parse_settings(files[NAMES[0]])
    return files


def put_back(home: Path, files: dict[str, bytes]) -> list[str]:
    """Write *files* into *home*; returns the names of those that differed from what was there."""
    before = backed_up(home)
    changed = [name for name, data in sorted(files.items()) if before.get(name) != data]
    for name in changed:
        path = home / name
        durable_makedirs(path.parent)
        if name in before:
            write_file(path.with_name(f"{path.name}.before"), before[name], mode=0o640)
        write_file(path, files[name], mode=0o640)
    return changed


def _ours(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return name in NAMES or (folder in FOLDERS and bool(file) and not file.startswith("."))


def _no_backup() -> OperatorError:
    return OperatorError(
        "That file is no backup of settings.",
        safe="Nothing was changed.",
        next="Name one that contrefeu config backup wrote; vaults hold the settings too (contrefeu restore).",
    )
