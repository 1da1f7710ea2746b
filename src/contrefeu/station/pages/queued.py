"""One page that waits: its picture, who it may be about, and a person who files or rejects it.

Rules kept here:
  * Who files a page has seen the patient's name, birth date and allergies beside the picture, and says that both are
    the same person's. Suggestions are never chosen beforehand.
  * What is filed is the picture, under the number that the chart stands under. Once it is known which page it is, its
    boxes are looked at, and what is ticked waits for a person as always (Q3).
  * A page that was printed for one patient is not filed by its number on another's chart.
  * A page that is rejected stays in the journal, with the reason and who gave it.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import (
    FORM_SYSTEM,
    ISSUE_SYSTEM,
    PageHandedIn,
    PageScanned,
    PageSettled,
    PagesIssued,
    issue_of_words,
    issue_words,
)
from contrefeu.base import rfc3339
from contrefeu.chart import Age
from contrefeu.chart.sheet import Allergies, Person, Sheet, allergies_of, person_of
from contrefeu.fhir import Json
from contrefeu.journal import MEDIA_FHIR
from contrefeu.station.care.scribe import Scribe, bundle
from contrefeu.station.house import House, OutOfScope
from contrefeu.station.labels import label
from contrefeu.station.pages.papers import HOUSE, REASON_CHARS_MAX, REASON_CHARS_MIN
from contrefeu.station.pages.writing import is_shown, scribe_of, write_down
from contrefeu.web import N_, NOT_FOUND, Words

SHOWN_TYPES = frozenset({"image/jpeg", "image/png", "application/pdf"})  # what browsers show; they run nothing in it
SCANNED = N_("Page scannée")
Named = tuple[PagesIssued | None, int]  # an issue and a page of it, as somebody read them off the paper
NO_REASON, NO_PATIENT, NOT_YOURS, NOT_SURE, SETTLED = "no-reason", "no-patient", "not-yours", "not-sure", "settled"
NO_ISSUE, NO_PAGE, OTHERS = "no-issue", "no-page", "others"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody whom the page may be about."""

    id: str
    who: Person
    why: str  # "issued": it was printed for them; "ward": they lie there


@dataclass(frozen=True, slots=True)
class QueuedPage:
    """One page."""

    ref: str
    ward: str
    media: str  # of its picture
    scan: PageScanned | None  # None: not read yet
    issued: PagesIssued | None
    number: str
    at_page: int
    at: str
    by: str
    settled: PageSettled | None
    chart: str  # that it was filed on
    ticks: str  # where its ticks are answered
    suggestions: Sequence[Suggestion]
    chosen: str  # chart id of whom the person means; "" before that
    who: Person | None
    age: Age | None
    allergies: Allergies | None
    asked: str  # what was typed
    number_asked: bool  # whether nothing says yet which page it is
    boxes: str  # "waiting" to be looked at, "unread": it could not be told where they lie; "" else
    problem: str = ""


class QueuedPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/page/{ref:path}", self.show, "write", ("GET", "POST")),
            page("/picture/{ref:path}", self.picture, "chart"),
        ]

    async def _found(self, request: Request) -> tuple[str, PageHandedIn | None, str, PageScanned | None]:
        """The page: the entry of its picture, how it was handed in and by whom, and what was read on it.

        Raises:
            Problem: There is none, or it is another ward's.
        """
        house, ref = self._house, str(request.path_params["ref"])
        await house.staff.refresh()
        papers = house.staff.papers
        handed = papers.handed_in(ref)
        given, by, scan = handed or (None, "", papers.scan(ref))
        if given is None and scan is None:
            raise NOT_FOUND
        ward = scan.ward if scan is not None else given.ward if given is not None else ""
        account = house.account(request)
        if not account.in_scope(ward) and not (given is not None and by == f"user/{account.login}"):
            raise await house.shell.refusal(request)
        return ref, given, by.removeprefix("user/"), scan

    async def picture(self, request: Request) -> Response:
        """Send the picture of a page."""
        house = self._house
        ref, _, _, scan = await self._found(request)
        entry = await house.charts.entry(scan.entry if scan is not None else ref)
        if entry is None:
            raise NOT_FOUND
        house.shell.look(request, "document", patient=scan.chart if scan is not None else "", what=ref)
        body, media = _picture_in(entry.body, entry.media_type)
        shown = media in SHOWN_TYPES
        headers = {"content-disposition": "inline" if shown else "attachment"}
        return Response(body, media_type=media if shown else "application/octet-stream", headers=headers)

    async def show(self, request: Request) -> Response:
        """Show a page; take what becomes of it."""
        if request.method == "GET":
            asked = request.query_params.get("patient", "").strip()
            return await self._page(request, asked)
        form = {key: str(value).strip() for key, value in (await request.form()).items()}
        ref, _, _, scan = await self._found(request)
        if scan is None or scan.state == "filed" or self._settled(ref, scan):
            return await self._page(request, "", SETTLED)
        if form.get("do") == "reject":
            return await self._reject(request, scan, form.get("reason", "")[:REASON_CHARS_MAX])
        if form.get("do") != "file":
            return RedirectResponse(f"/page/{quote(ref)}?patient={quote(form.get('patient', ''))}", 303)
        if form.get("same") != "yes":
            return await self._page(request, form.get("patient", ""), NOT_SURE)
        return await self._file(request, scan, form.get("patient", ""), form.get("number", ""))

    async def _reject(self, request: Request, scan: PageScanned, reason: str) -> Response:
        if len(reason) < REASON_CHARS_MIN:
            return await self._page(request, "", NO_REASON)
        house = self._house
        act = PageSettled(scan.entry, "rejected", rfc3339(house.deps.clock.now_ns()), reason)
        await house.staff.write(act, house.account(request).login)
        return RedirectResponse(f"/papers/{quote(scan.ward or HOUSE)}", 303)

    async def _file(self, request: Request, scan: PageScanned, patient: str, number: str) -> Response:
        house = self._house
        id_, named = await self._meant(patient)
        if not id_:
            return await self._page(request, patient, NO_PATIENT)
        if number and not scan.issue:
            named = self._named(number)
            if wrong := await self._misnamed(named, id_):
                return await self._page(request, patient, wrong)
        try:
            id_, sheet, _ = await house.open(request, id_)
        except OutOfScope:
            return await self._page(request, patient, NOT_YOURS)
        entry = await house.charts.entry(scan.entry)
        if entry is None:
            raise NOT_FOUND
        body, media = _picture_in(entry.body, entry.media_type)
        scribe, issued = scribe_of(house, request), house.staff.papers.issue(scan.issue) or named[0]
        words = Words(house.deps.settings.node.language, house.deps.zone)  # of what is written: all read it
        title = label("form", issued.form, words) if issued is not None else words(SCANNED)
        document = filed_page(scan, issued, title, body, media, scribe)
        ref = await write_down(house, scribe, bundle(sheet.chart, scribe, f"page/{scan.entry}", [document]))
        back = (named[0].issue, named[1]) if named[0] is not None and not scan.issue else ("", 0)
        act = PageSettled(scan.entry, "filed", rfc3339(scribe.now_ns), "", id_, ref, *back)
        await house.staff.write(act, scribe.login)
        house.deps.handed_in()
        shown = await is_shown(house, id_, ref)
        return RedirectResponse(f"/patient/{quote(id_)}{'#reports' if shown else '?kept=' + quote(ref)}", 303)

    async def _meant(self, asked: str) -> tuple[str, Named]:
        """Whose chart a number names, and the page when it was the number beside a code."""
        named = self._named(asked)
        issued = named[0]
        chart = await self._house.charts.chart(issued.chart if issued is not None and issued.chart else asked)
        return (chart.id if chart is not None else ""), named

    async def _misnamed(self, named: Named, chart: str) -> str:
        """What is wrong with the page that a number names, for it to be filed on *chart*."""
        issued, page = named
        if issued is None or not page:
            return NO_ISSUE if issued is None else NO_PAGE
        printed = await self._house.charts.chart(issued.chart) if issued.chart else None
        return OTHERS if issued.chart and (printed is None or printed.id != chart) else ""

    def _named(self, asked: str) -> Named:
        """The issue and the page that a printed number names: "7KQ2-M0XD-4R8TB" or, of several pages, ".../2"."""
        number, _, page = asked.partition("/")
        try:
            issued = self._house.staff.papers.issue(issue_of_words(number).hex()) if number else None
        except (ValueError, OverflowError):
            issued = None
        if issued is None:
            return None, 0
        alone = 1 if issued.pages == 1 else 0
        return issued, int(page) if page.isascii() and page.isdigit() and 1 <= int(page) <= issued.pages else alone

    def _settled(self, ref: str, scan: PageScanned) -> PageSettled | None:
        papers = self._house.staff.papers
        return papers.settled(scan.entry) or papers.settled(ref)

    async def _page(self, request: Request, asked: str, problem: str = "") -> Response:
        house = self._house
        ref, given, by, scan = await self._found(request)
        chosen, named = await self._meant(asked) if asked else ("", (None, 0))
        sheet: Sheet | None = None
        if chosen:
            try:
                chosen, sheet, _ = await house.open(request, chosen)
            except OutOfScope:
                chosen, problem = "", problem or NOT_YOURS
        elif asked:
            problem = problem or NO_PATIENT
        house.shell.look(request, "document", patient=chosen, what=ref)
        settled = self._settled(ref, scan) if scan is not None else house.staff.papers.settled(ref)
        number, at = _which(scan, settled)
        issued = house.staff.papers.issue(number) if number else None
        who = person_of(sheet) if sheet is not None else None
        page = QueuedPage(
            ref=ref,
            ward=scan.ward if scan is not None else given.ward if given is not None else "",
            media=await self._media(scan.entry if scan is not None else ref),
            scan=scan,
            issued=issued,
            number=issue_words(bytes.fromhex(issued.issue)) if issued is not None else "",
            at_page=at,
            at=scan.at if scan is not None else given.at if given is not None else "",
            by=by,
            settled=settled,
            chart=scan.chart if scan is not None and scan.state == "filed" else settled.chart if settled else "",
            ticks=f"/ticks/{number}/{at}" if house.staff.papers.proposal(number, at) is not None else "",
            suggestions=await self._suggestions(request, scan, issued) if scan is not None and not chosen else (),
            chosen=chosen,
            who=who,
            age=house.age(who) if who is not None else None,
            allergies=allergies_of(sheet) if sheet is not None else None,
            asked=asked,
            number_asked=scan is not None and not scan.issue and named[0] is None,
            boxes=self._boxes(scan) if scan is not None and settled is not None else "",
            problem=problem,
        )
        return await house.shell.render(request, "queued.html", page, status=400 if problem else 200)

    def _boxes(self, scan: PageScanned) -> str:
        """How far the boxes of a page are that somebody filed."""
        papers = self._house.staff.papers
        read = papers.marks_read(scan.entry)
        if read is not None:
            return "" if read.found else "unread"
        return "waiting" if scan.entry in {one.scan.entry for one in papers.to_look_at()} else ""

    async def _media(self, ref: str) -> str:
        entry = await self._house.charts.entry(ref)
        return _picture_in(entry.body, entry.media_type)[1] if entry is not None else ""

    async def _suggestions(self, request: Request, scan: PageScanned, issued: PagesIssued | None) -> list[Suggestion]:
        """Whom it was printed for, then who lies on the ward, bed by bed."""
        house = self._house
        ids = [(issued.chart, "issued")] if issued is not None and issued.chart else []
        if scan.ward:
            board = await house.charts.board(scan.ward, house.world(request))
            ids += [(row.id, "ward") for row in board.rows]
        found: list[Suggestion] = []
        for id_, why in ids:
            chart = await house.charts.chart(id_)
            if chart is not None and chart.id not in {one.id for one in found}:
                found.append(Suggestion(chart.id, person_of(Sheet(chart, house.deps.clock.now_ns())), why))
        return found


def _which(scan: PageScanned | None, settled: PageSettled | None) -> tuple[str, int]:
    """Which page it is, as its code or a person says: its issue ("" when nobody does) and its number."""
    if scan is not None and scan.issue:
        return scan.issue, scan.page
    return (settled.issue, settled.page) if settled is not None else ("", 0)


def filed_page(
    scan: PageScanned, issued: PagesIssued | None, title: str, body: bytes, media: str, scribe: Scribe
) -> Json:
    """Return the document of a page that *scribe* files: a picture, dated when it was printed if that is known."""
    number = f" {issue_words(bytes.fromhex(issued.issue))}" if issued is not None else ""
    kind: dict[str, Any] = {"text": title}
    if issued is not None:
        kind["coding"] = [{"system": FORM_SYSTEM, "code": issued.form}]
    data = b64encode(body).decode()
    return {
        "resourceType": "DocumentReference",
        "identifier": [{"system": ISSUE_SYSTEM, "value": scan.entry}],
        "status": "current",
        "docStatus": "final",
        "type": kind,
        "date": issued.at if issued is not None else scan.at,
        "author": [scribe.author],
        "description": title + number,
        "content": [{"attachment": {"contentType": media, "data": data, "title": title + number}}],
    }


def _picture_in(body: bytes, media: str) -> tuple[bytes, str]:
    """The picture that an entry holds, and its type."""
    if media != MEDIA_FHIR:
        return body, media
    said = msgspec.json.decode(body)
    attachment = said["content"][0]["attachment"]
    return b64decode(attachment["data"]), str(attachment["contentType"])
