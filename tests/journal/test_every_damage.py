"""Every damage to a small journal is found and located, against a checkpoint held elsewhere, or is named harmless.

Method: a journal of three segments whose parts the second reader finds (layout.py); every byte changed, every cut,
every frame and segment removed, moved and repeated, files exchanged with another journal; what `verify` says is
compared with the place that was damaged: segment, offset, first and last entry, kind, and nothing beside.

CI takes each seventh byte, another seventh a journal; `make damage` takes them all (CONTREFEU_EVERY_BYTE=1).
"""

import itertools
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from zlib import crc32

import pytest

from contrefeu.journal import Damage, JournalTampered
from contrefeu.proof import Checkpoint, Signer
from tests.journal import desk as desk_module
from tests.journal.desk import ORIGIN, Desk, bodies_of, flipped
from tests.journal.layout import COUNTS, ZEROS, Layout, at, make
from tests.second_reader import reader as stranger

STEP = 1 if os.environ.get("CONTREFEU_EVERY_BYTE") == "1" else 7
SEGMENTS = sorted(COUNTS)
LAST = SEGMENTS[-1]
ALTERED_CHECKPOINT = at(0, 0, 1, 0, "altered")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    layout = make(tmp_path_factory.mktemp("every") / "journals")
    assert (layout.verify().damage, layout.verify().entries) == ([], layout.entries)
    return layout


@pytest.fixture
def layout(made: Layout) -> Layout:
    made.restore()
    made.desk.files.verifier_file.write_text(f"{desk_module.SIGNER.verifier}\n")
    return made


def _mismatches(cases: "itertools.chain[tuple[str, Callable[[], None], list[Damage]]]", layout: Layout) -> list[str]:
    wrong = []
    for name, do, wanted in cases:
        layout.restore()
        do()
        found = layout.verify()
        harmless = all(d.kind == "tail" for d in wanted)
        if found.damage != wanted or found.intact != harmless:
            wrong.append(f"{name}: {found.damage} instead of {wanted}")
    return wrong


def _flip_wanted(layout: Layout, segment: int, offset: int) -> list[Damage]:
    if offset < layout.header_end[segment]:
        return [at(segment, 0, *layout.span(segment), "altered")]
    for frame in layout.frames[segment]:
        if frame.start <= offset < frame.end:
            return [at(segment, frame.start, frame.first, frame.last, "altered")]
    if segment != LAST:
        return []  # harmless: reserved space, behind where the next header signed that the segment ends
    return [at(segment, layout.frames_end(segment), layout.entries + 1, layout.entries, "tail")]


@pytest.mark.req("C4")
@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_changed_byte_is_located(layout, segment):
    """In the frame, the header or the reserved space that it belongs to, and nowhere else."""
    data = layout.data[segment]
    cases = (
        (
            f"byte {offset} of segment {segment}",
            lambda offset=offset: layout.write(segment, flipped(data, offset, (offset // STEP) % 8)),
            _flip_wanted(layout, segment, offset),
        )
        for offset in range(segment % STEP, len(data), STEP)
    )
    assert _mismatches(cases, layout) == []


def _cut_wanted(layout: Layout, segment: int, length: int) -> list[Damage]:
    last = layout.span(segment)[1]
    if length < layout.header_end[segment]:
        return [at(segment, 0, layout.span(segment)[0], last, "missing")]
    for frame in layout.frames[segment]:
        if length < frame.end:
            return [at(segment, frame.start, frame.first, last, "missing")]
    return []  # harmless: reserved space alone was cut


@pytest.mark.req("C4")
@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_cut_is_located(layout, segment):
    """At the first frame that is not whole any more; all the entries behind it in that segment are named."""
    data = layout.data[segment]
    cases = (
        (
            f"segment {segment} cut at {length}",
            lambda length=length: layout.write(segment, data[:length]),
            _cut_wanted(layout, segment, length),
        )
        for length in {*range(segment % STEP, len(data), STEP), *(f.start for f in layout.frames[segment]), 0}
    )
    assert _mismatches(cases, layout) == []


def _bits(length: int) -> list[tuple[int, int]]:
    """Bytes and bits to change: all of them, or one bit a byte and every bit of the last."""
    every = itertools.product(range(length), range(8))
    return [(offset, bit) for offset, bit in every if STEP == 1 or bit == offset % 8 or offset == length - 1]


def test_every_byte_of_the_small_files_is_found_or_harmless(layout):
    """The checkpoint and the verifier by their own name; a head binds nobody when no one writes."""
    for offset, bit in _bits(len(layout.held)):
        layout.desk.files.checkpoint.write_bytes(flipped(layout.held, offset, bit))
        assert layout.damage() == [ALTERED_CHECKPOINT], (offset, bit)
    for length in range(0, len(layout.held), STEP):
        layout.desk.files.checkpoint.write_bytes(layout.held[:length])
        assert layout.damage() == [ALTERED_CHECKPOINT], length
    layout.restore()
    path = layout.desk.files.verifier_file
    line = path.read_bytes()
    for offset, bit in _bits(len(line)):
        path.write_bytes(flipped(line, offset, bit))
        if line.strip() == path.read_bytes().strip():
            assert layout.damage() == []  # harmless: another blank for the line's end, the same key
        else:
            assert [found.kind for found in layout.damage()] == ["altered"], (offset, bit)
    path.write_bytes(line)
    head = layout.desk.files.head
    for state in (b"", b"CFH1", bytes(40), os.urandom(40)):
        head.write_bytes(state)
        assert layout.damage() == []  # harmless: it is computed again
    head.unlink()
    layout.desk.files.checkpoint.unlink()
    assert layout.damage() == []  # harmless: the one held elsewhere says the same and more


def _runs(numbers: list[int]) -> list[list[int]]:
    """Neighbours together."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and runs[-1][-1] == n - 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return runs


def _order_wanted(layout: Layout, segment: int, order: tuple[int, ...]) -> list[Damage]:
    """What a reader should say of frames in another order, from the order alone."""
    frames, damage = layout.frames[segment], []
    offset, expected, seen = layout.header_end[segment], 0, set()
    closed, gaps = False, []
    for index in order:
        frame = frames[index]
        if segment != LAST and expected == len(frames) and not any(set(gap) - seen for gap, _ in gaps):
            break  # the next header signed that nothing more belongs here
        if index in seen:
            damage.append(at(segment, offset, frame.first, frame.last, "repeated"))
        elif index == expected and not closed:
            expected += 1
        elif index > expected and not closed:
            gaps.append((range(expected, index), offset))
            expected = index + 1
        else:
            damage.append(at(segment, offset, frame.first, frame.last, "reordered"))
        closed = closed or (index == expected - 1 and frame.last < frame.first)
        seen.add(index)
        offset += frame.end - frame.start
    for gap, where in gaps:
        for lost in _runs([n for n in gap if n not in seen]):
            damage.append(at(segment, where, frames[lost[0]].first, frames[lost[-1]].last, "missing"))
    if expected < len(frames):
        damage.append(at(segment, offset, frames[expected].first, layout.span(segment)[1], "missing"))
    return sorted(damage, key=lambda d: (d.segment, d.offset, d.first_entry))


@pytest.mark.req("C4")
@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_order_of_the_frames_is_located(layout, segment):
    """Every choice of frames in every order, each one repeated too: 300 orders of four frames, 100 of three."""
    frames, data = layout.frames[segment], layout.data[segment]
    parts = [data[f.start : f.end] for f in frames]
    indices = range(len(frames))
    orders = {order for count in range(len(frames) + 1) for order in itertools.permutations(indices, count)}
    orders |= {(*range(i + 1), i, *range(i + 1, len(frames))) for i in indices}
    orders |= {(*indices, i) for i in indices}
    wrong = []
    for order in sorted(orders - {tuple(indices)}):
        layout.write(segment, data[: frames[0].start] + b"".join(parts[i] for i in order) + bytes(ZEROS))
        found = sorted(layout.damage(), key=lambda d: (d.segment, d.offset, d.first_entry))
        wanted = _order_wanted(layout, segment, order)
        if found != wanted:
            wrong.append(f"{order}: {found} instead of {wanted}")
    assert wrong == []


@pytest.mark.req("C4")
@pytest.mark.parametrize("gone", [s for n in (1, 2, 3) for s in itertools.combinations(SEGMENTS, n)], ids=str)
def test_every_missing_segment_is_located(layout, gone):
    """Where the first of them stood, with all their entries; segments that are not neighbours each by itself."""
    for number in gone:
        layout.desk.files.segment(number).unlink()
    wanted = []
    for number in gone:
        first, last = layout.span(number)
        if wanted and wanted[-1].last_entry == first - 1 and number - 1 in gone:
            wanted[-1] = at(wanted[-1].segment, wanted[-1].offset, wanted[-1].first_entry, last, "missing")
        else:
            where = (number, 0) if number != LAST else (2, layout.frames_end(2))
            wanted.append(at(*where, first, last, "missing"))
    found = layout.verify()
    assert found.damage == wanted
    assert found.exit_status == 13


@pytest.mark.req("C4")
@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(SEGMENTS, 2)))
def test_a_segment_in_another_ones_place_is_located(layout, one, other):
    """A header says which segment it is: one that stands twice is named where it does not belong."""
    layout.write(one, layout.data[other])
    assert layout.damage() == [at(one, 0, *layout.span(one), "repeated")]
    layout.write(other, layout.data[one])
    assert layout.damage() == [at(n, 0, *layout.span(n), "reordered") for n in sorted((one, other))]


def test_a_segment_added_behind_is_located(layout):
    """Of this journal or of none: it is not taken for the next one."""
    end = (layout.entries + 1, layout.entries)
    layout.write(4, layout.data[1])
    assert layout.damage() == [at(4, 0, *end, "repeated")]
    layout.write(4, layout.data[1].replace(b"segment 1\n", b"segment 4\n"))
    assert layout.damage() == [at(4, 0, *end, "altered")]
    layout.write(4, layout.data[1][:1000])
    assert layout.damage() == [at(4, 0, *end, "tail")]  # harmless: a crash while its header was written looks the same


@pytest.mark.req("C4")
@pytest.mark.parametrize("segment", SEGMENTS)
def test_files_of_another_journal_are_located(layout, tmp_path, monkeypatch, segment):
    """Whole and well signed, by somebody else: each file by itself."""
    monkeypatch.setattr(desk_module, "SIGNER", Signer(ORIGIN, bytes([7]) * 32))
    other = make(tmp_path / "other", start=500)
    layout.write(segment, other.data[segment])
    assert layout.damage() == [at(segment, 0, *layout.span(segment), "altered")]
    layout.restore()
    layout.desk.files.checkpoint.write_bytes(other.held)
    assert layout.damage() == [ALTERED_CHECKPOINT]
    layout.restore()
    shutil.copy(other.desk.files.verifier_file, layout.desk.files.verifier_file)
    assert [d.kind for d in layout.damage()] == ["altered"] * 5  # both checkpoints, and each segment


@pytest.mark.req("C4")
@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_frame_of_another_segment_is_located(layout, segment):
    """Carried into any place of any other segment, it moves nothing of what stands there."""
    data = layout.data[segment]
    wrong = []
    for source in SEGMENTS:
        for frame in layout.frames[source] if source != segment else ():
            for place in [f.start for f in layout.frames[segment]]:
                layout.write(segment, data[:place] + layout.data[source][frame.start : frame.end] + data[place:])
                found = layout.damage()
                if found != [at(segment, place, frame.first, frame.last, "reordered")]:
                    wrong.append((source, frame, place, found))
    assert wrong == []


def _rewritten(data: bytes, start: int, end: int) -> bytes:
    """The frame with other bytes sealed in it, and a hash and a check that fit."""
    head, sealed = data[start : start + 84], bytes(byte ^ 1 for byte in data[start + 120 : end])
    leaf = head + sha256(sealed).digest()
    return data[:start] + leaf + crc32(leaf).to_bytes(4, "big") + sealed + data[end:]


@pytest.mark.req("C4")
@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_frame_written_anew_is_located(layout, segment):
    """Each by itself is a good frame: only the tree tells, and it tells as far as a subtree that is signed for."""
    frames = layout.frames[segment]
    spans = []
    for frame in frames:
        layout.write(segment, _rewritten(layout.data[segment], frame.start, frame.end))
        (found,) = layout.damage()
        spans.append((found.offset, found.first_entry, found.last_entry))
        assert (found.segment, found.kind) == (segment, "altered")
        assert found.offset <= frame.start
        assert found.first_entry <= frame.first
        assert layout.span(segment)[1] >= found.last_entry >= frame.last
    # Segments 1 and 2 have 6 and 4 leaves, the header's first: 2 tells of subtrees of 4 and 2, 3 of 8 and 2.
    starts = [frame.start for frame in frames]
    assert (
        spans
        == {
            1: [(starts[0], 1, 6)] * 3 + [(starts[-2], 7, 7)] * 2,
            2: [(starts[0], 8, 9), *[(starts[1], 10, 11)] * 2],
            3: [(starts[0], 12, 15)] * 3,
        }[segment]
    )


@pytest.mark.req("C4")
@pytest.mark.parametrize("back", ["after segment 1", "in segment 2", "after segment 2", "in segment 3"])
def test_every_rollback_is_located(tmp_path, back):
    """A folder put back as it was, its own checkpoint with it, is whole by itself; what another place holds tells."""
    desk, older = Desk(tmp_path / "now"), tmp_path / "older"
    desk.append(*bodies_of(2))
    desk.writer.roll()
    steps = {"after segment 1": 2, "in segment 2": 3, "after segment 2": 4, "in segment 3": 5}
    wanted: dict[str, int] = {}
    for name, entry in steps.items():
        desk.writer.checkpoint()
        if name == back:
            shutil.copytree(desk.folder, older)
        wanted[name] = desk.writer.sequence
        desk.append(*bodies_of(1, entry))
        if name == "in segment 2":
            desk.writer.roll()
    desk.writer.checkpoint()
    held, most = desk.files.checkpoint.read_bytes(), desk.writer.sequence
    desk.kill()
    put_back = Desk(older)
    assert put_back.verify().damage == []
    (found,) = put_back.verify(held_elsewhere=[held]).damage
    data = {n: put_back.files.segment(n).read_bytes().rstrip(b"\0") for n in put_back.files.segments()}
    last = max(data)
    closed = stranger.frame(data[last], _last_frame(data[last]))[0][0] == 1
    where = (last + 1, 0) if closed else (last, len(data[last]))
    assert found == at(*where, wanted[back] + 1, most, "rolled-back")


def _last_frame(data: bytes) -> int:
    offset = 8 + int.from_bytes(data[4:8], "big")
    while (found := stranger.frame(data, offset)) is not None and offset + 120 + len(found[2]) < len(data):
        offset += 120 + len(found[2])
    return offset


@pytest.mark.req("C4")
@pytest.mark.parametrize("agreed", [False, True])
def test_every_fork_is_located(tmp_path, agreed):
    """Two histories of one key: the fork begins behind the last checkpoint that both know."""
    desk = Desk(tmp_path / "a")
    desk.append(*bodies_of(3))
    desk.writer.checkpoint()
    common = desk.files.checkpoint.read_bytes()
    desk.kill()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    other = Desk(tmp_path / "b")
    for one, body in ((desk, b"true"), (other, b"forged")):
        one.append(body, body)
        one.close()
    held = [other.files.checkpoint.read_bytes(), *([common] if agreed else [])]
    (found,) = desk.verify(held_elsewhere=held).damage
    assert found == (at(2, 0, 4, 5, "forked") if agreed else at(1, 0, 1, 5, "forked"))


def test_damage_hides_no_fork(layout):
    """A rotten byte in the first segment, and a checkpoint elsewhere of another history: both are told."""
    layout.write(1, flipped(layout.data[1], layout.frames[1][0].start + 130))
    size = sum(len(frames) + 1 for frames in layout.frames.values())
    other = Checkpoint(ORIGIN, size, bytes(32), layout.entries, 0).sign(desk_module.SIGNER)
    found = layout.desk.verify(held_elsewhere=[other])
    assert [(d.kind, d.segment) for d in found.damage] == [("forked", 1), ("altered", 1)]


def test_a_reader_with_the_key_is_never_given_a_wrong_entry(layout):
    """Whatever byte is changed: what it is given is right, and it is told of the rest."""
    bodies = bodies_of(layout.entries)
    for segment in SEGMENTS:
        data = layout.data[segment]
        for offset in range(segment % 29, len(data), 29):
            layout.restore()
            layout.write(segment, flipped(data, offset, offset % 8))
            given = []
            try:
                for batch in layout.desk.reader().after(0):
                    given += [entry.body for entry in batch]
            except JournalTampered:
                assert given == bodies[: len(given)]
            else:
                assert given == bodies or offset >= layout.frames_end(segment), (segment, offset)
