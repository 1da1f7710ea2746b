"""A writer numbers, times and closes as the page says, whatever the clock, the recipients and the sizes do.

Method: a clock that is moved by hand, recipients that change, and segments looked at on the disk.
"""

import os
import stat

import pytest

from contrefeu.custody import KeyPair
from contrefeu.journal import EntryTooLong, JournalFailed, JournalTampered, SegmentReader, parse_ref
from contrefeu.journal.entry import pack_entry, unpack_entry
from tests.journal.desk import ORIGIN, PAIR, SIGNER, Desk, drafts


def _headers(desk: Desk) -> list[SegmentReader]:
    found = [SegmentReader(desk.files, number, SIGNER.verifier) for number in desk.files.segments()]
    for segment in found:
        segment.close()
    return found


def test_entries_come_back_byte_for_byte(tmp_path):
    """Source, media type, times and body, empty and binary ones too, over a restart."""
    desk = Desk(tmp_path)
    bodies = [b"", b"\x00\xff" * 500, "é\r".encode(), bytes(70_000)]
    assert desk.append(*bodies) == range(1, 5)
    desk.close()
    assert desk.append(b"next") == range(5, 6)
    found = desk.entries()
    assert [(e.ref, e.source, e.media_type, e.body) for e in found] == [
        (f"{ORIGIN}/{n}", "ADM@CHU", "x-application/hl7-v2+er7", body) for n, body in enumerate([*bodies, b"next"], 1)
    ]
    assert [e.received_ns for e in found[:4]] == [draft.received_ns for draft in drafts(*bodies)]


def test_hybrid_clock_grows_whatever_the_clock_does(tmp_path):
    """Set back, set far ahead, restarted: each entry's hybrid clock is above the one before (S7)."""
    desk = Desk(tmp_path)
    start = desk.clock.now_ns()
    for seconds in (0, 0, 3600, -86_400, 365 * 86_400, 0, -5):
        desk.clock.set(start + seconds * 10**9)
        desk.append(b"a", b"b", b"c")
        if seconds == 3600:
            desk.close()
    hybrid = [e.hlc for e in desk.entries()]
    assert hybrid == sorted(set(hybrid))
    assert hybrid[0] == start // 10**6 << 16


def test_segment_ends_by_age_by_size_and_by_a_clock_set_back(tmp_path):
    """An hour at most is sealed under one key; a clock that jumps back an hour ends it as well."""
    desk = Desk(tmp_path, segment_bytes=30_000, segment_age_s=3600)
    desk.append(b"one")
    desk.clock.advance(seconds=3599)
    desk.append(b"two")
    assert desk.files.segments() == [1]
    desk.clock.advance(seconds=1)
    desk.append(b"three")
    assert desk.files.segments() == [1, 2]
    desk.clock.advance(hours=-2)
    desk.append(b"four")
    assert desk.files.segments() == [1, 2, 3]
    for _ in range(5):
        desk.append(os.urandom(20_000))
    assert len(desk.files.segments()) == 5
    desk.close()
    assert [s.header.first_sequence for s in _headers(desk)] == [1, 3, 4, 7, 9]
    assert desk.verify().damage == []


@pytest.mark.req("C4")
def test_new_recipients_get_a_new_segment(tmp_path):
    """What was sealed before is not sealed to them: a header never changes (S2)."""
    desk = Desk(tmp_path)
    other, _seed = KeyPair.draw("reader/2026-11-24")
    desk.append(b"one")
    desk.recipients = [PAIR.recipient, other.recipient]
    desk.append(b"two")
    desk.append(b"three")
    desk.recipients = [PAIR.recipient]
    desk.append(b"four")
    named = [[key.name for key in segment.header.keys] for segment in _headers(desk)]
    assert named == [["recovery"], ["recovery", "reader/2026-11-24"], ["recovery"]]
    assert desk.bodies() == [b"one", b"two", b"three", b"four"]


def test_a_restart_never_reopens_a_segment(tmp_path):
    """Its data key is gone: each start writes the next segment, under a key of its own."""
    desk = Desk(tmp_path)
    for n in range(4):
        desk.append(b"%d" % n)
        desk.kill() if n % 2 else desk.close()
    assert desk.files.segments() == [1, 2, 3, 4]
    assert len({segment.header.commitment for segment in _headers(desk)}) == 4


def test_start_without_writing_leaves_no_segment(tmp_path):
    """A node that is opened and closed a hundred times has no empty files to show for it."""
    desk = Desk(tmp_path)
    for _ in range(3):
        assert desk.writer.sequence == 0
        desk.close()
    assert desk.files.segments() == []
    assert desk.verify().damage == []


def test_only_the_node_reads_its_journal(tmp_path):
    """Folders are the node's own; segments are not for others even so."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    desk.close()
    assert stat.S_IMODE(desk.files.folder.stat().st_mode) == 0o750
    assert stat.S_IMODE(desk.files.segments_folder.stat().st_mode) == 0o750
    assert stat.S_IMODE(desk.files.segment(1).stat().st_mode) & 0o027 == 0


@pytest.mark.req("C4")
def test_nothing_that_was_said_lies_on_the_disk_in_clear(tmp_path):
    """Neither a body nor a source: what is stolen is useless (promise 3)."""
    desk = Desk(tmp_path)
    desk.append(b"PID|1||123^^^CHU^PI||ESSAI^ADA\r" * 20)
    desk.close()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"ESSAI" not in everything and b"ADM@CHU" not in everything


def test_long_appends_are_cut_into_frames(tmp_path):
    """Memory of readers is one frame: many entries, or long ones, lie in several; all are durable on return."""
    desk = Desk(tmp_path)
    assert desk.append(*[b"%d" % n for n in range(5000)]) == range(1, 5001)
    desk.append(*[bytes([n]) * 400_000 for n in range(6)])
    sizes = [len(batch) for batch in desk.reader().after(0)]
    assert sizes == [4096, 904, 2, 2, 2]


def test_an_empty_append_writes_nothing(tmp_path):
    """No entries, no frame, no segment."""
    desk = Desk(tmp_path)
    assert list(desk.append()) == []
    assert desk.files.segments() == []


def test_long_names_are_cut_between_characters():
    """A source of more than 255 bytes is cut, never in the middle of a letter."""
    from contrefeu.journal import Draft

    entry = unpack_entry("j", bytes(16) + pack_entry(Draft("é" * 200, "m" * 300, b"body", 5), 1, 2))
    assert (entry.source, entry.media_type, entry.body) == ("é" * 127, "m" * 255, b"body")


@pytest.mark.parametrize("ref", ["", "ward", "ward/", "/7", "ward/x", "ward/-1", "ward/7 ", "ward/٧"])
def test_what_names_no_entry_is_refused(ref):
    """journal/sequence and nothing else; a journal's name may hold slashes."""
    assert parse_ref("drill/ward-3/7") == ("drill/ward-3", 7)
    with pytest.raises(ValueError, match="not an entry"):
        parse_ref(ref)


def test_too_long_an_entry_is_the_senders_doing():
    """Its error says whose: exit status 1, and what to do."""
    assert issubclass(EntryTooLong, Exception) and EntryTooLong.exit_status == 1
    assert JournalTampered("x").exit_status == 12


def test_a_segment_whose_time_is_over_is_closed_though_nobody_writes(tmp_path):
    """Its key is forgotten after an hour, message or not; the next one opens another."""
    desk = Desk(tmp_path, segment_age_s=3600)
    desk.append(b"one")
    desk.writer.tend()
    assert desk.writer._open is not None
    desk.clock.advance(seconds=3600)
    desk.writer.tend()
    assert desk.writer._open is None
    assert desk.files.segment(1).stat().st_size < 4096, "closed, and without reserved space"
    desk.append(b"two")
    assert desk.files.segments() == [1, 2]
    desk.close()
    assert desk.verify().damage == []


@pytest.mark.req("F28")
def test_the_last_of_the_disk_is_left_to_others(tmp_path):
    """With less than `spare_bytes` free the disk is full to this journal, and not to one that leaves nothing."""
    room = os.statvfs(tmp_path)
    greedy = Desk(tmp_path / "people")
    modest = Desk(tmp_path / "feeds", spare_bytes=room.f_bavail * room.f_frsize + 2**30)
    greedy.append(b"an act")
    with pytest.raises(JournalFailed, match="No space left"):
        modest.append(b"a message")
    assert modest.files.segments() == [], "nothing is left of the attempt"
    greedy.close()


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
def test_an_interrupted_commit_leaves_its_file_and_counts_for_nothing(tmp_path, monkeypatch, call):
    """Ctrl-C in the middle of an import, before or behind the write: the journal is closed and is whole."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    real = getattr(os, call)

    def interrupted(*arguments):
        real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, call, interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.append(b"two")
    desk.close()
    assert desk.bodies()[:1] == [b"one"]
    assert desk.verify().intact
    desk.append(b"three")
    desk.close()
    assert desk.bodies() in ([b"one", b"three"], [b"one", b"two", b"three"])
    assert desk.verify().damage == []
