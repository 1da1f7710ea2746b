"""Several nodes share a store on a server: one writes it, the others answer from it and take over; so may servers.

Method: readers as nodes run them, each with a lock and a socket of its own, on a real PostgreSQL (scripts/postgres.sh),
whose connections are ended as a lost machine's are; then a second server that follows the first, which is lost; and
what users of one server could do to one another.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from contrefeu.base import StorageError
from contrefeu.chart import ChartsClient, run_reader
from contrefeu.chart.stores import ChartStore, StoreTaken, place_of
from tests.chart.feeds import Told, admitted, entry, resulted
from tests.chart.test_client import SETTINGS, House, until_read
from tests.suites.postgres import SCRIPT, folder, promote, server

psycopg = pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')

from contrefeu.chart.stores.postgres import PostgresSchema, _number_of  # noqa: E402 - needs the driver

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]

_keys = count(1)
ENTRIES = [entry(admitted("1", "c1"), 1), entry(resulted("1", "c2", "6.0"), 2), entry(admitted("2", "c3"), 3)]


@pytest.fixture
def key() -> bytes:
    """Of a store that no other test has: a schema is named after it."""
    return (1_000_000 + next(_keys)).to_bytes(32, "big")


@asynccontextmanager
async def node(house: House, name: str, url: str, key: bytes) -> AsyncIterator[ChartsClient]:
    """The reader of one node; run again whenever it returns, as a node runs it."""
    stop, ready = asyncio.Event(), asyncio.Event()
    socket = house.socket.with_name(f"{name}.sock")

    async def run() -> None:
        while not stop.is_set():
            await run_reader(
                db=house.db.with_name(name) / "charts.db", key=key, journals=house.journals, key_of=house.keys,
                settings=SETTINGS, socket_path=socket, ready=ready.set, stop=stop, clock=house.clock, server=url,
            )  # fmt: skip

    task = asyncio.create_task(run())
    await asyncio.wait({task, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield ChartsClient(socket)
    finally:
        stop.set()
        await task


async def known(client: ChartsClient, entries: int) -> None:
    """Wait until the node says that so many entries were read; it may begin anew meanwhile."""
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.status()).entries >= entries:
                    return
            except (StorageError, OSError):
                pass
            await asyncio.sleep(0.1)


def end_connections(url: str, key: bytes) -> None:
    """As the server does with a machine that is gone."""
    schema = PostgresSchema(url, key).name
    with psycopg.connect(url, autocommit=True) as found:
        found.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s",
            (_number_of(schema) & 0xFFFFFFFF,),
        )


def test_one_node_writes_another_answers_and_takes_over(tmp_path: Path, postgres: str, key: bytes) -> None:
    """The second shows what the first reads; once that one ends it reads on, and nothing is read twice."""
    house = House(tmp_path)
    house.append(admitted("1", "c1"), resulted("1", "c2", "6.0"))

    async def main() -> None:
        async with node(house, "a", postgres, key) as first:
            await until_read(first, 2)
            async with node(house, "b", postgres, key) as second:
                await known(second, 2)
                house.append(admitted("2", "c3"))
                await until_read(second, 3)
                assert (await second.find("dupont")) == (await first.find("dupont"))
                end_connections(postgres, key)
                house.append(resulted("2", "c4", "4.0"))
                await known(second, 4)
                await known(first, 4)
                assert (await first.status()).positions == (await second.status()).positions == {"n-capture": 4}
                assert (await first.status()).entries == 4
        async with node(house, "b", postgres, key) as second:
            house.append(resulted("2", "c5", "4.1"))
            await known(second, 5)
            assert (await second.status()).entries == 5

    asyncio.run(main())


def test_who_was_overtaken_writes_no_more(postgres: str, key: bytes) -> None:
    """Its connection ended, another wrote and let go: nothing that it remembers from before is written."""
    place = place_of(None, key, postgres)
    first = Told(place).take(*ENTRIES[:1])
    end_connections(postgres, key)
    second = Told(place).take(*ENTRIES[:2])
    second.store.close()
    with pytest.raises(StorageError):
        first.take(*ENTRIES[1:])
    with pytest.raises(StoreTaken, match="by another process since"):
        first.take(*ENTRIES[1:])
    first.store.close()
    third = Told(place).take(*ENTRIES)
    assert third.charts.sha256() == Told().take(*ENTRIES).charts.sha256()


def test_a_second_server_that_follows_takes_the_first_ones_place(key: bytes) -> None:
    """What was committed is there; the same store, at an address that names both, goes on."""
    with folder() as one, folder() as other, server(one), server(other, replica_of=one):
        both = f"postgresql://postgres@/postgres?host={one},{other}&target_session_attrs=read-write"
        told = Told(place_of(None, key, both)).take(*ENTRIES[:2])
        subprocess.run([SCRIPT, "stop", one], check=True, stdout=subprocess.DEVNULL, timeout=60)
        promote(other)
        with pytest.raises(StorageError, match="ended the connection"):
            told.take(*ENTRIES[2:])
        assert told.charts.status().positions == {"n-capture": 2}
        told.take(*ENTRIES[2:])
        assert told.charts.sha256() == Told().take(*ENTRIES).charts.sha256()
        told.store.close()


def test_a_facilitys_stolen_credentials_touch_no_other(postgres: str, key: bytes) -> None:
    """A role and a database each: the other's is not entered; were it, no row is read, changed, dropped or renamed."""
    with psycopg.connect(postgres, autocommit=True) as admin:
        for name in ("clinic_a", "clinic_b"):
            admin.execute(f"CREATE ROLE {name} LOGIN")
            admin.execute(f"CREATE DATABASE {name} OWNER {name}")
            admin.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        at = {name: postgres.replace("postgres@/postgres", f"{name}@/{name}") for name in ("clinic_a", "clinic_b")}
        ours = PostgresSchema(at["clinic_a"], key)
        told = Told(ours).take(*ENTRIES)
        assert ours.apart() == (False, False, 0)
        assert Told(place_of(None, key[::-1], at["clinic_b"])).charts.status().entries == 0

        thief = at["clinic_b"].replace("@/clinic_b", "@/clinic_a")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(thief)
        admin.execute("GRANT CONNECT ON DATABASE clinic_a TO clinic_b")  # somebody's mistake
        name = ours.name
        with psycopg.connect(thief, autocommit=True) as found:
            for tried in (
                f"SELECT * FROM {name}.charts",
                f"DELETE FROM {name}.entries",
                f"DROP SCHEMA {name} CASCADE",
                f"ALTER SCHEMA {name} RENAME TO mine",
                f"GRANT USAGE ON SCHEMA {name} TO clinic_b",
                "CREATE SCHEMA mine",
                "SET ROLE clinic_a",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    found.execute(tried)
        with pytest.raises(StorageError):
            ChartStore(place_of(None, key, thief))  # with the key stolen too
        assert told.charts.sha256() == Told().take(*ENTRIES).charts.sha256()
        told.store.close()


def test_how_a_server_keeps_its_users_apart_is_seen(postgres: str, key: bytes) -> None:
    """A superuser in a database that all may enter."""
    superuser, open_to_all, _ = PostgresSchema(postgres, key).apart()
    assert superuser and open_to_all
