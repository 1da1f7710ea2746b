"""Who is it? A name for somebody who had none, two charts that are one patient's, and what bears the old name still.

Rules kept here:
  * One person names; two persons, one after the other, unite two charts (care/naming.py).
  * What was done is undone here, with a reason, by whoever may move patients: undoing restores, and both names stay in
    the journal.
  * The act stands before the word that it explains: were the second one lost, the list is there, the name as before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import (
    NameRestored,
    OldNameClosed,
    PagesIssued,
    UnionConfirmed,
    UnionProposed,
    UnionRefused,
)
from contrefeu.base import rfc3339
from contrefeu.chart import TEMPORARY, Chart, PatientHit, names, new_chart
from contrefeu.chart.sheet import Person, Sheet
from contrefeu.fhir import Json
from contrefeu.station.care import Field, Typed
from contrefeu.station.care.arrivals import born, named_fields
from contrefeu.station.care.naming import given_name, left_by, parted, taken_back, temporary_number, united
from contrefeu.station.care.scribe import bundle
from contrefeu.station.house import House, OutOfScope
from contrefeu.station.names import Left, Union, names_left, unions
from contrefeu.station.pages.writing import chosen, scribe_of, write_down, writes_here
from contrefeu.web import N_, NOT_FOUND

PROPOSED_MAX = 10  # charts that it may be
REASON_MAX = 300  # characters: two sentences


@dataclass(frozen=True, slots=True)
class NamingPage:
    """Who is it?"""

    id: str
    person: Person
    number: str
    fields: Sequence[Field]
    values: dict[str, str]
    problems: dict[str, str]
    hits: Sequence[PatientHit]  # charts that it may be
    searched: bool
    lefts: Sequence[Left]
    unions: Sequence[Union]
    login: str
    united: bool  # whether the chart is one with another
    writes: bool


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
        try:
            id_, sheet, whose = await house.open(request, request.path_params["id"])
        except OutOfScope as found:
            return RedirectResponse(f"/glass/{quote(found.chart)}", 303)
        number = temporary_number(sheet)
        if not number:
            raise NOT_FOUND
        await house.staff.refresh()
        typed: Typed | None = None
        if request.method == "POST":
            if not writes_here(house, whose.ward):
                return RedirectResponse(f"/identity/{quote(id_)}", 303)
            typed = await self._do(request, sheet, number)
            if typed is None:
                return RedirectResponse(f"/identity/{quote(id_)}", 303)
        await house.shell.look(request, "view", patient=id_, what="identity")
        return await self._show(request, id_, sheet, whose, number, typed)

    async def _show(
        self, request: Request, id_: str, sheet: Sheet, whose: Person, number: str, typed: Typed | None
    ) -> Response:
        house, mine = self._house, frozenset({number})
        fields = named_fields("")
        lefts, found = names_left(house.staff.acts, mine), unions(house.staff.acts, mine)
        page = NamingPage(
            id=id_,
            person=whose,
            number=number,
            fields=fields,
            values=dict(typed.values) if typed else {one.name: one.value for one in fields},
            problems=typed.problems if typed else {},
            hits=await self._hits(request, sheet, typed) if typed else (),
            searched=typed is not None,
            lefts=lefts,
            unions=found,
            login=house.account(request).login,
            united=any(one.state == "confirmed" for one in found),
            writes=writes_here(house, whose.ward),
        )
        status = 400 if typed and typed.problems else 200
        return await house.shell.render(request, "naming.html", page, status=status, exercise=sheet.chart.world == "T")

    async def _hits(self, request: Request, sheet: Sheet, typed: Typed) -> list[PatientHit]:
        """Charts that may be this person's, by birth date and the beginning of the name."""
        house, date = self._house, born(typed.text("born"))
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
            case "propose":
                await self._propose(request, number, str(sent.get("other", "")), _reason(sent.get("reason")))
            case "confirm" | "refuse" | "part":
                await self._decide(request, number, str(sent.get("do")), str(sent.get("proposal", "")))
            case "restore":
                await self._restore(request, number, str(sent.get("left", "")), _reason(sent.get("reason")))
            case "close":
                await self._close(request, number, str(sent.get("left", "")), str(sent.get("what", "")))
        return None

    async def _name(
        self, request: Request, sheet: Sheet, number: str, fields: Sequence[Field], typed: Typed
    ) -> Typed | None:
        if chosen(fields, typed) and not born(typed.text("born")):
            typed.problems["born"] = N_("Une date, comme 12/03/1942.")
        if typed.problems:
            return typed
        await self._leave(request, sheet, number)
        await self._say(request, _own(number, sheet.chart.world), given_name(typed))
        return None

    async def _leave(self, request: Request, sheet: Sheet, number: str) -> None:
        """Write that a name is left, with all that bears it."""
        staff, called = self._house.staff, names(sheet.patient)
        pages = [act for _, act in staff.acts if isinstance(act, PagesIssued) and sheet.chart.id == act.chart]
        old = f"{called.family} {called.given}".strip()
        act = left_by(sheet, number, old, rfc3339(self._house.deps.clock.now_ns()), pages)
        await staff.write(act, self._house.account(request).login)

    async def _propose(self, request: Request, number: str, other: str, reason: str) -> None:
        found = await self._house.charts.chart(other)
        if found is not None and reason:
            at = rfc3339(self._house.deps.clock.now_ns())
            await self._house.staff.write(
                UnionProposed(number, found.key, reason, at), self._house.account(request).login
            )

    async def _decide(self, request: Request, number: str, do: str, proposal: str) -> None:
        house, login = self._house, self._house.account(request).login
        one = next((one for one in unions(house.staff.acts, frozenset({number})) if one.ref == proposal), None)
        at = rfc3339(house.deps.clock.now_ns())
        chart = await house.charts.chart(f"{TEMPORARY}|{number}")
        if one is None or chart is None:
            return
        own = _own(number, chart.world)
        if do == "confirm" and one.state == "proposed" and login != one.by:
            await self._leave(request, Sheet(chart, house.deps.clock.now_ns()), number)
            await house.staff.write(UnionConfirmed(proposal, at), login)
            await self._say(request, own, united(one.act.other))
        elif do == "refuse" and one.state == "proposed":
            await house.staff.write(UnionRefused(proposal, at), login)
        elif do == "part" and one.state == "confirmed":
            await house.staff.write(UnionRefused(proposal, at), login)
            for left in names_left(house.staff.acts, frozenset({number}))[:1]:
                await house.staff.write(NameRestored(left.ref, "", at), login)
            await self._say(request, own, parted(one.act.other))

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


def _reason(said: object) -> str:
    return str(said or "").strip()[:REASON_MAX]
