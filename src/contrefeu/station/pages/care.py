"""Writing on a ward: one page a form, before the chart that it changes.

Rules kept here:
  * A ward writes here while it is in downtime and its medium is the screen (F3): a named person said so, at a minute.
    Else the page says where the ward writes.
  * What is sent to a ward that went back to its record system is not written, and is shown to be copied there (F4).
  * What is sent is in the journal before the page goes on, and the person sees it in the chart, or is told that it is
    kept and not there yet.
  * A form that is sent twice is one act; one that was gone back to and filled in otherwise is another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.access import ALLERGY
from contrefeu.acts import Medicine
from contrefeu.chart import Age, Clash, clashes_of, concept, drug_of, instruction_of, sentence
from contrefeu.chart.sheet import Allergies, Person, Sheet, allergies_of, person_of
from contrefeu.station.care import CLASH, FORMS, Field, Form, Target, Typed, made_by
from contrefeu.station.care.aiding import AidSays
from contrefeu.station.care.blood import is_transfusion
from contrefeu.station.care.medicines import FOUND_MAX, SUGGESTED_MAX
from contrefeu.station.care.modifying import MODIFY, MODIFY_VERBAL, given_lately, waiting
from contrefeu.station.care.results import panel_id
from contrefeu.station.care.scribe import bundle
from contrefeu.station.care.testlist import Panel
from contrefeu.station.handing_back import fresh, late_acts
from contrefeu.station.house import House, last_ward
from contrefeu.station.labels import due_words
from contrefeu.station.pages.aiding import (
    AidBox,
    aids_on_opening,
    aids_on_writing,
    boxes_of,
    notes_of,
    seen_in,
    unanswered,
    with_answers,
)
from contrefeu.station.pages.elsewhere import elsewhere
from contrefeu.station.pages.places import beds_of, choose_ward
from contrefeu.station.pages.taken_out import take_out
from contrefeu.station.pages.writing import (
    ONCE_BYTES,
    chosen,
    due_of,
    is_shown,
    known_to,
    said_by,
    scribe_of,
    second_person,
    write_down,
    writes_here,
)
from contrefeu.web import N_, NOT_FOUND, visit_of

MODIFYING = (MODIFY, MODIFY_VERBAL)
_OF_DUE = frozenset({"handover", "dose", MODIFY.name, MODIFY_VERBAL.name})  # forms that show what is due
WORDS_LENGTH_MAX = 60  # characters of what is looked for in the list of medicines


@dataclass(frozen=True, slots=True)
class MedicineSearch:
    """A medicine looked for in the pharmacist's list."""

    released: int  # medicines of the list
    long: bool  # more than the form itself can hold: they are searched for
    asked: str
    found: Sequence[Medicine]
    count: int  # found, shown or not
    allergies: bool  # whether known allergies are compared


@dataclass(frozen=True, slots=True)
class FormPage:
    """One form."""

    id: str
    form: Form
    person: Person
    age: Age | None
    allergies: Allergies
    about: Sequence[str]  # the lines that it is about
    clashes: Sequence[Clash]  # acts that it settles
    fields: Sequence[Field]
    values: Mapping[str, str]
    problems: Mapping[str, str]
    doubts: Sequence[tuple[str, str, str]]  # when, what or by whom, and its entry: what is asked once more
    confirmed: bool  # whether that was ticked
    once: str
    kept: bool  # whether it comes back as it was typed when the session ended
    panels: Sequence[Panel]
    panel: str  # of the laboratory's list, which is typed in
    limits: bool  # whether critical limits are in force
    ward: str  # where somebody goes; "" for nowhere
    medicines: MedicineSearch | None  # of the pharmacist's list, on the forms that prescribe
    warned: Sequence[AidBox]  # what decision aids warn of
    compared: Sequence[tuple[str, str]]  # by aid, what it compared and what it could not

    @property
    def focus(self) -> str:
        """The field to type in: the first that is wrong, else the first."""
        return next((one.name for one in self.fields if one.name in self.problems), self.fields[0].name)


def _search(request: Request, target: Target) -> MedicineSearch:
    asked = request.query_params.get("find", "").strip()[:WORDS_LENGTH_MAX]
    known = target.known
    found = known.formulary.find(asked)
    return MedicineSearch(
        released=len(known.formulary),
        long=len(known.formulary) > SUGGESTED_MAX,
        asked=asked,
        found=found[:FOUND_MAX],
        count=len(found),
        allergies=ALLERGY in known.aids,
    )


def _language(request: Request) -> Literal["fr", "en"]:
    return "en" if visit_of(request).words.language == "en" else "fr"


class CarePages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes: /write/FORM/CHART, and /write/FORM/CHART/LINE for what is about a line."""
        page = self._house.shell.page
        return [
            page(f"/write/{form.name}/{{id}}" + ("/{line:path}" if form.line else ""), self._handler(form),
                 form.permission, ("GET", "POST"), keeps=True)
            for form in FORMS.values()
        ]  # fmt: skip

    def _handler(self, form: Form):  # type: ignore[no-untyped-def]
        async def handler(request: Request) -> Response:
            return await self.write(request, form)

        return handler

    async def write(self, request: Request, form: Form) -> Response:
        """Show *form*, or take it."""
        house = self._house
        id_, sheet, whose = await house.open(request, request.path_params["id"], left=form.left)
        ward = whose.ward or (last_ward(sheet.chart) if form.left else "")
        settles = form.line == CLASH and fresh(house, ward) is not None
        if not (writes_here(house, ward, form.function) or (form.house and house.staff.downtime.declared) or settles):
            return await self._elsewhere(request, id_, ward, form, sheet)
        target = await self.target(request, sheet, whose, form)
        if form.goes:
            goes = request.query_params.get("ward", "")
            if not goes:
                return await choose_ward(house, request, whose, f"/write/{form.name}/{id_}", f"/patient/{id_}")
            target = replace(target, ward=goes, beds=await beds_of(house, request, goes))
        scribe = scribe_of(house, request)
        fields = form.fields(target, scribe)
        if request.method == "GET":
            house.shell.look(request, "view", patient=id_, what=form.name)
            draft = house.shell.draft(request) or {}
            asked = {one.name: request.query_params.get(one.name, one.value) for one in fields} | draft
            once = draft.get("once") or token_hex(ONCE_BYTES)
            return await self._page(request, form, target, id_, whose, fields, asked, once, kept=bool(draft))
        sent = await request.form()
        typed = Typed({one.name: str(sent.get(one.name, "")) for one in fields}, scribe)
        typed.second = await second_person(house, request, fields, typed)
        once = str(sent.get("once", ""))
        resources = form.write(target, typed) if chosen(fields, typed) else []
        confirmed = sent.get("confirm") == "yes"
        said, seen, on = said_by(once, fields, typed), seen_in(sent), target.known.aids
        says = [] if typed.problems else aids_on_writing(house, form, target, resources, said, seen)
        if typed.problems or (typed.doubts and not confirmed) or unanswered(says, seen, on):
            return await self._page(
                request, form, target, id_, whose, fields, typed.values, once, typed, says=says, confirmed=confirmed
            )
        resources = with_answers(resources, says, form, typed, scribe.say, seen, on)
        resources = await house.tubes.labelled(sheet.chart, scribe, said, resources, typed.text("lab"))
        ref = await write_down(house, scribe, bundle(sheet.chart, scribe, said, resources))
        if form.name == "dose":
            await take_out(house, target, typed, whose, id_, ref, said)
        shown = await is_shown(house, id_, ref)
        if form.then and shown:
            return RedirectResponse(form.then, 303)
        there = f"#{form.block}" if form.block else ""
        if not house.account(request).may("chart"):
            return RedirectResponse(f"/ward/{quote(ward)}", 303)
        return RedirectResponse(f"/patient/{quote(id_)}{there if shown else '?kept=' + quote(ref)}", 303)

    async def target(self, request: Request, sheet: Sheet, whose: Person, form: Form) -> Target:
        """Return what *form* is about: the chart, or one line of it.

        Raises:
            Problem: There is no such line.
        """
        known, asked, name = known_to(self._house, request), request.query_params, request.path_params.get("line", "")
        due = await due_of(self._house, sheet.chart.id, whose.ward) if form.name in _OF_DUE else ()
        if not form.line:
            return Target(sheet, known=known, asked=asked, due=due)
        if form.line == CLASH:
            waiting = [*clashes_of(sheet.chart), *late_acts(self._house, sheet, whose.ward)]
            clashes = self._house.named(one for one in waiting if one.second.ref == name)
            if not clashes:
                raise NOT_FOUND
            return Target(sheet, known=known, asked=asked, clashes=clashes)
        exercise = sheet.chart.world == "T"
        known = replace(known, stock=self._house.staff.registers.drugs(whose.ward, exercise=exercise))
        line = sheet.get({"reference": f"{form.line}/{name}"})
        said = made_by(sheet, name) if form.line == "entry" else []
        if line is None and not said:
            raise NOT_FOUND
        return Target(sheet, line, said, known, asked, due)

    async def _page(
        self,
        request: Request,
        form: Form,
        target: Target,
        id_: str,
        whose: Person,
        fields: Sequence[Field],
        values: Mapping[str, str],
        once: str,
        typed: Typed | None = None,
        *,
        kept: bool = False,
        says: Sequence[AidSays] = (),
        confirmed: bool = False,
    ) -> Response:
        words, now_ns = visit_of(request).words, self._house.deps.clock.now_ns()
        if not says:
            opening = aids_on_opening(self._house, form, target, scribe_of(self._house, request))
            says = opening if typed is None else [replace(one, warned=()) for one in opening]
        on = target.known.aids
        page = FormPage(
            id=id_,
            form=form,
            person=whose,
            age=self._house.age(whose),
            allergies=allergies_of(target.sheet),
            about=self._about(request, target, form),
            clashes=target.clashes,
            fields=fields,
            values=values,
            problems=typed.problems if typed else {},
            doubts=typed.asked_again if typed else (),
            confirmed=confirmed,
            once=once,
            kept=kept,
            panels=target.known.tests.panels,
            panel=panel_id(target),
            limits=target.known.limits,
            ward=target.ward,
            medicines=_search(request, target) if any(one.name == "drug" for one in fields) else None,
            warned=boxes_of(says, words, now_ns, asks=typed is not None, on=on),
            compared=notes_of(says, words, now_ns, on),
        )
        exercise = target.sheet.chart.world == "T"
        return await self._house.shell.render(
            request, "write.html", page, status=400 if typed else 200, exercise=exercise
        )

    def _about(self, request: Request, target: Target, form: Form) -> Sequence[str]:
        """What the form is about, in its sender's words."""
        language = _language(request)
        if target.line is not None and is_transfusion(target.line):
            return (concept(target.line.get("code")).partition(" · ")[0],)  # the number is read on the bag, not here
        if target.line is not None and target.line["resourceType"] != "MedicationRequest":
            return (sentence(target.line, language, self._house.deps.zone.key),)
        if target.line is not None:
            said = filter(None, map(instruction_of, target.line.get("dosageInstruction") or []))
            words = " · ".join([drug_of(target.line), *said])
            before = target.sheet.get(target.line.get("priorPrescription"))
            if before is not None:
                instead = " · ".join([drug_of(before), *map(instruction_of, before.get("dosageInstruction") or [])])
                words += " (" + visit_of(request).words(N_("remplace")) + f" {instead})"
            return (words, *(self._doses(request, target) if form in MODIFYING else ()))
        return [sentence(one, language, self._house.deps.zone.key) for one in target.said]

    def _doses(self, request: Request, target: Target) -> Iterator[str]:
        """What bears on when the first dose of a changed prescription is due: what was given, and what waits."""
        now_ns, words = self._house.deps.clock.now_ns(), visit_of(request).words
        for dose in given_lately(target, scribe_of(self._house, request)):
            yield sentence(dose, _language(request), self._house.deps.zone.key)
        for item in waiting(target):
            yield f"{words.moment(item.at, now_ns)} {item.what} · {due_words(item, words)}"

    async def _elsewhere(self, request: Request, id_: str, ward: str, form: Form, sheet: Sheet) -> Response:
        house = self._house
        fields: Sequence[Field] = ()
        if request.method == "POST":
            target = await self.target(request, sheet, person_of(sheet), form)
            target = replace(target, ward=request.query_params.get("ward", ""))
            fields = form.fields(target, scribe_of(house, request))
        return await elsewhere(house, request, ward, form.function, id_, fields)
