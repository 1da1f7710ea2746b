"""What the pharmacy makes ready for a ward, what comes back, and what cabinets held (F13).

Rules kept here:
  * The list is of prescriptions in force, of patients who are on the ward's board; nothing is made of a dosage but the
    number of its hours: a dosage whose hours nobody can reckon says so, and counts nothing.
  * What is given if needed stands apart: how often is not known before. A prescription of which a part is given if
    needed, runs, or has no hour has no number: what its other part has is not the whole of it.
  * Of a prescription of so many doses, those that were given are not prepared again; nor is one that was given, or
    refused, before its hour.
  * A drug that lies in several places of a cabinet is one row, with each and their sum: doses given stand there once.
  * A stock is what an extract said at its time. What was given since stands beside it, and is taken from nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from secrets import token_hex
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import CabinetLine, MedicinesReturned
from contrefeu.base import rfc3339
from contrefeu.chart import BoardRow, Course, WardSummary, courses_of, drug_said, due_times, first, instant, untimed
from contrefeu.chart.sheet import Sheet, Treatment, treatments_of
from contrefeu.station.care.dispensary import UNITS, WORDS_MAX, Extract, Return, counted, same_drug
from contrefeu.station.house import House, shows_exercise
from contrefeu.station.pages.taken_out import key_of, plain_units
from contrefeu.station.pages.writing import ONCE_BYTES
from contrefeu.station.registers import in_words
from contrefeu.web import N_, NOT_FOUND, person, visit_of

HOURS = 24  # that a list covers: the pharmacy fills a ward's boxes once a day
STALE_HOURS = 24  # past which an extract is red: cabinets are counted each night
RETURNS_SHOWN = 60  # lines of the page: a week of a hospital; older ones are one click away
REASON_MAX = 300  # characters: two sentences
SUGGESTED_MAX = 150  # names that the form itself offers: 12 kB of a page
_NS_PER_H = 3600 * 10**9
_GIVEN = frozenset({"completed", "in-progress"})


@dataclass(frozen=True, slots=True)
class Portion:
    """One prescription of one patient."""

    of: Treatment
    count: int | None  # doses; None when nobody can reckon them
    hours: Sequence[str]  # RFC 3339
    as_needed: bool = False  # all of it

    @property
    def held(self) -> bool:
        """Whether nothing of it is to be given now."""
        return self.of.status == "on-hold"


@dataclass(frozen=True, slots=True)
class Box:
    """What is made ready for one patient."""

    row: BoardRow
    hidden: bool  # whether who it is is not for this person to know (F24)
    known: bool  # whether the chart could be read
    due: Sequence[Portion] = ()
    as_needed: Sequence[Portion] = ()


@dataclass(frozen=True, slots=True)
class DispensingPage:
    """One ward, the next 24 hours."""

    ward: str
    name: str
    at: str
    until: str
    boxes: Sequence[Box]
    wards: Sequence[WardSummary]

    @property
    def totals(self) -> Sequence[tuple[str, str, int]]:
        """Drug, dosage, doses: what is taken from the shelf for all of them."""
        portions = [one for box in self.boxes for one in box.due if one.count]
        names = {same_drug(one.of.drug): one.of.drug for one in reversed(portions)}
        found: Counter[tuple[str, str]] = Counter()
        for one in portions:
            found[same_drug(one.of.drug), one.of.dosage] += one.count or 0
        return sorted((names[drug], dosage, count) for (drug, dosage), count in found.items())

    @property
    def unreckoned(self) -> int:
        """Prescriptions in force whose doses are in no total."""
        return sum(one.count is None and not one.held for box in self.boxes for one in box.due)


@dataclass(frozen=True, slots=True)
class ReturnsPage:
    """What came back."""

    returns: Sequence[Return]
    older: int
    counts: Sequence[tuple[str, str, str]]  # ward, drug, units
    wards: Sequence[WardSummary]
    names: Mapping[str, str]  # login -> name
    ward_names: Mapping[str, str]
    suggested: Sequence[str]
    values: Mapping[str, str]
    problems: Mapping[str, str]
    once: str


@dataclass(frozen=True, slots=True)
class Held:
    """One drug of an extract, each place of the cabinet that holds it, and what was given of it since."""

    lines: Sequence[CabinetLine]
    given: int

    @property
    def units(self) -> Decimal:
        """In all its places."""
        return sum((Decimal(one.units) for one in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class StockPage:
    """One cabinet."""

    extracts: Sequence[Extract]
    shown: Extract | None
    stale: bool
    held: Sequence[Held]
    beside: Sequence[tuple[str, int]]  # given since, and of no line
    patients: int  # whose doses were looked at
    ward_name: str
    beside_cabinets: Sequence[str]  # others of the same ward: a dose may have come from any of them
    by: str
    stale_hours: int = STALE_HOURS


class DispensingPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/pharmacy/returns", self.returns, "pharmacy", ("GET", "POST")),
            page("/pharmacy/returns/void", self.void, "pharmacy", ("POST",)),
            page("/pharmacy/stock", self.stock, "pharmacy"),
            page("/pharmacy/ward/{ward:path}", self.ward, "pharmacy"),
        ]

    async def ward(self, request: Request) -> Response:
        """Show what a ward's patients are due in the next 24 hours."""
        house, ward = self._house, str(request.path_params["ward"])
        house.shell.look(request, "board", what=f"dispensing {ward}")
        board = await house.charts.board(ward, house.world(request))
        now_ns = house.deps.clock.now_ns()
        page = DispensingPage(
            ward=ward,
            name=board.name or ward,
            at=rfc3339(now_ns),
            until=rfc3339(now_ns + HOURS * _NS_PER_H),
            boxes=[await self._box(request, row, now_ns) for row in board.rows if not row.deceased],
            wards=await house.charts.wards(house.world(request)),
        )
        return await house.shell.render(request, "dispensing.html", page)

    async def _box(self, request: Request, row: BoardRow, now_ns: int) -> Box:
        hidden = self._house.hides(request, row)
        opened = await self._house.lately.open(row.id)
        if opened is None:
            return Box(row, hidden, known=False)
        sheet = Sheet(opened.chart, now_ns, laid=opened.laid)
        zone = self._house.deps.zone
        assert isinstance(zone, ZoneInfo), "the hospital has a zone with a name"
        courses = {one.resource: one for one in courses_of(opened.chart)}
        times: dict[str, list[str]] = {}
        until_ns = now_ns + HOURS * _NS_PER_H
        for at_ns, _, key in due_times(list(courses.values()), now_ns, until_ns, zone, unanswered=True):
            times.setdefault(key, []).append(rfc3339(at_ns))
        portions = []
        for one in treatments_of(sheet).running:
            course, said = courses.get(one.key), sheet.get({"reference": one.key}) or {}
            parts = len(said.get("dosageInstruction") or [{}])
            whole = course is not None and len(course.steps) == parts and not untimed(course, now_ns, zone)
            found = _portion(one, course if whole else None, times.get(one.key, []))
            portions.append(replace(found, as_needed=one.as_needed and course is None))
        return Box(
            row,
            hidden,
            known=True,
            due=[one for one in portions if not one.as_needed],
            as_needed=[one for one in portions if one.as_needed],
        )

    async def returns(self, request: Request) -> Response:
        """Show what came back, and take one more."""
        house = self._house
        await house.staff.refresh()
        if request.method == "GET":
            house.shell.look(request, "board", what="returns")
            return await self._returns(request, {}, {})
        sent = await request.form()
        names = ("ward", "drug", "units", "reason", "once")
        values = {name: " ".join(str(sent.get(name, "")).split()) for name in names}
        units = plain_units(values["units"])
        problems: dict[str, str] = {}
        if values["ward"] not in {one.id for one in await house.charts.wards(house.world(request))}:
            problems["ward"] = N_("De quelle unité ?")
        if not 0 < len(values["drug"]) <= WORDS_MAX:
            problems["drug"] = N_("À remplir.")
        if not UNITS.fullmatch(units) or Decimal(units) <= 0:
            problems["units"] = N_("Ce n’est pas un nombre.")
        if problems:
            return await self._returns(request, values, problems)
        said = "/".join(values[name] for name in names)
        act = MedicinesReturned(
            key_of(said), values["ward"], values["drug"], units, rfc3339(house.deps.clock.now_ns()),
            values["reason"][:REASON_MAX], world="T" if await self._exercise(request) else "",
        )  # fmt: skip
        return await self._write(request, act)

    async def void(self, request: Request) -> Response:
        """Take a wrong line back."""
        house = self._house
        await house.staff.refresh()
        sent, exercise = await request.form(), await self._exercise(request)
        before = house.staff.dispensary.find(str(sent.get("line", "")), exercise=exercise)
        reason = " ".join(str(sent.get("reason", "")).split())[:REASON_MAX]
        if before is None:
            raise NOT_FOUND
        if not reason:
            return await self._returns(request, {}, {before.ref: N_("Pourquoi ?")})
        act = MedicinesReturned(
            key_of(f"void/{before.ref}"), before.act.ward, before.act.drug, before.act.units,
            rfc3339(house.deps.clock.now_ns()), reason, before.ref, before.act.world,
        )  # fmt: skip
        return await self._write(request, act)

    async def _write(self, request: Request, act: MedicinesReturned) -> Response:
        house, actor = self._house, person(request)[0]
        await house.staff.write(act, actor.login)
        await house.shell.audit.write("act", actor, address=visit_of(request).address, what=f"returns {act.ward}")
        return RedirectResponse("/pharmacy/returns", 303)

    async def _returns(self, request: Request, values: Mapping[str, str], problems: Mapping[str, str]) -> Response:
        house = self._house
        found = house.staff.dispensary.returns(exercise=await self._exercise(request))
        wards = await house.charts.wards(house.world(request))
        known = {one.id: one.name for one in wards}
        shown = found if request.query_params.get("all") else found[:RETURNS_SHOWN]
        page = ReturnsPage(
            returns=shown,
            older=len(found) - len(shown),
            counts=[(ward, drug, in_words(units)) for ward, drug, units in counted(found)],
            wards=wards,
            names={one.login: one.name for one in house.staff.accounts.all()},
            ward_names={one.act.ward: known.get(one.act.ward) or house.ward_name(one.act.ward) for one in found},
            suggested=[one.name for one in house.staff.formulary.all()[:SUGGESTED_MAX]],
            values={"ward": "", "drug": "", "units": "", "reason": "", **values},
            problems=problems,
            once=token_hex(ONCE_BYTES),
        )
        return await house.shell.render(request, "returns.html", page, status=400 if problems else 200)

    async def stock(self, request: Request) -> Response:
        """Show what a cabinet held when its system last said it, and what was given since."""
        house = self._house
        await house.staff.refresh()
        asked = request.query_params.get("cabinet", "")
        house.shell.look(request, "board", what="cabinets")
        extracts = house.staff.dispensary.extracts
        shown = next((one for one in extracts if one.cabinet == asked), extracts[0] if extracts else None)
        given, patients = await self._given(request, shown) if shown else (Counter[str](), 0)
        lines = shown.lines if shown else ()
        places: dict[str, list[CabinetLine]] = {}
        for one in lines:
            places.setdefault(same_drug(one.drug), []).append(one)
        by_name = {same_drug(drug): 0 for drug in given}
        for drug, count in given.items():
            by_name[same_drug(drug)] += count
        account = house.staff.accounts.get(shown.by) if shown else None
        late_ns = house.deps.clock.now_ns() - STALE_HOURS * _NS_PER_H
        page = StockPage(
            extracts=extracts,
            shown=shown,
            stale=shown is not None and instant(shown.taken) < late_ns,
            held=[Held(some, by_name.get(drug, 0)) for drug, some in places.items()],
            beside=sorted((drug, count) for drug, count in given.items() if same_drug(drug) not in places),
            patients=patients,
            ward_name=house.ward_name(_ward(shown)) if shown else "",
            beside_cabinets=[
                one.cabinet for one in extracts if shown and one is not shown and _ward(one) == _ward(shown)
            ],
            by=(account.name if account else shown.by) if shown else "",
        )
        return await house.shell.render(request, "stock.html", page)

    async def _given(self, request: Request, extract: Extract) -> tuple[Counter[str], int]:
        """The doses that were given since, of who lies on the cabinet's ward."""
        board = await self._house.charts.board(_ward(extract), self._house.world(request))
        found: Counter[str] = Counter()
        read = 0
        for row in board.rows:
            opened = await self._house.lately.open(row.id)
            sheet = Sheet(opened.chart, laid=opened.laid) if opened else None
            read += sheet is not None
            for dose in sheet.all("MedicationAdministration") if sheet else ():
                when = instant(first(dose, "effectiveDateTime", "effectivePeriod.start"))
                if dose.get("status") in _GIVEN and when > instant(extract.taken):
                    found[drug_said(dose)] += 1
        return found, read

    async def _exercise(self, request: Request) -> bool:
        return shows_exercise(await self._house.charts.status(), visit_of(request))


def _ward(extract: Extract) -> str:
    """Whose cabinet it is; it has the name of its ward where its system says no other."""
    return extract.ward or extract.cabinet


def _portion(one: Treatment, course: Course | None, hours: Sequence[str]) -> Portion:
    """A prescription and its doses; *course* is None when its hours are not the whole of it."""
    if one.status == "on-hold":
        return Portion(one, 0, ())
    if course is None or (len(course.steps) > 1 and any(step.count for step in course.steps)):
        return Portion(one, None, hours)
    if limit := course.steps[0].count:
        hours = hours[: max(0, limit - course.given)]
    return Portion(one, len(hours), hours)
