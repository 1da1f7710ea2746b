"""On a full disk acts and audit go on into the space kept back for them; nothing is written twice (S11).

Method: a disk that says ENOSPC until somebody gives space back; then one that says it for ever.
"""

import errno
from pathlib import Path

import pytest

from contrefeu.base import ManualClock
from contrefeu.capture import Reserve, ReservedWriter
from contrefeu.journal import Draft, JournalFailed, JournalFiles, JournalReader
from contrefeu.proof import Signer
from tests.capture.house import JOURNAL, PAIR


def drafts(count: int) -> list[Draft]:
    """Acts."""
    return [Draft("user/nadia", "application/json", b"act %d" % n, n + 1) for n in range(count)]


class Disk:
    """A disk with no room but what the reserve gives back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, reserve: Reserve, wants: int) -> None:
        self.reserve, self.wants, self.full = reserve, wants, False
        at_first = reserve.left

        def fallocate(fd: int, offset: int, length: int) -> None:
            if self.full and at_first - reserve.left < wants:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("contrefeu.journal.store.fallocate", fallocate)


@pytest.mark.req("F42")
def test_a_full_disk_stops_acts_no_sooner_than_the_reserve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are given back until the disk takes the entry; the reserve is filled again when there is room."""
    reserve = Reserve(tmp_path / "reserve", 20 * 2**20)
    reserve.fill()
    assert reserve.left == 20 * 2**20
    writer = ReservedWriter(
        tmp_path, Signer(JOURNAL, b"\x01" * 32), lambda: [PAIR.recipient], ManualClock(), reserve=reserve
    )
    disk = Disk(monkeypatch, reserve, wants=12 * 2**20)
    disk.full = True
    assert list(writer.append(drafts(3))) == [1, 2, 3]
    assert reserve.left == 4 * 2**20
    writer.close()
    reader = JournalReader(
        JournalFiles.of(tmp_path, JOURNAL), lambda h: PAIR.open(h.keys[0].sealed, h.origin, h.segment)
    )
    assert [e.body for frame in reader.after(0) for e in frame] == [b"act 0", b"act 1", b"act 2"]
    reader.close()
    reserve.fill()
    assert reserve.left == 20 * 2**20


@pytest.mark.req("F42")
def test_beyond_the_reserve_the_writer_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it writes again once the disk has room; another trouble takes nothing from the reserve."""
    reserve = Reserve(tmp_path / "reserve", 20 * 2**20)
    reserve.fill()
    writer = ReservedWriter(
        tmp_path, Signer(JOURNAL, b"\x01" * 32), lambda: [PAIR.recipient], ManualClock(), reserve=reserve
    )
    disk = Disk(monkeypatch, reserve, wants=2**40)
    disk.full = True
    with pytest.raises(JournalFailed):
        writer.append(drafts(1))
    assert reserve.left == 0
    disk.full = False
    reserve.fill()

    def broken(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", broken)
        with pytest.raises(JournalFailed):
            writer.append(drafts(1))
    assert reserve.left == 20 * 2**20
    assert len(writer.append(drafts(2))) == 2
    writer.close()
