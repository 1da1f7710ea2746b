"""An MLLP receiver with nothing around it: uvloop, a split at the end mark, MSH-10, an answer. What peers are made of.

bare      answers at once and keeps nothing: what the sockets, the loop and the client cost alone
synced    appends what came in one turn of the loop to a file, in clear and without proof, syncs, answers: what is left
          to anybody in Python who keeps messages before answering
sqlite    commits each message to SQLite (WAL, synchronous=FULL) before its answer
postgres  commits each message to PostgreSQL (synchronous_commit=on) before its answer; asyncpg, POOL connections

python -m bench.peers.receiver bare | synced FILE | sqlite FILE | postgres SOCKET_FOLDER PORT
"""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

import uvloop

RESERVED_BYTES = 4 << 20  # written ahead with zeros, as ours does: a sync then waits for data alone
POOL = 32  # connections to PostgreSQL: as many commits as one write of its log can carry for 32 senders
TABLE = "CREATE TABLE message (id {key}, received double precision, control_id text, body {bytes})"
ANSWER = b"\x0bMSH|^~\\&|CF|CHU|LABO|CHU|20261124030000||ACK|%b|P|2.5\rMSA|AA|%b\r\x1c\r"

Keep = Callable[[bytes, bytes, Callable[[], None]], None]
"""Keeps a message (control id, body), then calls back."""


class _Connection(asyncio.Protocol):
    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *bodies, self._rest = (self._rest + data).split(b"\x1c\r")
        for body in bodies:
            control_id = body.split(b"|", 10)[9]
            self._keep(control_id, body[1:], lambda control_id=control_id: self._answer(control_id))

    def _answer(self, control_id: bytes) -> None:
        self._transport.write(ANSWER % (control_id, control_id))


def _nothing(_control_id: bytes, _body: bytes, done: Callable[[], None]) -> None:
    done()


class _Synced:
    """One write and one sync for all that came in one turn of the loop."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._end = self._reserved = 0
        self._waiting: list[tuple[bytes, Callable[[], None]]] = []

    def keep(self, _control_id: bytes, body: bytes, done: Callable[[], None]) -> None:
        self._waiting.append((body, done))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._commit)

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        data = b"".join([body for body, _ in waiting])
        while self._end + len(data) > self._reserved:
            self._reserved += os.pwrite(self._fd, bytes(RESERVED_BYTES), self._reserved)
        os.pwrite(self._fd, data, self._end)
        os.fdatasync(self._fd)
        self._end += len(data)
        for _, done in waiting:
            done()


def _sqlite(path: str) -> Keep:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(TABLE.format(key="INTEGER PRIMARY KEY", bytes="blob"))
    now = asyncio.get_running_loop().time

    def keep(control_id: bytes, body: bytes, done: Callable[[], None]) -> None:
        database.execute("INSERT INTO message VALUES (NULL, ?, ?, ?)", (now(), control_id.decode(), body))
        done()

    return keep


async def _postgres(folder: str, port: str) -> Keep:
    import asyncpg  # noqa: PLC0415 - only where it is installed

    pool = await asyncpg.create_pool(host=folder, port=int(port), user="postgres", min_size=POOL, max_size=POOL)
    assert await pool.fetchval("SHOW synchronous_commit") == "on"
    assert await pool.fetchval("SHOW fsync") == "on"
    await pool.execute(TABLE.format(key="bigserial PRIMARY KEY", bytes="bytea"))
    now = asyncio.get_running_loop().time
    running: set[asyncio.Task[None]] = set()

    async def insert(control_id: bytes, body: bytes, done: Callable[[], None]) -> None:
        await pool.execute(
            "INSERT INTO message (received, control_id, body) VALUES ($1, $2, $3)", now(), control_id.decode(), body
        )
        done()

    def keep(control_id: bytes, body: bytes, done: Callable[[], None]) -> None:
        task = asyncio.ensure_future(insert(control_id, body, done))
        running.add(task)
        task.add_done_callback(running.discard)

    return keep


async def _serve(kind: str, *where: str) -> None:
    keep: Keep = _nothing
    if kind == "synced":
        keep = _Synced(*where).keep
    elif kind == "sqlite":
        keep = _sqlite(*where)
    elif kind == "postgres":
        keep = await _postgres(*where)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(keep), "127.0.0.1", 0, backlog=1024)
    print("ready", *server.sockets[0].getsockname(), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve(*sys.argv[1:]))
