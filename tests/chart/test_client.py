"""The reader process is asked over a local socket, by an event loop and by commands, while it reads journals.

Method: a real journal, sealed to a key of the test; the reader runs in this event loop, its follower in its thread.
"""

import asyncio
import socket
import stat
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contrefeu.base import ManualClock, OperatorError, StorageError
from contrefeu.chart import ChartsClient, SyncChartsClient, open_charts, run_reader
from contrefeu.chart.answers import HITS_MAX, Charts
from contrefeu.chart.questions import answered
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, Draft, JournalWriter
from contrefeu.proof import Signer
from tests.chart.feeds import KEY, SETTINGS, T0_NS, admitted, merged, resulted

ACT = b'{"act":"downtime-declared","wards":[],"reason":"test","at":"2026-11-24T02:10:00.000000Z"}'


class House:
    """A folder of journals, a key that opens them, a store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journals = folder / "journals"
        self.pair, _ = KeyPair.draw("recovery")
        self.keys = DataKeys(None, recovery=self.pair)
        self.db = folder / "charts" / "charts.db"
        self.socket = folder / "charts.sock"
        self.clock = ManualClock(T0_NS)

    def append(self, *bodies: bytes, journal: str = "n-capture", media: str = MEDIA_HL7V2) -> None:
        """Append entries, durable, as the writer of *journal*."""
        writer = JournalWriter(
            self.journals, Signer(journal, bytes(32)), lambda: [self.pair.recipient], self.clock
        )  # fmt: skip
        now = self.clock.now_ns()
        writer.append([Draft("ADT@HOSP", media, body, now + n) for n, body in enumerate(bodies)])
        writer.close()
        self.clock.advance(seconds=1)

    def open(self):
        """The charts, as a command opens them."""
        return open_charts(self.db, KEY, self.journals, self.keys, SETTINGS, clock=self.clock)

    @asynccontextmanager
    async def reader(self):
        """The reader process, until the end of the block."""
        ready, stop = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(
            run_reader(
                db=self.db, key=KEY, journals=self.journals, key_of=self.keys, settings=SETTINGS,
                socket_path=self.socket, ready=ready.set, stop=stop, clock=self.clock,
            )
        )  # fmt: skip
        await asyncio.wait({task, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield
        finally:
            stop.set()
            await task


@pytest.fixture
def house(tmp_path):
    """A house with three messages and an act."""
    made = House(tmp_path)
    made.append(admitted("1", "c1", bed="12"), resulted("1", "c2", "6.0"), admitted("2", "c3", bed="2"))
    made.append(ACT, journal="n-station", media=MEDIA_ACT)
    return made


async def until_read(client: ChartsClient, entries: int) -> None:
    """Wait until the reader has read so many entries, by the question that pages ask."""
    number = -1
    async with asyncio.timeout(30):
        while number < entries:
            number = await client.changes(number, 5)


def test_what_people_do_does_not_wait_for_feeds_to_gather(house, monkeypatch):
    """Small batches wait for each other; an act ends that wait, for what came in before it too."""
    monkeypatch.setattr("contrefeu.chart.reader.GATHER_S", 60.0)

    async def main() -> None:
        async with house.reader():
            client = ChartsClient(house.socket)
            await until_read(client, 4)  # a small batch: the next one of feeds would come in a minute
            house.append(resulted("1", "c4", "4.0", order="O2"))
            house.append(ACT, journal="n-station", media=MEDIA_ACT)
            await until_read(client, 6)

    asyncio.run(main())


@pytest.mark.parametrize(("give_s", "waits"), [(60.0, True), (0.001, False)])
def test_messages_let_a_short_question_by_and_do_not_stop_for_it(house, monkeypatch, give_s, waits):
    """Between two messages whoever reads waits for a short question that is open, for so long and no longer."""
    opened, answer, status = threading.Event(), threading.Event(), Charts.status
    monkeypatch.setattr("contrefeu.chart.right_of_way.GIVE_S_MAX", give_s)

    def slow(charts: Charts):
        opened.set()
        assert answer.wait(30)
        return status(charts)

    async def main() -> None:
        async with house.reader():
            client = ChartsClient(house.socket)
            await until_read(client, 4)
            monkeypatch.setattr(Charts, "status", slow)
            asked = asyncio.create_task(client.status())
            assert await asyncio.to_thread(opened.wait, 30)
            house.append(resulted("1", "c4", "4.0", order="O2"), resulted("1", "c5", "4.1", order="O3"))
            if waits:
                assert await client.changes(4, 1.0) == 4
            else:
                await until_read(client, 6)
            answer.set()
            await asked
            await until_read(client, 6)

    asyncio.run(main())


def test_every_question_has_its_answer(house):
    """Each answer over the socket is the one that the charts give in the process."""

    async def main() -> None:
        async with house.reader():
            client = ChartsClient(house.socket)
            await until_read(client, 4)
            status = await client.status()
            assert (status.patients, status.positions) == (2, {"n-capture": 3, "n-station": 1})
            assert [ward.id for ward in await client.wards()] == ["CARD"]
            assert [row.room for row in (await client.board("CARD")).rows] == ["2", "12"]
            chart = await client.chart("1")
            assert chart is not None and chart.key == "HOSP|1"
            assert await client.chart("404") is None
            found = await client.find("dupont")
            assert [hit.id for hit in found] == [chart.id]
            of_many = [chart.id, "404", "1", *["404"] * HITS_MAX, "1"]
            assert [hit for hit in await client.hits(of_many) if hit] == found * 3
            assert (await client.hits(of_many))[1] is None
            assert await client.hits([]) == []
            entry = await client.entry("n-capture/2")
            assert entry is not None and entry.body == resulted("1", "c2", "6.0")
            assert await client.entry("n-capture/9") is None
            assert await client.loss("n-capture/2") == []
            acts = await client.acts()
            assert [act.ref for act in acts] == ["n-station/1"]
            assert await client.acts("n-station/1") == []
            assert (await client.waiting(), await client.unread()) == ([], [])
            commands = await asyncio.to_thread(_commands, house)
            with_lock = stat.S_IMODE(house.socket.stat().st_mode), stat.S_IMODE(house.db.stat().st_mode)
            client.close()
        assert with_lock == (0o600, 0o600)
        with house.open() as charts:
            direct = (
                charts.account("n-capture", 1, 3), charts.bundle("1"), charts.text("1"), charts.sha256(),
                charts.chart("1"),
            )  # fmt: skip
        assert commands == direct
        assert direct[4] == chart

    asyncio.run(main())


def _commands(house: House) -> tuple[object, ...]:
    client = SyncChartsClient(house.socket)
    try:
        found = (
            client.account("n-capture", 1, 3),
            client.bundle("1"),
            client.text("1"),
            client.sha256(),
            client.chart("1"),
        )
        done = client.export(house.folder / "out")
        assert (done.patients, done.charts_sha256) == (2, found[3])
        assert client.export(house.folder / "out").charts_sha256 == done.charts_sha256  # the older one is replaced
        with pytest.raises(OperatorError, match="something else"):
            client.export(house.folder)
        return found
    finally:
        client.close()


@pytest.mark.req("W1")
def test_pages_hear_of_a_change_at_once(house):
    """A question that waits is answered as soon as an entry was read; a journal that appears later is followed too."""

    async def main() -> None:
        async with house.reader():
            client, other = ChartsClient(house.socket), ChartsClient(house.socket)
            await until_read(client, 4)
            waiting = asyncio.create_task(client.changes(4, 20))
            await asyncio.sleep(0.05)
            assert (await other.status()).entries == 4  # answered beside the question that waits
            await asyncio.to_thread(lambda: house.append(admitted("3", "c9"), journal="m-capture"))
            assert await asyncio.wait_for(waiting, 15) == 5
            assert await other.chart("3") is not None
            assert await client.changes(4, 0.01) == 5
            assert await client.changes(5, 0.01) == 5
            client.close()
            other.close()

    asyncio.run(main())


@pytest.mark.req("C7")
def test_pages_hear_of_a_journal_that_is_not_read_on(house):
    """A damaged journal is an answer like an entry: who waits for a change hears of it, and the status names it."""

    async def main() -> None:
        async with house.reader():
            client = ChartsClient(house.socket)
            await until_read(client, 4)
            waiting = asyncio.create_task(client.changes(4, 20))
            stranger = House(house.folder / "elsewhere")
            await asyncio.to_thread(lambda: stranger.append(admitted("9", "c9"), journal="s-capture"))
            (stranger.journals / "s-capture").rename(house.journals / "s-capture")
            assert await asyncio.wait_for(waiting, 15) != 4
            assert (await client.status()).troubles == {"s-capture": "beyond-horizon"}
            client.close()

    asyncio.run(main())


def test_a_reader_ends_quietly_while_somebody_waits(house, capfd):
    """A question is open when the node stops: its connection ends, and nothing is printed."""

    async def main() -> None:
        client = ChartsClient(house.socket)
        async with house.reader():
            await until_read(client, 4)
            waiting = asyncio.create_task(client.changes(4, 30))
            await asyncio.sleep(0.1)
        with pytest.raises(OSError):
            await asyncio.wait_for(waiting, 5)
        client.close()

    asyncio.run(main())
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_reader_that_is_gone_is_said_to_be_gone(house, tmp_path):
    """The ward app hears OSError, a command StorageError; a reader that came back is asked again."""

    async def main() -> None:
        client = ChartsClient(house.socket)
        with pytest.raises(OSError):
            await client.status()
        with pytest.raises(StorageError):
            SyncChartsClient(house.socket)
        async with house.reader():
            await until_read(client, 4)
        with pytest.raises(OSError):
            await client.status()
        async with house.reader():
            assert (await client.status()).entries == 4
        client.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x03abc",
        b"\x00\x00\x00\x08\x92\xa5close\x90",
        b"\x00\x00\x00\x09\x92\xa6status\xc0",
    ],
    ids=["too long", "no question", "a method that is none", "no arguments"],
)
def test_what_is_no_question_touches_nothing(house, sent):
    """Strange bytes are refused or the line is cut, and the next one is answered."""

    async def main() -> None:
        async with house.reader():
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(10)
            line.connect(str(house.socket))
            line.sendall(sent)
            answer = await asyncio.to_thread(line.recv, 4096)
            line.close()
            assert answer == b"" or b"error" in answer
            client = ChartsClient(house.socket)
            assert (await client.status()).positions is not None
            client.close()

    asyncio.run(main())


def test_two_commands_do_not_write_at_once(house):
    """While a reader runs, its store is locked; a command that only reads never holds the lock."""
    with house.open() as first, house.open() as second:
        house.append(merged("1", "2", "c10"))
        with house.open() as third:
            assert third.status().patients == 1
        assert first.status() == second.status()


def test_questions_that_were_asked_together_hang_on_no_answer(tmp_path, monkeypatch):
    """Fewer answers than questions: each asker hears that it failed, and none waits for ever; the next is answered."""

    async def main() -> None:
        client = ChartsClient(tmp_path / "none.sock")
        short = answered([answered("v1")])

        async def answer(asked: bytes, within_s: float) -> bytes:
            return short if b"together" in asked else answered("v2")

        monkeypatch.setattr(client, "_answer", answer)
        async with asyncio.timeout(30):
            found = await asyncio.gather(client.version("1"), client.version("2"), return_exceptions=True)
            assert [type(one) for one in found] == [ValueError, ValueError]
            assert await client.version("3") == "v2"

    asyncio.run(main())
