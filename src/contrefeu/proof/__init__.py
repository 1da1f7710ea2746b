"""Checking without reading: frames' clear heads, Merkle trees, signed notes and checkpoints."""

from contrefeu.proof.checkpoint import Checkpoint, open_checkpoint
from contrefeu.proof.cosign import Cosigner, Witness
from contrefeu.proof.errors import ProofMismatch
from contrefeu.proof.frames import (
    FRAME_ENTRIES_MAX,
    HEAD_BYTES,
    LEAF_BYTES,
    PREFIX_BYTES,
    TAG_BYTES,
    FrameHead,
    frame_leaf,
    read_head,
    read_prefix,
    seal_prefix,
)
from contrefeu.proof.merkle import (
    Frontier,
    consistency_path,
    hash_leaf,
    inclusion_path,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from contrefeu.proof.note import Note, Signer, Verifier, open_note

__all__ = [
    "FRAME_ENTRIES_MAX",
    "HEAD_BYTES",
    "LEAF_BYTES",
    "PREFIX_BYTES",
    "TAG_BYTES",
    "Checkpoint",
    "Cosigner",
    "FrameHead",
    "Frontier",
    "Note",
    "ProofMismatch",
    "Signer",
    "Verifier",
    "Witness",
    "consistency_path",
    "frame_leaf",
    "hash_leaf",
    "inclusion_path",
    "open_checkpoint",
    "open_note",
    "read_head",
    "read_prefix",
    "root_of",
    "seal_prefix",
    "verify_consistency",
    "verify_inclusion",
]
