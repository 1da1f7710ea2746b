"""Asking every facility at once, and waiting for none.

Rules kept here:
  * All have the same few tenths of a second: who answers later is silent this time.
  * Over the wire both sides show a key that the other has on file, and the note is signed all the same: what is shown
    is what that facility said, whoever carried it.
  * Nothing is sent but the greeting: a facility that is taken over learns nothing by being asked.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from contrefeu.group.members import Member
from contrefeu.group.told import TOLD_BYTES_MAX, FacilityTold, open_told
from contrefeu.proof import ProofMismatch
from contrefeu.vault import NotPinned, peer_of, tls_context

PROTOCOL = "contrefeu-group/1"  # ALPN
DEADLINE_S = 0.8  # for all together: a page of a hundred facilities within a second
NOTHING = b"-\n"  # what a facility sends whose node has not counted yet
Problem = Literal["", "no-answer", "not-known-there", "another-key", "unreadable", "no-file", "nothing-said"]


class Answer(NamedTuple):
    """What came of asking one."""

    told: FacilityTold | None
    problem: Problem = ""


async def ask_all(members: Sequence[Member], seed: bytes, *, deadline_s: float = DEADLINE_S) -> Mapping[str, Answer]:
    """Ask *members* with the key of *seed*; by name, what each answered within *deadline_s*."""
    keys = [member.verifier.public for member in members if member.address]
    context = tls_context(seed, keys, server=False, protocol=PROTOCOL)
    asked = [asyncio.ensure_future(_ask(member, context)) for member in members]
    if asked:
        await asyncio.wait(asked, timeout=deadline_s)
    found = {}
    for member, task in zip(members, asked, strict=True):
        late = not task.done()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        found[member.name] = Answer(None, "no-answer") if late else task.result()
    return found


async def _ask(member: Member, context: ssl.SSLContext) -> Answer:
    try:
        note = await (_over_the_wire(member, context) if member.address else _brought(member.file))
        return Answer(None, "nothing-said") if note == NOTHING else Answer(open_told(note, member.verifier))
    except ProofMismatch:
        return Answer(None, "unreadable")
    except (NotPinned, ssl.SSLError):  # another facility's key, or something there that is no facility
        return Answer(None, "another-key")
    except _NotKnown:
        return Answer(None, "not-known-there")
    except FileNotFoundError:
        return Answer(None, "no-file")
    except (OSError, EOFError):
        return Answer(None, "no-answer")


class _NotKnown(Exception):
    """It hung up without a word: our key is not on file there."""


async def _over_the_wire(member: Member, context: ssl.SSLContext) -> bytes:
    assert member.address is not None
    host, port = member.address
    reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=TOLD_BYTES_MAX)
    try:
        # The context takes any key of the group: this must be the one of this facility.
        peer_of(writer.get_extra_info("ssl_object"), [member.verifier.public], PROTOCOL)
        note = b""
        while len(note) <= TOLD_BYTES_MAX and (part := await reader.read(TOLD_BYTES_MAX)):
            note += part
        if not note:
            raise _NotKnown
        return note
    except ssl.SSLError:  # TLS 1.3: that our key is refused is heard once the greeting is over
        raise _NotKnown from None
    finally:
        writer.transport.abort()  # nothing is left to say; a facility that hangs is not waited for


async def _brought(file: str) -> bytes:
    """Read a note in a thread that nobody waits for: a share that hangs, hangs alone."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[bytes] = loop.create_future()

    def settle(note: bytes, trouble: OSError | None) -> None:
        if found.done():
            return  # it came too late
        found.set_result(note) if trouble is None else found.set_exception(trouble)

    def read() -> None:
        note, trouble = b"", None
        try:
            with Path(file).open("rb") as stream:
                note = stream.read(TOLD_BYTES_MAX + 1)
        except OSError as refused:
            trouble = refused
        with contextlib.suppress(RuntimeError):  # the command is over
            loop.call_soon_threadsafe(settle, note, trouble)

    threading.Thread(target=read, daemon=True).start()
    return await found
