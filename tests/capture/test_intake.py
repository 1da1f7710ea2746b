"""An answer follows its entry to disk, in order, or says that there is none; nothing is in between.

Method: a writer that counts its syncs, refuses, is slow, or breaks in a way nobody foresaw.
"""

import asyncio
import errno
import os
import time
from pathlib import Path

import pytest

from contrefeu.base import ManualClock
from contrefeu.capture import Intake, intake
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_OTHER, Draft, EntryTooLong, JournalFailed
from tests.capture.house import House, Syncs, house


def draft(text: str) -> Draft:
    """An entry to be."""
    return Draft("test", MEDIA_OTHER, text.encode(), 1)


def bodies(h: House) -> list[str]:
    """What the journal holds."""
    return [entry.body.decode() for entry in h.entries()]


@pytest.mark.req("C1")
def test_at_the_answer_the_entry_can_be_read(tmp_path: Path) -> None:
    """Each answer names an entry that another process reads at that instant; answers come in the order of offers."""

    async def story() -> None:
        async with house(tmp_path) as h:
            answered: list[str | None] = []

            def answer(ref: str | None) -> None:
                answered.append(ref)
                assert len(bodies(h)) == 5

            for n in range(5):
                h.intake.offer(draft(str(n)), answer)
            assert answered == [], "nothing is said before the disk has it"
            await asyncio.sleep(0)
            assert answered == [f"{h.intake.journal}/{n}" for n in range(1, 6)]
            assert bodies(h) == ["0", "1", "2", "3", "4"]

    asyncio.run(story())


def test_a_batch_forms_while_one_syncs(tmp_path: Path) -> None:
    """What is offered while a commit answers goes out with the next one: two syncs for two batches, not one each."""
    syncs = Syncs()

    async def story() -> None:
        async with house(tmp_path) as h:
            await h.intake.append("test", MEDIA_OTHER, b"warm")
            done: list[str | None] = []

            def again(ref: str | None) -> None:
                done.append(ref)
                h.intake.offer(draft("second"), done.append)

            with syncs.counting():
                for _ in range(20):
                    h.intake.offer(draft("first"), again)
                await asyncio.sleep(0)
                assert (len(done), syncs.count) == (20, 1)
                await asyncio.sleep(0)
                assert (len(done), syncs.count) == (40, 2)

    asyncio.run(story())


@pytest.mark.req("F28")
def test_a_refusing_disk_is_told_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None to each, `trouble` says why and `refused` how many; the next offer after that is kept."""

    async def story() -> None:
        async with house(tmp_path) as h:

            def refuse(fd: int) -> None:
                raise OSError(errno.EIO, "Input/output error")

            monkeypatch.setattr(os, "fdatasync", refuse)
            monkeypatch.setattr(os, "fsync", refuse)
            answered: list[str | None] = []
            for _ in range(3):
                h.intake.offer(draft("lost"), answered.append)
            await asyncio.sleep(0)
            assert answered == [None, None, None]
            assert (h.intake.trouble, h.intake.refused) == ("Input/output error", 3)
            with pytest.raises(JournalFailed, match="Input/output error"):
                await h.intake.append("test", MEDIA_OTHER, b"lost")
            with pytest.raises(JournalFailed):
                h.intake.append_all([draft("lost")])
            monkeypatch.undo()
            assert await h.intake.append("test", MEDIA_OTHER, b"kept") == f"{h.intake.journal}/1"
            assert (h.intake.trouble, h.intake.refused) == ("", 5)
            assert bodies(h) == ["kept"]

    asyncio.run(story())


@pytest.mark.req("C1", "F29")
def test_of_a_batch_that_the_disk_took_in_part_the_kept_ones_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long entries have frames of their own: the disk takes two and refuses the third; two are told, in order."""

    async def story() -> None:
        async with house(tmp_path) as h:
            monkeypatch.setattr(intake, "COMMIT_BYTES_SOFT", 1 << 30)  # else each is a commit of its own
            await h.intake.append("test", MEDIA_OTHER, b"warm")
            syncs = 0
            real = os.fdatasync

            def refuse(fd: int) -> None:
                nonlocal syncs
                syncs += 1
                if syncs > 2:
                    raise OSError(errno.EIO, "Input/output error")
                real(fd)

            monkeypatch.setattr(os, "fdatasync", refuse)
            answered: list[tuple[str, str | None]] = []
            h.intake.follow(lambda ref: answered.append(("before all", ref)))
            for name in "abcd":
                body = name.encode() * 1_000_000
                long = Draft("test", MEDIA_OTHER, body, 1)
                h.intake.offer(long, lambda ref, name=name: answered.append((name, ref)))  # type: ignore[misc]
                h.intake.follow(lambda ref, name=name: answered.append((f"after {name}", ref)))  # type: ignore[misc]
            await asyncio.sleep(0)
            ref = h.intake.journal
            assert answered == [
                ("before all", ""),
                ("a", f"{ref}/2"),
                ("after a", ""),
                ("b", f"{ref}/3"),
                ("after b", ""),
                ("c", None),
                ("after c", None),
                ("d", None),
                ("after d", None),
            ]
            assert (h.intake.trouble, h.intake.refused) == ("Input/output error", 2)
            with pytest.raises(JournalFailed) as failed:
                h.intake.append_all([draft("e")])
            assert failed.value.kept == 0
            monkeypatch.undo()
            assert await h.intake.append("test", MEDIA_OTHER, b"c") == f"{ref}/4"
            assert [body[:1] for body in bodies(h)] == ["w", "a", "b", "c"], "each once"

    asyncio.run(story())


@pytest.mark.req("F28")
def test_a_disk_that_takes_writes_again_is_seen_without_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody sends: the disk is tried all the same, and the trouble that people read of ends with it."""

    async def story() -> None:
        async with house(tmp_path) as h:

            def refuse(fd: int) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            monkeypatch.setattr(os, "fdatasync", refuse)
            monkeypatch.setattr(os, "fsync", refuse)
            with pytest.raises(JournalFailed):
                await h.intake.append("test", MEDIA_OTHER, b"lost")
            h.intake.tend()
            h.intake.sign()
            assert h.intake.trouble == "No space left on device"
            monkeypatch.undo()
            h.intake.tend()
            assert h.intake.trouble == ""
            assert bodies(h) == []
            assert await h.intake.append("test", MEDIA_OTHER, b"kept") == f"{h.intake.journal}/1"

    asyncio.run(story())


@pytest.mark.req("C2")
def test_a_flood_is_answered_frame_by_frame(tmp_path: Path) -> None:
    """Who came first is answered after one frame's sync, not after all of them; order is kept."""

    async def story() -> None:
        async with house(tmp_path) as h:
            answered: list[str | None] = []
            for _ in range(6):
                h.intake.offer(Draft("test", MEDIA_OTHER, bytes(400_000), 1), answered.append)
            await asyncio.sleep(0)
            assert len(answered) == 2
            await asyncio.sleep(0)
            assert len(answered) == 4
            h.intake.commit()
            assert answered == [f"{h.intake.journal}/{n}" for n in range(1, 7)]
            for n in range(5000):
                h.intake.offer(draft(str(n)), answered.append)
            await asyncio.sleep(0)
            assert len(answered) == 6 + 4096
            await asyncio.sleep(0)
            assert len(answered) == 5006

    asyncio.run(story())


def test_a_batch_gathers_for_as_long_as_the_settings_say(tmp_path: Path) -> None:
    """With `gather_s` what comes within it shares one sync; without, a connection alone waits for no timer."""
    syncs = Syncs()

    async def story() -> None:
        async with house(tmp_path) as h:
            gathering = Intake(h.writer, ManualClock(), gather_s=0.05)
            await gathering.append("test", MEDIA_OTHER, b"warm")
            began = time.monotonic()
            with syncs.counting():
                one = asyncio.create_task(gathering.append("test", MEDIA_OTHER, b"1"))
                await asyncio.sleep(0.01)
                await asyncio.gather(one, gathering.append("test", MEDIA_OTHER, b"2"))
            assert syncs.count == 1
            assert 0.045 < time.monotonic() - began < 2

    asyncio.run(story())


def test_commits_keep_their_pace(tmp_path: Path) -> None:
    """With `pace_s` who comes alone is written at once; whoever comes within it of a commit shares the next one."""
    syncs = Syncs()

    async def story() -> None:
        async with house(tmp_path) as h:
            paced = Intake(h.writer, ManualClock(), pace_s=3600)
            assert await paced.append("test", MEDIA_OTHER, b"alone")
            with syncs.counting():
                after = [asyncio.create_task(paced.append("test", MEDIA_OTHER, b"%d" % n)) for n in range(3)]
                await asyncio.sleep(0.01)
                assert not any(one.done() for one in after)
                assert syncs.count == 0
                paced.commit()
                await asyncio.gather(*after)
            assert syncs.count == 1

    asyncio.run(story())


@pytest.mark.req("F28")
def test_nobody_is_left_waiting_by_a_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody foresaw is reported, and each offer of its batch is refused: no sender waits for ever."""
    seen: list[object] = []

    async def story() -> None:
        async with house(tmp_path) as h:
            asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context["exception"]))

            def broken(drafts: object) -> range:
                raise ZeroDivisionError

            monkeypatch.setattr(h.writer, "append", broken)
            answered: list[str | None] = []
            h.intake.offer(draft("1"), answered.append)
            h.intake.offer(draft("2"), answered.append)
            await asyncio.sleep(0)
            assert answered == [None, None]
            monkeypatch.undo()
            assert await h.intake.append("test", MEDIA_OTHER, b"3")

    asyncio.run(story())
    assert [type(found) for found in seen] == [ZeroDivisionError]


def test_too_long_an_entry_costs_no_other(tmp_path: Path) -> None:
    """It is refused before it is offered: what waits beside it is kept."""

    async def story() -> None:
        async with house(tmp_path) as h:
            answered: list[str | None] = []
            h.intake.offer(draft("1"), answered.append)
            with pytest.raises(EntryTooLong):
                await h.intake.append("test", MEDIA_OTHER, bytes(ENTRY_BODY_BYTES_MAX + 1))
            await asyncio.sleep(0)
            assert answered == [f"{h.intake.journal}/1"]

    asyncio.run(story())


def test_signing_follows_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint is kept when there is something to sign for, and only then; a disk that refuses it is told."""

    async def story() -> None:
        async with house(tmp_path) as h:
            signed = 0
            real = h.writer.checkpoint

            def count() -> object:
                nonlocal signed
                signed += 1
                return real()

            monkeypatch.setattr(h.writer, "checkpoint", count)
            task = asyncio.create_task(h.intake.sign_every(0.01))
            await h.intake.append("test", MEDIA_OTHER, b"1")
            await asyncio.sleep(0.1)
            assert signed == 1
            await h.intake.append("test", MEDIA_OTHER, b"2")
            await asyncio.sleep(0.1)
            assert signed == 2
            task.cancel()

            def refuse() -> object:
                raise OSError(errno.ENOSPC, "No space left on device")

            monkeypatch.setattr(h.writer, "checkpoint", refuse)
            await h.intake.append("test", MEDIA_OTHER, b"3")
            h.intake.sign()
            assert h.intake.trouble == "No space left on device"
            monkeypatch.undo()

    asyncio.run(story())


def test_a_closed_intake_writes_nothing(tmp_path: Path) -> None:
    """What waits is committed first; later offers are refused, for another process may write this journal now."""

    async def story() -> None:
        async with house(tmp_path) as h:
            answered: list[str | None] = []
            h.intake.offer(draft("1"), answered.append)
            h.intake.close()
            assert answered == [f"{h.intake.journal}/1"]
            h.intake.offer(draft("2"), answered.append)
            assert answered[1] is None
            with pytest.raises(JournalFailed, match="stopping"):
                h.intake.append_all([draft("3")])
            with pytest.raises(JournalFailed, match="stopping"):
                await h.intake.append("test", MEDIA_OTHER, b"4")
            assert bodies(h) == ["1"]
            assert isinstance(h.intake, Intake)

    asyncio.run(story())
