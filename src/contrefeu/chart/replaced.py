"""Which prescription took the place of which (FHIR MedicationRequest.priorPrescription; decision 0218).

Rules kept here:
  * One that runs was replaced by none, whatever was written: the other one was taken back, contested or stopped, and
    this one taken up again. Doses of that other one were given all the same, and count for it; so do those of another
    change of the same one (two stations), once that runs no more.
  * Of prescriptions that came of one, people here let one run (`family`).
"""

from collections.abc import Mapping

from contrefeu.chart.elements import Resource, is_error

_RUNS = frozenset({"active", "on-hold"})


def replaces(request: Resource) -> str:
    """Return what a prescription takes the place of, "MedicationRequest/id"; "" when nothing."""
    return str((request.get("priorPrescription") or {}).get("reference", ""))


def successors(requests: Mapping[str, Resource]) -> dict[str, str]:
    """Return by prescription ("MedicationRequest/id") which other one took its place: of several, one that runs."""
    found: dict[str, str] = {}
    for name, one in requests.items():
        before = replaces(one)
        if before in ("", name) or is_error(one) or runs(requests.get(before, {})):
            continue
        if before not in found or runs(one):
            found[before] = name
    return found


def runs(request: Resource) -> bool:
    """Whether a prescription is in force, held or not."""
    return request.get("status") in _RUNS


def kin(requests: Mapping[str, Resource]) -> dict[str, list[str]]:
    """Return by prescription the others whose doses count for it: those before it, and those that were to replace it.

    For one that runs, every other one of its family that does not; for any other, those before it alone.
    """
    found = {}
    for names in _families(requests):
        for name in names:
            before = _before(name, requests)
            ended = [one for one in names if one not in (name, *before) and not runs(requests[one])]
            found[name] = [*before, *ended] if runs(requests[name]) else before
    return found


def family(requests: Mapping[str, Resource], name: str) -> list[str]:
    """Return the others that came of the same prescription as this one, and that prescription."""
    return [one for names in _families(requests) if name in names for one in names if one != name]


def _families(requests: Mapping[str, Resource]) -> list[list[str]]:
    """Prescriptions that came of one another, two and more."""
    found: dict[str, list[str]] = {}
    for name in requests:
        found.setdefault([name, *_before(name, requests)][-1], []).append(name)
    return [names for names in found.values() if len(names) > 1]


def _before(name: str, requests: Mapping[str, Resource]) -> list[str]:
    """Those that a prescription came of, the last one first."""
    found: list[str] = []
    before = replaces(requests[name])
    while before in requests and before not in (name, *found):
        found.append(before)
        before = replaces(requests[before])
    return found
