"""What a vault is, whatever its kind: claims that every kind passes, the folder and the object store.

A kind's test file makes a subclass and gives `vault`, a new and empty vault of that kind, `away`, which takes it
out of reach until it is called again, and `trace`, what lies in it: bytes and times, so that a write shows.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from contrefeu.base import MissingError
from contrefeu.journal import Expiry, JournalFiles, headers, verify_journal
from contrefeu.proof import Signer
from contrefeu.vault import CopyState, Shipper, Vault, VaultAway, checkpoints_held, verify_vault
from tests.vault.house import FOLDER, JOURNAL, House

CUSTODIANS = Signer("recovery", bytes(32))


def expiry_of(house: House, last: int) -> bytes:
    """The note that the house's journal has ended up to segment *last*."""
    header = dict(headers(house.files))[last + 1]
    before = header.first_sequence - 1
    expiry = Expiry(JOURNAL, last, before, header.tree.size, header.tree.root(), 396, 0)
    return expiry.sign(house.signer, CUSTODIANS)


class CopyClaims(ABC):
    """The claims."""

    SEGMENT: ClassVar[str] = "journals/j/segments/0000000001.seg"

    @pytest.fixture
    @abstractmethod
    def vault(self, tmp_path: Path) -> Vault:
        """A new and empty vault of this kind."""

    @pytest.fixture
    @abstractmethod
    def away(self, vault: Vault) -> Callable[[bool], None]:
        """Take the vault out of reach (True), and bring it back (False)."""

    @pytest.fixture
    @abstractmethod
    def trace(self, vault: Vault) -> Callable[[str], object]:
        """What lies under a folder of the vault, with times."""

    @pytest.fixture
    def house(self, tmp_path: Path) -> House:
        """A home to copy."""
        return House(tmp_path / "home")

    # The place itself.

    def test_what_was_appended_reads_back(self, vault: Vault) -> None:
        """A segment grows; what was there before is there."""
        vault.append(self.SEGMENT, 0, b"header")
        vault.append(self.SEGMENT, 6, b"frame")
        assert (vault.read(self.SEGMENT), vault.size(self.SEGMENT)) == (b"headerframe", 11)
        assert vault.read(self.SEGMENT, 6, 3) == b"fra"

    def test_what_is_not_there_is_nothing(self, vault: Vault, trace: Callable[[str], object]) -> None:
        """No error and no file: a question leaves no trace."""
        before = trace("")
        assert (vault.size("journals/none"), vault.read("journals/none"), vault.names("none")) == (None, b"", [])
        vault.settle("journals/none")
        assert trace("") == before

    @pytest.mark.parametrize("cut", range(5))
    def test_a_torn_append_is_gone_on_with(self, vault: Vault, cut: int) -> None:
        """What a crash left is what was being written: the rest is added, and nothing is written twice or set aside."""
        vault.append(self.SEGMENT, 0, b"header")
        vault.append(self.SEGMENT, 6, b"frame"[:cut])
        vault.append(self.SEGMENT, 6, b"frame")
        assert vault.read(self.SEGMENT) == b"headerframe"
        assert vault.names("journals/j/aside") == []

    def test_what_is_torn_otherwise_is_set_aside(self, vault: Vault) -> None:
        """Bytes beyond the good end that are not what comes there are kept, and are no longer in the way."""
        vault.append(self.SEGMENT, 0, b"header")
        vault.append(self.SEGMENT, 6, b"frXX")
        vault.append(self.SEGMENT, 6, b"frame")
        assert vault.read(self.SEGMENT) == b"headerframe"
        [torn] = vault.names("journals/j/aside")
        assert vault.read(f"journals/j/aside/{torn}") == b"frXX"

    def test_a_small_file_is_replaced_whole(self, vault: Vault) -> None:
        """The new one or the old one, never a mixture."""
        vault.put("journals/j/checkpoint", b"one")
        vault.put("journals/j/checkpoint", b"second")
        assert vault.read("journals/j/checkpoint") == b"second"
        assert vault.names("journals/j") == ["checkpoint"]

    # Copies in it.

    @pytest.mark.req("C5", "D8")
    def test_a_copy_is_the_journal(self, house: House, vault: Vault) -> None:
        """Same entries, same tree, same checkpoint; each segment's bytes are the journal's, reserved space left out."""
        house.say(30)
        state = Shipper(house, vault).step()
        assert state == CopyState(30, "up-to-date")
        [found] = verify_vault(vault)
        assert (found.intact, found.damage, found.entries, found.checkpoint is not None) == (True, [], 30, True)
        assert checkpoints_held(vault) == {FOLDER: house.files.checkpoint.read_bytes()}
        segment = vault.read(f"journals/{FOLDER}/segments/0000000001.seg")
        assert house.files.segment(1).read_bytes().rstrip(b"\x00") == segment.rstrip(b"\x00")

    def test_a_step_with_nothing_new_writes_nothing(
        self, house: House, vault: Vault, trace: Callable[[str], object]
    ) -> None:
        """Not a byte and not a time: a disk that may sleep sleeps."""
        house.say(3)
        shipper = Shipper(house, vault)
        shipper.step()
        before = trace("")
        assert shipper.step() == CopyState(3, "up-to-date")
        assert trace("") == before

    def test_an_open_segment_is_copied_too(self, house: House, vault: Vault) -> None:
        """Entry by entry, signed for or not: what was acknowledged does not wait for a segment to be full."""
        shipper = Shipper(house, vault)
        for count in range(1, 6):
            house.say(sign=False)
            assert shipper.step() == CopyState(count, "up-to-date")
        [found] = verify_vault(vault)
        assert (found.entries, found.intact, found.checkpoint) == (5, True, None)

    @pytest.mark.req("C5")
    def test_a_vault_that_was_away_catches_up(self, house: House, vault: Vault, away: Callable[[bool], None]) -> None:
        """Away is a state; what was missed meanwhile goes over by itself, over several segments."""
        house.segment_bytes = 2000
        house.say(3)
        shipper = Shipper(house, vault)
        shipper.step()
        away(True)
        house.say(40)
        lost = shipper.step()
        assert (lost.state, lost.complete, lost.entries) == ("unreachable", False, 3)
        assert lost.problem
        with pytest.raises(VaultAway):
            list(verify_vault(vault))
        away(False)
        assert shipper.step() == CopyState(43, "up-to-date")
        [found] = verify_vault(vault)
        assert (found.intact, found.entries) == (True, 43)

    def test_a_shipper_that_starts_again_goes_on(self, house: House, vault: Vault) -> None:
        """Where the copy ends is read from the copy: a killed process has nothing to remember."""
        for _ in range(4):
            house.say(5)
            assert Shipper(house, vault).step().state == "up-to-date"
        [found] = verify_vault(vault)
        assert (found.intact, found.entries) == (True, 20)

    @pytest.mark.req("F42")
    def test_a_copy_that_begins_late_begins_behind_what_has_ended(self, house: House, vault: Vault) -> None:
        """With its writer's note, and none of it more; to a check it is missing all the same, until custodians sign."""
        house.segment_bytes = 1
        house.say(5)
        files = house.files
        files.expired.write_bytes(expiry_of(house, 2))
        for number in (1, 2):
            files.segment(number).unlink()
        shipper = Shipper(house, vault)
        assert shipper.step() == CopyState(5, "up-to-date")
        house.say(2)
        assert shipper.step() == CopyState(7, "up-to-date")
        [found] = verify_vault(vault)
        assert [(d.kind, d.first_entry, d.last_entry) for d in found.damage] == [("missing", 1, 2)]
        folder = JournalFiles(vault.folder(f"journals/{FOLDER}"))
        assert verify_journal(folder, custodians=[CUSTODIANS.verifier]).intact

    @pytest.mark.req("F42")
    def test_the_expiry_that_goes_furthest_is_kept(self, house: House, vault: Vault) -> None:
        """Every one that comes, with the shipper running or started again; an older one does not take its place."""
        house.segment_bytes = 1
        house.say(5)
        shipper, name = Shipper(house, vault), f"journals/{FOLDER}/expired"
        for count, last in enumerate((1, 2, 3, 2), 6):
            note = expiry_of(house, last)
            house.files.expired.write_bytes(note)
            house.say()
            shipper = Shipper(house, vault) if last == 3 else shipper
            assert shipper.step() == CopyState(count, "up-to-date")
            assert vault.read(name) == (note if count < 9 else expiry_of(house, 3))
        assert JournalFiles(vault.folder(f"journals/{FOLDER}")).expired.read_bytes() == expiry_of(house, 3)
        assert vault.names(f"journals/{FOLDER}").count("expired") == 1

    @pytest.mark.req("C4")
    def test_a_journal_that_was_cut_back_is_refused(
        self, house: House, vault: Vault, trace: Callable[[str], object], tmp_path: Path
    ) -> None:
        """The copy stays as it was, to the byte, whether the shipper saw the old journal or not."""
        house.say(5)
        then = house.snapshot(tmp_path / "then")
        house.say(5)
        running = Shipper(house, vault)
        running.step()
        before = trace("journals")
        house.roll_back(then)
        for shipper in (running, Shipper(house, vault)):
            state = shipper.step()
            assert (state.state, state.entries) == ("refused", 10)
            assert "cut back" in state.problem
        assert trace("journals") == before

    @pytest.mark.req("C4")
    def test_a_forked_journal_is_refused_and_kept_beside(
        self, house: House, vault: Vault, trace: Callable[[str], object], tmp_path: Path
    ) -> None:
        """Both histories are in the vault: the copy to the byte as it was, the other one in a branch that goes on."""
        house.say(5)
        then = house.snapshot(tmp_path / "then")
        house.say(5)
        shipper = Shipper(house, vault)
        shipper.step()
        before = trace("journals")
        house.roll_back(then)
        house.say(20)
        for _ in range(2):
            state = shipper.step()
        assert (state.state, state.entries) == ("refused", 10)
        house.say(1)
        assert Shipper(house, vault).step().state == "refused"
        assert trace("journals") == before
        assert vault.names("branches") == [f"{FOLDER}.1"]
        [number] = vault.names(f"branches/{FOLDER}.1/segments")
        theirs = house.files.segments_folder.joinpath(number).read_bytes().rstrip(b"\x00")
        assert vault.read(f"branches/{FOLDER}.1/segments/{number}").rstrip(b"\x00") == theirs
        [found] = verify_vault(vault)
        assert (found.entries, [d.kind for d in found.damage], found.exit_status) == (10, ["forked"], 12)

    def test_an_empty_vault_is_not_a_sound_one(self, vault: Vault) -> None:
        """Where everything was deleted, a check does not say that all is well."""
        with pytest.raises(MissingError):
            list(verify_vault(vault))

    def test_the_settings_are_kept_version_by_version(self, house: House, vault: Vault) -> None:
        """A restore needs zone and wards; an older version is never written over."""
        house.say()
        shipper = Shipper(house, vault)
        shipper.step()
        first = house.settings.read_bytes()
        house.settings.write_bytes(first + b'zone = "America/Cayenne"\n')
        shipper.step()
        Shipper(house, vault).step()
        versions = vault.names("nodes/drill_test/settings")
        assert [vault.read(f"nodes/drill_test/settings/{v}") for v in versions] == [first, house.settings.read_bytes()]
