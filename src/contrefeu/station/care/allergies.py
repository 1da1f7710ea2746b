"""An allergy or intolerance that somebody told the ward of: it stands beside what the feeds say (F6)."""

from collections.abc import Sequence

from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_SEVERITIES = (Choice("", N_("non dite")), Choice("mild", N_("légère")), Choice("moderate", N_("modérée")),
               Choice("severe", N_("sévère")))  # fmt: skip
_CERTAINTIES = (Choice("unconfirmed", N_("dite, non vérifiée")), Choice("confirmed", N_("vérifiée")))


def _fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (
        Field("what", N_("À quoi"), required=True),
        Field("reaction", N_("Réaction")),
        Field("severity", N_("Gravité de la réaction"), "choice", choices=_SEVERITIES),
        Field("certainty", N_("Certitude"), "choice", choices=_CERTAINTIES, required=True, value="unconfirmed"),
        Field("told", N_("Dit par"), hint=N_("patient, proche, médecin traitant…")),
    )


def _write(_target: Target, typed: Typed) -> list[Json]:
    found: Json = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": _VERIFICATION, "code": typed.text("certainty")}]},
        "code": concept(typed.text("what")),
        "recordedDate": typed.scribe.at,
        "recorder": typed.scribe.author,
    }
    reaction, severity, told = typed.text("reaction"), typed.text("severity"), typed.text("told")
    if severity and not reaction:
        typed.problems["reaction"] = N_("Une gravité est celle d’une réaction : laquelle ?")
    if reaction:
        found["reaction"] = [{"manifestation": [concept(reaction)]} | ({"severity": severity} if severity else {})]
    if told:
        found["asserter"] = {"display": told}
    return [found]


ALLERGY = Form("allergy", N_("Allergie"), "write", _fields, _write)
