"""A group of clinics, one of them infected down to its keys: it cannot change, hide, fill or read another's journal.

Method: three stations with real writers, each joined to the others. The infected one has all that is its own (its
signing key, its disk, the card that the others pinned) and answers whatever it likes; after each thing it tries, what
the two others hold of each other is compared byte for byte with what its writer wrote.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contrefeu.custody import DataKeys, KeyPair, grant_journals
from contrefeu.journal import MEDIA_OTHER, Draft, JournalFiles, JournalUnreadable, headers
from contrefeu.proof import Checkpoint, Signer, open_note
from contrefeu.vault import Report
from contrefeu.vault.shelf import Offer
from tests.vault.house import tree_of
from tests.vault.stations import PAIR, Station


@dataclass
class Group:
    """Clinics A and B, and the infected one."""

    a: Station
    b: Station
    mallory: Station
    stick: Path

    def gives(self, shelf: "Shelf") -> list[str]:
        """B takes what the infected peer answers; returns what it finds."""
        report = Report()
        self.b.exchange.take(shelf, report)
        return sorted(found.kind for found in report.found)

    def honest(self) -> None:
        """A and B go on with each other, past the infected one."""
        self.a.say(2)
        self.b.say(1)
        for station in (self.a, self.b, self.a):
            station.meet(self.stick)


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    found = Group(
        Station(tmp_path / "a", "na1"),
        Station(tmp_path / "b", "nb2"),
        Station(tmp_path / "m", "nm9"),
        tmp_path / "stick",
    )
    found.stick.mkdir()
    stations = (found.a, found.b, found.mallory)
    for one in stations:
        for other in stations:
            if one is not other:
                one.join(other, grants=other is not found.mallory, quota_bytes=200_000)
    found.mallory.say(3)
    found.honest()
    yield found
    for station in stations:
        station.exchange.close()
        station.crash()


@dataclass
class Shelf:
    """What the infected peer answers to each question; it answers now, and under its own name."""

    journals: dict[str, tuple[Offer, dict[int, bytes]]] = field(default_factory=dict)
    given: list[tuple[str, bytes]] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    cosigned_notes: list[bytes] = field(default_factory=list)
    giver: str = "nm9"
    direct: bool = True

    def put(
        self, files: JournalFiles, *, note: bytes = b"", change: Callable[[int, bytes], bytes] | None = None
    ) -> None:
        """Show a journal as it lies in *files*, or changed."""
        verifier = files.verifier()
        segments = {number: files.segment(number).read_bytes().rstrip(b"\x00") for number in files.segments()}
        if change is not None:
            segments = {number: change(number, data) for number, data in segments.items()}
        self.journals[verifier.name] = Offer(verifier, note or files.checkpoint.read_bytes()), segments

    def offers(self):
        return [offer for offer, _ in self.journals.values()]

    def numbers(self, journal, after):
        return sorted(number for number in self.journals[journal][1] if number > after)

    def read(self, journal, number, offset, length):
        return self.journals[journal][1].get(number, b"")[offset : offset + length]

    def expired(self, journal):
        return b""

    def reading_keys(self, nodes):
        return self.keys

    def grants(self, wanted):
        return self.given

    def cosigned(self):
        return self.cosigned_notes


def forged(group: Group) -> list[Shelf]:
    """A's journal with a byte turned, cut, longer than signed for, and with a checkpoint of the infected one's own."""
    files, mine = group.a.files(), group.mallory.signer
    signed = files.checkpoint.read_bytes()
    group.a.say(2)
    turned, cut, longer, signed_by_me = Shelf(), Shelf(), Shelf(), Shelf()
    turned.put(files, change=lambda _n, data: data[:-40] + bytes([data[-40] ^ 1]) + data[-39:])
    cut.put(files, change=lambda _n, data: data[: len(data) // 2])
    longer.put(files, note=signed)
    point = Checkpoint(group.a.journal, 10_000, b"\x01" * 32, 10_000, 1)
    signed_by_me.put(files, note=Signer(group.a.journal, b"\x55" * 32).sign(point.text()))
    carried = Shelf()
    carried.put(files, note=mine.sign(point.text()))
    return [turned, cut, longer, signed_by_me, carried]


def rolled_back(group: Group) -> list[Shelf]:
    """A's journal as it was: an old checkpoint, and an empty one."""
    old, empty = Shelf(), Shelf()
    old.put(group.a.files())
    group.a.say(3)
    group.a.meet(group.stick)
    group.b.meet(group.stick)
    empty.put(group.a.files(), change=lambda _n, _data: b"")
    return [old, empty]


def shadow_names(group: Group) -> list[Shelf]:
    """Journals of its own key under names that are or look like others', or lead out of the folder."""
    shelf = Shelf()
    for name in (
        group.a.journal,
        "na1.2-capture",
        "nb2-capture",
        "na1-audit",
        "nm9-captur",
        "../../up",
        "na1-capture/x",
    ):
        signer = Signer(name, b"\x55" * 32)
        note = signer.sign(Checkpoint(name, 1, b"\x01" * 32, 0, 1).text())
        shelf.journals[name] = Offer(signer.verifier, note), {1: b"CFJ1" + b"\x00" * 400}
    return [shelf]


def stolen_rights(group: Group) -> list[Shelf]:
    """Grants, reading keys and cosignatures that it signed in others' names."""
    grant = f"contrefeu grant v1\norigin {group.a.journal}\nsegment 1\nrecipient r/x {'00' * 32} AAAA\n"
    keys = f"contrefeu reading keys v1\nkey reader/2031-01-01 {'A' * 40}\n"
    own = group.mallory.granter
    shelf = Shelf(
        given=[("nb2", own.sign(grant)), ("na1", Signer("na1-reader", b"\x55" * 32).sign(grant)), ("../up", b"x")],
        keys={"na1": own.sign(keys), "../up": b"x"},
        cosigned_notes=[own.sign(Checkpoint(group.b.journal, 9999, b"\x01" * 32, 9999, 1).text())],
    )
    shelf.put(group.a.files())
    return [shelf]


@pytest.mark.req("C4")
@pytest.mark.parametrize("attack", [forged, rolled_back, shadow_names, stolen_rights])
def test_nothing_that_it_answers_changes_what_others_hold(group: Group, attack: Callable[[Group], list[Shelf]]) -> None:
    """Clinic B holds of A what A wrote and nothing else; both go on; no file stands where none belongs."""
    for shelf in attack(group):
        before = tree_of(group.b.root)
        group.gives(shelf)
        after = tree_of(group.b.root)
        assert group.b.check(group.a).intact
        new = {name for name in after if name not in before}
        assert not [name for name in new if "na1" in name and "refused" not in name and "segments" not in name], new
        assert not [name for name in new if ".2-" in name or "captur/" in name], new
    assert not (group.b.root.parent / "up").exists()
    group.honest()
    assert group.b.has_all(group.a)
    assert group.a.has_all(group.b)


@pytest.mark.req("C4")
def test_two_histories_of_its_own_are_evidence_against_itself_alone(group: Group, tmp_path: Path) -> None:
    """It forks and cuts back its own journal, with its own key: said so; the others' stand, the first stays."""
    first = Shelf()
    first.put(group.mallory.files())
    assert group.gives(first) == []
    held = group.b.held(group.mallory)
    before = group.mallory.snapshot(tmp_path / "before")
    group.mallory.say(2)
    longer = Shelf()
    longer.put(group.mallory.files())
    group.gives(longer)
    group.mallory.roll_back(before)
    back = Shelf()
    back.put(group.mallory.files())
    assert group.gives(back) == ["rolled-back"]
    group.mallory.say(5)
    forked = Shelf()
    forked.put(group.mallory.files())
    assert group.gives(forked) == ["forked"]
    assert all(
        group.b.held(group.mallory)[name].startswith(data.rstrip(b"\x00"))
        for name, data in held.items()
        if "seg" in name
    )
    group.honest()
    assert group.b.has_all(group.a)
    assert group.b.check(group.a).intact


@pytest.mark.req("C4")
def test_its_flood_fills_its_own_quota_and_holds_up_nobody(group: Group) -> None:
    """2.4 MB in a quota of 200 kB: refused as such; what A and B say goes on being taken."""
    found: list[str] = []
    for _ in range(8):
        assert group.mallory.writer is not None
        group.mallory.writer.append([Draft("LAB@CHU", MEDIA_OTHER, os.urandom(100_000), 1) for _ in range(3)])
        group.mallory.say(1)
        shelf = Shelf()
        shelf.put(group.mallory.files())
        found += group.gives(shelf)
    assert "no-room" in found
    taken = sum(path.stat().st_size for path in group.b.files(group.mallory).segments_folder.iterdir())
    assert taken < 2_000_000
    group.honest()
    assert group.b.has_all(group.a)
    assert group.a.has_all(group.b)


@pytest.mark.req("C4")
def test_what_it_carries_for_others_it_cannot_read(group: Group) -> None:
    """It holds A's journal and A's grants to B, to pass them on: no key that it has, or could be given, opens one."""
    theirs, own = KeyPair.draw("reader/2026-11-25")[0], KeyPair.draw("reader/2026-11-25")[0]
    opened = DataKeys(None, recovery=PAIR)
    outbox = group.a.exchange.folder / "outbox" / "nb2"
    made = grant_journals([group.a.files()], opened, theirs.recipient, outbox, group.a.granter, 100)
    assert made >= 1
    group.a.meet(group.stick)
    group.mallory.meet(group.stick)
    held = group.mallory.files(group.a)
    assert held.segments() == group.a.files().segments()
    grants = list((group.mallory.exchange.folder / "relay" / "nb2" / group.a.journal).glob("*.grant"))
    assert len(grants) == made, "it carries them"
    assert list(group.a.exchange.grants_to("nm9", {group.a.journal: 0})) == [], "it is given none, whatever it asks"
    sealed = [(number, key.sealed) for number, header in headers(held) for key in header.keys]
    for path in grants:
        line = open_note(path.read_bytes(), [group.a.granter.verifier]).text[:-1].split("\n")[-1]
        sealed.append((int(path.name[:10]), _b64(line.split(" ")[3])))
    for number, blob in sealed:
        with pytest.raises(JournalUnreadable):
            own.open(blob, group.a.journal, number)
    assert theirs.open(sealed[-1][1], group.a.journal, sealed[-1][0]), "B does"


def _b64(text: str) -> bytes:
    from base64 import b64decode

    return b64decode(text)
