"""Merkle trees as RFC 6962, section 2.1, hashes them (the same trees as RFC 9162).

    leaf = SHA-256(0x00 || data)        node = SHA-256(0x01 || left || right)

`Frontier` grows a tree in memory logarithmic in its size: a writer and a vault keep no more than that.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from contrefeu.proof.errors import ProofMismatch

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
_LEAF = sha256(b"\x00")
_NODE = sha256(b"\x01")


def hash_leaf(data: bytes) -> bytes:
    """Return the leaf hash of *data*; 32 bytes."""
    leaf = _LEAF.copy()  # a copy starts sooner than a new one
    leaf.update(data)
    return leaf.digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above *left* and *right*."""
    node = _NODE.copy()
    node.update(left + right)
    return node.digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root above *leaves* (leaf hashes)."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        above = [hash_children(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        # An odd last node rises unchanged: the left subtree is always the largest power of two.
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


class Frontier:
    """A tree that only grows: its size and the roots of its complete subtrees, largest first."""

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)
        assert len(self._peaks) == size.bit_count(), "one peak for each bit of the size"

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of the complete subtrees, largest first; with `size` they are the whole state."""
        return tuple(self._peaks)

    def copy(self) -> "Frontier":
        """Return a frontier that grows on its own."""
        return Frontier(self.size, self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        node, size = leaf, self.size
        while size & 1:
            node = sha256(b"\x01" + self._peaks.pop() + node).digest()
            size >>= 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        if not self._peaks:
            return EMPTY_ROOT
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = hash_children(peak, node)
        return node


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the sibling hashes from leaf *index* to the root (RFC 9162, 2.1.3.1)."""
    assert 0 <= index < len(leaves)
    return _path(index, 0, len(leaves), lambda start, stop: root_of(leaves[start:stop]))


def _path(index: int, start: int, stop: int, root: Callable[[int, int], bytes]) -> list[bytes]:
    if stop - start == 1:
        return []
    middle = start + _split(stop - start)
    if index < middle:
        return [*_path(index, start, middle, root), root(middle, stop)]
    return [*_path(index, middle, stop, root), root(start, middle)]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> None:
    """Check that a leaf is in the tree of *size* leaves with *root_hash*.

    Args:
        leaf_hash: Hash of the leaf; 32 bytes.
        index: Its position, from 0; below *size*.
        size: Leaves in the tree.
        proof: Sibling hashes from leaf to root, 32 bytes each.
        root_hash: Root in the signed checkpoint; 32 bytes.

    Raises:
        ProofMismatch: The proof leads to another root, or is too short or too long.
        ValueError: *index* is not below *size*.

    Source: RFC 9162, section 2.1.3.2.

    >>> verify_inclusion(hash_leaf(b""), index=0, size=1, proof=[], root_hash=hash_leaf(b""))
    """
    if not 0 <= index < size:
        raise ValueError("index must be below size")
    _check_lengths(leaf_hash, *proof, root_hash)
    fn, sn, node = index, size - 1, leaf_hash
    for sibling in proof:
        if sn == 0:
            raise ProofMismatch("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            node = hash_children(sibling, node)
            while not fn & 1 and fn:  # step 4b: skip the levels where the node stands alone
                fn, sn = fn >> 1, sn >> 1
        else:
            node = hash_children(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn or node != root_hash:
        raise ProofMismatch("the inclusion proof does not lead to the root")


def consistency_path(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the tree of *old_size* leaves is a prefix (RFC 9162, 2.1.4.1)."""
    assert 0 < old_size <= len(leaves)
    if old_size == len(leaves):
        return []
    return _subproof(leaves, old_size, 0, len(leaves), complete=True)


def _subproof(leaves: Sequence[bytes], m: int, start: int, stop: int, *, complete: bool) -> list[bytes]:
    size = stop - start
    if m == size:
        return [] if complete else [root_of(leaves[start:stop])]
    k = _split(size)
    if m <= k:
        return [*_subproof(leaves, m, start, start + k, complete=complete), root_of(leaves[start + k : stop])]
    return [*_subproof(leaves, m - k, start + k, stop, complete=False), root_of(leaves[start : start + k])]


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of *new_size* leaves extends the one of *old_size*.

    Raises:
        ProofMismatch: It does not, or the proof is not one for these sizes.
        ValueError: *old_size* is 0 or above *new_size*.

    Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 < old_size <= new_size:
        raise ValueError("old_size must be 1 to new_size")
    _check_lengths(old_root, *proof, new_root)
    if old_size == new_size:
        if proof or old_root != new_root:
            raise ProofMismatch("same size, other root")
        return
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofMismatch("the consistency proof is empty")
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise ProofMismatch("the consistency proof is too long")
        if fn & 1 or fn == sn:
            old_node = hash_children(sibling, old_node)
            new_node = hash_children(sibling, new_node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_node = hash_children(new_node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn or old_node != old_root or new_node != new_root:
        raise ProofMismatch("the new tree does not extend the old one")


def _check_lengths(*hashes: bytes) -> None:
    """Two hashes of 31 and 33 bytes are the same node as two of 32: no other length is one."""
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofMismatch("a hash in the proof is not 32 bytes long")


def _split(size: int) -> int:
    """Largest power of two below *size* (RFC 9162, 2.1.1)."""
    return 1 << ((size - 1).bit_length() - 1)
