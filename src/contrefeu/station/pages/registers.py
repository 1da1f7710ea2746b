"""The ward's register of controlled drugs: what came, went, was counted, and what is left (F14).

Rules kept here:
  * A dose comes from the dose's own form, with its units: nobody writes it twice.
  * Every line is signed by two, the second with their own code. Nothing is changed: a line is taken back by another.
  * Who may read the ward's charts reads its register; who writes care there writes in it, while the ward writes here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import DrugMoved
from contrefeu.station.care import Choice, Field, Scribe, Typed
from contrefeu.station.care.form import moment_fields
from contrefeu.station.house import House, shows_exercise
from contrefeu.station.pages.arrival_form import ArrivalPage, Kind
from contrefeu.station.pages.elsewhere import elsewhere
from contrefeu.station.pages.taken_out import key_of, plain_units, witness_of
from contrefeu.station.pages.writing import (
    ONCE_BYTES,
    TWO,
    Written,
    chosen,
    said_by,
    scribe_of,
    second_person,
    where_written,
)
from contrefeu.station.registers import RegisterDoubt, RegisterLine
from contrefeu.web import N_, NOT_FOUND, visit_of

LINES_SHOWN = 40  # of one drug: a ward's week; older ones are one click away
COUNTED = Field("units", N_("Nombre d’unités"), "number", required=True, hint=N_("ampoules, comprimés, dispositifs"))
MOVED = replace(COUNTED, low="0.001")  # nothing comes or goes in none; found may be none
KINDS: dict[str, Kind] = {
    "received": Kind("received", N_("Entrée au coffre"), N_("Inscrire l’entrée")),
    "wasted": Kind("wasted", N_("Perte, casse, reste détruit"), N_("Inscrire la perte")),
    "counted": Kind("counted", N_("Comptage"), N_("Inscrire le compte")),
    "void": Kind("void", N_("Reprendre une ligne fausse"), N_("Reprendre la ligne")),
}
DOUBTS = {"line": N_("la ligne reprise n’est pas ici"), "units": N_("le nombre ne se lit pas")}


@dataclass(frozen=True, slots=True)
class DrugBook:
    """One drug of a register."""

    drug: str
    lines: Sequence[RegisterLine]  # the newest first
    older: int
    balance: str


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """One ward's register."""

    ward: str
    name: str
    books: Sequence[DrugBook]
    doubts: Sequence[RegisterDoubt]  # what makes no line
    written: Written
    writes: bool  # whether this person does, here
    names: Mapping[str, str]  # login -> name
    kinds: Mapping[str, Kind]
    whys: Mapping[str, str]  # in words, of doubts


class RegisterPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/registers/{ward:path}", self.show, "chart"),
            page("/register/{kind}/{ward:path}", self.write, "write", ("GET", "POST")),
        ]

    async def show(self, request: Request) -> Response:
        """Show the register."""
        house, ward = self._house, await self._ward(request)
        house.shell.look(request, "board", what=f"register {ward}")
        exercise, registers = await self._exercise(request), house.staff.registers
        shown = None if request.query_params.get("all") else LINES_SHOWN
        books = []
        for drug in registers.drugs(ward, exercise=exercise):
            lines = registers.lines(ward, drug, exercise=exercise)
            newest = lines[::-1][:shown]
            books.append(DrugBook(drug, newest, len(lines) - len(newest), lines[-1].left))
        board = await house.charts.board(ward, house.world(request))
        written = where_written(house, ward, "medicines")
        writes = house.account(request).may("write") and written.here
        names = {one.login: one.name for one in house.staff.accounts.all()}
        doubts = registers.doubts(ward, exercise=exercise)
        page = RegisterPage(ward, board.name or ward, books, doubts, written, writes, names, KINDS, DOUBTS)
        return await house.shell.render(request, "register.html", page)

    async def write(self, request: Request) -> Response:
        """Show the form of a line, or take it."""
        house, ward, kind = self._house, await self._ward(request), KINDS.get(request.path_params["kind"])
        if kind is None:
            raise NOT_FOUND
        exercise, scribe = await self._exercise(request), scribe_of(house, request)
        fields = _fields(kind.name, house.staff.registers.drugs(ward, exercise=exercise), scribe)
        if not where_written(house, ward, "medicines").here:
            return await elsewhere(house, request, ward, "medicines", fields=fields)
        line = self._line(request, ward, exercise) if kind.name == "void" else None
        about = [_words(line)] if line else []
        if request.method == "GET":
            house.shell.look(request, "act", what=f"register {kind.name}")
            values = {one.name: request.query_params.get(one.name, one.value) for one in fields}
            return await self._form(request, kind, ward, fields, values, token_hex(ONCE_BYTES), None, about)
        sent = await request.form()
        typed = Typed({one.name: str(sent.get(one.name, "")) for one in fields}, scribe)
        typed.second = await second_person(house, request, fields, typed)
        once = str(sent.get("once", "")) or token_hex(ONCE_BYTES)
        said = f"{kind.name}/{ward}/{line.ref if line else ''}/{said_by(once, fields, typed)}"
        act = _act(kind.name, ward, typed, said, line, exercise=exercise) if chosen(fields, typed) else None
        if act is None or typed.problems:
            return await self._form(request, kind, ward, fields, typed.values, once, typed, about)
        await house.staff.write(act, scribe.login)
        return RedirectResponse(f"/registers/{quote(ward)}", 303)

    async def _ward(self, request: Request) -> str:
        ward = str(request.path_params["ward"])
        if not self._house.account(request).in_scope(ward):
            raise await self._house.shell.refusal(request)
        await self._house.staff.refresh()
        return self._house.staff.wards.home(ward)

    async def _exercise(self, request: Request) -> bool:
        return shows_exercise(await self._house.charts.status(), visit_of(request))

    def _line(self, request: Request, ward: str, exercise: bool) -> RegisterLine:
        ref = request.query_params.get("line", "")
        line = self._house.staff.registers.find(ward, ref, exercise=exercise)
        if line is None or line.void or line.act.kind == "void":
            raise NOT_FOUND
        return line

    async def _form(
        self,
        request: Request,
        kind: Kind,
        ward: str,
        fields: Sequence[Field],
        values: Mapping[str, str],
        once: str,
        typed: Typed | None,
        about: Sequence[str],
    ) -> Response:
        problems = typed.problems if typed else {}
        back = f"/registers/{quote(ward)}"
        page = ArrivalPage(kind, ward, back, None, None, fields, values, problems, (), once, about)
        return await self._house.shell.render(request, "arrival.html", page, status=400 if typed else 200)


def _fields(kind: str, drugs: Sequence[str], scribe: Scribe) -> Sequence[Field]:
    if kind == "void":
        return (Field("reason", N_("Ce qui est faux"), required=True), *moment_fields(scribe), *TWO)
    if kind == "received":
        drug = Field("drug", N_("Médicament, forme et dosage"), required=True, length_max=120, suggested=tuple(drugs))
        more: tuple[Field, ...] = (Field("reason", N_("Reçu de"), hint=N_("pharmacie, n° du bon")),)
    else:
        choices = (Choice("", N_("choisir…")), *(Choice(one, one) for one in drugs))
        drug = Field("drug", N_("Médicament, forme et dosage"), "choice", choices=choices, required=True, plain=True)
        more = (Field("reason", N_("Motif"), required=True),) if kind == "wasted" else ()
    return (drug, _units(kind), *more, *moment_fields(scribe), *TWO)


def _units(kind: str) -> Field:
    return COUNTED if kind == "counted" else MOVED


def _act(
    kind: str, ward: str, typed: Typed, said: str, line: RegisterLine | None, *, exercise: bool
) -> DrugMoved | None:
    """The line that a form says; None when something is wrong with it."""
    at = typed.moment()
    if line is None:
        typed.number(_units(kind))
    if typed.second is None:
        typed.problems.setdefault("pin", N_("Une seconde personne signe cette ligne, avec son propre code."))
    if typed.problems:
        return None
    drug, units = (line.act.drug, line.act.units) if line else (typed.text("drug"), plain_units(typed.text("units")))
    named: Literal["received", "wasted", "counted", "void"] = kind  # type: ignore[assignment]  # a key of KINDS
    # A line is taken back under the name of the ward that it was written under: they stay together when names part.
    return DrugMoved(
        key=key_of(said), ward=line.act.ward if line else ward, drug=" ".join(drug.split()), kind=named,
        units=units, at=at, witness=witness_of(typed),
        reason=typed.text("reason"), line=line.ref if line else "", world="T" if exercise else "",
    )  # fmt: skip


def _words(line: RegisterLine) -> str:
    return " · ".join(filter(None, (line.act.drug, line.act.who, line.units, line.act.at[:16].replace("T", " "))))
