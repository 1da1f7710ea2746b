"""Many files put in place at once are each whole or not there, and durable when the block is left.

Method: files in a temporary folder; the syncs are watched, one is made to fail.
"""

import os
from pathlib import Path

import pytest

from contrefeu.base import ManyFiles


def test_all_are_there_and_synced_before_it_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred files in two folders: bytes and modes, one sync each, one a folder, and nothing beside them."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_mode))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with ManyFiles() as files:
        for n in range(100):
            files.put(tmp_path / "ab"[n % 2] / f"{n}", f"file {n}".encode() * n, mode=0o640)
    there = {path.name: path for path in tmp_path.glob("*/*")}
    assert sorted(there, key=int) == [str(n) for n in range(100)]
    assert all(path.read_bytes() == f"file {n}".encode() * int(n) for n, path in there.items())
    assert {path.stat().st_mode & 0o777 for path in there.values()} == {0o640}
    assert len(synced) == 102


def test_what_is_replaced_is_whole_when_the_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third sync fails: it is raised, what stood there still stands, and no half file is left."""
    for n in range(40):
        (tmp_path / f"{n}").write_bytes(b"before")
    real, calls = os.fsync, iter(range(1000))

    def refusing(fd: int) -> None:
        if next(calls) == 2:
            raise OSError(28, "No space left on device")
        real(fd)

    monkeypatch.setattr(os, "fsync", refusing)
    with pytest.raises(OSError, match="No space"), ManyFiles() as files:
        for n in range(40):
            files.put(tmp_path / f"{n}", b"after")
    found = [path.read_bytes() for path in tmp_path.iterdir()]
    assert len(found) == 40
    assert found.count(b"before") >= 1
    assert set(found) <= {b"before", b"after"}


def test_no_more_waits_than_memory_is_meant_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Great files wait for the disk two at a time, however many come."""
    from contrefeu.base import durable

    monkeypatch.setattr(durable, "WAITING_BYTES_MAX", 2000)
    with ManyFiles() as files:
        for n in range(50):
            files.put(tmp_path / f"{n}", bytes(1000))
            assert files._bytes <= 2000
    assert len(list(tmp_path.iterdir())) == 50
