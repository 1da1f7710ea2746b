"""python-hl7's asyncio server: parses each message and answers with the acknowledgement it makes; keeps nothing."""

import asyncio
import contextlib
import sys

import hl7.mllp
import uvloop


async def _serve() -> None:
    async def receive(reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                message = await reader.readmessage()
                writer.writemessage(message.create_ack())
                await writer.drain()

    server = await hl7.mllp.start_hl7_server(receive, "127.0.0.1", 0, encoding="latin-1")
    print("ready", *server.sockets[0].getsockname(), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve())
