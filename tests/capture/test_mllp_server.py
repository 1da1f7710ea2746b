"""The listener keeps first and acknowledges after, whatever arrives and however it arrives.

Method: real sockets against a real journal; the disk is made to refuse by breaking fdatasync under the writer.
"""

import asyncio
import errno
import os
import socket
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.hl7 import acknowledgement_codes
from contrefeu.journal import MEDIA_HL7V2, MEDIA_OTHER, Draft
from tests.capture.house import Sender, Syncs, house


def message(control_id: str, accept: str = "", application: str = "") -> bytes:
    """A small admission."""
    return (
        f"MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124030000||ADT^A01^ADT_A01|{control_id}|T|2.5|||{accept}|{application}\r"
        "PID|1||123^^^CHU^PI||ESSAI^ADA\r"
    ).encode()


@pytest.mark.req("C1", "F28")
def test_an_acknowledgement_follows_its_entry(tmp_path: Path) -> None:
    """When AA arrives the entry is in the journal, byte for byte, under its sender's name."""

    async def story() -> None:
        async with house(tmp_path) as h:
            sender = await Sender.to(h.address)
            answer = await sender.send(message("A-1"))
            assert b"\rMSA|AA|A-1" in answer
            (entry,) = h.entries()
            assert (entry.source, entry.media_type, entry.body) == ("CPAGE@CHU", MEDIA_HL7V2, message("A-1"))
            sender.close()

    asyncio.run(story())


@pytest.mark.req("C7")
def test_the_listener_knows_who_has_a_connection_open(tmp_path: Path) -> None:
    """Whoever spoke on one, an interface engine under several names; nobody once it is closed."""

    async def story() -> None:
        async with house(tmp_path) as h:
            engine, other = await Sender.to(h.address), await Sender.to(h.address)
            assert h.listener.senders == set(), "a connection on which nobody spoke is nobody's"
            for name in (b"CPAGE", b"LABO", b"CPAGE"):
                await engine.send(message("A-1").replace(b"CPAGE", name))
            await other.send(message("A-1").replace(b"CPAGE", b"PACS"))
            assert h.listener.senders == {"CPAGE@CHU", "LABO@CHU", "PACS@CHU"}
            engine.close()
            async with asyncio.timeout(30):
                while h.listener.counts.connections > 1:
                    await asyncio.sleep(0.01)
            assert h.listener.senders == {"PACS@CHU"}
            other.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("accept", "application", "codes"),
    [
        ("", "", ("AA",)),
        ("AL", "NE", ("CA",)),
        ("NE", "AL", ("AA",)),
        ("AL", "AL", ("CA", "AA")),
        ("SU", "", ("CA",)),
        ("NE", "NE", ()),
        ("ER", "ER", ()),
    ],
)
def test_acknowledgement_modes(accept: str, application: str, codes: tuple[str, ...], tmp_path: Path) -> None:
    """MSH-15 and MSH-16 choose the answers (HL7 v2.9, 2.9.2 and 2.9.3; table 0155)."""
    assert acknowledgement_codes(accept, application) == codes

    async def story() -> None:
        async with house(tmp_path) as h:
            sender = await Sender.to(h.address)
            sender.writer.write(b"\x0b" + message("M-1", accept, application) + b"\x1c\r")
            for code in codes:
                assert f"\rMSA|{code}|M-1".encode() in await sender.answer()
            sender.writer.write(b"\x0b" + message("M-2") + b"\x1c\r")
            assert b"\rMSA|AA|M-2" in await sender.answer(), "and nothing else came between"
            sender.close()

    asyncio.run(story())


@pytest.mark.req("C2", "F28")
def test_a_disk_that_refuses_gets_no_answer_and_a_closed_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No AE, no false AA: the sender keeps its message; when the disk is back its next attempt succeeds."""

    async def story() -> None:
        async with house(tmp_path) as h:
            sender = await Sender.to(h.address)
            await sender.send(message("A-1"))
            real = os.fdatasync

            def refuse(fd: int) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            monkeypatch.setattr(os, "fdatasync", refuse)
            monkeypatch.setattr(os, "fsync", refuse)
            sender.writer.write(b"\x0b" + message("A-2") + b"\x1c\r")
            assert await sender.is_closed()
            assert h.intake.trouble == "No space left on device"
            monkeypatch.undo()
            assert os.fdatasync is real

            again = await Sender.to(h.address)
            assert b"\rMSA|AA|A-2" in await again.send(message("A-2"))
            assert h.intake.trouble == ""
            bodies = [entry.body for entry in h.entries()]
            assert bodies == [message("A-1"), message("A-2")], "kept once: the refused attempt counts for nothing"
            again.close()

    asyncio.run(story())


@pytest.mark.req("C3", "F28")
def test_what_cannot_be_read_is_kept_and_acknowledged(tmp_path: Path) -> None:
    """A frame without MSH stops no feed; bytes outside a frame are kept too, and a cut frame."""

    async def story() -> None:
        async with house(tmp_path) as h:
            sender = await Sender.to(h.address)
            assert (await sender.send(message("A-1"))).count(b"MSA|AA") == 1
            assert b"MSA|AA|" in await sender.send(b"BM 42 not HL7")
            sender.writer.write(b"stray bytes\r" + b"\x0b" + message("A-2") + b"\x1c\r")
            assert b"MSA|AA|A-2" in await sender.answer()
            sender.writer.write(b"\x0b" + message("A-3")[:40])
            await sender.writer.drain()
            sender.close()
            await asyncio.sleep(0.1)
            kept = [(entry.media_type, entry.body) for entry in h.entries()]
            assert kept == [
                (MEDIA_HL7V2, message("A-1")),
                (MEDIA_OTHER, b"BM 42 not HL7"),
                (MEDIA_OTHER, b"stray bytes\r"),
                (MEDIA_HL7V2, message("A-2")),
                (MEDIA_OTHER, b"\x0b" + message("A-3")[:40]),
            ]

    asyncio.run(story())


@pytest.mark.req("F45")
def test_a_refused_sender_is_counted_and_not_kept(tmp_path: Path) -> None:
    """Occupational health is never journaled; its interface is answered so that it goes on."""

    async def story() -> None:
        async with house(tmp_path, refuse=["CPAGE@CHU"]) as h:
            sender = await Sender.to(h.address)
            assert b"MSA|AA|A-1" in await sender.send(message("A-1"))
            assert h.listener.counts.refused_by_rule == {"CPAGE@CHU": 1}
            assert h.entries() == []
            sender.close()

    asyncio.run(story())


def test_many_connections_of_one_feed_share_a_sync(tmp_path: Path) -> None:
    """Group commit: 32 messages that are there together cost far fewer than 32 syncs."""
    syncs = Syncs()

    async def story() -> None:
        async with house(tmp_path) as h:
            senders = [await Sender.to(h.address) for _ in range(32)]
            await senders[0].send(message("warm"))
            with syncs.counting():
                answers = await asyncio.gather(*(s.send(message(f"A-{i}")) for i, s in enumerate(senders)))
            assert all(f"MSA|AA|A-{i}".encode() in answer for i, answer in enumerate(answers))
            for sender in senders:
                sender.close()

    asyncio.run(story())
    assert 1 <= syncs.count <= 16


def test_no_more_connections_than_the_limit(tmp_path: Path) -> None:
    """One above the limit is closed; the others go on."""

    async def story() -> None:
        async with house(tmp_path, connections_max=2) as h:
            first, second = await Sender.to(h.address), await Sender.to(h.address)
            await first.send(message("A-1"))
            await second.send(message("A-2"))
            third = await Sender.to(h.address)
            assert await third.is_closed()
            assert b"MSA|AA|A-3" in await first.send(message("A-3"))
            assert h.listener.counts.turned_away == 1
            first.close()
            second.close()

    asyncio.run(story())


@settings(max_examples=40)  # each opens sockets and a journal
@given(cuts=st.lists(st.integers(0, 500), max_size=12), count=st.integers(1, 4))
def test_how_the_bytes_are_cut_changes_nothing(
    cuts: list[int], count: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same frames in any pieces give the same entries and the same answers."""
    bodies = [message(f"A-{i}") for i in range(count)]
    stream = b"".join(b"\x0b" + body + b"\x1c\r" for body in bodies)
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})

    async def story() -> None:
        async with house(tmp_path_factory.mktemp("cuts")) as h:
            sender = await Sender.to(h.address)
            for start, stop in pairwise(edges):
                sender.writer.write(stream[start:stop])
                await sender.writer.drain()
                await asyncio.sleep(0)
            for i in range(count):
                assert f"MSA|AA|A-{i}".encode() in await sender.answer()
            assert [entry.body for entry in h.entries()] == bodies
            sender.close()

    asyncio.run(story())


@pytest.mark.req("C3")
def test_a_frame_above_the_limit_is_kept_and_not_acknowledged(tmp_path: Path) -> None:
    """Its sender has it, and somebody must look: the connection is closed, what came is kept, the others go on."""

    async def story() -> None:
        async with house(tmp_path, message_bytes_max=4096) as h:
            sender, other = await Sender.to(h.address), await Sender.to(h.address)
            await sender.send(message("A-1"))
            huge = message("A-2") + b"OBX|1|ED|" + b"A" * 8192
            sender.writer.write(b"\x0b" + huge + b"\x1c\r" + b"\x0b" + message("A-3") + b"\x1c\r")
            assert await sender.is_closed()
            assert b"MSA|AA|A-4" in await other.send(message("A-4"))
            _, stray, last = h.entries()
            assert (stray.media_type, stray.source) == (MEDIA_OTHER, "CPAGE@CHU")
            assert (b"\x0b" + huge).startswith(stray.body)
            assert 4096 <= len(stray.body) <= 4097
            assert last.body == message("A-4")
            assert h.listener.counts.stray == 1
            other.close()

    asyncio.run(story())


@pytest.mark.req("C3")
def test_frames_sent_at_once_are_answered_in_order(tmp_path: Path) -> None:
    """A sender that does not wait gets each answer, in the order it sent; frames of other kinds among them."""
    frames = [message("A-0"), b"not HL7", message("A-2", "AL", "NE"), message("A-3"), b"", message("A-5")]

    async def story() -> None:
        async with house(tmp_path) as h:
            sender = await Sender.to(h.address)
            sender.writer.write(b"".join(b"\x0b" + body + b"\x1c\r" for body in frames))
            answers = [await sender.answer() for _ in frames]
            codes = [answer.split(b"\rMSA|")[1].rstrip(b"\r") for answer in answers]
            assert codes == [b"AA|A-0", b"AA|", b"CA|A-2", b"AA|A-3", b"AA|", b"AA|A-5"]
            assert [entry.body for entry in h.entries()] == frames
            sender.close()

    asyncio.run(story())


@pytest.mark.req("F45")
def test_a_refused_message_is_answered_in_its_turn(tmp_path: Path) -> None:
    """Among others on one connection, as an interface engine sends them: the answers keep their order."""
    refused = message("B-1").replace(b"CPAGE", b"MEDTRA")

    async def story() -> None:
        async with house(tmp_path, refuse=["MEDTRA@CHU"]) as h:
            sender = await Sender.to(h.address)
            parts = [message("A-0"), refused, message("A-2")]
            sender.writer.write(b"".join(b"\x0b" + body + b"\x1c\r" for body in parts))
            for control_id in (b"A-0", b"B-1", b"A-2"):
                assert b"MSA|AA|" + control_id in await sender.answer()
            sender.writer.write(b"\x0b" + refused[:60])
            await sender.writer.drain()
            sender.close()
            await asyncio.sleep(0.1)
            assert [entry.body for entry in h.entries()] == [message("A-0"), message("A-2")]
            assert h.listener.counts.refused_by_rule == {"MEDTRA@CHU": 2}, "cut by a lost connection, it is refused too"

    asyncio.run(story())


@pytest.mark.req("C2")
def test_a_sender_that_reads_no_answer_is_not_read(tmp_path: Path) -> None:
    """Its acknowledgements do not pile up here: it is read again when it reads, and nothing is lost."""
    count, control_id = 5_000, "A" * 6000

    async def story() -> None:
        async with house(tmp_path) as h:
            sender = await Sender.to(h.address)
            sender.reader._transport.pause_reading()  # type: ignore[attr-defined]
            one = b"\x0b" + message(control_id) + b"\x1c\r"
            sending = asyncio.create_task(_flood(sender, one, count))
            before = -1
            while h.listener.counts.messages != before or before <= 0:
                before = h.listener.counts.messages
                await asyncio.sleep(0.3)
            assert before < count, "the sender was slowed, not the memory filled"
            (connection,) = h.listener._connections
            assert connection._transport is not None
            assert connection._transport.get_write_buffer_size() < 4 * 2**20
            sender.reader._transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(count):
                assert f"MSA|AA|{control_id}".encode() in await sender.answer()
            await sending
            assert h.intake.sequence == count
            sender.close()

    asyncio.run(story())


async def _flood(sender: Sender, one: bytes, count: int) -> None:
    for _ in range(count // 100):
        sender.writer.write(one * 100)
        await sender.writer.drain()


@settings(max_examples=40)  # each opens sockets and a journal
@given(noise=st.lists(st.binary(max_size=60) | st.just(b"\x0bMSH|^~\\&|X\x1c\r"), max_size=6))
def test_no_bytes_stop_the_feed(noise: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    """After any bytes at all, on its own connection and on others, the next message is kept and answered."""

    async def story() -> None:
        async with house(tmp_path_factory.mktemp("noise")) as h:
            sender, other = await Sender.to(h.address), await Sender.to(h.address)
            for piece in noise:
                sender.writer.write(piece)
                await sender.writer.drain()
                await asyncio.sleep(0)
            assert b"MSA|AA|A-1" in await other.send(message("A-1"))
            sender.close()
            other.close()
            for _ in range(500):
                if not h.listener.counts.connections:
                    break
                await asyncio.sleep(0.01)
            h.intake.commit()
            kept = b"".join(entry.body for entry in h.entries() if b"A-1|T" not in entry.body)
            marks = b"\x0b\x1c\r\n \x00"
            sent = b"".join(noise)
            assert sorted(c for c in kept if c not in marks) == sorted(c for c in sent if c not in marks)

    asyncio.run(story())


def test_a_stop_acknowledges_what_it_kept(tmp_path: Path) -> None:
    """What arrived is committed and answered, the connections close, then the journal: nothing is written after."""

    async def story() -> None:
        async with house(tmp_path) as h:
            sender = await Sender.to(h.address)
            await sender.send(message("A-1"))
            sender.writer.write(b"\x0b" + message("A-2") + b"\x1c\r" + b"\x0b" + message("A-3")[:30])
            await sender.writer.drain()
            await asyncio.sleep(0.05)
            await h.listener.drain()
            assert b"MSA|AA|A-2" in await sender.answer()
            assert await sender.is_closed()
            h.intake.close()
            late: list[str | None] = []
            h.intake.offer(Draft("late", MEDIA_OTHER, b"x", 0), late.append)
            assert late == [None]
            assert [entry.body for entry in h.entries()][2:] == [b"\x0b" + message("A-3")[:30]]

    asyncio.run(story())


def test_a_silent_connection_is_probed(tmp_path: Path) -> None:
    """A sender whose machine lost its power must not hold a place among connections_max for ever."""

    async def story() -> None:
        async with house(tmp_path) as h:
            sender = await Sender.to(h.address)
            await sender.send(message("A-1"))
            (connection,) = h.listener._connections
            assert connection._transport is not None
            held = connection._transport.get_extra_info("socket")
            assert held.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert held.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 120
            sender.close()

    asyncio.run(story())
