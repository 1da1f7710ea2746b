"""Packs set by several processes: a ward by each, as many wards at once as there are processors for (W3).

Rules kept here:
  * A pack depends on what was ordered alone: whoever sets it, it says the same.
  * The charts are read once, by who orders. A process that sets is given them as JSON and unpacks one at a time: it
    needs as much memory as one patient's chart and a few patients' pages, however large the ward.
  * Processes are spawned, never forked: the typesetter's threads do not come along in a fork. They show their memory to
    no other process, and end with the one that began them, however it ends.
  * One that dies costs time and nothing else: what it was to set is set here.
"""

import contextlib
import ctypes
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

from msgspec import Struct

from contrefeu.acts import Declared, PagesIssued
from contrefeu.base import rfc3339
from contrefeu.chart import Board, Chart, Gathered, Lately, Restoring
from contrefeu.paper.binding import print_pack
from contrefeu.paper.code import PageKey
from contrefeu.paper.issue import Issuer
from contrefeu.paper.pack import Printed, ward_pack
from contrefeu.paper.screen import sealed_page
from contrefeu.paper.setting import Setting
from contrefeu.paper.standing import Held, print_standing

SETTERS_MAX = 2  # each needs some 110 MB and a processor: with them 2,500 beds are printed in W3's two minutes
_PR_SET_DUMPABLE = 4
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # as glibc's malloc.h says
_APART = 128 << 10  # bytes: what is larger goes back to the system when it is let go


class Order(Struct, frozen=True):
    """A ward's pack that is to be set, and all that it is made of."""

    board: Board
    charts: Mapping[str, Lately]  # by their ids
    setting: Setting
    facility: str
    seed: bytes  # of the key that signs its pages
    downtime: Declared | None = None  # in force on the ward
    lacks: Restoring | None = None
    ahead: bool = False  # made to lie ready, sealed: with the numbers that its last making had, and as a page too
    held: Mapping[str, Held] = {}
    password: str = ""

    @property
    def at(self) -> str:
        """RFC 3339: when its pages are issued."""
        return rfc3339(self.setting.now_ns)


class SetPack(Struct, frozen=True):
    """A pack that was set."""

    printed: Printed
    patients: int
    acts: list[PagesIssued]  # that MUST be in the journal before a file of it is anywhere
    held: dict[str, Held] = {}
    page: bytes = b""  # sealed, for a browser


def set_pack(order: Order) -> SetPack:
    """Set what was ordered, here."""

    def chart_of(id_: str) -> Chart | None:
        return Gathered(order.charts[id_]).chart if id_ in order.charts else None

    setting = order.setting
    pack, whose = ward_pack(order.board, chart_of, setting, order.facility, order.downtime, order.lacks)
    issuer = Issuer(PageKey(order.seed), order.board.ward, order.at)
    if not order.ahead:
        printed = print_pack(pack, whose, issuer, order.password)
        return SetPack(printed, len(whose), [one.act for one in printed.issues])
    printed, held, fresh = print_standing(pack, whose, issuer, order.held, setting.now_ns, order.password)
    page = sealed_page(pack, order.board.as_of.time, setting, order.password)
    return SetPack(printed, len(whose), fresh, held, page)


class Setters:
    """Processes that set packs; with none of them, packs are set by who asks.

    Use it as a context: they end with it.
    """

    def __init__(self, wards: int) -> None:
        """Begin as many as *wards* packs and the processors here are worth: none for one ward, or on one processor."""
        self._lines: list[Connection[Order, SetPack]] = []
        count = min(SETTERS_MAX, wards, len(os.sched_getaffinity(0)))
        with contextlib.suppress(OSError):  # the system gives no process: fewer of them, or none
            for _ in range(count if count > 1 else 0):
                self._lines.append(_begun())

    def __enter__(self) -> "Setters":
        """They have begun."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let them end."""
        for line in self._lines:
            line.close()

    def each(self, orders: Iterable[Order]) -> Iterator[tuple[Order, SetPack]]:
        """Set every one of *orders*; each is yielded with its pack as that comes, whichever is first.

        The next order is taken while others are set, and no more than that one.
        """
        coming, idle = iter(orders), [*self._lines]
        busy: dict[Connection[Order, SetPack], Order] = {}
        ready: deque[tuple[Order, SetPack]] = deque()
        order = next(coming, None)
        while order is not None or busy or ready:
            if order is not None and idle:  # first: what stands ready waits, a process does not
                line = idle.pop()
                with contextlib.suppress(OSError):  # it is gone: the order stands, another process has its turn
                    line.send(order)
                    busy[line], order = order, next(coming, None)
            elif ready:
                yield ready.popleft()
            elif busy:
                for line in _answering(busy):
                    ready.append((busy[line], _answer(line, busy.pop(line), idle)))
            elif order is not None:
                yield order, set_pack(order)
                order = next(coming, None)


def _answering(busy: "dict[Connection[Order, SetPack], Order]") -> "list[Connection[Order, SetPack]]":
    """Those of *busy* that are done, or gone; some there are."""
    done = wait([*busy])
    return [line for line in busy if line in done]


def _answer(line: "Connection[Order, SetPack]", order: Order, idle: "list[Connection[Order, SetPack]]") -> SetPack:
    """What a process set; it is free again. What one that died was to set is set here."""
    try:
        found = line.recv()
    except (EOFError, OSError):
        return set_pack(order)
    idle.append(line)
    return found


def _begun() -> "Connection[Order, SetPack]":
    """The line to a process that sets packs."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    with theirs:
        context.Process(target=_serve, args=(theirs,), daemon=True).start()
    return ours


def _serve(line: "Connection[SetPack, Order]") -> None:
    """Set for another process, until it asks no more or is gone."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    with contextlib.suppress(AttributeError):  # another C library, which has no arenas
        libc.mallopt(_M_ARENA_MAX, 1)  # the typesetter's threads share one: each would keep what it once needed
        libc.mallopt(_M_MMAP_THRESHOLD, _APART)  # it grows by itself, with what is never given back
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it ends it
    with contextlib.suppress(EOFError, OSError):
        while True:
            line.send(set_pack(line.recv()))
