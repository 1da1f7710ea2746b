"""The published vectors are what the code makes, and the package reads them as their page says.

Method: run the script again and compare; write each case to a folder, verify it and read it with the key at hand.
"""

import base64
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from contrefeu.base import ContrefeuError
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.journal import (
    EntryProof,
    JournalFiles,
    JournalReader,
    JournalTampered,
    JournalUnreadable,
    check_entry,
    prove_entry,
    verify_journal,
)
from contrefeu.journal.entry import pack_entry
from contrefeu.proof import ProofMismatch, Verifier, verify_consistency, verify_inclusion
from tests.house.tree import ROOT
from tests.second_reader.vectors import edited, told, whole_journal

TOLD = told()
SEEDS = {name: bytes.fromhex(seed) for name, seed in TOLD["seeds"].items()}
ENTRIES = [bytes.fromhex(entry) for entry in TOLD["entries"]]
FROZEN = {
    "carried-v1.json": "563778a81acd79a69c945c6615b1edab413aedda84ba06350134fdb850b66b52",
    "cosignature-v1.json": "f21540d392cfccf1c6bf8bc7a3b6fa67f66fbb2ebef83a1169a793710aef8fdb",
    "journal-v1.json": "3b3450fd7a5cad6283b3b0ea09ef8c45d8e6aaf50acc1756e0bbed3a80f7e187",
    "journal-v1.txt": "c0ccffeaba7670b2e36a90980e91a43b626121614b5501e2e7c353e8b71e8631",
    "proofs-v1.json": "c5247bf89d6e5309b54ecec702d6afe1fdca091e0969f181da3924049c4cc468",
    "sealed-document-v1.json": "56971c8ead511553f8c328e47c74f963a378d386734ca78c665d8b89ea497d5c",
    "sealed-keys.json": "1f10d51f3f2490e4f5a709cc3958b767112970c8edf7997e2b174592fcd80d0e",
}
CHECKS = {"note", "header", "frame", "order", "tree", "checkpoint", "open", "key", "trust", "verifier"}


def _folder(tmp_path: Path, files: dict[str, bytes]) -> JournalFiles:
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return JournalFiles(tmp_path)


def _key(name: str = "recovery") -> DataKeys:
    return DataKeys(None, recovery=KeyPair(name, SEEDS[name]))


def _read(files: JournalFiles, key: DataKeys) -> tuple[list[bytes], ContrefeuError | None]:
    """Entries in canonical bytes, and what reading was refused with."""
    entries: list[bytes] = []
    try:
        reader = JournalReader(files, key)
        for batch in reader.after(0):
            entries += [pack_entry(e, e.sequence, e.hlc) for e in batch]
    except ContrefeuError as refused:
        return entries, refused
    return entries, None


def test_vectors_are_made_again_byte_for_byte():
    """`scripts/make_vectors.py` would change nothing: the format has not moved under those who read it."""
    script = ROOT / "scripts" / "make_vectors.py"
    run = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout) == (0, ""), run.stderr


def test_vectors_are_frozen():
    """A published version is never written again: whoever changes it, changes what is written here."""
    folder = ROOT / "docs" / "spec" / "vectors"
    others = {"README.md", "form-code-v1.json", "transfer-code-v1.json"}  # tests/paper freezes the other two
    found = {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name not in others}
    assert found == FROZEN


def test_page_shows_the_bytes_of_the_vectors():
    """The worked example of the page is a frame of the vectors, field by field."""
    page = (ROOT / "docs" / "spec" / "journal-v1.md").read_text()
    lines = (ROOT / "docs" / "spec" / "vectors" / "journal-v1.txt").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("4346  #"))
    shown = [line.strip() for line in page.partition("## Example")[2].splitlines() if "  # " in line]
    assert [line.split()[0] for line in shown[:13]] == [line.split()[0] for line in lines[start : start + 13]]


OPENING = [case for case in TOLD["cases"] if case["must"] == "open"]
REFUSED = [case for case in TOLD["cases"] if case["must"] == "refuse"]


def _id(case: dict[str, Any]) -> str:
    return str(case["name"])


def test_there_are_enough_cases_to_refuse():
    """A kit of others has about 140; a case is known by its name, says where and which check must see it."""
    proofs = told("proofs-v1.json")
    refused = [
        case for kind in ("inclusion", "consistency", "entry") for case in proofs[kind] if case["must"] == "refuse"
    ]
    assert len(REFUSED) >= 250
    assert len(refused) >= 75
    assert len({case["name"] for case in TOLD["cases"]}) == len(TOLD["cases"])
    assert {case["check"] for case in REFUSED} == CHECKS


@pytest.mark.req("C4")
@pytest.mark.parametrize("case", OPENING, ids=_id)
def test_package_reads_what_the_vectors_let_open(case, tmp_path):
    """Entries byte for byte, no damage but a torn tail, and that one by its name."""
    files = _folder(tmp_path, edited(whole_journal(), case["edits"]))
    found = verify_journal(files, held_elsewhere=_held(case))
    tail = [d.kind for d in found.damage]
    assert (found.intact, tail) == (True, ["tail"] if case.get("tail") else [])
    assert _read(files, _key(case.get("key", "recovery"))) == (ENTRIES[: case["entries"]], None)


@pytest.mark.req("C4")
@pytest.mark.parametrize("case", REFUSED, ids=_id)
def test_package_refuses_where_the_vectors_say(case, tmp_path):
    """The check that is named refuses, at the place that is named; no wrong entry is given before."""
    files = _folder(tmp_path, edited(whole_journal(), case["edits"]))
    entries, refused = _read(files, _key(case.get("key", "recovery")))
    assert entries == ENTRIES[: len(entries)]
    assert len(entries) <= case["entries"]
    if case["check"] == "verifier":
        assert isinstance(refused, ProofMismatch)
        return
    if case["check"] == "trust":  # nothing in the folder tells that its key was exchanged too: `verify --key` does
        assert isinstance(refused, JournalTampered) and entries == []
        return
    found = verify_journal(files, held_elsewhere=_held(case))
    if case["check"] == "key":
        assert (found.intact, isinstance(refused, JournalTampered | JournalUnreadable)) == (True, True)
    elif case["check"] == "open":
        assert found.intact and isinstance(refused, JournalTampered)
        where = (refused.segment, refused.offset, refused.first, refused.last)
        (wanted,) = case["where"]
        assert where == tuple(wanted[name] for name in ("segment", "offset", "first_entry", "last_entry"))
    else:
        damage = [asdict(d) for d in found.damage if d.kind != "tail"]
        assert [{key: d[key] for key in case["where"][0]} for d in damage] == case["where"]


def _held(case: dict[str, Any]) -> list[bytes]:
    return [note.encode() for note in case.get("held_elsewhere", ())]


PROOFS = told("proofs-v1.json")


def _hashes(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(h) for h in path]


@pytest.mark.req("C4")
@pytest.mark.parametrize("case", PROOFS["inclusion"], ids=_id)
def test_package_checks_inclusion_as_the_vectors_say(case):
    """What holds holds; what is too long, too short, elsewhere or of another tree does not."""
    leaf, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
    with nullcontext() if case["must"] == "hold" else pytest.raises((ProofMismatch, ValueError)):
        verify_inclusion(leaf, case["index"], case["size"], _hashes(case["path"]), root)


@pytest.mark.req("C4")
@pytest.mark.parametrize("case", PROOFS["consistency"], ids=_id)
def test_package_checks_consistency_as_the_vectors_say(case):
    """A tree that extends another, or not."""
    roots = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    with nullcontext() if case["must"] == "hold" else pytest.raises((ProofMismatch, ValueError)):
        verify_consistency(case["old_size"], case["new_size"], _hashes(case["path"]), *roots)


@pytest.mark.req("C4")
@pytest.mark.parametrize("case", PROOFS["entry"], ids=_id)
def test_package_checks_an_entry_as_the_vectors_say(case):
    """From the entry's bytes to the signed root, and every step on the way."""
    proof = EntryProof.parse(case["proof"])
    verifier = Verifier.parse(PROOFS["verifier"])
    if case["must"] == "hold":
        assert check_entry(proof, verifier).sequence == 3
    else:
        with pytest.raises(ProofMismatch):
            check_entry(proof, verifier)


def test_package_proves_what_the_vectors_prove(tmp_path):
    """The proof of entry 3 is the one that is published."""
    proof = prove_entry(_folder(tmp_path, whole_journal()), 3, _key())
    assert proof is not None
    wanted = TOLD["proof"]
    assert proof.told()["entry"] == base64.b64encode(bytes.fromhex(wanted["entry"])).decode()
    assert proof.entry.hex() == wanted["entry"]
    assert [h.hex() for h in proof.frame_path] == wanted["frame_path"]
    assert [h.hex() for h in proof.entry_path] == wanted["entry_path"]
    assert (proof.entry_index, proof.frame_index, proof.checkpoint) == (1, 2, wanted["checkpoint"])
    assert (proof.salt.hex(), proof.frame_header.hex()) == (wanted["salt"], wanted["frame_header"])
    assert proof.ciphertext_sha256.hex() == wanted["ciphertext_sha256"]


def test_package_opens_the_grant_of_the_vectors(tmp_path):
    """With the grant the peer reads the first segment; without it, nothing."""
    peer = KeyPair("reader/peer", SEEDS["reader/peer"])
    (tmp_path / "journal").mkdir()
    files = _folder(tmp_path / "journal", whole_journal())
    folder = tmp_path / "grants" / TOLD["origin"].replace("/", "_")
    folder.mkdir(parents=True)
    by = [Verifier.parse(whole_journal()["verifier"].decode())]
    key = DataKeys(None, grants=tmp_path / "grants", granted_by=by, recovery=peer)
    assert _read(files, key)[0] == []
    (folder / f"0000000001.{peer.fingerprint[:16]}.grant").write_text(TOLD["grant"]["note"])
    entries, refused = _read(files, key)
    assert entries == ENTRIES[:4]
    assert isinstance(refused, JournalUnreadable)
