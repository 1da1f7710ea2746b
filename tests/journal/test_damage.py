"""Nothing is altered unseen: every changed bit, removed, moved or repeated frame, cut or fork is found and located.

Method: one journal of three segments, whole; damage its bytes as a failing disk or an intruder would; check without a
key, and read with one.
"""

import random
import shutil

import pytest

from contrefeu.journal import JournalFiles, JournalTampered
from contrefeu.journal.scan import frames
from contrefeu.proof import Checkpoint
from tests.journal.desk import SIGNER, Desk, bodies_of, each_file, flipped

ENTRIES = 14


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """Three segments, closed; entries 1 to 6, 7 to 12 and 13 to 14, two a frame."""
    desk = Desk(tmp_path_factory.mktemp("whole"))
    for n in range(ENTRIES // 2):
        desk.append(*bodies_of(2, 2 * n))
        if n in {2, 5}:
            desk.writer.roll()
    desk.close()
    assert desk.verify().damage == []
    return desk


@pytest.fixture
def copy(journal, tmp_path):
    """A copy to damage."""
    shutil.copytree(journal.folder, tmp_path / "journals")
    return Desk(tmp_path / "journals")


def _frames(files: JournalFiles, number: int) -> list[tuple[int, int, int, int]]:
    """(start, end, first entry, last entry) of each frame of a segment."""
    data = files.segment(number).read_bytes()
    with files.segment(number).open("rb") as file:
        start = 8 + int.from_bytes(data[4:8], "big")
        return [
            (f.offset, f.end, f.head.first_sequence, f.head.last_sequence)
            for f in frames(file.fileno(), start, len(data))
        ]


def _read(desk: Desk) -> tuple[int, bool]:
    """How many entries a reader with the key was given, all of them right, and whether it refused the rest."""
    given = 0
    try:
        for batch in desk.reader().after(0):
            for entry in batch:
                given += 1
                assert (entry.sequence, entry.body) == (given, bodies_of(1, given - 1)[0])
    except JournalTampered:
        return given, True
    return given, False


@pytest.mark.req("C4")
def test_one_rotten_bit_anywhere_is_found_and_located(copy):
    """In any file a check reads: the damage names the segment, and entries that are touched, and no others."""
    chance = random.Random(11)
    for path in each_file(copy.files):
        data = path.read_bytes()
        number = int(path.stem) if path.suffix == ".seg" else 0
        places = _frames(copy.files, number) if number else []
        for at in sorted({0, 3, 4, 5, 7, 8, len(data) - 1} | {chance.randrange(len(data)) for _ in range(50)}):
            path.write_bytes(flipped(data, at, chance.randrange(8)))
            found = copy.verify()
            assert not found.intact and found.exit_status == 12, (path.name, at)
            frame = next(((first, last) for start, end, first, last in places if start <= at < end), None)
            assert {d.segment for d in found.damage} == {number}, (path.name, at, found.damage)
            if frame is not None:
                damage = found.damage[0]
                assert damage.kind == "altered"
                assert (damage.first_entry, damage.last_entry) == frame, (path.name, at)
            given, refused = _read(copy)
            if frame is not None and frame[1] >= frame[0]:
                assert refused and given == frame[0] - 1
        path.write_bytes(data)
    assert copy.verify().damage == []


@pytest.mark.req("C4")
def test_every_byte_of_a_frame_matters(tmp_path):
    """Not a sample: each byte of a frame and of a closing frame; of the header, which is signed, each fifth."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    desk.close()
    path = desk.files.segment(1)
    data = path.read_bytes()
    missed = []
    header = 8 + int.from_bytes(data[4:8], "big")
    for at in [*range(8), *range(8, header, 5), *range(header - 8, len(data))]:
        path.write_bytes(flipped(data, at, at % 8))
        if desk.verify().exit_status != 12:
            missed.append(at)
    assert missed == []


@pytest.mark.req("C4")
@pytest.mark.parametrize("order", [(1, 0, 2), (0, 0, 1, 2), (0, 2), (1, 2), (2, 1, 0), (0, 1, 2, 1)], ids=str)
@pytest.mark.parametrize("number", [1, 2])
def test_rearranged_frames_are_found(copy, number, order):
    """Removed, moved or repeated whole frames: each is right by itself, and the journal is not."""
    path = copy.files.segment(number)
    data = path.read_bytes()
    places = _frames(copy.files, number)
    parts = [data[start:end] for start, end, _, _ in places]
    path.write_bytes(data[: places[0][0]] + b"".join(parts[i] for i in order) + parts[3])
    found = copy.verify()
    kinds = {d.kind for d in found.damage}
    assert not found.intact and {d.segment for d in found.damage} == {number}
    assert found.exit_status == (13 if kinds == {"missing"} else 12)
    assert kinds <= {"missing", "reordered", "repeated", "altered"} and kinds
    given, refused = _read(copy)
    repeated_only = sorted(set(order)) == list(range(3)) and [i for n, i in enumerate(order) if i not in order[:n]] == [
        0,
        1,
        2,
    ]
    assert refused or (repeated_only and given == ENTRIES)


@pytest.mark.req("C4")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_segment_is_found(copy, number):
    """Its entries are named: the next header says where the tree stood, and the checkpoint where it ends."""
    first, last = {1: (1, 6), 2: (7, 12), 3: (13, 14)}[number]
    copy.files.segment(number).unlink()
    found = copy.verify()
    assert [(d.kind, d.first_entry, d.last_entry) for d in found.damage] == [("missing", first, last)]
    assert (found.intact, found.exit_status) == (False, 13)
    assert _read(copy)[0] == first - 1
    if number < 3:
        assert [e.sequence for batch in copy.reader().after(last) for e in batch] == list(range(last + 1, 15))


def test_exchanged_segments_are_found(copy):
    """A header says which segment it is: a file under another name is not taken for it."""
    one, two = copy.files.segment(1), copy.files.segment(2)
    a, b = one.read_bytes(), two.read_bytes()
    one.write_bytes(b)
    two.write_bytes(a)
    found = copy.verify()
    assert [(d.kind, d.segment) for d in found.damage] == [("reordered", 1), ("reordered", 2)]
    assert _read(copy) == (0, True)


@pytest.mark.req("C4")
def test_rollback_is_found_against_a_checkpoint_held_elsewhere(journal, tmp_path):
    """A journal put back with its own older checkpoint is whole by itself; another place remembers."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    desk.writer.checkpoint()
    shutil.copytree(desk.folder, tmp_path / "older")
    desk.append(b"two")
    desk.writer.checkpoint()
    held = desk.files.checkpoint.read_bytes()
    desk.kill()
    older = Desk(tmp_path / "older")
    assert older.verify().intact
    found = older.verify(held_elsewhere=[held])
    assert [(d.kind, d.first_entry, d.last_entry) for d in found.damage] == [("rolled-back", 2, 2)]
    assert found.exit_status == 12


@pytest.mark.req("C4")
def test_fork_is_found_against_a_checkpoint_held_elsewhere(tmp_path):
    """Two histories signed by one key, of the same length: the copy held elsewhere is of the other."""
    desk = Desk(tmp_path / "a")
    desk.append(b"one")
    desk.kill()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    other = Desk(tmp_path / "b")
    for one, body in ((desk, b"true"), (other, b"forged")):
        one.append(body)
        one.close()
        assert one.verify().intact
    found = desk.verify(held_elsewhere=[other.files.checkpoint.read_bytes()])
    assert [d.kind for d in found.damage] == ["forked"]
    assert found.exit_status == 12


def test_a_rotten_checkpoint_held_elsewhere_does_not_stop_the_check(copy):
    """What a vault gives may be rotten itself: it is reported, and the journal is checked all the same."""
    point = copy.files.checkpoint.read_bytes()
    found = copy.verify(held_elsewhere=[flipped(point, 60), b"", point])
    assert [d.kind for d in found.damage] == ["altered", "altered"]
    assert found.entries == ENTRIES


def test_a_writer_refuses_a_journal_behind_its_checkpoint(copy):
    """It signed for more than there is: it changes nothing and says what to do."""
    copy.files.segment(3).unlink()
    before = {path: path.read_bytes() for path in each_file(copy.files)}
    with pytest.raises(JournalTampered) as refused:
        copy.append(b"new")
    assert "vault repair" in refused.value.report()
    assert {path: path.read_bytes() for path in each_file(copy.files)} == before


def test_a_checkpoint_for_another_tree_is_not_extended(copy):
    """A writer whose own checkpoint names another root does not sign a third history."""
    found = copy.verify()
    copy.files.checkpoint.write_bytes(Checkpoint(found.journal, found.size, bytes(32), 14, 0).sign(SIGNER))
    with pytest.raises(JournalTampered, match="another tree"):
        copy.append(b"new")


def test_a_reader_goes_on_behind_damage_when_told_to(copy):
    """Who has shown what is missing is given all the rest, each entry once."""
    path = copy.files.segment(2)
    start = _frames(copy.files, 2)[1][0]
    path.write_bytes(flipped(path.read_bytes(), start + 20))
    reader, given, missing = copy.reader(), [], []
    last = 0
    for _ in range(3):
        try:
            for batch in reader.after(last):
                given += [entry.sequence for entry in batch]
            break
        except JournalTampered as tampered:
            missing.append((tampered.first, tampered.last))
            last = tampered.last
    assert missing == [(9, 10)]
    assert given == [n for n in range(1, 15) if n not in {9, 10}]
    with pytest.raises(JournalTampered):
        reader.entry(9)
    assert [reader.entry(n).sequence for n in (1, 8, 11, 14)] == [1, 8, 11, 14]
