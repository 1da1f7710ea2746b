"""A vault knows whose key segments should be sealed to: a rotation that was announced is none of its troubles, any
other change of key is an alarm, and what it was told first is not told otherwise (S5).

Method: a house whose writer seals to one key after another, and a vault that follows it.
"""

from pathlib import Path

import pytest

from contrefeu.base import durable_makedirs
from contrefeu.custody import DataKeys, KeyPair, OpenedRecovery, grant_segments, known_recovery_keys, split_secret
from contrefeu.journal import note_name, recovery_notes
from contrefeu.vault import Shipper, make_vault, recovery_chains
from tests.vault.house import House


def drawn() -> tuple[OpenedRecovery, list[str]]:
    """A key and its shares."""
    _pair, seed = KeyPair.draw("recovery")
    return OpenedRecovery.of(seed, 2), split_secret(seed, 2, 3)


class Sealed(House):
    """A house with notes of its keys."""

    def told(self, note: bytes) -> None:
        """One note more."""
        durable_makedirs(self.recovery_notes)
        (self.recovery_notes / note_name(len(recovery_notes(self.recovery_notes)) + 1)).write_bytes(note)

    def seals_to(self, opened: OpenedRecovery) -> None:
        """The writer starts anew with another recipient, and says something."""
        self.stop()
        self.recovery = opened.pair.recipient
        self.say(3)


@pytest.fixture
def first() -> tuple[OpenedRecovery, list[str]]:
    """The first key."""
    return drawn()


@pytest.fixture
def house(tmp_path: Path, first) -> Sealed:
    """Sealed to the first key, which its first note names."""
    made = Sealed(tmp_path / "home")
    made.told(first[0].first_note(first[1], 0))
    made.seals_to(first[0])
    return made


@pytest.fixture
def vault(tmp_path: Path, house):
    """An empty one."""
    return make_vault(f"file://{tmp_path}/vault", outside=house.root)


@pytest.mark.req("C5")
def test_an_announced_rotation_is_no_alarm(house, vault, first):
    """The vault keeps the notes, and the grants to the new key; nothing that was granted to anybody else."""
    shipper = Shipper(house, vault)
    assert shipper.step().state == "up-to-date"
    second, words = drawn()
    [key] = known_recovery_keys(house.recovery_notes)
    house.told(second.next_note(first[0], key, words, 0))
    peer, _seed = KeyPair.draw("reader/peer")
    for to in (second.pair.recipient, peer.recipient):
        grant_segments(house.files, DataKeys(None, recovery=first[0].pair), to, house.grants, first[0].authority)
    house.seals_to(second)
    for shipping in (shipper, Shipper(house, vault)):
        assert (shipping.step().state, shipping.step().problem) == ("up-to-date", "")
    [(notes, keys)] = recovery_chains(vault)
    assert notes == recovery_notes(house.recovery_notes)
    assert [one.fingerprint for one in keys] == [first[0].pair.fingerprint, second.pair.fingerprint]
    [folder] = vault.names("grants")
    assert vault.names(f"grants/{folder}") == [f"0000000001.{second.pair.fingerprint[:16]}.grant"]


@pytest.mark.req("C5")
def test_a_key_that_nobody_announced_is_an_alarm(house, vault):
    """Copied all the same, said at once, and still said by who looks at the copy anew."""
    shipper = Shipper(house, vault)
    shipper.step()
    thief, words = drawn()
    house.told(thief.first_note(words, 0))
    house.seals_to(thief)
    state = shipper.step()
    assert state.state == "alarm"
    assert "not signed with the key before" in state.problem
    assert "sealed to another recovery key" in state.problem
    assert "sealed to another recovery key" in Shipper(house, vault).step().problem


@pytest.mark.req("C5")
def test_a_writer_that_goes_back_to_a_former_key_is_an_alarm(house, vault, first):
    """Who stole the old shares would want that."""
    shipper = Shipper(house, vault)
    shipper.step()
    second, words = drawn()
    house.told(second.next_note(first[0], known_recovery_keys(house.recovery_notes)[0], words, 0))
    house.seals_to(second)
    assert shipper.step().state == "up-to-date"
    house.seals_to(first[0])
    assert "sealed to a former recovery key" in shipper.step().problem


@pytest.mark.req("C5")
def test_another_history_of_keys_is_refused(house, vault, first):
    """Somebody replaces the notes of the home by a chain of their own: the vault keeps what it was told."""
    shipper = Shipper(house, vault)
    shipper.step()
    before = recovery_chains(vault)
    thief, words = drawn()
    (house.recovery_notes / note_name(1)).write_bytes(thief.first_note(words, 0))
    house.seals_to(thief)
    state = shipper.step()
    assert state.state == "alarm"
    assert "not those that this vault was told of" in state.problem
    assert "sealed to another recovery key" in state.problem
    assert recovery_chains(vault) == before


def test_a_strangers_chain_in_the_vault_names_no_key_of_ours(house, vault, tmp_path):
    """Another node's notes lie beside ours: they say nothing of a journal that began with our key."""
    Shipper(house, vault).step()
    thief, words = drawn()
    vault.put("nodes/other/recovery/0001.note", thief.first_note(words, 0))
    house.seals_to(thief)
    assert "sealed to another recovery key" in Shipper(house, vault).step().problem


def test_a_step_with_nothing_new_reads_no_note(house, vault, monkeypatch):
    """Ten steps a second, for years."""
    from contrefeu.vault import recovery

    shipper = Shipper(house, vault)
    shipper.step()
    monkeypatch.setattr(recovery, "recovery_notes", lambda folder: pytest.fail("read again"))
    assert shipper.step().state == "up-to-date"
