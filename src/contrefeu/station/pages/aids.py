"""Decision aids: what each is for, what it cannot check, and the named person who turned it on (F8).

Rules kept here:
  * Every aid is off at first. Turning one on or off is an act of the clinical safety officer, audited.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.access import AIDS
from contrefeu.acts import AidSwitched
from contrefeu.base import rfc3339
from contrefeu.station.house import House
from contrefeu.web import N_, NOT_FOUND, person, visit_of

# Title, intended use, what it does not do: as the decision pages 0114, 0115 and 0232 to 0234 say them.
TOLD = {
    "allergy": (
        N_("Allergies et prescription"),
        N_(
            "Quand un prescripteur choisit un médicament de la liste dont une substance est nommée dans une "
            "allergie connue du patient, le formulaire montre l’allergie et sa source, et demande une fois "
            "encore."
        ),
        N_(
            "Elle compare des mots. Elle ne connaît ni le texte libre, ni les allergies croisées, ni les "
            "familles que la liste ne nomme pas, ni les interactions, ni les doses. Sans avertissement, "
            "rien n’est assuré."
        ),
    ),
    "duplicate": (
        N_("Même médicament déjà prescrit"),
        N_(
            "Quand un médicament est prescrit alors que le même l’est déjà, le formulaire montre l’autre "
            "prescription, sa source, sa date, son prescripteur et ce qui les rapproche, et demande une fois encore."
        ),
        N_(
            "Elle compare les codes d’un même système, les codes ATC, les substances de la liste et les noms écrits. "
            "Sous un autre nom et sans code commun, le même médicament n’est pas reconnu. Ce que le patient dit "
            "prendre, ce qui est arrêté ou terminé n’est pas comparé. Elle ne compare pas les doses. Sans "
            "avertissement, rien n’est assuré."
        ),
    ),
    "class": (
        N_("Même classe déjà prescrite"),
        N_(
            "Quand un médicament est prescrit alors qu’un autre du même groupe chimique (code ATC de niveau 4, cinq "
            "caractères) l’est déjà, le formulaire montre l’autre et demande une fois encore."
        ),
        N_(
            "Elle ne connaît que les codes ATC de la liste du pharmacien et des flux : sans code, rien n’est comparé, "
            "et c’est dit. Deux groupes voisins (ibuprofène et diclofénac : M01AE, M01AB) ne sont pas rapprochés. "
            "Elle ne connaît pas les interactions. Sans avertissement, rien n’est assuré."
        ),
    ),
    "dose_time": (
        N_("Temps entre les doses"),
        N_(
            "Quand une dose est inscrite plus près d’une autre du même médicament que ce que dit la prescription "
            "(toutes les 6 h, heures fixes, si besoin toutes les 4 h), ou au-delà de son maximum en 24 h, le "
            "formulaire montre l’autre dose, son heure et qui l’a donnée, et demande une fois encore."
        ),
        N_(
            "Elle ne lit ni les mots, ni un maximum dit en grammes, et ne vérifie ni une perfusion, ni « deux fois "
            "par jour » sans heures : c’est dit. Une demi-heure d’avance et, à heures fixes, une heure de retard de "
            "la dose d’avant sont admises. Une dose donnée ailleurs et non reçue ici n’est pas connue. Sans "
            "avertissement, rien n’est assuré."
        ),
    ),
    "news2": (
        N_("Score NEWS2"),
        N_(
            "Additionne, selon la table publiée par le Royal College of Physicians (2017), sept mesures "
            "prises ensemble chez l’adulte, pour que la surveillance d’un patient qui s’aggrave soit revue."
        ),
        N_(
            "Il n’est calculé ni avant 16 ans, ni pendant une grossesse, ni quand une mesure manque : la "
            "page dit pourquoi. Il ne dit pas de diagnostic et ne remplace aucun jugement."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class AidLine:
    """One aid."""

    name: str
    title: str
    purpose: str
    limits: str
    on: bool
    by: str  # who turned it on (name)
    at: str


@dataclass(frozen=True, slots=True)
class AidsPage:
    """Every aid."""

    aids: Sequence[AidLine]


class AidPages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [page("/aids", self.show, "aids"), page("/aids/{aid}", self.switch, "aids", ("POST",))]

    async def show(self, request: Request) -> Response:
        """Show every aid."""
        return await self._house.shell.render(request, "aids.html", AidsPage([self._line(name) for name in AIDS]))

    async def switch(self, request: Request) -> Response:
        """Turn one on or off."""
        house, actor, aid = self._house, person(request)[0], request.path_params["aid"]
        if aid not in AIDS:
            raise NOT_FOUND
        on = str((await request.form()).get("on", "")) == "yes"
        await house.staff.write(AidSwitched(aid, on, rfc3339(house.deps.clock.now_ns())), actor.login)
        await house.shell.audit.write("act", actor, address=visit_of(request).address, what=f"aid {aid}")
        return RedirectResponse("/aids", 303)

    def _line(self, name: str) -> AidLine:
        on = self._house.staff.aids.on.get(name)
        account = self._house.staff.accounts.get(on.by) if on else None
        return AidLine(name, *TOLD[name], on is not None, account.name if account else "", on.at if on else "")
