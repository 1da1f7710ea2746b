"""Witnessing for logs whose bytes one does not hold, and asking to be witnessed (C2SP tlog-witness).

    HOME/witness/logs/<file>            public keys of the logs that are witnessed, one line each
    HOME/witness/seen/<origin>          the last checkpoint that was cosigned of each
    HOME/witness/keys/<file>            public keys of the witnesses whose cosignatures count for one's own journals

Rules kept here:
  * A witness cosigns what it found consistent with what it cosigned before, and remembers it, on disk, before it
    answers: never two histories, never a smaller tree after a larger one.
  * Checking and remembering are one step, under a lock.
  * The journals of peers are not witnessed here: the exchange does that, with their bytes at hand (exchange.py).
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contrefeu.base import Clock, FileLock, durable_makedirs, write_file
from contrefeu.journal import JournalFiles, leaves_of
from contrefeu.proof import (
    AddCheckpoint,
    Cosigner,
    ProofMismatch,
    Verifier,
    WitnessKey,
    consistency_path,
    extends,
    open_checkpoint,
    open_cosigned,
    parse_add_checkpoint,
)
from contrefeu.vault.peers import file_name

REQUEST_BYTES_MAX = 64 * 1024  # a proof of 63 hashes and a checkpoint with some signatures
ORIGIN_BYTES_MAX = 200  # of a file's name


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers, with the status that the protocol gives it."""

    status: int  # 200 cosigned; 400, 403, 404, 409, 422 as in tlog-witness
    body: bytes  # cosignature lines; the size last seen, for 409; else a reason


class Witness:
    """One witness: whom it witnesses, and what it has seen."""

    def __init__(
        self, folder: Path, cosigner: Cosigner, clock: Clock, elsewhere: Callable[[Verifier], bool] = lambda _: False
    ) -> None:
        """Stand ready.

        Args:
            folder: `witness/` of a home.
            cosigner: The key that cosigns.
            clock: When.
            elsewhere: Whether a log is witnessed in another way, with the same key.
        """
        self._folder = folder
        self._cosigner = cosigner
        self._clock = clock
        self._elsewhere = elsewhere

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one request."""
        try:
            if len(body) > REQUEST_BYTES_MAX:
                raise ProofMismatch("the request is too long")
            request = parse_add_checkpoint(body)
            origin = request.note.partition(b"\n")[0].decode()
        except (ProofMismatch, UnicodeDecodeError):
            return Answer(400, b"not a request for a cosignature\n")
        keys = [key for key in verifiers_in(self._folder / "logs") if key.name == origin and not self._elsewhere(key)]
        if not keys or not 0 < len(os.fsencode(file_name(origin))) <= ORIGIN_BYTES_MAX:
            return Answer(404, b"no log that is witnessed here\n")
        durable_makedirs(self._folder / "seen")
        with FileLock(self._folder / "lock"):
            return self._judge(request, origin, keys)

    def _judge(self, request: AddCheckpoint, origin: str, keys: Sequence[Verifier]) -> Answer:
        try:
            point = open_checkpoint(request.note, keys)
        except ProofMismatch:
            return Answer(403, b"no known key of that log signed it\n")
        kept = self._folder / "seen" / file_name(origin)
        seen = None
        with contextlib.suppress(FileNotFoundError):
            seen = open_checkpoint(kept.read_bytes(), keys)
        if request.old_size > point.size or point.origin != origin:
            return Answer(400, b"older than what it extends\n")
        last = seen.size if seen is not None else 0
        if request.old_size != last:
            return Answer(409, f"{last}\n".encode())
        if seen is not None and seen.size == point.size and seen.root != point.root:
            return Answer(409, f"{last}\n".encode())
        if not extends(seen, point, request.proof):
            return Answer(422, b"the proof does not lead from what was seen to it\n")
        write_file(kept, request.note)
        text = request.note.decode().rpartition("\n\n")[0] + "\n"
        return Answer(200, self._cosigner.cosignature_line(text, self._clock.now_ns() // 1_000_000_000).encode())


def verifiers_in(folder: Path) -> list[Verifier]:
    """The public keys of writers in a folder; a file that is none is passed over."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        with contextlib.suppress(ProofMismatch, OSError, UnicodeDecodeError):
            found.append(Verifier.parse(path.read_text()))
    return found


def witnesses_in(folder: Path) -> list[WitnessKey]:
    """The public keys of witnesses in a folder."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        with contextlib.suppress(ProofMismatch, OSError, UnicodeDecodeError):
            found.append(WitnessKey.parse(path.read_text()))
    return found


# The side of the log.

_SEEN = ".seen"
_SEEN_FILES_MAX = 1024  # a hundred stations with three journals, each witnessed thrice


def seen_file(folder: Path, origin: str, witness: str) -> Path:
    """Where a witness leaves, among requests and answers, the last checkpoint of a journal that it cosigned."""
    return folder / f"{file_name(origin)}.{file_name(witness)}{_SEEN}"


def seen_in(folder: Path) -> list[tuple[str, bytes]]:
    """What witnesses left in a folder: origin and note, as they say; whose they are shows when they are opened."""
    found = []
    for path in sorted(folder.glob(f"*{_SEEN}"))[:_SEEN_FILES_MAX]:
        with path.open("rb") as file:
            note = file.read(REQUEST_BYTES_MAX)
        found.append((note.partition(b"\n")[0].decode("utf-8", "replace"), note))
    return found


def request_for(files: JournalFiles, old_size: int) -> AddCheckpoint:
    """What to ask a witness that has seen *old_size* leaves of a journal.

    Raises:
        ProofMismatch: The journal has no checkpoint, or one that is smaller or not its own.
    """
    try:
        note = files.checkpoint.read_bytes()
    except FileNotFoundError:
        raise ProofMismatch("the journal has no checkpoint yet") from None
    point = open_checkpoint(note, [files.verifier()])
    leaves = leaves_of(files, point.size)
    if len(leaves) < point.size or old_size > point.size:
        raise ProofMismatch("the journal is shorter than what was witnessed of it")
    proof = consistency_path(leaves, old_size) if 0 < old_size <= point.size else []
    return AddCheckpoint(old_size, tuple(proof), note)


def keep_cosigned(kept: Path, note: bytes, lines: bytes, writer: Verifier, witness: WitnessKey) -> bool:
    """Keep a checkpoint with a witness's lines, if they are the witness's and it is larger than the one before.

    Raises:
        ProofMismatch: The lines are not this witness's, or not of this checkpoint.
    """
    vouched = open_cosigned(note + lines, writer, [witness])
    if not vouched.witnesses:
        raise ProofMismatch("the witness did not cosign it")
    with contextlib.suppress(FileNotFoundError, ProofMismatch):
        if open_checkpoint(kept.read_bytes(), [writer]).size > vouched.checkpoint.size:
            return False
    durable_makedirs(kept.parent)
    write_file(kept, note + lines)
    return True


def vouched_for(folder: Path, writer: Verifier, witnesses: Iterable[WitnessKey]) -> list[tuple[bytes, str, int]]:
    """Cosigned checkpoints of one journal that are kept: the note, which witness, and when (seconds since 1970)."""
    known = list(witnesses)
    found = []
    kept = folder / file_name(writer.name)
    for path in sorted(kept.iterdir()) if kept.is_dir() else []:
        with contextlib.suppress(ProofMismatch, OSError):
            note = path.read_bytes()
            found += [(note, name, when) for name, when in open_cosigned(note, writer, known).witnesses]
    return found
