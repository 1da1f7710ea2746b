"""Proving that one entry is in the journal that a checkpoint commits to, without showing its neighbours.

    entry leaf  -> entries root (in the frame's clear head)  -> frame leaf -> root (in the checkpoint)

Source: docs/spec/journal-v1.md, "Proof of one entry"; RFC 9162, 2.1.3.
"""

import os
from dataclasses import dataclass

from contrefeu.journal.entry import SALT_BYTES
from contrefeu.journal.files import JournalFiles
from contrefeu.journal.reader import KeyOf, SegmentReader
from contrefeu.journal.scan import frames
from contrefeu.proof import PREFIX_BYTES, hash_leaf, inclusion_path, open_checkpoint


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
    """
    verifier = files.verifier()
    note = files.checkpoint.read_bytes()
    point = open_checkpoint(note, [verifier])
    leaves: list[bytes] = []
    proof: tuple[bytes, int, bytes, list[bytes], bytes, bytes, int] | None = None
    for number in files.segments():
        segment = SegmentReader(files, number, verifier)
        try:
            del leaves[segment.header.tree.size :]  # abandoned frames of the segment before
            leaves.append(hash_leaf(segment.note))
            for frame in frames(segment.fd, segment.start, segment.size, hashed=False):
                if frame.head.count and frame.head.first_sequence <= sequence <= frame.head.last_sequence:
                    prefix = os.pread(segment.fd, PREFIX_BYTES, frame.offset)
                    ciphertext = os.pread(segment.fd, frame.head.length, frame.offset + PREFIX_BYTES)
                    salted = segment.opener(key_of).salted(frame.head, ciphertext)
                    at = sequence - frame.head.first_sequence
                    path = inclusion_path([hash_leaf(s) for s in salted], at)
                    own = salted[at]
                    proof = (
                        own[SALT_BYTES:],
                        at,
                        own[:SALT_BYTES],
                        path,
                        prefix[:84],
                        prefix[84:116],
                        len(leaves),
                    )
                leaves.append(frame.leaf)
        finally:
            segment.close()
    if proof is None or proof[-1] >= point.size or len(leaves) < point.size:
        return None
    frame_path = inclusion_path(leaves[: point.size], proof[-1])
    return EntryProof(*proof, frame_path, note.decode())
