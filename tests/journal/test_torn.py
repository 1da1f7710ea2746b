"""A torn write costs only what was being written, whatever part of it reached the disk (S3).

Method: take the bytes of the last frame, or of a header, and put any subset of its 512-byte sectors on the disk, as a
power cut does with a write that was not synced; open again.
"""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrefeu.journal import JournalTampered
from tests.journal.desk import Desk, flipped

SECTOR = 512
NOISE = random.Random(7)
LAST = (NOISE.randbytes(1500), NOISE.randbytes(900), b"the end")


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """A journal's open segment before and after its last frame, as the disk holds them; and before its first."""
    desk = Desk(tmp_path_factory.mktemp("torn"))
    desk.append(b"one", b"two")
    desk.writer.checkpoint()
    desk.append(b"three")
    path = desk.files.segment(1)
    before, head, point = path.read_bytes(), desk.files.head.read_bytes(), desk.files.checkpoint.read_bytes()
    desk.append(*LAST)
    after = path.read_bytes()
    start = len(before.rstrip(b"\0"))
    end = len(after.rstrip(b"\0"))
    desk.kill()
    # Less reserved space: the same claims, a thousand times faster.
    return before[: end + 700], after[: end + 700], head, point, start, end


def _desk(folder: Path, segment: bytes, head: bytes, point: bytes) -> Desk:
    whole = Desk(folder)
    whole.files.segments_folder.mkdir(parents=True)
    from tests.journal.desk import SIGNER

    whole.files.verifier_file.write_text(f"{SIGNER.verifier}\n")
    whole.files.segment(1).write_bytes(segment)
    whole.files.head.write_bytes(head)
    whole.files.checkpoint.write_bytes(point)
    return whole


def _torn(before: bytes, after: bytes, kept: set[int]) -> bytes:
    return b"".join(
        (after if n in kept else before)[n * SECTOR : (n + 1) * SECTOR] for n in range(-(-len(after) // SECTOR))
    )


@pytest.mark.req("C1")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_sectors_of_the_last_frame_cost_only_that_frame(states, tmp_path_factory, data):
    """What was synced before is there; the torn frame is there whole or not at all, and its rest is set aside."""
    before, after, head, point, start, end = states
    touched = range(start // SECTOR, -(-end // SECTOR))
    kept = data.draw(st.sets(st.sampled_from(touched)))
    torn = _torn(before, after, kept)
    desk = _desk(tmp_path_factory.mktemp("torn"), torn, head, point)
    whole = torn[:end] == after[:end]
    synced = [b"one", b"two", b"three", *(LAST if whole else ())]
    assert desk.bodies() == synced, "a reader of the dead node"
    tail = torn[start:].strip(b"\0") != b"" and not whole
    assert [d.kind for d in desk.verify().damage] == (["tail"] if tail else [])
    desk.append(b"after")
    assert desk.bodies() == [*synced, b"after"]
    assert b"".join(desk.aside()) == (torn[start:].rstrip(b"\0") if tail else b"")
    desk.close()
    assert desk.verify().damage == []


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_sectors_of_a_new_header_cost_nothing(states, tmp_path_factory, data):
    """The next segment was being made: what is there of it is set aside, and another takes its place."""
    before, _after, head, point, _start, _end = states
    desk = _desk(tmp_path_factory.mktemp("torn"), before, head, point)
    desk.append()  # a writer that stands behind segment 1
    desk.append(b"four")
    made = desk.files.segment(2).read_bytes()
    length = 8 + int.from_bytes(made[4:8], "big")
    desk.kill()
    kept = data.draw(st.sets(st.sampled_from(range(-(-length // SECTOR)))))
    torn = _torn(bytes(length + 900), made[:length] + bytes(900), kept)
    desk.files.segment(2).write_bytes(torn)
    desk.files.head.write_bytes(head)
    assert desk.bodies() == [b"one", b"two", b"three"]
    assert desk.verify().intact
    desk.append(b"after")
    assert desk.bodies() == [b"one", b"two", b"three", b"after"]
    desk.close()
    assert desk.verify().damage == []


def test_rot_below_a_checkpoint_is_not_a_torn_tail(tmp_path):
    """The last frame was signed for: a writer changes nothing, says where, and does not start if it cannot go on."""
    signed = Desk(tmp_path / "signed")
    signed.append(b"one")
    signed.writer.checkpoint()
    signed.kill()
    path = signed.files.segment(1)
    data = path.read_bytes()
    first = data.index(b"CF\0\0")
    for where in (first, first + 10, first + 90):
        path.write_bytes(flipped(data, where))
        signed.files.head.unlink(missing_ok=True)
        with pytest.raises(JournalTampered, match=rf"Segment 1 .* at byte {first}"):
            signed.append(b"two")
        assert (path.read_bytes(), signed.aside()) == (flipped(data, where), [])
        assert [d.kind for d in signed.verify().damage] == ["altered"]


@pytest.mark.req("C4")
def test_rot_that_was_published_is_not_a_torn_tail(states, tmp_path):
    """No checkpoint covers the frame, but the head does: somebody was told of it."""
    _before, after, head, point, start, end = states
    desk = _desk(tmp_path, flipped(after, start + 5), head, point)
    from contrefeu.journal import Head
    from contrefeu.journal.files import pack_head

    desk.files.head.write_bytes(pack_head(Head(1, end, 6, 4)))
    with pytest.raises(JournalTampered, match="no torn tail"):
        desk.append(b"after")
    assert desk.aside() == []


@pytest.mark.req("C4")
def test_rot_in_the_middle_of_the_last_segment_cuts_nothing_off(tmp_path):
    """Whole frames behind the damage were acknowledged: they are never set aside; the journal goes on behind them."""
    desk = Desk(tmp_path)
    for n in range(5):
        desk.append(b"body %d" % n)
    desk.kill()
    desk.files.head.unlink()
    path = desk.files.segment(1)
    data = path.read_bytes()
    starts = [at for at in range(len(data) - 4) if data[at : at + 4] == b"CF\0\0"][:5]
    path.write_bytes(flipped(data, starts[2] + 125))  # in the ciphertext of entry 3: its leaf is known
    desk.append(b"after")
    desk.close()
    found = desk.verify()
    assert [(d.kind, d.segment, d.offset, d.first_entry, d.last_entry) for d in found.damage] == [
        ("altered", 1, starts[2], 3, 3)
    ]
    reader = desk.reader()
    given_before: list[bytes] = []
    with pytest.raises(JournalTampered) as tampered:
        for batch in reader.after(0):
            given_before += [e.body for e in batch]
    assert (tampered.value.first, tampered.value.last) == (3, 3)
    rest = [e.body for batch in reader.after(tampered.value.last) for e in batch]
    assert (given_before, rest) == ([b"body 0", b"body 1"], [b"body 3", b"body 4", b"after"])
    path.write_bytes(flipped(data, starts[2] + 12))  # in its head: nobody knows its leaf
    other = Desk(tmp_path)
    other.files.segment(2).unlink()
    other.files.head.unlink()
    other.files.checkpoint.unlink()
    with pytest.raises(JournalTampered, match=f"at byte {starts[2]}"):
        other.append(b"again")
    assert path.read_bytes() == flipped(data, starts[2] + 12)
