"""A journal that cannot be gone on with is left as it was, and another begins in its place: no feed is ever refused.

Method: journals that were damaged, cut back, forked or restored from a snapshot, opened as a node opens them, with and
without the checkpoint that a vault holds.
"""

import errno
import os
import shutil
from pathlib import Path

import pytest

from contrefeu.journal import (
    AnotherKey,
    JournalFiles,
    JournalReader,
    JournalTampered,
    JournalWriter,
    Limits,
    chain,
    of_station,
    open_writer,
    standing,
    successor_name,
    survey,
    verify_journal,
)
from contrefeu.proof import Checkpoint, Followed, Frontier, Signer, open_checkpoint
from tests.journal.desk import ORIGIN, PAIR, SIGNER, Desk, drafts, flipped

SEED = bytes([1]) * 32
SECOND, THIRD = "drill/test.2-capture", "drill/test.3-capture"


def take(desk: Desk, held: dict[str, list[bytes]] | None = None, **more: object) -> JournalWriter:
    """Open the journal as a node does."""
    return open_writer(  # type: ignore[arg-type]
        desk.folder, ORIGIN, SEED, lambda: desk.recipients, desk.clock, held_elsewhere=held, **more
    )


def read(folder: Path, journal: str) -> list[bytes]:
    """All bodies of one journal."""
    files = JournalFiles.of(folder, journal)
    reader = JournalReader(files, lambda header: PAIR.open(header.keys[0].sealed, header.origin, header.segment))
    try:
        return [entry.body for batch in reader.after(0) for entry in batch]
    finally:
        reader.close()


def checkpoint(folder: Path, journal: str) -> Checkpoint:
    """The checkpoint in a journal's folder."""
    files = JournalFiles.of(folder, journal)
    return open_checkpoint(files.checkpoint.read_bytes(), [files.verifier()])


def everything(files: JournalFiles) -> dict[str, bytes]:
    """Every byte of a journal but its lock."""
    return {str(path): path.read_bytes() for path in files.folder.rglob("*") if path.is_file() and path.name != "lock"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A journal of three entries, signed for, and left by a killed writer."""
    made = Desk(tmp_path / "home")
    made.append(b"one", b"two")
    made.writer.checkpoint()
    made.append(b"three")
    made.writer.checkpoint()
    made.kill()
    return made


def test_a_sound_journal_is_gone_on_with(desk: Desk) -> None:
    """No successor for a crash, a torn tail, or a vault that is behind."""
    held = {desk.files.folder.name: [desk.files.checkpoint.read_bytes()]}
    writer = take(desk, held)
    assert writer.journal == ORIGIN
    writer.append(drafts(b"four"))
    writer.close()
    writer = take(desk, held, limits=Limits(segment_bytes=1))
    assert (writer.journal, writer.append(drafts(b"five"))) == (ORIGIN, range(5, 6))
    writer.close()
    assert chain(desk.folder, ORIGIN) == [ORIGIN]


@pytest.mark.req("C1", "C2")
def test_damage_where_it_must_go_on_begins_a_successor(desk: Desk) -> None:
    """The damaged journal is left byte for byte; the feed is taken; readers read both, in the order of writing."""
    path = desk.files.segment(1)
    path.write_bytes(flipped(path.read_bytes(), path.read_bytes().index(b"CF\0\0") + 12))
    before = everything(desk.files)
    writer = take(desk)
    assert writer.journal == SECOND
    assert writer.append(drafts(b"four")) == range(1, 2)
    writer.checkpoint()
    writer.close()
    assert everything(desk.files) == before, "it is evidence"
    assert read(desk.folder, SECOND) == [b"four"]
    found = verify_journal(JournalFiles.of(desk.folder, SECOND))
    assert (found.intact, found.entries) == (True, 1)
    with pytest.raises(JournalTampered):
        read(desk.folder, ORIGIN)
    follows = checkpoint(desk.folder, SECOND).follows
    assert follows is not None and (follows.origin, follows.size) == (ORIGIN, 1), "what was found good: the header"


def test_every_checkpoint_names_the_head_that_was_found(desk: Desk) -> None:
    """Cut back by an entry: the first checkpoint, one after a restart, and the last name the same head."""
    kept = checkpoint(desk.folder, ORIGIN)
    shorter = desk.files.segment(1).read_bytes()
    starts = [at for at in range(len(shorter) - 4) if shorter[at : at + 4] == b"CF\0\0"]
    desk.files.segment(1).write_bytes(shorter[: starts[1]])
    head = survey(desk.files, SIGNER.verifier, strict=False)
    assert head.tree.size == kept.size - 1
    named = Followed(ORIGIN, head.tree.size, head.tree.root())
    writer = take(desk)
    assert checkpoint(desk.folder, SECOND) == Checkpoint(
        SECOND, 0, Frontier().root(), 0, desk.clock.now_ns() // 1000 * 1000, named
    )
    writer.append(drafts(b"four"))
    writer.close()
    for _ in range(2):
        writer = take(desk)
        assert writer.journal == SECOND
        writer.append(drafts(b"more"))
        writer.checkpoint()
        assert checkpoint(desk.folder, SECOND).follows == named
        writer.close()
    assert verify_journal(JournalFiles.of(desk.folder, SECOND)).damage == []


@pytest.mark.req("C6")
def test_a_home_restored_from_a_snapshot_forks_nothing_that_a_vault_holds(desk: Desk) -> None:
    """The disk goes back a day, the vault does not: the day's entries are gone here, and none takes their place.

    Without the vault's word nothing can be known of it: the journal is gone on with.
    """
    shutil.copytree(desk.folder, desk.folder.with_name("snapshot"))
    writer = take(desk)
    writer.append(drafts(b"a day", b"of work"))
    writer.checkpoint()
    writer.close()
    held = {desk.files.folder.name: [desk.files.checkpoint.read_bytes()]}
    for name, word in (("with", held), ("without", None)):
        home = desk.folder.with_name(name)
        shutil.copytree(desk.folder.with_name("snapshot"), home)
        restored = Desk(home)
        writer = take(restored, word)
        assert writer.journal == (SECOND if word else ORIGIN)
        writer.append(drafts(b"after"))
        writer.close()
    found = verify_journal(Desk(desk.folder.with_name("with")).files, held_elsewhere=held[desk.files.folder.name])
    assert [d.kind for d in found.damage] == ["rolled-back"]
    assert read(desk.folder.with_name("with"), ORIGIN) == [b"one", b"two", b"three"]


def test_a_fork_is_found_at_the_size_that_was_vouched_for(desk: Desk) -> None:
    """Another history, longer than the vouched one: the tree at that size tells, in an earlier segment too."""
    shutil.copytree(desk.folder, desk.folder.with_name("fork"))
    writer = take(desk)
    writer.append(drafts(b"theirs"))
    writer.checkpoint()
    writer.close()
    held = {desk.files.folder.name: [desk.files.checkpoint.read_bytes()]}
    fork = Desk(desk.folder.with_name("fork"))
    for n in range(4):
        writer = take(fork)
        writer.append(drafts(b"ours %d" % n))
        writer.close()
    writer = take(fork)
    assert writer.journal == ORIGIN, "without the vault's word"
    writer.close()
    writer = take(fork, held)
    assert writer.journal == SECOND
    writer.close()


def test_root_at_is_the_root_that_was_signed(desk: Desk) -> None:
    """At every size, over segments and abandoned files, and None where the files do not say."""
    signed: dict[int, bytes] = {}
    for n in range(6):
        writer = take(desk)
        for m in range(3):
            writer.append(drafts(b"%d %d" % (n, m)))
            point = writer.checkpoint()
            signed[point.size] = point.root
        writer.close()
    point = checkpoint(desk.folder, ORIGIN)
    signed[point.size] = point.root
    assert {size: standing.root_at(desk.files, SIGNER.verifier, size) for size in signed} == signed
    assert standing.root_at(desk.files, SIGNER.verifier, point.size + 1) is None
    assert standing.root_at(desk.files, SIGNER.verifier, 0) is not None


def test_the_hybrid_clock_goes_on_from_the_journal_before(desk: Desk) -> None:
    """The machine's clock was set back a year: the successor's entries still come after, also when it was restarted."""
    last = desk.entries()[-1].hlc
    desk.clock.advance(hours=-8760)
    path = desk.files.checkpoint
    path.write_bytes(path.read_bytes().replace(b"entries 3", b"entries 4"))
    take(desk).close()
    writer = take(desk)
    assert writer.journal == SECOND
    writer.append(drafts(b"four"))
    writer.close()
    files = JournalFiles.of(desk.folder, SECOND)
    reader = JournalReader(files, lambda header: PAIR.open(header.keys[0].sealed, header.origin, header.segment))
    entry = reader.entry(1)
    assert entry is not None and entry.hlc > last


def test_a_successor_has_a_successor_and_names_that_a_vault_holds_are_left_free(desk: Desk) -> None:
    """The chain goes on; a name that only the vault knows is a journal that this home has lost."""
    files = [desk.files]
    for name in (SECOND, THIRD):
        files[-1].checkpoint.write_bytes(b"not a note")
        writer = take(desk)
        assert writer.journal == name
        writer.append(drafts(b"x"))
        writer.close()
        files.append(JournalFiles.of(desk.folder, name))
    assert chain(desk.folder, ORIGIN) == [ORIGIN, SECOND, THIRD]
    files[-1].checkpoint.write_bytes(b"not a note")
    fourth = Signer("drill/test.4-capture", SEED)
    writers = Checkpoint(fourth.verifier.name, 1, bytes(32), 0, 0).sign(fourth)
    anybodys = Checkpoint("drill/test.5-capture", 1, bytes(32), 0, 0).sign(Signer("drill/test.5-capture", bytes(32)))
    writer = take(desk, {"drill_test.4-capture": [writers], "drill_test.5-capture": [anybodys, b"held"]})
    assert writer.journal == "drill/test.5-capture", "a name is taken when its writer signed for it, and not else"
    assert checkpoint(desk.folder, writer.journal).follows is not None
    writer.close()


def test_a_disk_that_cannot_be_read_begins_a_successor_and_a_full_one_does_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad sector under the last segment does not pass; a lack of space does."""
    real = os.pread
    failure = errno.ENOSPC

    def refuse(fd: int, length: int, offset: int) -> bytes:
        if str(desk.files.segments_folder) in str(Path(f"/proc/self/fd/{fd}").readlink()):
            raise OSError(failure, os.strerror(failure))
        return real(fd, length, offset)

    monkeypatch.setattr(os, "pread", refuse)
    with pytest.raises(OSError, match="No space"):
        take(desk)
    assert chain(desk.folder, ORIGIN) == [ORIGIN]
    failure = errno.EIO
    writer = take(desk)
    assert writer.journal == SECOND
    monkeypatch.undo()
    follows = checkpoint(desk.folder, SECOND).follows
    assert follows is not None and follows.size == checkpoint(desk.folder, ORIGIN).size
    writer.close()


def test_another_key_begins_nothing(desk: Desk) -> None:
    """Whoever mixed up two homes must put that right: entries under another key would help nobody."""
    with pytest.raises(AnotherKey, match="not the one that signed"):
        open_writer(desk.folder, ORIGIN, bytes([2]) * 32, lambda: desk.recipients, desk.clock)
    assert chain(desk.folder, ORIGIN) == [ORIGIN]


def test_a_crash_while_a_successor_is_begun_leaves_none_or_one_that_says_so(desk: Desk) -> None:
    """What it follows is kept before the journal is one: killed in between, the next start begins it again."""
    desk.files.checkpoint.write_bytes(b"not a note")
    take(desk).close()
    second = JournalFiles.of(desk.folder, SECOND)
    second.verifier_file.unlink()
    assert chain(desk.folder, ORIGIN) == [ORIGIN]
    writer = take(desk)
    assert writer.journal == SECOND
    assert checkpoint(desk.folder, SECOND).follows is not None
    writer.close()


@pytest.mark.parametrize(
    ("journal", "second"),
    [("n1-capture", "n1.2-capture"), ("drill/n1-station", "drill/n1.2-station"), ("ward", "ward.2")],
)
def test_names_end_as_the_first_one_does(journal: str, second: str) -> None:
    """What a journal is for is read from the end of its name, and no node's name has a point in it."""
    assert successor_name(journal, 1) == journal
    assert successor_name(journal, 2) == second
    assert Signer(second, SEED).verifier.name == second


@pytest.mark.parametrize(
    ("journal", "node", "is_one"),
    [
        ("n1-capture", "n1", True), ("n1.2-capture", "n1", True), ("drill/n1.17-audit", "drill/n1", True),
        ("n12-capture", "n1", False), ("n1.-capture", "n1", False), ("n1.x-capture", "n1", False),
        ("n1.2", "n1", False), ("n1", "n1", False), ("n1.2.3-capture", "n1", False), ("drill/n1-audit", "n1", False),
    ],
)  # fmt: skip
def test_a_successor_bears_its_stations_name(journal: str, node: str, *, is_one: bool) -> None:
    """And no other station's does."""
    assert of_station(journal, node) is is_one
