"""How long it takes to type again what could not go back: an estimate, in minutes an entry (R7, FIELD F37).

Rules kept here:
  * What somebody types from the chart here into the record system there counts by its kind; a kind that is in no row
    counts as OTHER. Nobody has measured these: a hospital that times its own people is right, and this table is not.
"""

from collections.abc import Mapping

OTHER_MINUTES = 2.0  # of a kind that no row has: about what a short line takes
MINUTES = {
    "ADT": 3.0,
    "MDM": 2.0,
    "OMG": 3.0,
    "OML": 3.0,
    "OMP": 4.0,
    "ORM": 3.0,
    "ORU": 2.0,
    "RAS": 1.0,
    "RDE": 4.0,
    "SIU": 2.0,
    "AllergyIntolerance": 2.0,
    "Appointment": 2.0,
    "DocumentReference": 2.0,
    "Encounter": 3.0,
    "MedicationAdministration": 1.0,
    "MedicationRequest": 4.0,
    "Observation": 1.5,
    "Patient": 3.0,
    "ServiceRequest": 3.0,
}
"""Kind of entry (MSH-9.1, or type of FHIR resource) -> minutes."""


def minutes_of(kinds: Mapping[str, int]) -> float:
    """Return the minutes of work that entries of *kinds* are.

    >>> minutes_of({"RAS^O17": 10, "FHIR MedicationRequest": 2, "CDA": 1})
    20.0
    """
    return sum(MINUTES.get(_short(kind), OTHER_MINUTES) * count for kind, count in kinds.items())


def _short(kind: str) -> str:
    return kind.partition("^")[0].removeprefix("FHIR ")
