"""One entry costs a few blocks of its segment, and a follower is woken: hints both, and a wrong hint costs only time.

Method: a segment of many frames, bytes counted; false heads put where a search may meet them; a folder that is watched.
"""

import random
import threading
import time

import pytest

from contrefeu.journal import HeadWatch, JournalTampered, waiting
from contrefeu.journal import reader as reader_module
from contrefeu.journal.scan import find_frame, locate
from contrefeu.journal.seek import next_frame, seek
from contrefeu.proof import FrameHead, frame_leaf, seal_prefix
from tests.journal.desk import Desk, bodies_of
from tests.journal.test_reading import Counting

FRAMES = 1_500


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """One segment of FRAMES frames: one message each, and here and there a long document or many messages."""
    desk, chance = Desk(tmp_path_factory.mktemp("long")), random.Random(3)
    bodies: list[bytes] = []
    for n in range(FRAMES):
        count = 40 if n % 97 == 0 else 1
        batch = [chance.randbytes(60_000 if n % 331 == 5 else 300) for _ in range(count)]
        desk.append(*batch)
        bodies += batch
    desk.kill()
    return desk, bodies


@pytest.mark.req("C4")
def test_an_entry_costs_a_few_blocks_of_its_segment(long, monkeypatch):
    """In a segment of a megabyte and a half: some kilobytes each, and the entry is the right one."""
    desk, bodies = long
    reader, chance = desk.reader(), random.Random(5)
    assert reader.entry(1).body == bodies[0]
    counting, looks = Counting(), [chance.randint(1, len(bodies)) for _ in range(100)]
    for module in (reader_module, "contrefeu.journal.scan", "contrefeu.journal.seek", "contrefeu.journal.files"):
        monkeypatch.setattr(f"{module}.os" if isinstance(module, str) else "contrefeu.journal.reader.os", counting)
    for sequence in looks:
        assert reader.entry(sequence).body == bodies[sequence - 1]
    read = counting.read / len(looks)
    whole = desk.files.segment(1).stat().st_size
    assert read < 40_000 < whole / 20, (read, whole)


def test_every_entry_is_found_from_anywhere(long):
    """Forwards, backwards and at random, and on from there."""
    desk, bodies = long
    reader = desk.reader()
    for sequence in [*range(1, 60), *range(len(bodies), len(bodies) - 60, -1)]:
        assert reader.entry(sequence).body == bodies[sequence - 1]
    for start in (0, 700, len(bodies) - 3):
        given = [entry.sequence for batch in reader.after(start) for entry in batch]
        assert given == list(range(start + 1, len(bodies) + 1))


def test_a_search_gives_a_frame_at_or_before_the_one_that_is_wanted(long):
    """For every hundredth entry, with the span that the headers tell, and with one that is wrong."""
    desk, bodies = long
    with desk.files.segment(1).open("rb") as file:
        fd, stop = file.fileno(), desk.files.segment(1).stat().st_size
        first = find_frame(fd, 0, stop)
        assert first is not None
        for span in ((1, len(bodies)), (1, 10 * len(bodies)), (1, 60)):
            for sequence in range(1, len(bodies) + 1, 100):
                found = seek(fd, first.offset, stop, sequence, span)
                if found is not None:
                    assert found.head.first_sequence <= sequence
                    assert locate(fd, found.offset, stop) == found
        assert next_frame(fd, first.offset, first.offset + 1, stop) == first
        assert next_frame(fd, first.offset + 1, first.offset + 2, stop) is None


def test_a_false_head_misleads_nobody(tmp_path, monkeypatch):
    """A head with a right check inside another frame's ciphertext: it does not open, and the entry is found."""
    desk, bodies = Desk(tmp_path), bodies_of(120)
    desk.append(bytes(random.Random(1).randbytes(2_000)))
    for body in bodies:
        desk.append(body)
    desk.kill()
    path = desk.files.segment(1)
    data = path.read_bytes()
    at = data.index(b"CF\0\0") + 400
    prefix = seal_prefix(FrameHead(90, 91, 1, 100, 9, 9, 0, bytes(32)).pack(), b"another ciphertext")
    path.write_bytes(data[:at] + prefix + data[at + len(prefix) :])
    with path.open("rb") as file:
        false = locate(file.fileno(), at, len(data))
    assert false is not None and false.leaf == frame_leaf(prefix)
    monkeypatch.setattr(reader_module, "seek", lambda *where: false)
    assert desk.reader().entry(91).body == bodies[89]
    assert desk.reader().entry(120).body == bodies[118]
    with pytest.raises(JournalTampered) as tampered:
        desk.reader().entry(1)
    assert (tampered.value.first, tampered.value.last) == (1, 1)


def test_a_follower_is_woken_by_a_commit(tmp_path):
    """Long before its time is over; what happens in other folders does not wake it."""
    desk, watch = Desk(tmp_path / "followed"), HeadWatch()
    desk.append(b"one")
    watch.add(desk.files.folder)
    watch.wait(0.01)
    woken: list[float] = []

    def wait() -> None:
        watch.wait(60)
        woken.append(time.monotonic())

    follower = threading.Thread(target=wait)
    follower.start()
    Desk(tmp_path / "other").append(b"elsewhere")
    assert woken == []
    desk.append(b"two")
    follower.join(30)
    assert len(woken) == 1
    watch.close()
    desk.kill()


def test_without_a_word_from_the_system_a_follower_looks_again_soon(tmp_path, monkeypatch):
    """A folder that cannot be watched, or nothing to watch yet: the wait is short."""
    slept: list[float] = []
    monkeypatch.setattr(waiting.time, "sleep", slept.append)
    watch = HeadWatch()
    watch.wait(5)
    watch.add(tmp_path / "not there")
    watch.wait(5)
    watch.wait(0.001)
    assert slept == [waiting.LOOK_AGAIN_S, waiting.LOOK_AGAIN_S, 0.001]
    watch.close()
