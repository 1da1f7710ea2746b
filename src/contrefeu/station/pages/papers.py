"""Papers of the wards: what was printed and is not back, what waits to be filed, ticks to confirm, and pages handed in.

Rules kept here:
  * Pages issued = pages back + pages declared lost + pages missing, per ward (Q2). Who declares them lost says why, and
    stands by it.
  * A picture that is handed in is in the journal before anybody reads it, and is read elsewhere: no bytes of a picture
    are unpacked here.
  * A ward's papers are for those who care for it; what names no ward is the whole house's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Missing, PageHandedIn, PageScanned, PagesLost, Proposal, issue_words
from contrefeu.base import StorageError, rfc3339
from contrefeu.chart.sheet import Person, Sheet, person_of
from contrefeu.station.house import House
from contrefeu.web import NOT_KEPT, UPLOAD_BYTES_MAX

SHOWN_MAX = 100  # of each list of a page: how many there are is said
REASON_CHARS_MIN, REASON_CHARS_MAX = 5, 300  # less says nothing the next day; two sentences
NO_REASON, NO_PICTURE, GONE = "no-reason", "no-picture", "gone"
HOUSE = "-"  # in an address, the papers that name no ward
# What a file begins with (PNG 1.2, 3.1; ITU T.81, B.1.1.3; ISO 32000-1, 7.5.2; TIFF 6.0, section 2).
PICTURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"%PDF-": "application/pdf",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}


@dataclass(frozen=True, slots=True)
class WardCount:
    """One ward's papers, counted."""

    ward: str
    name: str
    issued: int
    back: int
    lost: int
    missing: int
    waiting: int
    ticks: int


@dataclass(frozen=True, slots=True)
class PapersPage:
    """Every ward's."""

    wards: Sequence[WardCount]


@dataclass(frozen=True, slots=True)
class MissingRow:
    """Pages of one issue that nobody saw again."""

    missing: Missing
    number: str  # as it is printed
    who: Person | None


@dataclass(frozen=True, slots=True)
class TicksRow:
    """A page with ticks that nobody answered."""

    proposal: Proposal
    number: str
    who: Person | None


@dataclass(frozen=True, slots=True)
class WardPapersPage:
    """One ward's."""

    ward: str
    name: str
    count: WardCount
    unread: int  # handed in, and not read yet
    waiting: Sequence[PageScanned]
    ticks: Sequence[TicksRow]
    missing: Sequence[MissingRow]
    writes: bool  # whether the person may hand in, file and declare lost
    problem: str = ""


class PaperPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/papers", self.papers, "chart"),
            page("/papers/{ward:path}", self.ward, "chart"),
            page("/papers/{ward:path}", self.lose, "write", ("POST",)),
            page("/hand-in/{ward:path}", self.hand_in, "write", ("POST",), bytes_max=UPLOAD_BYTES_MAX),
        ]

    async def papers(self, request: Request) -> Response:
        """Show every ward of the person."""
        house = self._house
        await house.staff.refresh()
        house.shell.look(request, "board", what="papers")
        names = {one.id: one.name for one in await house.charts.wards(house.world(request))}
        account = house.account(request)
        counted = self._counted(names)
        return await house.shell.render(
            request, "papers.html", PapersPage([one for one in counted if account.in_scope(one.ward)])
        )

    async def ward(self, request: Request) -> Response:
        """Show one ward's papers."""
        return await self._show(request, await self._ward(request))

    async def _show(self, request: Request, ward: str, problem: str = "") -> Response:
        house = self._house
        await house.staff.refresh()
        house.shell.look(request, "board", what=f"papers {ward}")
        papers = house.staff.papers
        names = {one.id: one.name for one in await house.charts.wards(house.world(request))}
        home = house.staff.wards.home
        ticks = [one for one in papers.proposals() if home(one.issued.ward) == ward]
        missing = [one for one in papers.missing() if home(one.issued.ward) == ward]
        page = WardPapersPage(
            ward=ward,
            name=names.get(ward, "") or ward,
            count=next((one for one in self._counted(names) if one.ward == ward), _count(ward, names, {})),
            unread=sum(home(act.ward) == ward for act, _ in papers.unread()),
            waiting=[one for one in papers.waiting() if home(one.ward) == ward][:SHOWN_MAX],
            ticks=[
                TicksRow(one, _number(one.issued.issue), await self._who(one.scan.chart)) for one in ticks[:SHOWN_MAX]
            ],
            missing=[
                MissingRow(one, _number(one.issued.issue), await self._who(one.issued.chart))
                for one in missing[:SHOWN_MAX]
            ],
            writes=house.account(request).may("write"),
            problem=problem,
        )
        return await house.shell.render(request, "ward_papers.html", page, status=400 if problem else 200)

    async def lose(self, request: Request) -> Response:
        """Declare the missing pages of an issue lost (Q2)."""
        house, ward = self._house, await self._ward(request)
        form = await request.form()
        reason = str(form.get("reason", "")).strip()[:REASON_CHARS_MAX]
        await house.staff.refresh()
        mine = [one for one in house.staff.papers.missing() if house.staff.wards.home(one.issued.ward) == ward]
        found = [one for one in mine if one.issued.issue == form.get("issue")]
        if not found:
            return await self._show(request, ward, GONE)
        if len(reason) < REASON_CHARS_MIN:
            return await self._show(request, ward, NO_REASON)
        at = rfc3339(house.deps.clock.now_ns())
        act = PagesLost(found[0].issued.issue, found[0].pages, reason, at)
        await house.staff.write(act, house.account(request).login)
        return RedirectResponse(f"/papers/{quote(ward or HOUSE)}", 303)

    async def hand_in(self, request: Request) -> Response:
        """Keep a picture of a page, and say that it is to be read."""
        house, ward = self._house, await self._ward(request)
        given = (await request.form()).get("picture")
        data = await given.read() if isinstance(given, UploadFile) else b""
        media = next((media for start, media in PICTURES.items() if data.startswith(start)), "")
        if not media:
            return await self._show(request, ward, NO_PICTURE)
        login = house.account(request).login
        try:
            ref = await house.deps.appender.append(f"user/{login}", media, data)
        except (StorageError, OSError):
            raise NOT_KEPT from None
        await house.staff.write(PageHandedIn(ref, rfc3339(house.deps.clock.now_ns()), ward), login)
        house.deps.handed_in()
        return RedirectResponse(f"/page/{quote(ref)}", 303)

    async def _ward(self, request: Request) -> str:
        """The ward, as it goes by, when the person cares for it.

        Raises:
            Problem: They do not.
        """
        asked = str(request.path_params["ward"])
        ward = "" if asked == HOUSE else asked
        if not self._house.account(request).in_scope(ward):
            raise await self._house.shell.refusal(request)
        await self._house.staff.refresh()
        return self._house.staff.wards.home(ward)

    def _counted(self, names: dict[str, str]) -> list[WardCount]:
        papers, home = self._house.staff.papers, self._house.staff.wards.home
        counts: dict[str, Counter[str]] = {}
        for ward, found in papers.counts().items():
            counts.setdefault(home(ward), Counter()).update(found)
        waiting = Counter(home(one.ward) for one in papers.waiting())
        waiting.update(home(act.ward) for act, _ in papers.unread())
        ticks = Counter(home(one.issued.ward) for one in papers.proposals())
        wards = sorted({*names, *counts, *waiting, *ticks})
        return [_count(ward, names, counts.get(ward, Counter()), waiting[ward], ticks[ward]) for ward in wards]

    async def _who(self, chart: str) -> Person | None:
        found = await self._house.charts.chart(chart) if chart else None
        return None if found is None else person_of(Sheet(found, self._house.deps.clock.now_ns()))


def _count(ward: str, names: dict[str, str], of: Mapping[str, int], waiting: int = 0, ticks: int = 0) -> WardCount:
    issued, back, lost, missing = (of.get(name, 0) for name in ("issued", "back", "lost", "missing"))
    return WardCount(ward, names.get(ward, ""), issued, back, lost, missing, waiting, ticks)


def _number(issue: str) -> str:
    return issue_words(bytes.fromhex(issue))
