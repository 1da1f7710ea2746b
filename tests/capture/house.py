"""A listener on a real socket over a real journal in a folder of the test's own."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from contrefeu.base import ManualClock
from contrefeu.capture import Intake, MllpListener
from contrefeu.custody import KeyPair
from contrefeu.journal import Entry, JournalFiles, JournalReader, JournalWriter
from contrefeu.proof import Signer

JOURNAL = "drill/test-capture"
PAIR, SEED = KeyPair.draw("recovery")


@dataclass
class House:
    """What a test holds."""

    folder: Path
    writer: JournalWriter
    intake: Intake
    listener: MllpListener
    address: tuple[str, int]

    def entries(self) -> list[Entry]:
        """All that is in the journal."""
        files = JournalFiles.of(self.folder, JOURNAL)
        reader = JournalReader(files, lambda header: PAIR.open(header.keys[0].sealed, header.origin, header.segment))
        with contextlib.closing(reader):
            return [entry for frame in reader.after(0) for entry in frame]


@contextlib.asynccontextmanager
async def house(folder: Path, **options: object) -> AsyncIterator[House]:
    """Open a listener; close it and its journal after."""
    clock = ManualClock()
    writer = JournalWriter(folder, Signer(JOURNAL, b"\x01" * 32), lambda: [PAIR.recipient], clock)
    intake = Intake(writer, clock)
    settings = {"message_bytes_max": 1 << 20, "connections_max": 64, "refuse": ()} | options
    listener = MllpListener(intake, **settings)  # type: ignore[arg-type]
    address = await listener.listen("127.0.0.1", 0)
    try:
        yield House(folder, writer, intake, listener, address)
    finally:
        listener.close()
        await asyncio.sleep(0.02)
        intake.close()


class Syncs:
    """Counts the syncs of this process, from `counting` on."""

    def __init__(self) -> None:
        self.count = 0

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count while the block runs."""
        real = os.fdatasync

        def counted(fd: int) -> None:
            self.count += 1
            real(fd)

        os.fdatasync = counted
        try:
            yield
        finally:
            os.fdatasync = real


class Sender:
    """One connection of a sending system."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, address: tuple[str, int]) -> "Sender":
        """Connect."""
        return cls(*await asyncio.open_connection(*address))

    async def send(self, body: bytes) -> bytes:
        """Send a message and wait for one acknowledgement."""
        self.writer.write(b"\x0b" + body + b"\x1c\r")
        return await self.answer()

    async def answer(self) -> bytes:
        """One framed answer, without its frame."""
        framed = await asyncio.wait_for(self.reader.readuntil(b"\x1c\r"), 5)
        assert framed.startswith(b"\x0b")
        return framed[1:-2]

    async def is_closed(self) -> bool:
        """Whether the other side closed without another byte."""
        return await asyncio.wait_for(self.reader.read(1), 5) == b""

    def close(self) -> None:
        """Hang up."""
        self.writer.close()
