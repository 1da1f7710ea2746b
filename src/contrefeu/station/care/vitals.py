"""Vital signs: one row of measurements, each an Observation of the FHIR vital signs profile.

Codes are LOINC (hl7.org/fhir/R4/observation-vitalsigns.html), units UCUM. Limits are what cannot be in somebody alive
or comes of a slip of the key (384 for 38.4), not what is healthy: nothing is worked out here. Oxygen is a flow, 0
on air; consciousness is one of five letters (alert, newly confused, voice, pain, unresponsive): NEWS2 asks for both.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept, moment_fields
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
VITAL = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}


class Sign(NamedTuple):
    """One measurement."""

    field: Field
    loinc: str
    ucum: str


SIGNS = (
    Sign(Field("systolic", N_("PA systolique"), "number", "mmHg", low="20", high="350"), "8480-6", "mm[Hg]"),
    Sign(Field("diastolic", N_("PA diastolique"), "number", "mmHg", low="5", high="250"), "8462-4", "mm[Hg]"),
    Sign(Field("pulse", N_("Fréquence cardiaque"), "number", "/min", low="0", high="350"), "8867-4", "/min"),
    Sign(Field("breaths", N_("Fréquence respiratoire"), "number", "/min", low="0", high="150"), "9279-1", "/min"),
    Sign(Field("saturation", N_("SpO2"), "number", "%", low="10", high="100"), "59408-5", "%"),
    Sign(
        Field("oxygen", N_("Oxygène"), "number", "L/min", low="0", high="100", hint=N_("0 : air ambiant")),
        "3151-8",
        "L/min",
    ),
    Sign(Field("temperature", N_("Température"), "number", "°C", low="20", high="46"), "8310-5", "Cel"),
    Sign(Field("pain", N_("Douleur (0 à 10)"), "number", "/10", low="0", high="10"), "72514-3", "{score}"),
    Sign(Field("weight", N_("Poids"), "number", "kg", low="0.2", high="500"), "29463-7", "kg"),
)


ACVPU = "urn:contrefeu:acvpu"  # system of the answers below
_AWAKE = (
    Choice("", N_("non évaluée")),
    Choice("A", N_("A : alerte")),
    Choice("C", N_("C : confusion nouvelle")),
    Choice("V", N_("V : répond à la voix")),
    Choice("P", N_("P : répond à la douleur")),
    Choice("U", N_("U : ne répond pas")),
)
CONSCIOUSNESS_FIELD = Field("consciousness", N_("Conscience"), "choice", choices=_AWAKE)


def _fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (*(sign.field for sign in SIGNS), CONSCIOUSNESS_FIELD, *moment_fields(scribe), Field("note", N_("Remarque")))


def _write(_target: Target, typed: Typed) -> list[Json]:
    at, note = typed.moment(), typed.text("note")
    measured = [(sign, value) for sign in SIGNS if (value := typed.number(sign.field)) is not None]
    found = {sign.field.name: value for sign, value in measured}
    awake = typed.text("consciousness")
    if not measured and not awake and not typed.problems:
        typed.problems[""] = N_("Aucune mesure n’est écrite.")
    if found.get("diastolic", Decimal(0)) > found.get("systolic", Decimal(1000)):
        typed.problems["diastolic"] = N_("La diastolique est plus haute que la systolique.")
    made = [_observation(sign, value, at, note, typed.scribe) for sign, value in measured]
    return [*made, *([_consciousness(awake, at, note, typed.scribe)] if awake else [])]


def _consciousness(awake: str, at: str, note: str, scribe: Scribe) -> Json:
    words = scribe.say(next((one.words for one in _AWAKE if one.code == awake), awake))
    found: Json = {
        "resourceType": "Observation",
        "status": "final",
        "category": [VITAL],
        "code": concept(scribe.say(CONSCIOUSNESS_FIELD.label), (LOINC, "67775-7")),
        "effectiveDateTime": at,
        "performer": [scribe.author],
        "valueCodeableConcept": concept(words, (ACVPU, awake)),
    }
    return found | ({"note": [{"text": note}]} if note else {})


def _observation(sign: Sign, value: Decimal, at: str, note: str, scribe: Scribe) -> Json:
    found: Json = {
        "resourceType": "Observation",
        "status": "final",
        "category": [VITAL],
        "code": concept(scribe.say(sign.field.label), (LOINC, sign.loinc)),
        "effectiveDateTime": at,
        "performer": [scribe.author],
        "valueQuantity": {"value": value, "unit": sign.field.unit, "system": UCUM, "code": sign.ucum},
    }
    return found | ({"note": [{"text": note}]} if note else {})


VITALS = Form("vitals", N_("Constantes"), "write", _fields, _write, block="vital", function="observations")
