"""The page docs/spec/journal-v1.md is enough: a reader written from it alone passes every vector.

Method: `reader.py` imports nothing of the package; each case is built from the vectors' text and read with it.
"""

import ast
import base64
from hashlib import sha256
from pathlib import Path

import pytest

from tests.second_reader import reader
from tests.second_reader.vectors import edited, told, whole_journal

TOLD = told()
SEEDS = {name: bytes.fromhex(seed) for name, seed in TOLD["seeds"].items()}
ENTRIES = [bytes.fromhex(entry) for entry in TOLD["entries"]]
TRUSTED = whole_journal()["verifier"].decode()


def test_second_reader_is_a_stranger():
    """At most 200 lines, and no import of the package or of its tests."""
    text = Path(reader.__file__).read_text()
    imported = {
        name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or "."] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    assert text.count("\n") <= 200
    assert not {name for name in imported if name.startswith(("contrefeu", "tests", "."))}


@pytest.mark.parametrize("case", TOLD["cases"], ids=lambda case: case["name"])
def test_stranger_reads_or_refuses_as_the_vectors_say(case):
    """What must open gives its entries byte for byte; what must fail gives none beyond the damage."""
    files = edited(whole_journal(), case["edits"])
    seed, held = SEEDS[case.get("key", "recovery")], case.get("held_elsewhere", ())
    wanted = ENTRIES[: case["entries"]]
    if case["must"] == "open":
        assert reader.read(files, seed, held, TRUSTED) == (wanted, case.get("tail", False))
    else:
        with pytest.raises(reader.Refused) as refused:
            reader.read(files, seed, held, TRUSTED)
        before = refused.value.args[1]
        assert before == wanted[: len(before)]


def test_stranger_checks_the_proof_of_one_entry():
    """Entry and salt, then siblings, lead to the root that was signed for; a changed byte leads elsewhere."""
    proof = TOLD["proof"]

    def climb(node: bytes, index: int, size: int, path: list[str]) -> bytes:
        last = size - 1
        for sibling in path:
            if index % 2 or index == last:
                node = sha256(b"\1" + bytes.fromhex(sibling) + node).digest()
                while index and not index % 2:
                    index, last = index // 2, last // 2
            else:
                node = sha256(b"\1" + node + bytes.fromhex(sibling)).digest()
            index, last = index // 2, last // 2
        assert last == 0
        return node

    head, salt, entry = (bytes.fromhex(proof[name]) for name in ("frame_header", "salt", "entry"))
    count = int.from_bytes(head[20:24], "big")
    key = reader.verifier(TRUSTED)
    point = reader.note(proof["checkpoint"].encode(), key)
    frame = reader.leaf(head + bytes.fromhex(proof["ciphertext_sha256"]))
    assert climb(reader.leaf(salt + entry), proof["entry_index"], count, proof["entry_path"]) == head[52:84]
    found = climb(frame, proof["frame_index"], int(point[1]), proof["frame_path"])
    assert base64.b64encode(found).decode() == point[2]
    assert climb(reader.leaf(salt + entry + b"!"), proof["entry_index"], count, proof["entry_path"]) != head[52:84]


def test_stranger_opens_a_grant():
    """The peer's seed opens what the node granted, and nothing else in the journal names it."""
    grant = TOLD["grant"]
    key = reader.verifier(TRUSTED)
    title, origin, segment, recipient = reader.note(grant["note"].encode(), key)
    _label, name, fingerprint, sealed = recipient.split(" ")
    seed = SEEDS[grant["key"]]
    assert (title, origin, segment, name) == (
        "contrefeu grant v1",
        f"origin {TOLD['origin']}",
        "segment 1",
        grant["key"],
    )
    assert fingerprint == sha256(reader.pair(seed)[2]).hexdigest()
    info = f"contrefeu journal v1 data key\n{TOLD['origin']}\n1\n{fingerprint}\n".encode()
    assert reader.open_sealed(base64.b64decode(sealed), seed, info).hex() == TOLD["data_keys"]["1"]


def test_every_root_grows_as_the_page_says():
    """Leaf by leaf, the roots of the vectors are those of RFC 6962."""
    files = whole_journal()
    leaves = []
    for name in sorted(name for name in files if name.startswith("segments/")):
        said, raw, at, _keys = reader.header(files[name], reader.verifier(TRUSTED), int(name[9:19]))
        assert said["first-leaf"] == len(leaves)
        leaves.append(reader.leaf(raw))
        while (found := reader.frame(files[name], at)) is not None:
            leaves.append(reader.leaf(found[1]))
            at += 120 + len(found[2])
    assert [reader.root(leaves[: size + 1]).hex() for size in range(len(leaves))] == TOLD["roots"]
