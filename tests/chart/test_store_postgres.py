"""The store on a server passes the suite, and its server learns nothing of whom it keeps.

Method: a real PostgreSQL (scripts/postgres.sh), a schema a test; then what its administrator, or its thief, could do.
"""

from itertools import count, islice
from typing import Any

import pytest

from contrefeu.base import StorageError
from contrefeu.chart.refold import stamp_of
from contrefeu.chart.stores import ChartStore, place_of
from contrefeu.chart.stores.schema import FORMER_VERSIONS, SCHEMA_VERSION
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.mapping import Rules
from tests.chart.feeds import Told, admitted, entry, merged, resulted
from tests.suites.chart_store_suite import ReadBesideSuite

psycopg = pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')

pytestmark = pytest.mark.postgres

ENTRIES = [
    entry(admitted("1", "c1"), 1),
    entry(resulted("1", "c2", "6.0"), 2),
    entry(admitted("2", "c3"), 3),
    entry(merged("1", "2", "c4"), 4),
    entry(resulted("2", "c5", "4.0", order="other"), 5),
]
_keys = count(1)


@pytest.fixture
def place(postgres):
    """Where no store lies yet: a schema is named after its key."""
    return place_of(None, next(_keys).to_bytes(32, "big"), postgres)


@pytest.fixture
def server(postgres, place):
    """The administrator's own connection, looking at that schema."""
    with psycopg.connect(postgres, autocommit=True) as found:
        found.execute(f"SET search_path = {place.name}")
        yield found


class TestOnAServer(ReadBesideSuite):
    """The store of a node whose charts lie on a server."""

    @pytest.fixture(autouse=True)
    def _place(self, place):
        self.place = place

    def told(self):
        """An empty store."""
        return Told(self.place)


def _dump(server: Any) -> bytes:
    """Every value of every table, as the server has it."""
    tables = [
        name
        for (name,) in server.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = current_schema()")
    ]
    found = []
    for table in tables:
        for row in server.execute(f"SELECT * FROM {table}"):
            found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    assert len(tables) >= 20
    return b"\n".join(found)


def test_the_same_entries_give_the_same_charts_as_in_a_file(place):
    """Some hours of a hospital's messages, in batches: one hash, one account, one board."""
    sent = Hospital.for_drill(seed=3, beds=4, style="fr", now_ns=START_NS).run(hours=2)
    entries = [entry(one.message, n) for n, one in enumerate(islice(sent, 1200), 1)]
    ours, plain = Told(place), Told()
    for at in range(0, len(entries), 97):
        ours.take(*entries[at : at + 97]).reopened()
        plain.take(*entries[at : at + 97])
    assert ours.charts.sha256() == plain.charts.sha256()
    assert ours.charts.status() == plain.charts.status()
    assert ours.charts.wards() == plain.charts.wards()
    hits = plain.charts.find("j", 50)
    assert [ours.charts.find(hit.name) for hit in hits] == [plain.charts.find(hit.name) for hit in hits]
    at_ns = entries[len(entries) // 2].received_ns
    assert ours.charts.sha256(at_ns) == plain.charts.sha256(at_ns)


def test_the_server_sees_no_name_no_number_and_no_content(place, server):
    """Nor a ward, a bed, a sender, an id that a number would give, or a hash that a guess would give."""
    told = Told(place).take(*ENTRIES)
    chart = told.charts.chart("1")
    dump = _dump(server)
    words = ["DUPONT", "dupont", "JEAN1", "HOSP", "CARD", "19500312", "Potassium", "mmol", "n-capture", chart.id]
    assert [word for word in words if word.encode() in dump] == []
    plain = Told().take(*ENTRIES).store._db.rows("SELECT control FROM repeats UNION SELECT body FROM repeats")
    keyed = server.execute("SELECT control FROM repeats UNION SELECT body FROM repeats").fetchall()
    assert set(keyed).isdisjoint(plain)


def test_a_row_under_another_row_is_caught(place, server):
    """The server cannot give one patient the chart, or the name, of another."""
    told = Told(place).take(entry(admitted("1", "c1"), 1), entry(admitted("2", "c2"), 2))
    first, second = told.store.folded.roots()
    for table, column in (("charts", "head"), ("people", "hit")):
        swap = f"UPDATE {table} SET {column} = (SELECT {column} FROM {table} WHERE node = %s) WHERE node = %s"
        server.execute(swap, (first, second))
    with pytest.raises(StorageError, match="is damaged"):
        told.charts.sha256()
    with pytest.raises(StorageError, match="is damaged"):
        told.charts.find("jean2")


@pytest.mark.parametrize("table, column", [("nodes", "text"), ("parts", "body"), ("bodies", "body"), ("meta", "value")])
def test_a_changed_byte_is_reported_and_never_read(place, server, table, column):
    """No chart is made of what somebody wrote there."""
    Told(place).take(*ENTRIES).store.close()
    server.execute(f"UPDATE {table} SET {column} = set_byte({column}, 14, get_byte({column}, 14) # 1)")
    with pytest.raises(StorageError, match="is damaged"):
        told = Told(place)
        told.charts.sha256()
        told.charts.numbers("1")
        told.charts.entry("n-capture/1")


def test_another_key_finds_an_empty_store_and_leaves_the_first(postgres, place):
    """A restored home has a key of its own: it fills its own tables beside those of the home that was attacked."""
    told = Told(place).take(*ENTRIES)
    wanted = told.charts.sha256()
    other = Told(place_of(None, next(_keys).to_bytes(32, "big"), postgres))
    assert other.charts.status().entries == 0
    assert other.take(*ENTRIES).charts.sha256() == wanted == told.charts.sha256()


def test_a_store_opens_as_it_was_left(place):
    """Charts are folded on from what was written; what was read is not read again."""
    first = Told(place).take(*ENTRIES[:3])
    wanted = first.charts.sha256()
    first.store.close()
    second = Told(place)
    assert second.charts.sha256() == wanted
    assert second.charts.status().positions == {"n-capture": 3}
    assert second.take(*ENTRIES).charts.sha256() == Told().take(*ENTRIES).charts.sha256()


def test_charts_folded_by_other_rules_are_folded_again(place, server):
    """From the bytes in the store itself; the new tables take the place of the old ones."""
    told = Told(place).take(*ENTRIES)
    wanted, status = told.charts.sha256(), told.charts.status()
    with told.store.transaction():
        told.store.kept.set_note("rules", "an older fold")
    server.execute("DELETE FROM objects")
    server.execute("DELETE FROM parts")
    told.store.close()
    again = Told(place)
    assert (again.charts.sha256(), again.charts.status()) == (wanted, status)
    assert again.store.kept.note("rules") == stamp_of(Rules())
    schemas = [name for (name,) in server.execute("SELECT nspname FROM pg_namespace") if name.startswith(place.name)]
    assert schemas == [place.name]


@pytest.mark.parametrize("version", [FORMER_VERSIONS[0], FORMER_VERSIONS[-1]])
def test_a_store_of_a_former_version_is_folded_again_from_its_entries(place, server, version):
    """Tables that it lacked are made, with what its entries say; how far it read is kept, and it is read on."""
    Told(place).take(*ENTRIES[:4]).store.close()
    server.execute(f"UPDATE version SET number = {version}")
    server.execute("DROP TABLE listed, looks, corrected, agenda, work, parts")
    again = Told(place)
    assert again.charts.status().positions == {"n-capture": 4}
    assert again.take(*ENTRIES[4:]).charts.sha256() == Told().take(*ENTRIES).charts.sha256()
    assert server.execute("SELECT number FROM version").fetchone() == (SCHEMA_VERSION,)


def test_a_store_of_another_version_is_set_aside(place, server):
    """It gets another name and is not deleted; an empty one takes its place."""
    Told(place).take(*ENTRIES).store.close()
    server.execute("UPDATE version SET number = 99")
    assert Told(place).charts.status().entries == 0
    (kept,) = server.execute(f"SELECT count(*) FROM {place.name}_version_99.entries").fetchone()
    assert kept == len(ENTRIES)


def test_one_process_writes_and_others_read_whole_batches(place):
    """A second writer is refused, wherever it runs; a reader sees the state before a batch, and cannot write."""
    told = Told(place).take(*ENTRIES[:2])
    with pytest.raises(StorageError, match="is being written by another process"):
        ChartStore(place)
    beside = told.store.reader()
    with told.store.transaction():
        told.store.kept.set_position("n-capture", 99)
        assert beside.kept.positions() == {"n-capture": 2}
    assert beside.kept.positions() == {"n-capture": 99}
    with pytest.raises(StorageError, match="cannot be written"):
        beside.kept.set_note("x", "y")
    beside.close()
    told.store.close()
    ChartStore(place).close()


@pytest.mark.parametrize("step", ["set_position", "set_as_of", "add_repeat", "stands_for"])
def test_a_batch_that_fails_leaves_no_trace(place, monkeypatch, step):
    """Whatever fails half-way, charts, accounts and positions are those of before; the same batch is read then."""
    told = Told(place).take(*ENTRIES[:2])
    before = told.charts.sha256(), told.charts.status()
    rest = [*ENTRIES[2:], entry(ENTRIES[4].body, 6)]

    def fail(*_: object) -> None:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(told.store.kept, step, fail)
        with pytest.raises(StorageError):
            told.take(*rest)
    assert (told.charts.sha256(), told.charts.status()) == before
    whole = Told().take(*ENTRIES[:2], *rest)
    told.take(*rest)
    assert (told.charts.sha256(), told.charts.status()) == (whole.charts.sha256(), whole.charts.status())


def test_a_server_that_ends_the_connection_loses_nothing(place, server):
    """The batch does not count; the same store, connected again, goes on from before it."""
    told = Told(place).take(*ENTRIES[:2])
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'contrefeu' AND pid <> pg_backend_pid()"
    )
    with pytest.raises(StorageError, match="ended the connection") as found:
        told.take(*ENTRIES[2:])
    assert "DUPONT" not in str(found.value) and found.value.__cause__ is None
    assert told.charts.status().positions == {"n-capture": 2}
    assert told.take(*ENTRIES[2:]).charts.sha256() == Told().take(*ENTRIES).charts.sha256()
    with pytest.raises(StorageError, match="is being written by another process"):
        ChartStore(place)  # its lock too was taken again


def test_dictionaries_are_trained_and_sealed(place, server, monkeypatch):
    """A dictionary holds names: it stands in the store as everything else does, and opens what it packed."""
    monkeypatch.setattr("contrefeu.chart.stores.store.TRAIN_AFTER", 100)
    monkeypatch.setattr("contrefeu.chart.stores.compress.TRAIN_SAMPLES", 100)
    entries = [entry(admitted(str(n), f"c{n}"), n) for n in range(1, 300)]
    told = Told(place).take(*entries[:200]).take(*entries[200:])
    trained = [bytes(kept) for (kept,) in server.execute("SELECT bytes FROM dictionaries")]
    assert trained and all(b"MARTIN" not in kept for kept in trained)
    wanted = told.charts.sha256()
    told.store.close()
    assert Told(place).charts.sha256() == wanted
