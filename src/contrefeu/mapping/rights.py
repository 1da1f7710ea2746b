"""Which facts a feed may set (FIELD F26): what it says beyond them stays in its message, and is counted as lost.

Rules kept here:
  * Another feed's message never moves, discharges, identifies or overwrites.
  * An allergy is never kept from a chart: whoever may not set allergies may add one, and take none back (F6).
  * What a feed may not set is said to be lost, by kind.
"""

from contrefeu.fhir import Json
from contrefeu.mapping.reading import FACTS, FeedRules, Reading, Said

_OF = {
    "MedicationRequest": "prescriptions",
    "NutritionOrder": "prescriptions",
    "Observation": "results",
    "DiagnosticReport": "results",
    "ImagingStudy": "results",
}
WHY = "its feed may not set this: it stays in the message"


def restrict(reading: Reading, rules: FeedRules) -> None:
    """Take out of *reading* what its feed may not say."""
    if rules.sets == FACTS:
        return
    for part in (reading, *reading.also):
        _restrict(part, frozenset(rules.sets))


def _restrict(part: Reading, sets: frozenset[str]) -> None:
    if "identity" not in sets:
        part.identifies, part.cleared = False, []
        if part.links:
            part.links = []
            part.lose("identity", WHY)
    if "location" not in sets and part.movements:
        part.movements = []
        part.lose("location", WHY)
    kept = [said for said in part.said if _may(said, sets)]
    for fact in dict.fromkeys(_fact(said) for said in part.said if not _may(said, sets)):
        part.lose(fact, WHY)
    part.said = kept


def _may(said: Said, sets: frozenset[str]) -> bool:
    if said.kind == "AllergyIntolerance":
        return "allergies" in sets or not _taken_back(said.resource)
    return _OF.get(said.kind, "") in {"", *sets}


def _fact(said: Said) -> str:
    return _OF.get(said.kind, "allergies")


def _taken_back(allergy: Json) -> bool:
    codes = {
        str(coding.get("code"))
        for name in ("verificationStatus", "clinicalStatus")
        for coding in (allergy.get(name) or {}).get("coding") or []
    }
    return bool(codes & {"entered-in-error", "refuted", "inactive", "resolved"})
