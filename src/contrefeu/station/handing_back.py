"""Wards that go back to the record system: each patient's hand-back sheet, who signed it, what was done too late (F4).

    signed, changed, unsigned   the sheet of a patient, and of one who left the ward during its downtime
    nothing                     nothing was done here of who left: there is nothing to sign
    there                       they lie, or lay last, in a ward that is in downtime as long: its sheet says all of it
    back                        that ward went back meanwhile, and their sheet was signed there

Rules kept here:
  * A sheet is signed, not signed, or signed before something changed: the three never look alike.
  * Who left during the downtime has a sheet of what was done here until then; one sheet a patient, in the ward that had
    them last, unless that ward was not in downtime as long as this one.
  * What people did here after a ward's cut-over waits to be settled, for as many days as a lifting is fresh.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from contrefeu.acts import Declared, Downtime, HandBacks, Lifted, Papers, Signature, issue_words
from contrefeu.base import parse_rfc3339
from contrefeu.chart import (
    BoardRow,
    Clash,
    DueItem,
    Left,
    Side,
    WorkItem,
    WorkLine,
    stay_or_last,
    written_after,
)
from contrefeu.chart.sheet import (
    HandBack,
    LeftSheet,
    PageOut,
    Person,
    Sheet,
    attending_of,
    hand_back_of,
    left_sheet_of,
    person_of,
)
from contrefeu.station.house import House
from contrefeu.station.pages.writing import due_there
from contrefeu.station.work import Waiting

State = Literal["signed", "changed", "unsigned", "nothing", "there", "back"]
LACKING = frozenset({"changed", "unsigned"})
FRESH_NS = 2 * 86_400_000_000_000  # 2 days: who was cut off from the house has met it again by then


@dataclass(frozen=True, slots=True)
class HandBackLine:
    """One patient's sheet, and its signature."""

    row: BoardRow
    sheet: HandBack
    signature: Signature | None
    by: str  # by name

    @property
    def state(self) -> State:
        """Whether somebody signed what it says now."""
        return _signed(self.sheet, self.signature)


@dataclass(frozen=True, slots=True)
class Lacking:
    """How many sheets of a ward nobody signed as they stand."""

    here: int
    left: int  # of those who left during the downtime

    @property
    def all(self) -> int:
        """Both."""
        return self.here + self.left

    def __bool__(self) -> bool:
        return self.all > 0


@dataclass(frozen=True, slots=True)
class LeftLine:
    """Somebody who left the ward during its downtime, their sheet, and its signature."""

    left: Left
    person: Person
    physician: str  # of the last stay: who is told of one who went home
    sheet: LeftSheet
    signature: Signature | None
    by: str  # by name
    state: State


def _signed(sheet: HandBack, signature: Signature | None) -> State:
    if signature is None:
        return "unsigned"
    return "signed" if signature.act.shown == sheet.digest else "changed"


def sheet_of(chart: str, sheet: Sheet, due: Sequence[DueItem], since: str, papers: Papers) -> HandBack:
    """Return the hand-back sheet of a patient whose ward is in downtime since *since*."""
    return hand_back_of(sheet, due, since, _pages_out(chart, papers))


def _pages_out(chart: str, papers: Papers) -> list[PageOut]:
    return [
        PageOut(one.issued.form, issue_words(bytes.fromhex(one.issued.issue)), one.issued.at, tuple(one.pages))
        for one in papers.missing()
        if one.issued.chart == chart
    ]


@dataclass(frozen=True, slots=True)
class Signing:
    """What is signed of a ward that hands back, and what others sign for it."""

    ward: str
    declared: Declared
    downtime: Downtime
    signed: HandBacks
    papers: Papers
    members: Callable[[str], Sequence[str]]  # every name of a ward

    def elsewhere(self, one: Left) -> State | None:
        """Return how another ward's sheet says what was done here of *one*; None when none does."""
        if one.last == self.ward:
            return None
        theirs, back = self.downtime.of(one.last), self.downtime.lifted(one.last)
        if theirs is not None:
            return "there" if theirs.since_ns <= self.declared.since_ns else None
        names = self.members(one.last)
        signature = self.signed.of(one.id, self.declared.since, names)
        whole = back is not None and back.cutover_ns > parse_rfc3339(one.at) and not back.unsigned
        return "back" if whole and signature is not None and signature.act.ward in names else None

    def sheet(self, one: Left, sheet: Sheet) -> tuple[LeftSheet, Signature | None, State]:
        """Return the sheet of who left, its signature, and whether that stands."""
        found = left_sheet_of(sheet, self.declared.since, one.at, _pages_out(one.id, self.papers))
        signature = self.signed.of(one.id, self.declared.since, self.members(self.ward))
        state = self.elsewhere(one) or ("nothing" if found.empty else _signed(found, signature))
        return found, signature, state


def signing(house: House, ward: str, declared: Declared) -> Signing:
    """Return what is signed of a ward in downtime."""
    staff = house.staff
    members = staff.wards.members
    return Signing(members(ward)[0], declared, staff.downtime, staff.hand_backs, staff.papers, members)


def line_of(house: House, row: BoardRow, sheet: Sheet, declared: Declared) -> HandBackLine:
    """Return one patient's sheet as it stands."""
    due = due_there(house, row.ward, row.due)
    found = sheet_of(row.id, sheet, due, declared.since, house.staff.papers)
    signature = house.staff.hand_backs.of(row.id, declared.since)
    return HandBackLine(row, found, signature, _by(house, signature))


def _by(house: House, signature: Signature | None) -> str:
    account = house.staff.accounts.get(signature.by) if signature else None
    return account.name if account else signature.by if signature else ""


def left_line(house: House, one: Left, sheet: Sheet, ward: Signing) -> LeftLine:
    """Return the sheet of somebody who left, as it stands."""
    found, signature, state = ward.sheet(one, sheet)
    physician = attending_of(stay_or_last(sheet.chart))
    return LeftLine(one, person_of(sheet), physician, found, signature, _by(house, signature), state)


async def left_lines_of(
    house: House, ward: str, world: str, declared: Declared, *, own: bool = False
) -> list[LeftLine]:
    """Return who left a ward during its downtime, the last one first; *own*: those alone whom no other ward signs."""
    found, here = [], signing(house, ward, declared)
    for one in await house.charts.left(ward, declared.since_ns, world):
        if own and here.elsewhere(one) is not None:
            continue
        opened = await house.lately.open(one.id)
        if opened is not None:
            found.append(left_line(house, one, opened.sheet(house.deps.clock.now_ns()), here))
    return found


async def lines_of(house: House, ward: str, world: str, declared: Declared) -> list[HandBackLine]:
    """Return the sheet of each patient of a ward, bed by bed."""
    found = []
    for row in (await house.charts.board(ward, world)).rows:
        opened = await house.lately.open(row.id)
        if opened is not None:
            sheet = opened.sheet(house.deps.clock.now_ns())
            found.append(line_of(house, row, sheet, declared))
    return found


async def unsigned_in(house: House, wards: Iterable[str], world: str) -> dict[str, Lacking]:
    """Return, of each of *wards* that lacks one, how many patients have no sheet that stands signed."""
    found = {}
    for ward in wards:
        declared = house.staff.downtime.of(ward)
        lines = await lines_of(house, ward, world, declared) if declared else []
        left = await left_lines_of(house, ward, world, declared, own=True) if declared else []
        if lacking := Lacking(*(sum(line.state in LACKING for line in some) for some in (lines, left))):
            found[ward] = lacking
    return found


def fresh(house: House, ward: str) -> Lifted | None:
    """Return the lifting of *ward*, while what was done after it is looked for."""
    found = house.staff.downtime.lifted(ward)
    return found if found and house.deps.clock.now_ns() - found.cutover_ns < FRESH_NS else None


def late_acts(house: House, sheet: Sheet, ward: str) -> list[Clash]:
    """Return what was done of a patient here after the cut-over of their ward."""
    lifted = fresh(house, ward)
    if lifted is None:
        return []
    lifting = Side("lifting", lifted.entry, lifted.cutover, lifted.by.removeprefix("user/"), ward)
    return house.named(written_after(sheet.chart, lifting))


async def late_in(house: House, ward: str, world: str) -> list[Waiting]:
    """Return what was done too late of each patient of a ward, as things that wait."""
    if fresh(house, ward) is None:
        return []
    found: list[Waiting] = []
    for row in (await house.charts.board(ward, world)).rows:
        opened = await house.lately.open(row.id)
        if opened is not None:
            sheet = Sheet(opened.chart, house.deps.clock.now_ns(), opened.laid)
            found += _waiting(row, late_acts(house, sheet, ward))
    return found


def _waiting(row: BoardRow, clashes: list[Clash]) -> list[Waiting]:
    number = next(iter(row.identifiers), "")
    line = WorkLine(row.id, row.family, row.given, row.birth_date, number, row.ward, row.room, row.bed, row.physician,
                    row.confidential, 0, [])  # fmt: skip
    return [
        Waiting(line, WorkItem("settle", f"entry/{one.second.ref}", one.second.what, clash=one), row.ward, False)
        for one in clashes
    ]
