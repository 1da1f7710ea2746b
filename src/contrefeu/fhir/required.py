"""What R4 requires of a resource and nobody said: told as unknown, never guessed (hl7.org/fhir/R4).

Rules kept here:
  * Only absent elements are filled, with the standard's own words for "unknown": a status, a null flavour, or the
    data-absent-reason extension. What is there is not touched.
"""

from contrefeu.fhir.codec import Json

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_UNKNOWN: Json = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
_CLASS: Json = {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}
# type -> element -> what stands for "unknown"
_REQUIRED: dict[str, Json] = {
    "DiagnosticReport": {"status": "unknown", "code": _UNKNOWN},
    "DocumentReference": {"status": "current", "content": [{"attachment": _UNKNOWN}]},
    "Encounter": {"status": "unknown", "class": _CLASS},
    "Flag": {"status": "active", "code": _UNKNOWN},
    "ImagingStudy": {"status": "unknown"},
    "Immunization": {"status": "completed", "vaccineCode": _UNKNOWN},
    "MedicationAdministration": {"status": "unknown"},
    "MedicationDispense": {"status": "unknown"},
    "MedicationRequest": {"status": "unknown", "intent": "order"},
    "MedicationStatement": {"status": "unknown"},
    "NutritionOrder": {"status": "unknown", "intent": "order"},
    "Observation": {"status": "unknown", "code": _UNKNOWN},
    "Procedure": {"status": "unknown"},
    "ServiceRequest": {"status": "unknown", "intent": "order"},
}
_DRUG = ("medication", "medicationCodeableConcept", _UNKNOWN)
# type -> choices of which one form must be there: how their names begin, the form that is filled, with what
_CHOICES: dict[str, list[tuple[str, str, Json | str]]] = {
    "Immunization": [("occurrence", "occurrenceString", "unknown")],
    "NutritionOrder": [("dateTime", "_dateTime", _UNKNOWN)],
    "MedicationAdministration": [_DRUG, ("effective", "effectivePeriod", _UNKNOWN)],
    "MedicationDispense": [_DRUG],
    "MedicationRequest": [_DRUG],
    "MedicationStatement": [_DRUG],
}


def completed(resource: Json) -> Json:
    """Return *resource* with what R4 requires of its type; itself when nothing lacks."""
    kind = str(resource.get("resourceType"))
    lacking = {name: unknown for name, unknown in _REQUIRED.get(kind, {}).items() if not resource.get(name)}
    for choice, name, unknown in _CHOICES.get(kind, ()):
        if not any(given.startswith(choice) for given in resource):
            lacking[name] = unknown
    return {**resource, **lacking} if lacking else resource
