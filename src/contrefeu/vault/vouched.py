"""What pulling vaults vouched for: on the node, the highest checkpoint of each journal that each of them cosigned.

    HOME/vouched/<key>/<journal>.checkpoint       the node's own checkpoint, with the vault's line under it

Rules kept here:
  * Only a checkpoint that this node's own writer signed, and that the pinned vault cosigned, is noted: a hostile vault
    host can neither make the node believe that something else is safe, nor write anything of its own here.
  * It only grows: a vault that says less than it said is not believed.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from contrefeu.base import swap_file
from contrefeu.journal import JournalFiles, NoJournal, journals_in
from contrefeu.proof import Checkpoint, ProofMismatch, Verifier, WitnessKey, open_checkpoint

FOLDER = "vouched"
NOTE_BYTES_MAX = 64 * 1024  # a checkpoint with a hundred cosignatures


@dataclass(frozen=True, slots=True)
class Vouched:
    """How far a vault vouched for a journal."""

    entries: int
    leaves: int
    note: bytes


class VouchedBy:
    """What one vault vouched for."""

    def __init__(self, journals: Path, witness: WitnessKey) -> None:
        self._journals = journals
        self._witness = witness
        self._folder = journals.parent / FOLDER / witness.public.hex()[:32]
        self._known: dict[str, Vouched] = {}
        for files in journals_in(journals):
            with contextlib.suppress(OSError, NoJournal, ProofMismatch):
                verifier = files.verifier()
                note = self._path(files).read_bytes()
                self._known[verifier.name] = _checked(note, verifier, witness)

    def note(self, journal: str, note: bytes) -> bool:
        """Take a cosigned checkpoint; whether it is one, and says more than the last."""
        if len(note) > NOTE_BYTES_MAX:
            return False
        files = next((f for f in journals_in(self._journals) if f.folder.name == journal.replace("/", "_")), None)
        if files is None:
            return False
        try:
            verifier = files.verifier()
            found = _checked(note, verifier, self._witness)
        except (OSError, NoJournal, ProofMismatch):
            return False
        known = self._known.get(verifier.name)
        if verifier.name != journal or (known is not None and found.leaves <= known.leaves):
            return False
        self._known[journal] = found
        self._keep(files, note)
        return True

    def positions(self) -> dict[str, int]:
        """The last entry of each journal that the vault vouched for."""
        return {journal: found.entries for journal, found in self._known.items()}

    def _keep(self, files: JournalFiles, note: bytes) -> None:
        """Whole or not at all; not synced: it is asked for again, and the journal's disk is busy enough."""
        path = self._path(files)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            swap_file(path, note)

    def _path(self, files: JournalFiles) -> Path:
        return self._folder / f"{files.folder.name}.checkpoint"


def vouched_notes(home: Path) -> dict[str, list[bytes]]:
    """Checkpoints that pulling vaults cosigned, by the name of the journal's folder: to check a journal against."""
    found: dict[str, list[bytes]] = {}
    for path in sorted((home / FOLDER).glob("*/*.checkpoint")):
        with contextlib.suppress(OSError):
            found.setdefault(path.stem, []).append(path.read_bytes())
    return found


def _checked(note: bytes, verifier: Verifier, witness: WitnessKey) -> Vouched:
    point: Checkpoint = open_checkpoint(note, [verifier])
    witness.time_of(note)
    if point.origin != verifier.name:
        raise ProofMismatch("the checkpoint speaks of another journal")
    return Vouched(point.entries, point.size, note)
