"""Blood products: asked for, delivered unit by unit, checked at the bed by two, begun, ended, a reaction (FIELD F11).

Rules kept here:
  * No form asks for a blood group and none shows one: the bedside card and the blood bank's document say it.
  * One unit is one Procedure, called by the number on its bag. It is typed again at the bed: another is refused.
  * Two persons check at the bed, each with their own code; nothing begins without them.
"""

from collections.abc import Sequence

from contrefeu.chart import Resource
from contrefeu.chart.sheet import Sheet
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept, moment_fields
from contrefeu.station.care.scribe import Scribe, changed
from contrefeu.web import N_

TRANSFUSION = "urn:contrefeu:transfusion"  # system of a category, url of a unit's extension
PRODUCTS = {
    "red-cells": N_("Concentré de globules rouges"),
    "platelets": N_("Concentré de plaquettes"),
    "plasma": N_("Plasma"),
}
_PRIORITIES = (
    Choice("routine", N_("courante")),
    Choice("urgent", N_("urgente")),
    Choice("stat", N_("vitale immédiate")),
)
_ENDS = (
    Choice("completed", N_("passée en entier")),
    Choice("stopped", N_("arrêtée avant la fin")),
    Choice("not-done", N_("non passée, rendue")),
)
_TWO = (
    Field("second", N_("Seconde personne : son identifiant"), required=True),
    Field("pin", N_("Son mot de passe ou code"), "secret", required=True),
)
_AGREES = N_("Identité dite par le patient, bracelet et documents : concordants")
_REACTION = N_("Réaction :")
_NUMBER = Field("unit", N_("Numéro de la poche"), required=True, length_max=40)


def is_transfusion(resource: Resource) -> bool:
    """Whether a request or a unit is one of these."""
    found = resource.get("category") or []
    found = found if isinstance(found, list) else [found]
    return any(one.get("system") == TRANSFUSION for said in found for one in said.get("coding") or [])


def parts_of(unit: Resource) -> dict[str, str]:
    """What is said of a unit beside FHIR's own elements."""
    return {
        str(part["url"]): str(part.get("valueString", ""))
        for one in unit.get("extension") or []
        if one.get("url") == TRANSFUSION
        for part in one.get("extension") or []
    }


def units_of(sheet: Sheet) -> list[Resource]:
    """The units of a chart."""
    return [one for one in sheet.all("Procedure") if is_transfusion(one)]


def requests_of(sheet: Sheet) -> list[Resource]:
    """What was asked for and still stands."""
    return [one for one in sheet.all("ServiceRequest") if is_transfusion(one) and one.get("status") == "active"]


def _ask_fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    products = (Choice("", N_("choisir…")), *(Choice(code, words) for code, words in PRODUCTS.items()))
    return (
        Field("product", N_("Produit"), "choice", choices=products, required=True),
        Field("count", N_("Nombre de poches"), "number", low="1", high="30", required=True),
        Field("priority", N_("Priorité"), "choice", choices=_PRIORITIES, required=True, value="routine"),
        Field("why", N_("Indication"), required=True, hint=N_("et ce qui change le produit : irradié, phénotypé, CMV")),
    )


def _ask(target: Target, typed: Typed) -> list[Json]:
    count = typed.number(_ask_fields(target, typed.scribe)[1])
    words = typed.scribe.say(PRODUCTS[typed.text("product")])
    return [{
        "resourceType": "ServiceRequest", "status": "active", "intent": "order", "priority": typed.text("priority"),
        "category": [concept(typed.scribe.say(N_("Produits sanguins")), (TRANSFUSION, typed.text("product")))],
        "code": concept(f"{words} × {count}"), "reasonCode": [concept(typed.text("why"))],
        "authoredOn": typed.scribe.at, "requester": typed.scribe.author,
    }]  # fmt: skip


def _delivered_fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (_NUMBER, Field("from", N_("Reçue de"), hint=N_("dépôt, n° du bordereau")), *moment_fields(scribe))


def _delivered(target: Target, typed: Typed) -> list[Json]:
    assert target.line is not None, "a unit is one of a request's"
    number, at = _plain(typed.text("unit")), typed.moment()
    if any(parts_of(one).get("unit") == number for one in units_of(target.sheet)):
        typed.problems["unit"] = N_("Cette poche est déjà inscrite dans ce dossier.")
    product = next((str(one["code"]) for one in target.line["category"][0]["coding"]), "")
    words = typed.scribe.say(PRODUCTS.get(product, product))
    said = {"unit": number, "from": typed.text("from"), "delivered": at, "receivedBy": typed.scribe.name}
    return [{
        "resourceType": "Procedure", "status": "preparation", "code": concept(f"{words} · {number}"),
        "category": concept(typed.scribe.say(N_("Produits sanguins")), (TRANSFUSION, product)),
        "extension": [_parts(said)], "basedOn": [{"reference": f"ServiceRequest/{target.line['id']}"}],
    }]  # fmt: skip


def _bedside_fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (
        _NUMBER,
        Field("identity", _AGREES, "check", required=True),
        Field("card", N_("Contrôle ultime au lit fait, carte remplie : compatible"), "check", required=True),
        *moment_fields(scribe),
        *_TWO,
    )


def _begun(target: Target, typed: Typed) -> list[Json]:
    unit, at = target.line, typed.moment()
    assert unit is not None, "a check is of a unit"
    if unit.get("status") != "preparation":
        typed.problems[""] = N_("Cette poche a déjà été contrôlée, ou n’est plus à passer.")
    if _plain(typed.text("unit")) != parts_of(unit).get("unit"):
        typed.problems["unit"] = N_("Ce n’est pas le numéro de cette poche : ne pas transfuser, vérifier.")
    if typed.second is None:
        typed.problems.setdefault("pin", N_("Une seconde personne contrôle au lit, avec son propre code."))
    performers = [{"actor": typed.scribe.author}, {"actor": typed.second}]
    return [changed(unit, status="in-progress", performedPeriod={"start": at}, performer=performers)]


def _end_fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (
        Field("outcome", N_("Poche"), "choice", choices=_ENDS, required=True, value="completed"),
        Field("volume", N_("Volume passé"), hint=N_("mL, si elle n’est pas passée en entier")),
        Field("none", N_("Aucune réaction observée"), "check"),
        Field("reaction", N_("Réaction observée"), "area", length_max=2000),
        *moment_fields(scribe),
    )


def _ended(target: Target, typed: Typed) -> list[Json]:
    unit, at, outcome, reaction = target.line, typed.moment(), typed.text("outcome"), typed.text("reaction")
    assert unit is not None, "an end is of a unit"
    begun = unit.get("status") == "in-progress"
    if begun == (outcome == "not-done") or unit.get("status") not in {"preparation", "in-progress"}:
        typed.problems["outcome"] = N_("Une poche rendue n’a pas commencé ; une autre a été contrôlée au lit d’abord.")
    if begun and bool(reaction) == bool(typed.text("none")):
        typed.problems["reaction"] = N_("Dites la réaction, ou cochez qu’il n’y en a pas.")
    note = f"{typed.scribe.say(_REACTION)} {reaction}" if reaction else typed.scribe.say(N_("sans réaction"))
    said = parts_of(unit) | {"volume": typed.text("volume"), "ended": at, "endedBy": typed.scribe.name}
    if reaction:
        said["reaction"] = reaction
    kept = [one for one in unit.get("extension") or [] if one.get("url") != TRANSFUSION]
    more: Json = {"extension": [*kept, _parts(said)]}
    if begun:
        more["performedPeriod"] = {**(unit.get("performedPeriod") or {}), "end": at}
        more["note"] = [{"authorString": typed.scribe.name, "time": typed.scribe.at, "text": note}]
    found = changed(unit, status=outcome)
    return [found | more]


def _parts(said: dict[str, str]) -> Json:
    parts = [{"url": name, "valueString": text} for name, text in said.items() if text]
    return {"url": TRANSFUSION, "extension": parts}


def _plain(number: str) -> str:
    """A bag's number as it is kept: scanners and people put blanks where they like."""
    return "".join(number.split()).upper()


BLOOD_FORMS = (
    Form("transfusion", N_("Demande de produits sanguins"), "prescribe", _ask_fields, _ask, block="procedures",
         function="requests"),
    Form("unit", N_("Poche reçue"), "write", _delivered_fields, _delivered, "ServiceRequest", N_("Inscrire la poche"),
         function="requests"),
    Form("bedside", N_("Contrôle ultime au lit, à deux"), "write", _bedside_fields, _begun, "Procedure",
         N_("Commencer"), function="requests"),
    Form("ended", N_("Fin de la poche"), "write", _end_fields, _ended, "Procedure", N_("Inscrire la fin"),
         function="requests"),
)  # fmt: skip
