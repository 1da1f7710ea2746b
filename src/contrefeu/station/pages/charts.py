"""One patient's chart, its documents, and the glass in front of other wards' charts.

Rules kept here:
  * Identity and allergies stand above everything, always.
  * A chart outside the person's wards opens once they have said why: an act for the next day's review, and each page
    seen through the broken glass is audited as an emergency.
  * A document is sent as its sender gave it, through this route alone, and can run nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import GlassBroken
from contrefeu.base import rfc3339
from contrefeu.chart import (
    OURS,
    Age,
    Chart,
    Dispute,
    DueItem,
    PatientHit,
    Stamp,
    WorkItem,
    age_of,
    dispute_of,
    source_of,
    stay_of,
    weight_is_old,
    work_line,
)
from contrefeu.chart.sheet import (
    SHOWN_TYPES,
    Allergies,
    Heard,
    Person,
    Results,
    Sheet,
    Story,
    Treatments,
    allergies_of,
    attachment_bytes,
    person_of,
    results_of,
    story_of,
    treatments_of,
)
from contrefeu.journal import parse_ref
from contrefeu.station.care.naming import temporary_number
from contrefeu.station.house import House, OutOfScope, namesake
from contrefeu.station.names import names_left
from contrefeu.station.pages.writing import due_of, writes_here
from contrefeu.web import NOT_FOUND, person

REASON_LENGTH_MIN = 5  # characters: less cannot be reviewed the next day
REASON_LENGTH_MAX = 300  # characters: two sentences
REF_LENGTH_MAX = 100  # characters of journal/sequence
NAMESAKES_MAX = 10  # patients looked at for one of the same name
VALUES_BEFORE = 3  # earlier values beside the last one; the rest is one click away


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A message that names the patient and says nothing that a chart can hold: one click away all the same."""

    kind: str
    source: str
    received: str
    entry: str
    uncertain: bool  # whether it may have come before the one next to it, which another station received


@dataclass(frozen=True, slots=True)
class ChartPage:
    """One chart."""

    id: str
    person: Person
    age: Age | None
    allergies: Allergies
    treatments: Treatments
    results: Results
    story: Story
    due: Sequence[DueItem]
    sheet: Sheet
    unread: Sequence[UnreadLine]
    through_glass: bool
    weight_old: bool  # F10
    writes: bool  # whether this ward writes here now (F3)
    unsigned: frozenset[str]  # verbal orders that wait for their prescriber: "MedicationRequest/id"
    tasks: Sequence[WorkItem]
    laboratory: bool  # whether the laboratory types results in now: a downtime is declared
    kept: str  # an entry that was just written and that the chart does not say yet
    on_leave: bool
    dispute: Dispute | None  # what people here and a feed say of where the patient lies (F26)
    temporary: str  # number that was given here; "" when none ever was
    old_names: int  # things that bear a name that was left (F25)
    namesakes: Sequence[PatientHit]  # others here who have the same name (F22)
    values_before: int = VALUES_BEFORE

    def heard(self, *blocks: str) -> Sequence[Heard]:
        """Return which feeds spoke of these blocks, the latest first; none when no feed ever did (F1).

        What people write here is no feed's word: each line says who wrote it.
        """
        return [one for one in self.sheet.heard(*blocks) if not one.source.startswith(OURS)]

    @property
    def identity_source(self) -> str:
        """The entry that last said who this is."""
        return source_of(self.sheet.patient)


@dataclass(frozen=True, slots=True)
class GlassPage:
    """Why do you open it?"""

    id: str
    ward: str
    too_short: bool = False


class ChartPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/patient/{id}", self.chart, "chart"),
            page("/glass/{id}", self.glass, "glass", ("GET", "POST")),
            page("/document/{id}/{key:path}", self.document, "chart"),
        ]

    async def chart(self, request: Request) -> Response:
        """Show a chart."""
        house = self._house
        asked = request.path_params["id"]
        try:
            id_, sheet, whose = await house.open(request, asked)
        except OutOfScope as found:
            return await self._to_glass(request, found.chart)
        if id_ != asked:
            return RedirectResponse(f"/patient/{quote(id_)}", 303)
        await house.shell.look(request, "view", patient=id_)
        now_ns = house.deps.clock.now_ns()
        age = age_of(whose.birth_date, now_ns, house.deps.zone, whose.birth_time) if whose.age_known else None
        work = work_line(sheet.chart)
        waiting = work.items if work else []
        page = ChartPage(
            id=id_,
            person=whose,
            age=age,
            allergies=allergies_of(sheet),
            treatments=treatments_of(sheet),
            results=results_of(sheet),
            story=story_of(sheet),
            due=await due_of(house, request, id_, whose.ward),
            sheet=sheet,
            unread=self._unread(sheet.chart),
            through_glass=not house.account(request).in_scope(whose.ward),
            writes=writes_here(house, whose.ward),
            unsigned=frozenset(one.resource for one in waiting if one.kind == "unsigned"),
            tasks=[one for one in waiting if one.kind == "task"],
            laboratory=bool(house.staff.downtime.declared),
            kept=self._kept(request, sheet),
            on_leave=stay_of(sheet.chart, now_ns).get("status") == "onleave",
            dispute=dispute_of(sheet.chart.stays),
            temporary=(number := temporary_number(sheet)),
            old_names=sum(len(one.open) for one in names_left(house.staff.acts, frozenset({number}))) if number else 0,
            namesakes=await self._namesakes(request, sheet.chart, whose),
            weight_old=whose.weight is not None and weight_is_old(age, whose.weight.when, now_ns),
        )
        return await house.shell.render(request, "chart.html", page, exercise=sheet.chart.world == "T")

    async def _namesakes(self, request: Request, chart: Chart, whose: Person) -> list[PatientHit]:
        """Others who are here and have the same name."""
        name = f"{whose.family} {whose.given}".strip()
        hits = await self._house.charts.find(name, NAMESAKES_MAX) if name else []
        here = [hit for hit in hits if hit.id != chart.id and hit.world == chart.world and hit.ward]
        return await self._house.visible(request, [hit for hit in here if namesake(hit.name, name)])

    def _unread(self, chart: Chart) -> list[UnreadLine]:
        lines = chart.unread[::-1]
        stamps = [Stamp(*parse_ref(one.ref), one.received_ns) for one in lines]
        return [
            UnreadLine(one.kind, one.source, rfc3339(one.received_ns), one.ref, uncertain)
            for one, uncertain in zip(lines, self._house.staff.clocks.uncertain(stamps), strict=True)
        ]

    def _kept(self, request: Request, sheet: Sheet) -> str:
        """The entry that the person just wrote, while no line comes from it."""
        ref = request.query_params.get("kept", "")[:REF_LENGTH_MAX]
        return "" if ref in sheet.sources else ref

    async def document(self, request: Request) -> Response:
        """Send one attachment."""
        house = self._house
        try:
            id_, sheet, _ = await house.open(request, request.path_params["id"])
        except OutOfScope as found:
            return await self._to_glass(request, found.chart)
        key = request.path_params["key"]
        attachment = attachment_bytes(sheet, key)
        if attachment is None:
            raise NOT_FOUND
        await house.shell.look(request, "document", patient=id_, what=key)
        body, said = attachment
        media_type = said.partition(";")[0].strip().casefold()  # parameters are a sender's words: none goes in a header
        shown = media_type in SHOWN_TYPES
        headers = {"content-disposition": "inline" if shown else "attachment"}
        return Response(body, media_type=media_type if shown else "application/octet-stream", headers=headers)

    async def glass(self, request: Request) -> Response:
        """Ask why, then open."""
        house = self._house
        found = await house.charts.chart(request.path_params["id"])
        if found is None:
            raise NOT_FOUND
        id_, whose = found.id, person_of(Sheet(found, house.deps.clock.now_ns()))
        if house.account(request).in_scope(whose.ward):
            return RedirectResponse(f"/patient/{quote(id_)}", 303)
        ward = "" if whose.confidential else whose.ward  # where a protected person lies is not for everybody (F24)
        if request.method == "GET":
            return await house.shell.render(request, "glass.html", GlassPage(id_, ward))
        reason = str((await request.form()).get("reason", "")).strip()[:REASON_LENGTH_MAX]
        if len(reason) < REASON_LENGTH_MIN:
            return await house.shell.render(request, "glass.html", GlassPage(id_, ward, too_short=True), status=400)
        actor, session = person(request)
        now_ns = house.deps.clock.now_ns()
        await house.staff.write(GlassBroken(id_, reason, rfc3339(now_ns)), actor.login)
        session.opened[id_] = now_ns
        await house.shell.audit.write("act", actor, patient=id_, what="glass", reason=reason, emergency=True)
        return RedirectResponse(f"/patient/{quote(id_)}", 303)

    async def _to_glass(self, request: Request, chart: str) -> Response:
        if not self._house.account(request).may("glass"):
            raise await self._house.shell.refusal(request)
        return RedirectResponse(f"/glass/{quote(chart)}", 303)
