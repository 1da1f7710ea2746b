"""A document that is sealed to a role: that there is one, and what stands in it for who has the role's words (F45).

Rules kept here:
  * Who may read the chart's entries sees that there is one; words open it, whatever the account.
  * Each look, and each try that failed, is an entry of the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.base import rfc3339
from contrefeu.chart import rules_of
from contrefeu.chart.sheet import SHOWN_TYPES, Report, attachments_in, report_of
from contrefeu.fhir import Json
from contrefeu.journal import MEDIA_HL7V2, MEDIA_SEALED, Entry, read_sealed
from contrefeu.mapping import read
from contrefeu.station.house import House
from contrefeu.station.message import ShownSegment, show_segments, show_text
from contrefeu.station.opened import OPEN_S, OpenedDocuments
from contrefeu.station.pages.entries import EntryPages, chart_query
from contrefeu.web import NOT_FOUND, Session, person

WORDS_CHARS_MAX = 200  # eight words of at most eight letters, with room for how people type


@dataclass(frozen=True, slots=True)
class File:
    """A file in an opened document."""

    number: int  # by which its address names it
    media_type: str
    title: str
    framed: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in an opened document."""

    reports: Sequence[Report]
    files: Sequence[File]
    segments: Sequence[ShownSegment]
    text: str
    cut: bool


@dataclass(frozen=True, slots=True)
class SealedPage:
    """One sealed document."""

    ref: str
    chart: str
    role: str
    received: str
    source: str
    wrong: bool  # the words that were just tried
    wait_s: int
    content: Content | None  # once it was opened


class SealedPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._entries = EntryPages(house)
        self._opened = OpenedDocuments(house.deps.clock)

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/sealed/{ref:path}", self.document, "entry", ("GET", "POST")),
            page("/opened/{number:int}/{ref:path}", self.file, "entry"),
        ]

    async def document(self, request: Request) -> Response:
        """Say that there is one; open it, show it, close it."""
        entry, chart = await self._entries.asked(request)
        sealed = read_sealed(entry.body) if entry.media_type == MEDIA_SEALED else None
        if sealed is None:
            raise NOT_FOUND
        actor, session = person(request)
        wrong = request.method == "POST" and not await self._taken(request, session, entry)
        if wrong:
            await self._house.shell.audit.write("document", actor, patient=chart, what=entry.ref, failed=True)
        elif request.method == "POST":
            return RedirectResponse(f"/sealed/{entry.ref}{chart_query(chart)}", 303)
        opened = self._opened.get(session, entry.ref)
        if opened is not None:
            self._house.shell.look(request, "document", patient=chart, what=entry.ref)
        page = SealedPage(
            ref=entry.ref,
            chart=chart,
            role=sealed.head.role,
            received=rfc3339(entry.received_ns),
            source=entry.source,
            wrong=wrong,
            wait_s=self._opened.wait_s(session.login),
            content=self._content(opened) if opened is not None else None,
        )
        answer = await self._house.shell.render(request, "sealed.html", page, status=403 if wrong else 200)
        if opened is not None:
            answer.headers["refresh"] = str(OPEN_S + 1)  # a screen that somebody left shows it no longer
        return answer

    async def _taken(self, request: Request, session: Session, entry: Entry) -> bool:
        """Do what a form asks; False when its words open nothing."""
        form = await request.form()
        if form.get("close"):
            self._opened.close(session, entry.ref)
        elif not self._opened.wait_s(session.login):
            return await self._opened.open(session, entry, str(form.get("words", ""))[:WORDS_CHARS_MAX])
        return True

    def _content(self, opened: Entry) -> Content:
        found, is_hl7 = self._resources(opened), opened.media_type == MEDIA_HL7V2
        text, cut = ("", False) if is_hl7 else show_text(opened.body, opened.media_type)
        segments = show_segments(opened.body) if is_hl7 else ()
        return Content([report_of(one) for one in found], list(_files(found)), segments, text, cut)

    async def file(self, request: Request) -> Response:
        """Send a file of an opened document; number 0 is all of it, as it came."""
        entry, chart = await self._entries.asked(request)
        _, session = person(request)
        opened = self._opened.get(session, entry.ref)
        number = request.path_params["number"]
        if opened is None:
            raise NOT_FOUND
        found = [(opened.body, "application/octet-stream")]
        found += [one for resource in self._resources(opened) for one in attachments_in(resource)]
        if number >= len(found):
            raise NOT_FOUND
        self._house.shell.look(request, "document", patient=chart, what=f"{entry.ref} {number}")
        body, said = found[number]
        media_type = said.partition(";")[0].strip().casefold()
        shown = media_type in SHOWN_TYPES
        headers = {"content-disposition": "inline" if shown else "attachment"}
        return Response(body, media_type=media_type if shown else "application/octet-stream", headers=headers)

    def _resources(self, opened: Entry) -> list[Json]:
        """The documents and reports in what was opened, as charts would have read them."""
        reading = read(opened, rules_of(self._house.deps.settings).of(opened.source))
        said = [one for part in (reading, *reading.also) for one in part.said]
        return [
            {**one.resource, "resourceType": one.kind, "id": str(number)}
            for number, one in enumerate(said)
            if one.kind in {"DocumentReference", "DiagnosticReport"}
        ]


def _files(resources: Sequence[Json]) -> Sequence[File]:
    attached = [one for resource in resources for one in report_of(resource).attachments]
    return [
        File(number, one.media_type, one.title, one.framed) for number, one in enumerate(attached, 1) if not one.text
    ]
