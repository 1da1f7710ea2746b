"""Answering the group: whoever shows a key on file is given the facility's last note, and the connection ends.

Rules kept here:
  * Nothing that the other side says is read: there is no question to get wrong.
  * What stands here are numbers that another process wrote (`tell`): no key of this process opens a journal or a chart.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from contrefeu.base import OperatorError
from contrefeu.group.asking import NOTHING, PROTOCOL
from contrefeu.proof import ProofMismatch, Verifier
from contrefeu.vault import NotPinned, peer_of, tls_context

GREETING_S = 5.0  # for a handshake: a slow line across a country takes a second
SENDING_S = 10.0  # for a note: half a megabyte at the speed of an old modem line is given up
CONNECTIONS_MAX = 32  # at once: a group has a few who ask


class GroupAnswers:
    """The listener."""

    def __init__(self, seed: bytes, askers: Sequence[str], note: Callable[[], bytes]) -> None:
        """Answer *askers*, lines of public keys, with what *note* gives: b"" while there is nothing to say.

        Raises:
            OperatorError: A line is no key, or there is none.
        """
        try:
            self._known = [Verifier.parse(line).public for line in askers]
        except ProofMismatch:
            raise _wrong("One of `group.askers` is no key.") from None
        if not self._known:
            raise _wrong("`group.listen` is set, and `group.askers` names nobody.")
        self._context = tls_context(seed, self._known, server=True, protocol=PROTOCOL)
        self._note = note
        self._open = 0
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Begin; returns the address."""
        self._server = await asyncio.start_server(
            self._answer, host, port, ssl=self._context, ssl_handshake_timeout=GREETING_S
        )
        found = self._server.sockets[0].getsockname()
        return found[0], found[1]

    def close(self) -> None:
        """End."""
        if self._server is not None:
            self._server.close()

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            peer_of(writer.get_extra_info("ssl_object"), self._known, PROTOCOL)
            if self._open <= CONNECTIONS_MAX:
                async with asyncio.timeout(SENDING_S):
                    writer.write(self._note() or NOTHING)
                    await writer.drain()
                    writer.close()
                    await writer.wait_closed()
        except (NotPinned, OSError, TimeoutError):
            pass  # the other side is not one of ours, or is gone: there is nobody to tell
        finally:
            self._open -= 1
            with contextlib.suppress(OSError):
                writer.transport.abort()


def _wrong(what: str) -> OperatorError:
    return OperatorError(
        what, safe="Nobody of the group is answered.", next="contrefeu group key, where the group is seen, prints one."
    )
