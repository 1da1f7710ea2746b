"""The custodians' keys and further rights, on their way to a vault host: what a restore needs beside the journals (S5).

    HOST/rights/<node>/recovery/0001.note                         as the node has them (journal/recovery.py)
    HOST/rights/<node>/grants/<journal>/<segment>.<fp>.grant

Rules kept here:
  * Of a node's grants only those to a recovery key are offered: the others are rights of a machine.
  * What a vault host is given lies here first and is then checked and kept by what does it for every vault
    (recovery.py): notes that do not continue those it has are refused there.
  * Names are looked for among those that are there, or must have a grant's form: none becomes another path.
"""

import re
from pathlib import Path

from contrefeu.base import durable_makedirs, write_file
from contrefeu.journal import note_name, recovery_keys, recovery_notes

NOTES_MAX = 1000  # recovery keys of one node: one a year, and more after each departure
NOTE_BYTES_MAX = 64 * 1024  # a note holds a key of 1.6 kB and two signatures
GRANTS_MAX = 20_000  # segments that an older key was for: two years of one an hour
GRANT_BYTES_MAX = 16 * 1024  # one sealed data key is 1.6 kB
_GRANT = re.compile(r"\d{10}\.([0-9a-f]{16})\.grant")
_FOLDER = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")


class Rights:
    """What a node offers."""

    def __init__(self, notes: Path, grants: Path) -> None:
        self._notes = notes
        self._grants = grants
        self._seen: object = None
        self._shared: tuple[list[bytes], list[tuple[str, str]]] = ([], [])

    def state(self) -> list[tuple[str, int]]:
        """Something that changes when a note or a grant comes."""
        folders = [p for p in self._grants.iterdir() if p.is_dir()] if self._grants.is_dir() else []
        notes = list(self._notes.iterdir()) if self._notes.is_dir() else []
        return sorted((path.name, path.stat().st_mtime_ns) for path in (*notes, *folders))

    def shared(self) -> tuple[list[bytes], list[tuple[str, str]]]:
        """The notes, and the folder and name of each grant to one of their keys."""
        state = self.state()
        if state != self._seen:
            notes = recovery_notes(self._notes)[:NOTES_MAX]
            wanted = {key.fingerprint[:16] for key in recovery_keys(notes)}
            found = sorted(self._grants.glob("*/*.grant"))
            named = [(path.parent.name, path.name) for path in found if _fingerprint(path.name) in wanted]
            self._shared, self._seen = (notes, named[:GRANTS_MAX]), state
        return self._shared

    def grant(self, folder: str, name: str) -> bytes:
        """One grant that is offered; nothing when it is none."""
        if (folder, name) not in self.shared()[1]:
            return b""
        try:
            data = (self._grants / folder / name).read_bytes()
        except OSError:
            return b""
        return data if len(data) <= GRANT_BYTES_MAX else b""


class RightsKept:
    """What a vault host was given of one node, before it is checked."""

    def __init__(self, root: Path) -> None:
        self.notes = root / "recovery"
        self.grants = root / "grants"

    def keep_notes(self, notes: list[bytes]) -> None:
        """Take the notes as the node has them now."""
        durable_makedirs(self.notes)
        for number, note in enumerate(notes[:NOTES_MAX], 1):
            path = self.notes / note_name(number)
            if len(note) <= NOTE_BYTES_MAX and (not path.exists() or path.read_bytes() != note):
                write_file(path, note)

    def wanted(self, grants: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Which of *grants* are not here yet; those whose name cannot be one are passed over."""
        sound = [(f, n) for f, n in grants[:GRANTS_MAX] if _FOLDER.fullmatch(f) and _fingerprint(n)]
        return [(folder, name) for folder, name in sound if not (self.grants / folder / name).exists()]

    def keep_grant(self, folder: str, name: str, data: bytes) -> None:
        """Take one grant that is wanted."""
        if len(data) <= GRANT_BYTES_MAX:
            durable_makedirs(self.grants / folder)
            write_file(self.grants / folder / name, data)


def _fingerprint(name: str) -> str:
    found = _GRANT.fullmatch(name)
    return found[1] if found else ""
