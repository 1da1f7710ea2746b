"""What the disk does to a writer costs nothing that was promised.

Method: number every change that the writer asks of the disk; fail the first, the second, and so on, once leaving
nothing and once *having written* (STYLE 19), as an error and as a power cut; open again and compare with what was
promised.
"""

import errno
import os
import random
import subprocess
from pathlib import Path

import pytest

from contrefeu.journal import JournalFailed, JournalTampered, segment
from tests.journal.desk import Desk, Disk, PowerCut, Volatile, bodies_of, drafts

BATCHES = [bodies_of(1), bodies_of(3, 10), bodies_of(2, 20), bodies_of(1, 30)]
PROMISED_MAX = 7


def _story(desk: Desk, kept: list[bytes]) -> None:
    """Appends, a checkpoint, a new segment, a close; what `append` returned for is added to *kept*."""
    for at, bodies in enumerate(BATCHES):
        desk.append(*bodies)
        kept += bodies
        if at == 1:
            desk.writer.checkpoint()
        if at == 2:
            desk.writer.roll()
    desk.close()


def _steps(folder: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(lambda call: False)
        disk.under(patch)
        _story(Desk(folder), [])
    return len(disk.calls)


@pytest.mark.req("C1", "F29")
@pytest.mark.parametrize("kept_by_disk", [False, True], ids=["leaving nothing", "having written"])
def test_power_cut_at_any_step_loses_nothing_acknowledged(tmp_path, kept_by_disk):
    """What append() had returned is there, once, in order; at most the batch in flight is there beyond it, whole."""
    steps = _steps(tmp_path / "whole")
    assert steps > 30
    for step in range(1, steps + 1):
        desk, promised = Desk(tmp_path / f"{step}"), []
        with pytest.MonkeyPatch.context() as patch:
            Disk(lambda call, at=step: call == at, kept_by_disk, failure=0).under(patch)
            with pytest.raises(PowerCut):
                _story(desk, promised)
        desk.kill()
        dead = desk.bodies() if desk.files.verifier_file.exists() else []
        with pytest.MonkeyPatch.context() as patch:
            Disk(lambda call: False).under(patch)
            desk.append(b"after")
        found = desk.bodies()
        in_flight = BATCHES[sum(b[0] in promised for b in BATCHES)] if len(promised) < PROMISED_MAX else []
        assert found in ([*promised, b"after"], [*promised, *in_flight, b"after"]), step
        assert dead == found[:-1], f"step {step}: who reads a dead node sees what its next writer takes up"
        desk.close()
        assert desk.verify().intact, step


@pytest.mark.req("C1", "F29")
@pytest.mark.parametrize(
    "luck", [0.0, 0.3, 0.8], ids=["nothing unsynced lasts", "a third of the sectors", "most of them"]
)
def test_power_cut_loses_only_what_was_not_synced(tmp_path, luck):
    """At any step, whatever of the unsynced sectors and names lasts: what append() had returned is there, once."""
    chance = random.Random(int(luck * 10))
    for step in range(1, _steps(tmp_path / "whole") + 1):
        desk, promised = Desk(tmp_path / f"{step}"), []
        with pytest.MonkeyPatch.context() as patch:
            disk = Volatile(lambda call, at=step: call == at, lambda: chance.random() < luck)
            disk.under(patch)
            with pytest.raises(PowerCut):
                _story(desk, promised)
        desk.kill()
        disk.cut()
        dead = desk.bodies() if desk.files.verifier_file.exists() else []
        assert desk.verify().intact if dead else True, step
        desk.append(b"after")
        found = desk.bodies()
        in_flight = BATCHES[sum(b[0] in promised for b in BATCHES)] if len(promised) < PROMISED_MAX else []
        assert found in ([*promised, b"after"], [*promised, *in_flight, b"after"]), step
        assert dead == found[:-1], step
        desk.close()
        assert desk.verify().intact, step


@pytest.mark.req("F29")
@pytest.mark.parametrize("kept_by_disk", [False, True], ids=["leaving nothing", "having written"])
def test_one_refusal_of_the_disk_costs_nothing(tmp_path, kept_by_disk):
    """The batch is written again in a new segment: every append succeeds, every entry is there once."""
    opening = 6  # the writer is not there yet: an error is then the caller's to see
    for step in range(opening, _steps(tmp_path / "whole") + 1):
        desk, promised = Desk(tmp_path / f"{step}"), []
        desk.append()
        with pytest.MonkeyPatch.context() as patch:
            Disk(lambda call, at=step: call == at - opening + 1, kept_by_disk).under(patch)
            try:
                _story(desk, promised)
            except OSError:
                # Only a checkpoint may be refused, and the one before still stands.
                for bodies in BATCHES[2:]:
                    desk.append(*bodies)
                    promised += bodies
                desk.close()
        assert desk.bodies() == [body for batch in BATCHES for body in batch] == promised, step
        assert desk.verify().intact, step


def test_disk_that_stays_full_is_told_and_writing_resumes(tmp_path, monkeypatch):
    """Refused twice, nothing counts and nothing is left behind; with space again the next append goes on."""
    desk = Desk(tmp_path)
    desk.append(b"before")
    full = True
    Disk(lambda call: full, failure=errno.ENOSPC).under(monkeypatch)
    for _ in range(20):
        with pytest.raises(JournalFailed) as failed:
            desk.append(b"lost 1", b"lost 2")
        assert (failed.value.kept, failed.value.exit_status) == (0, 14)
    assert "No space left" in failed.value.report()
    assert len(desk.files.segments()) == 1, "no file is left for each attempt"
    assert desk.bodies() == [b"before"]
    full = False
    assert desk.append(b"after") == range(2, 3)
    desk.close()
    assert desk.bodies() == [b"before", b"after"]
    assert desk.verify().damage == []


def test_frame_of_a_failed_sync_is_no_part_of_the_journal(tmp_path, monkeypatch):
    """The bytes may have reached the disk all the same: no reader, no check and no proof ever counts them."""
    desk = Desk(tmp_path)
    desk.append(b"before")
    disk = Disk(lambda call: disk.calls[-1] == "fdatasync" and disk.calls.count("fdatasync") == 1, kept=True)
    disk.under(monkeypatch)
    assert desk.append(b"twice on disk") == range(2, 3)
    assert desk.files.segments() == [1, 2]
    desk.append(b"after")
    desk.close()
    assert desk.bodies() == [b"before", b"twice on disk", b"after"]
    assert [desk.reader().entry(n).body for n in (1, 2, 3)] == desk.bodies()
    assert desk.verify().damage == []


def test_failed_batch_says_what_came_before_it(tmp_path, monkeypatch):
    """Of a long append the batches before the failed one are durable: `kept` counts them, and they are read."""
    desk = Desk(tmp_path)
    long = [bytes([n]) * 700_000 for n in range(4)]
    syncs = 0

    def fails(call: int) -> bool:
        nonlocal syncs
        syncs += disk.calls[-1] == "fdatasync"
        return syncs > 2

    disk = Disk(fails)
    desk.append()
    disk.under(monkeypatch)
    with pytest.raises(JournalFailed) as failed:
        desk.append(*long)
    assert failed.value.kept == 2
    desk.kill()
    syncs = -100
    assert desk.bodies()[:2] == long[:2]


def test_no_key_is_ever_used_twice(tmp_path, monkeypatch):
    """Through faults, power cuts and restarts each frame is sealed under a key and head of its own (S4)."""
    used: list[tuple[bytes, bytes]] = []
    real = segment._frame_key
    monkeypatch.setattr(segment, "_frame_key", lambda key, head: used.append((key, head)) or real(key, head))
    monkeypatch.setattr("contrefeu.journal.reader.survey", lambda *a, **k: pytest.fail("not read here"))
    for step in range(4, 60, 3):
        desk = Desk(tmp_path)
        with pytest.MonkeyPatch.context() as patch:
            Disk(lambda call, at=step: call == at, step % 2 == 0, failure=0 if step % 4 else errno.EIO).under(patch)
            try:
                _story(desk, [])
            except (PowerCut, OSError):
                desk.kill()
    assert len(used) > 40
    assert len(set(used)) == len(used)


def test_readers_that_cannot_be_told_do_not_double_an_entry(tmp_path, monkeypatch):
    """The head file refuses a write: the entry is durable and counts once; the next head tells of both."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    refused = [False]

    def fails(call: int) -> bool:
        return refused[0] and disk.calls[-1] == "pwrite" and disk.calls.count("fdatasync") == 1

    disk = Disk(fails)
    disk.under(monkeypatch)
    refused[0] = True
    assert desk.append(b"two") == range(2, 3)
    assert desk.bodies() == [b"one"]
    refused[0] = False
    desk.append(b"three")
    assert desk.bodies() == [b"one", b"two", b"three"]


def test_a_refused_checkpoint_leaves_the_one_before(tmp_path, monkeypatch):
    """It is asked for again at the next signing, although nothing was appended since."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    before = desk.writer.checkpoint()
    desk.append(b"two")
    with pytest.MonkeyPatch.context() as patch:
        Disk(lambda call: True, failure=errno.ENOSPC).under(patch)
        with pytest.raises(OSError, match="No space"):
            desk.writer.checkpoint()
    assert desk.verify().checkpoint == before
    desk.writer.checkpoint()
    found = desk.verify().checkpoint
    assert found is not None and found.entries == 2


def _tiny(folder: Path) -> bool:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True, check=False
    )
    return mounted.returncode == 0


@pytest.mark.req("F29")
def test_a_really_full_disk_loses_nothing_acknowledged(tmp_path):
    """On a file system of 6 MiB: filled up, refused, given space, gone on; all that was promised is there, once."""
    folder = tmp_path / "tiny"
    if os.geteuid() != 0 or not _tiny(folder):
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(1 << 20))
        desk, promised = Desk(folder / "journals"), []
        refusals = 0
        for _ in range(200):
            body = os.urandom(50_000)
            try:
                desk.append(body)
                promised.append(body)
            except JournalFailed:
                refusals += 1
                if refusals == 3:
                    ballast.unlink()
            if refusals > 6:
                break
        assert refusals > 3
        desk.kill()
        assert len(promised) > 60
        assert desk.bodies() == promised
        assert desk.verify().intact
    finally:
        subprocess.run(["umount", folder], check=False)


def test_a_second_writer_is_kept_out(tmp_path):
    """One journal, one writer: the second is told who has it, and changes nothing."""
    from contrefeu.base import FileLock, StorageError

    desk = Desk(tmp_path)
    desk.append(b"one")
    with pytest.raises(StorageError, match="locked"), FileLock(desk.files.lock, wait_s=0.05):
        pytest.fail("two writers")
    desk.close()
    assert desk.bodies() == [b"one"]


def test_another_key_does_not_write_here(tmp_path, monkeypatch):
    """A journal is one key's: a node whose seed was lost writes a journal of its own."""
    desk = Desk(tmp_path)
    desk.append(b"one")
    desk.close()
    from contrefeu.proof import Signer
    from tests.journal import desk as module

    monkeypatch.setattr(module, "SIGNER", Signer(module.ORIGIN, bytes([2]) * 32))
    with pytest.raises(JournalTampered, match="not the one that signed"):
        desk.append(b"two")


def test_what_is_too_long_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    """The limit is looked at for all drafts first: none of them counts."""
    from contrefeu.journal import EntryTooLong, entry

    monkeypatch.setattr(entry, "ENTRY_BODY_BYTES_MAX", 1000)
    desk = Desk(tmp_path)
    with pytest.raises(EntryTooLong, match="1001 bytes"):
        desk.writer.append(drafts(b"fits", b"x" * 1001))
    assert desk.writer.sequence == 0
    assert desk.append(b"x" * 1000) == range(1, 2)
