"""Proving that one entry is in the journal that a checkpoint commits to, without showing its neighbours.

    entry leaf  -> entries root (in the frame's clear head)  -> frame leaf -> root (in the checkpoint)

Source: docs/spec/journal-v1.md, "Proof of one entry"; RFC 9162, 2.1.3.
"""

import os
from dataclasses import dataclass

from contrefeu.journal.entry import SALT_BYTES
from contrefeu.journal.errors import JournalTampered
from contrefeu.journal.files import JournalFiles
from contrefeu.journal.reader import KeyOf, SegmentReader
from contrefeu.journal.scan import Located, frames
from contrefeu.proof import (
    HEAD_BYTES,
    LEAF_BYTES,
    ProofMismatch,
    hash_leaf,
    inclusion_path,
    open_checkpoint,
    verify_inclusion,
)


@dataclass(frozen=True, slots=True)
class EntryProof:
    """What an auditor needs beside the entry's canonical bytes."""

    entry: bytes  # canonical bytes: what is proved
    entry_index: int  # in its frame
    salt: bytes
    entry_path: list[bytes]
    frame_header: bytes
    ciphertext_sha256: bytes
    frame_index: int  # leaf in the journal's tree
    frame_path: list[bytes]
    checkpoint: str


def prove_entry(files: JournalFiles, sequence: int, key_of: KeyOf) -> EntryProof | None:
    """Prove entry *sequence* against the latest checkpoint; None when it is not covered (yet).

    Reads the heads of all frames once: a proof is rare, an index of leaves would be one more thing to keep right.

    Raises:
        JournalTampered: The journal is not the one that was signed for.
        JournalUnreadable: No key opens the entry's segment.
    """
    verifier = files.verifier()
    try:
        note = files.checkpoint.read_bytes()
    except FileNotFoundError:
        return None
    point = open_checkpoint(note, [verifier])
    leaves: list[bytes] = []
    place: tuple[int, int, Located] | None = None
    for number in files.segments():
        segment = SegmentReader(files, number, verifier)
        try:
            del leaves[segment.header.tree.size :]  # abandoned frames of the segment before
            leaves.append(hash_leaf(segment.note))
            for frame in frames(segment.fd, segment.start, segment.size, hashed=False):
                head = frame.head
                if head.count and head.first_sequence <= sequence <= head.last_sequence:
                    place = (number, len(leaves), frame)
                leaves.append(frame.leaf)
        finally:
            segment.close()
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
    try:
        # Who is given a proof that does not hold looks for the fault in the wrong place.
        verify_inclusion(frame.leaf, index, point.size, frame_path, point.root)
    except ProofMismatch:
        raise JournalTampered(
            f'Journal "{verifier.name}" is not the one that its checkpoint signed for: nothing can be proved of it.',
            next="contrefeu journal verify says where.",
        ) from None
    return EntryProof(
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
