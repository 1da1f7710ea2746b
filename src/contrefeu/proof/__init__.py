"""Checking without reading: frames' clear heads, Merkle trees, signed notes and checkpoints."""

from contrefeu.proof.checkpoint import Checkpoint, Followed, open_checkpoint
from contrefeu.proof.cosignature import Cosigner, Vouched, WitnessKey, open_cosigned
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
    HASH_BYTES,
    Frontier,
    consistency_path,
    hash_leaf,
    inclusion_path,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from contrefeu.proof.note import Note, Signer, Verifier, open_note
from contrefeu.proof.witness import AddCheckpoint, extends, parse_add_checkpoint

__all__ = [
    "FRAME_ENTRIES_MAX",
    "HASH_BYTES",
    "HEAD_BYTES",
    "LEAF_BYTES",
    "PREFIX_BYTES",
    "TAG_BYTES",
    "AddCheckpoint",
    "Checkpoint",
    "Cosigner",
    "Followed",
    "FrameHead",
    "Frontier",
    "Note",
    "ProofMismatch",
    "Signer",
    "Verifier",
    "Vouched",
    "WitnessKey",
    "consistency_path",
    "extends",
    "frame_leaf",
    "hash_leaf",
    "inclusion_path",
    "open_checkpoint",
    "open_cosigned",
    "open_note",
    "parse_add_checkpoint",
    "read_head",
    "read_prefix",
    "root_of",
    "seal_prefix",
    "verify_consistency",
    "verify_inclusion",
]
