"""What billing needs of a stay that was written during the downtime: complete, or what is lacking (FIELD F37).

Rules kept here:
  * A stay is listed when a step of it was written here by people. Each need is looked for in the chart alone; what the
    chart does not hold is lacking, and somebody asks the ward or the admissions' desk.
  * It lists and bills nothing: bills are never sent again (R4).
  * Patients of an exercise are never among real ones: who calls it leaves them out (F33).
"""

import csv
from collections.abc import Callable, Iterator
from typing import IO

from msgspec import Struct

from contrefeu.acts import TEMPORARY
from contrefeu.chart import Chart, steps_in_force, to_bundle
from contrefeu.fhir import Json, derived_id
from contrefeu.mapping.to_hl7 import authority_of

_Look = Callable[[Json, Json, list[Json]], bool]
NEEDS: dict[str, _Look] = {
    "number": lambda patient, _, __: any(
        authority_of(one) != TEMPORARY and one.get("use") != "temp" for one in patient.get("identifier") or []
    ),
    "name": lambda patient, _, __: any(one.get("family") for one in patient.get("name") or []),
    "birth_date": lambda patient, _, __: bool(patient.get("birthDate")),
    "sex": lambda patient, _, __: bool(patient.get("gender")),
    "came": lambda _, stay, __: bool((stay.get("period") or {}).get("start")),
    "left": lambda _, stay, __: bool((stay.get("period") or {}).get("end")),
    "unit": lambda _, stay, __: bool(stay.get("location") or stay.get("serviceProvider")),
    "physician": lambda _, stay, __: bool(stay.get("participant")),
    "diagnosis": lambda _, __, all_: any(one["resourceType"] == "Condition" for one in all_),
    "coverage": lambda _, __, all_: any(one["resourceType"] == "Coverage" for one in all_),
}
"""What is needed -> whether patient, stay and chart hold it."""


class StayNeeds(Struct, frozen=True):
    """One stay."""

    chart: str  # chart id
    visit: str  # its number
    lacking: tuple[str, ...]  # of NEEDS; empty: complete

    @property
    def complete(self) -> bool:
        """Whether nothing is lacking."""
        return not self.lacking


def stays_written(chart: Chart) -> Iterator[StayNeeds]:
    """Yield what billing needs of the stays of *chart* of which people here wrote a step."""
    written = [key for key, stay in chart.stays.items() if any(step.movement.by for step in steps_in_force(stay))]
    if not written:
        return
    held = [one["resource"] for one in to_bundle(chart)["entry"]]
    patient = next(one for one in held if one["resourceType"] == "Patient")
    by_id = {one["id"]: one for one in held if one["resourceType"] == "Encounter"}
    for key in written:
        stay = by_id.get(derived_id("Encounter", key), {})
        lacking = tuple(name for name, holds in NEEDS.items() if not holds(patient, stay, held))
        yield StayNeeds(chart.id, key.partition(":")[2].rpartition("|")[2] or key, lacking)


class BillingList:
    """The stays as CSV, one a line."""

    def __init__(self, file: IO[str]) -> None:
        self.stays = self.complete = 0
        self._rows = csv.writer(file)
        self._rows.writerow(["chart", "stay", "complete", *NEEDS])

    def write(self, one: StayNeeds) -> None:
        """Write a stay's line."""
        self.stays += 1
        self.complete += one.complete
        had = ["lacking" if need in one.lacking else "held" for need in NEEDS]
        self._rows.writerow([one.chart, one.visit, "yes" if one.complete else "no", *had])
