"""The sequence number protocol (HL7 v2.5.1, 2.10.1): what MSA-4 answers to MSH-13, across restarts and kill -9.

    state  = line*            in HOME/feeds/sequences; of a link, its last line holds
    line   = CRC-32 of the rest (8 hexadecimal digits) " " number " " link "\n"
    link   = MSH-3 "@" MSH-4 ">" MSH-5 "@" MSH-6;   number = last one accepted, -1 for none

Rules kept here:
  * An entry MUST be in the journal before its number is written here, and the number on disk before its sender is
    answered. So after a kill the state is at most behind the journal: its sender sends again what it had no answer to,
    and that is a repeat (F29). The journal cannot tell by itself: who captures cannot read what it wrote (promise 3).
  * Every arrival is journaled and answered AA or CA, in order or not (F28): MSA-4 says what is wanted next.
  * One write and one sync serve all numbers of one turn of the event loop; links without numbers pay nothing.
  * What the disk refuses is not answered; the numbers go back to those that are on disk.
"""

import asyncio
import os
from binascii import crc32
from collections.abc import Callable
from pathlib import Path

import structlog
from msgspec import Struct

from contrefeu.base import durable_makedirs, write_file
from contrefeu.hl7 import Header

STATE_BYTES_MAX = 1 << 20  # then it is written anew, a line a link: some ten thousand messages
LINKS_MAX = 10_000  # links remembered: a sender that gives itself a new name each time is not answered by MSA-4
DIGITS_MAX = 15  # HL7 v2.5.1, 2.A.47 (NM) as MSH-13 has it: 15 characters

NONE = -1  # in MSH-13: begin anew; in MSA-4: any number may come

log = structlog.get_logger("capture")

Answer = Callable[[int | None], None]
"""Told what stands in MSA-4 once it is durable; None when the disk refused."""


class Link(Struct):
    """What `status` shows of one link."""

    expected: int  # number that comes next; -1 when any may
    gaps: int = 0  # arrivals above what was expected: messages are missing, or came in another order
    repeats: int = 0  # arrivals below
    restarts: int = 0  # 0 or -1 in MSH-13


def link_of(header: Header) -> str:
    """Return what the link that a message came over is called."""
    sender = f"{header.sending_app}@{header.sending_facility}"
    return f"{sender}>{header.receiving_app}@{header.receiving_facility}".replace("\n", " ")


def number_of(text: str) -> int | None:
    """Return the number in MSH-13; None when the protocol is not in use, or it is no number of it.

    >>> number_of("12"), number_of("-1"), number_of(""), number_of("-7"), number_of("1.5")
    (12, -1, None, None, None)
    """
    text = text.strip()
    if text == "-1":
        return NONE
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def judge(last: int | None, number: int) -> tuple[int | None, int]:
    """Return the number accepted last from now on, and MSA-4 (2.10.1, b to e).

    >>> judge(None, 0), judge(41, 0), judge(41, -1), judge(None, 7), judge(41, 42)
    ((None, -1), (41, 42), (None, -1), (7, 7), (42, 42))
    >>> judge(41, 41), judge(41, 44)  # the answer was lost: go on with 42; three are missing: send 42
    ((41, 42), (41, 42))
    """
    if number == NONE:
        return None, NONE
    if number == 0:
        return last, NONE if last is None else last + 1
    if last is None or number == last + 1:
        return number, number
    return last, last + 1


class Sequences:
    """The links of one capture process; lives in one event loop."""

    def __init__(self, path: Path) -> None:
        """Read the state at *path*; a line that a power cut left torn does not count."""
        self._path = path
        self._durable = _read(path)
        self._last: dict[str, int | None] = dict(self._durable)
        self._changed: dict[str, int | None] = {}
        self._waiting: list[tuple[Answer, int]] = []
        self._scheduled = False
        self._fd = -1
        self.links = {link: Link(NONE if last is None else last + 1) for link, last in self._last.items()}

    def knows(self, link: str) -> bool:
        """Whether *link* is followed, or may be from now on."""
        return link in self.links or len(self.links) < LINKS_MAX

    def take(self, link: str, number: int, answer: Answer) -> None:
        """Judge *number*, of an entry that is on disk; *answer* is called once the state is too."""
        before = self._last.get(link)
        last, expected = judge(before, number)
        self._count(link, before, number, last)
        if last != before:
            self._last[link] = self._changed[link] = last
        self._wait(answer, expected)

    def follow(self, answer: Callable[[], None]) -> None:
        """Call *answer* after the answers to all that was taken before, whatever becomes of them."""
        self._wait(lambda _: answer(), 0)

    def settle(self) -> None:
        """Write what changed and give the answers."""
        self._scheduled = False
        waiting, self._waiting = self._waiting, []
        try:
            if self._changed:
                self._write()
        except OSError as refused:
            log.error("the sequence numbers cannot be written", reason=refused.strerror or "input/output error")
            self._last, self._changed = dict(self._durable), {}
            for link, seen in self.links.items():
                last = self._last.get(link)
                seen.expected = NONE if last is None else last + 1
            self._close()
            for answer, _ in waiting:
                answer(None)
            return
        for answer, expected in waiting:
            answer(expected)

    def close(self) -> None:
        """Settle, and let the file go."""
        self.settle()
        self._close()

    def _wait(self, answer: Answer, expected: int) -> None:
        self._waiting.append((answer, expected))
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.settle)

    def _count(self, link: str, before: int | None, number: int, last: int | None) -> None:
        seen = self.links.setdefault(link, Link(NONE))
        seen.expected = NONE if last is None else last + 1
        if number in (0, NONE):
            seen.restarts += 1
        elif before is not None and number > before + 1:
            seen.gaps += 1
            log.warning("a sequence number is missing", count=number - before - 1)
        elif before is not None and number <= before:
            seen.repeats += 1

    def _write(self) -> None:
        if self._fd < 0:
            durable_makedirs(self._path.parent)
            # Anew: a torn line at its end must not swallow the next one.
            write_file(self._path, b"".join(_line(link, last) for link, last in self._durable.items()))
            self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        data = b"".join(_line(link, last) for link, last in self._changed.items())
        written = os.write(self._fd, data)
        if written < len(data):
            raise OSError(0, "a short write")
        os.fdatasync(self._fd)
        self._durable |= self._changed
        self._changed = {}
        if os.fstat(self._fd).st_size > STATE_BYTES_MAX:
            self._close()  # the next write begins it anew

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _line(link: str, last: int | None) -> bytes:
    rest = f"{NONE if last is None else last} {link}".encode(errors="surrogateescape")
    return f"{crc32(rest):08x} ".encode() + rest + b"\n"


def _read(path: Path) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return found
    for line in lines:
        check, _, rest = line.partition(b" ")
        number, _, link = rest.partition(b" ")
        if rest and check == f"{crc32(rest):08x}".encode():
            found[link.decode(errors="surrogateescape")] = None if number == b"-1" else int(number)
    return found
