"""Notes and checkpoints are those of C2SP: what others sign opens here, and what is not quite a note does not.

Method: a vector of Go's note package, written by others; then each part of a note changed, moved, cut and invented.
"""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.proof import Checkpoint, ProofMismatch, Signer, Verifier, open_checkpoint, open_note

SIGNER = Signer("ward-3", bytes(range(32)))
OTHER = Signer("witness.example", bytes(range(1, 33)))
TEXT = "one\n\ntwo\n"
NOTE = SIGNER.sign(TEXT)
# golang.org/x/mod/sumdb/note, example_test.go: a note of the Go project's own example key.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_of_others_opens():
    """Go's own example, with its key, byte for byte."""
    verifier = Verifier.parse(GO_KEY)
    note = open_note(GO_NOTE.encode(), [verifier])
    assert (note.text.count("\n"), note.signed_by) == (2, (verifier,))
    assert str(verifier) == GO_KEY


def test_signatures_of_strangers_are_passed_over():
    """Witnesses may cosign: their lines are no error, and no signature of ours either."""
    cosigned = NOTE + OTHER.signature_line(TEXT).encode()
    assert open_note(cosigned, [SIGNER.verifier]).signed_by == (SIGNER.verifier,)
    assert open_note(cosigned, [OTHER.verifier]).signed_by == (OTHER.verifier,)
    both = open_note(cosigned, [SIGNER.verifier, OTHER.verifier])
    assert both == type(both)(TEXT, (SIGNER.verifier, OTHER.verifier))
    with pytest.raises(ProofMismatch, match="no known key"):
        open_note(NOTE, [OTHER.verifier])
    with pytest.raises(ProofMismatch, match="no known key"):
        open_note(NOTE, [])


def test_a_wrong_signature_of_a_known_key_is_refused():
    """Even beside a right one of another known key."""
    forged = OTHER.signature_line("another text\n").encode()
    with pytest.raises(ProofMismatch, match="signature on the note is wrong"):
        open_note(NOTE + forged, [SIGNER.verifier, OTHER.verifier])


@given(st.integers(0, len(NOTE) - 1), st.integers(0, 7))
def test_one_bit_of_a_note_is_never_taken_for_another(at, bit):
    """Text, blank line, mark, name, key id, signature, last letter, newline."""
    changed = NOTE[:at] + bytes([NOTE[at] ^ 1 << bit]) + NOTE[at + 1 :]
    with pytest.raises(ProofMismatch):
        open_note(changed, [SIGNER.verifier])


@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
def test_invented_notes_are_refused(data):
    """ProofMismatch and no other error, whatever the bytes."""
    with pytest.raises(ProofMismatch):
        open_note(data, [SIGNER.verifier])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        NOTE[:-1],
        NOTE.replace(b"\n\n\xe2", b"\n\xe2"),
        NOTE.replace(b"\xe2\x80\x94 ", b"-- "),
        NOTE.replace(b" ward-3 ", b" ward-4 "),
        NOTE.replace(b" ward-3 ", b"  ward-3 "),
        NOTE + b"\n",
        NOTE + b"x\n",
        b"\xff" + NOTE,
        b"tab\t" + NOTE,
        b"nul\0" + NOTE,
        NOTE.replace(b"\n", b"\r\n"),
        b"x" * 1_000_001,
    ],
    ids=lambda data: repr(data[:24]),
)
def test_what_is_not_quite_a_note_is_refused(data):
    """The standard's own refusals: no blank line, no mark, control characters, other line ends, too long."""
    with pytest.raises(ProofMismatch):
        open_note(data, [SIGNER.verifier])


@given(st.text(max_size=60))
def test_verifiers_are_read_as_written_or_refused(text):
    """A key whose id is not its own is no key."""
    assert Verifier.parse(f"{SIGNER.verifier}\n") == SIGNER.verifier
    with pytest.raises(ProofMismatch, match="not a verifier key"):
        Verifier.parse(text)


@pytest.mark.parametrize(
    ("part", "instead"), [("ward-3", "ward-4"), ("+AX", "+Ag"), ("ward-3", ""), ("ward-3", "ward 3"), ("+AX", "+=AX")]
)
def test_altered_verifiers_are_refused(part, instead):
    """Name, algorithm, id and spelling belong together."""
    line = str(Verifier("ward-3", OTHER.verifier.public))
    assert part in line
    with pytest.raises(ProofMismatch, match="not a verifier key"):
        Verifier.parse(line.replace(part, instead, 1))


POINT = Checkpoint("ward-3", 7, bytes(range(32)), 41, 1_790_000_000_123_456_000)


@given(st.integers(0, 2**63), st.binary(min_size=32, max_size=32), st.integers(0, 2**63), st.integers(0, 10**15))
def test_checkpoints_are_read_as_they_were_signed(size, root, entries, time_us):
    """Every field, and the text is that of tlog-checkpoint: origin, size, root, then our two lines."""
    point = Checkpoint("ward-3", size, root, entries, time_us * 1000)
    assert open_checkpoint(point.sign(SIGNER), [SIGNER.verifier]) == point
    assert point.text().split("\n")[:3] == ["ward-3", str(size), base64.b64encode(root).decode()]


def test_other_lines_of_a_checkpoint_are_let_be():
    """tlog-checkpoint allows extension lines; those of others follow ours."""
    extended = SIGNER.sign(POINT.text() + "another line\n")
    assert open_checkpoint(extended, [SIGNER.verifier]) == POINT


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("\n7\n", "\n07\n"),
        ("\n7\n", "\n-7\n"),
        ("\n7\n", "\n٧\n"),
        ("\n7\n", "\n\n"),
        ("\n7\n", "\n" + "9" * 5000 + "\n"),
        ("AAEC", "AAE="),
        ("AAEC", "AAEC\n"),
        ("entries 41", "entries 041"),
        ("entries 41", "41"),
        ("entries", "time"),
        ("time 2026", "time 0000"),
        (".123456Z", ".123Z"),
        ("ward-3\n7", "\n7"),
    ],
)
def test_checkpoints_spelt_otherwise_are_refused(part, instead):
    """Signed or not: one way to write each value, so that two readers never differ."""
    assert part in POINT.text()
    with pytest.raises(ProofMismatch, match="malformed"):
        open_checkpoint(SIGNER.sign(POINT.text().replace(part, instead, 1)), [SIGNER.verifier])


def test_a_time_before_time_is_refused_and_breaks_nothing():
    """A signed time that lies before year 1 in UTC is malformed, not a crash."""
    text = POINT.text().partition("time ")[0] + "time 0001-01-01T00:00:00.000000+23:59\n"
    with pytest.raises(ProofMismatch, match="malformed"):
        open_checkpoint(SIGNER.sign(text), [SIGNER.verifier])
