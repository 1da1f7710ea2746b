"""One patient's chart, its documents, and the glass in front of other wards' charts.

Rules kept here:
  * Identity and allergies stand above everything, always.
  * A chart outside the person's wards opens once they have said why: an act for the next day's review, and each page
    seen through the broken glass is audited as an emergency.
  * A document is sent as its sender gave it, through this route alone, and can run nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.access import NEWS2
from contrefeu.acts import GlassBroken
from contrefeu.base import rfc3339
from contrefeu.chart import (
    OURS,
    SEVERAL,
    TEMPORARY,
    Age,
    BoardRow,
    Chart,
    Clash,
    Dispute,
    DueItem,
    PatientHit,
    Stamp,
    WorkItem,
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
    Score,
    Series,
    Sheet,
    Story,
    Treatments,
    allergies_of,
    attachment_bytes,
    person_of,
    results_of,
    story_of,
    treatments_of,
    warning_score,
)
from contrefeu.hospital import by_accession_alone, viewer_url
from contrefeu.journal import parse_ref
from contrefeu.station.care import TestList
from contrefeu.station.care.naming import temporary_number
from contrefeu.station.handing_back import late_acts
from contrefeu.station.house import House, namesake
from contrefeu.station.names import names_left, pairs
from contrefeu.station.pages.measure import all_series, series_id
from contrefeu.station.pages.writing import due_there, written_here
from contrefeu.web import NOT_FOUND, Part, person, visit_of

_pack = msgspec.msgpack.Encoder().encode
_MAY = ("entry", "move", "prescribe", "results", "write")  # whatever chart.html asks, and what it includes
REASON_LENGTH_MIN = 5  # characters: less cannot be reviewed the next day
REASON_LENGTH_MAX = 300  # characters: two sentences
REF_LENGTH_MAX = 100  # characters of journal/sequence
NAMESAKES_MAX = 10  # patients looked at for one of the same name
VALUES_BEFORE = 3  # earlier values beside the last one; the rest is one click away
VALUES_UNFOLDED_MAX = 300  # values of a chart whose earlier ones unfold in place: a week of a ward; more have a page


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A message that names the patient and says nothing that a chart can hold: one click away all the same."""

    kind: str
    source: str
    received: str
    entry: str
    uncertain: bool  # whether it may have come before the one next to it, which another station received


@dataclass(frozen=True, slots=True)
class SignedLimits:
    """The laboratory's list, and who signed its critical limits."""

    tests: TestList
    by: str
    at: str


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
    writes: frozenset[str]  # the functions that this ward writes here now (F3)
    unsigned: frozenset[str]  # verbal orders that wait for their prescriber: "MedicationRequest/id"
    clashes: Sequence[Clash]  # acts of two stations that do not go together
    tasks: Sequence[WorkItem]
    laboratory: bool  # whether the laboratory types results in now: a downtime is declared
    kept: str  # an entry that was just written and that the chart does not say yet
    on_leave: bool
    dispute: Dispute | None  # what people here and a feed say of where the patient lies (F26)
    temporary: str  # number that was given here; "" when none ever was
    old_names: int  # things that bear a name that was left (F25)
    namesakes: Sequence[PatientHit]  # others here who have the same name (F22)
    score: Score | None = None  # NEWS2; None while the aid is off
    score_by: str = ""  # who turned it on
    viewer: str = ""  # where the house looks at images; "" when it says none
    limits: SignedLimits | None = None  # of the laboratory's list; None while none are in force
    parts: Part | None = None  # what parts of the page depend on; None while no version is known
    whole: Part | None = None  # what the page but its surround depends on; None while it is made each time
    values_before: int = VALUES_BEFORE

    @property
    def unfolds(self) -> bool:
        """Whether earlier values unfold in place: of a great chart they would be most of the page."""
        return sum(len(one.values) for one in all_series(self.results)) <= VALUES_UNFOLDED_MAX

    def part(self, name: str) -> Part | None:
        """What a part of the page is remembered by."""
        return None if self.parts is None else ((name, self.parts[0]), self.parts[1])

    def images(self, study_uid: str, accession: str) -> str:
        """Where the images of a study are looked at; "" when nothing says it, or several numbers do."""
        return viewer_url(self.viewer, study_uid, "" if SEVERAL in accession else accession)

    def images_unsure(self, accession: str) -> str:
        """Why a link leads to no study for sure: "several" numbers, so that there is none; "alone": by one that is all.

        A number that an archive, or two, gave twice may lead to somebody else's images.
        """
        if SEVERAL in accession and "{accession}" in self.viewer:
            return "several"
        return "alone" if accession and by_accession_alone(self.viewer) else ""

    def measure(self, series: Series) -> str:
        """Where all values of a measurement are."""
        return f"/measure/{quote(self.id)}/{series_id(series)}"

    def heard(self, *blocks: str) -> Sequence[Heard]:
        """Return which feeds spoke of these blocks, the latest first; none when no feed ever did (F1).

        What people write here is no feed's word: each line says who wrote it.
        """
        return [one for one in self.sheet.heard(*blocks) if not one.source.startswith(OURS)]

    def beyond(self, series: Series) -> str:
        """On which side of the limits that a biologist signed the last value of a feed is; "" while none are in force.

        What the laboratory typed in here was compared then, and what its sender flagged critical says so already.
        """
        last = series.last
        if self.limits is None or last.typed or last.gone or last.severity == "critical":
            return ""
        _, code, unit, *_ = [*series.key.split("|"), "", ""]
        return self.limits.tests.beyond(code, unit, last.value)

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


def _name(whose: Person) -> str:
    return f"{whose.family} {whose.given}".strip()


async def _nobody() -> list[PatientHit]:
    return []


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
        known = house.lately.known(asked, house.deps.clock.now_ns())
        # What is asked beside goes to the reader with the question whether the chart still holds.
        early = asyncio.ensure_future(self._beside(known)) if known is not None else None
        try:
            id_, sheet, whose = await house.open(request, asked)
            if id_ != asked:
                return RedirectResponse(f"/patient/{quote(id_)}", 303)
            house.shell.look(request, "view", patient=id_)
            holds = known is not None and known.laid is sheet.laid
            row, hits = await (early if early is not None and holds else self._beside(sheet))
        finally:
            if early is not None and not early.cancel() and not early.cancelled():
                early.exception()  # seen: `open` says that the charts do not answer
        now_ns = house.deps.clock.now_ns()
        age = house.age(whose)
        work = sheet.laid.once("work", lambda: work_line(sheet.chart))
        waiting = work.items if work else []
        due = due_there(house, whose.ward, row.due if row is not None and whose.ward else [])
        namesakes = await self._namesakes(request, sheet.chart, whose, hits)
        page = ChartPage(
            id=id_,
            person=whose,
            age=age,
            allergies=allergies_of(sheet),
            treatments=treatments_of(sheet),
            results=results_of(sheet),
            story=story_of(sheet),
            due=due,
            sheet=sheet,
            unread=self._unread(sheet.chart),
            through_glass=not house.account(request).in_scope(whose.ward),
            writes=written_here(house, whose.ward),
            unsigned=frozenset(one.resource for one in waiting if one.kind == "unsigned"),
            tasks=[one for one in waiting if one.kind == "task"],
            clashes=[
                *house.named(one.clash for one in waiting if one.clash),
                *late_acts(house, sheet, whose.ward),
            ],
            laboratory=bool(house.staff.downtime.declared),
            viewer=house.deps.settings.imaging.viewer,
            kept=self._kept(request, sheet),
            on_leave=sheet.once("on leave", lambda: stay_of(sheet.chart, now_ns).get("status") == "onleave"),
            dispute=dispute_of(sheet.chart.stays),
            temporary=(number := temporary_number(sheet)),
            old_names=self._identity_waits(sheet, number) if number else 0,
            namesakes=namesakes,
            score=warning_score(sheet, house.deps.zone) if (aid := house.staff.aids.on.get(NEWS2)) else None,
            score_by=self._name(aid.by) if aid else "",
            limits=SignedLimits(house.tests, self._name(signed[0]), signed[1]) if (signed := house.limits) else None,
            weight_old=whose.weight is not None and weight_is_old(age, whose.weight.when, now_ns),
        )
        page = replace(page, parts=self._parts(request, page), whole=self._whole(request, page))
        return await house.shell.render(request, "chart.html", page, exercise=sheet.chart.world == "T", framed=True)

    def _parts(self, request: Request, page: ChartPage) -> Part | None:
        """What results and reports on the page depend on: the version, the day, and what its reader may do there."""
        version = page.sheet.laid.version
        if not version:
            return None
        visit, deps = visit_of(request), self._house.deps
        day = visit.words.day(rfc3339(deps.clock.now_ns()))
        limits = (page.limits.tests.digest, page.limits.by, page.limits.at) if page.limits else None
        types_in = page.laboratory and visit.may("results")
        return (page.id, visit.words.language, types_in, visit.may("entry")), (version, day, limits, page.viewer)

    def _whole(self, request: Request, page: ChartPage) -> Part | None:
        """What all of the page but its surround depends on: the chart in this minute, and whatever is not in the chart.

        None when no version is known, or the clock changes the chart within this minute.
        """
        visit, house, sheet = visit_of(request), self._house, page.sheet
        if not sheet.laid.version or sheet.minute is None:
            return None
        alerts = (alert.until for alert in page.story.alerts)
        now_ns = house.deps.clock.now_ns()
        beside = (
            page.age,
            page.due,
            [one.uncertain for one in page.unread],
            page.weight_old,
            [bool(until) and visit.words.minutes_since(until, now_ns) > 0 for until in alerts],
            sorted(page.writes),
            page.clashes,
            page.laboratory,
            page.kept,
            page.on_leave,
            page.old_names,
            page.namesakes,
            page.score is None,
            page.score_by,
            house.ward_name(page.person.ward),
        )
        limits = (page.limits.tests.digest, page.limits.by, page.limits.at) if page.limits else None
        place = "chart", page.id, visit.words.language, page.through_glass, *map(visit.may, _MAY)
        return place, (sheet.laid.version, sheet.minute, limits, page.viewer, _pack(beside))

    def _identity_waits(self, sheet: Sheet, number: str) -> int:
        """How many things bear a name that was left, and how many pairs wait for people."""
        acts, world, key = self._house.staff.acts, sheet.chart.world, f"{TEMPORARY}|{number}"
        waiting = sum(one.waits and one.pair.temporary == key for one in pairs(acts, world))
        return waiting + sum(len(one.open) for one in names_left(acts, frozenset({number})))

    def _name(self, login: str) -> str:
        account = self._house.staff.accounts.get(login)
        return account.name if account else login

    async def _beside(self, sheet: Sheet) -> tuple[BoardRow | None, list[PatientHit]]:
        """Ask for what is due, as the board says it, so that no two pages differ, and for who has the same name."""
        charts, whose = self._house.charts, person_of(sheet)
        name = _name(whose)
        asked = charts.find(name, NAMESAKES_MAX, exactly=True) if name else _nobody()
        return await asyncio.gather(charts.row(sheet.chart.id), asked)

    async def _namesakes(
        self, request: Request, chart: Chart, whose: Person, hits: Sequence[PatientHit]
    ) -> list[PatientHit]:
        """Others of *hits* who are here and have the same name."""
        name = _name(whose)
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
        return "" if not ref or ref in sheet.sources else ref

    async def document(self, request: Request) -> Response:
        """Send one attachment."""
        house = self._house
        id_, sheet, _ = await house.open(request, request.path_params["id"])
        key = request.path_params["key"]
        attachment = attachment_bytes(sheet, key)
        if attachment is None:
            raise NOT_FOUND
        house.shell.look(request, "document", patient=id_, what=key)
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
