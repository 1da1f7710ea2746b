"""A request to the laboratory, to imaging, to a colleague (ServiceRequest)."""

from collections.abc import Sequence

from contrefeu.chart import SPECIMEN
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

_SNOMED = "http://snomed.info/sct"
# SNOMED CT, as R4's example value set of ServiceRequest.category has them
KINDS = {
    "laboratory": (N_("Laboratoire"), "108252007"),
    "imaging": (N_("Imagerie"), "363679005"),
    "advice": (N_("Avis"), "11429006"),
}
_PRIORITIES = (Choice("routine", N_("courante")), Choice("urgent", N_("urgente")), Choice("stat", N_("immédiate")))


def _fields(target: Target, _scribe: Scribe) -> Sequence[Field]:
    choices = tuple(Choice(code, words) for code, (words, _) in KINDS.items())
    return (
        Field("kind", N_("À qui"), "choice", choices=choices, required=True, value="laboratory"),
        *_laboratories(target.known.laboratories),
        Field("what", N_("Quoi"), required=True),
        Field("priority", N_("Priorité"), "choice", choices=_PRIORITIES, required=True, value="routine"),
        Field("why", N_("Renseignements cliniques"), "area", length_max=2000),
    )


def _laboratories(names: Sequence[str]) -> Sequence[Field]:
    """Which laboratory's numbers a tube has, where several have a range of their own."""
    if len(names) < 2:
        return ()
    choices = tuple(Choice(name, name) for name in names)
    hint = N_("pour le numéro de l’étiquette")
    return (
        Field(
            "lab",
            N_("Quel laboratoire"),
            "choice",
            choices=choices,
            required=True,
            value=names[0],
            hint=hint,
            plain=True,
        ),
    )


def _write(_target: Target, typed: Typed) -> list[Json]:
    words, code = KINDS[typed.text("kind")]
    found: Json = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [concept(typed.scribe.say(words), (_SNOMED, code))],
        "priority": typed.text("priority"),
        "code": concept(typed.text("what")),
        "authoredOn": typed.scribe.at,
        "requester": typed.scribe.author,
    }
    if typed.text("kind") == "laboratory":
        found["identifier"] = [{"system": SPECIMEN, "value": ""}]  # the scribe gives the number of its label
    why = typed.text("why")
    return [found | ({"reasonCode": [concept(why)]} if why else {})]


REQUEST = Form("request", N_("Demande"), "prescribe", _fields, _write, block="results", function="requests")
