"""Journals on disk become charts: several of them, damaged ones too, read on from where the last reader stopped.

Method: real journals, sealed to a key of the test, read by `open_charts` as commands do.
"""

import pytest

from contrefeu.base import FileLock, StorageError
from contrefeu.chart import follow
from contrefeu.chart.follow import lock_of
from contrefeu.journal import JournalFiles, SegmentReader
from tests.chart.feeds import admitted, merged, resulted
from tests.chart.test_client import House


@pytest.fixture
def house(tmp_path):
    """Two journals, whose entries alternate in time."""
    made = House(tmp_path)
    made.append(admitted("1", "c1"), journal="a-capture")
    made.append(admitted("2", "c2"), journal="b-capture")
    made.append(resulted("1", "c3", "6.0"), merged("1", "2", "c4"), journal="a-capture")
    return made


def test_reading_goes_on_where_it_stopped(house):
    """A second opening reads what is new and nothing else; the charts are those of one reading."""
    with house.open() as charts:
        assert charts.status().positions == {"a-capture": 3, "b-capture": 1}
    house.append(resulted("2", "c5", "4.0", order="late"), journal="b-capture")
    with house.open() as charts:
        assert charts.status().positions == {"a-capture": 3, "b-capture": 2}
        found = charts.sha256()
    house.db.unlink()
    with house.open() as charts:
        assert charts.sha256() == found


@pytest.mark.parametrize("size", [1, 2, 3])
def test_batches_of_any_size_give_the_same_charts(house, monkeypatch, size):
    """However a catch-up is cut."""
    with house.open() as charts:
        wanted = charts.sha256(), charts.status()
    house.db.unlink()
    monkeypatch.setattr(follow, "BATCH_ENTRIES", size)
    with house.open() as charts:
        assert (charts.sha256(), charts.status()) == wanted


def test_a_journal_that_arrives_late_is_folded_in_its_place(house, tmp_path):
    """A copy brought by hand after the others were read changes nothing but what it adds: no order of arrival."""
    with house.open() as charts:
        wanted = charts.sha256()
    away = tmp_path / "away"
    for late in ("a-capture", "b-capture"):
        house.db.unlink()
        (house.journals / late).rename(away)
        with house.open() as charts:
            assert charts.sha256() != wanted
        away.rename(house.journals / late)
        with house.open() as charts:
            assert charts.sha256() == wanted


def test_a_damaged_journal_stops_and_the_others_go_on(house):
    """Its charts stay as far as it could be read; its position says how far."""
    files = JournalFiles.of(house.journals, "a-capture")
    number = files.segments()[-1]
    data = bytearray(files.segment(number).read_bytes())
    segment = SegmentReader(files, number, files.verifier())
    segment.close()
    data[segment.start + 160] ^= 1  # in the ciphertext of its first frame
    files.segment(number).write_bytes(data)
    with house.open() as charts:
        status = charts.status()
    assert status.positions["b-capture"] == 1
    assert status.positions["a-capture"] == 1


def test_a_journal_that_no_key_opens_is_not_read(house):
    """A peer's journal that was never granted to us holds up nothing."""
    stranger = House(house.folder / "elsewhere")
    stranger.append(admitted("3", "c9"), journal="c-capture")
    (stranger.journals / "c-capture").rename(house.journals / "c-capture")
    with house.open() as charts:
        assert charts.status().positions == {"a-capture": 3, "b-capture": 1}


def test_one_process_writes_a_store(house, monkeypatch):
    """A command waits for the writer, and says so when it does not end."""
    with house.open():
        pass
    monkeypatch.setattr(follow, "LOCK_WAIT_S", 0.05)
    with FileLock(lock_of(house.db)._path), pytest.raises(StorageError, match="locked"), house.open():
        pass
