"""Signed notes in a store whose objects are not replaced: each has a name of its own, that of most leaves comes first.

    journals/<name>/checkpoint/<order, 16 digits>-<SHA-256, 16 hex digits>[-kept]
    journals/<name>/expired/<order>-<SHA-256>

`order` is 10^15 less the leaves: a listing begins with the furthest.

Rules kept here:
  * A note counts when the journal's writer signed it, and under the name that it makes: an old one, laid under a name
    that promises more, does not hide the one that came after it.
"""

import re
from hashlib import sha256

from contrefeu.journal import open_expiry
from contrefeu.proof import ProofMismatch, Verifier, open_checkpoint

CHECKPOINT = "checkpoint"
EXPIRED = "expired"
KEPT = "-kept"  # of a checkpoint that stays as long as the segment that it was put beside
_ORDER = 10**15  # more leaves than a journal will have
_LEAVES = re.compile(rb"\A[^\n]*\n(?:(\d{1,14})\n|(?:[^\n]+\n){3}leaves (\d{1,14})\n)")  # of a checkpoint, of an expiry


def is_note(name: str) -> bool:
    """Whether the file *name* is a note of which several can be there."""
    return name.endswith((f"/{CHECKPOINT}", f"/{EXPIRED}"))


def note_name(note: bytes) -> str:
    """What *note* is called in its folder; what is none comes last."""
    match = _LEAVES.match(note)
    leaves = int(match[1] or match[2]) if match else 0
    return f"{_ORDER - leaves:016d}-{digest(note)}"


def signed_leaves(name: str, note: bytes, verifier: Verifier) -> int | None:
    """The leaves that *note*, found under *name*, speaks of; None when the writer did not sign it, or not as that."""
    under, _, called = name.rpartition("/")
    if called != EXPIRED and called.removesuffix(KEPT) != note_name(note):  # once there was one expiry, called just so
        return None
    try:
        if EXPIRED in {called, under.rpartition("/")[2]}:
            return open_expiry(note, verifier).leaves
        point = open_checkpoint(note, [verifier])
    except ProofMismatch:
        return None
    return point.size if point.origin == verifier.name else None


def digest(data: bytes) -> str:
    """The first 16 hex digits of its SHA-256."""
    return sha256(data).hexdigest()[:16]
