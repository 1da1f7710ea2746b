"""Vital signs: one row of measurements, each an Observation of the FHIR vital signs profile.

Codes are LOINC (hl7.org/fhir/R4/observation-vitalsigns.html), units UCUM. Limits are what cannot be in somebody alive
or comes of a slip of the key (384 for 38.4), not what is healthy: nothing is worked out here.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from contrefeu.fhir import Json
from contrefeu.station.care.form import Field, Form, Target, Typed, concept, moment_fields
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
    Sign(Field("temperature", N_("Température"), "number", "°C", low="20", high="46"), "8310-5", "Cel"),
    Sign(Field("pain", N_("Douleur (0 à 10)"), "number", "/10", low="0", high="10"), "72514-3", "{score}"),
    Sign(Field("weight", N_("Poids"), "number", "kg", low="0.2", high="500"), "29463-7", "kg"),
)


def _fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (*(sign.field for sign in SIGNS), *moment_fields(scribe), Field("note", N_("Remarque")))


def _write(_target: Target, typed: Typed) -> list[Json]:
    at, note = typed.moment(), typed.text("note")
    measured = [(sign, value) for sign in SIGNS if (value := typed.number(sign.field)) is not None]
    found = {sign.field.name: value for sign, value in measured}
    if not measured and not typed.problems:
        typed.problems[""] = N_("Aucune mesure n’est écrite.")
    if found.get("diastolic", Decimal(0)) > found.get("systolic", Decimal(1000)):
        typed.problems["diastolic"] = N_("La diastolique est plus haute que la systolique.")
    return [_observation(sign, value, at, note, typed.scribe) for sign, value in measured]


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


VITALS = Form("vitals", N_("Constantes"), "write", _fields, _write, block="vital")
