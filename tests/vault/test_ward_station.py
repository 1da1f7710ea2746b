"""The station of a ward gets the journal that was written for it, and no other: by stick and over a line.

Method: a hospital with a feed's journal and a ward's, the ward's station, and a clinic that is a full peer; what each
holds afterwards is looked at on disk.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.custody import KeyPair
from contrefeu.journal import (
    MEDIA_HL7V2,
    Draft,
    Entry,
    JournalFiles,
    JournalUnreadable,
    JournalWriter,
    carry,
    headers,
    ward_journal,
    ward_prefix,
)
from contrefeu.journal.card import Card
from contrefeu.proof import Signer
from contrefeu.vault import Exchange
from tests.vault.stations import PAIR, Station
from tests.vault.test_meeting import call, hear, say

WARD, _ = KeyPair.draw("reader/2026-11-26")
SEED = bytes([9]) * 32


class Hospital(Station):
    """A station that writes for wards."""

    def open(self) -> Exchange:
        """With its wards' journals among its own."""
        own = [self.signer.verifier, *(Signer(ward_journal(self.name, ward), SEED).verifier for ward in ("nb2", "nd4"))]
        return Exchange(self.root, self.name, lambda: own, self.clock, cosigner=self.cosigner, free_bytes_min=0)

    @property
    def card(self) -> Card:
        """With the key of the wards' journals."""
        known = super().card
        writers = (*known.writers, Signer(ward_prefix(self.name), SEED).verifier)
        return Card(
            known.node, known.facility, "", known.certificate, known.granter, known.witness, writers
        )  # fmt: skip

    def write_for(self, ward: str, count: int = 1) -> None:
        """Carry entries to a ward's station."""
        signer = Signer(ward_journal(self.name, ward), SEED)
        writer = JournalWriter(self.journals, signer, lambda: [PAIR.recipient, WARD.recipient], self.clock)
        entries = (Entry(self.journal, n, 1, n, "LAB", MEDIA_HL7V2, b"x") for n in range(1, count + 1))
        drafts: list[Draft] = [carry(entry) for entry in entries]
        writer.append(drafts)
        writer.close()

    def ward_files(self, ward: str, at: Station) -> JournalFiles:
        """A ward's journal as it lies at a station."""
        return JournalFiles.of(at.journals, ward_journal(self.name, ward))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Hospital, Station]]:
    """A hospital, and the station of one of its two wards."""
    hospital, ward = Hospital(tmp_path / "a", "na1"), Station(tmp_path / "b", "nb2")
    hospital.join(ward, house=True, grants=False, wards=("CARD",))
    ward.join(hospital, house=True)
    hospital.say(3)
    hospital.write_for("nb2", 2)
    hospital.write_for("nd4", 4)
    yield hospital, ward
    for station in (hospital, ward):
        station.exchange.close()
        station.crash()


def held(station: Station) -> set[str]:
    """The names of the journals that lie at a station."""
    return {path.name for path in station.journals.iterdir()}


@pytest.mark.req("C4")
def test_by_stick_a_ward_gets_its_own_journal_alone(house: tuple[Hospital, Station], tmp_path: Path) -> None:
    """And the hospital gets all that the ward's station wrote."""
    hospital, ward = house
    stick = tmp_path / "stick"
    stick.mkdir()
    ward.say(2)
    assert hospital.meet(stick).given == {ward_journal("na1", "nb2"): 2}
    assert ward.meet(stick).taken == {ward_journal("na1", "nb2"): 2}
    assert held(ward) == {"nb2-capture", ward_journal("na1", "nb2")}
    assert hospital.meet(stick).taken == {ward.journal: 2}
    hospital.write_for("nb2", 1)
    hospital.meet(stick)
    assert ward.meet(stick).taken == {ward_journal("na1", "nb2"): 1}


def test_a_stick_for_others_too_gives_a_ward_no_more(house: tuple[Hospital, Station], tmp_path: Path) -> None:
    """A clinic that is a full peer needs the feed's journal on the same stick."""
    hospital, ward = house
    clinic = Station(tmp_path / "c", "nc3")
    hospital.join(clinic)
    clinic.join(hospital)
    stick = tmp_path / "stick"
    stick.mkdir()
    assert hospital.journal in hospital.meet(stick).given
    assert clinic.meet(stick).taken[hospital.journal] == 3
    assert set(ward.meet(stick).taken) == {ward_journal("na1", "nb2")}
    assert held(ward) == {ward_journal("na1", "nb2")}
    clinic.exchange.close()


def test_over_a_line_a_ward_is_refused_every_other_journal(house: tuple[Hospital, Station]) -> None:
    """A stolen station asks for what it was never offered, by name."""
    hospital, ward = house
    meeting = hospital.meeting()
    try:
        address = meeting.listen("127.0.0.1:0")
        connection = call(ward, address, hospital.card.certificate)
        say(connection, ["offers"])
        assert [line.split("+")[0] for line, _ in hear(connection)] == [ward_journal("na1", "nb2")]
        for journal in (hospital.journal, ward_journal("na1", "nd4")):
            say(connection, ["numbers", journal, 0])
            assert hear(connection) == []
            say(connection, ["read", journal, 1, 0, 4096])
            assert hear(connection) == b""
            say(connection, ["grants", {"nb2": {journal: 0}}])
            assert hear(connection) == []
        say(connection, ["read", ward_journal("na1", "nb2"), 1, 0, 64])
        assert len(hear(connection)) == 64
        connection.close()
    finally:
        meeting.stop()


def test_a_wards_journal_opens_for_its_station_and_the_custodians(house: tuple[Hospital, Station]) -> None:
    """Nobody else's key is in its headers: the hospital's own reader has none there."""
    hospital, _ = house
    names = {key.fingerprint for _, header in headers(hospital.ward_files("nb2", hospital)) for key in header.keys}
    assert names == {PAIR.recipient.fingerprint, WARD.recipient.fingerprint}
    with pytest.raises(JournalUnreadable):
        stranger, _ = KeyPair.draw("reader/2026-11-26")
        [(_, header)] = headers(hospital.ward_files("nb2", hospital))
        stranger.open(header.keys[1].sealed, header.origin, header.segment)
