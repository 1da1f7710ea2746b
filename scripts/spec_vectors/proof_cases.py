"""Proofs of inclusion and consistency, and of one entry: right ones of every shape, and where checkers are mistaken."""

import base64
from hashlib import sha256
from typing import Any

from contrefeu.proof import Checkpoint, Frontier, consistency_path, hash_leaf, inclusion_path, root_of
from spec_vectors.built import ORIGIN, SEG1, SIGNER, STRANGER, T0, Built

LEAVES = [hash_leaf(bytes([n])) for n in range(16)]
ROOTS = [root_of(LEAVES[:size]) for size in range(17)]
SHAPES = (1, 2, 3, 4, 5, 7, 8, 9, 13, 16)


def entry_proof(built: Built) -> dict[str, Any]:
    """Return a proof of entry 3: the second of the second frame."""
    at, _length = built.frames[SEG1][1]
    prefix = built.files[SEG1][at : at + 116]
    records = built.batches[1][1]
    return {
        "entry": built.entries[2].hex(),
        "entry_index": 1,
        "salt": records[1][:16].hex(),
        "entry_path": [h.hex() for h in inclusion_path([hash_leaf(r) for r in records], 1)],
        "frame_header": prefix[:84].hex(),
        "ciphertext_sha256": prefix[84:].hex(),
        "frame_index": 2,
        "frame_path": [h.hex() for h in inclusion_path(built.leaves, 2)],
        "checkpoint": built.points[-1].decode(),
    }


def inclusion() -> list[dict[str, Any]]:
    """Return the proofs of inclusion."""
    made = [_included(f"leaf {i} of {n}", "hold", i, n) for n in SHAPES for i in sorted({0, n // 2, n - 1})]
    path = inclusion_path(LEAVES[:13], 5)
    last = inclusion_path(LEAVES[:13], 12)

    def wrong(name: str, index: int = 5, size: int = 13, **instead: Any) -> None:
        made.append(_included(name, "refuse", index, size, **instead))

    wrong("too short", path=path[:-1])
    wrong("too short at the leaf", path=path[1:])
    wrong("no siblings", path=[])
    wrong("too long", path=[*path, path[-1]])
    wrong("too long by the root", path=[*path, ROOTS[13]])
    wrong("too long for one leaf", 0, 1, path=[LEAVES[1]])
    wrong("too long for a leaf that stands alone", 12, 13, path=[*last, last[-1]])
    wrong("upside down", path=path[::-1])
    wrong("two siblings exchanged", path=[path[1], path[0], *path[2:]])
    wrong("a sibling changed", path=[path[0], bytes([path[1][0] ^ 1]) + path[1][1:], *path[2:]])
    wrong("a sibling of 31 bytes", path=[path[0][:-1], *path[1:]])
    wrong("a sibling of 33 bytes", path=[path[0] + b"\0", *path[1:]])
    wrong("an empty sibling", path=[*path, b""])
    wrong("the index before", 4, path=path)
    wrong("the index behind", 6, path=path)
    wrong("the index at the size", 13, path=path)
    wrong("an index beyond the size", 29, path=path)
    wrong("an index below 0", -1, path=path)
    wrong("size 0", 0, 0, path=[], leaf=LEAVES[0], root=ROOTS[0])
    wrong("a size with a level less", size=8, path=path, root=ROOTS[13])
    wrong("a size with a leaf more than a full tree", 5, 17, path=inclusion_path(LEAVES, 5), root=ROOTS[16])
    wrong("the root of a smaller tree", path=path, root=ROOTS[12])
    wrong("another leaf", path=path, leaf=LEAVES[4])
    wrong("a leaf without its prefix", path=path, leaf=sha256(bytes([5])).digest())
    wrong("a leaf of 31 bytes", path=path, leaf=LEAVES[5][:-1])
    wrong("a root of 31 bytes", path=path, root=ROOTS[13][:-1])
    wrong("an empty root", path=path, root=b"")
    return made


def consistency() -> list[dict[str, Any]]:
    """Return the proofs of consistency."""
    made = [_consistent(f"{m} to {n}", "hold", m, n) for n in SHAPES for m in sorted({1, n // 2 or 1, n - 1 or 1, n})]
    path = consistency_path(LEAVES[:13], 6)
    full = consistency_path(LEAVES[:13], 8)

    def wrong(name: str, old: int = 6, new: int = 13, **instead: Any) -> None:
        made.append(_consistent(name, "refuse", old, new, **instead))

    wrong("too short", path=path[:-1])
    wrong("too short at its start", path=path[1:])
    wrong("no hashes", path=[])
    wrong("no hashes from a full tree", 8, path=[])
    wrong("too long", path=[*path, path[-1]])
    wrong("the old root before a full tree's proof", 8, path=[ROOTS[8], *full])
    wrong("upside down", path=path[::-1])
    wrong("two hashes exchanged", path=[path[1], path[0], *path[2:]])
    wrong("a hash changed", path=[bytes([path[0][0] ^ 1]) + path[0][1:], *path[1:]])
    wrong("a hash of 31 bytes", path=[path[0][:-1], *path[1:]])
    wrong("an empty hash", path=[*path, b""])
    wrong("an old size with one leaf less", 5, path=path, old_root=ROOTS[6])
    wrong("an old size with one leaf more", 7, path=path, old_root=ROOTS[6])
    wrong("a new size with a level less", new=8, path=path, new_root=ROOTS[13])
    wrong("a new size with a level more", new=17, path=consistency_path(LEAVES, 6), new_root=ROOTS[16])
    wrong("another old root", path=path, old_root=ROOTS[5])
    wrong("another new root", path=path, new_root=ROOTS[12])
    wrong("the roots exchanged", path=path, old_root=ROOTS[13], new_root=ROOTS[6])
    wrong("from nothing", 0, path=[], old_root=ROOTS[0])
    wrong("back in time", 13, 6, path=path, old_root=ROOTS[13], new_root=ROOTS[6])
    wrong("the same size, another root", 6, 6, path=[], new_root=ROOTS[5])
    wrong("the same size, with hashes", 6, 6, path=path)
    wrong("a fork of the same size", 13, 13, path=[], new_root=bytes(32))
    wrong("an old root of 31 bytes", path=path, old_root=ROOTS[6][:-1])
    return made


def entry(built: Built) -> list[dict[str, Any]]:
    """Return the proofs of one entry."""
    good = entry_proof(built)
    made: list[dict[str, Any]] = [{"name": "entry 3", "must": "hold", "proof": good}]
    text = good["checkpoint"].rpartition("\n\n")[0] + "\n"
    signed = Frontier()
    for leaf in built.leaves:
        signed.append(leaf)
    size, root = len(built.leaves), signed.root()
    head = bytes.fromhex(good["frame_header"])
    others = {
        "of another origin": Checkpoint("drill/other", size, root, 7, T0),
        "of another root": Checkpoint(ORIGIN, size, bytes(32), 7, T0),
        "of another size": Checkpoint(ORIGIN, size + 9, root, 7, T0),
        "of fewer entries": Checkpoint(ORIGIN, size, root, 2, T0),
    }
    first, second = (hash_leaf(record) for record in built.batches[1][1])
    for name, changed in (
        ("another body", {"entry": good["entry"][:-2] + "00"}),
        ("another sequence", {"entry": "0000000000000004" + good["entry"][16:]}),
        ("another salt", {"salt": "00" + good["salt"][2:]}),
        ("a salt of 15 bytes and an entry with the last", {"salt": good["salt"][:-2],
                                                           "entry": good["salt"][-2:] + good["entry"]}),
        ("a salt of 17 bytes", {"salt": good["salt"] + good["entry"][:2], "entry": good["entry"][2:]}),
        ("an entry cut before its source", {"entry": good["entry"][:40]}),
        ("the neighbour's place", {"entry_index": 0}),
        ("a place beyond the frame's count", {"entry_index": 2}),
        ("no path in the frame", {"entry_path": []}),
        ("a path in the frame too long", {"entry_path": [*good["entry_path"], second.hex()]}),
        ("a node for an entry", {"entry": (first + second).hex(), "salt": "", "entry_index": 0, "entry_path": []}),
        ("a head with another root", {"frame_header": (head[:52] + bytes(32)).hex()}),
        ("a head with another sequence", {"frame_header": (head[:19] + b"\x03" + head[20:]).hex()}),
        ("a head cut", {"frame_header": head[:-1].hex()}),
        ("a head with another mark", {"frame_header": (b"CG" + head[2:]).hex()}),
        ("another ciphertext", {"ciphertext_sha256": "00" * 32}),
        ("a ciphertext hash of 31 bytes", {"ciphertext_sha256": good["ciphertext_sha256"][:-2]}),
        ("the leaf before", {"frame_index": 1}),
        ("a leaf beyond the tree", {"frame_index": size}),
        ("no path in the tree", {"frame_path": []}),
        ("a path in the tree too long", {"frame_path": [*good["frame_path"], root.hex()]}),
        ("a path in the tree upside down", {"frame_path": good["frame_path"][::-1]}),
        ("a stranger's checkpoint", {"checkpoint": STRANGER.sign(text).decode()}),
        ("a checkpoint from before the entry", {"checkpoint": built.points[1].decode()}),
        ("a checkpoint that is no note", {"checkpoint": text}),
        *((f"a checkpoint {what}", {"checkpoint": point.sign(SIGNER).decode()}) for what, point in others.items()),
    ):  # fmt: skip
        made.append({"name": name, "must": "refuse", "proof": good | changed})
    for case in made:  # as `contrefeu journal prove` prints it
        case["proof"] = case["proof"] | {"entry": base64.b64encode(bytes.fromhex(case["proof"]["entry"])).decode()}
    return made


def proofs(built: Built) -> dict[str, Any]:
    """Return proofs-v1.json."""
    return {
        "verifier": str(SIGNER.verifier),
        "inclusion": inclusion(),
        "consistency": consistency(),
        "entry": entry(built),
    }


def _included(
    name: str,
    must: str,
    index: int,
    size: int,
    *,
    leaf: bytes | None = None,
    path: list[bytes] | None = None,
    root: bytes | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "must": must,
        "leaf": (LEAVES[index] if leaf is None else leaf).hex() if index < 16 else LEAVES[5].hex(),
        "index": index,
        "size": size,
        "path": [h.hex() for h in (inclusion_path(LEAVES[:size], index) if path is None else path)],
        "root": (ROOTS[min(size, 16)] if root is None else root).hex(),
    }


def _consistent(
    name: str,
    must: str,
    old: int,
    new: int,
    *,
    path: list[bytes] | None = None,
    old_root: bytes | None = None,
    new_root: bytes | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "must": must,
        "old_size": old,
        "new_size": new,
        "path": [h.hex() for h in (consistency_path(LEAVES[:new], old) if path is None else path)],
        "old_root": (ROOTS[old] if old_root is None else old_root).hex(),
        "new_root": (ROOTS[min(new, 16)] if new_root is None else new_root).hex(),
    }
