"""Checks proofs as docs/spec/journal-v1.md says, with the writer's public key alone; nothing of the package."""

import base64
from hashlib import sha256
from struct import unpack_from

from tests.second_reader.reader import POINT, b64, need, note, said, verifier


def leaf(data):
    """The leaf of the tree that stands for these bytes."""
    return sha256(b"\0" + data).digest()


def node(left, right):
    need(len(left) == len(right) == 32, "a hash is 32 bytes")
    return sha256(b"\1" + left + right).digest()


def included(leaf_hash, index, size, path):
    """The root that a proof of inclusion leads to (RFC 9162, 2.1.3), from the definition of the tree."""
    need(0 <= index < size, "no such leaf")
    if size == 1:
        return leaf_hash if not path else need(False, "too long")
    need(path, "too short")
    k = 1 << (size - 1).bit_length() - 1
    if index < k:
        return node(included(leaf_hash, index, k, path[:-1]), path[-1])
    return node(path[-1], included(leaf_hash, index - k, size - k, path[:-1]))


def consistent(old, new, path, old_root, whole=True):
    """The two roots that a proof of consistency leads to (RFC 9162, 2.1.4), from the definition of the proof."""
    need(0 < old <= new, "no such trees")
    if old == new:
        need(len(path) == (0 if whole else 1), "too long or too short")
        return (old_root, old_root) if whole else (path[0], path[0])
    need(path, "too short")
    k = 1 << (new - 1).bit_length() - 1
    if old <= k:
        before, after = consistent(old, k, path[:-1], old_root, whole)
        return before, node(after, path[-1])
    before, after = consistent(old - k, new - k, path[:-1], old_root, False)
    return node(path[-1], before), node(path[-1], after)


def entry(proof, trusted):
    """The sequence of the entry that is proved."""
    key = verifier(trusted)
    origin, size, top, entries, _ = said(POINT, note(proof["checkpoint"].encode(), key))
    head, salt, digest = (bytes.fromhex(proof[name]) for name in ("frame_header", "salt", "ciphertext_sha256"))
    paths = [[bytes.fromhex(h) for h in proof[name]] for name in ("entry_path", "frame_path")]
    data = base64.b64decode(proof["entry"])
    need(origin == key[0] and (len(head), head[:4], len(salt), len(digest)) == (84, b"CF\0\0", 16, 32), "lengths")
    first, count = unpack_from(">QI", head, 12)
    need(included(leaf(salt + data), proof["entry_index"], count, paths[0]) == head[52:84], "entries root")
    need(included(leaf(head + digest), proof["frame_index"], size, paths[1]) == b64(top), "root")
    sequence = unpack_from(">Q", data)[0]
    need(sequence == first + proof["entry_index"] and sequence <= entries and len(data) >= 26, "sequence")
    return sequence
