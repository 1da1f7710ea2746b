"""Who is it? A name for somebody who had none, two charts that are one patient's, and what bears the old name still.

Rules kept here:
  * One person names, and takes the name back, with a reason: both names stay in the journal.
  * That somebody has a chart already is proposed here, with what proves it; two persons decide it, and one undoes it,
    where all such pairs are decided (pages/identities.py).
  * Who was admitted among many is described here: sex, age by sight, marks. Whoever has a name is not.
  * The act stands before the word that it explains: were the second one lost, the list is there, the name as before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import NameRestored, OldNameClosed, PairsProposed, PairState, ProposedPair
from contrefeu.base import rfc3339
from contrefeu.chart import TEMPORARY, UNKNOWN_BIRTH, Age, Chart, PatientHit, new_chart
from contrefeu.chart.sheet import Person, Sheet, person_of
from contrefeu.fhir import Json
from contrefeu.station.care import Field, Typed
from contrefeu.station.care.arrivals import described, named_fields, unknown_fields
from contrefeu.station.care.form import typed_day
from contrefeu.station.care.naming import given_name, taken_back, temporary_number
from contrefeu.station.care.scribe import bundle
from contrefeu.station.house import House
from contrefeu.station.names import Left, names_left, pairs
from contrefeu.station.pages.elsewhere import elsewhere
from contrefeu.station.pages.leaving import leave
from contrefeu.station.pages.writing import Written, chosen, scribe_of, where_written, write_down
from contrefeu.web import N_, NOT_FOUND

PROPOSED_MAX = 10  # charts that it may be
REASON_MAX = 300  # characters: two sentences
REASON = Field("reason", N_("Motif"))


@dataclass(frozen=True, slots=True)
class NamingPage:
    """Who is it?"""

    id: str
    person: Person
    age: Age | None
    number: str
    fields: Sequence[Field]
    values: dict[str, str]
    problems: dict[str, str]
    hits: Sequence[PatientHit]  # charts that it may be
    searched: bool
    lefts: Sequence[Left]
    unions: Sequence[PairState]  # the latest first
    united: bool  # whether the chart is one with another
    written: Written
    looks: Sequence[Field] = ()  # what can be seen of whoever has no name yet


class NamingPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        both: Sequence[Literal["GET", "POST"]] = ("GET", "POST")
        return [self._house.shell.page("/identity/{id}", self.identity, "move", both)]

    async def identity(self, request: Request) -> Response:
        """Show who it is, or do what is asked."""
        house = self._house
        id_, sheet, whose = await house.open(request, request.path_params["id"])
        number = temporary_number(sheet)
        if not number:
            raise NOT_FOUND
        await house.staff.refresh()
        typed: Typed | None = None
        if request.method == "POST":
            if not where_written(house, whose.ward, "movements").here:
                return await elsewhere(house, request, whose.ward, "movements", id_, (*named_fields(""), REASON))
            typed = await self._do(request, sheet, number)
            if typed is None:
                return RedirectResponse(f"/identity/{quote(id_)}", 303)
        house.shell.look(request, "view", patient=id_, what="identity")
        return await self._show(request, id_, sheet, whose, number, typed)

    async def _show(
        self, request: Request, id_: str, sheet: Sheet, whose: Person, number: str, typed: Typed | None
    ) -> Response:
        house, mine = self._house, frozenset({number})
        fields = named_fields("")
        key = f"{TEMPORARY}|{number}"
        found = [one for one in pairs(house.staff.acts, sheet.chart.world) if one.pair.temporary == key]
        page = NamingPage(
            id=id_,
            person=whose,
            age=house.age(whose),
            number=number,
            fields=fields,
            values=dict(typed.values) if typed else {one.name: one.value for one in fields},
            problems=typed.problems if typed else {},
            hits=await self._hits(request, sheet, typed) if typed and "born" in typed.values else (),
            searched=typed is not None and "born" in typed.values,
            lefts=names_left(house.staff.acts, mine),
            unions=found[::-1],
            united=any(one.state == "linked" for one in found),
            written=where_written(house, whose.ward, "movements"),
            looks=_looks(whose, typed) if not any(one.state == "linked" for one in found) else (),
        )
        status = 400 if typed and typed.problems else 200
        return await house.shell.render(request, "naming.html", page, status=status, exercise=sheet.chart.world == "T")

    async def _hits(self, request: Request, sheet: Sheet, typed: Typed) -> list[PatientHit]:
        """Charts that may be this person's, by birth date and the beginning of the name."""
        house, date = self._house, typed_day(typed.text("born"))
        query = " ".join(filter(None, (date, typed.text("family")[:3])))
        found = await house.charts.find(query, PROPOSED_MAX) if query else []
        others = [hit for hit in found if hit.id != sheet.chart.id and hit.world == sheet.chart.world]
        return await house.visible(request, others)

    async def _do(self, request: Request, sheet: Sheet, number: str) -> Typed | None:
        """Do what the form asks; returns what was typed when the page is to be shown with it."""
        sent, scribe = await request.form(), scribe_of(self._house, request)
        fields = named_fields("")
        typed = Typed({one.name: str(sent.get(one.name, "")) for one in fields}, scribe)
        match sent.get("do"):
            case "look":
                return typed
            case "name":
                return await self._name(request, sheet, number, fields, typed)
            case "describe":
                seen = Typed({one.name: str(sent.get(one.name, "")) for one in unknown_fields()}, scribe)
                return await self._describe(request, sheet, number, seen)
            case "propose":
                await self._propose(request, sheet, number, str(sent.get("other", "")), _reason(sent.get("reason")))
            case "restore":
                await self._restore(request, number, str(sent.get("left", "")), _reason(sent.get("reason")))
            case "close":
                await self._close(request, number, str(sent.get("left", "")), str(sent.get("what", "")))
        return None

    async def _name(
        self, request: Request, sheet: Sheet, number: str, fields: Sequence[Field], typed: Typed
    ) -> Typed | None:
        if chosen(fields, typed) and not typed_day(typed.text("born")):
            typed.problems["born"] = N_("Une date, comme 12/03/1942.")
        if typed.problems:
            return typed
        await leave(self._house, request, sheet, number)
        await self._say(request, _own(number, sheet.chart.world), given_name(typed))
        return None

    async def _describe(self, request: Request, sheet: Sheet, number: str, typed: Typed) -> Typed | None:
        """Write what is seen of somebody who has no name."""
        fields = unknown_fields()
        if not _looks(person_of(sheet), None) or not chosen(fields, typed):
            return typed
        typed.number(fields[1])
        if typed.problems:
            return typed
        await self._say(request, _own(number, sheet.chart.world), described(typed))
        return None

    async def _propose(self, request: Request, sheet: Sheet, number: str, other: str, proof: str) -> None:
        house = self._house
        world: Literal["P", "T"] = "T" if sheet.chart.world == "T" else "P"
        found = await house.charts.chart(other)
        if found is None or not proof or found.world != world:
            return
        pair = ProposedPair(f"{TEMPORARY}|{number}", found.key, "said", 0, {}, world=world, proof=proof)
        act = PairsProposed([pair], rfc3339(house.deps.clock.now_ns()))
        await house.staff.write(act, house.account(request).login)

    async def _restore(self, request: Request, number: str, ref: str, reason: str) -> None:
        house = self._house
        left = next((one for one in names_left(house.staff.acts, frozenset({number})) if one.ref == ref), None)
        chart = await house.charts.chart(f"{TEMPORARY}|{number}")
        if left is None or left.restored or not reason or chart is None:
            return
        at = rfc3339(house.deps.clock.now_ns())
        await house.staff.write(NameRestored(ref, reason, at), house.account(request).login)
        await self._say(request, _own(number, chart.world), taken_back(left.act))

    async def _close(self, request: Request, number: str, ref: str, what: str) -> None:
        house = self._house
        left = next((one for one in names_left(house.staff.acts, frozenset({number})) if one.ref == ref), None)
        if left is not None and any(one.what == what for one in left.open):
            at = rfc3339(house.deps.clock.now_ns())
            await house.staff.write(OldNameClosed(ref, what, at), house.account(request).login)

    async def _say(self, request: Request, own: Chart, said: list[Json]) -> None:
        """Write of the patient under the temporary number, whatever chart that number stands in."""
        scribe = scribe_of(self._house, request)
        await write_down(self._house, scribe, bundle(own, scribe, f"identity/{scribe.now_ns}", said))


def _own(number: str, world: str) -> Chart:
    return new_chart(f"{TEMPORARY}|{number}", world)


def _looks(whose: Person, typed: Typed | None) -> tuple[Field, ...]:
    """The fields of what can be seen, as far as it is known; none of whoever has a name or a birth date."""
    if UNKNOWN_BIRTH not in whose.reliability:
        return ()
    before = {"sex": whose.sex or "unknown"} | (dict(typed.values) if typed else {})
    return tuple(replace(one, value=before.get(one.name, one.value)) for one in unknown_fields())


def _reason(said: object) -> str:
    return str(said or "").strip()[:REASON_MAX]
