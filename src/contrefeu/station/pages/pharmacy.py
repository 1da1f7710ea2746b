"""The pharmacist's page: prescriptions that wait for an opinion; the list that prescribers choose from (F13).

Rules kept here:
  * A proposal becomes part of the list by a pharmacist's act alone, under their name.
  * What is typed beside a medicine, its substances, is what allergies are compared with: a name alone compares nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Act, Medicine, MedicinesReleased, MedicinesTakenOff
from contrefeu.base import rfc3339
from contrefeu.chart import DrugSeen, WardSummary
from contrefeu.station.care.medicines import NAME_LENGTH_MAX, Proposal, atc_code
from contrefeu.station.house import House
from contrefeu.station.work import Waiting, of_kind
from contrefeu.web import N_, Problem, person, visit_of

SEEN_SHOWN = 15  # drugs of feeds that one page proposes: what fits it with a field each; the next follow
PROPOSED_SHOWN = 150  # medicines of a proposed list on the page: 15 kB; how many more there are is said
LISTED_SHOWN = 60  # medicines of the list on the page: of a longer one, those that are looked for
WORDS_LENGTH_MAX = 60  # characters of what is looked for
SUBSTANCES_LENGTH_MAX = 200  # characters of the substances of one medicine
ATC_LENGTH_MAX = 20  # characters of what is typed as a code: a code has 7, blanks and a slip of the key beside


@dataclass(frozen=True, slots=True)
class PharmacyPage:
    """What waits for a pharmacist."""

    orders: Sequence[Waiting]
    seen: Sequence[DrugSeen]  # drugs of feeds that the list lacks, the commonest first
    seen_count: int
    proposals: Sequence[Proposal]
    listed: Sequence[Medicine]
    released: int  # medicines of the whole list
    by: str
    at: str
    find: str
    downtime: bool
    wards: Sequence[WardSummary]
    proposed_shown: int = PROPOSED_SHOWN


class PharmacyPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/pharmacy", self.show, "pharmacy"),
            page("/pharmacy/release", self.release, "pharmacy", ("POST",)),
            page("/pharmacy/remove", self.remove, "pharmacy", ("POST",)),
        ]

    async def show(self, request: Request) -> Response:
        """Show what waits, and the list."""
        house, world = self._house, self._house.world(request)
        house.shell.look(request, "board", what="pharmacy")
        formulary = house.staff.formulary
        seen = [one for one in await house.charts.drugs(world) if formulary.get(one.name) is None]
        find = request.query_params.get("find", "").strip()[:WORDS_LENGTH_MAX]
        by, at = formulary.released
        account = house.staff.accounts.get(by) if by else None
        page = PharmacyPage(
            orders=of_kind(await house.work.all(world), "opinion")[::-1],  # the oldest first
            seen=seen[:SEEN_SHOWN],
            seen_count=len(seen),
            proposals=list(formulary.proposals.values()),
            listed=(formulary.find(find) if find else formulary.all())[:LISTED_SHOWN],
            released=len(formulary),
            by=account.name if account else by,
            at=at,
            find=find,
            downtime=bool(house.staff.downtime.declared),
            wards=await house.charts.wards(world),
        )
        return await house.shell.render(request, "pharmacy.html", page)

    async def release(self, request: Request) -> Response:
        """Put medicines on the list: those of a proposal, or those that are ticked or typed."""
        sent, formulary = await request.form(), self._house.staff.formulary
        ref, at = str(sent.get("proposal", "")), rfc3339(self._house.deps.clock.now_ns())
        proposal = formulary.proposals.get(ref)
        medicines = list(proposal.medicines) if proposal else _ticked(sent)
        if not medicines:
            raise _NOTHING
        return await self._act(request, MedicinesReleased(medicines, at, ref if proposal else ""))

    async def remove(self, request: Request) -> Response:
        """Take one medicine off the list."""
        name = str((await request.form()).get("name", ""))[:NAME_LENGTH_MAX]
        if self._house.staff.formulary.get(name) is None:
            raise _NOTHING
        return await self._act(request, MedicinesTakenOff([name], rfc3339(self._house.deps.clock.now_ns())))

    async def _act(self, request: Request, act: Act) -> Response:
        house, actor = self._house, person(request)[0]
        await house.staff.write(act, actor.login)
        await house.shell.audit.write("act", actor, address=visit_of(request).address, what="medicines")
        return RedirectResponse("/pharmacy#list", 303)


def _ticked(sent: FormData) -> list[Medicine]:
    """The medicines of a form: rows that are ticked, and the one that was typed below them."""
    rows = [str(one) for one in sent.getlist("row")]
    return [one for row in (*rows, "new") if (one := _row(sent, row)).name]


def _row(sent: FormData, row: str) -> Medicine:
    def said(name: str) -> str:
        return " ".join(str(sent.get(f"{name}-{row}", "")).split())

    substances = said("substances")[:SUBSTANCES_LENGTH_MAX].split("/")
    if said("atc") and not atc_code(said("atc")[:ATC_LENGTH_MAX]):
        raise _NO_ATC
    return Medicine(
        said("name")[:NAME_LENGTH_MAX],
        [one.strip() for one in substances if one.strip()],
        cytotoxic=said("cytotoxic") == "yes",
        atc=atc_code(said("atc")[:ATC_LENGTH_MAX]),
    )


_NO_ATC = Problem(
    400,
    N_("Un des codes ATC n’en est pas un : sept caractères (A10BA02), ou cinq pour un groupe (A10BA)."),
    safe=N_("La liste est restée telle qu’elle était."),
    next=N_("Revenez en arrière, corrigez le code ou laissez-le vide, puis libérez."),
)
_NOTHING = Problem(
    400,
    N_("Aucun médicament n’est coché ni nommé, ou la liste a changé depuis."),
    safe=N_("La liste est restée telle qu’elle était."),
    next=N_("Relisez la page Pharmacie et cochez ce qui est libéré."),
)
