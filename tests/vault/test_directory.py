"""A folder is a vault, and a mount point without its disk is none.

Method: the claims of every kind (tests/suites/copy_suite.py), then what only a disk can do: be full, be read-only, be
taken away, be exchanged for another, forget what it was given.
"""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.base import OperatorError
from contrefeu.vault import CopyState, Shipper, Vault, VaultAway, make_vault, open_vault, verify_vault
from tests.suites.copy_suite import CopyClaims
from tests.vault.house import FOLDER, House, copy_of, frames_of, tree_of
from tests.vault.places import FolderPlace


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return make_vault(f"file://{tmp_path}/vault", outside=tmp_path / "home")


class TestDirectory(FolderPlace, CopyClaims):
    """What any vault must do, a folder does."""

    @pytest.fixture
    def vault(self, tmp_path: Path) -> Vault:
        return make_vault(f"file://{tmp_path}/vault", outside=tmp_path / "home")

    @pytest.fixture
    def trace(self, vault: Vault) -> Callable[[str], object]:
        def trace(folder: str) -> object:
            found = sorted(vault.folder(folder).rglob("*"))
            return [(p, p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"") for p in found]

        return trace


def test_nothing_is_written_to_an_empty_mount_point(house: House, tmp_path: Path) -> None:
    """Without its marker a folder is no vault, and stays empty."""
    (tmp_path / "mnt").mkdir()
    house.say()
    state = Shipper(house, open_vault(f"file://{tmp_path}/mnt")).step()
    assert (state.state, list((tmp_path / "mnt").iterdir())) == ("unreachable", [])


def test_another_disk_in_its_place_gets_a_whole_copy(house: House, vault: Vault, tmp_path: Path) -> None:
    """Two disks that take turns: a running shipper sees the exchange, and each ends up whole."""
    house.say(5)
    shipper = Shipper(house, vault)
    shipper.step()
    place = vault.folder("")
    place.rename(tmp_path / "monday")
    make_vault(vault.url, outside=house.root)
    house.say(5)
    assert shipper.step() == CopyState(10, "up-to-date")
    place.rename(tmp_path / "tuesday")
    (tmp_path / "monday").rename(place)
    assert shipper.step() == CopyState(10, "up-to-date")
    assert copy_of(vault).entries == copy_of(open_vault(f"file://{tmp_path}/tuesday")).entries == 10


@pytest.mark.parametrize(
    "url",
    ["/media/x", "file://host/x", "s3:///x", "s3://b/x?days=0", "s3://b/x?lock=no", "file:relative", "", "http://x/"],
    ids=lambda u: u or "empty",
)
def test_what_is_no_address_is_refused(url: str, tmp_path: Path) -> None:
    """An address of another kind is an error that says what to write."""
    with pytest.raises(OperatorError, match="no address of a vault"):
        open_vault(url, tmp_path)


def test_an_address_may_be_percent_encoded(tmp_path: Path) -> None:
    """A space in a folder's name is %20 in an address."""
    assert open_vault(f"file://{tmp_path}/a%20b").folder("") == tmp_path / "a b"


def test_a_vault_is_made_only_where_it_makes_sense(tmp_path: Path) -> None:
    """Not in the home, not around it, not in a folder that holds other things, not where no disk is mounted."""
    home = tmp_path / "up" / "home"
    home.mkdir(parents=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for place in ("up/home/vault", "up/home", "up", "full", "not mounted/vault"):
        with pytest.raises(OperatorError):
            make_vault(f"file://{tmp_path}/{place}", outside=home)
    assert tree_of(tmp_path) == {"full/thesis.txt": b"mine"}
    assert not (tmp_path / "not mounted").exists()


def test_a_vault_made_twice_is_the_same_vault(vault: Vault, house: House) -> None:
    """Making it again finds it and changes nothing."""
    before = vault.identity()
    make_vault(vault.url, outside=house.root)
    assert vault.identity() == before


class Fault:
    """A system call that fails from its *nth* time on: leaving nothing, or half, or having done its work."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, nth: int, *, kept: float) -> None:
        real = getattr(os, name)
        self.calls = 0

        def call(*arguments: object) -> object:
            self.calls += 1
            if self.calls < nth:
                return real(*arguments)
            if kept and name == "pwrite":
                fd, data, offset = arguments
                real(fd, bytes(data)[: int(len(data) * kept)], offset)  # type: ignore[arg-type,call-overload]
            elif kept:
                real(*arguments)
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("kept", [0, 0.5, 1])
@pytest.mark.parametrize("call", ["pwrite", "fsync"])
@pytest.mark.parametrize("nth", [1, 2, 4])
def test_a_write_that_fails_costs_nothing(house: House, vault: Vault, call: str, nth: int, kept: float) -> None:
    """Left nothing, left half, or done and failing all the same: the state says so, and the next step makes it good."""
    house.segment_bytes = 1500
    house.say(3)
    shipper = Shipper(house, vault)
    assert shipper.step().state == "up-to-date"
    house.say(12, size=200)
    with pytest.MonkeyPatch.context() as patch:
        Fault(patch, call, nth, kept=kept)
        state = shipper.step()
    assert (state.state, state.complete) == ("unreachable", False)
    assert "No space left" in state.problem
    assert shipper.step() == CopyState(15, "up-to-date")
    found = copy_of(vault)
    assert (found.intact, found.damage, found.entries) == (True, [], 15)
    frames_of(house, vault)


@pytest.mark.req("D8")
def test_what_does_not_read_back_is_not_shown_as_copied(
    house: House, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that confirms and forgets: `entries` stays where it was (D8)."""
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    house.say(3)
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: real(fd, bytes(len(data)), at) and len(data))
    state = shipper.step()
    assert (state.state, state.entries) == ("unreachable", 3)
    assert "read back" in state.problem
    monkeypatch.undo()
    assert shipper.step() == CopyState(6, "up-to-date")
    assert copy_of(vault).intact


@pytest.mark.parametrize("step", range(0, 700, 37))
def test_a_copy_cut_anywhere_is_taken_up_again(house: House, vault: Vault, step: int) -> None:
    """The vault's machine lost power while a segment was written: at any byte above its checkpoint."""
    house.say(3)
    Shipper(house, vault).step()
    signed = vault.size(f"journals/{FOLDER}/segments/0000000001.seg") or 0
    house.say(5, sign=False)
    Shipper(house, vault).step()
    path = vault.folder(f"journals/{FOLDER}/segments/0000000001.seg")
    os.truncate(path, min(signed + step, path.stat().st_size))
    assert copy_of(vault).intact
    assert Shipper(house, vault).step() == CopyState(8, "up-to-date")
    assert (copy_of(vault).damage, copy_of(vault).entries) == ([], 8)
    frames_of(house, vault)


def test_a_torn_tail_with_other_bytes_is_kept_aside(house: House, vault: Vault) -> None:
    """Sectors that came out of order: what lies there goes to aside/, and the frames are written again."""
    house.say(3)
    Shipper(house, vault).step()
    path = vault.folder(f"journals/{FOLDER}/segments/0000000001.seg")
    with path.open("ab") as file:
        file.write(bytes(100) + b"sector")
    house.say(2)
    assert Shipper(house, vault).step() == CopyState(5, "up-to-date")
    assert copy_of(vault).damage == []
    [torn] = vault.names(f"journals/{FOLDER}/aside")
    assert vault.read(f"journals/{FOLDER}/aside/{torn}").endswith(b"sector")


def test_a_header_torn_in_the_vault_is_written_again(house: House, vault: Vault) -> None:
    """The vault's machine died while a segment was begun there."""
    house.segment_bytes = 1500
    house.say(10, size=200)
    Shipper(house, vault).step()
    names = vault.names(f"journals/{FOLDER}/segments")
    house.say(10, size=200, sign=False)
    Shipper(house, vault).step()
    later = [n for n in vault.names(f"journals/{FOLDER}/segments") if n not in names]
    for name in later[1:]:
        vault.folder(f"journals/{FOLDER}/segments/{name}").unlink()
    os.truncate(vault.folder(f"journals/{FOLDER}/segments/{later[0]}"), 77)
    assert Shipper(house, vault).step() == CopyState(20, "up-to-date")
    assert (copy_of(vault).damage, copy_of(vault).entries) == ([], 20)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_disk_that_is_really_full_is_caught_up_later(house: House, tmp_path: Path) -> None:
    """A file system of 256 kB: full, the state says so and the copy is sound; given space, it goes on."""
    place = tmp_path / "small"
    place.mkdir()
    if os.system(f"mount -t tmpfs -o size=256k none {place} 2>/dev/null"):
        pytest.skip("no mounting in this container")
    try:
        vault = make_vault(f"file://{place}/vault", outside=house.root)
        shipper = Shipper(house, vault)
        os.truncate(shutil.copy(__file__, place / "ballast"), 180_000)
        (place / "ballast").write_bytes(os.urandom(180_000))
        house.say(20, size=100)
        shipper.step()
        writer = house.start()
        from contrefeu.journal import MEDIA_OTHER, Draft

        for _ in range(8):
            writer.append([Draft("X", MEDIA_OTHER, os.urandom(9000), house.clock.now_ns())])
        writer.checkpoint()
        state = shipper.step()
        assert state.state == "unreachable"
        assert copy_of(vault).intact
        (place / "ballast").unlink()
        assert shipper.step() == CopyState(28, "up-to-date")
        assert (copy_of(vault).damage, copy_of(vault).entries) == ([], 28)
    finally:
        os.system(f"umount {place}")


def test_a_read_only_vault_is_a_state(house: House, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk refuses every write: nothing is lost, and a check of it still works."""
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    house.say(3)
    real = os.open

    def read_only(path: object, flags: int, *rest: object, **named: object) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and str(path).startswith(str(vault.folder(""))):
            raise OSError(errno.EROFS, "Read-only file system")
        return real(path, flags, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", read_only)
    state = shipper.step()
    assert (state.state, state.entries) == ("unreachable", 3)
    assert "Read-only" in state.problem
    [found] = verify_vault(vault)
    assert (found.entries, found.intact) == (3, True)
    monkeypatch.undo()
    assert shipper.step() == CopyState(6, "up-to-date")


def test_a_file_that_became_shorter_is_said(vault: Vault) -> None:
    """Appending where bytes are missing would leave a hole."""
    vault.append("journals/j/segments/0000000001.seg", 0, b"header")
    with pytest.raises(VaultAway, match="shorter"):
        vault.append("journals/j/segments/0000000001.seg", 7, b"frame")


@pytest.mark.req("C4")
@pytest.mark.parametrize(
    ("instead", "kind", "status"), [(None, "missing", 13), (b"", "altered", 12), (b"x", "altered", 12)]
)
def test_a_copy_without_its_public_key_is_damage(
    house: House, vault: Vault, instead: bytes | None, kind: str, status: int
) -> None:
    """Sixty bytes are gone, and with them all that a check could say: that is said, and is not "intact"."""
    house.say(3)
    Shipper(house, vault).step()
    verifier = vault.folder(f"journals/{FOLDER}") / "verifier"
    verifier.unlink()
    if instead is not None:
        verifier.write_bytes(instead)
    [found] = verify_vault(vault)
    assert [(d.journal, d.segment, d.kind) for d in found.damage] == [(FOLDER, 0, kind)]
    assert (found.intact, found.exit_status, found.keyless) == (False, status, True)
