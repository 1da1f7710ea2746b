"""Charts of a ward's station, read from the journal that its hospital writes for it (S2).

Method: real journals sealed to a key of the test: one of a feed, and some that carry entries of it.
"""

import asyncio
import shutil
from contextlib import suppress

import pytest
from msgspec.structs import replace

from contrefeu.base import ContrefeuError
from contrefeu.chart import ChartsClient, refold
from contrefeu.chart.follow import open_charts
from contrefeu.chart.reader import StoreOutdated
from contrefeu.hospital import parse_settings
from contrefeu.journal import Entry, JournalFiles, JournalReader, JournalWriter, carry
from contrefeu.proof import Signer
from tests.chart.feeds import KEY, SETTINGS, admitted, merged, resulted
from tests.chart.test_client import House

FEED = "hosp-capture"
WARD = "hosp-wardaaaaaaaa"
OTHER = "hosp-wardbbbbbbbb"
HOSPITAL = parse_settings('[node]\nid = "hosp"\n')


class Ward(House):
    """A hospital's feed, and what it carries to its wards."""

    def feed(self) -> list[Entry]:
        """The entries of the feed."""
        reader = JournalReader(JournalFiles.of(self.journals, FEED), self.keys)
        try:
            return [entry for frame in reader.after(0) for entry in frame]
        finally:
            reader.close()

    def carry(self, *entries: Entry, journal: str = WARD) -> None:
        """Write *entries* for a ward."""
        writer = JournalWriter(self.journals, Signer(journal, bytes(32)), lambda: [self.pair.recipient], self.clock)
        writer.append([carry(entry) for entry in entries])
        writer.close()

    def hash(self, settings=SETTINGS, counts=lambda _: True) -> str:
        """Of the charts, as a command opens them."""
        with open_charts(self.db, KEY, self.journals, self.keys, settings, clock=self.clock, counts=counts) as charts:
            return charts.sha256()

    def away(self, journal: str):
        """Take a journal out of the home; returns where it lies."""
        to = self.folder / "away"
        shutil.move(self.journals / journal, to)
        return to


@pytest.fixture
def ward(tmp_path):
    """Two patients, one of them merged with a third number, all of whose entries are carried out of order."""
    made = Ward(tmp_path)
    made.append(admitted("1", "c1"), admitted("2", "c2", bed="2"), journal=FEED)
    made.append(resulted("1", "c3", "6.0"), resulted("3", "c4", "4.1"), merged("2", "3", "c5"), journal=FEED)
    made.wanted = made.hash()
    made.entries = made.feed()
    made.db.unlink()
    return made


def test_carried_entries_give_the_charts_of_the_originals(ward):
    """In whatever order they come: a patient who arrives on the ward brings older entries."""
    ward.away(FEED)
    ward.carry(*ward.entries[::-1])
    assert ward.hash() == ward.wanted
    with ward.open() as charts:
        assert charts.status().positions == {WARD: 5}
        assert charts.entry(f"{FEED}/1") == ward.entries[0]
        assert charts.status().as_of.entry.startswith(FEED)


@pytest.mark.parametrize("first", ["copies", "originals", "together"])
def test_a_copy_is_never_a_second_entry(ward, first):
    """Carried by two wards' journals, once each twice over, and in its own journal: one entry each, one chart."""
    away = ward.away(FEED)
    if first != "copies":
        shutil.move(away, ward.journals / FEED)
    if first == "originals":
        ward.hash()
    ward.carry(*ward.entries[2:], *ward.entries)
    ward.carry(*ward.entries[:3], journal=OTHER)
    ward.hash()
    if first == "copies":
        shutil.move(away, ward.journals / FEED)
    assert ward.hash() == ward.wanted
    with ward.open() as charts:
        [feed] = charts.status().feeds
        assert (feed.received, feed.charted, feed.duplicates) == (5, 5, 0)
        assert charts.status().positions == {FEED: 5, WARD: 8, OTHER: 3}


@pytest.mark.parametrize("first", ["copies", "originals", "together"])
def test_an_original_wins_over_a_copy_that_says_something_else(ward, first):
    """A house that was taken over carries another potassium, and a merge as a repeat of an admission.

    Whichever is read first, and folded on or anew: charts, counts and source links are those of the originals.
    """
    away = ward.away(FEED)
    if first != "copies":
        shutil.move(away, ward.journals / FEED)
    if first == "originals":
        ward.hash()
    lie = replace(ward.entries[2], body=ward.entries[2].body.replace(b"6.0", b"4.0"))
    shadow = replace(ward.entries[1], body=ward.entries[4].body)
    ward.carry(ward.entries[0], shadow, lie, *ward.entries[3:])
    lied = ward.hash()
    if first == "copies":
        assert lied != ward.wanted
        shutil.move(away, ward.journals / FEED)
    assert ward.hash() == ward.wanted
    with ward.open() as charts:
        [feed] = charts.status().feeds
        assert (feed.received, feed.charted, feed.duplicates) == (5, 5, 0)
        assert charts.entry(f"{FEED}/3") == ward.entries[2]
        assert charts.status().positions == {FEED: 5, WARD: 5}


def test_a_reader_that_runs_ends_and_the_next_one_has_the_originals(ward):
    """A house was lied to; the feed's own journal comes: the process ends once it is read, and begins anew."""
    away = ward.away(FEED)
    lie = replace(ward.entries[2], body=ward.entries[2].body.replace(b"6.0", b"4.0"))
    ward.carry(*ward.entries[:2], lie, *ward.entries[3:])

    async def outlived() -> None:
        async with ward.reader():
            client = ChartsClient(ward.socket)
            async with asyncio.timeout(60):
                while (await client.status()).positions != {WARD: 5}:  # the lie is read before the truth comes
                    await asyncio.sleep(0.05)
                shutil.move(away, ward.journals / FEED)
                while ward.socket.exists():
                    with suppress(ContrefeuError):
                        await client.status()
                    await asyncio.sleep(0.05)

    with pytest.raises(StoreOutdated):
        asyncio.run(outlived())
    assert ward.hash() == ward.wanted


def test_originals_between_carried_ones_are_read_when_they_come(ward):
    """Some were carried and the others were not: the feed's own journal brings what lacks, after a new fold too."""
    away = ward.away(FEED)
    ward.carry(ward.entries[4], ward.entries[1])
    partly = ward.hash()
    assert partly != ward.wanted
    shutil.move(away, ward.journals / FEED)
    assert ward.hash() == ward.wanted


def test_a_new_fold_of_a_store_forgets_nothing_of_what_was_carried(ward, monkeypatch):
    """Rules change, the store is folded anew: neither is read again, and the originals that lack come still."""
    away = ward.away(FEED)
    ward.carry(ward.entries[4], ward.entries[1])
    partly = ward.hash()
    monkeypatch.setattr(refold, "_sources", lambda: "others")
    assert ward.hash() == partly
    with ward.open() as charts:
        assert charts.status().positions == {WARD: 2}
    shutil.move(away, ward.journals / FEED)
    assert ward.hash() == ward.wanted


def test_what_a_hospital_writes_for_its_wards_it_does_not_read(ward):
    """Its charts come from the feeds' own journals: who holds the wards' key says nothing in them."""
    away = ward.away(FEED)
    ward.carry(*ward.entries)
    with open_charts(ward.db, KEY, ward.journals, ward.keys, HOSPITAL, clock=ward.clock) as charts:
        assert charts.status().entries == 0
        assert charts.status().positions == {}
    shutil.move(away, ward.journals / FEED)
    assert ward.hash(HOSPITAL) == ward.wanted


def test_a_station_of_another_house_carries_nothing(ward):
    """What it says for others is kept as it stands, in nobody's chart."""
    ward.away(FEED)
    ward.carry(*ward.entries)
    ward.hash(counts=lambda journal: journal != WARD)
    with ward.open() as charts:
        assert charts.status().patients == 0
        assert [feed.charted for feed in charts.status().feeds] == [0]
        assert charts.entry(f"{FEED}/1") is None


def test_nobody_carries_what_this_station_did(ward):
    """A hospital that was taken over writes nothing in a ward's name, and takes no number of what it will do."""
    away = ward.away(FEED)
    ours = [replace(entry, journal="test-node-station") for entry in ward.entries]
    ward.carry(*ours)
    ward.hash()
    with ward.open() as charts:
        assert charts.status().patients == 0
        assert charts.entry("test-node-station/1") is None
    shutil.move(away, ward.journals / FEED)
    assert ward.hash() == ward.wanted
