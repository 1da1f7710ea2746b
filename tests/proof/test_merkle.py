"""Trees and proofs are those of RFC 6962 and RFC 9162.

Method: against a naive implementation written from the RFC's recursive definitions, for all sizes to 70; against the
published roots of Certificate Transparency; then with each proof changed, cut and lengthened.
"""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.proof import (
    Frontier,
    ProofMismatch,
    consistency_path,
    hash_leaf,
    inclusion_path,
    root_of,
    verify_consistency,
    verify_inclusion,
)

SIZES = 70
LEAVES = [hash_leaf(bytes([n])) for n in range(SIZES)]
# google/certificate-transparency: the tree of these eight leaves, for each size.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves):
    """MTH of RFC 6962, 2.1, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m, leaves):
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m, leaves, complete):
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if complete else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_subproof(m, leaves[:k], complete), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def test_roots_are_those_of_certificate_transparency():
    """The published vectors of the trees that RFC 6962 describes."""
    leaves = [hash_leaf(bytes.fromhex(leaf)) for leaf in CT_LEAVES]
    assert [root_of(leaves[: n + 1]).hex() for n in range(8)] == CT_ROOTS
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_frontier_grows_as_the_whole_tree_does():
    """At every size its root is the tree's, and from its peaks alone it goes on the same."""
    tree = Frontier()
    for size in range(SIZES + 1):
        assert tree.size == size
        assert tree.root() == root_of(LEAVES[:size]) == naive_root(LEAVES[:size])
        again = Frontier(tree.size, tree.peaks)
        if size < SIZES:
            again.append(LEAVES[size])
            tree.append(LEAVES[size])
            assert again.root() == tree.root()


def test_a_copied_frontier_grows_on_its_own():
    """What a segment's header says of the tree does not move while the tree grows."""
    tree = Frontier()
    tree.append(LEAVES[0])
    copy = tree.copy()
    tree.append(LEAVES[1])
    assert (copy.size, copy.root()) == (1, LEAVES[0])


def test_every_inclusion_proof_of_every_size_holds():
    """The path is the RFC's, it verifies, and for no other index, size, leaf or root."""
    for size in range(1, SIZES + 1):
        leaves, root = LEAVES[:size], naive_root(LEAVES[:size])
        for index in range(size):
            path = inclusion_path(leaves, index)
            assert path == naive_path(index, leaves)
            verify_inclusion(leaves[index], index, size, path, root)
    for index in range(37):
        path, root = inclusion_path(LEAVES[:37], index), root_of(LEAVES[:37])
        for other in range(37):
            if other != index:
                with pytest.raises(ProofMismatch):
                    verify_inclusion(LEAVES[index], other, 37, path, root)


@given(st.integers(1, SIZES), st.data())
def test_a_changed_inclusion_proof_is_refused(size, data):
    """A bit of any sibling, the root or the leaf; a sibling less or more; a wrong size."""
    index = data.draw(st.integers(0, size - 1))
    leaf, path, root = LEAVES[index], inclusion_path(LEAVES[:size], index), root_of(LEAVES[:size])
    changed = [
        (leaf, [*path, root], root),
        (leaf, [*path, bytes(32)], root),
        (bytes(32), path, root),
        (leaf, path, bytes(32)),
    ]
    changed += [(leaf, path[:n] + path[n + 1 :], root) for n in range(len(path))]
    changed += [(leaf, [*path[:n], bytes(32), *path[n + 1 :]], root) for n in range(len(path))]
    for wrong_leaf, proof, wrong_root in changed:
        with pytest.raises(ProofMismatch):
            verify_inclusion(wrong_leaf, index, size, proof, wrong_root)
    for bad_index, bad_size in ((size, size), (-1, size), (0, 0)):
        with pytest.raises(ValueError, match="below size"):
            verify_inclusion(leaf, bad_index, bad_size, path, root)


def test_every_consistency_proof_of_every_size_holds():
    """The proof is the RFC's and verifies; against a root of another history it does not."""
    for new in range(1, SIZES + 1):
        for old in range(1, new + 1):
            path = consistency_path(LEAVES[:new], old)
            assert path == naive_subproof(old, LEAVES[:new], True)
            old_root, new_root = naive_root(LEAVES[:old]), naive_root(LEAVES[:new])
            verify_consistency(old, new, path, old_root, new_root)
            for wrong in ((bytes(32), new_root), (old_root, bytes(32))):
                with pytest.raises(ProofMismatch):
                    verify_consistency(old, new, path, *wrong)


@given(st.integers(1, SIZES), st.data())
def test_a_changed_consistency_proof_is_refused(new, data):
    """A sibling less, more or other; sizes that are not those."""
    old = data.draw(st.integers(1, new))
    path = consistency_path(LEAVES[:new], old)
    roots = root_of(LEAVES[:old]), root_of(LEAVES[:new])
    for proof in (
        [*path, bytes(32)],
        *(path[:n] + path[n + 1 :] for n in range(len(path))),
        *([*path[:n], bytes(32), *path[n + 1 :]] for n in range(len(path))),
    ):
        with pytest.raises(ProofMismatch):
            verify_consistency(old, new, proof, *roots)
    for bad_old, bad_new in ((0, new), (new + 1, new)):
        with pytest.raises(ValueError, match="old_size"):
            verify_consistency(bad_old, bad_new, path, *roots)
