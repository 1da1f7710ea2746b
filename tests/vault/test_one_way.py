"""What goes through a data diode arrives whole, or what is missing is named; nothing ever comes back.

Method: a house that spools, a folder on each side, and a test in the middle that carries files as it likes: all of
them, in any order, some of them, changed ones, none. The vault host's side is the one that `vault pull` runs.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contrefeu.base import MissingError, OperatorError
from contrefeu.vault import CopyState, NodeSettings, Spooler, VaultAway, VaultHost, ask_again, verify_vault
from contrefeu.vault.folder_pull import FolderPuller
from contrefeu.vault.inbox import Inbox
from contrefeu.vault.one_way import parse_ranges, ranges_text, read_name, unpack_file
from contrefeu.vault.quota import QuotaVault
from tests.suites import copy_suite
from tests.suites.copy_suite import CopyClaims
from tests.vault.house import FOLDER, House, copy_of, frames_of, tree_of
from tests.vault.places import HostPlace
from tests.vault.pulling import GIB, copies, made_host, say_much


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "home")
    house.start()
    yield house
    house.crash()


class Diode:
    """A folder on the node's side, one on the vault host's, and what carries files over."""

    def __init__(self, house: House, tmp_path: Path) -> None:
        self.out, self.into = tmp_path / "diode-out", tmp_path / "diode-in"
        self.out.mkdir(exist_ok=True)
        self.into.mkdir(exist_ok=True)
        self.house = house
        self.url = f"spool+file://{self.out}"
        host = tmp_path / "host"
        self.host = VaultHost(host) if host.exists() else made_host(tmp_path)
        self.settings = NodeSettings("chu", f"spool+file://{self.into}", 1.0)
        self.spooler = Spooler(house, self.url)

    def send(self) -> list[str]:
        """Have the node send what is new; the names of the files, repeats left out."""
        before = {p.name for p in self.out.iterdir()}
        while not self.spooler._step(1 << 30).complete:
            pass
        self.spooler.finish()
        return sorted(p.name for p in self.out.iterdir() if p.name not in before and ".2." not in p.name)

    def restart(self) -> None:
        """The node's process starts again."""
        self.spooler.close()
        self.spooler = Spooler(self.house, self.url)

    def carry(self, lose: Callable[[str], bool] = lambda _name: False) -> None:
        """Carry what is there, but for what is lost."""
        for path in sorted(self.out.iterdir()):
            if not lose(path.name):
                shutil.copy(path, self.into / path.name)
            path.unlink()

    def pull(self) -> dict[str, object]:
        """What `vault pull --once` says."""
        puller = FolderPuller(self.host, self.host.settings(), self.settings)
        puller.once()
        return puller.described()

    def lose_again(self, text: str) -> None:
        """Ask the node for files, as a person does."""
        ask_again(self.house, self.url, text)
        self.spooler._step(1 << 30)


@pytest.fixture
def diode(house: House, tmp_path: Path) -> Iterator[Diode]:
    diode = Diode(house, tmp_path)
    yield diode
    diode.spooler.close()


class SpooledSteps:
    """A `Shipper` to the suite of claims: each step is sent, carried, and put together."""

    running: list["SpooledSteps"]

    def __init__(self, house: House, vault: QuotaVault) -> None:
        self.house, self.vault = house, vault
        self.entries = 0

    def start(self) -> None:
        """One process sends, and one takes: the one before ends."""
        if self in self.running:
            return
        self.stop_all()
        place = self.vault.folder("").parent
        folder = place / "diode"
        folder.mkdir(exist_ok=True)
        self.spooler = Spooler(self.house, f"spool+file://{folder}")
        self.inbox = Inbox(folder, place / "inbox", self.vault, GIB)
        self.running.append(self)

    @classmethod
    def stop_all(cls) -> None:
        """End both processes."""
        for steps in cls.running:
            steps.inbox.close()
            steps.spooler.close()
        cls.running.clear()

    def step(self, bytes_max: int = 1 << 62) -> CopyState:
        """One step."""
        self.start()
        while not self.spooler._step(1 << 30).complete:
            pass
        self.spooler.finish()
        while True:
            try:
                found = self.inbox.step(bytes_max, patient=False)
            except VaultAway as away:
                return CopyState(self.entries, "unreachable", str(away), complete=False)
            if not self.inbox.applied:
                break
        if found.state != "unreachable":
            self.entries = found.entries
        assert self.inbox.missing == ""
        return found


class TestOneWay(HostPlace, CopyClaims):
    """What any vault must do, a vault behind a diode does."""

    @pytest.fixture(autouse=True)
    def through_a_diode(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """The suite's steps go through folders."""
        monkeypatch.setattr(SpooledSteps, "running", [], raising=False)
        monkeypatch.setattr(copy_suite, "Shipper", SpooledSteps)
        yield
        SpooledSteps.stop_all()


@pytest.mark.req("C5")
def test_files_that_come_in_any_order_twice_or_late_make_the_copy(diode: Diode, house: House) -> None:
    """Carried in an order of their own, repeats mixed in: each is taken once, in the order of their numbers."""
    house.segment_bytes = 100_000
    for _ in range(12):
        say_much(house, 3, 15_000)
        diode.send()
    files = sorted(diode.out.iterdir())
    random.Random(3).shuffle(files)
    for at in range(0, len(files), 5):
        for path in files[at : at + 5]:
            path.rename(diode.into / path.name)
        state = diode.pull()
    assert (state["state"], state["entries"], state["missing"]) == ("up-to-date", 36, "")
    assert list(diode.into.iterdir()) == []
    [found] = verify_vault(copies(diode.host))
    assert (found.intact, found.entries, found.checkpoint is not None) == (True, 36, True)
    frames_of(house, copies(diode.host))


def test_one_loss_is_made_good_by_the_repeat(diode: Diode, house: House) -> None:
    """Any one file of each pair is enough."""
    for _ in range(6):
        house.say(2)
        diode.send()
    diode.carry(lose=lambda name: (".2." in name) == (int(name[17:27]) % 2 == 0))
    assert diode.pull()["entries"] == 12


@pytest.mark.req("C5")
def test_what_is_lost_twice_is_named_and_comes_when_asked_for(diode: Diode, house: House) -> None:
    """The list says which numbers; what came behind waits; sent again by the node, it all goes on."""
    names = []
    for _ in range(6):
        house.say(2)
        names += diode.send()
    assert [read_name(name) for name in names] == [(diode.spooler._state.stream, n) for n in range(1, 7)]
    diode.carry(lose=lambda name: int(name[17:27]) in {2, 3, 5})
    state = diode.pull()
    stream = diode.spooler._state.stream
    assert (state["state"], state["entries"], state["missing"]) == ("alarm", 2, f"{stream}:2-3,5")
    diode.lose_again(f"{stream}:2-3")
    diode.carry()
    assert (diode.pull()["entries"], diode.pull()["missing"]) == (8, f"{stream}:5")
    diode.lose_again(f"{stream}:5")
    diode.carry()
    state = diode.pull()
    assert (state["state"], state["entries"], state["missing"]) == ("up-to-date", 12, "")


def test_a_loss_at_the_end_of_a_stream_is_seen_at_the_next_start(diode: Diode, house: House) -> None:
    """The node starts again: its new stream names the last number of the old one, which never came."""
    house.say(2)
    diode.send()
    diode.carry()
    house.say(2)
    diode.send()
    old = diode.spooler._state.stream
    diode.carry(lose=lambda _name: True)
    diode.restart()
    house.say(2)
    diode.send()
    diode.carry()
    state = diode.pull()
    assert (state["entries"], state["missing"]) == (2, f"{old}:2")
    diode.lose_again(f"{old}:2")
    diode.carry()
    assert diode.pull()["entries"] == 6


def test_a_vault_host_that_came_late_gets_everything_on_demand(diode: Diode, house: House) -> None:
    """What was sent before it was there is named; sent from the start, all is there."""
    house.segment_bytes = 2000
    house.say(20)
    diode.send()
    diode.carry(lose=lambda _name: True)
    diode.restart()
    house.say(5)
    diode.send()
    diode.carry()
    assert "from-start" in str(diode.pull()["missing"])
    diode.lose_again("all")
    diode.send()
    diode.carry()
    state = diode.pull()
    assert (state["state"], state["entries"], state["missing"]) == ("up-to-date", 25, "")
    [found] = verify_vault(copies(diode.host))
    assert (found.intact, found.entries) == (True, 25)


def test_sending_from_the_start_leaves_a_sound_copy_as_it_is(diode: Diode, house: House) -> None:
    """Nothing is refused on the way, and nothing is copied twice."""
    house.segment_bytes = 2000
    house.say(20)
    diode.send()
    diode.carry()
    assert diode.pull()["entries"] == 20
    before = tree_of(copies(diode.host).folder("journals"))
    diode.lose_again("all")
    diode.send()
    diode.carry()
    state = diode.pull()
    assert (state["state"], state["entries"]) == ("up-to-date", 20)
    assert tree_of(copies(diode.host).folder("journals")) == before
    assert copies(diode.host).names("branches") == []


@pytest.mark.req("C4")
def test_a_node_put_back_is_refused_behind_a_diode_too(diode: Diode, house: House, tmp_path: Path) -> None:
    """Its journal and what it remembers of its sending are yesterday's: the good copy stays, the rest lies beside."""
    house.say(5)
    diode.send()
    then = house.snapshot(tmp_path / "then")
    shutil.copytree(house.root / "spool", tmp_path / "spool")
    house.say(5)
    diode.send()
    diode.carry()
    assert diode.pull()["entries"] == 10
    before = tree_of(copies(diode.host).folder("journals"))
    house.roll_back(then)
    shutil.rmtree(house.root / "spool")
    shutil.copytree(tmp_path / "spool", house.root / "spool")
    diode.restart()
    house.say(20)
    diode.send()
    diode.carry()
    state = diode.pull()
    assert (state["state"], state["entries"]) == ("refused", 10)
    assert tree_of(copies(diode.host).folder("journals")) == before
    assert copies(diode.host).names("branches") == [f"{FOLDER}.1"]


def test_two_files_of_one_number_are_an_alarm(diode: Diode, house: House) -> None:
    """A memory snapshot of the node was resumed twice: neither is silently taken for the other."""
    house.say(2)
    [name] = diode.send()
    first = (diode.out / name).read_bytes()
    diode.carry()
    diode.pull()
    found = unpack_file(first)
    assert found is not None
    from msgspec.structs import replace

    from contrefeu.vault.one_way import pack_file

    (diode.into / name).write_bytes(pack_file(replace(found[0], complete=False), found[1]))
    state = diode.pull()
    assert state["state"] == "refused"
    assert (diode.into / name).exists()


@pytest.mark.parametrize("at", [0, 3, 20, 200, -40, -1])
def test_a_changed_file_is_none(diode: Diode, house: House, at: int) -> None:
    """One bit of it: the repeat is taken; without one it is missing, and the copy is as it was."""
    house.say(5, size=300)
    [name] = diode.send()
    diode.carry(lose=lambda name: ".2." in name)
    data = bytearray((diode.into / name).read_bytes())
    data[at] ^= 1
    (diode.into / name).write_bytes(data)
    state = diode.pull()
    assert (state["entries"], str(state["missing"])[17:]) == (0, "1")
    assert copies(diode.host).names("journals") == []


def test_a_file_that_says_nonsense_harms_nothing(diode: Diode, house: House, tmp_path: Path) -> None:
    """Whole files with names of files in them, holes, or segments of no number: nothing is written outside."""
    from contrefeu.vault.one_way import Manifest, Part, Said, file_name, pack_file

    outside = tree_of(tmp_path / "home")
    stream = "ab" * 8
    parts = [Part("../../evil", 1, 0, 3), Part("/etc/x", 1, 0, 3)]
    said = [Said("../../evil+00000000+AAAA", (1, 1, 1, 1), "x"), Said("nonsense", None, "")]
    manifest = Manifest(stream, 1, 1, None, True, said, parts)
    (diode.into / file_name(stream, 1)).write_bytes(pack_file(manifest, b"abcdef"))
    diode.pull()
    hole = Manifest(stream, 1, 2, None, True, [], [Part("drill/x", 1, 500, 3)])
    (diode.into / file_name(stream, 2)).write_bytes(pack_file(hole, b"abc"))
    assert diode.pull()["state"] == "unreachable"
    assert unpack_file(pack_file(Manifest(stream, 1, 3, None, True, [], [Part("x", 0, 0, 3)]), b"abc")) is None
    assert tree_of(tmp_path / "home") == outside
    assert not list(tmp_path.rglob("*evil*"))


def test_a_node_fills_no_more_than_its_quota_through_a_diode(diode: Diode, house: House) -> None:
    """Past it nothing more is taken."""
    say_much(house, 40, 9000)
    diode.settings = NodeSettings("chu", diode.settings.url, 0.0002)
    diode.send()
    diode.carry()
    assert diode.pull()["state"] in {"full", "unreachable"}
    used = sum(p.stat().st_size for p in diode.host.root.rglob("*") if p.is_file())
    assert used < 0.0006 * GIB


def test_a_folder_that_nobody_empties_stops_the_sending(
    diode: Diode, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and the node's disk is not filled; taken away, sending goes on without a gap."""
    monkeypatch.setattr("contrefeu.vault.spool.SPOOL_BYTES_MAX", 30_000)
    say_much(house, 1, 40_000)
    diode.send()
    say_much(house, 1, 40_000)
    stuck = diode.spooler._step(1 << 30)
    assert stuck.state == "unreachable"
    assert "Nobody takes" in stuck.problem
    diode.carry()
    diode.send()
    diode.carry()
    assert diode.pull()["entries"] == 2


def test_a_write_that_fails_loses_nothing(diode: Diode, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk refuses the file, or refuses after it was written: all comes over, in streams without a gap."""
    from contrefeu.vault import spool

    real = spool._drop
    for kept in (False, True):
        house.say(2)

        def drop(path: Path, packed: bytes, kept: bool = kept) -> None:
            if kept:
                real(path, packed)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(spool, "_drop", drop)
        assert diode.spooler._step(1 << 30).state == "unreachable"
        monkeypatch.setattr(spool, "_drop", real)
        house.say(1)
        diode.send()
    diode.carry()
    state = diode.pull()
    assert (state["state"], state["entries"], state["missing"]) == ("up-to-date", 6, "")


def test_the_list_that_people_carry_reads_back() -> None:
    """Numbers and ranges; anything else is refused."""
    assert parse_ranges(ranges_text("ab" * 8, [(2, 3), (5, 5)])) == ("ab" * 8, [(2, 3), (5, 5)])
    for text in ("", "x:1", f"{'ab' * 8}:", f"{'ab' * 8}:0", f"{'ab' * 8}:5-3", f"{'ab' * 8}:1;2"):
        with pytest.raises(ValueError):
            parse_ranges(text)


def test_what_the_node_does_not_remember_is_not_promised(diode: Diode, house: House) -> None:
    """Asked for numbers that it never sent, it says so at once."""
    house.say(1)
    diode.send()
    with pytest.raises(MissingError):
        ask_again(house, diode.url, f"{'00' * 8}:1")
    with pytest.raises(OperatorError):
        ask_again(house, diode.url, "everything")


def test_a_killed_vault_host_takes_each_file_once(diode: Diode, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the bytes and before the number, or after the number and before the file is gone: one copy."""
    from contrefeu.vault import inbox

    for _ in range(3):
        house.say(2)
        diode.send()
    diode.carry()
    real = inbox.write_file

    class Killed(BaseException):
        pass

    def write_file(path: Path, data: bytes, mode: int = 0o600) -> None:
        if path.name == "state.json":
            raise Killed
        real(path, data, mode)

    monkeypatch.setattr(inbox, "write_file", write_file)
    with pytest.raises(Killed):
        diode.pull()
    monkeypatch.setattr(inbox, "write_file", real)
    state = diode.pull()
    assert (state["state"], state["entries"]) == ("up-to-date", 6)
    assert copy_of(copies(diode.host)).intact


def test_what_counts_as_sent_outlives_a_power_cut(diode: Diode, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the node's state counts a file, it, its name and its line in the ledger are on disk."""
    synced = set[str]()
    counted = list[str]()
    sync, swap = os.fsync, os.replace

    def fsync(fd: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{fd}").readlink()))
        sync(fd)

    def replace(source: Path, to: Path) -> None:
        if to.name == "state.json":
            counted.extend(path.name for path in diode.out.glob("*.cfo") if path.name not in counted)
            assert {f"{diode.out}/.{name}.{os.getpid()}.new" for name in counted} <= synced
            assert {str(diode.out), str(to.parent)} <= synced
            assert any(path.endswith(".jsonl") for path in synced)
            synced.difference_update([str(diode.out), *(path for path in synced if path.endswith(".jsonl"))])
        swap(source, to)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    for number in range(3):
        house.say(number + 1)
        assert diode.send()
    assert len(counted) >= 3


def test_a_disk_that_writes_in_pieces_takes_a_file_whole(
    diode: Diode, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pwrite(2) may write less than it was given: what the vault host has taken is what was sent."""
    house.say()
    diode.send()
    diode.carry()
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: write(fd, bytes(data)[:7], offset))
    assert diode.pull()["state"] == "up-to-date"
    copy = next(path for path in diode.host.root.rglob("0000000001.seg") if FOLDER in str(path))
    end = house.files.read_head().offset  # type: ignore[union-attr]
    assert copy.read_bytes()[:end] == house.files.segment(1).read_bytes()[:end]
