"""The published vectors are what the code makes, and the package reads them as their page says.

Method: run the script again and compare; write each case to a folder, verify it and read it with the key at hand.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from contrefeu.base import ContrefeuError
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.journal import JournalFiles, JournalReader, prove_entry, verify_journal
from contrefeu.journal.entry import pack_entry
from contrefeu.proof import Verifier
from tests.house.tree import ROOT
from tests.second_reader.vectors import edited, told, whole_journal

TOLD = told()
SEEDS = {name: bytes.fromhex(seed) for name, seed in TOLD["seeds"].items()}
ENTRIES = [bytes.fromhex(entry) for entry in TOLD["entries"]]
# Nothing in the folder tells that its key was exchanged too: `journal verify --key` is for that.
WITH_A_TRUSTED_KEY = frozenset(["verifier of another key"])


def _folder(tmp_path: Path, files: dict[str, bytes]) -> JournalFiles:
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return JournalFiles(tmp_path)


def _key(name: str = "recovery") -> DataKeys:
    return DataKeys(None, recovery=KeyPair(name, SEEDS[name]))


def _read(files: JournalFiles, key: DataKeys) -> tuple[list[bytes], bool]:
    """Entries in canonical bytes, and whether reading ended with a refusal."""
    entries: list[bytes] = []
    try:
        reader = JournalReader(files, key)
        for batch in reader.after(0):
            entries += [pack_entry(e, e.sequence, e.hlc) for e in batch]
    except ContrefeuError:
        return entries, True
    return entries, False


def test_vectors_are_made_again_byte_for_byte():
    """`scripts/make_vectors.py` would change nothing: the format has not moved under those who read it."""
    script = ROOT / "scripts" / "make_vectors.py"
    run = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout) == (0, ""), run.stderr


def test_page_shows_the_bytes_of_the_vectors():
    """The worked example of the page is a frame of the vectors, field by field."""
    page = (ROOT / "docs" / "spec" / "journal-v1.md").read_text()
    lines = (ROOT / "docs" / "spec" / "vectors" / "journal-v1.txt").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("4346  #"))
    shown = [line.strip() for line in page.partition("## Example")[2].splitlines() if "  # " in line]
    assert [line.split()[0] for line in shown[:13]] == [line.split()[0] for line in lines[start : start + 13]]


@pytest.mark.req("C4")
@pytest.mark.parametrize("case", TOLD["cases"], ids=lambda case: case["name"])
def test_package_reads_or_refuses_as_the_vectors_say(case, tmp_path):
    """What must open gives its entries byte for byte; what must fail is refused by verify, or by who opens it."""
    files = _folder(tmp_path, edited(whole_journal(), case["edits"]))
    entries, refused = _read(files, _key(case.get("key", "recovery")))
    try:
        held = [note.encode() for note in case.get("held_elsewhere", ())]
        found = verify_journal(files, held_elsewhere=held)
        intact, tail = found.intact, any(d.kind == "tail" for d in found.damage)
    except ContrefeuError:
        intact, tail = False, False
    if case["must"] == "open":
        assert (entries, refused, intact, tail) == (ENTRIES[: case["entries"]], False, True, case.get("tail", False))
    elif case["name"] in WITH_A_TRUSTED_KEY:
        assert refused and entries == []
    else:
        assert refused or not intact
        assert entries == ENTRIES[: len(entries)]


def test_package_proves_what_the_vectors_prove(tmp_path):
    """The proof of entry 3 is the one that is published."""
    proof = prove_entry(_folder(tmp_path, whole_journal()), 3, _key())
    assert proof is not None
    wanted = TOLD["proof"]
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
    assert _read(files, key) == ([], True)
    (folder / f"0000000001.{peer.fingerprint[:16]}.grant").write_text(TOLD["grant"]["note"])
    assert _read(files, key) == (ENTRIES[:4], True)
