"""Wards that go back to the record system: each patient's hand-back sheet, who signed it, what was done too late (F4).

Rules kept here:
  * A sheet is signed, not signed, or signed before something changed: the three never look alike.
  * What people did here after a ward's cut-over waits to be settled, for as many days as a lifting is fresh.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from contrefeu.acts import Declared, Lifted, Papers, Signature, issue_words
from contrefeu.chart import BoardRow, Clash, DueItem, Side, WorkItem, WorkLine, written_after
from contrefeu.chart.sheet import HandBack, PageOut, Sheet, hand_back_of
from contrefeu.station.house import House
from contrefeu.station.pages.writing import due_there
from contrefeu.station.work import Waiting

State = Literal["signed", "changed", "unsigned"]
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
        if self.signature is None:
            return "unsigned"
        return "signed" if self.signature.act.shown == self.sheet.digest else "changed"


def sheet_of(chart: str, sheet: Sheet, due: Sequence[DueItem], since: str, papers: Papers) -> HandBack:
    """Return the hand-back sheet of a patient whose ward is in downtime since *since*."""
    out = [
        PageOut(one.issued.form, issue_words(bytes.fromhex(one.issued.issue)), one.issued.at, tuple(one.pages))
        for one in papers.missing()
        if one.issued.chart == chart
    ]
    return hand_back_of(sheet, due, since, out)


def line_of(house: House, row: BoardRow, sheet: Sheet, declared: Declared) -> HandBackLine:
    """Return one patient's sheet as it stands."""
    due = due_there(house, row.ward, row.due)
    found = sheet_of(row.id, sheet, due, declared.since, house.staff.papers)
    signature = house.staff.hand_backs.of(row.id, declared.since)
    account = house.staff.accounts.get(signature.by) if signature else None
    return HandBackLine(row, found, signature, account.name if account else signature.by if signature else "")


async def lines_of(house: House, ward: str, world: str, declared: Declared) -> list[HandBackLine]:
    """Return the sheet of each patient of a ward, bed by bed."""
    found = []
    for row in (await house.charts.board(ward, world)).rows:
        opened = await house.lately.open(row.id)
        if opened is not None:
            sheet = opened.sheet(house.deps.clock.now_ns())
            found.append(line_of(house, row, sheet, declared))
    return found


async def unsigned_in(house: House, wards: Iterable[str], world: str) -> dict[str, int]:
    """Return, of each of *wards* that lacks one, how many patients have no sheet that stands signed."""
    found = {}
    for ward in wards:
        declared = house.staff.downtime.of(ward)
        lines = await lines_of(house, ward, world, declared) if declared else []
        if lacking := sum(line.state != "signed" for line in lines):
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
