"""Cosignatures are those of the standard, and a reader that shares no code with ours finds the same ones.

Method: vectors of right and wrong notes and requests, frozen; each is judged by the package, and the right ones are
checked a second time with Ed25519 and SHA-256 alone, as c2sp.org/tlog-cosignature says.
"""

import base64
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contrefeu.base import ManualClock
from contrefeu.proof import Cosigner, ProofMismatch, Verifier, WitnessKey, open_cosigned
from contrefeu.vault import Witness
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "spec" / "vectors" / "cosignature-v1.json"
VECTORS = json.loads(PAGE.read_text())
FROZEN = "f21540d392cfccf1c6bf8bc7a3b6fa67f66fbb2ebef83a1169a793710aef8fdb"


def test_the_vectors_are_frozen():
    """A cosignature of today is checked in twenty years: these bytes do not change."""
    assert sha256(PAGE.read_bytes()).hexdigest() == FROZEN


def test_the_vectors_are_made_again_the_same():
    """From constants alone."""
    command = [sys.executable, str(ROOT / "scripts" / "make_cosignature_vectors.py"), "--check"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


@pytest.mark.req("C4")
@pytest.mark.parametrize("vector", VECTORS["notes"], ids=lambda v: v["what"])
def test_a_note_bears_the_witnesses_that_it_bears(vector):
    """Found, passed over, or refused: nothing in between."""
    writer = Verifier.parse(VECTORS["writer"])
    witnesses = [WitnessKey.parse(line) for line in VECTORS["witnesses"]]
    note = base64.b64decode(vector["note"])
    if vector["witnesses"] is None:
        with pytest.raises(ProofMismatch):
            open_cosigned(note, writer, witnesses)
    else:
        found = open_cosigned(note, writer, witnesses)
        assert [name for name, _ in found.witnesses] == vector["witnesses"]


@pytest.mark.parametrize("vector", [v for v in VECTORS["notes"] if v["witnesses"]], ids=lambda v: v["what"])
def test_a_stranger_finds_the_same(vector):
    """With the standard's page and two primitives."""
    note = base64.b64decode(vector["note"]).decode()
    text, _, signatures = note.rpartition("\n\n")
    found = []
    for key in VECTORS["witnesses"]:
        name, key_id, encoded = key.split("+", 2)
        raw = base64.b64decode(encoded)
        assert raw[0] == 0x04
        assert sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == key_id
        for line in signatures.splitlines():
            dash, signer, blob64 = line.split(" ")
            blob = base64.b64decode(blob64)
            if (dash, signer, blob[:4].hex()) == ("—", name, key_id):
                time_s = int.from_bytes(blob[4:12], "big")
                message = f"cosignature/v1\ntime {time_s}\n{text}\n".encode()
                Ed25519PublicKey.from_public_bytes(raw[1:]).verify(blob[12:], message)
                found.append(name)
    assert found == vector["witnesses"]


def test_the_standards_own_example_has_the_form_that_is_read():
    """The line printed in c2sp.org/tlog-cosignature: key id, time 1679315147, 64 bytes of signature."""
    line = "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    blob = base64.b64decode(line)
    assert (len(blob), int.from_bytes(blob[4:12], "big")) == (76, 1679315147)
    made = Cosigner("witness.example.com/w1", bytes(32)).cosignature_line("x\n", 1679315147)
    assert len(base64.b64decode(made.split(" ")[2])) == len(blob)
    assert base64.b64decode(made.split(" ")[2])[4:12] == blob[4:12]


@pytest.mark.req("C4")
def test_a_witness_answers_requests_with_the_protocols_statuses(tmp_path: Path):
    """One after another, from the state that the vectors say."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "seen").mkdir()
    (tmp_path / "logs" / "log").write_text(VECTORS["writer"])
    (tmp_path / "seen" / "example.com_log").write_bytes(base64.b64decode(VECTORS["seen"]))
    witness = Witness(tmp_path, Cosigner("witness.example.com/w1", bytes([2]) * 32), ManualClock())
    told = [(v["what"], witness.add_checkpoint(base64.b64decode(v["body"])).status) for v in VECTORS["requests"]]
    assert told == [(v["what"], v["status"]) for v in VECTORS["requests"]]
