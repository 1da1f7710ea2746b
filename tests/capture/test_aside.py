"""Beside a process that shows pages a journal is written as beside any: each answer once, in order, after the disk.

Method: a real journal whose syncs are slow, refuse or break, and commands that cannot wait, in a random order.
"""

import asyncio
import contextlib
import errno
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.base import ManualClock
from contrefeu.capture import AsideIntake
from contrefeu.journal import MEDIA_OTHER, Draft, Entry, JournalFailed, JournalFiles, JournalReader, JournalWriter
from contrefeu.proof import Signer
from tests.capture.house import JOURNAL, PAIR

pytestmark = pytest.mark.req("C1")


def draft(text: str) -> Draft:
    """An entry to be."""
    return Draft("test", MEDIA_OTHER, text.encode(), 1)


def writer_in(folder: Path) -> JournalWriter:
    """The journal's writer."""
    return JournalWriter(folder, Signer(JOURNAL, b"\x01" * 32), lambda: [PAIR.recipient], ManualClock())


@contextlib.contextmanager
def intake_in(folder: Path) -> Iterator[AsideIntake]:
    """An intake, closed after."""
    intake = AsideIntake(writer_in(folder), ManualClock())
    try:
        yield intake
    finally:
        intake.close()


def entries(folder: Path) -> list[Entry]:
    """All that is in the journal."""
    files = JournalFiles.of(folder, JOURNAL)
    reader = JournalReader(files, lambda header: PAIR.open(header.keys[0].sealed, header.origin, header.segment))
    with contextlib.closing(reader):
        return [entry for frame in reader.after(0) for entry in frame]


class Disk:
    """A sync that lasts until it is let go."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.syncing, self.go = threading.Event(), threading.Event()
        self.refuses = False
        self._real = os.fdatasync
        patch.setattr(os, "fdatasync", self._sync)

    def _sync(self, fd: int) -> None:
        self.syncing.set()
        assert self.go.wait(10)
        if self.refuses:
            raise OSError(errno.EIO, "Input/output error")
        self._real(fd)

    async def begun(self) -> None:
        """Wait for a sync, in the loop that it must not hold up."""
        while not self.syncing.is_set():
            await asyncio.sleep(0.001)


def test_the_loop_goes_on_while_the_disk_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is answered before the sync; what is offered meanwhile is one commit behind it, in order."""

    async def story() -> None:
        with intake_in(tmp_path) as intake:
            await intake.append("test", MEDIA_OTHER, b"warm")
            disk, answered = Disk(monkeypatch), list[str | None]()
            intake.offer(draft("1"), answered.append)
            await disk.begun()
            intake.offer(draft("2"), answered.append)
            intake.follow(answered.append)
            for _ in range(50):
                await asyncio.sleep(0)
            assert answered == []
            assert intake.sequence == 1
            disk.go.set()
            assert await intake.append("test", MEDIA_OTHER, b"3") == f"{JOURNAL}/4"
            assert answered == [f"{JOURNAL}/2", f"{JOURNAL}/3", ""]
            assert [entry.body for entry in entries(tmp_path)] == [b"warm", b"1", b"2", b"3"]

    asyncio.run(story())


@pytest.mark.parametrize("end", ["close", "commit", "change", "append_all"])
def test_who_cannot_wait_waits_for_what_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """A commit that is under way is answered once, before the end, and is not written twice."""

    async def story() -> None:
        with intake_in(tmp_path) as intake:
            await intake.append("test", MEDIA_OTHER, b"warm")
            disk, answered = Disk(monkeypatch), list[str | None]()
            intake.offer(draft("1"), answered.append)
            await disk.begun()
            intake.offer(draft("2"), answered.append)
            threading.Timer(0.05, disk.go.set).start()
            if end == "append_all":
                assert intake.append_all([draft("a"), draft("b")]) == range(3, 5)
                intake.commit()
                assert answered == [f"{JOURNAL}/2", f"{JOURNAL}/5"]
                return
            if end == "change":
                intake.change(lambda: writer_in(tmp_path))
            else:
                getattr(intake, end)()
            assert answered == [f"{JOURNAL}/2", f"{JOURNAL}/3"]
            await asyncio.sleep(0.02)
            intake.offer(draft("3"), answered.append)
            intake.commit()
            assert answered[2:] == [None if end == "close" else f"{JOURNAL}/4"]

    asyncio.run(story())


@pytest.mark.req("F28")
def test_a_refusing_disk_is_told_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None to whoever waited, the reason in `trouble`; a disk that is back is found without an offer."""

    async def story() -> None:
        with intake_in(tmp_path) as intake:
            disk = Disk(monkeypatch)
            disk.refuses = True
            disk.go.set()
            with pytest.raises(JournalFailed, match="Input/output error"):
                await intake.append("test", MEDIA_OTHER, b"lost")
            assert (intake.trouble_code, intake.refused) == ("failing", 1)
            disk.refuses = False
            await intake.tend_and_sign()
            assert intake.trouble == ""
            assert await intake.append("test", MEDIA_OTHER, b"kept") == f"{JOURNAL}/1"

    asyncio.run(story())


def test_nobody_is_left_waiting_by_a_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody foresaw is reported by the loop, and each offer of its batch is refused."""
    seen: list[object] = []

    async def story() -> None:
        with intake_in(tmp_path) as intake:
            asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context["exception"]))

            def broken(drafts: object) -> range:
                raise ZeroDivisionError

            monkeypatch.setattr(intake._writer, "append", broken)
            with pytest.raises(JournalFailed):
                await intake.append("test", MEDIA_OTHER, b"1")
            monkeypatch.undo()
            assert await intake.append("test", MEDIA_OTHER, b"2")

    asyncio.run(story())
    assert [type(found) for found in seen] == [ZeroDivisionError]


@pytest.mark.parametrize("seed", range(12))
def test_in_any_order_each_is_answered_once_and_as_the_disk_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Offers, batches of commands, signings and refusing syncs, mixed: an answer names its entry, a None has none."""
    draw = random.Random(seed)
    real = os.fdatasync

    def sync(fd: int) -> None:
        time.sleep(draw.choice((0, 0, 0.002)))
        if draw.random() < 0.15:
            raise OSError(errno.EIO, "Input/output error")
        real(fd)

    async def story() -> tuple[list[tuple[str, str | None]], list[str]]:
        told: list[tuple[str, str | None]] = []
        batches: list[str] = []
        with intake_in(tmp_path) as intake:
            for n in range(150):
                what = draw.random()
                if what < 0.75:
                    intake.offer(draft(f"o{n}"), lambda ref, n=n: told.append((f"o{n}", ref)))  # type: ignore[misc]
                elif what < 0.83:
                    with contextlib.suppress(JournalFailed):
                        intake.append_all([draft(f"b{n}")])
                        batches.append(f"b{n}")
                elif what < 0.9:
                    await intake.tend_and_sign()
                else:
                    await asyncio.sleep(draw.choice((0, 0.001, 0.004)))
            monkeypatch.setattr(os, "fdatasync", real)
        return told, batches

    monkeypatch.setattr(os, "fdatasync", sync)
    told, batches = asyncio.run(story())
    kept = {entry.body.decode(): f"{JOURNAL}/{entry.sequence}" for entry in entries(tmp_path)}
    assert len(told) == len({name for name, _ in told})
    assert [int(name[1:]) for name, _ in told] == sorted(int(name[1:]) for name, _ in told), "in the order of offers"
    assert kept == {name: ref for name, ref in told if ref} | {name: kept.get(name) for name in batches}
