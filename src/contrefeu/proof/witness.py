"""What a log asks of a witness: the body of `add-checkpoint` (C2SP tlog-witness, https://c2sp.org/tlog-witness).

request = "old " size "\\n" (base64 of a proof's hash "\\n")* "\\n" checkpoint note
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from contrefeu.proof.checkpoint import Checkpoint
from contrefeu.proof.errors import ProofMismatch
from contrefeu.proof.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency

PROOF_LINES_MAX = 63  # a tree of 2**63 leaves


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A checkpoint, and the proof that it extends the one of `old_size` leaves."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def pack(self) -> bytes:
        """Return the request's body."""
        lines = [f"old {self.old_size}", *(base64.b64encode(node).decode() for node in self.proof), ""]
        return ("\n".join(lines) + "\n").encode() + self.note


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read a request.

    Raises:
        ProofMismatch: It is not one.
    """
    head, blank, note = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        size = first.removeprefix("old ")
        if not blank or not first.startswith("old ") or not size.isdigit() or str(int(size)) != size:
            raise ValueError(first)
        proof = tuple(base64.b64decode(line, validate=True) for line in lines)
        if len(proof) > PROOF_LINES_MAX or any(len(node) != HASH_BYTES for node in proof):
            raise ValueError("proof")
        if any(base64.b64encode(node).decode() != line for node, line in zip(proof, lines, strict=True)):
            raise ValueError("base64 with stray bits")
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise ProofMismatch("not a request for a cosignature") from None
    return AddCheckpoint(int(size), proof, note)


def extends(old: Checkpoint | None, new: Checkpoint, proof: Sequence[bytes]) -> bool:
    """Whether *new* is the same history as *old*, gone on with; anything extends nothing at all."""
    if old is None or old.size == 0:
        return not proof and (new.size > 0 or new.root == EMPTY_ROOT)
    try:
        verify_consistency(old.size, new.size, proof, old.root, new.root)
    except (ProofMismatch, ValueError):
        return False
    return True
