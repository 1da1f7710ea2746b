"""A sender that numbers its messages is told by MSA-4 which one is wanted next, after kill -9 too (F29).

Method: the standard's cases by value; a model of a sender that keeps a queue, and a receiver that is killed between any
two steps; a listener on a real socket; the real capture process, killed while a sender that follows the standard
speaks to it.
"""

import asyncio
import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.capture import Sequences
from contrefeu.capture.sequence import STATE_BYTES_MAX, judge, number_of
from contrefeu.hospital import FeedSettings
from tests.capture.house import Sender, house


def message(number: str, control_id: str = "A-1", ack: str = "") -> bytes:
    """A message with *number* in MSH-13."""
    msh = f"MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124030000||ADT^A01|{control_id}|P|2.5|{number}|{ack}"
    return f"{msh}\rPID|1||123^^^CHU^PI||ESSAI^ADA\r".encode()


@pytest.mark.parametrize(
    ("last", "number", "answer"),
    [
        (None, 0, (None, -1)),  # b.2: no last one: any number may begin
        (41, 0, (41, 42)),  # b.2: one greater than the last accepted
        (None, 1, (1, 1)),  # e: the first accepted begins the count
        (None, 500, (500, 500)),
        (41, 42, (42, 42)),  # c: echoed
        (41, 41, (41, 42)),  # d.1: its answer was lost
        (41, 7, (41, 42)),
        (41, 44, (41, 42)),  # d.2: less than what was sent
        (41, -1, (None, -1)),  # e: begin anew
    ],
)
@pytest.mark.req("F29")
def test_the_cases_of_the_standard(last, number, answer):
    """HL7 v2.5.1, 2.10.1, b to e."""
    assert judge(last, number) == answer


@pytest.mark.parametrize("text", ["", " ", "x", "1.5", "-2", "+1", "1" * 16, "١"])
def test_what_is_no_number_of_the_protocol(text):
    """It is answered as if MSH-13 were empty."""
    assert number_of(text) is None


async def told(book: Sequences, *numbers: int, link: str = "a>b") -> list[int | None]:
    """What MSA-4 answers to *numbers*, which come together."""
    found: list[int | None] = []
    for number in numbers:
        book.take(link, number, found.append)
    book.settle()
    return found


@pytest.mark.req("F29")
def test_the_state_outlives_the_process(tmp_path):
    """The number is on disk before the answer is given; each link has its own; -1 is remembered too."""
    path = tmp_path / "feeds" / "sequences"

    async def story() -> None:
        book = Sequences(path)
        assert await told(book, 7, 8, 9) == [7, 8, 9]
        assert await told(book, 3, link="c>d\n é") == [3]
        assert await told(book, 5, -1, link="e>f") == [5, -1]
        after = Sequences(path)  # nobody closed the first: it was killed
        assert await told(after, 0) == [10]
        assert await told(after, 12, 10) == [10, 10]
        assert await told(after, 4, link="c>d\n é") == [4]
        assert await told(after, 90, link="e>f") == [90]
        assert after.links["a>b"].gaps == 1

    asyncio.run(story())


@given(
    steps=st.lists(st.sampled_from(["send", "send", "lose answer", "kill before", "kill after", "torn"]), max_size=40)
)
@pytest.mark.req("F29", "C1")
def test_no_message_is_skipped_whenever_it_is_killed(tmp_path_factory, steps):
    """A sender that follows MSA-4 leaves none out: each is in the journal, and those that come twice are repeats."""
    path = tmp_path_factory.mktemp("s") / "sequences"
    journal: list[int] = []

    async def story() -> None:
        book, next_ = Sequences(path), 1
        for step in steps:
            journal.append(next_)  # the entry is on disk first
            if step == "kill before":
                book = Sequences(path)
                continue  # no answer: it sends the same again
            (expected,) = await told(book, next_)
            if step == "torn":
                with path.open("ab") as file:
                    file.write(b"0badc0de 99")
            if step != "send":
                if step != "lose answer":
                    book = Sequences(path)
                (expected,) = await told(book, 0)  # it starts the link again
                assert expected == next_ + 1
                next_ = expected
            else:
                assert expected in (next_, next_ + 1)
                next_ += 1

    asyncio.run(story())
    assert sorted(set(journal)) == list(range(1, len(set(journal)) + 1))


@pytest.mark.req("F28", "F29")
def test_a_disk_that_refuses_the_state_gets_no_answer(tmp_path, monkeypatch):
    """And the number is not taken as accepted: once the disk is back, it comes again."""

    async def story() -> None:
        book = Sequences(tmp_path / "sequences")
        assert await told(book, 1) == [1]

        def full(fd: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", full)
            assert await told(book, 2, 3) == [None, None]
        assert await told(book, 2, 3) == [2, 3]
        assert await told(Sequences(tmp_path / "sequences"), 0) == [4]

    asyncio.run(story())


def test_the_file_stays_small(tmp_path):
    """It is written anew, a line a link, once it is large."""
    path = tmp_path / "sequences"

    async def story() -> None:
        book = Sequences(path)
        await told(book, 1, link="x" * 1000)
        for start in range(2, 3000, 500):
            for number in range(start, start + 500):
                book.take("x" * 1000, number, lambda _: None)
                if number % 3 == 0:
                    book.settle()
        book.settle()
        assert path.stat().st_size < STATE_BYTES_MAX + 600 * 1100

    asyncio.run(story())


@pytest.mark.req("F29", "F28")
def test_the_listener_answers_by_msa_4(tmp_path: Path) -> None:
    """Every arrival is kept and acknowledged; MSA-4 says what is wanted; without MSH-13 there is none."""

    async def story() -> None:
        book = Sequences(tmp_path / "sequences")
        async with house(tmp_path, sequences=book) as h:
            sender = await Sender.to(h.address)
            for number, wanted in (
                ("0", "-1"),
                ("5", "5"),
                ("6", "6"),
                ("6", "7"),
                ("9", "7"),
                ("-1", "-1"),
                ("2", "2"),
            ):
                assert f"MSA|AA|A-1||{wanted}\r".encode() in await sender.send(message(number))
            assert b"MSA|CA|A-1||3\r" in await sender.send(message("3", ack="|AL|NE"))
            assert b"MSA|AA|A-1\r" in await sender.send(message(""))
            assert b"MSA|AA|A-1\r" in await sender.send(message("third"))
            assert len(h.entries()) == 10
            link = h.listener.counts.sequences["CPAGE@CHU>CF@CHU"]
            assert (link.expected, link.gaps, link.repeats, link.restarts) == (4, 1, 1, 2)
            sender.close()

    asyncio.run(story())


@pytest.mark.req("F29")
def test_answers_keep_their_order_among_messages_without_numbers(tmp_path: Path) -> None:
    """One connection of an interface engine carries several senders."""

    async def story() -> None:
        async with house(tmp_path, sequences=Sequences(tmp_path / "sequences")) as h:
            sender = await Sender.to(h.address)
            parts = [message("1", "A-1"), message("", "A-2").replace(b"CPAGE", b"LABO"), message("2", "A-3")]
            sender.writer.write(b"".join(b"\x0b" + body + b"\x1c\r" for body in parts))
            for wanted in (b"A-1||1\r", b"A-2\r", b"A-3||2\r"):
                assert b"MSA|AA|" + wanted in await sender.answer()
            sender.close()

    asyncio.run(story())


@pytest.mark.req("F29")
def test_a_feed_may_have_numbers_that_mean_nothing(tmp_path: Path) -> None:
    """`sequence = "ignore"`: it is answered as if MSH-13 were empty."""

    async def story() -> None:
        feeds = {"adt": FeedSettings(["CPAGE@CHU"], sequence="ignore")}
        async with house(tmp_path, sequences=Sequences(tmp_path / "sequences"), feeds=feeds) as h:
            sender = await Sender.to(h.address)
            assert b"MSA|AA|A-1\r" in await sender.send(message("77"))
            sender.close()

    asyncio.run(story())


@pytest.mark.parametrize(("ack", "answer"), [("", b"MSA|AE|A-1"), ("|AL|NE", b"MSA|CE|A-1"), ("|ER|NE", b"MSA|CE|A-1")])
@pytest.mark.req("F28")
def test_a_sender_that_sends_again_after_ae_may_be_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ack: str, answer: bytes
) -> None:
    """Only where its profile says so: any other gets no answer and a closed connection; nothing is kept of either."""

    async def story() -> None:
        feeds = {"adt": FeedSettings(["CPAGE@CHU"], on_fault="AE")}
        async with house(tmp_path, feeds=feeds) as h:
            sender, other = await Sender.to(h.address), await Sender.to(h.address)
            with monkeypatch.context() as patch:

                def refuse(fd: int) -> None:
                    raise OSError(errno.EIO, "Input/output error")

                patch.setattr(os, "fdatasync", refuse)
                patch.setattr(os, "fsync", refuse)
                assert answer in await sender.send(message("", ack=ack))
                other.writer.write(b"\x0b" + message("").replace(b"CPAGE", b"LABO") + b"\x1c\r")
                assert await other.is_closed()
            assert b"MSA|AA|A-1" in await sender.send(message(""))
            assert len(h.entries()) == 1
            sender.close()

    asyncio.run(story())
