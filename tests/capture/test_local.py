"""The local socket takes entries from the node's other processes, whole or not at all, and from nobody else.

Method: real sockets; clients that are many, large, rude, slow, cancelled, or die half-way.
"""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.base import OperatorError, StorageError
from contrefeu.capture import LocalAppender, LocalJournal, LocalServer
from contrefeu.capture.local import REQUEST_BYTES_MAX
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_OTHER, Draft, EntryTooLong, JournalFailed
from tests.capture.house import JOURNAL, House, house


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[House, Path]]:
    """A house with its local socket."""
    folder.mkdir(exist_ok=True)
    async with house(folder / "journals") as h:
        server = LocalServer(h.intake, lambda: {"sequence": h.intake.sequence})
        path = folder / "run" / "s"
        await server.listen(path)
        try:
            yield h, path
        finally:
            server.close()


def test_only_the_nodes_own_account_may_knock(tmp_path: Path) -> None:
    """The socket lies in a folder that its owner alone may enter; what a dead process left there is replaced."""

    async def story() -> None:
        async with served(tmp_path) as (_, path):
            assert stat.S_ISSOCK(path.stat().st_mode)
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert path.exists()
        async with served(tmp_path) as (_, path):
            assert stat.S_ISSOCK(path.stat().st_mode)

    asyncio.run(story())


def test_clients_of_both_kinds_append_and_ask(tmp_path: Path) -> None:
    """Commands and event loops, eight at once: each gets its own sequences, each body is there byte for byte."""

    def command(path: Path, n: int) -> range:
        journal = LocalJournal(path, JOURNAL)
        try:
            assert journal.state()["sequence"] >= 0
            return journal.append([Draft(f"c{n}", MEDIA_OTHER, bytes([n]) * k, k) for k in range(3)])
        finally:
            journal.close()

    async def story() -> None:
        async with served(tmp_path) as (h, path):
            appender = LocalAppender(path, JOURNAL)
            given = await asyncio.gather(
                *(asyncio.to_thread(command, path, n) for n in range(8)),
                *(appender.append("web", MEDIA_OTHER, b"w%d" % n, n) for n in range(8)),
            )
            entries = {entry.sequence: entry for entry in h.entries()}
            assert sorted(entries) == list(range(1, 8 * 3 + 8 + 1))
            for n, sequences in enumerate(given[:8]):
                assert isinstance(sequences, range)
                found = [(entries[s].source, entries[s].body, entries[s].received_ns) for s in sequences]
                assert found == [(f"c{n}", bytes([n]) * k, k) for k in range(3)]
            for n, ref in enumerate(given[8:]):
                assert isinstance(ref, str)
                assert entries[int(ref.rpartition("/")[2])].body == b"w%d" % n
            assert (await appender.state())["sequence"] == len(entries)

    asyncio.run(story())


def test_the_longest_entry_passes_and_a_longer_one_is_refused(tmp_path: Path) -> None:
    """64 MiB in one request; above, the client hears it and the next request is served."""
    longest = bytes(ENTRY_BODY_BYTES_MAX)

    async def story() -> None:
        async with served(tmp_path) as (h, path):
            appender = LocalAppender(path, JOURNAL)
            assert await appender.append("web", MEDIA_OTHER, longest, 1) == f"{JOURNAL}/1"
            with pytest.raises(EntryTooLong):
                await appender.append("web", MEDIA_OTHER, longest + b"x", 1)
            assert await appender.append("web", MEDIA_OTHER, b"x", 1) == f"{JOURNAL}/2"
            assert len(h.entries()[0].body) == len(longest)

    asyncio.run(story())


@settings(max_examples=40)  # each opens sockets and a journal
@given(request=st.binary(max_size=40))
def test_garbage_is_refused_and_keeps_nothing(request: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any bytes: no entry, no crash, and the next client is served."""

    async def story() -> None:
        async with served(tmp_path_factory.mktemp("g")) as (h, path):
            _, writer = await asyncio.open_unix_connection(path)
            writer.write(len(request).to_bytes(4, "big") + request)
            _, other = await asyncio.open_unix_connection(path)
            other.write((REQUEST_BYTES_MAX + 1).to_bytes(4, "big") + request)
            assert await LocalAppender(path, JOURNAL).append("web", MEDIA_OTHER, b"x", 1) == f"{JOURNAL}/1"
            assert len(h.entries()) == 1
            writer.close()
            other.close()

    asyncio.run(story())


def test_a_client_that_dies_half_way_leaves_nothing(tmp_path: Path) -> None:
    """Half a request is no request."""

    async def story() -> None:
        async with served(tmp_path) as (h, path):
            _, writer = await asyncio.open_unix_connection(path)
            writer.write((1000).to_bytes(4, "big") + b"half")
            await writer.drain()
            writer.transport.abort()
            await LocalAppender(path, JOURNAL).append("web", MEDIA_OTHER, b"x", 1)
            assert [entry.body for entry in h.entries()] == [b"x"]

    asyncio.run(story())


def test_an_answer_is_never_anothers(tmp_path: Path) -> None:
    """A request that is cancelled half-way takes its connection with it: the next one hears its own answer."""

    async def story() -> None:
        async with served(tmp_path) as (h, path):
            appender = LocalAppender(path, JOURNAL)
            await appender.append("web", MEDIA_OTHER, b"1", 1)
            task = asyncio.create_task(appender.append("web", MEDIA_OTHER, b"2", 1))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            ref = await appender.append("web", MEDIA_OTHER, b"3", 1)
            entries = {entry.ref: entry.body for entry in h.entries()}
            assert entries[ref] == b"3"

    asyncio.run(story())


def test_a_restarted_writer_is_found_again(tmp_path: Path) -> None:
    """The first request after a restart of the other process is served; while it is away, an error says so."""

    async def story() -> None:
        async with served(tmp_path) as (_, path):
            appender = LocalAppender(path, JOURNAL)
            await appender.append("web", MEDIA_OTHER, b"1", 1)
            streams = appender._streams
            assert streams is not None
        streams[1].transport.abort()  # what the end of that process does to its connections
        with pytest.raises(StorageError, match="does not answer"):
            await appender.append("web", MEDIA_OTHER, b"2", 1)
        async with served(tmp_path) as (_, path):
            assert await appender.append("web", MEDIA_OTHER, b"3", 1) == f"{JOURNAL}/2"

    asyncio.run(story())
    with pytest.raises(StorageError, match="does not answer"):
        LocalJournal(tmp_path / "s", JOURNAL)


def test_a_disk_that_refuses_is_told_to_the_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an error of its own, with its three answers."""

    async def story() -> None:
        async with served(tmp_path) as (h, path):

            def refuse(drafts: object) -> range:
                raise JournalFailed("It cannot.", safe="All.", next="Wait.")

            monkeypatch.setattr(h.writer, "append", refuse)
            with pytest.raises(JournalFailed, match="It cannot") as failed:
                await LocalAppender(path, JOURNAL).append("web", MEDIA_OTHER, b"x", 1)
            assert (failed.value.safe, failed.value.next) == ("All.", "Wait.")
            assert h.intake.trouble
            monkeypatch.undo()

    asyncio.run(story())


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    """Not an error of the kernel's that names nothing."""

    async def story() -> None:
        async with house(tmp_path / "j") as h:
            with pytest.raises(OperatorError, match="too long"):
                await LocalServer(h.intake, dict).listen(tmp_path / ("x" * 120))

    asyncio.run(story())
