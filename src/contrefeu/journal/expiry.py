"""How the beginning of a journal ends: a note that the custodians signed (F42; docs/spec/journal-v1.md, "Expiry").

    JOURNAL/expired                       contrefeu expiry v1
                                          origin ORIGIN
                                          segments N         the first segments, up to this number, have ended
                                          entries E          the last entry in them
                                          leaves L
                                          root BASE64        of the tree of these leaves
                                          kept DAYS          for at least so many days that the journals lived through
                                          time TIME
    JOURNAL/segments/NUMBER.leaves        the leaf hashes of a segment that ended, 32 bytes each

Rules kept here:
  * The note bears two signatures: the writer's, whose journal it is, and the custodians' authority, which takes k of
    their shares. Who checks a journal believes the custodians alone: a writer's machine that was taken over could sign
    away what it deleted. Who only reads on, or takes a copy, goes by the writer's.
  * The next segment's signed header says where the tree stood: everything behind it verifies as before, and proofs have
    the leaf hashes that stay.
  * A segment that is gone without such a note is missing.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.journal.files import JournalFiles
from contrefeu.proof import HASH_BYTES, ProofMismatch, Signer, Verifier, open_note

TITLE = "contrefeu expiry v1"
NOTE_BYTES_MAX = 4096  # eight short lines and two signatures are 700 bytes
_LEAVES = re.compile(r"(\d{10})\.leaves")


@dataclass(frozen=True, slots=True)
class Expiry:
    """What one note says."""

    origin: str
    segments: int
    entries: int
    leaves: int
    root: bytes
    kept_days: int
    time_ns: int

    def text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        return (
            f"{TITLE}\norigin {self.origin}\nsegments {self.segments}\nentries {self.entries}\nleaves {self.leaves}\n"
            f"root {root}\nkept {self.kept_days}\ntime {rfc3339(self.time_ns)}\n"
        )

    def sign(self, writer: Signer, authority: Signer) -> bytes:
        """Return the note, signed by both."""
        text = self.text()
        return writer.sign(text) + authority.signature_line(text).encode()


def open_expiry(note: bytes, writer: Verifier, custodians: Iterable[Verifier] | None = None) -> Expiry:
    """Check and read a note.

    Args:
        note: As it lies there.
        writer: The journal's public key.
        custodians: Their authorities, one of which must have signed too; None: the writer's signature is enough.

    Raises:
        ProofMismatch: It is not signed so, or speaks of another journal.
    """
    known = list(custodians) if custodians is not None else []
    if len(note) > NOTE_BYTES_MAX:
        raise ProofMismatch("the note is too long")
    found = open_note(note, [writer, *known])
    if writer not in found.signed_by or (custodians is not None and not set(known) & set(found.signed_by)):
        raise ProofMismatch("the expiry is not signed by those who may end a journal")
    try:
        title, *lines = found.text[:-1].split("\n")
        said = dict(line.split(" ", 1) for line in lines)
        expiry = Expiry(
            origin=said["origin"],
            segments=int(said["segments"]),
            entries=int(said["entries"]),
            leaves=int(said["leaves"]),
            root=base64.b64decode(said["root"], validate=True),
            kept_days=int(said["kept"]),
            time_ns=parse_rfc3339(said["time"]),
        )
    except (KeyError, ValueError, binascii.Error):
        raise ProofMismatch("the expiry is malformed") from None
    if title != TITLE or expiry.text() != found.text or expiry.origin != writer.name:
        raise ProofMismatch("the expiry is malformed, or of another journal")
    return expiry


def read_expiry(files: JournalFiles, custodians: Iterable[Verifier] | None = None) -> Expiry | None:
    """The expiry of a journal, when there is one that counts (`open_expiry`)."""
    try:
        return open_expiry(files.expired.read_bytes(), files.verifier(), custodians)
    except (OSError, ProofMismatch):
        return None


def leaves_file(files: JournalFiles, number: int) -> Path:
    """Where the leaf hashes of an ended segment lie."""
    return files.segments_folder / f"{number:010d}.leaves"


def ended_leaves(files: JournalFiles) -> Iterator[bytes]:
    """The leaf hashes of the segments that have ended, in order; those of a segment that is still there are its own."""
    matches = map(_LEAVES.fullmatch, (path.name for path in sorted(files.segments_folder.glob("*.leaves"))))
    for number in (int(match[1]) for match in matches if match):
        if files.segment(number).exists():
            return
        data = leaves_file(files, number).read_bytes()
        yield from (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))
