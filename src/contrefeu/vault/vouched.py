"""What vaults vouched for: on the node, the highest checkpoint of each journal that each of them showed.

    HOME/vouched/<key>/<journal>.checkpoint       of a vault that pulls: with its line under it
    HOME/vouched/store-<hash>/<journal>.checkpoint    of a vault that is asked: as the copies process found it there

Rules kept here:
  * Only a checkpoint that a key of this node's own journals signed, and that the pinned vault cosigned if it pulls, is
    noted: a hostile vault can neither make the node believe that something else is safe, nor write anything of its own
    here. It can repeat what was signed, and hold it back; what it holds back others may say.
  * It only grows: a vault that says less than it said is not believed.
  * Writers read this and ask no object store: they hold no credentials.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from contrefeu.base import swap_file
from contrefeu.journal import JOURNAL_ID, JournalFiles, NoJournal, journals_in
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


def note_held(journals: Path, url: str, notes: Iterable[bytes]) -> None:
    """Keep for the writers of *journals* what the vault at *url* was found to hold; what none of them signed is not."""
    folder = journals.parent / FOLDER / f"store-{sha256(url.encode()).hexdigest()[:32]}"
    publics = {verifier.public for verifier in _verifiers(journals)}
    for note in notes:
        found = _signed_by_one(note, publics)
        if found is None or len(note) > NOTE_BYTES_MAX:
            continue
        path = folder / f"{found.origin.replace('/', '_')}.checkpoint"
        with contextlib.suppress(OSError):
            before = _signed_by_one(path.read_bytes(), publics) if path.exists() else None
            if before is None or before.size < found.size:
                path.parent.mkdir(parents=True, exist_ok=True)
                swap_file(path, note)


def _verifiers(journals: Path) -> Iterable[Verifier]:
    for files in journals_in(journals):
        with contextlib.suppress(OSError, NoJournal, ProofMismatch):
            yield files.verifier()


def _signed_by_one(note: bytes, publics: Iterable[bytes]) -> Checkpoint | None:
    """The checkpoint in *note* when one of these keys signed it: of a journal here, or of a successor of one."""
    origin = note.partition(b"\n")[0].decode("utf-8", "replace")
    if not JOURNAL_ID.fullmatch(origin):
        return None
    try:
        point = open_checkpoint(note, [Verifier(origin, public) for public in publics])
    except ProofMismatch:
        return None
    return point if point.origin == origin else None


def _checked(note: bytes, verifier: Verifier, witness: WitnessKey) -> Vouched:
    point: Checkpoint = open_checkpoint(note, [verifier])
    witness.time_of(note)
    if point.origin != verifier.name:
        raise ProofMismatch("the checkpoint speaks of another journal")
    return Vouched(point.entries, point.size, note)
