"""Who can open a segment: the node within its horizon, whom it granted, the custodians; and nobody else.

Method: a journal sealed to the recovery key and the key of the day; then take keys away, forge grants, and read.
"""

import base64

import pytest

from contrefeu.base import OperatorError
from contrefeu.custody import (
    DataKeys,
    HomePaths,
    KeyPair,
    ReadingKeys,
    grant_segments,
    make_home,
    public_reading_keys,
)
from contrefeu.journal import JournalReader, JournalTampered, JournalUnreadable, Recipient
from contrefeu.proof import Signer
from tests.journal.desk import ORIGIN, PAIR, SIGNER, Desk

NODE = Signer("chu-node", bytes([5]) * 32)
DAY_S = 86_400


@pytest.fixture
def keys(tmp_path):
    """A folder of keys."""
    return tmp_path / "keys"


@pytest.fixture
def desk(tmp_path, keys):
    """Two segments, sealed on two days to the recovery key and the key of the day."""
    made = Desk(tmp_path / "journals")
    for body in (b"monday", b"tuesday"):
        ReadingKeys(keys).make_ahead(made.clock.now_ns())
        made.recipients = [PAIR.recipient, *public_reading_keys(keys, made.clock.now_ns())]
        made.append(body)
        made.clock.advance(seconds=DAY_S)
    made.close()
    return made


def _read(desk: Desk, key: DataKeys) -> list[bytes]:
    return [e.body for batch in JournalReader(desk.files, key).after(0) for e in batch]


def _days(keys) -> list[str]:
    return sorted(path.stem for path in (keys / "reading").iterdir())


def test_reading_keys_are_made_ahead_and_none_is_missing(tmp_path):
    """Today and seven days on, private and public; asked daily for a month, each day once; none is made again."""
    keys, made = tmp_path / "keys", []
    now = 1_790_000_000 * 10**9
    for day in range(30):
        made += ReadingKeys(keys).make_ahead(now + day * DAY_S * 10**9)
    assert len(made) == len(set(made)) == 37
    assert _days(keys) == sorted(made) == sorted(path.stem for path in (keys / "public").iterdir())
    assert ReadingKeys(keys).make_ahead(now) == []
    for day in made:
        pair = ReadingKeys(keys).pair(f"reader/{day}")
        assert pair is not None
        assert f"{pair.recipient}\n" == (keys / "public" / f"{day}.key").read_text()
    assert {path.stat().st_mode & 0o777 for path in (keys / "reading").iterdir()} == {0o600}


def test_a_writer_seals_to_the_key_of_the_day(tmp_path):
    """Else to the newest there is, damaged files passed over; none when there is none."""
    keys, now = tmp_path / "keys", 1_790_000_000 * 10**9
    assert public_reading_keys(keys, now) == []
    days = ReadingKeys(keys).make_ahead(now)
    assert [r.name for r in public_reading_keys(keys, now)] == [f"reader/{days[0]}"]
    assert [r.name for r in public_reading_keys(keys, now + 100 * DAY_S * 10**9)] == [f"reader/{days[-1]}"]
    (keys / "public" / f"{days[0]}.key").write_text("rotten")
    assert [r.name for r in public_reading_keys(keys, now)] == [f"reader/{days[-1]}"]
    (keys / "public" / f"{days[-1]}.key").write_bytes(b"\xff\xfe")
    assert [r.name for r in public_reading_keys(keys, now)] == [f"reader/{days[-2]}"]


@pytest.mark.req("C4")
def test_a_destroyed_reading_key_closes_its_segment_to_the_node(desk, keys):
    """The node reads neither that day nor says something else; the custodians still do."""
    assert _read(desk, DataKeys(ReadingKeys(keys))) == [b"monday", b"tuesday"]
    (keys / "reading" / f"{_days(keys)[0]}.seed").unlink()
    reader = JournalReader(desk.files, DataKeys(ReadingKeys(keys)))
    with pytest.raises(JournalUnreadable) as closed:
        list(reader.after(0))
    assert "segment 1" in closed.value.report() and "--shares" in closed.value.report()
    assert [e.body for batch in reader.after(1) for e in batch] == [b"tuesday"]
    assert _read(desk, DataKeys(None, recovery=PAIR)) == [b"monday", b"tuesday"]


@pytest.mark.req("C4")
def test_nobody_else_opens_a_segment(desk, keys):
    """Another recovery key, no key at all, another node's key of the same day."""
    stranger = KeyPair("recovery", bytes([8]) * 32)
    elsewhere = keys.with_name("elsewhere")
    ReadingKeys(elsewhere).make_ahead(1_790_000_000 * 10**9)
    for key in (DataKeys(None), DataKeys(None, recovery=stranger), DataKeys(ReadingKeys(elsewhere))):
        with pytest.raises(JournalUnreadable):
            _read(desk, key)


def test_a_sealed_key_opens_nowhere_else():
    """What was sealed is bound to its journal, segment and recipient by HPKE's info."""
    data_key = bytes(range(32))
    sealed = PAIR.recipient.seal(data_key, ORIGIN, 7)
    assert PAIR.open(sealed, ORIGIN, 7) == data_key
    for origin, segment in ((ORIGIN, 8), ("drill/other", 7)):
        with pytest.raises(JournalUnreadable):
            PAIR.open(sealed, origin, segment)
    for rotten in (b"", sealed[:-1], sealed[:200], bytes(len(sealed)), sealed[:5] + b"!" + sealed[6:]):
        with pytest.raises(JournalUnreadable):
            PAIR.open(rotten, ORIGIN, 7)


def test_names_lead_to_no_file_but_a_key(keys):
    """A header names keys: a name with a path in it opens nothing."""
    reading = ReadingKeys(keys)
    reading.make_ahead(1_790_000_000 * 10**9)
    for name in ("", "reader/", "recovery", "reader/../../store", "writer/2026-09-21", "reader/2026/09/21", "reader//"):
        assert reading.pair(name) is None


class Grants:
    """A peer, and what the node grants it."""

    def __init__(self, desk: Desk, keys, tmp_path) -> None:
        self.desk = desk
        self.folder = tmp_path / "grants"
        self.peer, _seed = KeyPair.draw("reader/peer")
        self.count = grant_segments(desk.files, DataKeys(ReadingKeys(keys)), self.peer.recipient, self.folder, NODE)

    def key(self, *by: Signer, peer: KeyPair | None = None) -> DataKeys:
        """The peer's keys, trusting grants of *by*."""
        verifiers = [signer.verifier for signer in by]
        return DataKeys(None, grants=self.folder, granted_by=verifiers, recovery=peer or self.peer)


@pytest.fixture
def grants(desk, keys, tmp_path):
    """Both segments, granted."""
    return Grants(desk, keys, tmp_path)


def test_a_grant_lets_a_peer_read(grants, desk, keys):
    """Every segment the node opens, once each; a second peer gets grants of its own; headers stay as they were."""
    assert grants.count == 2
    assert _read(desk, grants.key(NODE)) == [b"monday", b"tuesday"]
    again = grant_segments(desk.files, DataKeys(ReadingKeys(keys)), grants.peer.recipient, grants.folder, NODE)
    second, _seed = KeyPair.draw("reader/second")
    other = grant_segments(desk.files, DataKeys(ReadingKeys(keys)), second.recipient, grants.folder, NODE)
    assert (again, other) == (0, 2)
    assert _read(desk, grants.key(NODE, peer=second)) == [b"monday", b"tuesday"]
    assert desk.verify().damage == []


def test_only_what_the_node_opens_is_granted(desk, keys, tmp_path):
    """Beyond its horizon a node has nothing to give; the rest is granted all the same."""
    (keys / "reading" / f"{_days(keys)[0]}.seed").unlink()
    grants = Grants(desk, keys, tmp_path)
    assert grants.count == 1
    reader = JournalReader(desk.files, grants.key(NODE))
    assert [e.body for batch in reader.after(1) for e in batch] == [b"tuesday"]


def test_a_grant_of_a_stranger_opens_nothing(grants, desk):
    """Signed by nobody who may grant, for this node."""
    for key in (grants.key(), grants.key(SIGNER), grants.key(Signer("chu-node", bytes([6]) * 32))):
        with pytest.raises(JournalUnreadable):
            _read(desk, key)


def test_forged_grants_open_nothing(grants, desk):
    """Each byte matters; another segment's grant, another journal's, another key's are passed over."""
    one, two = sorted((grants.folder / "drill_test-capture").iterdir())
    note = one.read_bytes()
    text = note.decode().rpartition("\n\n")[0] + "\n"
    wrong_key = base64.b64encode(grants.peer.recipient.seal(bytes(32), ORIGIN, 1)).decode()
    lines = text[:-1].split("\n")
    forged = [
        note[:90] + b"!" + note[91:],
        b"",
        b"\xff",
        two.read_bytes(),
        NODE.sign(text.replace("segment 1", "segment 2")),
        NODE.sign(text.replace(ORIGIN, "drill/other")),
        NODE.sign(text.replace("grant v1", "grant v2")),
        NODE.sign(text.replace("recipient", "reader", 1)),
        NODE.sign("\n".join([*lines[:3], lines[3].rpartition(" ")[0] + " " + wrong_key]) + "\n"),
        NODE.sign("\n".join([*lines[:3], lines[3][:-40]]) + "\n"),
    ]
    for data in forged:
        one.write_bytes(data)
        with pytest.raises(JournalUnreadable):
            _read(desk, grants.key(NODE))
    one.write_bytes(note)
    assert _read(desk, grants.key(NODE)) == [b"monday", b"tuesday"]


def test_a_bad_grant_does_not_hide_a_good_key(grants, desk, keys):
    """A grant with a wrong data key lies beside the node's own key: the segment still opens."""
    recovery = PAIR
    text = f"contrefeu grant v1\norigin {ORIGIN}\nsegment 1\nrecipient recovery {recovery.fingerprint} "
    sealed = base64.b64encode(recovery.recipient.seal(bytes(32), ORIGIN, 1)).decode()
    (grants.folder / "drill_test-capture" / "0000000001.0000.grant").write_bytes(NODE.sign(f"{text}{sealed}\n"))
    key = DataKeys(ReadingKeys(keys), grants=grants.folder, granted_by=[NODE.verifier], recovery=recovery)
    assert _read(desk, key) == [b"monday", b"tuesday"]


def test_a_data_key_that_was_not_sealed_there_is_damage(desk):
    """Whatever gives the key: the reader compares it with the header's commitment before it opens anything."""
    with pytest.raises(JournalTampered, match="not the one that was sealed"):
        list(JournalReader(desk.files, lambda header: bytes(32)).after(0))


def test_a_home_is_made_once_and_never_over_something(tmp_path):
    """Every secret is the node's own (0600), the settings come last, and a folder that holds anything is refused."""
    from contrefeu.base import ManualClock

    recovery = Recipient("recovery", PAIR.recipient.public)
    paths = make_home(tmp_path / "home", "chu", "CHU", recovery, ManualClock())
    assert isinstance(paths, HomePaths)
    assert Recipient.parse(paths.recovery_public.read_text()) == recovery
    secrets = [paths.signing_seed("capture"), paths.signing_seed("station"), paths.store_key]
    assert [(path.stat().st_mode & 0o777, path.stat().st_size) for path in secrets] == [(0o600, 32)] * 3
    assert len({path.read_bytes() for path in secrets}) == 3
    assert paths.settings.is_file()
    before = paths.store_key.read_bytes()
    with pytest.raises(OperatorError, match="not empty"):
        make_home(tmp_path / "home", "chu", "CHU", recovery, ManualClock())
    (tmp_path / "file").write_text("x")
    with pytest.raises(OperatorError, match="not empty"):
        make_home(tmp_path / "file", "chu", "CHU", recovery, ManualClock())
    assert paths.store_key.read_bytes() == before
