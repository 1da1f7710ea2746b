"""A ward's station is given its ward's patients, whole, and nobody else.

Method: charts of a small feed in memory, asked as the wards process asks them; what is appended is read back and folded
as the station does.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from contrefeu.acts import AccountAdded, DrugMoved, GlassBroken, IncidentOpened, WardCorrected, encode
from contrefeu.base import StorageError
from contrefeu.chart import Charts
from contrefeu.journal import MEDIA_ACT, Draft, Entry, unpacked
from contrefeu.station import WardBook
from tests.chart.feeds import Told, admitted, entry, message, resulted


class Journal:
    """What is appended for a station; it may refuse, after some."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.refuses = False

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append."""
        if self.refuses:
            raise StorageError("The disk is full.")
        self.drafts += drafts
        return range(len(self.drafts))

    @property
    def entries(self) -> list[Entry]:
        """What was carried, as the station reads it."""
        read = [
            Entry("hosp-ward0", n, d.received_ns, n, d.source, d.media_type, d.body)
            for n, d in enumerate(self.drafts, 1)
        ]
        return [unpacked(one) for one in read]

    @property
    def refs(self) -> list[str]:
        """Their names."""
        return [one.ref for one in self.entries]

    def charts(self) -> Charts:
        """The station's charts: read as the journal has them, which is no order of theirs."""
        told = Told()
        told.batches.take(self.entries)
        return told.charts


class Ward:
    """A hospital's charts, a book for the station of CARD, and its journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = Told()
        self.journal = Journal()
        self.reopen()

    def reopen(self) -> None:
        """A new process."""
        self.book = WardBook(self.folder, "cardio", "cardio", ["CARD"])

    def step(self) -> int:
        """What the process does each second."""
        return self.book.step(self.told.charts, self.journal)

    def same(self, *numbers: str) -> None:
        """These patients have the same chart here and there."""
        there = self.journal.charts()
        for number in numbers:
            assert there.bundle(f"HOSP|{number}") == self.told.charts.bundle(f"HOSP|{number}") is not None


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    """One patient in cardiology with a result, one in surgery."""
    made = Ward(tmp_path)
    made.told.take(
        entry(admitted("1", "c1"), 1), entry(admitted("2", "c2", ward="CHIR"), 2), entry(resulted("1", "c3", "6.0"), 3)
    )
    return made


def transferred(number: str, control: str, ward: str, minute: int) -> bytes:
    """To another ward."""
    pv1 = f"PV1||I|{ward}^9^F|||||||||||||||||V{number}^^^HOSP^VN"
    return message("ADT^A02", number, control=control, minute=minute, pv1=pv1)


def test_a_ward_is_given_its_patients_and_no_others(ward: Ward) -> None:
    """Each entry once, however often it is looked; the charts are those of the hospital."""
    assert ward.step() == 2
    assert ward.step() == 0
    assert ward.journal.refs == ["n-capture/1", "n-capture/3"]
    ward.same("1")
    assert ward.journal.charts().status().patients == 1
    ward.told.take(entry(resulted("2", "c4", "4.0"), 4), entry(resulted("1", "c5", "5.1", order="x"), 5))
    assert ward.step() == 1
    ward.same("1")


def test_a_patient_who_arrives_brings_all_that_came_before(ward: Ward) -> None:
    """Last year's allergies lie in entries that are older than any the ward has."""
    ward.step()
    ward.told.take(entry(transferred("2", "c4", "CARD", 60), 4))
    ward.step()
    assert ward.journal.refs == ["n-capture/1", "n-capture/3", "n-capture/2", "n-capture/4"]
    ward.same("1", "2")


@pytest.mark.parametrize("restarted", [False, True])
def test_a_patient_who_leaves_is_followed_to_the_door(ward: Ward, restarted: bool) -> None:
    """The entry that takes them away is given, also when the process did not run then; what comes later is not."""
    ward.step()
    ward.told.take(entry(transferred("1", "c4", "CHIR", 60), 4))
    if restarted:
        ward.reopen()
    ward.step()
    assert ward.journal.charts().board("CARD").rows == []
    ward.same("1")
    ward.told.take(entry(resulted("1", "c5", "4.0", order="later"), 5))
    assert ward.step() == 0
    ward.reopen()
    assert ward.step() == 0
    ward.told.take(entry(transferred("1", "c6", "CARD", 120), 6))  # and back
    assert ward.step() == 2
    ward.same("1")


def test_what_was_appended_and_not_noted_is_given_again_and_read_once(ward: Ward, tmp_path: Path) -> None:
    """A crash between the two."""
    ward.step()
    (tmp_path / "cardio.sent").write_text("\nn-capture/1\nn-capt")
    ward.reopen()
    ward.step()
    assert ward.journal.refs == ["n-capture/1", "n-capture/3", "n-capture/3"]
    ward.same("1")
    ward.reopen()
    assert ward.step() == 0


def test_a_disk_that_refuses_loses_nothing(ward: Ward) -> None:
    """What was not appended is not noted, and goes with the next step."""
    ward.journal.refuses = True
    with pytest.raises(StorageError):
        ward.step()
    ward.journal.refuses = False
    assert ward.step() == 2
    ward.same("1")


def test_a_station_is_not_given_back_what_it_did(ward: Ward) -> None:
    """Its own journals are at home."""
    ward.told.take(entry(resulted("1", "c4", "4.0", order="w"), 4, journal="cardio-station"))
    ward.step()
    assert ward.journal.refs == ["n-capture/1", "n-capture/3"]


def test_accounts_go_to_every_ward_acts_about_somebody_with_them_and_incidents_nowhere(ward: Ward) -> None:
    """An act about a patient waits until they lie there."""
    chart = {number: ward.told.charts.numbers(f"HOSP|{number}")[0] for number in "12"}
    account = encode(AccountAdded("nadia", "Nadia", "nurse", "hash", ["CARD"]))
    told = encode(IncidentOpened("vol", "2026-09-21T10:00:00Z", "2026-09-21T10:00:00Z"))
    acts = [account, *(encode(GlassBroken(chart[number], "reason", "2026-09-21T10:00:00Z")) for number in "12"), told]
    ward.told.take(
        *(entry(act, n, journal="n-station", media=MEDIA_ACT, source="console") for n, act in enumerate(acts, 1))
    )
    ward.step()
    assert sorted(ward.journal.refs) == ["n-capture/1", "n-capture/3", "n-station/1", "n-station/2"]
    ward.told.take(entry(transferred("2", "c4", "CARD", 60), 4))
    ward.step()
    assert sorted(set(ward.journal.refs)) == [
        "n-capture/1", "n-capture/2", "n-capture/3", "n-capture/4", "n-station/1", "n-station/2", "n-station/3",
    ]  # fmt: skip


@pytest.mark.req("F14", "F30")
@pytest.mark.parametrize("restarted", [False, True])
def test_a_ward_is_given_its_register_under_every_name(ward: Ward, restarted: bool) -> None:
    """Lines that were written under another name before somebody said that the two are one come with that act."""
    at = "2026-09-21T10:00:00Z"
    acts = [
        AccountAdded("lea", "Lea", "admin", "x"),
        *(DrugMoved(name, name, "X", "received", "1", at) for name in ("CARD", "CARDIO", "CHIR")),
        WardCorrected("CARDIO", at, into="CARD"),
        DrugMoved("later", "CARDIO", "X", "given", "1", at),
    ]
    said = [
        entry(encode(act), n, journal="n-station", media=MEDIA_ACT, source="user/lea") for n, act in enumerate(acts, 1)
    ]
    ward.told.take(*said[:4])
    ward.step()
    assert [ref for ref in ward.journal.refs if "station" in ref] == ["n-station/1", "n-station/2"]
    if restarted:
        ward.reopen()
    ward.told.take(*said[4:])
    ward.step()
    assert {ref for ref in ward.journal.refs if "station" in ref} == {f"n-station/{n}" for n in (1, 2, 3, 5, 6)}


def test_what_is_kept_beside_names_nobody(ward: Ward, tmp_path: Path) -> None:
    """Numbers of entries, and nothing that leads to a person without the journal's key."""
    ward.step()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept
    numbers = ward.told.charts.numbers("HOSP|1")
    for name in (b"MARTIN", b"DUPONT", numbers[0].encode(), b"HOSP"):
        assert name not in kept


def test_acts_that_a_full_disk_refused_are_offered_again(ward: Ward) -> None:
    """They do not wait for the process to begin again; nor do those about a patient who comes meanwhile."""
    chart = ward.told.charts.numbers("HOSP|2")[0]
    ward.step()
    acts = [
        encode(AccountAdded("nadia", "Nadia", "nurse", "hash", ["CARD"])),
        encode(GlassBroken(chart, "reason", "2026-09-21T10:00:00Z")),
    ]
    ward.told.take(
        *(entry(act, n, journal="n-station", media=MEDIA_ACT, source="console") for n, act in enumerate(acts, 1))
    )
    ward.journal.refuses = True
    with pytest.raises(StorageError):
        ward.step()
    ward.journal.refuses = False
    assert ward.step() == 1
    assert ward.journal.refs[-1] == "n-station/1"
    ward.told.take(entry(transferred("2", "c4", "CARD", 60), 4))
    ward.journal.refuses = True
    with pytest.raises(StorageError):
        ward.step()
    ward.journal.refuses = False
    ward.step()
    assert "n-station/2" in ward.journal.refs
