"""How far an identity is to be relied on: what its sender says of it (PID-32; fr-core-identity-reliability).

Rules kept here:
  * A fictitious birth date drives no age and no matching (FIELD F22).
"""

from collections.abc import Iterable

from contrefeu.chart.elements import Resource

RELIABILITY = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
PROVISIONAL, UNKNOWN_BIRTH = "PROV", "UD"
# Table 0445 as France extends it: what needs no warning; hidden identities are said apart.
SOUND = frozenset({"VALI", "QUAL", "IDVER", "CACH", "ANOM"})
FICTITIOUS = frozenset({"FICT", "FICTI", UNKNOWN_BIRTH})


def reliability_of(patient: Resource) -> list[str]:
    """Return the PID-32 codes of a patient."""
    inner = [
        one
        for extension in patient.get("extension") or []
        if extension.get("url") == RELIABILITY
        for one in extension.get("extension") or []
    ]
    found = [str((one.get("valueCoding") or {}).get("code", "")) for one in inner if one.get("url") == "identityStatus"]
    return list(dict.fromkeys(filter(None, found)))


def doubts_of(codes: Iterable[str]) -> list[str]:
    """Return those of PID-32's codes that say that an identity is not to be relied on."""
    return [code for code in codes if code not in SOUND]
