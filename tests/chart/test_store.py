"""The embedded store passes the suite, in memory and in a file; it survives what happens to files.

Method: the suite; then a key that is wrong, bytes that rot, another version, a batch that fails half-way, a reader
that reads an entry which defeats it.
"""

import apsw
import pytest

import contrefeu.chart.filing as filing
import contrefeu.chart.folding as folding
from contrefeu.base import StorageError
from contrefeu.chart.refold import stamp_of
from contrefeu.chart.stores import ChartStore, place_of
from contrefeu.hospital import parse_settings
from contrefeu.mapping import Rules
from tests.chart.feeds import KEY, Told, admitted, entry, merged, resulted
from tests.suites.chart_store_suite import ChartStoreSuite, ReadBesideSuite

ENTRIES = [
    entry(admitted("1", "c1"), 1),
    entry(resulted("1", "c2", "6.0"), 2),
    entry(admitted("2", "c3"), 3),
    entry(merged("1", "2", "c4"), 4),
    entry(resulted("2", "c5", "4.0", order="other"), 5),
]


class TestInMemory(ChartStoreSuite):
    """The store that tests and exercises use."""

    def told(self):
        """An empty store."""
        return Told()


class TestInAFile(ReadBesideSuite):
    """The store of a node."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    def told(self):
        """An empty store."""
        return Told(self.folder / "charts.db")


def test_a_store_opens_as_it_was_left(tmp_path):
    """Charts that were never written down whole are folded on from their tails; positions stand with them."""
    path = tmp_path / "charts.db"
    first = Told(path).take(*ENTRIES[:3])
    wanted = first.charts.sha256()
    first.store.close()
    second = Told(path)
    assert second.charts.sha256() == wanted
    assert second.charts.status().positions == {"n-capture": 3}
    second.take(*ENTRIES)  # what was read is not read again
    assert second.charts.sha256() == Told().take(*ENTRIES).charts.sha256()


@pytest.mark.req("F34")
@pytest.mark.parametrize("batches", [1, 3])
def test_a_number_of_yesterday_is_no_trouble_where_they_begin_again_each_day(batches):
    """By the day on which each message was made: on the same one, or of a sender that says nothing, it is counted."""
    made = (("4.1", b"20260920"), ("6.0", b"20260921"), ("6.1", b"20260921"))
    bodies = [resulted("1", "c1", value).replace(b"20260921000000", day + b"230000") for value, day in made]
    entries = [entry(body, n) for n, body in enumerate(bodies, 1)]
    for habit, counted in (("daily", 1), ("", 2), ("unique", 2)):
        profile = f'[feeds.adt]\nsenders = ["ADT@HOSP"]\ncontrol_ids = "{habit}"\n'
        told = Told(settings=parse_settings('[node]\nid = "test-node"\n' + profile))
        for n in range(0, 3, 3 // batches):
            told.take(*entries[n : n + 3 // batches])
        assert told.store.kept.feeds()[0].reused == counted


def test_a_wrong_key_opens_nothing_and_changes_nothing(tmp_path):
    """The store is refused, whole, and opens with its own key afterwards."""
    path = tmp_path / "charts.db"
    Told(path).take(*ENTRIES).store.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="does not open with this key"):
        ChartStore(place_of(path, bytes(32)))
    assert path.read_bytes() == before
    assert Told(path).charts.status().entries == 5


def test_a_stolen_store_shows_nothing(tmp_path):
    """Neither a name nor a number nor SQLite's own header stands in the file or its log."""
    path = tmp_path / "charts.db"
    told = Told(path).take(*ENTRIES)
    data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert len(data) > 100_000
    for word in (b"DUPONT", b"dupont", b"SQLite format", b"HOSP|1", b"CARD"):
        assert word not in data
    told.store.close()


@pytest.mark.parametrize("where", [range(100, 101), range(4096 + 100, 1 << 20, 4096)], ids=["the first", "the others"])
def test_rotten_bytes_are_reported_and_never_read(tmp_path, where):
    """A page that was changed does not open: no chart is made of it."""
    path = tmp_path / "charts.db"
    Told(path).take(*ENTRIES).store.close()
    rotten = bytearray(path.read_bytes())
    for at in where:
        if at < len(rotten):
            rotten[at] ^= 0x10
    path.write_bytes(rotten)
    with pytest.raises(StorageError):
        told = Told(path)
        told.charts.sha256()


def test_a_store_of_another_version_is_set_aside(tmp_path):
    """It is renamed, not converted and not deleted; an empty one takes its place."""
    path = tmp_path / "charts.db"
    told = Told(path).take(*ENTRIES)
    told.store._db.run("PRAGMA user_version = 99")
    told.store.close()
    assert Told(path).charts.status().entries == 0
    assert (tmp_path / "charts.db.version-99").stat().st_size > 0


def test_charts_folded_by_other_rules_are_folded_again(tmp_path, monkeypatch):
    """From the bytes in the store itself: the journals may be closed to this node by now (S1)."""
    path = tmp_path / "charts.db"
    told = Told(path).take(*ENTRIES)
    wanted, status = told.charts.sha256(), told.charts.status()
    with told.store.transaction():
        told.store.kept.set_note("rules", "an older fold")
        told.store._db.run("UPDATE charts SET head = x''")
        told.store._db.run("DELETE FROM objects")
        told.store._db.run("DELETE FROM parts")
    told.store.close()
    again = Told(path)
    assert (again.charts.sha256(), again.charts.status()) == (wanted, status)
    assert again.store.kept.note("rules") == stamp_of(Rules())
    assert not list(tmp_path.glob("*.new*"))


def test_a_store_of_the_version_before_is_folded_again_from_its_entries(tmp_path):
    """Its bytes are all that is taken: the journals may be closed to this node by now (S1)."""
    path = tmp_path / "charts.db"
    told = Told(path).take(*ENTRIES)
    wanted, status = told.charts.sha256(), told.charts.status()
    for table in ("charts", "objects", "parts"):
        told.store._db.run(f"DROP TABLE {table}")
    told.store._db.run("CREATE TABLE charts(node INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    told.store._db.run("CREATE TABLE tails(node INTEGER PRIMARY KEY, entries BLOB NOT NULL)")
    told.store._db.run("PRAGMA user_version = 3")
    told.store.close()
    again = Told(path)
    assert (again.charts.sha256(), again.charts.status()) == (wanted, status)
    again.store.close()
    assert (Told(path).charts.sha256(), [p.name for p in tmp_path.glob("*version*")]) == (wanted, [])


@pytest.mark.parametrize("step", ["set_position", "set_as_of", "add_repeat", "stands_for"])
def test_a_batch_that_fails_leaves_no_trace(tmp_path, monkeypatch, step):
    """Whatever fails half-way, charts, accounts and positions are those of before; the same batch is read then."""
    path = tmp_path / "charts.db"
    told = Told(path).take(*ENTRIES[:2])
    before = told.charts.sha256(), told.charts.status()
    rest = [*ENTRIES[2:], entry(ENTRIES[4].body, 6)]

    def fail(*_: object) -> None:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(told.store.kept, step, fail)
        with pytest.raises(StorageError):
            told.take(*rest)
    assert (told.charts.sha256(), told.charts.status()) == before
    told.take(*rest)
    whole = Told().take(*ENTRIES[:2], *rest)
    assert (told.charts.sha256(), told.charts.status()) == (whole.charts.sha256(), whole.charts.status())


@pytest.mark.req("C3")
def test_an_entry_that_defeats_us_stops_nothing(monkeypatch):
    """It is kept and counted as not charted; the ones around it are charted."""
    read = filing.Filing._file

    def defeated(self, one, reading, heard_ns):
        if one.sequence == 2:
            raise RecursionError
        read(self, one, reading, heard_ns)

    monkeypatch.setattr(filing.Filing, "_file", defeated)
    told = Told().take(*ENTRIES)
    account = told.charts.account("n-capture", 1, 5)
    assert (account.charted, account.kept_uncharted, account.duplicates) == (4, 1, 0)
    assert told.charts.entry("n-capture/2").body == ENTRIES[1].body
    assert [loss.why for loss in told.charts.loss("n-capture/2")] == ["the fold gave up on it (RecursionError)"]


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_a_reading_that_defeats_the_fold_is_passed_over_alike(monkeypatch, cut):
    """Read at once or one by one, it is a line of the chart, and the rest of the chart stands."""
    apply = folding.apply

    def defeated(chart, reading):
        apply(chart, reading)
        if reading.sequence == 2:
            raise KeyError

    monkeypatch.setattr(folding, "apply", defeated)
    at_once = Told().take(*ENTRIES)
    in_parts = Told().take(*ENTRIES[:cut]).take(*ENTRIES[cut:])
    assert at_once.charts.sha256() == in_parts.charts.sha256()
    assert at_once.charts.status() == in_parts.charts.status()
    chart = at_once.charts.chart("1")
    assert [line.ref for line in chart.unread] == ["n-capture/2"]
    assert at_once.charts.account("n-capture", 1, 5).kept_uncharted == 1


def test_a_reader_beside_sees_whole_batches(tmp_path):
    """Another connection answers while a batch is written, from before it; and cannot write."""
    path = tmp_path / "charts.db"
    told = Told(path).take(*ENTRIES[:2])
    beside = told.store.reader()
    with told.store.transaction():
        told.store.kept.set_position("n-capture", 99)
        assert beside.kept.positions() == {"n-capture": 2}
    assert beside.kept.positions() == {"n-capture": 99}
    with pytest.raises((apsw.Error, StorageError)):
        beside.kept.set_note("x", "y")
    assert KEY.hex() not in repr(vars(beside))
