"""What the whole ward must know at a glance: isolation, diet, how far care goes, directives, refusals, the trusted
person, the legal status. Each a Flag, seen on the board.

Categories are those of FHIR (flag-category, hl7.org/fhir/R4); feeds' precautions and directives have the same.

Rules kept here:
  * Each has its author, its day, and a day on which it is looked at again; past it, it stays and reads "to confirm"
    (FIELD F18).
  * How far care goes is a physician's to say; ending any of them too.
"""

from collections.abc import Sequence
from datetime import timedelta

from contrefeu.chart import DIRECTIVES, REVIEW, codes, is_error
from contrefeu.chart import concept as words_of
from contrefeu.chart.sheet import SATURATION_TARGET
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept
from contrefeu.station.care.scribe import Scribe, changed
from contrefeu.web import N_

_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
_KINDS = (
    Choice("safety", N_("isolement, précautions")),
    Choice("diet", N_("régime, à jeun")),
    Choice("contact", N_("personne de confiance")),
    Choice("admin", N_("statut légal (tutelle, soins sans consentement)")),
)
_LIMITS = (
    Choice("", N_("niveau de soins, réanimation")),
    Choice("directives", N_("directives anticipées")),
    Choice("refusal", N_("refus de soins")),
)
_NAMED = {  # what their words alone do not say on a board
    "contact": N_("Personne de confiance :"),
    "directives": N_("Directives anticipées :"),
    "refusal": N_("Refus de soins :"),
}
_TARGETS = (
    Choice("94-98", N_("94 à 98 (ordinaire, échelle 1 du NEWS2)")),
    Choice("88-92", N_("88 à 92 (insuffisance respiratoire hypercapnique, échelle 2)")),
)
REVIEW_DAYS = (1, 2, 3, 7)  # days after which it is looked at again


def _review(scribe: Scribe) -> Field:
    days = tuple(Choice(f"{scribe.now.date() + timedelta(days=n)}", "") for n in REVIEW_DAYS)
    return Field("day", N_("À revoir le"), "day", choices=days, required=True, value=days[0].code)


def _fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (
        Field("kind", N_("Sorte"), "choice", choices=_KINDS, required=True, value="safety"),
        Field("what", N_("Consigne"), required=True, hint=N_("contact, gouttelettes, air ; sans sel, à jeun…")),
        _review(scribe),
    )


def _write(_target: Target, typed: Typed) -> list[Json]:
    return [_flag(typed.text("kind"), typed, typed.text("kind"))]


def _directive_fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    hint = N_("réanimation : oui, non, jusqu’où ; directives : où elles sont ; refus : de quoi")
    return (
        Field("kind", N_("Sorte"), "choice", choices=_LIMITS),
        Field("what", N_("Ce qui est dit"), required=True, hint=hint),
        _review(scribe),
    )


def _directive(_target: Target, typed: Typed) -> list[Json]:
    return [_flag("advance-directive", typed, typed.text("kind"))]


def _flag(category: str, typed: Typed, kind: str = "") -> Json:
    named = typed.scribe.say(_NAMED[kind]) if kind in _NAMED else ""
    ours = [{"system": DIRECTIVES, "code": kind}] if kind in {one.code for one in _LIMITS if one.code} else []
    return {
        "resourceType": "Flag",
        "status": "active",
        "category": [{"coding": [{"system": _CATEGORY, "code": category}, *ours]}],
        "code": concept(f"{named} {typed.text('what')}".strip()),
        "period": {"start": typed.scribe.at},
        "author": typed.scribe.author,
    } | _reviewed(typed)


def _reviewed(typed: Typed) -> Json:
    """The day on which it is looked at again: an extension, for a period that ends would take it off the board."""
    return {"extension": [{"url": REVIEW, "valueDate": typed.text("day")}]}


def _standing(target: Target) -> list[Json]:
    flags = [dict(one) for one in target.sheet.all("Flag") if one.get("status", "active") == "active"]
    kinds = {"safety", "diet", "advance-directive", "clinical", "contact", "admin"}
    return [
        one for one in flags if not is_error(one) and kinds & {c for k in one.get("category", []) for c in codes(k)}
    ]


def _lift_fields(target: Target, _scribe: Scribe) -> Sequence[Field]:
    choices = tuple(Choice(str(one["id"]), words_of(one.get("code")) or "?") for one in _standing(target))
    none = (Choice("", N_("aucune consigne en vigueur")),)
    return (Field("which", N_("Consigne levée"), "choice", choices=choices or none, required=True),)


def _lift(target: Target, typed: Typed) -> list[Json]:
    return [changed(one, status="inactive") for one in _standing(target) if one["id"] == typed.text("which")]


def _target_fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    target = Field("target", N_("Cible de SpO2"), "choice", choices=_TARGETS, required=True, value="88-92")
    return (target, _review(scribe))


def _saturation(target: Target, typed: Typed) -> list[Json]:
    """A target that differs ends the one before."""
    asked = typed.text("target")
    ended = [changed(one, status="inactive") for one in _standing(target) if _is_target(one)]
    if asked == "94-98":
        if not ended and not typed.problems:
            typed.problems["target"] = N_("C’est déjà la cible de tous : rien à écrire.")
        return ended
    words = typed.scribe.say(N_("Cible de SpO2 : 88 à 92"))
    flag = _flag("clinical", typed) if not typed.problems else {}
    return [*ended, flag | {"code": concept(words, (SATURATION_TARGET, asked))}]


def _is_target(flag: Json) -> bool:
    return any(one.get("system") == SATURATION_TARGET for one in flag.get("code", {}).get("coding", []))


SATURATION = Form("saturation", N_("Cible de SpO2"), "prescribe", _target_fields, _saturation, function="observations")
PRECAUTION = Form("precaution", N_("Isolement, régime, personne de confiance, statut légal"), "write", _fields, _write)
DIRECTIVE = Form("directive", N_("Niveau de soins, directives, refus"), "prescribe", _directive_fields, _directive)
LIFT = Form("lift", N_("Lever une consigne"), "prescribe", _lift_fields, _lift, button=N_("Lever"))
