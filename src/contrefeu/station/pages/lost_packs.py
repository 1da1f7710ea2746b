"""A stick with a ward's pack was lost: one click to an incident, and the list of who was on it (F44).

Rules kept here:
  * Who may open an incident may do it, under their name; the incident names charts by their ids.
  * The list names nobody. Who was on one is a page of its own, and each of them is looked at: an audit entry a patient.
  * First the incident is in the journal, then passwords are others.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Incident, IncidentNoted, IncidentOpened, Remark, incidents
from contrefeu.base import StorageError, rfc3339
from contrefeu.chart import Language
from contrefeu.chart.sheet import Person, Sheet, person_of
from contrefeu.station.house import House
from contrefeu.web import N_, NOT_FOUND, Problem, visit_of

_CHART = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")

UNREAD = Problem(
    503,
    N_("Ce qui est connu des classeurs prêts à imprimer ne se lit plus : qui est dessus ne peut être dit ici."),
    safe=N_("Rien n’est écrit, et aucun mot de passe n’est changé."),
    next=N_(
        "Ouvrez l’incident à la main (Incidents). Prévenez l’informatique : « contrefeu packs list » dit quoi faire."
    ),
)


@dataclass(frozen=True, slots=True)
class OnIt:
    """Somebody whose pages were on it; None for a chart that is withdrawn since."""

    chart: str
    who: Person | None


@dataclass(frozen=True, slots=True)
class Lost:
    """One pack that was lost."""

    incident: Incident
    charts: Sequence[str]  # whose pages were on it


@dataclass(frozen=True, slots=True)
class LostPacksPage:
    """Every pack that was lost, the last one first; nobody's name."""

    found: Sequence[Lost]


@dataclass(frozen=True, slots=True)
class LostPackPage:
    """One of them, and who was on it."""

    incident: Incident
    people: Sequence[OnIt]


class LostPackPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            page("/lost-packs", self.lose, "incident", ("POST",)),
            page("/lost-packs", self.every, "incident"),
            page("/lost-packs/{ref:path}", self.show, "incident"),
        ]

    async def lose(self, request: Request) -> Response:
        """Open an incident for the pack of a ward, and make all passwords others."""
        house, packs = self._house, self._house.deps.packs
        ward = str((await request.form()).get("ward", ""))
        try:
            language: Language = "en" if visit_of(request).words.language == "en" else "fr"
            found = packs.last(ward, language) if packs is not None else None
        except StorageError:
            raise UNREAD from None
        if packs is None or found is None:
            raise await house.shell.refusal(request)
        now, login = rfc3339(house.deps.clock.now_ns()), house.account(request).login
        ref = await house.staff.write(IncidentOpened(found.title, now, now), login)
        await house.staff.write(IncidentNoted(ref, found.note, now), login)
        await asyncio.to_thread(packs.void)  # another process may be changing what is kept of packs
        on_it = f"/{quote(ref)}" if _CHART.search(found.note) else ""  # a pack of nobody has no page of its own
        return RedirectResponse(f"/lost-packs{on_it}", 303)

    async def every(self, request: Request) -> Response:
        """Show what was lost."""
        return await self._house.shell.render(request, "lost_packs.html", LostPacksPage(await self._found()))

    async def show(self, request: Request) -> Response:
        """Show who was on one, once each of them is in the audit."""
        house, ref = self._house, str(request.path_params["ref"])
        found = next((one for one in await self._found() if one.incident.ref == ref), None)
        if found is None:
            raise NOT_FOUND
        for chart in found.charts:
            house.shell.look(request, "view", patient=chart, what="lost pack")
        people = [OnIt(chart, await self._who(chart)) for chart in found.charts]
        return await house.shell.render(request, "lost_pack.html", LostPackPage(found.incident, people))

    async def _found(self) -> list[Lost]:
        await self._house.staff.refresh()
        known = incidents((entry.ref, entry.source, act) for entry, act in self._house.staff.acts)
        return [Lost(one, charts) for one in reversed(known) if (charts := _charts(one.remarks))]

    async def _who(self, chart: str) -> Person | None:
        found = await self._house.charts.chart(chart)
        return None if found is None else person_of(Sheet(found, self._house.deps.clock.now_ns()))


def _charts(remarks: Sequence[Remark]) -> list[str]:
    """The charts that the note of a lost pack names: its first."""
    return _CHART.findall(remarks[0].text) if remarks else []
