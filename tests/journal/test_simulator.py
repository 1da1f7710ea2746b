"""Hundreds of stories of a failing disk, each from its seed (simulator.py); `make simulate` has more.

Method: the stories themselves; and the disk they are told on, which must lose what a disk loses, and nothing else.
"""

import contextlib
import itertools
import os
import random
from pathlib import Path
from unittest import mock

import pytest

from contrefeu.base import ManualClock, durable
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalWriter, store
from contrefeu.proof import Signer
from tests.journal.simulated_disk import Gone, SimulatedDisk
from tests.journal.simulator import SEED, OpenRecipient, quiet, simulate

STORIES = 200  # some 20 s on one core


@pytest.mark.req("C1", "F29")
@pytest.mark.parametrize("first", range(0, STORIES, 25))
def test_nothing_acknowledged_is_lost_whatever_the_disk_does(first: int) -> None:
    """A seed that fails is told again by `python -m tests.journal.simulator --runs 1 --seed N`."""
    quiet()
    acknowledged = 0
    for seed in range(first, first + 25):
        try:
            acknowledged += simulate(seed).acknowledged
        except Exception as broken:
            raise AssertionError(f"seed {seed}") from broken
    assert acknowledged > 300, "stories in which nothing happens prove nothing"


def test_what_a_killed_process_left_is_on_disk_before_it_is_signed_for(tmp_path: Path) -> None:
    """Killed at each step of its first segment, taken up, signed for, the power cut: what was signed for is there."""
    quiet()
    signed = 0
    for step, seed in itertools.product(range(1, 40), range(4)):
        folder = tmp_path / f"{step}-{seed}"
        folder.mkdir()
        disk = SimulatedDisk(folder, random.Random(seed))
        with mock.patch.object(durable, "os", disk), mock.patch.object(store, "PREALLOCATE_BYTES", 4096):
            disk.dies_at = step
            writer = None
            with contextlib.suppress(Gone):
                writer = _writer(folder)
                writer.append([Draft("ADM", MEDIA_HL7V2, b"one", 1)])
            disk.kill()
            _let_go(writer)
            taken_up = _writer(folder)
            signed += taken_up.checkpoint().size > 0
            disk.cut_power()
            _let_go(taken_up)
            _writer(folder).close()  # raises when it is behind what it signed for
    assert signed > 20


def _writer(folder: Path) -> JournalWriter:
    return JournalWriter(
        folder, Signer("drill/sim-capture", SEED), lambda: [OpenRecipient("recovery", bytes(1216))], ManualClock()
    )


def _let_go(writer: JournalWriter | None) -> None:
    """What the system does to the files of a process that ended."""
    if writer is not None:
        writer._forget()
        writer._let_go()


def _write(disk: SimulatedDisk, fd: int, data: bytes) -> None:
    offset = 0
    while offset < len(data):
        offset += disk.pwrite(fd, data[offset:], offset)


def _written(disk: SimulatedDisk, name: str, *, sync: bool) -> Path:
    path = disk.folder / name
    fd = disk.open(path, os.O_RDWR | os.O_CREAT)
    _write(disk, fd, b"x" * 2048)
    if sync:
        disk.fsync(fd)
        folder = disk.open(disk.folder, os.O_RDONLY)
        disk.fsync(folder)
        os.close(folder)
    os.close(fd)
    return path


def test_the_simulated_disk_keeps_what_was_synced_and_not_always_the_rest(tmp_path: Path) -> None:
    """Over a hundred power cuts: the synced file is always whole, the other one is sometimes gone, sometimes torn."""
    seen: set[bytes | None] = set()
    for seed in range(100):
        (tmp_path / f"{seed}").mkdir()
        disk = SimulatedDisk(tmp_path / f"{seed}", random.Random(seed))
        synced, other = _written(disk, "synced", sync=True), _written(disk, "other", sync=False)
        disk.cut_power()
        assert synced.read_bytes() == b"x" * 2048
        seen.add(other.read_bytes() if other.exists() else None)
    assert {None, b""} < seen
    assert any(found and 0 < found.count(b"x") < 2048 for found in seen)


def test_the_simulated_disk_lies_after_a_failed_sync(tmp_path: Path) -> None:
    """What a failed sync did not write is never written by a later one (fsyncgate), unless it is written again."""
    lost = 0
    for seed in range(60):
        (tmp_path / f"{seed}").mkdir()
        disk = SimulatedDisk(tmp_path / f"{seed}", random.Random(seed))
        path = _written(disk, "file", sync=True)
        fd = disk.open(path, os.O_RDWR)
        _write(disk, fd, b"y" * 2048)
        disk.mood = "failing"
        try:
            disk.fsync(fd)
        except OSError:
            disk.mood = "well"
            disk.fsync(fd)
            disk.cut_power()
            lost += path.read_bytes() != b"y" * 2048
        os.close(fd)
    assert lost > 20


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """The system's memory outlives it, up to the write in which it died."""
    disk = SimulatedDisk(tmp_path, random.Random(1))
    path = _written(disk, "file", sync=False)
    disk.dies_at = disk.steps + 1
    fd = os.open(path, os.O_RDWR)
    with pytest.raises(Gone):
        disk.pwrite(fd, b"z" * 10, 2048)
    with pytest.raises(Gone):
        disk.pwrite(fd, b"z" * 10, 3000)
    os.close(fd)
    disk.kill()
    assert path.read_bytes().rstrip(b"z") == b"x" * 2048
