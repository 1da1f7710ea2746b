"""A witness cosigns one history of a log, growing; whatever else it is shown, it answers with the protocol's status.

Method: a journal by the real writer, asked for at several sizes; requests replayed, turned, cut, forged; the witness
stopped and started between; its answers checked with the keys that a stranger would have.
"""

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.journal import leaves_of
from contrefeu.proof import (
    AddCheckpoint,
    Cosigner,
    ProofMismatch,
    Signer,
    Verifier,
    WitnessKey,
    open_checkpoint,
    open_cosigned,
    open_note,
    parse_add_checkpoint,
)
from contrefeu.vault import Witness, keep_cosigned, request_for, vouched_for
from tests.vault.stations import Station

COSIGNER = Cosigner("witness.example/w1", bytes(range(32)))


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path / "log", "nlog", segment_bytes=4096)


@pytest.fixture
def witness(tmp_path: Path, station: Station) -> Witness:
    (tmp_path / "witness" / "logs").mkdir(parents=True)
    (tmp_path / "witness" / "logs" / "nlog").write_text(f"{station.signer.verifier}\n")
    return Witness(tmp_path / "witness", COSIGNER, station.clock)


def ask(witness: Witness, station: Station, old: int) -> tuple[int, bytes]:
    answer = witness.add_checkpoint(request_for(station.files(), old).pack())
    return answer.status, answer.body


def size_of(station: Station) -> int:
    return open_checkpoint(station.files().checkpoint.read_bytes(), [station.signer.verifier]).size


@pytest.mark.req("C4")
def test_a_growing_journal_is_cosigned_step_by_step(witness, station):
    """From nothing, then from what was seen, across many segments; each answer is a cosignature of that checkpoint."""
    seen = 0
    for count in (3, 1, 20, 0, 7):
        station.say(count, size=500)
        status, lines = ask(witness, station, seen)
        assert status == 200
        note = station.files().checkpoint.read_bytes()
        vouched = open_cosigned(note + lines, station.signer.verifier, [COSIGNER.key])
        assert vouched.witnesses == ((COSIGNER.key.name, station.clock.now_ns() // 1_000_000_000),)
        assert vouched.checkpoint.size == size_of(station)
        seen = size_of(station)


def test_the_protocols_statuses(witness, station):
    """400, 403, 404, 409 with the size, 422: each for what the protocol says, and nothing is remembered of it."""
    station.say(5)
    first = request_for(station.files(), 0)
    assert witness.add_checkpoint(b"what?").status == 400
    assert witness.add_checkpoint(b"x" * 100_000).status == 400
    size = size_of(station)
    assert witness.add_checkpoint(AddCheckpoint(size + 1, (), first.note).pack()).status == 400
    other = Signer("nelse-capture", b"\x09" * 32)
    assert witness.add_checkpoint(AddCheckpoint(0, (), other.sign("nelse-capture\n1\nAAAA\n")).pack()).status == 404
    forged = Signer(station.journal, b"\x0a" * 32).sign(open_note(first.note, [station.signer.verifier]).text)
    assert witness.add_checkpoint(AddCheckpoint(0, (), forged).pack()).status == 403
    assert witness.add_checkpoint(AddCheckpoint(0, (bytes(32),), first.note).pack()).status == 422
    assert ask(witness, station, 0)[0] == 200
    station.say(3)
    assert ask(witness, station, 0) == (409, f"{size}\n".encode())
    wrong = request_for(station.files(), size)
    assert witness.add_checkpoint(AddCheckpoint(size, wrong.proof[1:], wrong.note).pack()).status == 422
    assert witness.add_checkpoint(AddCheckpoint(size, (*wrong.proof, bytes(32)), wrong.note).pack()).status == 422
    assert witness.add_checkpoint(wrong.pack()).status == 200


@pytest.mark.req("C4")
def test_two_histories_are_never_cosigned(witness, station, tmp_path):
    """A journal put back and gone on with: its proof leads nowhere, from any size, larger or equal."""
    station.say(3)
    snapshot = station.snapshot(tmp_path / "snapshot")
    station.say(2)
    assert ask(witness, station, 0)[0] == 200
    seen = size_of(station)
    station.roll_back(snapshot)
    station.say(2)
    note = station.files().checkpoint.read_bytes()
    for old in range(seen + 3):
        assert witness.add_checkpoint(AddCheckpoint(old, (), note).pack()).status in {400, 409, 422}
    station.say(9)
    assert ask(witness, station, seen)[0] == 422
    assert ask(witness, station, 0)[0] == 409


def test_what_was_seen_outlives_the_process(witness, station, tmp_path):
    """It is on disk before the answer: another process of the same witness gives the same conflict."""
    station.say(3)
    ask(witness, station, 0)
    again = Witness(tmp_path / "witness", COSIGNER, station.clock)
    station.say(1)
    assert ask(again, station, 0)[0] == 409


def test_requests_at_once_leave_the_largest(witness, station):
    """The step from checking to remembering is one: a smaller tree never follows a larger one."""
    requests = []
    for _ in range(12):
        station.say(1)
        requests.append(request_for(station.files(), 0).pack())
    threads = [threading.Thread(target=witness.add_checkpoint, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status, body = ask(witness, station, 0)
    assert status == 409
    seen = int(body)
    kept = (witness._folder / "seen" / station.journal).read_bytes()
    assert open_checkpoint(kept, [station.signer.verifier]).size == seen
    assert ask(witness, station, seen)[0] == 200


@given(
    data=st.binary(max_size=300),
    head=st.sampled_from([b"", b"old 0\n", b"old 3\nAAAA\n", b"old 01\n\n", b"old -1\n\n"]),
)
@settings(max_examples=200, deadline=None)
def test_hostile_requests_are_answered_or_refused(tmp_path_factory, data, head):
    """Any bytes get a status; none gets a cosignature or an exception."""
    folder = tmp_path_factory.getbasetemp() / "hostile"
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    (folder / "logs" / "x").write_text(str(Signer("x", bytes(32)).verifier))
    witness = Witness(folder, COSIGNER, Station(folder / "home", "nq").clock)
    assert witness.add_checkpoint(head + data).status in {400, 403, 404}


def test_leaves_are_those_that_were_signed_for(station):
    """Across segments, those left after a crash too."""
    station.say(30, size=400)
    station.crash()
    station.say(2)
    size = size_of(station)
    assert len(leaves_of(station.files(), size)) == size
    assert len(leaves_of(station.files(), 3)) == 3


def test_a_cosigned_checkpoint_is_kept_when_it_is_larger_and_the_witnesss_own(witness, station, tmp_path):
    """Another's line, or a line of another checkpoint, is refused; an older one does not replace a newer."""
    station.say(2)
    _, lines = ask(witness, station, 0)
    note, kept = station.files().checkpoint.read_bytes(), tmp_path / "kept" / station.journal / "w1"
    old = note, lines
    assert keep_cosigned(kept, note, lines, station.signer.verifier, COSIGNER.key)
    with pytest.raises(ProofMismatch):
        keep_cosigned(kept, note, lines, station.signer.verifier, WitnessKey("witness.example/w1", bytes(32)))
    seen = size_of(station)
    station.say(2)
    with pytest.raises(ProofMismatch):
        keep_cosigned(kept, station.files().checkpoint.read_bytes(), lines, station.signer.verifier, COSIGNER.key)
    _, lines = ask(witness, station, seen)
    assert keep_cosigned(kept, station.files().checkpoint.read_bytes(), lines, station.signer.verifier, COSIGNER.key)
    assert not keep_cosigned(kept, *old, station.signer.verifier, COSIGNER.key)
    [(_, name, _)] = vouched_for(tmp_path / "kept", station.signer.verifier, [COSIGNER.key])
    assert name == COSIGNER.key.name
    assert vouched_for(tmp_path / "kept", station.signer.verifier, []) == []


def test_the_form_of_a_request_is_the_protocols():
    """Parsed and written the same; every other spelling is refused."""
    request = AddCheckpoint(20852014, (bytes(32), b"\xff" * 32), b"example.com/x\n1\nAAAA\n\n")
    assert parse_add_checkpoint(request.pack()) == request
    first = request.pack()
    assert first.startswith(b"old 20852014\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n//////")
    for wrong in (
        first.replace(b"old ", b"Old "),
        first.replace(b"20852014", b"020852014"),
        first.replace(b"AAA=\n", b"AAB=\n", 1),
        first.replace(b"AAA=\n", b"AAA=\r\n", 1),
        b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx\n",
        first.partition(b"\n\n")[0],
    ):
        with pytest.raises(ProofMismatch):
            parse_add_checkpoint(wrong)


def test_a_witness_key_is_no_writers_key():
    """The same bytes under another algorithm have another id: neither line stands for the other."""
    key = COSIGNER.key
    assert WitnessKey.parse(str(key)) == key
    assert Verifier(key.name, key.public).key_id != key.key_id
    for wrong in (str(Verifier(key.name, key.public)), str(key)[:-4], str(key).replace("w1", "w2"), "x", ""):
        with pytest.raises(ProofMismatch):
            WitnessKey.parse(wrong)
