"""Wards and boards: who lies where, what is due, what changed.

Rules kept here:
  * A row shows allergies and what is due as the charts word them; no source is never "none" (F1).
  * A protected identity is a bed that is taken, and nothing more, for who does not care for it (F24).
  * Clinical columns are for roles that read charts, and show the patients in their care: others' stay closed until the
    glass is broken.
  * A ward in downtime says so in what is due (due.py).
  * What nobody could be given is an alarm on every board: the hospital's names the newest, a ward's says how many
    (F31).
"""

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import lru_cache

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.access import Account
from contrefeu.chart import (
    FICTITIOUS,
    Age,
    Board,
    BoardRow,
    DueItem,
    FeedStatus,
    UnplacedEntry,
    WardSummary,
    age_of,
    of_feeds,
    silent_feeds,
)
from contrefeu.station.board_lines import DUE_SHOWN, BoardLine, Laid
from contrefeu.station.handing_back import fresh
from contrefeu.station.house import House, opens_unplaced, urgent_of
from contrefeu.station.pages.writing import due_there, opens_downtime, writes_here
from contrefeu.web import NOT_FOUND, Part, Urgent, visit_of

_pack = msgspec.msgpack.Encoder().encode
AGES_MAX = 4_000  # ages remembered: everybody in a large hospital
UNPLACED_SHOWN = 3  # results without owner on the hospital's board; how many there are is said


@dataclass(frozen=True, slots=True)
class WardsPage:
    """The house at a glance."""

    mine: Sequence[WardSummary]
    others: Sequence[WardSummary]
    downtime: frozenset[str]
    waiting: int  # results without owner (F31)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """One ward, or the whole house."""

    board: Board
    lines: Sequence[BoardLine]
    clinical: bool
    whole: bool
    partly: bool  # some of these patients are in others' care: what is counted is of one's own wards
    late: int
    critical: int
    newest_feed: FeedStatus | None
    silent: Sequence[FeedStatus]
    coming: Sequence[BoardLine]
    leaving: int  # discharges that were announced
    admits: bool  # whether the person may admit to this ward now
    hands_back: bool  # whether the ward is in downtime, or has just come out of it, and the person signs there (F4)
    opens_downtime: bool  # whether the person may declare the ward's own (D2)
    waiting: int  # results without owner, of the whole house (F31)
    unread: int
    unplaced: Sequence[UnplacedEntry]  # the newest of those that wait, on the hospital's board
    opens: bool  # whether the person may open an entry that is in no chart
    papers: int  # pages to file and ticks to confirm, of this ward, or of all
    escalated: Sequence[Urgent]  # what nobody acknowledged in time, on the hospital's board
    lacks: Mapping[str, tuple[str, ...]]  # ward -> what it would lack in an outage; on the hospital's board, of all
    limits: tuple[str, str] | None  # who signed the list of critical limits, and when; None when none is in force
    place: Hashable  # which board, and for whom
    table: Hashable  # what the rows depend on beside
    due_shown: int = field(default=DUE_SHOWN)

    def part(self, name: str) -> Part:
        """What a part of the page but its table is remembered by: all that it shows, in this minute."""
        board = self.board
        said = (board.ward, board.name, board.free_beds, self.late, self.critical, self.leaving, self.admits,
                self.hands_back, self.opens_downtime, self.waiting, self.unread, self.unplaced, self.opens, self.papers,
                self.escalated, self.lacks, self.limits)  # fmt: skip
        return (name, self.place), (self.table, _pack(said))

    @property
    def rows(self) -> Part:
        """What the table is remembered by."""
        return ("table", self.place), self.table


@lru_cache(AGES_MAX)
def _age(birth_date: str, day: str, zone: tzinfo) -> Age | None:
    """How old somebody is on a *day*."""
    return age_of(birth_date, int(datetime.fromisoformat(day).replace(hour=12, tzinfo=zone).timestamp()) * 10**9, zone)


def _day(now_ns: int, zone: tzinfo) -> str:
    """The day here: hours of another day show theirs."""
    return datetime.fromtimestamp(now_ns // 10**9, zone).date().isoformat()


class Boards:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/", self.wards),
            page("/hospital", self.hospital, "board"),
            page("/ward/{ward:path}", self.ward, "board"),
        ]

    async def wards(self, request: Request) -> Response:
        """Show every ward, the person's own first."""
        account = self._house.account(request)
        if account.first_code:
            return RedirectResponse("/account", 303)
        if not account.may("board"):
            return await self._house.shell.render(request, "welcome.html", None)
        found = await self._house.charts.wards(self._house.world(request))
        mine = [ward for ward in found if ward.id in account.wards]
        others = [ward for ward in found if ward.id not in account.wards]
        downtime = frozenset(ward.id for ward in found if self._house.staff.downtime.of(ward.id))
        waiting = (await self._house.charts.status()).waiting
        return await self._house.shell.render(request, "wards.html", WardsPage(mine, others, downtime, waiting))

    async def hospital(self, request: Request) -> Response:
        """Show everybody."""
        return await self._board(request, "")

    async def ward(self, request: Request) -> Response:
        """Show one ward."""
        return await self._board(request, request.path_params["ward"])

    async def _board(self, request: Request, ward: str) -> Response:
        house = self._house
        board, status = await asyncio.gather(house.charts.board(ward, house.world(request)), house.charts.status())
        if (
            ward
            and not board.rows
            and not board.coming
            and ward not in {one.id for one in await house.charts.wards(house.world(request))}
        ):
            raise NOT_FOUND
        house.shell.look(request, "board", what=f"ward {ward}" if ward else "hospital")
        now_ns, zone = house.deps.clock.now_ns(), house.deps.zone
        account = house.account(request)
        day = _day(now_ns, zone)
        names = () if ward else tuple((one, house.ward_name(one)) for one in sorted({row.ward for row in board.rows}))
        shared = ("row", visit_of(request).words.language, not ward, account.may("chart")), (day, names)
        laid = self._laid(account, board, day, shared)
        lines = laid.lines
        feeds = of_feeds(board.feeds)
        unplaced = await house.charts.waiting(UNPLACED_SHOWN) if status.waiting and not ward else ()
        page = BoardPage(
            board=board,
            lines=lines,
            clinical=account.may("chart"),
            whole=not ward,
            partly=laid.partly,
            late=laid.late,
            critical=laid.critical,
            coming=laid.coming,
            leaving=laid.leaving,
            admits=bool(ward)
            and account.may("move")
            and account.in_scope(ward)
            and writes_here(house, ward, "movements"),
            newest_feed=max(feeds, key=lambda feed: feed.last, default=None),
            silent=silent_feeds(feeds, now_ns),
            hands_back=self._hands_back(account, ward),
            opens_downtime=opens_downtime(house, account, ward),
            waiting=status.waiting,
            unread=status.unread,
            unplaced=unplaced,
            opens=opens_unplaced(account),
            papers=self._papers(ward) if account.may("chart") and account.in_scope(ward) else 0,
            escalated=await self._escalated(request) if not ward else (),
            lacks={one: codes for one, codes in house.deps.lacking().items() if ward in ("", one)},
            limits=house.limits,
            place=laid.place,
            table=(day, names, laid.shown),
        )
        return await house.shell.render(request, "board.html", page, framed=True)

    def _hands_back(self, account: Account, ward: str) -> bool:
        if not (ward and account.may("handback") and account.in_scope(ward)):
            return False
        return self._house.staff.downtime.of(ward) is not None or fresh(self._house, ward) is not None

    def _papers(self, ward: str) -> int:
        papers = self._house.staff.papers
        wards = [one.ward for one in papers.waiting()] + [one.issued.ward for one in papers.proposals()]
        return sum(not ward or one == ward for one in wards)

    async def _escalated(self, request: Request) -> Sequence[Urgent]:
        """Critical results that nobody acknowledged in time; of whom and what is for those who care for them."""
        house, account = self._house, self._house.account(request)
        found = [one for one in await house.work.alarms(house.world(request)) if one.escalated]
        shown = []
        for one in found:
            urgent = urgent_of(one, visit_of(request).words)
            cared = account.may("chart") and account.in_scope(one.ward)
            shown.append(urgent if cared else replace(urgent, name="", value="", what="", address=""))
        return shown

    def _laid(self, account: Account, board: Board, day: str, shared: tuple[Hashable, Hashable]) -> Laid:
        """Lay rows out for their reader: once, as long as they are the same; each time in a downtime, for its hours."""
        kind = (account.role, bool(account.agency_until))
        place = (board.world, board.ward, kind, account.wards, shared[0])
        if self._house.staff.downtime.declared:
            return self._lay(place, account, board, day, shared)
        return self._house.boards.laid(
            place,
            (board.rows, board.coming, shared[1]),
            lambda: self._lay(place, account, board, day, shared),
        )

    def _lay(
        self, place: Hashable, account: Account, board: Board, day: str, shared: tuple[Hashable, Hashable]
    ) -> Laid:
        lines, coming = (self._lines(account, rows, day, shared) for rows in (board.rows, board.coming))
        return Laid(
            place,
            lines,
            coming,
            partly=any(not line.cared for line in lines),
            late=sum(item.state == "late" for line in lines for item in line.due),
            critical=sum(line.row.critical for line in lines if line.cared),
            leaving=sum(bool(row.leaves) for row in board.rows),
            shown=_pack([(line.row, line.due, line.age, line.hidden, line.cared) for line in (*lines, *coming)]),
        )

    def _lines(
        self, account: Account, rows: Sequence[BoardRow], day: str, shared: tuple[Hashable, Hashable]
    ) -> list[BoardLine]:
        """What is worked out of each row for its reader."""
        house, zone, clinical = self._house, self._house.deps.zone, account.may("chart")
        scope = {ward: account.in_scope(ward) for ward in {row.ward for row in rows}}
        down = {ward for ward in scope if house.staff.downtime.of(ward) is not None}
        lines = []
        for row in rows:
            cared = clinical and scope[row.ward]
            due: Sequence[DueItem] = row.due if cared else ()
            if due and row.ward in down:
                due = due_there(house, row.ward, due)
            # A birth date that is nobody's drives no age (F22).
            age = None if FICTITIOUS.intersection(row.doubts) else _age(row.birth_date, day, zone)
            lines.append(BoardLine(row, age, row.confidential and not scope[row.ward], cared, due, shared))
        return lines
