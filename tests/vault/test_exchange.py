"""Stations exchange journals through a stick, and nothing that lies on it harms either.

Method: two or three homes with real writers and a folder for a stick; the stick is cut, damaged, forged, filled with
links and pipes; a station is killed between any two writes, put back from a snapshot, or lies about another's journal.
What is held is compared byte for byte with its writer's own, and checked as any journal is.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrefeu.base import OperatorError
from contrefeu.journal import (
    MEDIA_OTHER,
    Draft,
    Expiry,
    JournalFiles,
    headers,
    sign_reading_keys,
    verify_journal,
)
from contrefeu.proof import Signer, WitnessKey, open_cosigned
from contrefeu.vault import held as held_module
from contrefeu.vault.shelf import STICK_FOLDER, StickShelf, givers_on
from tests.vault.house import tree_of
from tests.vault.stations import PAIR, Station


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Station, Station]]:
    one, other = Station(tmp_path / "a", "na1"), Station(tmp_path / "b", "nb2")
    one.join(other)
    other.join(one)
    yield one, other
    for station in (one, other):
        station.exchange.close()
        station.crash()


def on_stick(stick: Path, giver: Station, of: Station | None = None) -> JournalFiles:
    """A journal as a station gave it."""
    return JournalFiles(stick / STICK_FOLDER / giver.name / "journals" / (of or giver).journal)


def kinds(report) -> list[str]:
    return sorted(found.kind for found in report.found)


@pytest.mark.req("D9")
def test_both_end_with_both_journals(pair, stick):
    """A stick carried there and back: each station holds the other's journal, whole, and says how many entries."""
    one, other = pair
    one.say(5)
    other.say(3)

    assert one.meet(stick).given == {one.journal: 5}
    there = other.meet(stick)
    back = one.meet(stick)

    assert (there.taken, there.given) == ({one.journal: 5}, {other.journal: 3})
    assert (back.taken, back.given) == ({other.journal: 3}, {})
    assert one.has_all(other)
    assert other.has_all(one)
    assert not there.found
    assert not back.found


def test_no_key_goes_on_a_stick(pair, stick):
    """Journals, checkpoints, public keys and grants sealed to their reader: nothing that opens or signs."""
    one, other = pair
    (one.root / "node" / "capture.seed").write_bytes(b"\x01secret seed of the station ....")
    one.say(2)
    one.meet(stick)

    names = {Path(name).name for name in tree_of(stick)}
    assert names <= {"verifier", "checkpoint", "0000000001.seg", one.name, other.name}
    assert not any(b"secret seed" in data for data in tree_of(stick).values())


def test_an_exchange_goes_on_where_it_was(pair, stick):
    """What is on the stick already, and what is held already, is not moved again; new segments and frames follow."""
    one, other = pair
    one.segment_bytes = 4096
    one.say(40, size=300)
    one.meet(stick)
    other.meet(stick)
    one.say(40, size=300)

    assert one.meet(stick).given == {one.journal: 40}
    assert other.meet(stick).taken == {one.journal: 40}
    assert other.has_all(one)
    assert other.meet(stick).taken == {}


def test_a_third_station_is_reached_through_another(tmp_path, stick):
    """Journals are files: who never meets the writer gets them from who did, and believes the writer's signature."""
    one, other, third = (Station(tmp_path / name, name) for name in ("na1", "nb2", "nc3"))
    for a in (one, other, third):
        for b in (one, other, third):
            if a is not b:
                a.join(b)
    one.say(4)
    one.meet(stick)
    other.meet(stick)
    second = tmp_path / "second stick"
    second.mkdir()
    other.meet(second)

    assert third.meet(second).taken[one.journal] == 4
    assert third.has_all(one)


def test_only_what_was_joined_is_taken(pair, stick, tmp_path):
    """A station that nobody joined leaves its journals in vain, and it is said."""
    _one, other = pair
    stranger = Station(tmp_path / "c", "nc3")
    stranger.join(other)
    stranger.say(2)
    stranger.meet(stick)

    report = other.meet(stick)
    assert report.taken == {}
    assert (kinds(report), report.exit_status) == (["unknown"], 10)
    assert not other.files(stranger).folder.exists()


def test_nobody_speaks_in_anothers_name(pair, stick, tmp_path):
    """A peer that signs a journal in another's name with its own key is not heard, and takes no place."""
    one, other = pair
    third = Station(tmp_path / "c", "nc3")
    third.join(other)
    other.join(third)
    third.signer = type(third.signer)(one.journal, b"\x66" * 32)  # as the infected site would like to be called
    writer = third.files()  # its own name goes on to be its own
    third.say(2)
    shutil.copytree(third.journals / one.journal, stick / STICK_FOLDER / "nc3" / "journals" / one.journal)

    assert other.meet(stick).taken == {}
    one.say(1)
    one.meet(stick)
    assert other.meet(stick).taken == {one.journal: 1}
    assert other.has_all(one)
    assert writer.folder.name == third.journal


@pytest.mark.req("C4")
@pytest.mark.parametrize("more", [0, 3], ids=["as it was put back", "gone on with, longer than the other"])
def test_a_forked_journal_is_refused_kept_beside_and_said(pair, stick, tmp_path, more):
    """A machine put back from a snapshot writes another history: the one held stays, the other is evidence."""
    one, other = pair
    one.say(3)
    snapshot = one.snapshot(tmp_path / "snapshot")
    one.say(2)
    one.meet(stick)
    other.meet(stick)
    before = other.held(one)
    one.roll_back(snapshot)
    one.say(2 + more)
    shutil.rmtree(stick / STICK_FOLDER)  # another stick

    one.meet(stick)
    report = other.meet(stick)

    assert (kinds(report), report.exit_status, report.taken) == (["forked"], 12, {})
    assert other.held(one) == before
    assert list((other.root / "exchange" / "refused").iterdir())
    assert other.meet(stick).exit_status == 12  # for as long as it is so


def test_the_branch_that_is_kept_beside_is_whole(pair, stick, tmp_path):
    """What the refused history says can be checked and opened like any journal, from where it differs."""
    one, other = pair
    one.say(3)
    snapshot = one.snapshot(tmp_path / "snapshot")
    one.say(2)
    one.meet(stick)
    other.meet(stick)
    one.roll_back(snapshot)
    one.say(6)
    shutil.rmtree(stick / STICK_FOLDER)
    one.meet(stick)
    other.meet(stick)

    [branch] = [path for path in (other.root / "exchange" / "refused").iterdir() if path.is_dir()]
    files = JournalFiles(branch)
    for number in files.segments():
        kept, written = files.segment(number).read_bytes(), one.files().segment(number).read_bytes()
        assert kept and written.startswith(kept)
        assert not written[len(kept) :].strip(b"\x00")  # space that is reserved; a frame may end with a zero itself


def test_an_old_stick_is_no_alarm(pair, stick, tmp_path):
    """A stick that lay in a drawer for a week has less than is held: nothing is taken, nothing is said."""
    one, other = pair
    one.say(3)
    one.meet(stick)
    shutil.copytree(stick, tmp_path / "drawer")
    one.say(2)
    one.meet(stick)
    other.meet(stick)

    report = other.meet(tmp_path / "drawer")
    assert (report.taken, report.found) == ({}, [])


def test_a_station_learns_from_a_stick_that_it_was_put_back(pair, stick, tmp_path):
    """A peer has more of one's own journal than oneself: said with status 12, on the stick nothing is overwritten."""
    one, other = pair
    one.say(3)
    snapshot = one.snapshot(tmp_path / "snapshot")
    one.say(2)
    one.meet(stick)
    other.meet(stick)
    before = tree_of(stick / STICK_FOLDER / one.name / "journals")
    one.roll_back(snapshot)

    report = one.meet(stick)
    assert (set(kinds(report)), report.exit_status) == ({"rolled-back"}, 12)
    assert tree_of(stick / STICK_FOLDER / one.name / "journals") == before


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_half_copied_stick_gives_what_is_whole_and_harms_nothing(pair, stick, share):
    """Cut anywhere: what is held stays whole, what lacks is said as missing, and the next stick brings it."""
    one, other = pair
    one.segment_bytes = 4096
    one.say(60, size=300)
    one.meet(stick)
    files = on_stick(stick, one)
    segments = files.segments()
    keep = max(1, int(len(segments) * share))
    for number in segments[keep:]:
        files.segment(number).unlink()
    last = files.segment(segments[keep - 1])
    os.truncate(last, int(last.stat().st_size * share))

    report = other.meet(stick)
    assert (kinds(report), report.exit_status) == (["missing"], 13)
    assert all(d.kind == "tail" for d in other.check(one).damage)
    one.meet(stick)
    assert other.meet(stick).found == []
    assert other.has_all(one)


@given(position=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_changed_byte_on_a_stick_never_enters_a_journal(tmp_path_factory, position, flip):
    """Whichever byte it is, what is held is a prefix of what was signed, and the next good stick is taken."""
    root = tmp_path_factory.mktemp("flip")
    one, other = Station(root / "a", "na1", segment_bytes=2048), Station(root / "b", "nb2")
    one.join(other)
    other.join(one)
    stick = root / "stick"
    stick.mkdir()
    one.say(12, size=300)
    one.meet(stick)
    files = sorted(path for path in on_stick(stick, one).folder.rglob("*") if path.is_file())
    sizes = [path.stat().st_size for path in files]
    at = int(position * sum(sizes))
    for path, size in zip(files, sizes, strict=True):  # noqa: B007
        if at < size:
            break
        at -= size
    data = bytearray(path.read_bytes())
    data[at] ^= flip
    path.write_bytes(data)

    other.meet(stick)
    if other.files(one).verifier_file.exists():
        found = other.check(one)
        assert found.intact
        for number in other.files(one).segments():
            mine, theirs = (station.files(one).segment(number).read_bytes() for station in (other, one))
            assert theirs.startswith(mine)
    one.meet(stick)
    shutil.rmtree(stick / STICK_FOLDER)
    one.meet(stick)
    other.restart()
    assert other.meet(stick).exit_status == 0
    assert other.has_all(one)
    for station in (one, other):
        station.exchange.close()
        station.crash()


def test_whoever_carries_a_journal_cannot_add_to_it(pair, stick, tmp_path):
    """Frames bear no signature: forged ones behind the good ones lead to no tree that the writer signed for."""
    one, other = pair
    one.say(3)
    one.meet(stick)
    other.meet(stick)
    forger = Station(tmp_path / "forger", "na1")  # the same header cannot be had: frames of another, put behind
    forger.say(5)
    one.say(1)
    one.meet(stick)
    good = on_stick(stick, one).segment(1)
    honest = one.files().segment(1).read_bytes().rstrip(b"\x00")
    alien = forger.files().segment(1).read_bytes()
    cut = honest.rfind(b"CF\x00\x00")
    good.write_bytes(honest[:cut] + alien[alien.find(b"CF\x00\x00") :].rstrip(b"\x00"))
    before = other.held(one)

    report = other.meet(stick)
    assert (report.taken, report.exit_status) == ({}, 10)
    assert other.held(one) == before
    forger.crash()


def _link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def test_links_pipes_and_strange_names_are_as_if_they_were_not_there(pair, stick, tmp_path):
    """A hostile stick reads no file of the machine, hangs nobody and leads no write elsewhere."""
    one, other = pair
    one.say(2)
    one.meet(stick)
    journals = stick / STICK_FOLDER / one.name / "journals"
    secret = tmp_path / "secret"
    secret.write_bytes(b"the machine's own")
    _link(journals / one.journal / "segments" / "0000000001.seg", secret)
    os.mkfifo(journals / one.journal / "segments" / "0000000002.seg")
    (journals / "..%2f..").mkdir()
    (journals / ("n" * 200)).mkdir()
    (stick / STICK_FOLDER / "..").resolve()
    (stick / STICK_FOLDER / other.name).symlink_to(tmp_path / "elsewhere")

    report = other.meet(stick)

    assert report.taken == {}
    assert secret.read_bytes() == b"the machine's own"
    assert not (tmp_path / "elsewhere").exists()
    other.say(1)
    assert other.meet(stick).given == {other.journal: 1}
    assert not (stick / STICK_FOLDER / other.name).is_symlink()


def test_nothing_is_written_through_a_link_in_the_own_folder(pair, stick, tmp_path):
    """The own folder on a stick that was elsewhere holds a link: it is set aside, the file behind it is untouched."""
    one, _other = pair
    one.say(2)
    one.meet(stick)
    victim = tmp_path / "victim"
    victim.write_bytes(b"untouched")
    _link(on_stick(stick, one).segment(1), victim)
    one.say(2)

    assert one.meet(stick).given == {one.journal: 4}
    assert victim.read_bytes() == b"untouched"


def test_a_stick_whose_exchange_folder_is_a_link_is_not_used(pair, stick, tmp_path):
    """Nothing is read or written behind it."""
    (tmp_path / "elsewhere").mkdir()
    (stick / STICK_FOLDER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OperatorError):
        pair[0].meet(stick)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_great_file_of_nothing_costs_nothing(pair, stick):
    """A sparse terabyte where a segment should go on: zeros are the end, and are not copied."""
    one, other = pair
    one.say(2)
    one.meet(stick)
    os.truncate(on_stick(stick, one).segment(1), 1 << 40)

    assert other.meet(stick).taken == {one.journal: 2}
    assert other.has_all(one)


def test_a_piece_without_end_is_given_up(pair, stick, monkeypatch):
    """Frames that go on and on before any signed point: what a peer can have of the disk meanwhile is one piece."""
    one, other = pair
    one.say(1)
    one.meet(stick)
    other.meet(stick)
    before = other.held(one)
    monkeypatch.setattr(held_module, "PIECE_BYTES_MAX", 1 << 16)
    one.writer.append([Draft("LAB@CHU", MEDIA_OTHER, os.urandom(1 << 15), 1) for _ in range(8)])
    one.say(1)
    one.meet(stick)

    report = other.meet(stick)
    assert (kinds(report), report.exit_status) == (["damaged"], 10)
    assert other.held(one) == before


def test_a_peers_journals_end_at_their_quota(pair, stick):
    """An infected peer that writes without end fills its quota, not the disk; the others go on."""
    one, other = pair
    other.join(one, quota_bytes=10_000)
    one.segment_bytes = 4096
    one.say(10, size=300)
    one.meet(stick)
    other.meet(stick)
    one.say(100, size=300)
    one.meet(stick)
    other.meet(stick)
    one.say(10, size=300)
    one.meet(stick)

    report = other.meet(stick)
    assert (kinds(report), report.exit_status) == (["no-room"], 10)
    assert other.check(one).intact


def test_a_revoked_peer_is_not_taken_from(pair, stick):
    """What it gave stays; what it gives now is left."""
    one, other = pair
    one.say(2)
    one.meet(stick)
    other.meet(stick)
    other.exchange.peers.revoke(one.name)
    one.say(2)
    one.meet(stick)

    assert other.meet(stick).taken == {}
    assert other.check(one).entries == 2


class Stopped(Exception):
    """The process ended here."""


@pytest.mark.parametrize("fault", [os.fsync, os.pwrite, os.open], ids=lambda f: f.__name__)
def test_a_process_that_ends_anywhere_goes_on_where_it_was(tmp_path, monkeypatch, fault):
    """Stopped at each write, sync or opening in turn: what is held is whole each time, and the next run ends it."""
    root = tmp_path
    one, other = Station(root / "a", "na1", segment_bytes=2048), Station(root / "b", "nb2")
    one.join(other)
    other.join(one)
    stick = root / "stick"
    stick.mkdir()
    one.say(12, size=300)
    one.meet(stick)
    name, real = fault.__name__, fault
    for at in range(400):
        calls = 0

        def stopping(*arguments, at=at, **named):
            nonlocal calls
            calls += 1
            if calls > at:
                raise Stopped
            return real(*arguments, **named)

        with monkeypatch.context() as patch:
            patch.setattr(os, name, stopping)
            try:
                other.meet(stick)
                ended = True
            except Stopped:
                ended = False
        other.exchange.close()
        if other.files(one).verifier_file.exists():
            assert other.check(one).intact, at
        if ended:
            break
        if at % 3 == 0:  # from nothing again, or from where it was
            shutil.rmtree(other.files(one).folder, ignore_errors=True)
        other.exchange = other.open()
    assert ended
    other.exchange = other.open()
    other.meet(stick)
    assert other.has_all(one)
    other.exchange.close()
    one.exchange.close()
    one.crash()


@pytest.mark.req("C4")
def test_peers_cosign_what_they_found_consistent(pair, stick):
    """After there and back, one's own checkpoint bears the peer's cosignature; another key finds none."""
    one, other = pair
    one.say(3)
    one.meet(stick)
    other.meet(stick)
    one.meet(stick)

    [kept] = (one.root / "exchange" / "witnessed" / one.journal).iterdir()
    vouched = open_cosigned(kept.read_bytes(), one.signer.verifier, [other.cosigner.key])
    assert vouched.checkpoint.entries == 3
    assert [name for name, _ in vouched.witnesses] == [other.cosigner.key.name]
    stranger = WitnessKey("nx-witness", bytes(32))
    assert open_cosigned(kept.read_bytes(), one.signer.verifier, [stranger]).witnesses == ()


@pytest.mark.req("F42")
def test_a_peer_that_joins_late_begins_behind_what_has_ended(pair, stick):
    """The writer says so and its headers fit; without its note, or with more gone than ended, entries are missing."""
    one, other = pair
    one.segment_bytes = 1
    one.say(6)
    files = one.files()
    tree = dict(headers(files))[4]
    expiry = Expiry(one.journal, 3, tree.first_sequence - 1, tree.tree.size, tree.tree.root(), 396, 0)
    for number in (1, 2, 3):
        files.segment(number).unlink()
    assert kinds(one.meet(stick)) == []
    assert other.meet(stick).taken == {}, "nothing lies there that begins in the middle"
    files.expired.write_bytes(expiry.sign(one.signer, Signer("recovery", bytes(32))))
    one.meet(stick)
    on_stick(stick, one).expired.rename(stick / "kept")
    assert kinds(other.meet(stick)) == ["missing"]
    (stick / "kept").rename(on_stick(stick, one).expired)
    assert other.meet(stick).taken == {one.journal: 6}, "up to its sixth entry"
    found = verify_journal(other.files(one), custodians=[Signer("recovery", bytes(32)).verifier])
    assert [(d.kind, d.first_entry, d.last_entry) for d in found.damage] == [("expired", 1, 3)]
    one.say(2)
    one.meet(stick)
    assert other.meet(stick).taken == {one.journal: 2}


def test_an_older_note_of_reading_keys_does_not_come_back(pair, stick):
    """A stick from last week must not have segments sealed to a key that is destroyed by now."""
    one, other = pair
    keys = [type(PAIR.recipient)(f"reader/2026-11-2{day}", PAIR.recipient.public) for day in (4, 5)]
    kept = other.root / "exchange" / "keys" / one.name
    folder = stick / STICK_FOLDER / one.name / "reading-keys"
    folder.mkdir(parents=True)
    newer, older = sign_reading_keys(one.granter, keys), sign_reading_keys(one.granter, keys[:1])
    (folder / one.name).write_bytes(newer)
    other.meet(stick)
    (folder / one.name).write_bytes(older)
    other.meet(stick)
    assert kept.read_bytes() == newer
    (folder / one.name).write_bytes(newer.replace(b"2026-11-24", b"2027-11-24"))
    other.meet(stick)
    assert kept.read_bytes() == newer


def test_shelf_counts_what_it_lists(stick):
    """A stick with a hundred thousand names is looked at for some of them."""
    root = stick / STICK_FOLDER
    root.mkdir()
    for number in range(300):
        (root / f"n{number:05d}").mkdir()
    assert len(givers_on(stick)) == 256
    assert StickShelf(stick, "n00001", "n00002").offers() == []
