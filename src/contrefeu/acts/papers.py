"""What became of every page, as acts tell it: issued, back, waiting, settled, answered, lost.

Rules kept here:
  * Whatever order acts arrive in, they say the same.
  * A number that was said twice in two ways is nobody's: nothing is filed on a doubt.
  * Pages issued = pages that came back + pages declared lost + pages missing (Q2). A page that was made ahead counts
    once one of its issue came back: that one was printed.
  * A tick is answered once: the same page scanned again proposes what was ticked since.
"""

from typing import NamedTuple
from uuid import UUID

import msgspec

from contrefeu.acts.paper import (
    Mark,
    MarksAnswered,
    MarksRead,
    PageHandedIn,
    PageScanned,
    PageSettled,
    PagesIssued,
    PagesLost,
)

PageOf = tuple[str, int]  # issue and page


class Missing(NamedTuple):
    """Pages of one issue that nobody saw again."""

    issued: PagesIssued
    pages: list[int]


class Filed(NamedTuple):
    """A page that somebody filed, whose boxes nobody looked at yet."""

    issued: PagesIssued
    page: int
    scan: PageScanned
    chart: str
    named: bool  # whether a person said which page it is: no code did


class Proposal(NamedTuple):
    """A page with ticks that nobody answered yet."""

    issued: PagesIssued
    scan: PageScanned
    marks: list[Mark]


class Papers:
    """Every page that acts speak of."""

    def __init__(self) -> None:
        self._issued: dict[str, PagesIssued] = {}
        self._doubtful: set[str] = set()
        self._scanned: dict[str, PageScanned] = {}  # by the entry of the picture
        self._handed_in: dict[str, tuple[PageHandedIn, str]] = {}  # by the entry of the picture; by whom
        self._settled: dict[str, PageSettled] = {}
        self._back: dict[str, set[int]] = {}
        self._lost: dict[str, set[int]] = {}
        self._answered: dict[PageOf, set[int]] = {}
        self._with_marks: dict[PageOf, PageScanned] = {}
        self._read: dict[str, MarksRead] = {}  # by the entry of the picture

    def apply(self, act: object, source: str = "") -> None:
        """Take an act into account; those about something else change nothing."""
        match act:
            case PagesIssued() if _is_whole(act):
                if self._issued.setdefault(act.issue, act) != act:
                    self._doubtful.add(act.issue)
            case PageScanned():
                self._scan(act)
            case PageHandedIn():
                self._handed_in[act.entry] = (act, source)
            case PageSettled():
                self._settled.setdefault(act.entry, act)
                if act.page and act.done == "filed":
                    self._back.setdefault(act.issue, set()).add(act.page)
            case PagesLost():
                self._lost.setdefault(act.issue, set()).update(act.pages)
            case MarksRead():
                self._read[act.entry] = act
                size = (act.width, act.height)
                as_filed = PageScanned("filed", act.entry, act.at, "", act.issue, act.page, act.chart, "", "", *size)
                self._propose(msgspec.structs.replace(as_filed, marks=act.marks))
            case MarksAnswered():
                self._answered.setdefault((act.issue, act.page), set()).update(act.boxes)
            case _:
                pass

    def _scan(self, act: PageScanned) -> None:
        self._scanned[act.entry] = act
        if act.issue:
            self._back.setdefault(act.issue, set()).add(act.page)
        if act.state == "filed":
            self._propose(act)

    def _propose(self, act: PageScanned) -> None:
        if act.marks:
            page, last = (act.issue, act.page), self._with_marks.get((act.issue, act.page))
            if last is None or _order(last) <= _order(act):
                self._with_marks[page] = act

    @property
    def issues(self) -> dict[str, PagesIssued]:
        """Every issue that is not doubtful, by number (hex)."""
        return {issue: act for issue, act in self._issued.items() if issue not in self._doubtful}

    def issue(self, number: str) -> PagesIssued | None:
        """One of them."""
        return None if number in self._doubtful else self._issued.get(number)

    def waiting(self) -> list[PageScanned]:
        """Pages that were read and filed nowhere, and that nobody settled, the oldest first."""
        found = [
            one
            for one in self._scanned.values()
            if one.state != "filed" and not {one.entry, one.handed_in} & self._settled.keys()
        ]
        return sorted(found, key=_order)

    def unread(self) -> list[tuple[PageHandedIn, str]]:
        """Pages that were handed in and not read yet, and by whom, the oldest first."""
        read = {one.handed_in for one in self._scanned.values()} | self._settled.keys()
        return sorted((one for entry, one in self._handed_in.items() if entry not in read), key=lambda one: one[0].at)

    def handed_in(self, entry: str) -> tuple[PageHandedIn, str, PageScanned | None] | None:
        """A page as it was handed in, by whom, and what was read on it."""
        given = self._handed_in.get(entry)
        scan = next((one for one in self._scanned.values() if one.handed_in == entry), None)
        return (*given, scan) if given else None

    def scan(self, entry: str) -> PageScanned | None:
        """What was read on the picture of *entry*."""
        return self._scanned.get(entry)

    def settled(self, entry: str) -> PageSettled | None:
        """What somebody said of it."""
        return self._settled.get(entry)

    def marks_read(self, entry: str) -> MarksRead | None:
        """How the boxes of a page were looked at that somebody filed."""
        return self._read.get(entry)

    def to_look_at(self) -> list[Filed]:
        """Pages that somebody filed and whose boxes nobody looked at, the oldest first."""
        found = []
        for entry, act in self._settled.items():
            scan = self._scanned.get(entry)
            if act.done != "filed" or scan is None or entry in self._read:
                continue
            number, page = (scan.issue, scan.page) if scan.issue else (act.issue, act.page)
            issued = self.issue(number)
            if issued is not None and any(box.page == page for box in issued.boxes):
                found.append(Filed(issued, page, scan, act.chart, not scan.issue))
        return sorted(found, key=lambda one: _order(one.scan))

    def proposals(self) -> list[Proposal]:
        """Pages with ticks that nobody answered, the oldest first."""
        found = (self.proposal(*page) for page in self._with_marks)
        return sorted((one for one in found if one is not None), key=lambda one: _order(one.scan))

    def proposal(self, issue: str, page: int) -> Proposal | None:
        """The ticks of one page that nobody answered; None when there are none."""
        scan, issued = self._with_marks.get((issue, page)), self.issue(issue)
        if scan is None or issued is None:
            return None
        answered = self._answered.get((issue, page), set())
        left = [one for one in scan.marks if one.box not in answered and one.box < len(issued.boxes)]
        return Proposal(issued, scan, left) if left else None

    def missing(self) -> list[Missing]:
        """Pages that were issued to be written on, and neither came back nor were declared lost (Q2)."""
        found = []
        for issue, act in self.issues.items():
            back = self._back.get(issue, set())
            if not act.returns or (act.ahead and not back):
                continue
            gone = back | self._lost.get(issue, set())
            left = [page for page in range(1, act.pages + 1) if page not in gone]
            if left:
                found.append(Missing(act, left))
        return sorted(found, key=lambda one: (one.issued.ward, one.issued.at, one.issued.issue))

    def counts(self) -> dict[str, dict[str, int]]:
        """Of each ward: pages `issued` to be written on, `back`, `lost` and `missing`."""
        found: dict[str, dict[str, int]] = {}
        for issue, act in self.issues.items():
            pages = set(range(1, act.pages + 1))
            back = self._back.get(issue, set()) & pages
            if not act.returns or (act.ahead and not back):
                continue
            lost = (self._lost.get(issue, set()) & pages) - back
            of = found.setdefault(act.ward, {"issued": 0, "back": 0, "lost": 0, "missing": 0})
            for name, count in (("issued", act.pages), ("back", len(back)), ("lost", len(lost))):
                of[name] += count
            of["missing"] += act.pages - len(back) - len(lost)
        return dict(sorted(found.items()))


def _order(scan: PageScanned) -> tuple[str, str, int]:
    """When it was read; of one instant, by its entry."""
    journal, _, sequence = scan.entry.rpartition("/")
    return scan.at, journal, int(sequence) if sequence.isascii() and sequence.isdigit() else 0


def _is_whole(act: PagesIssued) -> bool:
    """Whether an act says what an issue must: a later version or another house may write otherwise."""
    try:
        sizes = (len(bytes.fromhex(act.issue)), len(bytes.fromhex(act.signed_by)))
        UUID(act.chart or "0" * 32)
    except ValueError:
        return False
    return sizes == (8, 32) and 1 <= act.pages <= 255 and bool(act.chart) == bool(act.patient)
