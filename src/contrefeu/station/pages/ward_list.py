"""Wards and beds as they were learned, and their correction by an administrator: name, union, hiding, beds in order.

Rules kept here:
  * The pages show names and numbers of wards and beds, and no patient.
  * A form says all of a ward's correction, as it stands: what is emptied is taken back.
  * What the settings declare is shown, and changed there; a ward in which somebody lies stays on the boards.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Corrected, CorrectedWards, WardCorrected
from contrefeu.base import rfc3339
from contrefeu.chart import WardKnown
from contrefeu.station.house import House

ID_CHARS_MAX = 80  # of what a feed calls a ward: HL7's own limit for a location is 80
NAME_CHARS_MAX = 60  # as it fits at the head of a board and of a pack
BED_CHARS_MAX = 20  # as it fits in a board's first column
BEDS_MAX = 200  # of one ward: the largest have some sixty; more is a list pasted into the wrong ward
_BETWEEN = re.compile(r"[\n,;]+")


@dataclass(frozen=True, slots=True)
class WardLine:
    """One name that there is for a ward."""

    known: WardKnown
    corrected: Corrected | None
    by: str  # who corrected it last (name)

    @property
    def name(self) -> str:
        """What boards call it."""
        said = self.corrected.act.name if self.corrected else ""
        return self.known.settled_name or said or self.known.listed or self.known.id

    @property
    def beds(self) -> Sequence[str]:
        """The beds that boards show."""
        return self.known.settled_beds or (self.corrected.act.beds if self.corrected else ()) or self.known.beds

    @property
    def unlisted(self) -> Sequence[str]:
        """Beds that feeds name and that are left out."""
        return [bed for bed in self.known.beds if bed not in self.beds]


@dataclass(frozen=True, slots=True)
class WardListPage:
    """Every ward."""

    lines: Sequence[WardLine]


@dataclass(frozen=True, slots=True)
class WardFormPage:
    """One ward, to be corrected."""

    line: WardLine
    others: Sequence[WardLine]  # that it may be united with
    name: str
    into: str
    hidden: bool
    beds: str  # as typed, a line each
    problem: str = ""


class WardListPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/wards", self.show, "wards"),
            page("/wards/{ward:path}", self.correct, "wards", ("GET", "POST")),
        ]

    async def show(self, request: Request) -> Response:
        """Show every ward; lead to the form of one that no feed names yet."""
        asked = request.query_params.get("ward", "").strip()[:ID_CHARS_MAX]
        if asked:
            return RedirectResponse(f"/wards/{quote(asked)}", 303)
        self._house.shell.look(request, "act", what="wards")
        return await self._house.shell.render(request, "ward_list.html", WardListPage(await self._lines(request)))

    async def correct(self, request: Request) -> Response:
        """Show one ward's form; write what it says."""
        house, ward = self._house, request.path_params["ward"][:ID_CHARS_MAX]
        lines = {line.known.id: line for line in await self._lines(request)}
        line = lines.get(ward) or WardLine(WardKnown(ward, 0), None, "")
        others = [one for one in lines.values() if one.known.id != ward]
        form = await request.form() if request.method == "POST" else _as_it_stands(line)
        act = _act(line.known, form, rfc3339(house.deps.clock.now_ns()))
        problem = _problem(act, line, lines, house.staff.wards) if request.method == "POST" else ""
        if request.method == "POST" and not problem:
            await house.staff.write(act, house.account(request).login)
            return RedirectResponse("/wards", 303)
        typed = str(form.get("beds", ""))
        page = WardFormPage(line, others, act.name, act.into, act.hidden, typed, problem)
        return await house.shell.render(request, "ward_form.html", page, status=400 if problem else 200)

    async def _lines(self, request: Request) -> list[WardLine]:
        house = self._house
        await house.staff.refresh()
        found = []
        for known in await house.charts.known_wards(house.world(request)):
            corrected = house.staff.wards.of(known.id)
            account = house.staff.accounts.get(corrected.by) if corrected else None
            found.append(WardLine(known, corrected, account.name if account else ""))
        return found


def _as_it_stands(line: WardLine) -> Mapping[str, str]:
    beds = "\n".join(line.beds)
    if line.corrected is None:
        return {"beds": beds}
    act = line.corrected.act
    return {"name": act.name, "into": act.into, "hidden": "yes" if act.hidden else "", "beds": beds}


def _act(known: WardKnown, form: FormData | Mapping[str, str], at: str) -> WardCorrected:
    """What a form says; an empty one takes back what was said. Beds as feeds name them are not said: more may come."""
    typed = [" ".join(bed.split()) for bed in _BETWEEN.split(str(form.get("beds", "")))]
    beds = [bed for bed in typed if bed]
    return WardCorrected(
        known.id,
        at,
        name=" ".join(str(form.get("name", "")).split()),
        into=str(form.get("into", "")).strip(),
        hidden=form.get("hidden") == "yes",
        beds=[] if beds == known.beds else beds,
    )


def _problem(act: WardCorrected, line: WardLine, lines: Mapping[str, WardLine], told: CorrectedWards) -> str:
    """What is wrong with a correction (labels.py "ward_problem"); "" for nothing."""
    if not act.ward.strip():
        return "no-name"
    if line.known.settled and (act.into or act.hidden or (act.name and line.known.settled_name)):
        return "settled"
    if act.into and act.into not in lines:
        return "no-ward"
    if act.into and told.home(act.into) == act.ward:
        return "circle"
    if len(act.name) > NAME_CHARS_MAX or any(len(bed) > BED_CHARS_MAX for bed in act.beds):
        return "too-long"
    if len(act.beds) > BEDS_MAX:
        return "too-many"
    return "twice" if len(set(act.beds)) < len(act.beds) else ""
