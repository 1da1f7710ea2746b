"""The page docs/spec/journal-v1.md is enough: a reader written from it alone passes every vector.

Method: `reader.py` imports nothing of the package; each case is built from the vectors' text and read with it.
"""

import ast
import base64
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path

import pytest

from tests.second_reader import auditor, reader, sealed
from tests.second_reader.vectors import edited, told, whole_journal

TOLD = told()
SEEDS = {name: bytes.fromhex(seed) for name, seed in TOLD["seeds"].items()}
ENTRIES = [bytes.fromhex(entry) for entry in TOLD["entries"]]
PROOFS = told("proofs-v1.json")
TRUSTED = whole_journal()["verifier"].decode()


def test_second_reader_is_a_stranger():
    """The reader has at most 200 lines, and neither it nor what stands beside it imports the package or its tests."""
    stranger = {"tests.second_reader.reader"}
    for module, others in ((reader, set()), (auditor, stranger), (sealed, stranger)):
        text = Path(module.__file__).read_text()
        imported = {
            name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or "."] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        }
        assert text.count("\n") <= 200
        assert {name for name in imported if name.startswith(("contrefeu", "tests", "."))} == others


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


@pytest.mark.parametrize("case", PROOFS["inclusion"], ids=lambda case: case["name"])
def test_stranger_checks_inclusion_as_the_vectors_say(case):
    """Climbed by the definition of the tree, not by the package's way."""
    path = [bytes.fromhex(h) for h in case["path"]]
    with nullcontext() if case["must"] == "hold" else pytest.raises(reader.Refused):
        found = auditor.included(bytes.fromhex(case["leaf"]), case["index"], case["size"], path)
        reader.need(found.hex() == case["root"], "another root")


@pytest.mark.parametrize("case", PROOFS["consistency"], ids=lambda case: case["name"])
def test_stranger_checks_consistency_as_the_vectors_say(case):
    """Both roots come out of one path, or it is none."""
    path, old_root = [bytes.fromhex(h) for h in case["path"]], bytes.fromhex(case["old_root"])
    with nullcontext() if case["must"] == "hold" else pytest.raises(reader.Refused):
        before, after = auditor.consistent(case["old_size"], case["new_size"], path, old_root)
        reader.need((before.hex(), after.hex()) == (case["old_root"], case["new_root"]), "another root")


@pytest.mark.parametrize("case", PROOFS["entry"], ids=lambda case: case["name"])
def test_stranger_checks_an_entry_as_the_vectors_say(case):
    """What `contrefeu journal prove` prints is enough, with the writer's public key and the page."""
    if case["must"] == "hold":
        assert auditor.entry(case["proof"], PROOFS["verifier"]) == 3
    else:
        with pytest.raises(reader.BAD):
            auditor.entry(case["proof"], PROOFS["verifier"])


def test_stranger_opens_a_grant():
    """The peer's seed opens what the node granted, and nothing else in the journal names it."""
    grant = TOLD["grant"]
    key = reader.verifier(TRUSTED)
    title, origin, segment, recipient = reader.note(grant["note"].encode(), key).split("\n")
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
        assert said[1] == len(leaves)
        leaves.append(auditor.leaf(raw))
        while (found := reader.frame(files[name], at)) is not None:
            leaves.append(auditor.leaf(found[1]))
            at += 120 + len(found[2])
    assert [reader.root(leaves[: size + 1]).hex() for size in range(len(leaves))] == TOLD["roots"]


@pytest.mark.req("F45")
def test_stranger_opens_a_sealed_document_by_its_words():
    """docs/spec/sealed-document-v1.md is enough for the document, byte for byte."""
    vector = told("sealed-document-v1.json")
    assert sealed.document(base64.b64decode(vector["body"]), vector["words"]).decode() == vector["document"]
