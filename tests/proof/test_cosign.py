"""A cosignature says that a witness found a checkpoint consistent, and when; nobody can say it in its place.

Method: what is signed is put together here from the standard (c2sp.org/tlog-cosignature), byte by byte, and checked
with the library's own Ed25519.
"""

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.proof import Checkpoint, Cosigner, ProofMismatch, Signer, Verifier, WitnessKey, open_checkpoint

WRITER = Signer("ward-capture", b"\x07" * 32)
VAULT = Cosigner("vault-b", b"\x08" * 32)
POINT = Checkpoint("ward-capture", 7, b"\x01" * 32, 5, 1_790_000_000_000_000_000)
NOTE = POINT.sign(WRITER)
SECONDS = 1_790_000_001
COSIGNED = VAULT.cosign(NOTE, SECONDS)


def test_a_cosignature_is_what_the_standard_says():
    """Key id, time and signature in one line under the writer's; the text is signed behind a header of its own."""
    line = COSIGNED.removeprefix(NOTE).decode()
    mark, name, encoded = line.rstrip("\n").split(" ")
    blob = base64.b64decode(encoded)
    public = VAULT.key.public
    assert (mark, name, len(blob)) == ("—", "vault-b", 4 + 8 + 64)
    assert blob[:4] == sha256(b"vault-b\n\x04" + public).digest()[:4]
    assert int.from_bytes(blob[4:12], "big") == SECONDS
    signed = b"cosignature/v1\ntime 1790000001\n" + POINT.text().encode()
    Ed25519PublicKey.from_public_bytes(public).verify(blob[12:], signed)


def test_who_does_not_know_the_witness_reads_the_checkpoint_all_the_same():
    """The writer's signature counts as before; the witness says when it signed."""
    assert open_checkpoint(COSIGNED, [WRITER.verifier]) == POINT
    assert VAULT.key.time_of(COSIGNED) == SECONDS
    assert Cosigner("vault-c", b"\x09" * 32).cosign(COSIGNED, 1).startswith(COSIGNED)


@given(at=st.integers(0, len(COSIGNED) - 1), bit=st.integers(0, 7))
def test_no_changed_bit_keeps_the_cosignature(at, bit):
    """Of the text, the time or the signature; the writer's own line is the writer's affair."""
    changed = bytearray(COSIGNED)
    changed[at] ^= 1 << bit
    theirs = len(POINT.text().encode()) + 1 <= at < len(NOTE) - 1
    if theirs and b"\n\n" not in changed[len(POINT.text().encode()) + 1 :]:
        return
    with pytest.raises(ProofMismatch):
        assert VAULT.key.time_of(bytes(changed)) != SECONDS
        raise ProofMismatch("another time is no proof of this one")


@pytest.mark.parametrize("note", [NOTE, b"", b"\xff\n\n", b"text", Cosigner("vault-b", b"\x05" * 32).cosign(NOTE, 1)])
def test_what_it_did_not_cosign_is_not_vouched_for(note):
    """No line, no note, or another key under its name."""
    with pytest.raises(ProofMismatch):
        VAULT.key.time_of(note)


def test_a_witness_reads_back_and_is_no_writer():
    """The two kinds of key line look different: one is never taken for the other."""
    assert WitnessKey.parse(str(VAULT.key)) == VAULT.key
    for text in (str(WRITER.verifier), "", "a+b", "vault-b+00000000+BAAA", f"{VAULT.key} x"):
        with pytest.raises(ProofMismatch):
            WitnessKey.parse(text)
    with pytest.raises(ProofMismatch):
        Verifier.parse(str(VAULT.key))
