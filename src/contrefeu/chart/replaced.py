"""Which prescription took the place of which (FHIR MedicationRequest.priorPrescription; decision 0218).

Rules kept here:
  * One that runs was replaced by none, whatever was written: the other one was taken back, contested or stopped, and
    this one taken up again. Doses of that other one were given all the same, and count for it.
"""

from collections.abc import Mapping

from contrefeu.chart.elements import Resource

_RUNS = frozenset({"active", "on-hold"})


def replaces(request: Resource) -> str:
    """Return what a prescription takes the place of, "MedicationRequest/id"; "" when nothing."""
    return str((request.get("priorPrescription") or {}).get("reference", ""))


def successors(requests: Mapping[str, Resource]) -> dict[str, str]:
    """Return by prescription ("MedicationRequest/id") which other one took its place."""
    found = {replaces(one): name for name, one in requests.items() if replaces(one)}
    return {before: after for before, after in found.items() if not runs(requests.get(before, {}))}


def runs(request: Resource) -> bool:
    """Whether a prescription is in force, held or not."""
    return request.get("status") in _RUNS


def kin(requests: Mapping[str, Resource]) -> dict[str, list[str]]:
    """Return by prescription the others whose doses count for it: those before it, and what was to replace it."""
    found: dict[str, list[str]] = {}
    for name in filter(lambda one: replaces(requests[one]), requests):
        before = replaces(requests[name])
        if runs(requests.get(before, {})):
            found.setdefault(before, []).append(name)
        mine = found.setdefault(name, [])
        while before in requests and before not in (name, *mine):
            mine.append(before)
            before = replaces(requests[before])
    return found
