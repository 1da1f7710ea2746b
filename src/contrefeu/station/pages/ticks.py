"""Ticks that were read off a page, each beside its picture: a named person says what they are (Q3).

Rules kept here:
  * Nothing enters a chart before. What is doubtful is never chosen beforehand; what is left open stays proposed.
  * A dose that is confirmed is written as any dose, with the hour that the person reads on the paper; who gave it
    stands on the paper, who confirms it signs. A drug that two persons sign has its own form.
  * A paper may be confirmed whatever medium is in force: it says what was done while paper was.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Box, Mark, MarksAnswered, Proposal, issue_words
from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.chart import Age, Resource, drug_of, instruction_of
from contrefeu.chart.sheet import Allergies, Person, Sheet, allergies_of
from contrefeu.fhir import Json
from contrefeu.station.aid_words import warned_words
from contrefeu.station.care import FORMS, Scribe, Target, Typed
from contrefeu.station.care.doses import takes_two
from contrefeu.station.care.form import concept
from contrefeu.station.care.scribe import bundle
from contrefeu.station.house import House
from contrefeu.station.labels import label
from contrefeu.station.pages.aiding import aids_on_writing, with_answers
from contrefeu.station.pages.papers import HOUSE
from contrefeu.station.pages.writing import is_shown, known_to, scribe_of, write_down
from contrefeu.web import N_, Words, visit_of

GIVEN, NOT_GIVEN, TICKED, NOTHING = "given", "not-given", "ticked", "nothing"
YES = "yes"
_PROPOSED = {"ticked": GIVEN, "struck": NOT_GIVEN}
_VERIFIER = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/med-admin-perform-function",
                         "code": "verifier"}]}  # fmt: skip
READ = N_("Lu sur la feuille %(number)s, page %(page)s ; confirmé par %(who)s")


@dataclass(slots=True)
class TickLine:
    """One mark, and what somebody says of it."""

    mark: Mark
    box: Box
    what: str  # the drug and its dosage, or the question and the answer
    line: Resource | None  # the prescription; None when the chart has none, and for answers of forms
    due: str  # RFC 3339
    two: bool  # two persons sign this drug
    do: str = ""
    time: str = ""
    by: str = ""
    reason: str = ""
    sure: bool = False
    problems: dict[str, str] = field(default_factory=dict)
    doubts: Sequence[str] = ()
    early: Sequence[str] = ()  # what the aid on the time between doses warns of, in words
    answer: str = YES  # what a tick says: other warnings want another one
    ticked: str = ""

    @property
    def open(self) -> bool:
        """Whether something is asked once more that was not answered."""
        return bool((self.doubts or self.early) and not self.sure)

    @property
    def dose(self) -> bool:
        """Whether it is a dose's."""
        return bool(self.box.what)


@dataclass(frozen=True, slots=True)
class TicksPage:
    """The marks of one page."""

    id: str
    person: Person
    age: Age | None
    allergies: Allergies
    form: str
    number: str
    page: int
    ward: str
    ref: str  # of the picture
    width: int
    height: int
    scanned: str
    lines: Sequence[TickLine]
    wrong: bool


class TickPages:
    """Their handler."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their route."""
        return [self._house.shell.page("/ticks/{issue}/{page:int}", self.ticks, "write", ("GET", "POST"))]

    async def ticks(self, request: Request) -> Response:
        """Show what was read; write what somebody confirms."""
        house = self._house
        await house.staff.refresh()
        issue, number = str(request.path_params["issue"]), int(request.path_params["page"])
        proposal = house.staff.papers.proposal(issue, number)
        issued = house.staff.papers.issue(issue)
        if proposal is None:
            return RedirectResponse(f"/papers/{quote(issued.ward if issued else HOUSE)}", 303)
        id_, sheet, whose = await house.open(request, proposal.scan.chart)
        scribe = scribe_of(house, request)
        lines = [self._line(request, sheet, proposal, mark, scribe) for mark in proposal.marks]
        if request.method == "POST":
            sent = {key: str(value).strip() for key, value in (await request.form()).items()}
            for line in lines:
                _fill(line, sent)
            resources = self._resources(request, sheet, proposal, lines, scribe)
            if not any(line.problems or line.open for line in lines):
                return await self._write(id_, sheet, proposal, lines, resources, scribe)
        else:
            house.shell.look(request, "view", patient=id_, what=f"ticks {issue} {number}")
        page = TicksPage(
            id=id_,
            person=whose,
            age=house.age(whose),
            allergies=allergies_of(sheet),
            form=proposal.issued.form,
            number=issue_words(bytes.fromhex(issue)),
            page=number,
            ward=proposal.issued.ward or HOUSE,
            ref=proposal.scan.entry,
            width=proposal.scan.width,
            height=proposal.scan.height,
            scanned=proposal.scan.at,
            lines=lines,
            wrong=request.method == "POST",
        )
        return await house.shell.render(
            request, "ticks.html", page, status=400 if page.wrong else 200, exercise=sheet.chart.world == "T"
        )

    def _line(self, request: Request, sheet: Sheet, proposal: Proposal, mark: Mark, scribe: Scribe) -> TickLine:
        box = proposal.issued.boxes[mark.box]
        line = sheet.get({"reference": box.what}) if box.what else None
        what = box.said
        if line is not None:
            said = filter(None, map(instruction_of, line.get("dosageInstruction") or []))
            what = " · ".join([drug_of(line), *said])
        two = line is not None and takes_two(line, known_to(self._house, request))
        do = _PROPOSED.get(mark.state, "")
        if two or (box.what and line is None):
            do = ""
        elif not box.what:
            do = TICKED if mark.state == "ticked" else ""
        time = datetime.fromtimestamp(parse_rfc3339(box.at) // 10**9, UTC).astimezone(scribe.zone) if box.at else None
        return TickLine(mark, box, what, line, box.at, two, do, f"{time:%H:%M}" if time else "")

    def _resources(
        self, request: Request, sheet: Sheet, proposal: Proposal, lines: Sequence[TickLine], scribe: Scribe
    ) -> list[Json]:
        """What is to be written; notes on each line what is wrong with it."""
        known = known_to(self._house, request)
        words = Words(self._house.deps.settings.node.language, self._house.deps.zone)
        issued, number = proposal.issued, issue_words(bytes.fromhex(proposal.issued.issue))
        read = words(READ, number=number, page=proposal.scan.page, who=scribe.name)
        found: list[Json] = []
        for one in lines:
            if one.do not in {GIVEN, NOT_GIVEN} or one.line is None or one.two:
                continue
            typed, target = Typed(_typed(one, proposal, scribe), scribe), Target(sheet, one.line, known=known)
            made = FORMS["dose"].write(target, typed)
            one.problems, one.doubts = typed.problems, typed.doubts
            if not one.problems:
                made = self._aided(request, target, typed, made, one, found)
            giver = one.by or words(PAPER)
            performers = [{"actor": {"display": giver}}, {"function": _VERIFIER, "actor": scribe.author}]
            found += [dose | {"performer": performers, "note": [{"text": read}]} for dose in made]
        answers = [one.box.said for one in lines if one.do == TICKED and not one.dose]
        if answers:
            found.append(_answers(label("form", issued.form, words), answers, read, proposal, scribe))
        return found

    def _aided(
        self, request: Request, target: Target, typed: Typed, made: list[Json], line: TickLine, others: list[Json]
    ) -> list[Json]:
        """Note what the aid on the time between doses warns of; returns what is to be written, with the answer."""
        form, words = FORMS["dose"], visit_of(request).words
        says = aids_on_writing(self._house, form, target, made, "", also=others)
        line.early = [warned_words(found, words, typed.scribe.now_ns) for one in says for found in one.warned]
        line.answer = next((one.digest for one in says if one.warned), YES)
        line.sure = line.ticked == line.answer
        seen = {one.aid: one.digest for one in says} if line.sure else {}
        return with_answers(made, says, form, typed, typed.scribe.say, seen, target.known.aids)

    async def _write(
        self, id_: str, sheet: Sheet, proposal: Proposal, lines: Sequence[TickLine], made: list[Json], scribe: Scribe
    ) -> Response:
        house, issued, page = self._house, proposal.issued, proposal.scan.page
        answered = [one for one in lines if one.do]
        ref = ""
        if made:
            said = sorted((one.mark.box, one.do, one.time, one.by, one.reason) for one in answered)
            once = f"ticks/{issued.issue}/{page}/{said}"
            ref = await write_down(house, scribe, bundle(sheet.chart, scribe, once, made))
        if answered:
            act = MarksAnswered(issued.issue, page, rfc3339(scribe.now_ns), [one.mark.box for one in answered], ref)
            await house.staff.write(act, scribe.login)
        shown = not ref or await is_shown(house, id_, ref)
        if len(answered) < len(lines):
            return RedirectResponse(f"/ticks/{issued.issue}/{page}", 303)
        return RedirectResponse(f"/patient/{quote(id_)}{'#treatments' if shown else '?kept=' + quote(ref)}", 303)


PAPER = N_("nom sur la feuille")


def _fill(line: TickLine, sent: dict[str, str]) -> None:
    """What the form says of one mark."""
    n = line.mark.box
    allowed = {GIVEN, NOT_GIVEN, NOTHING} if line.dose else {TICKED, NOTHING}
    if line.two or (line.dose and line.line is None):
        allowed = {NOTHING}
    do = sent.get(f"do-{n}", "")
    line.do = do if do in allowed else ""
    line.time, line.by = sent.get(f"time-{n}", line.time)[:10], sent.get(f"by-{n}", "")[:60]
    line.reason, line.ticked = sent.get(f"reason-{n}", "")[:300], sent.get(f"sure-{n}", "")


def _typed(line: TickLine, proposal: Proposal, scribe: Scribe) -> dict[str, str]:
    """The dose as its form takes it: of the day that brings the written hour nearest to when it was due."""
    due_ns = parse_rfc3339(line.due or proposal.scan.at)
    due = datetime.fromtimestamp(due_ns // 10**9, UTC).astimezone(scribe.zone)
    hour, _, minute = line.time.replace("h", ":").partition(":")
    day = due.date()
    if hour.isdigit() and int(hour) < 24:
        at = due.replace(hour=int(hour), minute=int(minute) if minute.isdigit() and int(minute) < 60 else 0)
        near = min((at + timedelta(days=n) for n in (-1, 0, 1)), key=lambda one: abs(one - due))
        day = near.date()
    outcome = "completed" if line.do == GIVEN else "not-done"
    return {"outcome": outcome, "day": f"{day}", "time": line.time, "reason": line.reason}


def _answers(form: str, answers: Sequence[str], read: str, proposal: Proposal, scribe: Scribe) -> Json:
    """A note of what was ticked on a form."""
    text = "\n".join([*answers, read])
    attachment = {"contentType": "text/plain; charset=utf-8", "data": b64encode(text.encode()).decode()}
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "final",
        "type": concept(form),
        "date": proposal.issued.at,
        "author": [scribe.author],
        "content": [{"attachment": attachment}],
    }
