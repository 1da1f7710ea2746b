"""The recovery key is in the hands of whoever its notes say, from the first custodians to the last; nobody else names
the next ones, and a rotation that is cut short at any step leaves a set of shares that opens everything.

Method: a home with two journals whose recovery key is rotated, interrupted behind each step; notes forged in each way
that somebody who holds the node could.
"""

import contextlib
from dataclasses import replace

import pytest

from contrefeu.base import ManualClock, StorageError, write_file
from contrefeu.custody import (
    BeyondHorizon,
    DataKeys,
    HomePaths,
    KeyPair,
    OpenedRecovery,
    Rotation,
    known_recovery_keys,
    make_home,
    recovery_in_force,
    rehearse,
    share_number,
    split_secret,
)
from contrefeu.journal import Draft, JournalReader, JournalWriter, Recipient, journals_in, note_name, recovery_notes
from contrefeu.proof import Signer

CLOCK = ManualClock()
JOURNALS = ("drill/n1-capture", "drill/n1-station")


def drawn(threshold: int = 2, count: int = 3) -> tuple[OpenedRecovery, list[str]]:
    """A new key and its shares."""
    _pair, seed = KeyPair.draw("recovery")
    return OpenedRecovery.of(seed, threshold), split_secret(seed, threshold, count)


class Archive:
    """A home, its writers when they are asked for, and the keys it had."""

    def __init__(self, root) -> None:
        self.first, self.words = drawn()
        note = self.first.first_note(self.words, CLOCK.now_ns())
        self.paths: HomePaths = make_home(root, "drill/n1", "CHU", self.first.pair.recipient, CLOCK, notes=[note])
        self.announced: set[int] = {1}
        self.said: list[bytes] = []
        self.write()

    def in_force(self) -> Recipient:
        """What writers seal to."""
        return recovery_in_force(self.paths.recovery_notes, self.paths.recovery_public)

    def write(self) -> None:
        """An entry more in each journal, in a segment of its own."""
        for number, name in enumerate(JOURNALS):
            signer = Signer(name, bytes([number + 1]) * 32)
            writer = JournalWriter(self.paths.journals, signer, lambda: [self.in_force()], CLOCK)
            body = f"entry {len(self.said)}".encode()
            writer.append([Draft("ADM", "text/plain", body, CLOCK.now_ns())])
            writer.close()
        self.said.append(body)

    def record(self, number: int, note: bytes) -> None:
        """The journal's entry."""
        assert recovery_notes(self.paths.recovery_notes)[number - 1] == note
        self.announced.add(number)

    def rotate(self, old: OpenedRecovery, new: OpenedRecovery, words: list[str], step=lambda name: None) -> None:
        """Begin and finish."""
        rotation = Rotation(self.paths, old, step=step)
        rotation.begin(new, words, lambda: None, CLOCK.now_ns())
        rotation.finish(self.record, self.announced, lambda: None)

    def opens(self, opened: OpenedRecovery) -> list[list[bytes]]:
        """What this key reads of each journal."""
        by = [key.authority for key in known_recovery_keys(self.paths.recovery_notes)]
        keys = DataKeys(None, grants=self.paths.grants, granted_by=by, recovery=opened.pair)
        found = []
        for files in journals_in(self.paths.journals):
            reader = JournalReader(files, keys)
            found.append([entry.body for entries in reader.after(0) for entry in entries])
            reader.close()
        return found


@pytest.fixture
def archive(tmp_path) -> Archive:
    """Two journals sealed to the first key."""
    return Archive(tmp_path / "home")


@pytest.mark.req("C4")
def test_new_custodians_open_old_segments_and_new_ones(archive):
    """Through one rotation and another; the old shares open what was sealed to them and no more."""
    second, second_words = drawn()
    archive.rotate(archive.first, second, second_words)
    archive.write()
    third, third_words = drawn(3, 5)
    archive.rotate(second, third, third_words)
    archive.write()
    assert archive.opens(third) == [archive.said, archive.said]
    for former in (archive.first, second):
        with pytest.raises(BeyondHorizon):
            archive.opens(former)
    keys = known_recovery_keys(archive.paths.recovery_notes)
    assert [key.fingerprint for key in keys] == [o.pair.fingerprint for o in (archive.first, second, third)]
    assert [(key.threshold, len(key.shares)) for key in keys] == [(2, 3), (2, 3), (3, 5)]
    assert archive.announced == {1, 2, 3}
    assert archive.paths.recovery_public.read_text() == f"{third.pair.recipient}\n"


class Killed(BaseException):
    """The machine is gone."""


STEPS = ("shares", "grants", "note", "public", "entry", "last grants")


@pytest.mark.req("C4")
@pytest.mark.parametrize("at", STEPS)
def test_a_rotation_that_is_cut_short_leaves_a_state_that_works(at, archive):
    """Behind each step: the set in force opens everything written before and since; the old shares go on."""
    new, words = drawn()

    def step(name: str) -> None:
        if name == at:
            raise Killed

    with pytest.raises(Killed):
        archive.rotate(archive.first, new, words, step)
    archive.write()
    switched = STEPS.index(at) >= STEPS.index("note")
    in_force = new if switched else archive.first
    assert archive.in_force().fingerprint == in_force.pair.fingerprint
    assert archive.opens(in_force) == [archive.said, archive.said]
    if switched:
        Rotation(archive.paths, archive.first).finish(archive.record, archive.announced, lambda: None)
    else:
        new, words = drawn()
        archive.rotate(archive.first, new, words)
    archive.write()
    assert archive.opens(new) == [archive.said, archive.said]
    assert archive.announced == {1, 2}


@pytest.mark.req("C4")
@pytest.mark.parametrize("at", range(1, 12))
def test_no_write_that_fails_costs_anything(at, archive, monkeypatch):
    """Each file that a rotation writes, failing before and failing after it was written."""
    from contrefeu.custody import opening, rotation

    for kept in (False, True):
        calls = 0

        def failing(path, data, mode=0o600, kept=kept):
            nonlocal calls
            calls += 1
            if calls != at or kept:
                write_file(path, data, mode)
            if calls == at:
                raise OSError(28, "No space left on device")

        new, words = drawn()
        before = archive.in_force().fingerprint
        old = archive.first
        with monkeypatch.context() as broken:
            broken.setattr(rotation, "write_file", failing)
            broken.setattr(opening.ManyFiles, "put", lambda _, path, data, mode: failing(path, data, mode))
            with contextlib.suppress(OSError):
                archive.rotate(old, new, words)
        in_force = new if archive.in_force().fingerprint != before else old
        archive.write()
        assert archive.opens(in_force) == [archive.said, archive.said]
        if in_force is new:
            Rotation(archive.paths, old).finish(archive.record, archive.announced, lambda: None)
            assert archive.opens(new) == [archive.said, archive.said]
            archive.first = new


def test_segments_of_the_last_moment_are_granted_too(archive):
    """A writer that had not heard of the new key yet seals one more segment to the old one: finishing grants it."""
    new, words = drawn()
    rotation = Rotation(archive.paths, archive.first)
    old = archive.in_force()
    rotation.begin(new, words, lambda: None, CLOCK.now_ns())

    def late() -> None:
        writer = JournalWriter(archive.paths.journals, Signer(JOURNALS[0], bytes([1]) * 32), lambda: [old], CLOCK)
        writer.append([Draft("ADM", "text/plain", b"late", CLOCK.now_ns())])
        writer.close()

    rotation.finish(archive.record, archive.announced, late)
    assert archive.opens(new) == [[*archive.said, b"late"], archive.said]


def test_who_holds_the_node_names_no_new_key(archive):
    """Without the recovery secret: a note of their own, one of another number, one that was changed, a first one."""
    thief, words = drawn()
    [first] = known_recovery_keys(archive.paths.recovery_notes)
    [note] = recovery_notes(archive.paths.recovery_notes)
    honest, honest_words = drawn()
    good = honest.next_note(archive.first, first, honest_words, CLOCK.now_ns())
    text = good.decode().rpartition("\n\n")[0] + "\n"
    forged = [
        thief.next_note(thief, first, words, CLOCK.now_ns()),
        thief.authority.sign(text),
        archive.first.authority.sign(text),
        honest.next_note(archive.first, replace(first, number=2), honest_words, CLOCK.now_ns()),
        good.replace(b"threshold 2", b"threshold 1"),
        good.replace(b"number 2", b"number 02"),
        good + b"x",
        note,
        thief.first_note(words, CLOCK.now_ns()),
        b"",
        b"\xff\xfe\n\n",
    ]
    path = archive.paths.recovery_notes / note_name(2)
    for data in forged:
        path.write_bytes(data)
        assert known_recovery_keys(archive.paths.recovery_notes) == [first]
        assert archive.in_force().fingerprint == archive.first.pair.fingerprint
    path.write_bytes(good)
    assert archive.in_force().fingerprint == honest.pair.fingerprint


@pytest.mark.req("F40")
def test_a_share_is_known_by_its_commitment_alone(archive):
    """Each by its number, in capitals too; a share of another set, or with one word changed, is none."""
    [key] = known_recovery_keys(archive.paths.recovery_notes)
    assert [share_number(key, words) for words in archive.words] == [1, 2, 3]
    assert share_number(key, f" {archive.words[1].upper()}\n") == 2
    _other, others = drawn()
    wrong = archive.words[0].replace(archive.words[0].split()[-1], "academic")
    assert [share_number(key, words) for words in (*others, wrong, "")] == [None] * 5
    note = recovery_notes(archive.paths.recovery_notes)[0]
    assert not [word for share in archive.words for word in share.split()[4:] if f" {word} ".encode() in note]


@pytest.mark.req("F40")
def test_a_rehearsal_opens_every_header_and_says_which_it_did_not(archive):
    """All of them; after somebody sealed a segment to a key of their own, all but that one."""
    keys = DataKeys(None, recovery=archive.first.pair)
    found = rehearse(journals_in(archive.paths.journals), keys)
    assert (found.opened, found.closed) == (2, ())
    thief, _words = drawn()
    writer = JournalWriter(
        archive.paths.journals, Signer(JOURNALS[1], bytes([2]) * 32), lambda: [thief.pair.recipient], CLOCK
    )
    writer.append([Draft("ADM", "text/plain", b"x", CLOCK.now_ns())])
    writer.close()
    found = rehearse(journals_in(archive.paths.journals), keys)
    assert (found.opened, found.closed) == (2, ((JOURNALS[1], 2),))


def test_shares_of_something_else_are_refused():
    """A wallet's words split 16 bytes: SLIP-39 puts them together, and they are no recovery key."""
    with pytest.raises(StorageError, match="no recovery key"):
        OpenedRecovery.from_shares(split_secret(bytes(16), 2, 3))


def test_a_home_from_before_there_were_notes_rotates(archive, tmp_path):
    """Its first note is made at its first rotation."""
    home = make_home(tmp_path / "older", "drill/n2", "CHU", archive.first.pair.recipient, CLOCK)
    assert recovery_in_force(home.recovery_notes, home.recovery_public) == archive.first.pair.recipient
    new, words = drawn()
    rotation = Rotation(home, archive.first)
    rotation.begin(new, words, lambda: None, CLOCK.now_ns())
    assert [key.fingerprint for key in known_recovery_keys(home.recovery_notes)] == [
        archive.first.pair.fingerprint,
        new.pair.fingerprint,
    ]
