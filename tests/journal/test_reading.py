"""A reader gives what counts, in order, once, and nothing beyond what its writer published.

Method: a writer and a reader on one folder, with frames that do not count, heads that are old, torn or gone, and many
segments; count what is read of the disk.
"""

import os
import threading
import tracemalloc
from typing import Any

import pytest

from contrefeu.journal import Head, JournalReader, JournalTampered, standing
from contrefeu.journal import reader as reader_module
from contrefeu.journal.files import pack_head
from tests.journal.desk import Desk, bodies_of


class Counting:
    """The `os` of a module: counts bytes read."""

    def __init__(self) -> None:
        self.read = 0
        self.files: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        """Read, and count."""
        data = os.pread(fd, length, offset)
        self.read += len(data)
        return data


def test_reader_never_goes_beyond_the_head_of_a_writer_at_work(tmp_path):
    """A whole frame behind the published end is not shown: its sync may still fail."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    published = desk.files.head.read_bytes()
    desk.append(b"two")
    desk.files.head.write_bytes(published)
    assert desk.bodies() == [b"one"]
    assert desk.reader().entry(2) is None
    assert desk.verify(writing=True).damage == []


def test_frame_being_written_is_no_damage(tmp_path):
    """While the writer is at work a half written frame behind the head is no damage; afterwards it is a tail."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    path = desk.files.segment(1)
    data = path.read_bytes()
    at = len(data.rstrip(b"\0"))
    path.write_bytes(data[:at] + b"CF\0\0 half a frame" + data[at + 17 :])
    assert desk.verify(writing=True).damage == []
    desk.kill()
    assert [d.kind for d in desk.verify(writing=True).damage] == ["tail"]


@pytest.mark.parametrize("head", ["gone", "torn", "empty", "old", "of the start"])
def test_a_dead_node_is_read_to_its_durable_end(tmp_path, head):
    """The head file is not synced: after a power cut it may be anything, and no durable entry is missed."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    old = desk.files.head.read_bytes()
    desk.append(b"two", b"three")
    desk.writer.roll()
    desk.append(b"four")
    desk.kill()
    if head == "gone":
        desk.files.head.unlink()
    else:
        first = pack_head(Head(1, 1, 0, 1))
        states = {"torn": old[:20] + bytes(20), "empty": b"", "old": old, "of the start": first}
        desk.files.head.write_bytes(states[head])
    assert desk.bodies() == [b"one", b"two", b"three", b"four"]
    assert desk.reader().entry(4).body == b"four"
    assert desk.verify(writing=True).damage == []
    desk.append(b"five")
    assert desk.bodies() == [b"one", b"two", b"three", b"four", b"five"]


def test_entries_are_found_across_segments(tmp_path):
    """By sequence, in any order, and on from any place; what was never written is None."""
    desk = Desk(tmp_path)
    bodies = bodies_of(30)
    for n in range(0, 30, 3):
        desk.append(*bodies[n : n + 3])
        if n % 9 == 0:
            desk.writer.roll()
    reader = desk.reader()
    for n in (17, 1, 30, 9, 10, 2, 29):
        assert reader.entry(n).body == bodies[n - 1]
        assert [e.body for batch in reader.after(n) for e in batch] == bodies[n:]
    assert (reader.entry(0), reader.entry(31), reader.entry(-1)) == (None, None, None)
    assert list(reader.after(30)) == []


def test_finding_an_entry_reads_heads_not_bodies(tmp_path, monkeypatch):
    """Behind 3 MB of other bodies an entry costs a few kilobytes, and only its own frame is opened."""
    desk = Desk(tmp_path)
    for _ in range(40):
        desk.append(os.urandom(75_000))
    desk.append(b"wanted")
    reader = desk.reader()
    opened = []
    monkeypatch.setattr(
        reader_module.SegmentReader, "ciphertext", lambda self, frame: opened.append(frame) or _ciphertext(self, frame)
    )
    assert reader.entry(41).body == b"wanted"
    assert len(opened) == 1


_ciphertext = reader_module.SegmentReader.ciphertext


def test_reader_follows_a_writer(tmp_path):
    """Called again with the last sequence it gave, it goes on where it was, over new segments, without seeking."""
    desk = Desk(tmp_path)
    desk.append(b"0")
    reader, given = desk.reader(), []
    seeks = []
    real = reader._seek
    reader._seek = lambda head, sequence: seeks.append(sequence) or real(head, sequence)
    for n in range(1, 30):
        given += [e.body for batch in reader.after(len(given)) for e in batch]
        assert given == [b"%d" % m for m in range(n)]
        desk.append(b"%d" % n)
        if n % 7 == 0:
            desk.writer.roll()
    assert seeks == [0]


def test_reader_beside_a_writer_at_full_speed_sees_every_entry_once(tmp_path):
    """Two threads, small segments: what is given is always the journal from its start, and at the end all of it."""
    desk = Desk(tmp_path, segment_bytes=8_000)
    desk.append(b"0")
    written, given, wrong = 400, [], []

    def write() -> None:
        for n in range(1, written):
            desk.append(b"%d" % n)
            if n % 50 == 0:
                desk.writer.checkpoint()

    writer = threading.Thread(target=write)
    writer.start()
    reader = desk.reader()
    while writer.is_alive() or len(given) < written:
        given += [(e.sequence, e.body) for batch in reader.after(len(given)) for e in batch]
        found = desk.verify(writing=True)
        if found.damage:
            wrong.append(found)
    writer.join()
    assert given == [(n + 1, b"%d" % n) for n in range(written)]
    assert wrong == []
    assert len(desk.files.segments()) > 5


def test_memory_stays_flat_while_reading(tmp_path):
    """A journal of 24 MB passes through with no more than a few frames of it in memory."""
    desk = Desk(tmp_path)
    for _ in range(24):
        desk.append(os.urandom(1_000_000))
    reader = desk.reader()
    tracemalloc.start()
    count = sum(len(batch) for batch in reader.after(0))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 24
    assert peak < 8_000_000


def test_start_reads_only_the_last_segment(tmp_path, monkeypatch):
    """Thirty segments or one: a writer that starts reads the same, and the same goes for who reads a dead node."""
    desk = Desk(tmp_path)
    for n in range(30):
        desk.append(b"%d" % n * 2000)
        desk.writer.roll()
    desk.append(b"last")
    desk.kill()
    counting = Counting()
    monkeypatch.setattr(standing, "os", counting)
    monkeypatch.setattr("contrefeu.journal.scan.os", counting)
    monkeypatch.setattr("contrefeu.journal.files.os", counting)
    assert desk.writer.sequence == 31
    reserved = desk.files.segment(31).stat().st_size
    assert counting.read < reserved + 100_000
    sizes = sum(desk.files.segment(n).stat().st_size for n in range(1, 31))
    assert sizes > 60_000


def test_reader_without_a_journal_says_what_to_do(tmp_path):
    """A folder without one names the command that makes a home."""
    from contrefeu.journal import JournalFiles, NoJournal

    with pytest.raises(NoJournal, match=r"no journal in nowhere") as found:
        JournalReader(JournalFiles(tmp_path / "nowhere"), lambda header: b"")
    assert "contrefeu init" in found.value.report()


def test_one_proof_of_each_entry_leads_to_the_checkpoint(tmp_path):
    """Over segments, frames and abandoned files: somebody else's checker climbs from the entry to the signed root."""
    from contrefeu.journal import prove_entry
    from tests.second_reader import auditor

    desk = Desk(tmp_path)
    for n in range(5):
        desk.append(*bodies_of(n + 1, 10 * n))
        if n == 2:
            desk.writer.roll()
    key_of = desk.reader()._key_of
    assert prove_entry(desk.files, 1, key_of) is None
    desk.writer.checkpoint()
    desk.append(b"not signed for")
    for sequence in range(1, 16):
        proof = prove_entry(desk.files, sequence, key_of)
        assert proof is not None
        assert auditor.entry(proof.told(), desk.files.verifier_file.read_text()) == sequence
    assert prove_entry(desk.files, 16, key_of) is None


def test_each_checkpoint_is_proved_to_extend_each_before(tmp_path):
    """Between any two that the writer signed, and not to one of another history."""
    from contrefeu.journal import check_consistency, prove_consistency
    from contrefeu.proof import Checkpoint, ProofMismatch
    from tests.journal.desk import ORIGIN, SIGNER

    desk = Desk(tmp_path)
    points = []
    for n in range(6):
        desk.append(*bodies_of(2, 2 * n))
        if n == 2:
            desk.writer.roll()
        desk.writer.checkpoint()
        points.append(desk.files.checkpoint.read_bytes())
    for n, old in enumerate(points):
        proof = prove_consistency(desk.files, old)
        assert proof is not None
        before, after = check_consistency(proof, SIGNER.verifier)
        assert (before.entries, after.entries) == (2 * n + 2, 12)
    other = Checkpoint(ORIGIN, before.size, bytes(32), before.entries, 0).sign(SIGNER)
    with pytest.raises(JournalTampered, match="not the one that its checkpoint signed for"):
        prove_consistency(desk.files, other)
    desk.files.checkpoint.write_bytes(points[0])
    assert prove_consistency(desk.files, points[-1]) is None
    with pytest.raises(ProofMismatch):
        prove_consistency(desk.files, points[0].replace(b"time 2", b"time 3"))
