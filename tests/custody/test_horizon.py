"""What the horizon has passed opens for the custodians alone; and nothing passes it that somebody still needs.

Method: a node in a folder of its own lives through many days, its two journals written by the real writers; then its
reading keys are looked at, as the reader process does, and every byte that is left on its disk is tried on the oldest
segment.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.base import ManualClock
from contrefeu.custody import (
    BeyondHorizon,
    DataKeys,
    Destruction,
    Horizon,
    KeyPair,
    KeyStanding,
    ReadingKeys,
    grant_segments,
    public_reading_keys,
)
from contrefeu.journal import (
    Draft,
    JournalFiles,
    JournalReader,
    JournalWriter,
    SegmentHeader,
    SegmentReader,
    journals_in,
)
from contrefeu.proof import Signer
from tests.journal.desk import PAIR

DAY_S = 86_400
HORIZON = 10
CAPTURE, STATION = "drill/n1-capture", "drill/n1-station"


class House:
    """A node's keys and journals, day after day."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = ManualClock()
        self.keys = ReadingKeys(root / "keys")
        self.destruction = Destruction(self.keys, root / "journals", root / "grants")
        self.recorded: list[list[str]] = []
        self.writers = [self._writer(name, seed) for name, seed in ((CAPTURE, 1), (STATION, 2))]

    def _writer(self, name: str, seed: int) -> JournalWriter:
        def recipients():
            return [PAIR.recipient, *public_reading_keys(self.root / "keys", self.clock.now_ns())]

        return JournalWriter(self.root / "journals", Signer(name, bytes([seed]) * 32), recipients, self.clock)

    def live(self, days: int) -> None:
        """A message in each journal, each day, and the checkpoint that signs for it."""
        for _ in range(days):
            self.keys.make_ahead(self.clock.now_ns())
            for writer in self.writers:
                now_ns = self.clock.now_ns()
                writer.append([Draft("ADM", "text/plain", f"{writer.journal} {now_ns}".encode(), now_ns)])
                writer.checkpoint()
            self.clock.advance(seconds=DAY_S)

    def horizon(self, **other) -> Horizon:
        """As it stands when everything is read and nothing holds."""
        positions = {writer.journal: writer.sequence for writer in self.writers}
        known = {"days": HORIZON, "own": {CAPTURE, STATION}, "positions": positions, "frozen": lambda day: False}
        return Horizon(**(known | other))

    def look(self, **other) -> list[str]:
        """Twice, an hour apart: what is due is retired, then destroyed."""
        self.destruction.look(self.horizon(**other), self._record)
        return self.destruction.look(self.horizon(**other), self._record)

    def _record(self, going: list[KeyStanding]) -> None:
        self.recorded.append([standing.day for standing in going])

    def days(self) -> list[str]:
        """Days whose private key is on the disk."""
        return sorted(path.stem for path in (self.root / "keys" / "reading").iterdir())

    def files(self, name: str = CAPTURE) -> JournalFiles:
        """A journal's files."""
        return JournalFiles.of(self.root / "journals", name)

    def first(self, keys: DataKeys, name: str = CAPTURE) -> bytes:
        """The body of a journal's first entry."""
        reader = JournalReader(self.files(name), keys)
        try:
            return next(reader.after(0))[0].body
        finally:
            reader.close()


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    """A node that has lived through twelve days, of which ten count for the key of the first but one."""
    made = House(tmp_path)
    made.live(12)
    yield made
    for writer in made.writers:
        writer.close()


@pytest.mark.req("C4", "F38")
def test_a_key_that_the_horizon_passed_is_destroyed(house):
    """The two days that ten others followed; the journal says so; a day later one more; and no day twice."""
    before = house.days()
    assert house.look() == before[:2]
    assert house.days() == before[2:]
    assert house.recorded == [before[:2]]
    house.live(1)
    assert house.look() == [before[2]]
    assert house.look() == []


@pytest.mark.req("C4")
def test_with_everything_on_the_disk_the_old_segment_stays_closed(house):
    """Every 32 bytes of every file of the home that could be a seed, tried; grants too. The shares open it."""
    old = house.days()[0]
    seed = (house.root / "keys" / "reading" / f"{old}.seed").read_bytes()
    body = house.first(DataKeys(house.keys))
    node, later = Signer("drill/n1-capture", bytes([1]) * 32), house.keys.pair(f"reader/{house.days()[-1]}")
    grant_segments(house.files(), DataKeys(house.keys), later.recipient, house.root / "grants", node)
    house.look()
    reopened = ReadingKeys(house.root / "keys")
    for keys in (house.keys, reopened):
        with pytest.raises(BeyondHorizon) as closed:
            house.first(DataKeys(keys, grants=house.root / "grants", granted_by=[node.verifier]))
    assert (closed.value.journal, closed.value.segment, closed.value.kind) == (CAPTURE, 1, "beyond-horizon")
    assert "--shares" in closed.value.report()
    left = {path: path.read_bytes() for path in sorted(house.root.rglob("*")) if path.is_file()}
    assert not [path for path, content in left.items() if seed in content]
    header = next(iter(_headers(house)))
    seeds = {content for content in left.values() if len(content) == 32}
    assert len(seeds) == len(house.days()), "only seeds are 32 bytes long here"
    for content in seeds:
        pair = KeyPair("any", content)
        assert all(key.fingerprint != pair.fingerprint for key in header.keys)
    assert house.first(DataKeys(None, recovery=PAIR)) == body


def _headers(house: House) -> Iterator[SegmentHeader]:
    for files in journals_in(house.root / "journals"):
        for number in files.segments():
            segment = SegmentReader(files, number, files.verifier())
            segment.close()
            yield segment.header


@pytest.mark.req("C4")
def test_grants_to_others_outlive_a_destroyed_key(house):
    """A peer's and the custodians' rights are theirs; those of the node's own keys on that day's segments go."""
    node, later = Signer("drill/n1-capture", bytes([1]) * 32), house.keys.pair(f"reader/{house.days()[-1]}")
    peer, _seed = KeyPair.draw("reader/peer")
    for to in (peer.recipient, later.recipient):
        grant_segments(house.files(), DataKeys(house.keys), to, house.root / "grants", node)
    house.look()
    left = sorted(path.name for path in (house.root / "grants" / "drill_n1-capture").iterdir())
    first = [name for name in left if name.startswith("0000000001.")]
    assert first == [f"0000000001.{peer.fingerprint[:16]}.grant"]
    assert f"0000000005.{later.fingerprint[:16]}.grant" in left, "within the horizon nothing changes"


@pytest.mark.req("F38")
def test_a_clock_set_400_days_ahead_destroys_no_key(house):
    """Whether it stays there or comes back: it proves one day, not 400."""
    before = house.days()
    house.look()
    house.clock.advance(seconds=400 * DAY_S)
    house.live(1)
    assert house.look() == [before[2]], "one day was lived"
    house.clock.set(house.clock.now_ns() - 401 * DAY_S * 10**9)
    assert house.look() == []
    house.live(3)
    house.look()
    assert [day for day in before[3:] if day not in house.days()] == before[3:6], "three more days, three more keys"


@pytest.mark.req("F38")
def test_a_clock_set_back_gives_no_day_a_second_key_and_destroys_none_in_use(house):
    """Old days come again: what is sealed then is kept for as long as anything else."""
    first, second = house.days()[:2]
    kept = (house.root / "keys" / "reading" / f"{second}.seed").read_bytes()
    house.destruction.look(house.horizon(), house._record)  # retired, not destroyed
    house.clock.set(house.clock.now_ns() - 12 * DAY_S * 10**9)
    house.live(2)
    assert (house.root / "keys" / "reading" / f"{second}.seed").read_bytes() == kept
    house.look()
    last = [header for header in _headers(house) if header.origin == CAPTURE][-1]
    [name] = [key.name for key in last.keys if key.name.startswith("reader/")]
    assert name.removeprefix("reader/") in house.days()
    assert house.first(DataKeys(None, recovery=PAIR))
    assert first not in house.days(), "nothing was sealed to it since it was retired"


@pytest.mark.req("F38")
def test_nothing_goes_while_downtime_or_a_recovery_is_open(house):
    """However old: what holds the horizon is said by the acts."""
    before = house.days()
    for why in ("downtime", "recovery"):
        assert house.look(held=why) == []
    assert house.days() == before
    assert house.look() == before[:2]


@pytest.mark.req("F38")
def test_frozen_days_do_not_count(house):
    """A downtime of five days keeps five more days of keys, after it too."""
    before = house.days()
    frozen = set(before[3:8])
    assert house.look(frozen=frozen.__contains__) == []
    house.live(5)
    assert house.look(frozen=frozen.__contains__) == before[:2]


@pytest.mark.req("C4")
@pytest.mark.parametrize("behind", [CAPTURE, STATION])
def test_no_follower_is_left_behind(behind, house):
    """The charts have not read the last entry that the key opens, of either journal; nor when nothing is known."""
    before = house.days()
    positions = dict(house.horizon().positions)
    for read in (0, 1):
        assert house.look(positions=positions | {behind: read}) == before[:read]
    assert house.look(positions={}) == []


def test_what_no_checkpoint_covers_proves_no_day(house):
    """Ten segments that nobody signed for are ten days that anybody may have added."""
    house.look()
    before = house.days()
    for _ in range(3):
        for writer in house.writers:
            writer.append([Draft("ADM", "text/plain", b"x", house.clock.now_ns())])
        house.clock.advance(seconds=DAY_S)
    assert house.look() == []
    for writer in house.writers:
        writer.checkpoint()
    assert house.look() == before[:3]


def test_a_damaged_header_keeps_every_key(house):
    """It may have been sealed to any of them."""
    path = house.files().segment(3)
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    fresh = Destruction(house.keys, house.root / "journals", house.root / "grants")
    assert {s.why for s in fresh.standings(house.horizon())} == {"within", "damaged"}
    assert fresh.look(house.horizon(), house._record) == []
    assert fresh.look(house.horizon(), house._record) == []


def test_what_cannot_be_journaled_is_not_destroyed(house):
    """The entry comes first; at the next look all is as before."""
    before = house.days()

    def refuse(going):
        raise OSError(28, "No space left on device")

    house.destruction.look(house.horizon(), refuse)
    with pytest.raises(OSError, match="No space"):
        house.destruction.look(house.horizon(), refuse)
    assert house.days() == before
    assert house.destruction.look(house.horizon(), house._record) == before[:2]


def test_a_key_is_retired_before_it_is_destroyed(house):
    """A writer that took it up a moment before is seen in between: the key stays while its segment is young."""
    first = house.days()[0]
    taken = public_reading_keys(house.root / "keys", house.clock.now_ns() - 12 * DAY_S * 10**9)
    assert [r.name for r in taken] == [f"reader/{first}"]
    assert house.destruction.look(house.horizon(), house._record) == []
    assert not (house.root / "keys" / "public" / f"{first}.key").exists()
    assert first in house.days()
    late = JournalWriter(
        house.root / "journals", Signer("drill/n1-late", bytes([3]) * 32), lambda: [PAIR.recipient, *taken], house.clock
    )
    late.append([Draft("ADM", "text/plain", b"late", house.clock.now_ns())])
    late.close()
    own = {CAPTURE, STATION, "drill/n1-late"}
    assert first not in house.destruction.look(house.horizon(own=own), house._record)
    assert first in house.days()
    late_keys = DataKeys(ReadingKeys(house.root / "keys"))
    assert house.first(late_keys, "drill/n1-late") == b"late"


@pytest.mark.parametrize("at", range(1, 9))
def test_a_destruction_that_is_cut_short_goes_on(at, house, monkeypatch):
    """At any call to the disk: the key is there or it is not, and the next looks end it."""
    calls = 0

    def failing(real):
        def call(*arguments, **named):
            nonlocal calls
            calls += 1
            if calls == at:
                raise OSError(5, "Input/output error")
            return real(*arguments, **named)

        return call

    first = house.days()[0]
    house.destruction.look(house.horizon(), house._record)
    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", failing(os.pwrite))
        broken.setattr(os, "fsync", failing(os.fsync))
        broken.setattr(Path, "unlink", failing(Path.unlink))
        with pytest.raises(OSError, match="Input/output"):
            house.destruction.look(house.horizon(), house._record)
    house.look()
    assert first not in house.days()
    assert not list((house.root / "keys" / "public").glob("*.retired"))
    assert house.first(DataKeys(None, recovery=PAIR))
