"""A copy is the journal, whatever happens to either: crashes, failed syncs, damage, other hands, other keys.

Method: the real writer in a folder of its own, harmed as disks, power cuts and intruders do; then a step, and both
sides compared byte by byte. Random histories of writing, crashing and copying keep the copy a prefix at every moment.
"""

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.base import ManualClock
from contrefeu.journal import MEDIA_OTHER, Draft, JournalFailed, JournalFiles
from contrefeu.proof import Checkpoint, Frontier, Signer
from contrefeu.vault import CopyState, DirectoryVault, Shipper, Vault, VaultAway, make_vault, verify_vault
from tests.vault.house import FOLDER, JOURNAL, OTHER, SIGNER, House, copy_of, frames_of, ship, tree_of

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # syncs cost nothing there
SEGMENT = f"journals/{FOLDER}/segments/0000000001.seg"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return make_vault(f"file://{tmp_path}/vault", outside=tmp_path / "home")


def flip(path: Path, at: int) -> None:
    """One byte that is not what was written."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


# What happens to a journal in the ordinary course of things.


def test_many_segments_go_over_in_one_step(house: House, vault: Vault) -> None:
    """Closed ones and the open one, each complete, and the checkpoint behind them."""
    house.segment_bytes = 1500
    house.say(60, size=100)
    assert ship(house, vault) == CopyState(60, "up-to-date")
    found = copy_of(vault)
    assert (found.intact, found.damage, found.entries) == (True, [], 60)
    assert found.checkpoint is not None
    assert (found.checkpoint.size, found.checkpoint.root) == (found.size, found.root)
    assert len(vault.names(f"journals/{FOLDER}/segments")) > 5


def test_small_steps_end_where_one_long_step_ends(house: House, vault: Vault) -> None:
    """A step stops when it has copied its share; the checkpoint goes over with the last one."""
    house.segment_bytes = 1500
    house.say(60, size=100)
    shipper = Shipper(house, vault)
    states = [shipper.step(1)]
    while not states[-1].complete:
        assert states[-1].state == "catching-up"
        states.append(shipper.step(1))
    assert len(states) > 20
    assert states[-1] == CopyState(60, "up-to-date")
    assert copy_of(vault).checkpoint is not None


def test_an_entry_longer_than_a_chunk_goes_over(house: House, vault: Vault) -> None:
    """A scanned file that does not compress is one frame of many megabytes."""
    house.start().append([Draft("SCAN", MEDIA_OTHER, os.urandom(9 << 20), house.clock.now_ns())])
    house.say(1)
    assert ship(house, vault) == CopyState(2, "up-to-date")
    frames_of(house, vault)
    assert copy_of(vault).intact


def test_a_stopped_journal_is_copied_to_its_closing_frame(house: House, vault: Vault) -> None:
    """Nothing is left over when the node was stopped first."""
    house.say(3)
    ship(house, vault)
    house.stop()
    assert ship(house, vault).state == "up-to-date"
    assert vault.read(SEGMENT) == house.files.segment(1).read_bytes()
    house.say(3)
    assert ship(house, vault) == CopyState(6, "up-to-date")
    assert copy_of(vault).damage == []


@pytest.mark.parametrize("call", ["fdatasync", "pwrite"])
def test_a_segment_abandoned_after_a_failed_sync_is_copied_as_far_as_it_counts(
    house: House, vault: Vault, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The batch was written again in the next segment: once in the journal, once in the copy."""
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    real = getattr(os, call)
    failures = iter([True])

    def fails_once(fd: int, *rest: object) -> object:
        result = real(fd, *rest)
        if next(failures, False):
            raise OSError(errno.EIO, "Input/output error")
        return result

    house.start()
    monkeypatch.setattr(os, call, fails_once)
    house.say(3)
    monkeypatch.undo()
    assert house.files.segments() == [1, 2]
    assert shipper.step() == CopyState(6, "up-to-date")
    found = copy_of(vault)
    assert (found.intact, found.damage, found.entries) == (True, [], 6)
    house.crash()
    house.say(2)
    assert ship(house, vault) == CopyState(8, "up-to-date")
    assert copy_of(vault).damage == []


def test_segments_that_were_begun_and_left_are_passed_over(
    house: House, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails while headers are written leaves files that are no part of the journal, nor of the copy."""
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    house.start().roll()
    real = os.fsync

    def fsync(fd: int) -> None:
        real(fd)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(JournalFailed):
        house.say(1)
    monkeypatch.undo()
    house.say(4)
    assert shipper.step() == CopyState(7, "up-to-date")
    found = copy_of(vault)
    assert (found.intact, found.damage, found.entries) == (True, [], 7)


def test_a_crash_of_the_writer_changes_nothing_for_copies(house: House, vault: Vault) -> None:
    """A torn tail stays at home; the journal goes on in its next segment, and so does the copy."""
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    head = house.files.read_head()
    house.crash()
    assert head is not None
    with house.files.segment(1).open("r+b") as file:
        file.seek(head.offset)
        file.write(b"CF\x00\x00torn")
    assert shipper.step() == CopyState(3, "up-to-date")
    house.say(3)
    assert shipper.step() == CopyState(6, "up-to-date")
    assert (copy_of(vault).damage, copy_of(vault).entries) == ([], 6)


def test_a_head_file_lost_in_a_power_cut_is_no_rollback(house: House, vault: Vault) -> None:
    """The head is not synced: an old one, or none, must not raise an alarm while the frames are there."""
    house.say(2)
    old = house.files.head.read_bytes()
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    house.crash()
    for head in (old, b"", bytes(40)):
        house.files.head.write_bytes(head)
        assert shipper.step() == CopyState(5, "up-to-date")
        assert ship(house, vault) == CopyState(5, "up-to-date")
    house.files.head.unlink()
    assert ship(house, vault) == CopyState(5, "up-to-date")


def test_two_journals_are_two_copies(house: House, vault: Vault) -> None:
    """Trouble with one does not hold up the other."""
    house.say(3)
    other = House(house.root, house.clock, signer=Signer("drill/test-station", b"\x08" * 32))
    other.say(4)
    assert ship(house, vault) == CopyState(7, "up-to-date")
    other.crash()
    flip(other.files.verifier_file, 20)
    house.say(2)
    state = ship(house, vault)
    assert state.state == "alarm"
    assert "drill_test-station" in state.problem
    assert copy_of(vault).entries == 5


def test_files_that_others_put_there_are_left_alone(house: House, vault: Vault) -> None:
    """Names that are not ours stop nothing: a person may put the settings there by hand, a system its own litter."""
    house.say(2)
    ship(house, vault)
    for name in (
        "nodes/drill_test/settings/contrefeu.toml",
        "branches/readme.txt",
        f"branches/{FOLDER}.old",
        f"journals/{FOLDER}/segments/Thumbs.db",
        f"journals/{FOLDER}/segments/x.seg",
        "journals/lost+found/x",
    ):
        path = vault.folder(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
    house.settings.write_text(house.settings.read_text() + "# changed\n")
    house.say(2)
    assert ship(house, vault) == CopyState(4, "up-to-date")
    assert len(vault.names("nodes/drill_test/settings")) == 3
    assert copy_of(vault).damage == []


def test_a_copy_that_shrank_is_looked_at_again(house: House, vault: Vault) -> None:
    """A file system that was repaired lost what had read back: a running shipper finds out and says it."""
    house.say(6)
    shipper = Shipper(house, vault)
    shipper.step()
    os.truncate(vault.folder(SEGMENT), vault.folder(SEGMENT).stat().st_size - 100)
    house.say(1)
    assert shipper.step().state == "unreachable"
    states = [shipper.step() for _ in range(2)]
    assert [s.state for s in states] == ["refused", "refused"]
    assert "signs for" in states[0].problem
    assert copy_of(vault, f"branches/{FOLDER}.1").entries == 7


def test_a_full_vault_is_not_read_again_at_each_attempt(
    house: House, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Capture's disk has better things to do than to read a segment a second, for as long as a vault is full."""
    house.say(50)
    shipper = Shipper(house, vault)
    shipper.step()
    house.say(1)
    asked: list[int] = []
    real = DirectoryVault.read
    monkeypatch.setattr(DirectoryVault, "read", lambda self, *a: asked.append(1) or real(self, *a))

    def append(*_: object) -> None:
        raise VaultAway("full")

    with monkeypatch.context() as full:
        full.setattr(DirectoryVault, "append", append)
        for _ in range(20):
            assert shipper.step() == CopyState(50, "unreachable", "full", complete=False)
    assert asked == []
    assert shipper.step() == CopyState(51, "up-to-date")


# What intruders and failing disks do.


@pytest.mark.req("C4")
@pytest.mark.parametrize("restarted", [False, True])
def test_a_journal_rewritten_with_its_own_key_is_refused(
    house: House, vault: Vault, tmp_path: Path, restarted: bool
) -> None:
    """Whoever holds the node holds its signing key, and can sign another past: not here."""
    house.segment_bytes = 1500
    house.say(20, size=100)
    shipper = Shipper(house, vault)
    shipper.step()
    before = tree_of(vault.folder("journals"))
    house.crash()
    shutil.rmtree(house.files.folder)
    house.say(40, size=100)
    shipper = Shipper(house, vault) if restarted else shipper
    for _ in range(3):
        state = shipper.step()
    assert (state.state, state.entries) == ("refused", 20)
    assert tree_of(vault.folder("journals")) == before
    branch = copy_of(vault, f"branches/{FOLDER}.1")
    assert (branch.entries, branch.damage) == (40, [])


@pytest.mark.req("C4")
def test_the_same_name_with_another_key_is_refused(house: House, vault: Vault) -> None:
    """A journal is its writer's: a new key under an old name is somebody else, kept beside."""
    house.say(5)
    ship(house, vault)
    before = tree_of(vault.folder("journals"))
    house.crash()
    shutil.rmtree(house.files.folder)
    house.signer = Signer(JOURNAL, b"\x09" * 32)
    house.say(2)
    state = ship(house, vault)
    assert (state.state, state.entries) == ("refused", 0)
    assert "another key" in state.problem
    assert tree_of(vault.folder("journals")) == before
    assert copy_of(vault, f"branches/{FOLDER}.1").entries == 2


def test_each_further_history_has_a_branch_of_its_own(house: House, vault: Vault, tmp_path: Path) -> None:
    """Put back twice, it tells three stories: all are kept, and each is gone on with when it comes again."""
    house.say(3)
    then = house.snapshot(tmp_path / "then")
    house.say(3)
    ship(house, vault)
    stories = []
    for told in (4, 5):
        house.roll_back(then)
        house.say(told)
        assert ship(house, vault).state == "refused"
        stories.append(house.snapshot(tmp_path / f"story {told}"))
    assert vault.names("branches") == [f"{FOLDER}.1", f"{FOLDER}.2"]
    house.roll_back(stories[0])
    house.say(1)
    assert ship(house, vault).state == "refused"
    assert vault.names("branches") == [f"{FOLDER}.1", f"{FOLDER}.2"]
    assert len(vault.names(f"branches/{FOLDER}.1/segments")) == 2
    [found] = verify_vault(vault)
    assert [d.kind for d in found.damage] == ["forked", "forked"]


def test_a_journal_put_right_is_followed_again(house: House, vault: Vault, tmp_path: Path) -> None:
    """The refusal lasts as long as its reason."""
    house.say(3)
    then = house.snapshot(tmp_path / "then")
    house.say(3)
    ship(house, vault)
    house.crash()
    whole = house.snapshot(tmp_path / "whole")
    house.roll_back(then)
    assert ship(house, vault).state == "refused"
    house.roll_back(whole)
    house.say(1)
    assert ship(house, vault) == CopyState(7, "up-to-date")
    assert copy_of(vault).damage == []


def test_a_checkpoint_of_another_history_is_refused_and_kept(house: House, vault: Vault) -> None:
    """Signed by the journal's own key, over leaves that its frames do not make: evidence, and no checkpoint."""
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    held = vault.read(f"journals/{FOLDER}/checkpoint")
    house.say(1, sign=False)
    forged = Checkpoint(JOURNAL, house.start().size, Frontier().root(), 4, house.clock.now_ns()).sign(SIGNER)
    house.files.checkpoint.write_bytes(forged)
    state = shipper.step()
    assert state.state == "refused"
    assert "another history" in state.problem
    assert vault.read(f"journals/{FOLDER}/checkpoint") == held
    [kept] = vault.names(f"journals/{FOLDER}/aside")
    assert vault.read(f"journals/{FOLDER}/aside/{kept}") == forged
    # What the journal takes in meanwhile is not without a copy.
    house.say(2, sign=False)
    shipper.step()
    assert copy_of(vault, f"branches/{FOLDER}.1").entries == 6


@pytest.mark.parametrize("note", [b"", b"nonsense", b"drill/test-capture\n9\n\n\xe2\x80\x94 x AAAA\n"], ids=repr)
def test_a_checkpoint_that_nobody_signed_is_never_kept(house: House, vault: Vault, note: bytes) -> None:
    """The last good one stands."""
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    held = vault.read(f"journals/{FOLDER}/checkpoint")
    house.say(2)
    house.files.checkpoint.write_bytes(note)
    state = shipper.step()
    assert (state.state, state.entries) == ("alarm" if note else "up-to-date", 5)
    assert vault.read(f"journals/{FOLDER}/checkpoint") == held
    assert copy_of(vault).intact
    house.say(1)
    assert shipper.step() == CopyState(6, "up-to-date")
    assert copy_of(vault).checkpoint is not None


def test_damage_in_the_journal_does_not_reach_what_was_copied(house: House, vault: Vault) -> None:
    """A byte rots in what is copied already: while its segment is the last one the journal is no continuation."""
    house.say(6)
    ship(house, vault)
    before = tree_of(vault.folder("journals"))
    house.crash()
    flip(house.files.segment(1), (house.files.read_head() or (0, 0))[1] - 30)
    assert ship(house, vault).state == "refused"
    assert tree_of(vault.folder("journals")) == before


def test_damage_behind_the_copy_does_not_stop_later_segments(house: House, vault: Vault) -> None:
    """A later header says that the tree is the copied one: what rotted at home is whole in the vault."""
    house.segment_bytes = 1500
    house.say(10, size=200)
    ship(house, vault)
    house.say(1)
    house.crash()
    flip(house.files.segment(1), 2000)
    house.say(5)
    assert ship(house, vault) == CopyState(16, "up-to-date")
    assert copy_of(vault).damage == []


def test_a_frame_that_rotted_before_it_was_copied_is_told(house: House, vault: Vault) -> None:
    """Its leaf is in the tree: the copy goes on behind it, and an alarm says where it is."""
    house.say(2)
    shipper = Shipper(house, vault)
    shipper.step()
    house.say(1, size=300)
    head = house.files.read_head()
    house.say(2)
    assert head is not None
    fd = os.open(house.files.segment(1), os.O_RDWR)
    os.pwrite(fd, b"\x00\x01\x02", head.offset - 20)
    os.close(fd)
    state = shipper.step()
    assert (state.state, state.entries) == ("alarm", 5)
    assert "damaged" in state.problem
    [found] = verify_vault(vault)
    assert [d.kind for d in found.damage] == ["altered"]


@pytest.mark.parametrize("at", [60, 2000, -300])
def test_a_damaged_copy_is_not_written_on(house: House, vault: Vault, at: int) -> None:
    """What the vault signed off is not there any more: it is said, and new entries are kept beside."""
    house.say(30)
    ship(house, vault)
    flip(vault.folder(SEGMENT), at if at > 0 else vault.folder(SEGMENT).stat().st_size + at)
    before = tree_of(vault.folder("journals"))
    house.say(3)
    state = ship(house, vault)
    assert state.state in {"refused", "alarm"}
    assert "damaged" in state.problem or "signs for" in state.problem or "not the copied one" in state.problem
    kept = tree_of(vault.folder("journals"))
    assert {
        name: data[: len(before[name])] for name, data in kept.items() if name in before and name.endswith("seg")
    } == {name: data for name, data in before.items() if name.endswith("seg")}
    assert copy_of(vault).exit_status == 12
    newest = max((copy_of(vault, f"branches/{b}").entries for b in vault.names("branches")), default=0)
    assert max(newest, copy_of(vault).entries) == 33


def test_a_segment_sealed_to_another_recovery_key_is_told(house: House, vault: Vault) -> None:
    """Somebody changed the custodians' key: from then on their shares would open nothing (S5)."""
    house.say(3)
    shipper = Shipper(house, vault)
    assert shipper.step().state == "up-to-date"
    house.recovery = OTHER.recipient
    house.say(3)
    assert len(house.files.segments()) == 2
    for state in (shipper.step(), ship(house, vault)):
        assert (state.state, state.entries) == ("alarm", 6)
        assert "another recovery key" in state.problem


@settings(max_examples=15)
@given(file=st.integers(0, 10), at=st.floats(0, 1), how=st.sampled_from(["flip", "cut", "zeros", "gone"]))
def test_a_vault_that_rots_anywhere_never_stops_the_copies(file: int, at: float, how: str) -> None:
    """Whatever becomes of its files, a step answers, and every entry is in the vault somewhere."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        root = Path(folder)
        house = House(root / "home", ManualClock(), segment_bytes=2500)
        vault = make_vault(f"file://{root}/vault", outside=house.root)
        house.say(12, size=200)
        ship(house, vault)
        files = sorted(p for p in vault.folder("journals").rglob("*") if p.is_file())
        path = files[file % len(files)]
        data = bytearray(path.read_bytes())
        where = min(int(at * len(data)), len(data) - 1)
        if how == "flip":
            data[where] ^= 0x81
        elif how == "zeros":
            data[where : where + 512] = bytes(len(data[where : where + 512]))
        elif how == "cut":
            del data[where:]
        path.unlink() if how == "gone" else path.write_bytes(data)
        house.say(4)
        shipper = Shipper(house, vault)
        states = [shipper.step() for _ in range(3)]
        house.crash()
        assert {s.state for s in states} <= {"up-to-date", "alarm", "refused"}
        held = [copy_of(vault, f"branches/{b}").entries for b in vault.names("branches")]
        if path.name == "verifier" and states[-1].state == "refused":
            assert how != "gone"  # a key that cannot be read is not the journal's
        else:
            held.append(copy_of(vault).entries)
        assert max(held) == 16


# Any order of things.

STEPS = st.lists(
    st.sampled_from(["say", "say unsigned", "long", "roll", "crash", "copy", "copy a little", "stop", "tear", "cut"]),
    min_size=3,
    max_size=25,
)


@settings(max_examples=40)
@given(steps=STEPS)
def test_whatever_happens_the_copy_is_a_sound_prefix(steps: list[str]) -> None:
    """Writing, rolling, crashing, torn writes on both sides, in any order: after each step the copy verifies, each of
    its segments is a prefix of the journal's, and in the end it holds all."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        root = Path(folder)
        house = House(root / "home", ManualClock(), segment_bytes=2500)
        vault = make_vault(f"file://{root}/vault", outside=house.root)
        house.start()
        shipper = Shipper(house, vault)
        for number, step in enumerate(steps):
            if step == "say":
                house.say(2)
            elif step == "say unsigned":
                house.say(2, sign=False)
            elif step == "long":
                house.say(1, size=4000)
            elif step == "roll":
                house.start().roll()
            elif step == "stop":
                house.stop()
            elif step == "crash":
                house.crash()
                shipper = Shipper(house, vault)
            elif step == "tear" and house.files.segments():
                house.crash()
                with house.files.segment(house.files.segments()[-1]).open("ab") as file:
                    file.write(b"\x00\x07torn")
            elif step == "cut":
                _cut_above_checkpoint(vault, number)
                shipper = Shipper(house, vault)
            else:
                assert shipper.step(300 if step == "copy a little" else 1 << 40).problem == ""
            if vault.names(f"journals/{FOLDER}"):
                assert copy_of(vault).intact
                frames_of(house, vault)
        house.start().checkpoint()
        assert shipper.step() == CopyState(house.said, "up-to-date")
        if house.said:
            found = copy_of(vault)
            assert ([d.kind for d in found.damage], found.entries, found.size) == ([], house.said, house.start().size)
        assert vault.names("branches") == []
        house.crash()


def _cut_above_checkpoint(vault: Vault, number: int) -> None:
    """The vault's machine dies: the end of its last segment is gone, what its checkpoint signs for is not."""
    copy = JournalFiles(vault.folder(f"journals/{FOLDER}"))
    if not copy.segments():
        return
    path = copy.segment(copy.segments()[-1])
    data = path.read_bytes()
    before = copy_of(vault)
    path.write_bytes(data[: max(0, len(data) - 37 * (number % 7))])
    after = copy_of(vault)
    if before.checkpoint is not None and after.size < before.checkpoint.size:
        path.write_bytes(data)
