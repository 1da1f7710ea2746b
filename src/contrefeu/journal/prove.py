"""Proving that one entry is in the journal that a checkpoint commits to, without showing its neighbours; and that one
checkpoint's journal goes on where another's ended.

    entry leaf  -> entries root (in the frame's clear head)  -> frame leaf -> root (in the checkpoint)

Source: docs/spec/journal-v1.md, "Proofs"; RFC 9162, 2.1.3 and 2.1.4.

Rules kept here:
  * What is given out was checked first: who is given a proof that does not hold looks for the fault in the wrong place.
  * Heads of frames are read, and no body but the one that is proved.
"""

import base64
import binascii
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contrefeu.journal.entry import SALT_BYTES, Entry, unpack_entry
from contrefeu.journal.errors import JournalTampered
from contrefeu.journal.expiry import ended_leaves
from contrefeu.journal.files import JournalFiles
from contrefeu.journal.reader import KeyOf, SegmentReader
from contrefeu.journal.scan import Located, frames
from contrefeu.proof import (
    HEAD_BYTES,
    LEAF_BYTES,
    Checkpoint,
    ProofMismatch,
    Verifier,
    consistency_path,
    hash_leaf,
    inclusion_path,
    open_checkpoint,
    read_head,
    root_of,
    verify_consistency,
    verify_inclusion,
)


@dataclass(frozen=True, slots=True)
class EntryProof:
    """What an auditor needs beside the writer's public key."""

    entry: bytes  # canonical bytes: what is proved
    entry_index: int  # in its frame
    salt: bytes
    entry_path: list[bytes]
    frame_header: bytes
    ciphertext_sha256: bytes
    frame_index: int  # leaf in the journal's tree
    frame_path: list[bytes]
    checkpoint: str

    def told(self) -> dict[str, Any]:
        """The proof as JSON: the entry in base64, hashes in hexadecimal."""
        return {
            "entry": base64.b64encode(self.entry).decode(),
            "entry_index": self.entry_index,
            "salt": self.salt.hex(),
            "entry_path": [h.hex() for h in self.entry_path],
            "frame_header": self.frame_header.hex(),
            "ciphertext_sha256": self.ciphertext_sha256.hex(),
            "frame_index": self.frame_index,
            "frame_path": [h.hex() for h in self.frame_path],
            "checkpoint": self.checkpoint,
        }

    @classmethod
    def parse(cls, told: dict[str, Any]) -> "EntryProof":
        """Read what `told` gives.

        Raises:
            ProofMismatch: It is no proof of an entry.
        """
        try:
            found = cls(
                entry=base64.b64decode(told["entry"], validate=True),
                entry_index=_count(told["entry_index"]),
                salt=bytes.fromhex(told["salt"]),
                entry_path=[bytes.fromhex(h) for h in told["entry_path"]],
                frame_header=bytes.fromhex(told["frame_header"]),
                ciphertext_sha256=bytes.fromhex(told["ciphertext_sha256"]),
                frame_index=_count(told["frame_index"]),
                frame_path=[bytes.fromhex(h) for h in told["frame_path"]],
                checkpoint=told["checkpoint"],
            )
            found.checkpoint.encode()
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
            raise ProofMismatch("this is no proof of an entry") from None
        return found


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the journal of one checkpoint is the start of another's."""

    old_checkpoint: str
    checkpoint: str
    path: list[bytes]

    def told(self) -> dict[str, Any]:
        """The proof as JSON, hashes in hexadecimal."""
        return {
            "old_checkpoint": self.old_checkpoint,
            "checkpoint": self.checkpoint,
            "consistency_path": [h.hex() for h in self.path],
        }

    @classmethod
    def parse(cls, told: dict[str, Any]) -> "ConsistencyProof":
        """Read what `told` gives.

        Raises:
            ProofMismatch: It is no proof of consistency.
        """
        try:
            path = [bytes.fromhex(h) for h in told["consistency_path"]]
            found = cls(told["old_checkpoint"], told["checkpoint"], path)
            _ = found.old_checkpoint.encode(), found.checkpoint.encode()
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ProofMismatch("this is no proof that one checkpoint extends another") from None
        return found


def check_entry(proof: EntryProof, verifier: Verifier) -> Entry:
    """Check a proof with the writer's public key alone; returns the entry that is proved.

    Raises:
        ProofMismatch: It does not lead to what the writer signed for.
    """
    point = _point(proof.checkpoint.encode(), verifier)
    head = read_head(proof.frame_header)
    if head is None or head.closing or len(proof.salt) != SALT_BYTES:
        raise ProofMismatch("the proof has no frame's head, or no salt")
    try:
        entry = unpack_entry(verifier.name, proof.salt + proof.entry)
        leaf = hash_leaf(proof.salt + proof.entry)
        verify_inclusion(leaf, proof.entry_index, head.count, proof.entry_path, head.entries_root)
        frame = hash_leaf(proof.frame_header + proof.ciphertext_sha256)
        verify_inclusion(frame, proof.frame_index, point.size, proof.frame_path, point.root)
    except ValueError:
        raise ProofMismatch("the proof names a place that there is not, or a malformed entry") from None
    if len(proof.ciphertext_sha256) != LEAF_BYTES - HEAD_BYTES:
        raise ProofMismatch("the hash of the ciphertext is not 32 bytes long")
    if entry.sequence != head.first_sequence + proof.entry_index or not entry.sequence <= point.entries:
        raise ProofMismatch("the entry is not the one of that place")
    return entry


def check_consistency(proof: ConsistencyProof, verifier: Verifier) -> tuple[Checkpoint, Checkpoint]:
    """Check with the writer's public key alone that one checkpoint extends the other; returns both, the older first.

    Raises:
        ProofMismatch: It does not: the journal was forked, or the proof is not one for these two.
    """
    old = _point(proof.old_checkpoint.encode(), verifier)
    new = _point(proof.checkpoint.encode(), verifier)
    if old.entries > new.entries:
        raise ProofMismatch("the newer checkpoint commits to fewer entries")
    if old.size == 0:
        if proof.path or old.root != root_of([]):
            raise ProofMismatch("the older checkpoint is not that of an empty journal")
        return old, new
    try:
        verify_consistency(old.size, new.size, proof.path, old.root, new.root)
    except ValueError:
        raise ProofMismatch("the older checkpoint is the longer one") from None
    return old, new


def prove_consistency(files: JournalFiles, old_note: bytes) -> ConsistencyProof | None:
    """Prove that the journal, as its latest checkpoint has it, goes on where *old_note* ended; needs no key.

    Returns None when there is no checkpoint, or only one that is older than *old_note*.

    Raises:
        ProofMismatch: *old_note* is not a checkpoint of this journal's writer.
        JournalTampered: The journal does not extend it.
    """
    verifier = files.verifier()
    old, note = _point(old_note, verifier), _latest(files)
    if note is None:
        return None
    point = _point(note, verifier)
    if point.size < old.size:
        return None
    leaves = [leaf for leaf, _, _ in _leaves(files, verifier)][: point.size]
    path = consistency_path(leaves, old.size) if 0 < old.size <= len(leaves) else []
    proof = ConsistencyProof(old_note.decode(), note.decode(), path)
    try:
        if len(leaves) < point.size:
            raise ProofMismatch("leaves are missing")
        check_consistency(proof, verifier)
    except ProofMismatch:
        raise _not_signed_for(verifier) from None
    return proof


def prove_entry(files: JournalFiles, sequence: int, key_of: KeyOf) -> EntryProof | None:
    """Prove entry *sequence* against the latest checkpoint; None when it is not covered (yet).

    Reads the heads of all frames once: a proof is rare, an index of leaves would be one more thing to keep right.

    Raises:
        JournalTampered: The journal is not the one that was signed for.
        JournalUnreadable: No key opens the entry's segment.
    """
    verifier = files.verifier()
    note = _latest(files)
    if note is None:
        return None
    point = _point(note, verifier)
    leaves: list[bytes] = []
    place: tuple[int, int, Located] | None = None
    for index, (leaf, number, frame) in enumerate(_leaves(files, verifier)):
        leaves.append(leaf)
        if frame is not None and frame.head.first_sequence <= sequence <= frame.head.last_sequence:
            place = (number, index, frame)
    if place is None or place[1] >= point.size or len(leaves) < point.size:
        return None
    number, index, frame = place
    segment = SegmentReader(files, number, verifier)
    try:
        prefix = os.pread(segment.fd, LEAF_BYTES, frame.offset)
        salted = segment.opener(key_of).salted(frame.head, segment.ciphertext(frame))
    finally:
        segment.close()
    at = sequence - frame.head.first_sequence
    frame_path = inclusion_path(leaves[: point.size], index)
    proof = EntryProof(
        entry=salted[at][SALT_BYTES:],
        entry_index=at,
        salt=salted[at][:SALT_BYTES],
        entry_path=inclusion_path([hash_leaf(s) for s in salted], at),
        frame_header=prefix[:HEAD_BYTES],
        ciphertext_sha256=prefix[HEAD_BYTES:],
        frame_index=index,
        frame_path=frame_path,
        checkpoint=note.decode(),
    )
    try:
        check_entry(proof, verifier)
    except ProofMismatch:
        raise _not_signed_for(verifier) from None
    return proof


def _leaves(files: JournalFiles, verifier: Verifier) -> Iterator[tuple[bytes, int, Located | None]]:
    """Leaf hash, segment and frame (None: the header, or what has ended) of each leaf of the tree."""
    yield from ((leaf, 0, None) for leaf in ended_leaves(files))
    numbers = files.segments()
    headers = [SegmentReader(files, number, verifier) for number in numbers[:1]]
    for i, number in enumerate(numbers):
        segment = headers.pop()
        if i + 1 < len(numbers):
            headers.append(SegmentReader(files, numbers[i + 1], verifier))
        # Frames beyond where the next header says that the tree stood were abandoned after a failed sync.
        left = headers[0].header.tree.size - segment.header.tree.size if headers else None
        try:
            if left == 0:
                continue  # the whole file was
            yield hash_leaf(segment.note), number, None
            for index, frame in enumerate(frames(segment.fd, segment.start, segment.size, hashed=False)):
                if left is not None and index + 1 >= left:
                    break
                yield frame.leaf, number, frame
        finally:
            segment.close()


def _latest(files: JournalFiles) -> bytes | None:
    try:
        return files.checkpoint.read_bytes()
    except FileNotFoundError:
        return None


def _point(note: bytes, verifier: Verifier) -> Checkpoint:
    point = open_checkpoint(note, [verifier])
    if point.origin != verifier.name:
        raise ProofMismatch("the checkpoint is that of another journal")
    return point


def _count(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("a place is a whole number")
    return value


def _not_signed_for(verifier: Verifier) -> JournalTampered:
    return JournalTampered(
        f'Journal "{verifier.name}" is not the one that its checkpoint signed for: nothing can be proved of it.',
        next="contrefeu journal verify says where.",
    )
