"""By which way what a ward wrote goes back, function by function, agreed with the vendor beforehand (FIELD F37).

    data        as messages, or FHIR resources
    document    as one signed document an entry, in the ward's words: somebody reads it there
    retype      from the list, by hand: counted in hours of work
    none        it does not go back: set aside, with an owner

Rules kept here:
  * Each kind of entry is of one function. What is agreed about none goes as the rest of the profile says.
  * A movement and a name are never a document: who only reads that somebody left keeps them in bed.
"""

from typing import Literal

Path = Literal["data", "document", "retype", "none"]
Function = Literal[
    "identity",
    "movements",
    "allergies",
    "prescriptions",
    "doses",
    "requests",
    "appointments",
    "results",
    "notes",
    "instructions",
]
FUNCTIONS: dict[str, Function] = {
    "AllergyIntolerance": "allergies",
    "Appointment": "appointments",
    "Communication": "instructions",
    "DiagnosticReport": "results",
    "DocumentReference": "notes",
    "Encounter": "movements",
    "Flag": "instructions",
    "MedicationAdministration": "doses",
    "MedicationRequest": "prescriptions",
    "Observation": "results",
    "Patient": "identity",
    "RelatedPerson": "identity",
    "ServiceRequest": "requests",
    "Task": "instructions",
}
"""Type of what people write -> the function that it serves."""
NEVER_READ: frozenset[Function] = frozenset({"identity", "movements"})  # no document stands for these
RETYPED = "agreed with the vendor: it is typed from the list"
NOT_BACK = "agreed with the vendor: it does not go back"


def moves(kind: str) -> bool:
    """Whether what comes later of a patient builds on an entry of *kind*: a movement, an identity, a merge."""
    return kind.partition("^")[0] == "ADT" or function_of(kind) in NEVER_READ


def function_of(kind: str) -> Function | None:
    """The function of a kind of entry ("FHIR Observation"); None for what a feed sent."""
    return FUNCTIONS.get(kind.removeprefix("FHIR ")) if kind.startswith("FHIR ") else None
