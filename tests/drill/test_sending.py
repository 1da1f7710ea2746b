"""A sending system keeps its order and loses nothing, whatever the other end does.

Method: a small listener, written here, that acknowledges, is silent, answers for another message, or hangs up.
"""

import asyncio
from collections import Counter

import pytest

from contrefeu.base import ManualClock
from contrefeu.drill import Delivery, Hospital, Sent, live, send
from contrefeu.drill import sending as module
from tests.drill.wire import START_NS, Wire


class Listener:
    """Takes messages one by one; *behave* says, for the nth one, what is done with it."""

    def __init__(self, behave=lambda n, wire: "ack") -> None:
        self.behave = behave
        self.received: list[bytes] = []
        self.early = 0  # messages that came before the one before was answered
        self.connections = 0
        self.enough = asyncio.Event()
        self.wanted = 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.host, self.port = self.server.sockets[0].getsockname()[:2]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            while True:
                frame = await reader.readuntil(b"\x1c\r")
                assert frame[:1] == b"\x0b"
                body = frame[1:-2]
                self.received.append(body)
                wire = Wire(body)
                did = self.behave(len(self.received), wire)
                if did == "hang up":
                    return
                self.early += bool(reader._buffer)
                if did == "another first":
                    writer.write(_answer(wire, "AA", "NOBODYS"))
                writer.write(_answer(wire, did if len(did) == 2 else ""))
                await writer.drain()
                if self.wanted and len(self.received) >= self.wanted:
                    self.enough.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _answer(wire: Wire, code: str = "", about: str = "") -> bytes:
    code = code or ("CA" if wire.get("MSH", 15) == "AL" else "AA")
    f = wire.field
    text = f"MSH{f}{wire.text[4:8]}{f}X\rMSA{f}{code}{f}{about or wire.get('MSH', 10)}\r"
    return b"\x0b" + text.encode() + b"\x1c\r"


def _batch(hours: float = 3) -> list[Sent]:
    return list(Hospital(9, 8, "fr", START_NS).run(hours))


def _by_system(bodies) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for body in bodies:
        found.setdefault(Wire(body).get("MSH", 3), []).append(body)
    return found


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(module, "RETRY_S_MIN", 0.01)


async def _sent(behave, messages) -> tuple[Delivery, Listener]:
    async with Listener(behave) as listener:
        return await asyncio.wait_for(send(messages, listener.host, listener.port), 60), listener


def test_each_system_has_a_line_and_waits_for_its_answer():
    """As many connections as systems; on each the next message goes when the one before was answered."""
    messages = _batch()
    delivery, listener = asyncio.run(_sent(lambda n, wire: "ack", messages))
    assert _by_system(listener.received) == _by_system([sent.message for sent in messages])
    assert Counter(delivery.sent) == Counter(sent.message for sent in messages)
    assert listener.connections == len({sent.system for sent in messages})
    assert (listener.early, delivery.resent, delivery.refused) == (0, 0, ())


def test_a_broken_connection_loses_no_order():
    """The listener hangs up on every tenth message: each is sent again, the same bytes, before any other."""
    messages = _batch()
    delivery, listener = asyncio.run(_sent(lambda n, wire: "hang up" if n % 10 == 0 else "ack", messages))
    kept = {system: list(dict.fromkeys(bodies)) for system, bodies in _by_system(listener.received).items()}
    wanted = {
        system: list(dict.fromkeys(bodies)) for system, bodies in _by_system(sent.message for sent in messages).items()
    }
    assert kept == wanted
    assert delivery.resent == len(listener.received) - len(messages) > 10


def test_another_messages_answer_is_no_answer():
    """An acknowledgement counts when MSA-2 names the message."""
    messages = _batch(1)
    delivery, listener = asyncio.run(_sent(lambda n, wire: "another first", messages))
    assert Counter(listener.received) == Counter(delivery.sent) == Counter(sent.message for sent in messages)


def test_a_refusal_is_counted_and_not_repeated():
    """AE is an answer: the message is given up, as common engines do, and the next one goes."""
    messages = _batch(1)
    refuse = messages[3].message
    delivery, listener = asyncio.run(_sent(lambda n, wire: "AE" if n == 4 else "ack", messages))
    assert len(delivery.refused) == 1
    assert len(delivery.sent) == len(messages) - 1
    assert Counter(listener.received) == Counter(sent.message for sent in messages)
    assert refuse in listener.received


def test_the_wrong_mode_of_answer_is_no_acceptance():
    """A system that asked for a commit (MSH-15) is not content with AA."""
    messages = [sent for sent in _batch(1) if sent.system == "laboratory" or sent.system == "monitors"][:3]
    delivery, _ = asyncio.run(_sent(lambda n, wire: "AA", messages))
    assert (len(delivery.sent), len(delivery.refused)) == (0, 3)


def test_silence_is_answered_by_sending_again(monkeypatch):
    """No answer in time: the connection is dropped and the same bytes go again."""
    monkeypatch.setattr(module, "ACK_S_MAX", 0.1)
    messages = _batch(0.5)[:5]
    silent = {2}

    async def run():
        async def serve(reader, writer):
            while True:
                try:
                    frame = await reader.readuntil(b"\x1c\r")
                except asyncio.IncompleteReadError:
                    return
                received.append(frame[1:-2])
                if len(received) in silent:
                    continue
                writer.write(_answer(Wire(frame[1:-2])))

        received: list[bytes] = []
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        delivery = await asyncio.wait_for(send(messages, host, port), 20)
        server.close()
        return delivery, received

    delivery, received = asyncio.run(run())
    assert received.count(received[1]) >= 2
    assert _by_system(dict.fromkeys(received)) == _by_system(sent.message for sent in messages)
    assert delivery.resent == len(received) - len(messages) >= 1  # more when the machine was slow to answer


def test_nobody_there_is_said_after_a_while(monkeypatch):
    """A batch gives up with an error that says how long it tried."""
    monkeypatch.setattr(module, "GIVE_UP_S", 0.3)

    async def run():
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        server.close()
        await server.wait_closed()
        await send(_batch(0.5)[:2], host, port)

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(asyncio.wait_for(run(), 20))
    assert raised.group_contains(ConnectionError, match="no acknowledgement") or "no acknowledgement" in str(
        raised.value.exceptions[0]
    )


def test_live_tells_the_past_then_keeps_step_with_the_clock():
    """The past arrives at once; then time passes and new things do, those of that time and no others."""

    async def run():
        hospital = Hospital.for_demo(seed=3, beds=8, style="fr", now_ns=START_NS)
        past = list(Hospital.for_demo(seed=3, beds=8, style="fr", now_ns=START_NS).until(START_NS))
        clock = ManualClock(START_NS)
        async with Listener() as listener:
            listener.wanted = len(past)
            living = asyncio.create_task(live(hospital, listener.host, listener.port, clock))
            await asyncio.wait_for(listener.enough.wait(), 60)
            assert _by_system(listener.received) == _by_system(sent.message for sent in past)
            before = len(listener.received)
            listener.enough.clear()
            listener.wanted = before + 10
            clock.advance(seconds=120)
            await asyncio.wait_for(listener.enough.wait(), 20)
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            times = {Wire(body).get("MSH", 7)[:12] for body in listener.received[before:]}
            assert times <= {"202603020700", "202603020701", "202603020702"}

    asyncio.run(run())
